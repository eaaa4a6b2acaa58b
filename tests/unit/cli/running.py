"""Runs `ocpp-sdk` as a user does: in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from signal import SIGTERM

COMMAND = [sys.executable, "-m", "ocpp_sdk"]


def environment(**variables: str) -> dict[str, str]:
    """Return the environment without settings of ocpp-sdk, and with the given ones."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OCPP_")}
    return {**kept, **variables}


def ocpp_sdk(
    *arguments: str, cwd: Path, stdin: str = "", variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        env=environment(**(variables or {})),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def only_line(done: subprocess.CompletedProcess[str], code: int) -> str:
    """Return the one line that a failed command leaves on stderr."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("ocpp-sdk: ")
    assert done.stdout == ""
    return lines[0].removeprefix("ocpp-sdk: ")


class CentralSystemProcess:
    """`ocpp-sdk central-system` on a free port.

    Attributes:
        url: where charge points call it.
        process: the process; its stderr has been read up to the line that tells the address.
    """

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert process.stderr is not None
        self.ready_line = process.stderr.readline()
        found = [word.rstrip(",") for word in self.ready_line.split() if word.startswith("http")]
        assert found, self.ready_line + process.stderr.read()
        (self.url,) = found

    def end(self, number: int = SIGTERM) -> tuple[str, str]:
        """Send a signal, and return what is left of stdout and stderr."""
        self.process.send_signal(number)
        return self.process.communicate(timeout=30)


@contextmanager
def central_system(cwd: Path, *options: str, **variables: str) -> Iterator[CentralSystemProcess]:
    """Run a central system until the block is left."""
    command = [*COMMAND, "central-system", "--port", "0", *options]
    with subprocess.Popen(
        command, cwd=cwd, env=environment(**variables), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield CentralSystemProcess(process)
        finally:
            if process.poll() is None:
                process.kill()
