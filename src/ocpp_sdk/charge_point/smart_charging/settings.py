"""What a charge point can do with charging profiles."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ocpp_sdk.charge_point.smart_charging.rates import UNITS, Grid
from ocpp_sdk.errors import ConfigurationError

__all__ = ["SmartChargingSettings"]

_QUANTITIES: Final = {"A": "Current", "W": "Power"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartChargingSettings:
    """What a charge point can do with charging profiles (1.6 section 9.4).

    Attributes:
        max_stack_level: the highest stackLevel, from 0.
        max_periods: how many periods a schedule may have; composite schedules keep to it as well.
        max_profiles: how many profiles may be installed at a time.
        rate_units: in which units profiles may come, `A` and `W`; the first is the one for a composite schedule when
            none is asked for and the profiles have several.
        voltage: nominal voltage between a phase and neutral, in V; turns W into A.
        phases: how many phases the charge point has, 1 to 3; turns W into A where a profile says nothing.
        max_current_a: what one connector can give by itself, in A for each phase; part of composite schedules, where it
            stands for what no profile limits. Without it those end where no profile limits.
        limit_unit: in which unit the hardware is told limits, `A` or `W`; None for that of the profile.
        switches_phases: whether the hardware can go from 3 phases to 1 during a transaction.
        start_within_s: how long the profile of a remote start waits for its transaction, in s.
    """

    max_stack_level: int = 10
    max_periods: int = 100
    max_profiles: int = 100
    rate_units: tuple[str, ...] = ("A", "W")
    voltage: Decimal = Decimal(230)
    phases: int = 3
    max_current_a: Decimal | None = None
    limit_unit: str | None = None
    switches_phases: bool = False
    start_within_s: float = 300.0

    def __post_init__(self) -> None:
        for name, least in (("max_stack_level", 0), ("max_periods", 1), ("max_profiles", 1), ("start_within_s", 0)):
            if not getattr(self, name) >= least:
                raise ConfigurationError(f"{name}: must be at least {least}, not {getattr(self, name)}")
        if not self.rate_units or not UNITS.issuperset(self.rate_units):
            raise ConfigurationError(f"rate_units: must be A, W or both, not {', '.join(self.rate_units) or 'none'}")
        if self.limit_unit is not None and self.limit_unit not in UNITS:
            raise ConfigurationError(f"limit_unit: must be A or W, not {self.limit_unit}")
        if not (self.voltage.is_finite() and self.voltage > 0):
            raise ConfigurationError(f"voltage: must be more than 0 V, not {self.voltage}")
        if not 1 <= self.phases <= 3:
            raise ConfigurationError(f"phases: must be 1 to 3, not {self.phases}")
        if self.max_current_a is not None and not (self.max_current_a.is_finite() and self.max_current_a > 0):
            raise ConfigurationError(f"max_current_a: must be more than 0 A, not {self.max_current_a}")

    @property
    def grid(self) -> Grid:
        """What W are turned into A with."""
        return Grid(voltage=self.voltage, phases=self.phases)

    def keys(self) -> dict[str, str]:
        """Return the configuration keys of 1.6 section 9.4, all of them read-only, with their values."""
        return {
            "ChargeProfileMaxStackLevel": str(self.max_stack_level),
            "ChargingScheduleAllowedChargingRateUnit": ",".join(_QUANTITIES[unit] for unit in self.rate_units),
            "ChargingScheduleMaxPeriods": str(self.max_periods),
            "ConnectorSwitch3to1PhaseSupported": "true" if self.switches_phases else "false",
            "MaxChargingProfilesInstalled": str(self.max_profiles),
        }
