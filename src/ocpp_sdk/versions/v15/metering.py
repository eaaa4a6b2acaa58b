"""Readings of 1.5: a value is text with attributes, and there are no phases."""

from __future__ import annotations

from ocpp_sdk.generated.v15 import central_system as cs
from ocpp_sdk.versions.domain import MeterReading, SampledValue
from ocpp_sdk.versions.wording import UNITS_OF_1_5

__all__ = ["read_reading", "write_readings"]

_UNITS_OF_1_6 = {theirs: ours for ours, theirs in UNITS_OF_1_5.items()}


def _read_value(value: cs.MeterValueValue) -> SampledValue:
    context, form, measurand, location, unit = value.context, value.format, value.measurand, value.location, value.unit
    # Of an enumeration's two names for its text this is the one that is no call.
    return SampledValue(
        value.value,
        None if context is None else context._value_,
        None if form is None else form._value_,
        None if measurand is None else measurand._value_,
        None,
        None if location is None else location._value_,
        None if unit is None else _UNITS_OF_1_6.get(unit._value_, unit._value_),
    )


def read_reading(reading: cs.MeterValue) -> MeterReading:
    """Read what a meter showed at one time."""
    return MeterReading(reading.timestamp, tuple([_read_value(value) for value in reading.value]))


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


def write_readings(readings: tuple[MeterReading, ...]) -> list[cs.MeterValue]:
    """Write the readings that still have a value."""
    written = []
    for reading in readings:
        values = [value for value in map(_write_value, reading.values) if value is not None]
        if values:
            written.append(cs.MeterValue(timestamp=reading.timestamp, value=values))
    return written
