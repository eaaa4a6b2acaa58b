"""One profile as limits over time, in whole seconds since 1970 so that nothing drifts.

Fractions of a second are cut off: a limit begins and ends with a second.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from ocpp_sdk.charge_point.hardware import Limit
from ocpp_sdk.charge_point.smart_charging.rates import floored
from ocpp_sdk.versions.domain import ChargingProfile

__all__ = ["Timetable", "moment", "second", "timetable"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
_CYCLES_S: Final = {"Daily": 86_400, "Weekly": 604_800}


def second(time: datetime) -> int:
    """Return the second in which a moment lies."""
    return (time - _EPOCH) // _SECOND


def moment(at: int) -> datetime:
    """Return the moment at which a second begins."""
    return _EPOCH + at * _SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """The limits of one profile.

    Attributes:
        begins: the first second in which it can limit.
        ends: the first second in which it no longer does; None for never.
        anchor: the second from which periods are counted.
        cycle: after how many seconds it starts over; None for never.
        length: how many seconds it limits, each time; None for without end.
        starts: when its periods start, in seconds from the anchor, from 0 upwards.
        limits: what holds in each of them.
    """

    begins: int
    ends: int | None
    anchor: int
    cycle: int | None
    length: int | None
    starts: tuple[int, ...]
    limits: tuple[Limit, ...]

    def limit_at(self, at: int) -> Limit | None:
        """Return the limit in a second, None if the profile does not limit then."""
        if at < self.begins or (self.ends is not None and at >= self.ends):
            return None
        offset = self._offset(at)
        if self.length is not None and offset >= self.length:
            return None
        return self.limits[bisect_right(self.starts, offset) - 1]

    def change_after(self, at: int) -> int | None:
        """Return the next second after this one in which another limit may hold; None if none comes."""
        if at < self.begins:
            return self.begins
        offset = self._offset(at)
        coming = bisect_right(self.starts, offset)
        borders = [border for border in (self.length, self.cycle) if border is not None and border > offset]
        if coming < len(self.starts):
            borders.append(self.starts[coming])
        changes = [at - offset + border for border in borders]
        if self.ends is not None:
            changes.append(self.ends)
        return min((change for change in changes if change > at), default=None)

    def _offset(self, at: int) -> int:
        since = at - self.anchor
        return since if self.cycle is None else since % self.cycle


def timetable(profile: ChargingProfile, relative_to: int) -> Timetable:
    """Return a profile as limits over time.

    Args:
        profile: one that was checked.
        relative_to: the second that Relative schedules count from, and Absolute ones without a start (1.6 section
            7.13): when charging began.
    """
    schedule = profile.schedule
    anchor = relative_to if profile.kind == "Relative" or schedule.start is None else second(schedule.start)
    cycle = _CYCLES_S.get(profile.recurrency or "") if profile.kind == "Recurring" else None
    length = schedule.duration_s
    if cycle is not None:
        length = cycle if length is None else min(length, cycle)
    return Timetable(
        begins=anchor if profile.valid_from is None else max(anchor, second(profile.valid_from)),
        ends=None if profile.valid_to is None else second(profile.valid_to),
        anchor=anchor,
        cycle=cycle,
        length=length,
        starts=tuple(period.start_period_s for period in schedule.periods),
        limits=tuple(
            Limit(rate=floored(period.limit), unit=schedule.rate_unit, phases=period.number_phases)
            for period in schedule.periods
        ),
    )
