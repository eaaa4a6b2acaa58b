"""Time, as those see it whose waits a test drives."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import datetime
from typing import Protocol

__all__ = ["Clock", "MachineTimer", "Sleeper", "Timer", "until_next_s", "wait_within"]


class Sleeper(Protocol):
    """What a wait needs to know of time."""

    async def sleep(self, seconds: float, /) -> None:
        """Return after so many seconds."""
        ...


class Timer(Sleeper, Protocol):
    """What knows how time passes, but not what time it is."""

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        ...


class Clock(Timer, Protocol):
    """What a charge point and its queue know of time."""

    def now(self) -> datetime:
        """Return the time of day, aware; it may be set."""
        ...


class MachineTimer:
    """How time passes for the machine."""

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        return time.monotonic()

    async def sleep(self, seconds: float, /) -> None:
        """Return after so many seconds."""
        await asyncio.sleep(seconds)


def until_next_s(clock: Timer, period_s: float) -> float:
    """Return how long to wait for the next of all moments that are a period apart; at least a quarter of it.

    What is due again and again goes by the same moments, so that an idle machine wakes once for all of it.
    """
    left_s = period_s - clock.monotonic() % period_s
    return left_s if left_s * 4 >= period_s else left_s + period_s


async def wait_within(clock: Sleeper, event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, but no longer than so many seconds; returns whether it is set."""
    if event.is_set() or seconds <= 0:
        return event.is_set()
    if isinstance(clock, MachineTimer):
        # The same without two tasks, for those who wait all the time.
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
        return event.is_set()
    tasks = {asyncio.ensure_future(event.wait()), asyncio.ensure_future(clock.sleep(seconds))}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return event.is_set()
