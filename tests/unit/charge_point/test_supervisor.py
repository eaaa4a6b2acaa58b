"""The command that starts a charge point again after a reset, with real processes."""

import asyncio
import sys
import time
from pathlib import Path

import pytest

from ocpp_sdk.charge_point.commands.supervisor import CommandSupervisor
from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.versions.enumerations import ResetType
from tests.unit.charge_point.maintenance.transferring import until

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="the commands are those of a shell"),
]


def shell(script: str) -> list[str]:
    """Return a command that runs a script with the kind of reset as $0."""
    return ["/bin/sh", "-c", script]


def is_alive(number: int) -> bool:
    """Tell whether a process runs; one that ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("kind", list(ResetType))
async def test_command_hears_the_kind_of_reset_and_succeeds_in_silence(kind: ResetType, tmp_path: Path) -> None:
    """Soft and Hard may do different things."""
    lines: list[str] = []
    await CommandSupervisor(shell(f'echo "$0" > {tmp_path}/kind; echo noise; echo noise >&2'), lines.append)(kind)
    assert (tmp_path / "kind").read_text() == f"{kind.value}\n"
    assert lines == []


async def test_command_that_fails_is_reported_with_its_exit_code_and_its_last_words() -> None:
    """One line, however much it printed."""
    lines: list[str] = []
    script = "for i in $(seq 1000); do echo line $i >&2; done; printf 'no such\\nunit\\n' >&2; exit 5"
    await CommandSupervisor(shell(script), lines.append)(ResetType.HARD)
    (line,) = lines
    assert line.startswith("reset-command /bin/sh: exit code 5: ")
    assert line.endswith("line 1000 no such unit")
    assert len(line) < 400


async def test_command_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    """The charge point boots again; nothing of the command stays behind."""
    lines: list[str] = []
    command = CommandSupervisor(shell(f"sleep 300 & echo $! > {tmp_path}/child; wait"), lines.append, timeout_s=1.0)
    began = time.monotonic()
    await command(ResetType.SOFT)
    assert time.monotonic() - began < 10
    assert lines == ["reset-command /bin/sh: not done within 1 s"]
    child = int((tmp_path / "child").read_text())
    await until(lambda: not is_alive(child))


@pytest.mark.parametrize(
    ("program", "said"),
    [("/no/such/program", "No such file or directory"), ("/etc/passwd", "Permission denied"), ("a\0b", "null byte")],
)
async def test_program_that_cannot_be_started_is_one_line(program: str, said: str) -> None:
    """The charge point boots again all the same."""
    lines: list[str] = []
    await CommandSupervisor([program], lines.append)(ResetType.SOFT)
    (line,) = lines
    assert line.startswith(f"reset-command {program}: ")
    assert said in line


async def test_command_that_leaves_a_restart_running_is_done(tmp_path: Path) -> None:
    """Whoever restarts in a while says so at once, though what is to come still holds its output."""
    lines: list[str] = []
    command = CommandSupervisor(shell(f"(sleep 4; touch {tmp_path}/restarted) & exit 0"), lines.append)
    began = time.monotonic()
    await command(ResetType.SOFT)
    assert time.monotonic() - began < 3.5
    assert lines == []
    await until((tmp_path / "restarted").exists)


async def test_command_goes_on_when_it_has_ended_the_program_that_runs_it(tmp_path: Path) -> None:
    """That is how a service is started again: first this program ends, then the command starts another."""
    script = f"kill -TERM $PPID; sleep 0.5; echo again > {tmp_path}/started"
    program = f"""
import asyncio, signal
from ocpp_sdk.charge_point.commands.supervisor import CommandSupervisor
from ocpp_sdk.versions.enumerations import ResetType

async def main():
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    await CommandSupervisor(["/bin/sh", "-c", {script!r}], print)(ResetType.HARD)

try:
    asyncio.run(main())
except asyncio.CancelledError:
    print("ended")
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, errors = await process.communicate()
    assert (said, process.returncode) == (b"ended\n", 0), errors
    await until((tmp_path / "started").exists)


@pytest.mark.parametrize(("command", "timeout_s"), [([], 60.0), (["true"], 0.0), (["true"], float("nan"))])
def test_command_that_cannot_work_is_refused_at_once(command: list[str], timeout_s: float) -> None:
    """Not when the reset comes."""
    with pytest.raises(ConfigurationError):
        CommandSupervisor(command, print, timeout_s)
