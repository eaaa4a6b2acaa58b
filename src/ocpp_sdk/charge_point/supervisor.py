"""Handing a reset over to a command that starts the program or the machine again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

from ocpp_sdk.charge_point.link import Report
from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.versions.enumerations import ResetType

__all__ = ["CommandSupervisor"]

_SHOWN: Final = 300


class CommandSupervisor:
    """Runs a command with `Soft` or `Hard` as its last argument; no shell reads it.

    What the command starts again is the service of the charge point or the machine; both end this program. If it
    returns instead, the charge point boots again by itself.

    Args:
        command: the program and its first arguments.
        report: hears how it ended.
        timeout_s: how long it may take.

    Raises:
        ConfigurationError: there is no program.
    """

    def __init__(self, command: Sequence[str], report: Report, timeout_s: float = 60.0) -> None:
        if not command:
            raise ConfigurationError("reset-command: names no program")
        self._command = tuple(command)
        self._report = report
        self._timeout_s = timeout_s

    async def __call__(self, kind: ResetType) -> None:
        """Run the command; a failure is reported."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                kind.value,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            self._report(f"reset-command {self._command[0]}: {error.strerror}")
            return
        try:
            async with asyncio.timeout(self._timeout_s):
                _, errors = await process.communicate()
        except TimeoutError:
            self._report(f"reset-command {self._command[0]}: not done within {self._timeout_s:g} s")
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            return
        if process.returncode:
            said = errors.decode(errors="replace").strip()[-_SHOWN:]
            self._report(f"reset-command {self._command[0]}: exit code {process.returncode}: {said}")
