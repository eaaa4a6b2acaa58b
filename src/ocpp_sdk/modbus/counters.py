"""What is counted about a PLC, for whoever shows it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ocpp_sdk.errors import ModbusError

__all__ = ["ModbusCounters"]


@dataclass(slots=True)
class ModbusCounters:
    """Counts since the program began; in two processes each counts what it does itself.

    Attributes:
        cycles: how often the PLC was read, answered and written.
        failures: cycles that failed, by the name of the error, as `ModbusTimeoutError`.
        records: how often a record came into a state, by the state.
        meter_anomalies: readings of a meter that cannot be.
        oddities: requests of a PLC with something odd about them.
    """

    cycles: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    meter_anomalies: int = 0
    oddities: int = 0

    def failed(self, error: ModbusError) -> None:
        """Count a cycle that failed."""
        self.failures[type(error).__name__] += 1
