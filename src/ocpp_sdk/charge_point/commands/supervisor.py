"""Handing a reset over to a command that starts the program or the machine again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from typing import IO, Final, TypeAlias

from ocpp_sdk.charge_point.connection.link import Report
from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.versions.enumerations import ResetType

__all__ = ["CommandSupervisor", "Supervisor"]

Supervisor: TypeAlias = Callable[[ResetType], Awaitable[None]]
"""Starts the program or the machine again; if it returns, the charge point just boots again."""

_SHOWN: Final = 300
_LOOK_S: Final = 0.05


class CommandSupervisor:
    """Runs a command with `Soft` or `Hard` as its last argument; no shell reads it.

    What the command starts again is the service of the charge point or the machine; both end this program, and the
    command goes on meanwhile. If it returns instead, the charge point boots again by itself; what the command has left
    running, such as a restart in a minute, is left alone. A command that takes too long is ended with all that it has
    started.

    Args:
        command: the program and its first arguments.
        report: hears how it ended.
        timeout_s: how long it may take.

    Raises:
        ConfigurationError: there is no program, or no time for it.
    """

    def __init__(self, command: Sequence[str], report: Report, timeout_s: float = 60.0) -> None:
        if not command:
            raise ConfigurationError("reset-command: names no program")
        if not timeout_s > 0:
            raise ConfigurationError(f"timeout_s: must be more than 0, not {timeout_s}")
        self._command = tuple(command)
        self._report = report
        self._timeout_s = timeout_s

    async def __call__(self, kind: ResetType) -> None:
        """Run the command; a failure is reported."""
        name = f"reset-command {self._command[0]}"
        with tempfile.TemporaryFile() as errors:
            try:
                process = _start((*self._command, kind.value), errors)
            except (OSError, ValueError) as error:
                self._report(f"{name}: {getattr(error, 'strerror', None) or error}")
                return
            try:
                async with asyncio.timeout(self._timeout_s):
                    await _ended(process)
            except TimeoutError:
                self._report(f"{name}: not done within {self._timeout_s:g} s")
                _kill(process)
                await _ended(process)
                return
            if process.returncode:
                self._report(f"{name}: exit code {process.returncode}: {_end_of(errors)}")


def _start(command: Sequence[str], errors: IO[bytes]) -> subprocess.Popen[bytes]:
    # Not by asyncio: that would wait for whoever still holds a pipe of the command, and kill a command that outlives
    # this program, which is what one that starts it again does.
    return subprocess.Popen(  # noqa: S603 - the operator's own command, and no shell
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        start_new_session=True,
    )


async def _ended(process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:  # noqa: ASYNC110 - nobody tells but the system, when it is asked
        await asyncio.sleep(_LOOK_S)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _end_of(errors: IO[bytes]) -> str:
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(size - 4 * _SHOWN, 0))
    return " ".join(errors.read().decode(errors="replace").split())[-_SHOWN:]
