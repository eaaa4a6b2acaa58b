"""The examples do what they say, each run as a newcomer would run it."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run an example to its end."""
    command = [sys.executable, str(EXAMPLES / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_charge_point_example_with_central_system_example_registers_and_authorizes() -> None:
    """The first two examples talk with each other, and the central system ends after two requests."""
    command = [sys.executable, str(EXAMPLES / "central_system.py"), "0", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as central_system:
        try:
            assert central_system.stdout is not None
            url = central_system.stdout.readline().strip()
            done = run("charge_point.py", url, "CP7")
            rest, _ = central_system.communicate(timeout=30)
        finally:
            central_system.kill()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["CP7 is Accepted, heartbeat every 300 s", "TAG1 is Accepted"]
    assert rest.splitlines() == ["CP7 is a Example One", "CP7 asks for TAG1"]
    assert central_system.returncode == 0


def test_charge_point_example_without_central_system_says_so_in_one_line() -> None:
    """A newcomer who starts the charge point first sees what is missing."""
    done = run("charge_point.py", "http://127.0.0.1:1/")
    assert done.returncode == 1
    assert done.stderr.startswith("no reply: http://127.0.0.1:1/")
    assert len(done.stderr.splitlines()) == 1


def test_both_sides_example_calls_in_both_directions() -> None:
    """One process serves and calls as either side."""
    done = run("both_sides.py")
    assert (done.returncode, done.stderr) == (0, "")
    alive, time, unlocks, unlocked = done.stdout.splitlines()
    assert alive.startswith("central system: CP1 is alive, at http://127.0.0.1:")
    assert time.startswith("charge point: it is 2")
    assert (unlocks, unlocked) == ("charge point: unlocks connector 1", "central system: connector 1 is Unlocked")


def test_vendor_wsdl_example_generates_serves_and_calls() -> None:
    """A service that is not OCPP's needs no change to the SDK."""
    pytest.importorskip("xsdata", reason="the generator needs the extra codegen")
    done = run("vendor_wsdl.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == ["CP1 shows: Welcome", "the display says Shown"]


def test_own_hardware_example_charges_as_it_is_told(tmp_path: Path) -> None:
    """A vehicle, a tag, and the tag again: the contactor closes and opens, and the central system hears of it."""
    command = [sys.executable, "-m", "ocpp_sdk", "central-system", "--port", "0", "--storage", "memory:"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as central_system:
        try:
            assert central_system.stderr is not None
            line = central_system.stderr.readline()
            url = next(word.rstrip(",") for word in line.split() if word.startswith("http"))
            done = subprocess.run(
                [sys.executable, str(EXAMPLES / "own_hardware.py"), url],
                input="plug\nTAG1\nTAG1\nunplug\n",
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
                cwd=tmp_path,
            )
        finally:
            central_system.kill()
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    heard = [line.partition(":")[0] for line in lines if line.startswith(("StartTransaction", "StopTransaction"))]
    # At the start all is switched off, whatever a crash has left on.
    assert [line for line in lines if line.startswith("power")] == ["power off", "power on", "power off"]
    assert heard == ["StartTransaction", "StopTransaction"]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_example_is_short_enough_to_copy(path: Path) -> None:
    """An example that outgrows a screen or two is no example any more."""
    assert len(path.read_text().splitlines()) < 80
