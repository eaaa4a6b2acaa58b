"""What the charge point asks of the PLC and tells it: records that are driven into the handshake."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.modbus.bridge import Bridge
from ocpp_sdk.modbus.handshake import DECISION_WITHIN_S, CommandDecided, Event, RecordMoved
from ocpp_sdk.modbus.station.records import ENDED, OPEN, Kind, data_of, number_in, text_in, text_of, time_in
from ocpp_sdk.modbus.station.seam import Seam
from ocpp_sdk.storage.plc import ExchangeState, PlcExchange

__all__ = ["Commands"]

_DECIDED: Final = frozenset({Kind.REMOTE_START, Kind.REMOTE_STOP, Kind.LOCK})
_STANDING: Final = frozenset({Kind.AVAILABILITY, Kind.BOOT, Kind.RESERVATION})
_AGE_THAT_COUNTS_S: Final = 2.0


class Commands:
    """The commands of one charge point, on the side of the bridge."""

    def __init__(self, bridge: Bridge, seam: Seam) -> None:
        self._bridge = bridge
        self._seam = seam
        self._taken: dict[str, PlcExchange] = {}
        self._standing: dict[tuple[str, int], PlcExchange] = {}

    async def resume(self, records: Sequence[PlcExchange]) -> None:
        """Go on with what was told to the PLC before a restart; a command that was under way has no decision."""
        for record in records:
            if record.state is not ExchangeState.TRANSMITTED_TO_MODBUS:
                continue
            if record.kind in _STANDING:
                await self._apply(record)
            else:
                await self._finish(record, ExchangeState.EXPIRED_TO_MODBUS, reason="the bridge has started again")

    async def take(self, record: PlcExchange, tasks: asyncio.TaskGroup) -> None:
        """Do what a record asks for, once."""
        if record.key in self._taken:
            return
        if record.kind not in _DECIDED:
            await self._apply(record)
        elif self._age_s(record) > DECISION_WITHIN_S:
            await self._finish(record, ExchangeState.EXPIRED_TO_MODBUS, reason="nobody waits for the decision any more")
        else:
            self._taken[record.key] = record
            tasks.create_task(self._decide(record))

    async def moved(self, event: RecordMoved) -> None:
        """Move the record of a command; what ends one that is decided comes with its decision."""
        record = self._taken.get(event.record_id)
        if record is None or (record.kind in _DECIDED and event.state is not ExchangeState.TRANSMITTED_TO_MODBUS):
            return
        if event.state in ENDED:
            del self._taken[record.key]
        await self._seam.swap(record, OPEN, event.state)

    async def _decide(self, record: PlcExchange) -> None:
        data, connector_id = data_of(record), record.connector_id
        try:
            if record.kind == Kind.REMOTE_START:
                id_tag = text_in(data, "id_tag")
                decided = await self._bridge.remote_start(connector_id, id_tag, record_id=record.key)
            elif record.kind == Kind.REMOTE_STOP:
                number = number_in(data, "transaction_id")
                decided = await self._bridge.remote_stop(connector_id, number, record_id=record.key)
            else:
                decided = await self._bridge.unlock(connector_id, record_id=record.key)
        except ValueError as error:
            await self._finish(record, ExchangeState.FIELDS_ERROR, reason=str(error))
        else:
            state = ExchangeState.EXPIRED_TO_MODBUS if decided.reason else ExchangeState.RECEIVED_FROM_MODBUS
            await self._finish(record, state, accepted=decided.accepted, reason=decided.reason)
        finally:
            self._taken.pop(record.key, None)

    async def _apply(self, record: PlcExchange) -> None:
        """Do what is neither answered nor decided."""
        self._taken[record.key] = record
        try:
            stands = await self._tell(record)
        except (ValueError, ConfigurationError) as error:
            self._seam.report(f"{self._seam.identity}: {record.kind} at {record.connector_id} is not told: {error}")
            await self._finish(record, ExchangeState.FIELDS_ERROR, reason=str(error))
            return
        self._bridge.wake()
        if record.kind == Kind.RESERVATION and stands:
            # The handshake moves it: it ends when it is used, cancelled or over.
            return
        if not stands:
            await self._finish(record, ExchangeState.ACCEPTED_TO_MODBUS)
            return
        before = self._standing.get((record.kind, record.connector_id))
        self._standing[record.kind, record.connector_id] = record
        await self._seam.swap(record, OPEN, ExchangeState.TRANSMITTED_TO_MODBUS)
        del self._taken[record.key]
        if before is not None and before.number != record.number:
            await self._finish(before, ExchangeState.ACCEPTED_TO_MODBUS)

    async def _tell(self, record: PlcExchange) -> bool:
        """Drive a record into the handshake; returns whether it stands until another one takes its place."""
        data, handshake, now = data_of(record), self._bridge.handshake, self._seam.clock.monotonic()
        if record.kind == Kind.AVAILABILITY:
            handshake.set_available(record.connector_id, data.get("available") is True)
            return True
        if record.kind == Kind.BOOT:
            handshake.tell_boot(self._time(record), now, accepted=data.get("accepted") is True)
            return True
        if record.kind == Kind.HEARTBEAT:
            handshake.tell_time(self._time(record), now)
            return False
        if not data.get("id_tag"):
            await self._note(handshake.end_reservation(record.connector_id))
            return False
        await self._note(
            handshake.reserve(
                record.connector_id,
                record.key,
                id_tag=text_in(data, "id_tag"),
                reservation_id=number_in(data, "reservation_id"),
                expires_at=time_in(data, "expires_at"),
                until=now + number_in(data, "seconds") - self._age_s(record),
            )
        )
        return True

    async def _note(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, RecordMoved):
                await self.moved(event)
            elif isinstance(event, CommandDecided) and not event.accepted:
                raise ValueError(event.reason)

    async def _finish(
        self, record: PlcExchange, state: ExchangeState, *, accepted: bool | None = None, reason: str = ""
    ) -> None:
        found = {"accepted": accepted, "reason": reason}
        data = {**data_of(record), **{name: value for name, value in found.items() if value not in {None, ""}}}
        self._taken.pop(record.key, None)
        await self._seam.swap(record, OPEN, state, text_of(data))
        self._seam.to_station.ring()

    def _age_s(self, record: PlcExchange) -> float:
        since = record.changed_at if record.kind == Kind.HEARTBEAT else record.created_at
        return max((self._seam.clock.now() - since).total_seconds(), 0.0)

    def _time(self, record: PlcExchange) -> datetime:
        """Return the time of a record as it is by now."""
        age_s = self._age_s(record)
        return time_in(data_of(record), "time") + timedelta(seconds=age_s if age_s > _AGE_THAT_COUNTS_S else 0)
