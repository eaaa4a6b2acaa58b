"""Readings of 1.6: a value is an element of its own, and may be one phase's."""

from __future__ import annotations

from ocpp_sdk.generated.v16 import central_system as cs
from ocpp_sdk.versions.domain import MeterReading, SampledValue

__all__ = ["read_reading", "write_readings"]


def _read_value(value: cs.SampledValue) -> SampledValue:
    return SampledValue(
        value=value.value,
        context=None if value.context is None else value.context.value,
        format=None if value.format is None else value.format.value,
        measurand=None if value.measurand is None else value.measurand.value,
        phase=None if value.phase is None else value.phase.value,
        location=None if value.location is None else value.location.value,
        unit=None if value.unit is None else value.unit.value,
    )


def read_reading(reading: cs.MeterValue) -> MeterReading:
    """Read what a meter showed at one time."""
    return MeterReading(
        timestamp=reading.timestamp, values=tuple(_read_value(value) for value in reading.sampled_value)
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


def write_readings(readings: tuple[MeterReading, ...]) -> list[cs.MeterValue]:
    """Write the readings that still have a value."""
    written = []
    for reading in readings:
        values = [value for value in map(_write_value, reading.values) if value is not None]
        if values:
            written.append(cs.MeterValue(timestamp=reading.timestamp, sampled_value=values))
    return written
