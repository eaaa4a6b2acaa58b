"""Reads one meter, but does not wait for ever."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TypeAlias

from ocpp_sdk.charge_point.connection.link import Report
from ocpp_sdk.charge_point.deadline import within
from ocpp_sdk.charge_point.metering.counters import MeteringCounters
from ocpp_sdk.charge_point.metering.watch import RegisterWatch, register_wh
from ocpp_sdk.clock import Clock
from ocpp_sdk.versions.domain import SampledValue

__all__ = ["MeterReader", "ReadMeter"]

ReadMeter: TypeAlias = Callable[[int], Coroutine[object, object, tuple[SampledValue, ...]]]
"""`Hardware.read_meter`."""


class MeterReader:
    """The meter of one connector.

    Args:
        connector_id: from 1; 0 is the main meter.
        read_meter: of the hardware.
        clock: for the deadline.
        deadline_s: after how many seconds a reading is given up.
        watch: looks at the register.
        counters: of all meters.
        report: hears when readings begin to fail, when they work again, and what cannot be.
    """

    def __init__(
        self,
        connector_id: int,
        read_meter: ReadMeter,
        clock: Clock,
        *,
        deadline_s: float,
        watch: RegisterWatch,
        counters: MeteringCounters,
        report: Report,
    ) -> None:
        self._connector_id = connector_id
        self._read_meter = read_meter
        self._clock = clock
        self._deadline_s = deadline_s
        self._watch = watch
        self._counters = counters
        self._report = report
        self._failing = False

    async def read(self) -> tuple[SampledValue, ...] | None:
        """Return the values of the meter; None if it could not be read."""
        try:
            values = await within(self._clock, self._read_meter(self._connector_id), self._deadline_s)
        except Exception as error:
            # Hardware is the user's own code: whatever it raises, the next reading is tried all the same.
            self._counters.failed += 1
            if not self._failing:
                self._report(f"{self._name}: could not be read: {str(error) or type(error).__name__}")
            self._failing = True
            return None
        if self._failing:
            self._report(f"{self._name}: can be read again")
        self._failing = False
        self._counters.read += 1
        self._look(values)
        return values

    def _look(self, values: tuple[SampledValue, ...]) -> None:
        energy_wh = register_wh(values)
        wrong = "" if energy_wh is None else self._watch.look(energy_wh, self._clock.monotonic())
        if wrong:
            self._counters.absurd += 1
            self._report(f"{self._name}: {wrong}; kept as it is")

    @property
    def _name(self) -> str:
        return f"meter of connector {self._connector_id}" if self._connector_id else "main meter"
