"""A PLC as the hardware of a charge point: implements `ocpp_sdk.charge_point.hardware.Hardware`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import uuid4

from ocpp_sdk.charge_point.hardware import ENERGY, HardwareInfo, Limit, Station, Transaction
from ocpp_sdk.clock import wait_within
from ocpp_sdk.errors import ModbusConnectError
from ocpp_sdk.modbus.counters import ModbusCounters
from ocpp_sdk.modbus.device import ModbusDevice
from ocpp_sdk.modbus.handshake import DECISION_WITHIN_S, check_handshake
from ocpp_sdk.modbus.handshake.needs import has_group
from ocpp_sdk.modbus.metering import measurands_of, reading_of
from ocpp_sdk.modbus.snapshot import Snapshot
from ocpp_sdk.modbus.station.bridging import BridgeHalf
from ocpp_sdk.modbus.station.records import ENDED, OPEN, Kind, data_of, text_of
from ocpp_sdk.modbus.station.requests import Requests
from ocpp_sdk.modbus.station.seam import Seam
from ocpp_sdk.modbus.station.settings import PlcSettings
from ocpp_sdk.storage.plc import ExchangeState
from ocpp_sdk.versions.domain import Reservation, SampledValue
from ocpp_sdk.versions.enumerations import ResetType, StopReason, UnlockStatus

__all__ = ["PlcHardware"]

_LATEST: Final = "latest"
_MARGIN_S: Final = 1.0
_LOOK_EVERY_S: Final = 1.0
_NUMBER_WITHIN_S: Final = 5.0
_METER_WITHIN_S: Final = 5.0


class PlcHardware:
    """The PLC of a charge point.

    What the PLC cannot be told by its map is left out: an unlock is answered `NotSupported` without CONTROL registers,
    and there are no registers for limits.

    Args:
        settings: of the PLC.
        seam: where the half is met that speaks to it.
        device: the PLC, if that half runs in this process; None if it has its own.

    Raises:
        ConfigurationError: the map lacks a register that the handshake needs.
    """

    def __init__(self, settings: PlcSettings, seam: Seam, device: ModbusDevice | None) -> None:
        check_handshake(settings.register_map)
        self._settings = settings
        self._map = settings.register_map
        self._seam = seam
        self._device = device
        self._requests = Requests(seam, settings)
        self._station: Station | None = None

    @property
    def connectors(self) -> int:
        """How many connectors the map has."""
        return self._map.connectors

    @property
    def counters(self) -> ModbusCounters:
        """What happened in this process."""
        return self._seam.counters

    async def run(self, station: Station) -> None:
        """Drive the PLC, or meet the process that does, until cancelled."""
        self._station = station
        if self._seam.shared:
            await self._seam.listen()
        async with asyncio.TaskGroup() as tasks:
            if self._device is not None:
                tasks.create_task(BridgeHalf(self._device, self._seam, period_s=self._settings.period_s).run())
            tasks.create_task(self._requests.run(station))
            tasks.create_task(self._watch(station))

    async def remote_start(self, connector_id: int, id_tag: str) -> bool:
        """Ask the PLC to start; returns its decision, or a refusal after 15 s."""
        # The PLC may start before its decision is known here.
        self._requests.grant(connector_id, id_tag, granted=True)
        return await self._command(Kind.REMOTE_START, connector_id, {"id_tag": id_tag})

    async def stop(self, transaction: Transaction, reason: StopReason) -> bool:
        """Ask the PLC to stop; returns its decision, or a refusal after 15 s."""
        number = await self._number(transaction)
        if transaction.stop_reason is not None:
            return True
        if number is None:
            return False
        data = {"transaction_id": number, "reason": reason.value}
        stopped = await self._command(Kind.REMOTE_STOP, transaction.connector_id, data)
        return stopped or transaction.stop_reason is not None

    async def unlock(self, connector_id: int) -> UnlockStatus:
        """Let the connector go for a second; returns when that is over."""
        if not has_group(self._map, f"CONTROL_CON{connector_id}"):
            return UnlockStatus.NOT_SUPPORTED
        done = await self._command(Kind.LOCK, connector_id, {})
        return UnlockStatus.UNLOCKED if done else UnlockStatus.UNLOCK_FAILED

    async def set_available(self, connector_id: int, *, available: bool) -> None:
        """Allow or forbid the PLC to lock, authorize and charge; it holds over a restart of the bridge."""
        if has_group(self._map, f"CONTROL_CON{connector_id}"):
            await self._tell(Kind.AVAILABILITY, connector_id, {"available": available})

    async def set_reservation(self, connector_id: int, reservation: Reservation | None) -> None:
        """Show the PLC for whom a connector is kept, until that is cancelled or over."""
        if not has_group(self._map, f"RESERV_CON{connector_id}"):
            return
        data: dict[str, object] = {}
        if reservation is not None:
            left = reservation.expiry_date - self._now()
            data = {
                "id_tag": reservation.id_tag,
                "reservation_id": reservation.reservation_id,
                "expires_at": reservation.expiry_date.isoformat(),
                "seconds": round(left.total_seconds()),
            }
        await self._tell(Kind.RESERVATION, connector_id, data)

    async def set_limit(self, connector_id: int, limit: Limit | None) -> None:
        """Do nothing: the stations in the field have no register for it."""

    async def read_meter(self, connector_id: int) -> tuple[SampledValue, ...]:
        """Return what was last read of a meter.

        Raises:
            ModbusConnectError: nothing was read yet, or the PLC cannot be reached, so that nobody knows what the meter
                says now; safe to repeat.
        """
        if connector_id == 0 and not any(name.startswith("MV_CONNECTOR0_") for name in self._map.registers):
            return ()
        until = self._seam.clock.monotonic() + _METER_WITHIN_S
        while True:
            values = await self._values(connector_id)
            state = self._seam.state
            if state is not None and not state.reached and state.reason:
                raise ModbusConnectError(f"the meter of connector {connector_id} cannot be read: {state.reason}")
            if any(one.measurand == ENERGY for one in values) or connector_id == 0:
                return values
            left = until - self._seam.clock.monotonic()
            if left <= 0:
                raise ModbusConnectError(f"the meter of connector {connector_id} was not read yet; see the PLC")
            await self._seam.clock.sleep(min(self._settings.period_s, left))

    async def resumes(self, transaction: Transaction) -> bool:
        """Tell whether the PLC may still run a transaction: it was told of it, and will tell the stop itself."""
        return transaction.key in await self._requests.resumable()

    async def told(self, time: datetime, *, accepted: bool | None = None) -> None:
        """Tell the PLC the time of the central system, and whether it has accepted the charge point."""
        if accepted is None:
            if has_group(self._map, "HB"):
                await self._tell_time(time)
        elif has_group(self._map, "BN"):
            await self._tell(Kind.BOOT, 0, {"time": time.isoformat(), "accepted": accepted})

    async def reset(self, kind: ResetType) -> None:
        """Do nothing: a PLC has no register for it, and goes on with what it is told afterwards."""

    def _now(self) -> datetime:
        return self._station.now() if self._station is not None else self._seam.clock.now()

    async def _values(self, connector_id: int) -> tuple[SampledValue, ...]:
        if self._seam.shared:
            await self._seam.load_published()
        snapshot = Snapshot(self._seam.clock.monotonic(), self._seam.meters, {})
        return reading_of(snapshot, connector_id, self._seam.clock.now()).values

    async def _number(self, transaction: Transaction) -> int | None:
        """Return by which number the PLC knows a transaction; it may be about to hear it."""
        until = self._seam.clock.monotonic() + _NUMBER_WITHIN_S
        while True:
            rung = self._requests.told_bell.next()
            number = self._requests.told.number(transaction.key)
            left = until - self._seam.clock.monotonic()
            if number is not None or transaction.stop_reason is not None or left <= 0:
                return number
            await wait_within(self._seam.clock, rung, left)

    async def _tell(self, kind: Kind, connector_id: int, data: dict[str, object]) -> None:
        await self._seam.add(kind, connector_id, ExchangeState.RECEIVED_FROM_OCPP, text_of(data))
        self._seam.to_bridge.ring()

    async def _tell_time(self, time: datetime) -> None:
        """Tell a time by one record that is used again, since nobody wants to know all those before."""
        state, data = ExchangeState.RECEIVED_FROM_OCPP, text_of({"time": time.isoformat()})
        record = await self._seam.add(Kind.HEARTBEAT, 0, state, data, key=_LATEST)
        if (record.state, record.data) != (state, data):
            await self._seam.swap(record, (*OPEN, *ENDED), state, data)
        self._seam.to_bridge.ring()

    async def _command(self, kind: Kind, connector_id: int, data: Mapping[str, object]) -> bool:
        """Ask the PLC for something, and wait for its decision."""
        state = ExchangeState.RECEIVED_FROM_OCPP
        until = self._seam.clock.monotonic() + DECISION_WITHIN_S + _MARGIN_S
        key = uuid4().hex
        self._requests.awaited.add(key)
        try:
            record = await self._seam.add(kind, connector_id, state, text_of(data), key=key)
            self._seam.to_bridge.ring()
            while True:
                rung = self._seam.to_station.next()
                now = await self._seam.kept(lambda: self._seam.store.exchange(record.number))
                left = until - self._seam.clock.monotonic()
                if now is None or now.state in ENDED:
                    return False
                if now.state is ExchangeState.RECEIVED_FROM_MODBUS:
                    await self._seam.swap(now, {now.state}, ExchangeState.ACCEPTED_TO_MODBUS)
                    return data_of(now).get("accepted") is True
                if left <= 0:
                    await self._seam.swap(now, {now.state}, ExchangeState.EXPIRED_TO_MODBUS)
                    return False
                await self._seam.wait(rung, at_most_s=left)
        finally:
            self._requests.awaited.discard(key)

    async def _watch(self, station: Station) -> None:
        """Tell the station when the PLC begins to run, cannot be reached, and is there again."""
        starts, lost = None, False
        while True:
            rung = self._seam.to_station.next()
            if self._seam.shared:
                await self._seam.load_published()
            state = self._seam.state
            if state is not None and state.reached and state.running:
                if state.starts != starts:
                    starts, lost = state.starts, False
                    await self._seam.kept(lambda: station.ready(self._info()))
                elif lost:
                    lost = False
                    await self._seam.kept(station.found)
            elif state is not None and starts is not None and not lost:
                lost = True
                reason = state.reason or "the PLC says that it does not run"
                await self._seam.kept(lambda reason=reason: station.lost(reason))  # type: ignore[misc] # binds the value
            await self._seam.wait(rung, look_s=_LOOK_EVERY_S)

    def _info(self) -> HardwareInfo:
        state = self._seam.state
        return HardwareInfo(
            model=(state.model or None) if state else None,
            firmware_version=(state.software_version or None) if state else None,
            measurands=measurands_of(self._map),
        )
