"""Readings of 1.6: a value is an element of its own, and may be one phase's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from ocpp_sdk.generated.v16 import central_system as cs
from ocpp_sdk.versions.domain import MeterReading, SampledValue
from ocpp_sdk.versions.readings import Kind, Readings, Sample

__all__ = ["read_readings", "write_readings"]

_Said: TypeAlias = tuple[
    cs.ReadingContext | None,
    cs.ValueFormat | None,
    cs.Measurand | None,
    cs.Phase | None,
    cs.Location | None,
    cs.UnitOfMeasure | None,
]


class _Kinds(dict[_Said, Kind]):
    """All of a value but its number, by what the message says of it; bounded by what the enumerations allow."""

    def __missing__(self, said: _Said) -> Kind:
        context, form, measurand, phase, location, unit = (None if part is None else str(part) for part in said)
        kind = self[said] = (context, form, measurand, phase, location, unit)
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
                _kinds[value.context, value.format, value.measurand, value.phase, value.location, value.unit],
            )
            for reading in readings
            for value in reading.sampled_value
        ]
    )


def _write_value(value: SampledValue) -> cs.SampledValue | None:
    """Return None for what 1.6 has no word for."""
    try:
        return cs.SampledValue(
            value=value.value,
            context=None if value.context is None else cs.ReadingContext(value.context),
            format=None if value.format is None else cs.ValueFormat(value.format),
            measurand=None if value.measurand is None else cs.Measurand(value.measurand),
            phase=None if value.phase is None else cs.Phase(value.phase),
            location=None if value.location is None else cs.Location(value.location),
            unit=None if value.unit is None else cs.UnitOfMeasure(value.unit),
        )
    except ValueError:
        return None


def write_readings(readings: Sequence[MeterReading]) -> list[cs.MeterValue]:
    """Write the readings that still have a value."""
    written = []
    for reading in readings:
        values = [value for value in map(_write_value, reading.values) if value is not None]
        if values:
            written.append(cs.MeterValue(timestamp=reading.timestamp, sampled_value=values))
    return written
