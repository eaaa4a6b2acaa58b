"""A server process of the tests: its folder, its end, and nothing of it left when the tests are killed.

Run as a program it is the keeper: it reads process ids from its input, and when that ends, because the process of the
tests has died in whatever way, it ends those processes and removes the folder.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_END_S = 5.0


class KeptProcess:
    """One server in a folder of its own, running as a user whom it accepts.

    Many servers refuse to run as root; as root they run as `nobody`.
    """

    def __init__(self, name: str, *, end: signal.Signals = signal.SIGTERM) -> None:
        self.user = "nobody" if os.geteuid() == 0 else None
        roots = [tempfile.gettempdir(), "/tmp"]
        root = next((root for root in roots if self.user is None or _others_reach(Path(root))), None)
        self.folder = Path(tempfile.mkdtemp(prefix=f"ocpp-{name}-", dir=root))
        if self.user is not None:
            shutil.chown(self.folder, self.user)
        self.log = self.folder / "server.log"
        self._end = end
        self._server: subprocess.Popen[bytes] | None = None
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, str(self.folder), str(int(end))],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def reachable(self, tree: Path) -> Path:
        """Return a folder of programs as the server's user can run them: itself, or a copy."""
        if self.user is None or _others_reach(tree):
            return tree
        copy = self.folder / tree.name
        if not copy.exists():
            shutil.copytree(tree, copy, symlinks=True)
        return copy

    def run(self, command: list[str | Path]) -> None:
        """Run a program to its end, as the server's user."""
        done = subprocess.run(
            command, check=False, user=self.user, cwd=self.folder, capture_output=True, text=True, timeout=60
        )
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: {done.stdout}\n{done.stderr}")

    def spawn(self, command: list[str | Path]) -> None:
        """Start the server, its output going to the log."""
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                command, user=self.user, cwd=self.folder, stdout=log, stderr=log, start_new_session=True
            )
        self._tell(f"+{self._server.pid}")

    @property
    def pid(self) -> int:
        """The server's process id."""
        assert self._server is not None
        return self._server.pid

    def running(self) -> bool:
        """Tell whether the server has not ended."""
        return self._server is not None and self._server.poll() is None

    def kill(self) -> None:
        """End the server as a power failure would, and wait until nothing of it runs."""
        if self._server is None:
            return
        family = _family(self._server.pid)
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._wait()
        _await_end(family)

    def stop(self, how: signal.Signals | None = None) -> None:
        """End the server in the orderly way, or by the signal given."""
        if self._server is None:
            return
        family = _family(self._server.pid)
        self._server.send_signal(how or self._end)
        try:
            self._server.wait(_END_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return
        self._wait()
        _await_end(family)

    def close(self) -> None:
        """End the server and remove the folder."""
        if self._keeper.poll() is not None:
            return
        self.stop()
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        self._keeper.wait()

    def failure(self, what: str) -> RuntimeError:
        """Return an error with the end of the log."""
        text = self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""
        return RuntimeError(f"{what}: {text}")

    def _wait(self) -> None:
        assert self._server is not None
        self._server.wait()
        self._tell(f"-{self._server.pid}")
        self._server = None

    def _tell(self, line: str) -> None:
        assert self._keeper.stdin is not None
        self._keeper.stdin.write(f"{line}\n".encode())
        self._keeper.stdin.flush()


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _others_reach(path: Path) -> bool:
    """Tell whether any user may enter a folder and all above it."""
    return all(folder.stat().st_mode & 0o001 for folder in [path, *path.parents])


def _family(pid: int) -> list[int]:
    """Return a process and its children; PostgreSQL's set their own session, so that no group holds them."""
    found = [pid]
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


def _await_end(pids: list[int]) -> None:
    """Wait until none of these processes runs; those that nobody has reaped count as ended."""
    deadline = time.monotonic() + _END_S
    while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.01)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _keep(folder: str, end: int) -> None:
    """Wait for the end of the input, then clear up."""
    pids: set[int] = set()
    for line in sys.stdin:
        (pids.add if line[0] == "+" else pids.discard)(int(line[1:]))
    for pid in pids:
        family = _family(pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, end)
        _await_end(family)
        for left in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(left, signal.SIGKILL)
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not Path(folder).exists():
            return
        time.sleep(0.1)


if __name__ == "__main__":
    _keep(sys.argv[1], int(sys.argv[2]))
