"""Readings of 1.5: a value is text with attributes, and there are no phases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from ocpp_sdk.generated.v15 import central_system as cs
from ocpp_sdk.versions.domain import MeterReading, SampledValue
from ocpp_sdk.versions.readings import Kind, Readings, Sample
from ocpp_sdk.versions.wording import UNITS_OF_1_5

__all__ = ["read_readings", "write_readings"]

_Said: TypeAlias = tuple[
    cs.ReadingContext | None, cs.ValueFormat | None, cs.Measurand | None, cs.Location | None, cs.UnitOfMeasure | None
]

_UNITS_OF_1_6 = {theirs: ours for ours, theirs in UNITS_OF_1_5.items()}


class _Kinds(dict[_Said, Kind]):
    """All of a value but its number, by what the message says of it; bounded by what the enumerations allow."""

    def __missing__(self, said: _Said) -> Kind:
        context, form, measurand, location, unit = (None if part is None else str(part) for part in said)
        kind = self[said] = (context, form, measurand, None, location, _UNITS_OF_1_6.get(unit or "", unit))
        return kind


_kinds: Final = _Kinds()


def read_readings(readings: Sequence[cs.MeterValue]) -> Sequence[MeterReading]:
    """Return what a meter showed; it is read when somebody looks at it."""
    return Readings(readings, _samples)


def _samples(readings: Sequence[cs.MeterValue]) -> tuple[Sample, ...]:
    return tuple(
        [
            (
                reading.timestamp,
                value.value,
                _kinds[value.context, value.format, value.measurand, value.location, value.unit],
            )
            for reading in readings
            for value in reading.value
        ]
    )


def _write_value(value: SampledValue) -> cs.MeterValueValue | None:
    """Return None for what 1.5 has no word for: said without its phase or place it would be another value."""
    if value.phase is not None:
        return None
    try:
        return cs.MeterValueValue(
            value=value.value,
            context=None if value.context is None else cs.ReadingContext(value.context),
            format=None if value.format is None else cs.ValueFormat(value.format),
            measurand=None if value.measurand is None else cs.Measurand(value.measurand),
            location=None if value.location is None else cs.Location(value.location),
            unit=None if value.unit is None else cs.UnitOfMeasure(UNITS_OF_1_5.get(value.unit, value.unit)),
        )
    except ValueError:
        return None


def write_readings(readings: Sequence[MeterReading]) -> list[cs.MeterValue]:
    """Write the readings that still have a value."""
    written = []
    for reading in readings:
        values = [value for value in map(_write_value, reading.values) if value is not None]
        if values:
            written.append(cs.MeterValue(timestamp=reading.timestamp, value=values))
    return written
