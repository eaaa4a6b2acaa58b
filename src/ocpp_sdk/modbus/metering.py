"""Meter values out of a snapshot, and a watch over what a meter says. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ocpp_sdk.modbus.registers import RegisterMap
from ocpp_sdk.modbus.snapshot import Snapshot
from ocpp_sdk.versions.domain import MeterReading, SampledValue

__all__ = ["MAX_POWER_W", "MeterWatch", "measurands_of", "reading_of"]

MAX_POWER_W: Final = 500_000
"""More than any connector gives; what a meter counts beyond it is no energy that was drawn."""

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


@dataclass(slots=True)
class MeterWatch:
    """Tells readings of an energy meter that cannot be; they are kept all the same, since nobody knows better.

    Attributes:
        max_power_w: what the connector can give at most.
        meter_resolution_wh: by how much a meter may jump at once, since it counts in steps.
    """

    max_power_w: float = MAX_POWER_W
    meter_resolution_wh: float = 1_000
    _energy_wh: float | None = None
    _at: float = 0.0

    def look(self, energy_wh: float, now: float) -> str:
        """Look at a reading.

        Args:
            energy_wh: of the meter.
            now: seconds of a clock that only grows.

        Returns:
            What is wrong with it beside the one before, empty if nothing is.
        """
        before, since = self._energy_wh, now - self._at
        self._energy_wh, self._at = energy_wh, now
        if before is None or energy_wh == before:
            return ""
        if energy_wh < before:
            return f"the meter went back from {before:.0f} to {energy_wh:.0f} Wh"
        possible = self.max_power_w * max(since, 0.0) / 3600 + self.meter_resolution_wh
        if energy_wh - before > possible:
            return f"the meter jumped from {before:.0f} to {energy_wh:.0f} Wh in {since:.1f} s"
        return ""
