"""What all profiles together allow: at a moment, and over a time (1.6 sections 3.13.2 and 3.13.3).

For a connector a profile of its transaction counts before the default of the connector, and that before the default of
all connectors; among those of one kind the highest stack level does. Where none of a higher level limits, since it is
not valid yet, not valid any more or its schedule has run out, the next one does (section 5.16.4). The limit of the
charge point counts besides, and the lesser holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from ocpp_sdk.charge_point.hardware import Limit
from ocpp_sdk.charge_point.smart_charging.profiles import (
    CHARGE_POINT_MAX,
    TX,
    TX_DEFAULT,
    InstalledProfile,
)
from ocpp_sdk.charge_point.smart_charging.rates import Grid, least, total
from ocpp_sdk.charge_point.smart_charging.timetable import Timetable, second, timetable
from ocpp_sdk.versions.domain import ChargingSchedule, ChargingSchedulePeriod

__all__ = ["Charging", "Course", "Least", "Stack", "charge_point_course", "compose", "connector_course", "limit_of_all"]

# A schedule whose periods change nothing costs time and gives no period, so their number has an end as well.
_MOST_STEPS: Final = 2000


class Course(Protocol):
    """A limit over time, in whole seconds since 1970."""

    def limit_at(self, at: int) -> Limit | None:
        """Return the limit in a second, None if there is none."""
        ...

    def change_after(self, at: int) -> int | None:
        """Return the next second after this one in which the limit may be another; None if it stays."""
        ...


@dataclass(frozen=True, slots=True)
class Stack:
    """The limit of the first profile that has one.

    Attributes:
        tables: the profiles, the one that counts most first.
    """

    tables: tuple[Timetable, ...]

    def limit_at(self, at: int) -> Limit | None:
        """Return the limit in a second."""
        for table in self.tables:
            if (limit := table.limit_at(at)) is not None:
                return limit
        return None

    def change_after(self, at: int) -> int | None:
        """Return the next second in which the limit may change; profiles below the one that counts cannot do that."""
        changes = []
        for table in self.tables:
            changes.append(table.change_after(at))
            if table.limit_at(at) is not None:
                break
        return _first(changes)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A limit that always holds."""

    limit: Limit

    def limit_at(self, at: int) -> Limit | None:
        """Return the limit."""
        return self.limit

    def change_after(self, at: int) -> int | None:
        """Return None."""
        return None


@dataclass(frozen=True, slots=True)
class Least:
    """What keeps to several limits at once."""

    courses: tuple[Course, ...]
    unit: str | None
    grid: Grid

    def limit_at(self, at: int) -> Limit | None:
        """Return the least limit in a second."""
        limits = [limit for course in self.courses if (limit := course.limit_at(at)) is not None]
        return least(limits, self.unit, self.grid)

    def change_after(self, at: int) -> int | None:
        """Return the next second in which one of the limits may change."""
        return _first(course.change_after(at) for course in self.courses)


@dataclass(frozen=True, slots=True)
class Total:
    """What several connectors may give together, as long as all of them are limited."""

    courses: tuple[Course, ...]
    unit: str
    grid: Grid

    def limit_at(self, at: int) -> Limit | None:
        """Return the sum of the limits in a second, None if one of them is not known."""
        limits = []
        for course in self.courses:
            if (limit := course.limit_at(at)) is None:
                return None
            limits.append(limit)
        return total(limits, self.unit, self.grid)

    def change_after(self, at: int) -> int | None:
        """Return the next second in which one of the limits may change."""
        return _first(course.change_after(at) for course in self.courses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charging:
    """The transaction of a connector, as far as limits depend on it.

    Attributes:
        key: which one; profiles of others do not count.
        began: the second in which it began.
    """

    key: str
    began: int


def limit_of_all(installed: Iterable[InstalledProfile], now: int) -> Stack:
    """Return the limit of the whole charge point; what is relative counts from when it was installed.

    Args:
        installed: all profiles.
        now: the second that it is; a clock that was set back makes nothing begin later.
    """
    of_all = [one for one in installed if one.profile.purpose == CHARGE_POINT_MAX]
    return _stacked(of_all, lambda one: min(second(one.installed_at), now))


def connector_course(
    installed: Iterable[InstalledProfile], connector_id: int, charging: Charging | None, now: int
) -> Stack:
    """Return the limit of one connector, without the one of the charge point.

    Args:
        installed: all profiles.
        connector_id: from 1.
        charging: its transaction.
        now: the second that it is; a transaction that does not run is taken to begin now.
    """
    known = list(installed)
    began = now if charging is None else min(charging.began, now)
    own = [
        one
        for one in known
        if one.profile.purpose == TX
        and one.connector_id == connector_id
        and charging is not None
        and one.transaction_key == charging.key
    ]
    defaults = [one for one in known if one.profile.purpose == TX_DEFAULT]
    groups = (
        own,
        [one for one in defaults if one.connector_id == connector_id],
        [one for one in defaults if one.connector_id == 0],
    )
    return Stack(tuple(table for group in groups for table in _stacked(group, lambda _: began).tables))


def charge_point_course(connectors: Iterable[Course], of_all: Course, unit: str, grid: Grid) -> Least:
    """Return what the charge point may draw: the sum of its connectors, but no more than its own limit.

    Args:
        connectors: the limits of all connectors, without that of the charge point.
        of_all: the limit of the charge point.
        unit: `W` or `A`.
        grid: turns units.
    """
    return Least((of_all, Total(tuple(connectors), unit, grid)), unit, grid)


def compose(course: Course, start: int, duration_s: int, unit: str, max_periods: int) -> ChargingSchedule | None:
    """Return a limit over time as a schedule; periods that follow each other differ.

    Args:
        course: gives limits in the unit.
        start: the first second.
        duration_s: how many seconds, from 1.
        unit: of the limits.
        max_periods: how many periods it may have.

    Returns:
        The schedule; it is shorter than asked for if the limit ends before, or if there would be too many periods.
        None if there is no limit in the first second.
    """
    periods: list[ChargingSchedulePeriod] = []
    at, end = start, start + duration_s
    for _ in range(_MOST_STEPS):
        limit = course.limit_at(at)
        if limit is None:
            break
        if not periods or (limit.rate, limit.phases) != (periods[-1].limit, periods[-1].number_phases):
            if len(periods) == max_periods:
                break
            period = ChargingSchedulePeriod(start_period_s=at - start, limit=limit.rate, number_phases=limit.phases)
            periods.append(period)
        change = course.change_after(at)
        at = end if change is None else min(change, end)
        if at == end:
            break
    return ChargingSchedule(rate_unit=unit, periods=tuple(periods), duration_s=at - start) if periods else None


def _stacked(group: list[InstalledProfile], relative_to: Callable[[InstalledProfile], int]) -> Stack:
    group.sort(key=lambda one: -one.profile.stack_level)
    return Stack(tuple(timetable(one.profile, relative_to(one)) for one in group))


def _first(changes: Iterable[int | None]) -> int | None:
    return min((change for change in changes if change is not None), default=None)
