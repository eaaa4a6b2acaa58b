"""Readings of an energy meter that cannot be. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from ocpp_sdk.charge_point.metering.selection import is_register
from ocpp_sdk.versions.domain import SampledValue

__all__ = ["MAX_POWER_W", "RegisterWatch", "register_wh"]

MAX_POWER_W: Final = 500_000
"""More than any connector gives."""


def register_wh(values: Iterable[SampledValue]) -> float | None:
    """Return the energy register among the values of a meter, in Wh; None if there is none, or it is no number."""
    value = next(filter(is_register, values), None)
    try:
        number = None if value is None else Decimal(value.value)
    except InvalidOperation:
        return None
    if value is None or number is None or not number.is_finite():
        return None
    return float(number) * (1000 if value.unit == "kWh" else 1)


@dataclass(slots=True)
class RegisterWatch:
    """Looks at one register; what is wrong is said, and kept all the same, since nobody knows better.

    Attributes:
        max_power_w: what the connector, or for the main meter the charge point, can give at most.
        resolution_wh: by how much a register may jump at once, since it counts in steps.
    """

    max_power_w: float = MAX_POWER_W
    resolution_wh: float = 1000
    _last_wh: float | None = None
    _last_s: float = 0.0

    def look(self, energy_wh: float, now_s: float) -> str:
        """Compare a reading with the one before.

        Args:
            energy_wh: the register.
            now_s: on a clock that only grows.

        Returns:
            What is wrong, empty if nothing is.
        """
        before, passed_s = self._last_wh, max(now_s - self._last_s, 0.0)
        self._last_wh, self._last_s = energy_wh, now_s
        if before is None:
            return ""
        if energy_wh < before:
            return f"the register went back from {before:.0f} to {energy_wh:.0f} Wh"
        if energy_wh - before > self.max_power_w * passed_s / 3600 + self.resolution_wh:
            return f"the register jumped from {before:.0f} to {energy_wh:.0f} Wh in {passed_s:.1f} s"
        return ""
