"""Readings of 1.6: a value is an element of its own, and may be one phase's."""

from __future__ import annotations

from ocpp_sdk.generated.v16 import central_system as cs
from ocpp_sdk.versions.domain import MeterReading, SampledValue

__all__ = ["read_reading", "write_readings"]


def _read_value(value: cs.SampledValue) -> SampledValue:
    context, form, measurand, phase = value.context, value.format, value.measurand, value.phase
    location, unit = value.location, value.unit
    # Of an enumeration's two names for its text this is the one that is no call.
    return SampledValue(
        value.value,
        None if context is None else context._value_,
        None if form is None else form._value_,
        None if measurand is None else measurand._value_,
        None if phase is None else phase._value_,
        None if location is None else location._value_,
        None if unit is None else unit._value_,
    )


def read_reading(reading: cs.MeterValue) -> MeterReading:
    """Read what a meter showed at one time."""
    return MeterReading(reading.timestamp, tuple([_read_value(value) for value in reading.sampled_value]))


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


def write_readings(readings: tuple[MeterReading, ...]) -> list[cs.MeterValue]:
    """Write the readings that still have a value."""
    written = []
    for reading in readings:
        values = [value for value in map(_write_value, reading.values) if value is not None]
        if values:
            written.append(cs.MeterValue(timestamp=reading.timestamp, sampled_value=values))
    return written
