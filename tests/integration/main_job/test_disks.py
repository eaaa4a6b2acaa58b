"""Disks that are full or may not be written, on real ones that are mounted for the test."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.running import COMMAND, environment

ROOT = Path(__file__).parents[3]


def in_namespace(script: str) -> subprocess.CompletedProcess[str]:
    """Run a script of the shell that may mount disks, which nobody else sees."""
    if subprocess.run(["unshare", "-rm", "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("this machine lets no user mount a disk of their own")
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", script],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize("url", ["sqlite:///{folder}/ocpp.db", "file://{folder}/store"])
def test_disk_that_becomes_full_fails_requests_until_there_is_room(url: str, tmp_path: Path) -> None:
    """One line for the request that was not stored; what was acknowledged is there, and the process goes on."""
    program = f"{sys.executable} -m tests.integration.main_job.full_disk {tmp_path} {url.format(folder=tmp_path)}"
    done = in_namespace(f"mount -t tmpfs -o size=2m tmpfs {tmp_path} && exec {program}")
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert [line for line in said if "refused: fault Receiver/InternalError: the request could not be stored" in line]
    assert said[-1] == "all there: True"
    assert len([line for line in said if "not stored" in line]) == 1
    assert done.stderr == ""


@pytest.mark.parametrize("url", ["sqlite:///{folder}/ocpp.db", "file://{folder}/store"])
def test_disk_that_may_not_be_written_is_told_at_the_start(url: str, tmp_path: Path) -> None:
    """One line that names it, and exit code 1."""
    command = " ".join([*COMMAND, "central-system --port 0 --storage", url.format(folder=tmp_path)])
    done = in_namespace(f"mount -t tmpfs -o ro tmpfs {tmp_path} && exec {command}")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("ocpp-sdk: storage ")
    assert str(tmp_path) in line
