"""Meter values out of a snapshot. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ocpp_sdk.modbus.registers import RegisterMap
from ocpp_sdk.modbus.snapshot import Snapshot
from ocpp_sdk.versions.domain import MeterReading, SampledValue

__all__ = ["measurands_of", "reading_of"]

_READINGS: Final = (
    ("WHMETER", "Energy.Active.Import.Register", "Wh"),
    ("ACTPOW", "Power.Active.Import", "W"),
    ("VOLTAGE", "Voltage", "V"),
    ("CURRENT", "Current.Import", "A"),
)


def measurands_of(register_map: RegisterMap) -> frozenset[str]:
    """Return what the meters of a map measure, as `reading_of` gives it; energy in any case."""
    found = {measurand for suffix, measurand, _ in _READINGS if f"MV_CONNECTOR1_{suffix}" in register_map.registers}
    return frozenset({_READINGS[0][1], *found})


def reading_of(snapshot: Snapshot, connector_id: int, at: datetime, *, context: str | None = None) -> MeterReading:
    """Return what the meter of a connector says: energy, power, voltage and current, as far as the map has them.

    Args:
        snapshot: what was read.
        connector_id: from 1.
        at: time of day, aware.
        context: `Sample.Clock` for aligned readings; None for periodic ones.
    """
    values: list[SampledValue] = []
    for suffix, measurand, unit in _READINGS:
        found = snapshot.number(f"MV_CONNECTOR{connector_id}_{suffix}")
        if found is not None:
            whole = isinstance(found, float) and found.is_integer()
            text = str(int(found) if whole else found)
            values.append(SampledValue(value=text, measurand=measurand, unit=unit, context=context))
    return MeterReading(timestamp=at, values=tuple(values))
