"""What a meter gave over a time: energy accumulated, all else averaged (1.5 section 6.9.1, 1.6 section 9.1.5). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from ocpp_sdk.charge_point.configuration.measurands import interval_of, is_counted, register_of
from ocpp_sdk.charge_point.metering.selection import measurand_of
from ocpp_sdk.versions.domain import SampledValue

__all__ = ["Accumulation"]


class _Place(NamedTuple):
    """What tells the values of one reading apart."""

    measurand: str
    phase: str | None
    location: str | None
    unit: str | None
    format: str | None


@dataclass(slots=True)
class _Series:
    """One value over time.

    Attributes:
        first, last: as the meter gave them.
        number: of the last one; None if it is no number.
        at_s: when the last one came.
        area: the sum of value times seconds, between two readings along a straight line.
        seconds: how long that was.
    """

    first: SampledValue
    last: SampledValue
    number: Decimal | None
    at_s: float
    area: float = 0.0
    seconds: float = 0.0

    def add(self, value: SampledValue, at_s: float) -> None:
        number = _number(value)
        if number is not None and self.number is not None and at_s > self.at_s:
            self.area += float(number + self.number) / 2 * (at_s - self.at_s)
            self.seconds += at_s - self.at_s
        self.last, self.number, self.at_s = value, number, at_s

    def mean(self) -> SampledValue:
        """Return the average over time; the last value if there is none."""
        if self.seconds <= 0 or self.number is None:
            return self.last
        return self.last._replace(value=_text(self.area / self.seconds))

    def counted(self) -> SampledValue | None:
        """Return what a register counted; None if that cannot be, as when it went back."""
        first, last = _number(self.first), _number(self.last)
        measurand = interval_of(measurand_of(self.first))
        if first is None or last is None or last < first or measurand is None:
            return None
        return self.last._replace(value=format(last - first, "f"), measurand=measurand)


class Accumulation:
    """The readings of one meter from a moment on; it keeps no more than the first, the last and the sums.

    Args:
        opened_at: the moment, aware.
    """

    def __init__(self, opened_at: datetime) -> None:
        self.opened_at = opened_at
        self._series: dict[_Place, _Series] = {}

    @property
    def is_empty(self) -> bool:
        """Whether there was no reading yet."""
        return not self._series

    def add(self, values: Iterable[SampledValue], at_s: float) -> None:
        """Take a reading.

        Args:
            values: of the meter.
            at_s: when, on a clock that only grows.
        """
        for value in values:
            place = _Place(measurand_of(value), value.phase, value.location, value.unit, value.format)
            series = self._series.get(place)
            if series is None:
                self._series[place] = _Series(value, value, _number(value), at_s)
            else:
                series.add(value, at_s)

    def registers(self) -> tuple[SampledValue, ...]:
        """Return the registers as they were first."""
        return tuple(series.first for place, series in self._series.items() if interval_of(place.measurand))

    def with_intervals(self, values: Iterable[SampledValue]) -> tuple[SampledValue, ...]:
        """Return a reading with the energy that was counted since the begin in place of what the meter says of it."""
        counted = self._intervals()
        known = {(value.measurand, value.phase, value.location) for value in counted}
        others = (one for one in values if (measurand_of(one), one.phase, one.location) not in known)
        return (*others, *counted)

    def _intervals(self) -> tuple[SampledValue, ...]:
        """Return the energy per interval of each register, from the first reading to the last."""
        counted = (series.counted() for series in self._series.values())
        return tuple(value for value in counted if value is not None)

    def values(self) -> tuple[SampledValue, ...]:
        """Return what to report of the time.

        A register is the one at the begin, since the report bears that time; energy per interval is what the register
        counted until the end, or what the meter itself says if it has no such register; all else is the average.
        """
        given = {place.measurand for place in self._series}
        found: list[SampledValue] = []
        for place, series in self._series.items():
            if not is_counted(place.measurand):
                found.append(series.mean())
            elif (register := register_of(place.measurand)) is None:
                found.append(series.first)
            elif register not in given:
                found.append(series.last)
        return (*found, *self._intervals())


def _number(value: SampledValue) -> Decimal | None:
    if value.format not in {None, "Raw"}:
        return None
    try:
        number = Decimal(value.value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _text(number: float) -> str:
    text = f"{number:.3f}".rstrip("0").rstrip(".")
    return "0" if text in {"", "-0"} else text
