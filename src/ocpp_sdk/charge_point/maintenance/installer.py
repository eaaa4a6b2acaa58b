"""Who installs a firmware."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from ocpp_sdk.charge_point.clock import SystemClock
from ocpp_sdk.charge_point.connection.link import Report
from ocpp_sdk.charge_point.maintenance.files import within
from ocpp_sdk.clock import Clock
from ocpp_sdk.errors import ConfigurationError, FirmwareError

__all__ = ["CommandInstaller", "Installer"]

_GRACE_S: Final = 5.0
_DRAIN_S: Final = 0.5
_CHUNK: Final = 4096
_SHOWN: Final = 300


class Installer(Protocol):
    """Installs a firmware in whatever way the hardware needs."""

    async def install(self, firmware: Path) -> None:
        """Install a firmware, and return when it is installed.

        The process may end meanwhile, when the installation starts the machine again: at the next start the charge
        point finds out by the version of the firmware whether it worked.

        Args:
            firmware: the file; it is removed afterwards.

        Raises:
            FirmwareError: it was not installed; one line says why.
        """
        ...


class CommandInstaller:
    """Runs a command with the path of the firmware as its last argument; exit code 0 means that it is installed.

    The command gets no input. It is ended together with all that it started when its time is over, and also when the
    charge point stops meanwhile; one that starts the charge point's own service again must detach itself from it. What
    it leaves running after an exit code, such as a restart in a minute, is left alone.

    Args:
        command: the program and its first arguments; no shell reads them.
        timeout_s: the longest time that it may take.
        most_output_bytes: how much of the end of its output is reported.
        clock: for the time.
        report: hears what it printed.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        timeout_s: float = 900.0,
        most_output_bytes: int = 4096,
        clock: Clock | None = None,
        report: Report | None = None,
    ) -> None:
        if not command:
            raise ConfigurationError("CommandInstaller: the command is empty")
        if not timeout_s > 0:
            raise ConfigurationError(f"CommandInstaller.timeout_s is {timeout_s}; it must be more than 0")
        self._command = tuple(command)
        self._timeout_s = timeout_s
        self._most = most_output_bytes
        self._clock = clock or SystemClock()
        self._report = report or (lambda _: None)

    async def install(self, firmware: Path) -> None:
        """Run the command.

        Raises:
            FirmwareError: it cannot be started, did not end in time, or ended with another code than 0.
        """
        name = self._command[0]
        # A pipe and thread of our own: a process that the command leaves behind may hold the pipe for as long as it
        # likes, and asyncio would wait for that.
        read_end, write_end = os.pipe()
        output = _Output(read_end, self._most)
        output.start()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                str(firmware),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write_end,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise FirmwareError(f"the installer {name} cannot be started: {error}") from error
        finally:
            os.close(write_end)
        try:
            code = await within(self._clock, self._timeout_s, process.wait())
        except TimeoutError:
            raise FirmwareError(f"the installer {name} was not done in {self._timeout_s:g} s") from None
        finally:
            if process.returncode is None:
                await _end(process)
            lines = await asyncio.to_thread(output.lines)
            for line in lines:
                self._report(f"{name}: {line}")
        if code != 0:
            last = lines[-1][:_SHOWN] if lines else "it printed nothing"
            raise FirmwareError(f"the installer {name} ended with code {code}: {last}")


class _Output(threading.Thread):
    """Reads a pipe to its end, and keeps the last of it."""

    def __init__(self, descriptor: int, most: int) -> None:
        super().__init__(name="output of an installer", daemon=True)
        self._descriptor = descriptor
        self._most = most
        self._tail = bytearray()

    def run(self) -> None:
        with open(self._descriptor, "rb", buffering=0) as pipe:  # noqa: PTH123 - a descriptor has no path
            while data := pipe.read(_CHUNK):
                self._tail += data
                del self._tail[: -self._most]

    def lines(self) -> list[str]:
        """Return the lines so far, when the pipe has ended or a moment later."""
        self.join(_DRAIN_S)
        return [line for line in self._tail.decode(errors="replace").splitlines() if line.strip()]


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a program and what it started; those that do not go when asked are killed."""
    _signal(process, signal.SIGTERM)
    # On the machine's time: whatever clock drives the charge point, a program takes real seconds to go.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), _GRACE_S)
    _signal(process, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    await process.wait()


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(process.pid, number)
        elif process.returncode is None:
            process.terminate()
