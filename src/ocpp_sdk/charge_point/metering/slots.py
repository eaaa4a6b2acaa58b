"""Slots of the clock: where they begin and end, and which one is over. Pure.

Boundaries are multiples of ClockAlignedDataInterval from 00:00 UTC of each day; the last slot of a day is shorter if
the interval does not divide it. A slot is reported when it is over, under the time of its start (1.5 section 6.9.1).

A clock that is set forward, or a loop that is late, closes the slot that is open, once; slots that lie wholly in
between were measured by nobody and are skipped. A clock that is set back closes nothing again: the open slot waits
until it is over. After a step back by more than an interval it is measured anew from its start, since what was measured
in between belongs to slots that were reported before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

__all__ = ["NOTHING", "Slot", "SlotTimes", "Turn", "slot_at"]

_DAY_S: Final = 86_400


class Slot(NamedTuple):
    """From `start` until before `end`, aware, in UTC."""

    start: datetime
    end: datetime


class Turn(NamedTuple):
    """What has happened since the last look.

    Attributes:
        closed: the slot that is over.
        opened: whether slots began to be looked at, so that there is nothing measured yet.
        skipped: how many slots after the closed one nobody measured.
        went_back: whether the clock is now before the open slot by more than an interval.
        restarted: whether the open slot begins again after that.
    """

    closed: Slot | None = None
    opened: bool = False
    skipped: int = 0
    went_back: bool = False
    restarted: bool = False


NOTHING: Final = Turn()


def slot_at(moment: datetime, interval_s: int) -> Slot:
    """Return the slot that a moment lies in.

    Args:
        moment: aware.
        interval_s: 1 or more; more than a day counts as a day.
    """
    moment = moment.astimezone(UTC)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    place = int((moment - midnight).total_seconds()) // interval_s
    end_s = min((place + 1) * interval_s, _DAY_S)
    return Slot(midnight + timedelta(seconds=place * interval_s), midnight + timedelta(seconds=end_s))


def _count_between(begin: datetime, end: datetime, interval_s: int) -> int:
    """Return how many slots lie between two boundaries."""
    per_day = -(-_DAY_S // interval_s)
    days = (end.date() - begin.date()).days
    return days * per_day + _place(end, interval_s) - _place(begin, interval_s)


def _place(boundary: datetime, interval_s: int) -> int:
    """Return how many slots of the day begin before a moment."""
    return -(-(boundary.hour * 3600 + boundary.minute * 60 + boundary.second) // interval_s)


@dataclass(slots=True)
class SlotTimes:
    """The slots of one meter.

    Attributes:
        open: the slot that is not over; None while there are none.
    """

    open: Slot | None = None
    _interval_s: int = 0
    _reported_until: datetime | None = None
    _behind: bool = False

    def look(self, now: datetime, interval_s: int) -> Turn:
        """Look at the clock.

        Args:
            now: aware.
            interval_s: ClockAlignedDataInterval; 0 for no slots.
        """
        if interval_s <= 0:
            self.open, self._interval_s, self._behind = None, 0, False
            return NOTHING
        now = now.astimezone(UTC)
        if self.open is None:
            self._open_at(now, interval_s)
            return Turn(opened=True)
        if interval_s != self._interval_s:
            # What is measured already goes into the first slot of the new interval, so that no energy is lost.
            self._interval_s = interval_s
            self.open = Slot(self.open.start, slot_at(max(now, self.open.start), interval_s).end)
        if now >= self.open.end:
            return self._close(self.open, now)
        return self._behind_or_not(self.open, now)

    def wait_s(self, now: datetime) -> float:
        """Return after how many seconds to look again; may be 0 or less."""
        if self.open is None:
            return float("inf")
        return ((self.open.start if self._behind else self.open.end) - now).total_seconds()

    def _open_at(self, now: datetime, interval_s: int) -> None:
        self._interval_s = interval_s
        slot = slot_at(now if self._reported_until is None else max(now, self._reported_until), interval_s)
        self.open = slot if self._reported_until is None else Slot(max(slot.start, self._reported_until), slot.end)

    def _close(self, closed: Slot, now: datetime) -> Turn:
        self._reported_until, self._behind = closed.end, False
        self.open = slot_at(now, self._interval_s)
        return Turn(closed=closed, skipped=_count_between(closed.end, self.open.start, self._interval_s))

    def _behind_or_not(self, slot: Slot, now: datetime) -> Turn:
        if self._behind:
            self._behind = now < slot.start
            return NOTHING if self._behind else Turn(restarted=True)
        self._behind = now < slot.start - timedelta(seconds=self._interval_s)
        return Turn(went_back=True) if self._behind else NOTHING
