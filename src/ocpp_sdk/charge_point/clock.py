"""The clocks of a charge point."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from ocpp_sdk.clock import Clock, MachineTimer, wait_within

__all__ = ["StationClock", "SystemClock", "sleep_until"]

_LONGEST_SLEEP_S: Final = 3600.0
_TOLERANCE_S: Final = 2.0
_YEARS: Final = range(2000, 2100)


class SystemClock(MachineTimer):
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return the time of day, to the second as the messages carry it."""
        return datetime.now(UTC).replace(microsecond=0)


class StationClock:
    """The clock of a charge point: it goes by the central system once that has told its time (1.5 section 4.6).

    From then on a machine whose own clock is set does not disturb it.

    Args:
        machine: the clock below it.

    Attributes:
        stepped: called when the time of day was set.
    """

    def __init__(self, machine: Clock) -> None:
        self.stepped: Callable[[], None] = lambda: None
        self._step = asyncio.Event()
        self._machine = machine
        self._told: datetime | None = None
        self._told_at = 0.0

    @property
    def offset_s(self) -> float:
        """How far the central system's time is before that of the machine, in s."""
        return (self.now() - self._machine.now()).total_seconds()

    def tell(self, time_there: datetime) -> float:
        """Take over the time of the central system.

        Args:
            time_there: as it was told just now, aware; a difference of up to 2 s is none, since it was on its way.
                Nor is a time before 2000 or after 2099 taken over.

        Returns:
            By how many seconds the clock was set.
        """
        if time_there.year not in _YEARS:
            return 0.0
        step = (time_there - self.now()).total_seconds()
        if self._told is not None and abs(step) <= _TOLERANCE_S:
            return 0.0
        if self._told is None and abs(step) <= _TOLERANCE_S:
            time_there, step = self._machine.now(), 0.0
        self._told, self._told_at = time_there.astimezone(UTC).replace(microsecond=0), self.monotonic()
        if step:
            self._step.set()
            self._step = asyncio.Event()
            self.stepped()
        return step

    def now(self) -> datetime:
        """Return the time of day, to the second as the messages carry it."""
        if self._told is None:
            return self._machine.now()
        return self._told + timedelta(seconds=int(self.monotonic() - self._told_at))

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        return self._machine.monotonic()

    async def sleep(self, seconds: float, /) -> None:
        """Return after so many seconds."""
        await self._machine.sleep(seconds)

    async def sleep_or_step(self, seconds: float) -> None:
        """Return after so many seconds, or when the time of day was set."""
        await wait_within(self._machine, self._step, seconds)


async def sleep_until(clock: Clock, moment: datetime) -> None:
    """Sleep until a time of day, also when the clock is set meanwhile."""
    while (left := (moment - clock.now()).total_seconds()) > 0:
        left = min(left, _LONGEST_SLEEP_S)
        await (clock.sleep_or_step(left) if isinstance(clock, StationClock) else clock.sleep(left))
