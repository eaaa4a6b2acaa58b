"""A server of the tests leaves nothing behind, however its tests end."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.servers.keeping import KeptProcess

ROOT = Path(__file__).parents[3]
TESTS = """
import sys, signal
from tests.servers.keeping import KeptProcess
server = KeptProcess("kept")
server.spawn(["sleep", "1000"])
print(server.pid, server.folder, flush=True)
signal.pause()
"""


def gone(what: Path) -> bool:
    """Wait until a path is gone; the keeper needs a moment."""
    deadline = time.monotonic() + 30
    while what.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return not what.exists()


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="looks at processes in /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_server_of_tests_that_are_killed_ends_and_its_folder_goes(how: signal.Signals) -> None:
    """The keeper notices that its input has ended."""
    with subprocess.Popen([sys.executable, "-c", TESTS], cwd=ROOT, stdout=subprocess.PIPE, text=True) as tests:
        assert tests.stdout is not None
        pid, folder = tests.stdout.readline().split()
        assert Path(folder).is_dir()
        assert Path("/proc", pid).is_dir()
        tests.send_signal(how)
    assert gone(Path(folder))
    assert gone(Path("/proc", pid)) or Path("/proc", pid, "stat").read_text().split()[2] == "Z"


def test_server_that_is_closed_takes_its_folder_along() -> None:
    """Also when it was killed before."""
    for killed in (False, True):
        server = KeptProcess("kept")
        server.spawn(["sleep", "1000"])
        assert server.running()
        if killed:
            server.kill()
            assert not server.running()
        server.close()
        assert not server.folder.exists()
        assert not server.running()


def test_server_that_ends_by_itself_is_reported_with_its_log() -> None:
    """The end of what it wrote."""
    server = KeptProcess("kept")
    server.spawn(["sh", "-c", "echo no such option >&2; exit 3"])
    deadline = time.monotonic() + 30
    while server.running() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert str(server.failure("did not start")) == "did not start: no such option\n"
    server.close()
