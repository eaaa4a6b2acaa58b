"""Time, as those see it whose waits a test drives."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Protocol

__all__ = ["Clock", "Sleeper", "wait_within"]


class Sleeper(Protocol):
    """What a wait needs to know of time."""

    async def sleep(self, seconds: float, /) -> None:
        """Return after so many seconds."""
        ...


class Clock(Sleeper, Protocol):
    """What a charge point and its queue know of time."""

    def now(self) -> datetime:
        """Return the time of day, aware; it may be set."""
        ...

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        ...


async def wait_within(clock: Sleeper, event: asyncio.Event, seconds: float) -> bool:
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
