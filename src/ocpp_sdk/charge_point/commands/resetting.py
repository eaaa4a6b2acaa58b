"""Resets: transactions end, what waits is sent, and the charge point or its machine starts again (1.5 section 5.12)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field

from ocpp_sdk.charge_point.commands.supervisor import Supervisor
from ocpp_sdk.charge_point.configuration import ConfigurationTable
from ocpp_sdk.charge_point.connection.link import Report
from ocpp_sdk.charge_point.connection.registration import Registration
from ocpp_sdk.charge_point.sessions.decisions import Decisions
from ocpp_sdk.charge_point.sessions.sessions import Sessions
from ocpp_sdk.versions.enumerations import ResetType, StopReason

__all__ = ["Resetting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resetting:
    """Does one reset at a time; another one meanwhile is part of it.

    Attributes:
        sessions: their transactions end.
        decisions: the hardware starts again.
        configuration: takes over what waited for a reboot.
        registration: boots again.
        flush: waits until everything is sent, a while at most.
        supervisor: takes over then, if there is one.
        spawn: runs it after the command was answered.
        report: hears of it.
        done: set while there is none.
    """

    sessions: Sessions
    decisions: Decisions
    configuration: ConfigurationTable
    registration: Registration
    flush: Callable[[], Awaitable[bool]]
    supervisor: Supervisor | None
    spawn: Callable[[Coroutine[object, object, None]], None]
    report: Report
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.done.set()

    def begin(self, kind: ResetType) -> None:
        """Begin a reset, unless one is under way."""
        if self.done.is_set():
            self.done.clear()
            self.spawn(self._reset(kind))

    async def _reset(self, kind: ResetType) -> None:
        try:
            reason = StopReason.HARD_RESET if kind is ResetType.HARD else StopReason.SOFT_RESET
            await self.sessions.stop_all(reason)
            await self.flush()
            self.report(f"{kind} reset")
            await self.decisions.reset(kind)
            if self.supervisor is not None:
                await self._hand_over(kind, self.supervisor)
            self.configuration.reboot()
            self.registration.again()
        finally:
            self.done.set()

    async def _hand_over(self, kind: ResetType, supervisor: Supervisor) -> None:
        try:
            await supervisor(kind)
        except Exception as error:  # whatever somebody's supervisor raises, the charge point boots again
            self.report(f"{kind} reset: the supervisor failed: {type(error).__name__}: {error}")
