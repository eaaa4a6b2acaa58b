"""When a meter is sampled: at start + k * interval on a clock that only grows, without drift. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import Final

__all__ = ["SampleTimes"]

_TOLERANCE_S: Final = 0.001
"""Timers may fire early by the resolution of their clock."""


@dataclass(slots=True)
class SampleTimes:
    """The samples of one transaction, or of a meter without one.

    Attributes:
        start_s: when the first interval begins, on a clock that only grows.
    """

    start_s: float
    _interval_s: int = 0
    _taken: int = 0

    def due_s(self, interval_s: int, now_s: float) -> float | None:
        """Return when the next sample is due; None for never.

        An interval that has changed counts from the start too: the next sample is at its next multiple.

        Args:
            interval_s: MeterValueSampleInterval; 0 for off.
            now_s: on the same clock as the start.
        """
        if interval_s != self._interval_s:
            self._interval_s = interval_s
            self._taken = self._passed(now_s)
        return None if interval_s <= 0 else self.start_s + (self._taken + 1) * interval_s

    def take(self, now_s: float) -> int:
        """Note that the sample that was due is taken.

        Returns:
            How many others were due before now as well; they are missed, since a meter cannot be read in the past.
        """
        before, self._taken = self._taken, max(self._taken + 1, self._passed(now_s))
        return self._taken - before - 1

    def _passed(self, now_s: float) -> int:
        if self._interval_s <= 0:
            return 0
        return max(0, floor((now_s - self.start_s + _TOLERANCE_S) / self._interval_s))
