"""Sessions for hardware that does not decide: it switches, locks and measures, and tells of plugs and tags.

tag accepted ──plugged──▶ power flows ──tag, unplugged, remote stop──▶ no power ──unplugged──▶ free
plugged ──tag accepted──▶
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol
from uuid import uuid4

from ocpp_sdk.charge_point.clock import SystemClock
from ocpp_sdk.charge_point.hardware import ENERGY, ConnectorFacts, HardwareInfo, Limit, Station, Transaction
from ocpp_sdk.clock import Clock
from ocpp_sdk.errors import ConfigurationError, SessionRefusedError, StorageError
from ocpp_sdk.versions.domain import Reservation, SampledValue
from ocpp_sdk.versions.enumerations import ConnectorStatus, ErrorCode, ResetType, StopReason, UnlockStatus

__all__ = ["Outlet", "OutletHardware"]

_AGAIN_S: Final = 1.0


class Outlet(Protocol):
    """One connector that can be switched."""

    async def switch(self, *, on: bool) -> None:
        """Let power flow, or stop it."""
        ...

    async def lock(self, *, locked: bool) -> bool:
        """Hold the cable or let it go; returns whether that worked. Without a lock it always works."""
        ...

    async def limit(self, limit: Limit | None) -> None:
        """Give no more than this; None is no limit."""
        ...

    async def read_meter(self) -> tuple[SampledValue, ...]:
        """Read the meter; `ENERGY` in Wh is among the values."""
        ...


class OutletHardware:
    """Drives outlets; implements `Hardware`.

    Whoever has the contacts and the tag reader calls `plugged`, `unplugged`, `tag` and `failed`.

    Args:
        outlets: by number of the connector, from 1 without a gap.
        info: what the hardware says of itself.
        clock: drives the waits for a storage that fails.

    Raises:
        ConfigurationError: the numbers have a gap.
    """

    def __init__(
        self, outlets: Mapping[int, Outlet], info: HardwareInfo | None = None, clock: Clock | None = None
    ) -> None:
        if not outlets or sorted(outlets) != list(range(1, len(outlets) + 1)):
            raise ConfigurationError(f"outlets {sorted(outlets)}: they are numbered from 1 without a gap")
        self._outlets = dict(outlets)
        self._info = info or HardwareInfo()
        self._clock = clock or SystemClock()
        self._given_nothing: set[int] = set()
        self._facts = {number: ConnectorFacts() for number in outlets}
        self._turns = {number: asyncio.Lock() for number in outlets}
        self._station: Station | None = None
        self._running = asyncio.Event()

    @property
    def connectors(self) -> int:
        """How many connectors there are."""
        return len(self._outlets)

    async def run(self, station: Station) -> None:
        """Serve until cancelled; at first no power flows anywhere, whatever was before."""
        for outlet in self._outlets.values():
            await outlet.switch(on=False)
        self._station = station
        self._running.set()
        try:
            await station.ready(self._info)
            await asyncio.Event().wait()
        finally:
            self._running.clear()
            self._station = None

    async def plugged(self, connector_id: int) -> None:
        """Say that a vehicle is connected; an idTag that waits for it begins, a transaction that waits goes on."""
        station = await self._serving()
        async with self._turns[connector_id]:
            flow = self._flow(connector_id)
            await self._see(connector_id, replace(self._facts[connector_id], plugged=True, flow=flow))
            id_tag = station.authorized(connector_id)
            if station.running(connector_id) is not None:
                await self._outlets[connector_id].lock(locked=True)
                await self._outlets[connector_id].switch(on=True)
            elif id_tag is not None:
                await self._begin(station, connector_id, id_tag)

    async def unplugged(self, connector_id: int) -> None:
        """Say that the vehicle is gone, which ends a transaction, unless StopTransactionOnEVSideDisconnect says no."""
        station = await self._serving()
        async with self._turns[connector_id]:
            transaction = station.running(connector_id)
            if transaction is not None:
                await self._outlets[connector_id].switch(on=False)
                if station.setting("StopTransactionOnEVSideDisconnect") != "false":
                    await self._end(station, transaction, StopReason.EV_DISCONNECTED, None)
            flow = ConnectorStatus.SUSPENDED_EV if station.running(connector_id) else self._flow(connector_id)
            await self._see(connector_id, replace(self._facts[connector_id], plugged=False, flow=flow))
            if station.setting("UnlockConnectorOnEVSideDisconnect") != "false":
                await self._outlets[connector_id].lock(locked=False)

    async def tag(self, id_tag: str, connector_id: int) -> None:
        """Say that an idTag was presented: it begins a transaction, or ends the one that runs.

        Raises:
            SessionRefusedError: the idTag may not.
        """
        station = await self._serving()
        transaction = station.running(connector_id)
        if transaction is not None:
            if not await station.may_stop(connector_id, id_tag):
                raise SessionRefusedError(f"{id_tag} may not end the transaction of {transaction.id_tag}")
            async with self._turns[connector_id]:
                await self._end(station, transaction, StopReason.LOCAL, id_tag)
            return
        if station.authorized(connector_id) is None and (refusal := station.refusal(connector_id, id_tag)):
            raise SessionRefusedError(refusal)
        if not await station.authorize(connector_id, id_tag):
            raise SessionRefusedError(f"{id_tag} may not charge at connector {connector_id}")
        async with self._turns[connector_id]:
            if self._facts[connector_id].plugged and station.running(connector_id) is None:
                await self._begin(station, connector_id, id_tag)

    async def failed(self, connector_id: int, error: ErrorCode, *, info: str | None = None) -> None:
        """Say what is wrong with a connector, NoError when it is mended; an error ends a transaction."""
        station = await self._serving()
        async with self._turns[connector_id]:
            transaction = station.running(connector_id)
            if transaction is not None and error is not ErrorCode.NO_ERROR:
                await self._outlets[connector_id].switch(on=False)
                await self._end(station, transaction, StopReason.EMERGENCY_STOP, None)
            await self._see(connector_id, replace(self._facts[connector_id], error=error, info=info))

    async def remote_start(self, connector_id: int, id_tag: str) -> bool:
        """Begin now if a vehicle is connected, else when one is, within ConnectionTimeOut."""
        station = await self._serving()
        async with self._turns[connector_id]:
            if self._facts[connector_id].plugged:
                await self._begin(station, connector_id, id_tag)
        return True

    async def stop(self, transaction: Transaction, reason: StopReason) -> bool:
        """Stop the flow, and tell it."""
        station = await self._serving()
        async with self._turns[transaction.connector_id]:
            await self._end(station, transaction, reason, None)
        return True

    async def unlock(self, connector_id: int) -> UnlockStatus:
        """Let the cable go."""
        worked = await self._outlets[connector_id].lock(locked=False)
        return UnlockStatus.UNLOCKED if worked else UnlockStatus.UNLOCK_FAILED

    async def set_available(self, connector_id: int, *, available: bool) -> None:
        """Nothing to do: nobody begins without being asked."""

    async def set_reservation(self, connector_id: int, reservation: Reservation | None) -> None:
        """Nothing to show."""

    async def set_limit(self, connector_id: int, limit: Limit | None) -> None:
        """Hand a limit on; the sum of all connectors is the installation's matter."""
        if connector_id == 0:
            return
        await self._outlets[connector_id].limit(limit)
        if limit is not None and limit.rate == 0:
            self._given_nothing.add(connector_id)
        else:
            self._given_nothing.discard(connector_id)
        facts = self._facts[connector_id]
        if facts.flow is not ConnectorStatus.SUSPENDED_EV:
            await self._see(connector_id, replace(facts, flow=self._flow(connector_id)))

    async def read_meter(self, connector_id: int) -> tuple[SampledValue, ...]:
        """Read a meter; there is no main meter."""
        return () if connector_id == 0 else await self._outlets[connector_id].read_meter()

    async def resumes(self, transaction: Transaction) -> bool:
        """Nothing flows after a restart."""
        return False

    async def told(self, time: datetime, *, accepted: bool | None = None) -> None:
        """Nobody to tell."""

    async def reset(self, kind: ResetType) -> None:
        """Nothing to start again."""

    async def _serving(self) -> Station:
        await self._running.wait()
        assert self._station is not None  # noqa: S101 - set before the event is
        return self._station

    async def _see(self, connector_id: int, facts: ConnectorFacts) -> None:
        if facts != self._facts[connector_id]:
            self._facts[connector_id] = facts
            await (await self._serving()).observe(connector_id, facts)

    def _flow(self, connector_id: int) -> ConnectorStatus:
        """Return the status of a transaction whose vehicle is connected."""
        nothing = connector_id in self._given_nothing
        return ConnectorStatus.SUSPENDED_EVSE if nothing else ConnectorStatus.CHARGING

    async def _begin(self, station: Station, connector_id: int, id_tag: str) -> None:
        """Keep the start, then let power flow.

        Raises:
            SessionRefusedError: the cable is not held, or another transaction runs.
            StorageError: the start is not kept; no power flows.
        """
        outlet = self._outlets[connector_id]
        self._facts[connector_id] = replace(self._facts[connector_id], flow=self._flow(connector_id))
        if not await outlet.lock(locked=True):
            await station.release(connector_id)
            raise SessionRefusedError(f"connector {connector_id}: the cable cannot be locked")
        try:
            transaction = await station.start(
                connector_id, id_tag, await self._energy_wh(connector_id), key=uuid4().hex
            )
        except BaseException:
            await outlet.lock(locked=False)
            await station.release(connector_id)
            raise
        try:
            await outlet.switch(on=True)
        except BaseException:
            await self._end(station, transaction, StopReason.OTHER, None)
            raise

    async def _end(self, station: Station, transaction: Transaction, reason: StopReason, id_tag: str | None) -> None:
        """Stop the flow, then keep the end, however long the storage takes; not if it has ended meanwhile."""
        number = transaction.connector_id
        if station.running(number) is not transaction:
            return
        await self._outlets[number].switch(on=False)
        meter_wh = await self._energy_wh(number)
        while True:
            try:
                await station.stop(number, meter_wh, transaction=transaction, id_tag=id_tag, reason=reason)
                break
            except StorageError:
                await self._clock.sleep(_AGAIN_S)
        await self._outlets[number].lock(locked=False)

    async def _energy_wh(self, connector_id: int) -> int:
        values = await self._outlets[connector_id].read_meter()
        return next(int(float(value.value)) for value in values if value.measurand == ENERGY)
