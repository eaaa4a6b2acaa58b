"""Telling the hardware the limit of one connector whenever another one holds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from ocpp_sdk.charge_point.deadline import within
from ocpp_sdk.charge_point.hardware import Limit
from ocpp_sdk.charge_point.smart_charging.composite import Course
from ocpp_sdk.charge_point.smart_charging.timetable import moment, second
from ocpp_sdk.clock import Clock, wait_within

__all__ = ["Limiting"]

_DEADLINE_S: Final = 15.0
_RETRY_S: Final = 10.0
_LONGEST_WAIT_S: Final = 3600.0


class Limiting:
    """Tells one connector its limits; one that hangs does not keep the others waiting.

    Args:
        connector_id: from 1; 0 is the whole charge point.
        course: returns its limit over time, given the second that it is.
        set_limit: of the hardware.
        clock: tells when a limit begins.
        report: hears of each limit.
    """

    def __init__(
        self,
        connector_id: int,
        course: Callable[[int], Course],
        set_limit: Callable[[int, Limit | None], Awaitable[None]],
        clock: Clock,
        report: Callable[[str], None],
    ) -> None:
        self._connector_id = connector_id
        self._course = course
        self._set_limit = set_limit
        self._clock = clock
        self._report = report
        self._changed = asyncio.Event()
        self._told: Limit | None = None
        self._knows = False

    def look(self) -> None:
        """Say that the limit may have changed before its time."""
        self._changed.set()

    def forget(self) -> None:
        """Say that the hardware does not know its limit any more."""
        self._knows = False
        self._changed.set()

    async def run(self) -> None:
        """Tell the limit that holds, at first and whenever it changes, until cancelled."""
        while True:
            self._changed.clear()
            now = second(self._clock.now())
            course = self._course(now)
            wait_s = _LONGEST_WAIT_S
            if not await self._tell(course.limit_at(now)):
                wait_s = _RETRY_S
            if (change := course.change_after(now)) is not None:
                wait_s = min(wait_s, (moment(change) - self._clock.now()).total_seconds())
            await wait_within(self._clock, self._changed, wait_s)

    async def _tell(self, limit: Limit | None) -> bool:
        if self._knows and limit == self._told:
            return True
        # Until the hardware has taken it, nobody knows which of the two holds there.
        self._knows = False
        try:
            await within(self._clock, self._call(limit), _DEADLINE_S)
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            self._report(f"connector {self._connector_id}: the hardware did not take {_words(limit)}: {what}")
            return False
        if limit is not None or self._told is not None:
            self._report(f"connector {self._connector_id}: {_words(limit)}")
        self._told, self._knows = limit, True
        return True

    async def _call(self, limit: Limit | None) -> None:
        await self._set_limit(self._connector_id, limit)


def _words(limit: Limit | None) -> str:
    if limit is None:
        return "no limit"
    phases = "" if limit.phases is None else f" on {limit.phases} phase{'s' if limit.phases > 1 else ''}"
    return f"limit {limit.rate} {limit.unit}{phases}"
