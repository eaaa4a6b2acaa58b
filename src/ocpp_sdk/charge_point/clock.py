"""The one place where a charge point meets time, so that tests can drive it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock", "sleep_until", "wait_within"]

_LONGEST_SLEEP_S = 3600.0


class Clock(Protocol):
    """What a charge point knows of time."""

    def now(self) -> datetime:
        """Return the time of day, aware."""
        ...

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        ...

    async def sleep(self, seconds: float, /) -> None:
        """Return after so many seconds."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return the time of day, to the second as the messages carry it."""
        return datetime.now(UTC).replace(microsecond=0)

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        return time.monotonic()

    async def sleep(self, seconds: float, /) -> None:
        """Return after so many seconds."""
        await asyncio.sleep(seconds)


async def sleep_until(clock: Clock, moment: datetime) -> None:
    """Sleep until a time of day, also when the clock is set meanwhile."""
    while (left := (moment - clock.now()).total_seconds()) > 0:
        await clock.sleep(min(left, _LONGEST_SLEEP_S))


async def wait_within(clock: Clock, event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, but no longer than so many seconds; returns whether it is set."""
    if event.is_set() or seconds <= 0:
        return event.is_set()
    tasks = {asyncio.ensure_future(event.wait()), asyncio.ensure_future(clock.sleep(seconds))}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return event.is_set()
