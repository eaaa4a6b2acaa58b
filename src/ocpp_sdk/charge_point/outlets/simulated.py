"""Outlets, meters and vehicles without any hardware."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from math import isfinite

from ocpp_sdk.charge_point.clock import SystemClock
from ocpp_sdk.charge_point.hardware import ENERGY, HardwareInfo, Limit, Station, Transaction
from ocpp_sdk.charge_point.outlets.hardware import OutletHardware
from ocpp_sdk.clock import Clock
from ocpp_sdk.errors import ConfigurationError, OcppError, SessionRefusedError
from ocpp_sdk.versions.domain import SampledValue
from ocpp_sdk.versions.enumerations import StopReason

__all__ = ["POWER", "SimulatedHardware", "SimulatedOutlet"]

POWER = "Power.Active.Import"
VOLTAGE_V = 230


class SimulatedOutlet:
    """Counts energy while power flows.

    Args:
        clock: tells how long it flowed.
        power_w: what a vehicle draws, in W.
    """

    def __init__(self, clock: Clock, power_w: float) -> None:
        self._clock = clock
        self._wants_w = power_w
        self._limit_w: float | None = None
        self._counted_wh = 0.0
        self._since: float | None = None

    @property
    def power_w(self) -> float:
        """What flows now, in W."""
        if self._since is None:
            return 0.0
        return self._wants_w if self._limit_w is None else min(self._wants_w, self._limit_w)

    @property
    def energy_wh(self) -> int:
        """The register, in whole Wh; it never goes back."""
        running = 0.0 if self._since is None else self._clock.monotonic() - self._since
        return int(self._counted_wh + self.power_w * running / 3600)

    async def switch(self, *, on: bool) -> None:
        """Let power flow, or stop it."""
        self._count()
        self._since = self._clock.monotonic() if on else None

    async def lock(self, *, locked: bool) -> bool:
        """There is no lock that could fail."""
        return True

    async def limit(self, limit: Limit | None) -> None:
        """Draw no more than that."""
        self._count()
        self._limit_w = None
        if limit is not None:
            amperes = limit.rate * VOLTAGE_V * (limit.phases or 3)
            self._limit_w = float(limit.rate if limit.unit == "W" else amperes)

    async def read_meter(self) -> tuple[SampledValue, ...]:
        """Return energy and power."""
        return (
            SampledValue(value=str(self.energy_wh), measurand=ENERGY, unit="Wh"),
            SampledValue(value=f"{self.power_w:.0f}", measurand=POWER, unit="W"),
        )

    def _count(self) -> None:
        if self._since is not None:
            now = self._clock.monotonic()
            self._counted_wh += self.power_w * (now - self._since) / 3600
            self._since = now


class SimulatedHardware(OutletHardware):
    """Connectors with vehicles that come when they are told to, and leave when their transaction has ended.

    Args:
        connectors: how many.
        power_w: what a vehicle draws, in W.
        clock: drives the meters.
        report: hears of what could not be done.

    Raises:
        ConfigurationError: there is no connector, or the power is no number of W.
    """

    def __init__(
        self,
        connectors: int = 2,
        power_w: float = 7400.0,
        clock: Clock | None = None,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        if connectors < 1:
            raise ConfigurationError(f"connectors: must be at least 1, not {connectors}")
        if not (power_w >= 0 and isfinite(power_w)):
            raise ConfigurationError(f"power_w: must be a number of W from 0 on, not {power_w}")
        clock = clock or SystemClock()
        outlets = {number: SimulatedOutlet(clock, power_w) for number in range(1, connectors + 1)}
        super().__init__(outlets, HardwareInfo(measurands=frozenset({ENERGY, POWER})), clock)
        self._report = report
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self, station: Station) -> None:
        """Serve until cancelled; vehicles come and go meanwhile."""
        async with asyncio.TaskGroup() as self._tasks:
            await super().run(station)

    async def charge(self, id_tag: str, connector_id: int | None = None) -> Transaction:
        """Plug a vehicle in and present an idTag.

        Args:
            id_tag: who charges.
            connector_id: from 1; any free connector if it is left out.

        Returns:
            The transaction; its `ended` is set when it has ended, for whatever reason.

        Raises:
            SessionRefusedError: no connector is free, or the idTag may not charge.
        """
        station = await self._serving()
        number = self._free(station, connector_id, id_tag)
        await self.tag(id_tag, number)
        await self.plugged(number)
        transaction = station.running(number)
        if transaction is None:
            raise SessionRefusedError(f"connector {number}: the transaction has ended before it could be seen")
        return transaction

    async def remote_start(self, connector_id: int, id_tag: str) -> bool:
        """A vehicle comes at once."""
        await super().remote_start(connector_id, id_tag)
        if not self._facts[connector_id].plugged:
            self._spawn(self.plugged(connector_id))
        return True

    async def stop(self, transaction: Transaction, reason: StopReason) -> bool:
        """The vehicle leaves."""
        await super().stop(transaction, reason)
        self._spawn(self.unplugged(transaction.connector_id))
        return True

    async def present(self, id_tag: str, transaction: Transaction) -> None:
        """Present an idTag to end a transaction; the vehicle leaves.

        Raises:
            SessionRefusedError: it is not the idTag that started the transaction, nor one of the same group.
        """
        if transaction.stop_reason is None:
            await self.tag(id_tag, transaction.connector_id)
        await self.unplugged(transaction.connector_id)

    def _free(self, station: Station, connector_id: int | None, id_tag: str) -> int:
        """Return the connector to use, the first one that is free if none is named."""
        reason = f"there is no connector {connector_id}"
        for number in self._outlets:
            if connector_id in {None, number}:
                reason = station.refusal(number, id_tag)
                if not reason and self._facts[number].plugged:
                    reason = f"connector {number} is in use"
                if not reason:
                    return number
        raise SessionRefusedError(reason)

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        assert self._tasks is not None  # noqa: S101 - nothing is asked of it before it runs
        self._tasks.create_task(self._reported(work))

    async def _reported(self, work: Coroutine[object, object, None]) -> None:
        try:
            await work
        except OcppError as error:
            self._report(str(error))
