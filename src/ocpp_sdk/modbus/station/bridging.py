"""The half that speaks to the PLC: the OCPP side of a bridge, made of records in storage.

Every request of the PLC is a record before anybody acts on it, and its answer is one before the PLC hears it. So the
program may end at any point: the next one finds the records, gives them back to the handshake, and a request that the
PLC still holds is the same one.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Final

from ocpp_sdk.charge_point.metering.watch import RegisterWatch
from ocpp_sdk.clock import until_next_s
from ocpp_sdk.errors import ModbusError
from ocpp_sdk.modbus.bridge import Bridge
from ocpp_sdk.modbus.device import POLL_PERIOD_S, ModbusDevice
from ocpp_sdk.modbus.handshake import Answer, Exchange, PlcAsked, PlcReady, PlcStopped, RecordMoved
from ocpp_sdk.modbus.snapshot import Snapshot
from ocpp_sdk.modbus.station.commanding import Commands
from ocpp_sdk.modbus.station.records import (
    COMMANDS,
    ENDED,
    OPEN,
    Kind,
    answer_of,
    asked_of,
    asked_text,
    data_of,
    text_of,
)
from ocpp_sdk.modbus.station.seam import BEAT_S, PUBLISH_S, Seam
from ocpp_sdk.modbus.station.state import PlcState
from ocpp_sdk.storage.plc import ExchangeState, PlcExchange

__all__ = ["BridgeHalf"]

_KEPT_FOR: Final = timedelta(days=30)
_FORGET_EVERY_S: Final = 24 * 3600.0
_METERED: Final = (Exchange.START, Exchange.STOP)
_UNDONE: Final = (ExchangeState.EXPIRED_TO_MODBUS, ExchangeState.FIELDS_ERROR)


class BridgeHalf:
    """Keeps a PLC in step with the records of a charge point; implements `OcppSide`.

    Args:
        device: the PLC.
        seam: where the other half is met.
        period_s: from one read to the next.

    Raises:
        ConfigurationError: the map of the device lacks a register that the handshake needs.
    """

    def __init__(self, device: ModbusDevice, seam: Seam, *, period_s: float = POLL_PERIOD_S) -> None:
        self.bridge = Bridge(device, self, clock=seam.clock, period_s=period_s, counters=seam.counters)
        self._seam = seam
        self._commands = Commands(self.bridge, seam)
        self._records: dict[str, PlcExchange] = {}
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._state = PlcState()
        connectors = range(1, device.register_map.connectors + 1)
        self._watches = {f"MV_CONNECTOR{number}_WHMETER": RegisterWatch() for number in connectors}
        self._meters = [name for name in device.register_map.registers if name.startswith("MV_CONNECTOR")]
        self._known_start = False

    async def run(self) -> None:
        """Go on with the records of before, then keep both sides in step until cancelled."""
        await self._resume()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.bridge.run())
            tasks.create_task(self._pick(tasks))
            tasks.create_task(self._forget())
            tasks.create_task(self._beat())

    async def asked(self, asked: PlcAsked) -> Answer:
        """Store a request of the PLC, and return its answer when the charge point has it."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[asked.record_id] = answer
        try:
            if asked.problems:
                self._seam.counters.oddities += 1
                self._seam.report(f"{self._seam.identity}: the PLC asks oddly: {'; '.join(asked.problems)}")
            data = asked_text(asked.asked, asked.problems)
            state = ExchangeState.RECEIVED_FROM_MODBUS
            if asked.kind in _METERED:
                # So that the other process reads no meter of before the register that the PLC tells here.
                await self._seam.publish_meters()
            record = await self._seam.add(Kind(asked.kind), asked.connector_id, state, data, key=asked.record_id)
            self._records.setdefault(record.key, record)
            if record.state is state:
                self._seam.to_station.ring()
            else:
                self._seam.to_bridge.ring()
            return await answer
        finally:
            del self._waiting[asked.record_id]

    async def told(self, event: RecordMoved | PlcReady | PlcStopped) -> None:
        """Move the record of an event, or publish what is known of the PLC."""
        if isinstance(event, PlcReady):
            same = (event.software_version, event.model) == (self._state.software_version, self._state.model)
            goes_on = self._known_start and self._state.running and same
            self._known_start = False
            self._state = replace(
                self._state,
                running=True,
                starts=self._state.starts + (0 if goes_on else 1),
                software_version=event.software_version,
                model=event.model,
            )
            await self._seam.publish(self._state)
        elif isinstance(event, PlcStopped):
            self._state = replace(self._state, running=False)
            await self._seam.publish(self._state)
        elif event.kind.value in COMMANDS:
            await self._commands.moved(event)
        elif event.state is not ExchangeState.RECEIVED_FROM_OCPP:
            await self._moved(event)

    async def measured(self, snapshot: Snapshot) -> None:
        """Look at the meters, and publish what they say; those of a PLC that does not run say nothing."""
        if not self.bridge.handshake.running:
            return
        for name, watch in self._watches.items():
            energy_wh = snapshot.number(name)
            if energy_wh is not None and (odd := watch.look(energy_wh, snapshot.at)):
                self._seam.counters.meter_anomalies += 1
                self._seam.report(f"{self._seam.identity}: {name}: {odd}; the value is kept, check the meter")
        self._seam.meters = {name: snapshot.values[name] for name in self._meters if name in snapshot.values}

    async def reached(self, error: ModbusError | None) -> None:
        """Publish that the PLC is there, or why it is not."""
        reason = "" if error is None else str(error)
        self._seam.report(f"{self._seam.identity}: {reason or 'the PLC answers'}")
        self._state = replace(self._state, reached=error is None, reason=reason)
        await self._seam.publish(self._state)

    async def _resume(self) -> None:
        before = await self._seam.last_published() if self._seam.shared else self._seam.state
        if before is not None:
            self._state, self._known_start = replace(before, reached=False), True
        for record in await self._seam.records(_UNDONE, Kind.START):
            await self._undo(record)
        records = await self._seam.records(OPEN)
        requests = [one for one in records if one.kind in set(Exchange) and one.kind not in COMMANDS]
        last = {(one.kind, one.connector_id): one for one in requests}
        for record in requests:
            await self._resume_request(record, is_last=last[record.kind, record.connector_id] is record)
        await self._commands.resume([one for one in records if one.kind in COMMANDS])

    async def _resume_request(self, record: PlcExchange, *, is_last: bool) -> None:
        transmitted = record.state is ExchangeState.TRANSMITTED_TO_MODBUS
        if not is_last:
            # The PLC asked for something else since, so it has seen what was written.
            if transmitted:
                await self._seam.swap(record, {record.state}, ExchangeState.ACCEPTED_TO_MODBUS)
            return
        try:
            asked = asked_of(record)
        except ValueError as error:
            await self._end(record, ExchangeState.FIELDS_ERROR, str(error))
            return
        self._records[record.key] = record
        answer = answer_of(record)
        written = transmitted or bool(data_of(record).get("seen")) or record.kind != Kind.START
        age_s = 0.0 if written else max((self._seam.clock.now() - record.changed_at).total_seconds(), 0.0)
        request = PlcAsked(
            record_id=record.key, kind=Exchange(record.kind), connector_id=record.connector_id, asked=asked
        )
        self.bridge.resume(request, answer, age_s=age_s, written=written)

    async def _pick(self, tasks: asyncio.TaskGroup) -> None:
        """Take the answers and commands of the charge point."""
        while True:
            rung = self._seam.to_bridge.next()
            for record in await self._seam.records((ExchangeState.RECEIVED_FROM_OCPP,)):
                if record.kind in COMMANDS:
                    await self._commands.take(record, tasks)
                else:
                    await self._take_answer(record)
            await self._seam.wait(rung)

    async def _take_answer(self, record: PlcExchange) -> None:
        waiting = self._waiting.get(record.key)
        if record.kind == Kind.UNDONE:
            await self._seam.swap(record, {record.state}, ExchangeState.ACCEPTED_TO_MODBUS)
        elif waiting is not None:
            if waiting.done():
                return
            if record.kind == Kind.START:
                # From here on the PLC may have the answer, which a bridge that starts again must know.
                data = text_of({**data_of(record), "seen": True})
                record = await self._seam.swap(record, {record.state}, record.state, data) or record
            self._records[record.key] = record
            waiting.set_result(answer_of(record) or Answer(accepted=False))
        elif record.key not in self._records:
            await self._end(record, ExchangeState.EXPIRED_TO_MODBUS, "the PLC has asked for something else since")

    async def _moved(self, event: RecordMoved) -> None:
        record = self._records.get(event.record_id)
        if record is None:
            # It was refused before anybody was asked.
            self._seam.counters.oddities += 1
            self._seam.report(f"{self._seam.identity}: {event.kind} at {event.connector_id} is refused: {event.reason}")
            data = text_of({"reason": event.reason})
            await self._seam.add(Kind(event.kind), event.connector_id, event.state, data, key=event.record_id)
        elif event.state in ENDED:
            del self._records[record.key]
            await self._end(record, event.state, event.reason)
        else:
            await self._seam.swap(record, OPEN, event.state)

    async def _end(self, record: PlcExchange, state: ExchangeState, reason: str) -> None:
        data = text_of({**data_of(record), "reason": reason}) if reason else None
        ended = await self._seam.swap(record, OPEN, state, data)
        if ended is not None and state in _UNDONE and record.kind == Kind.START:
            self._seam.report(f"{self._seam.identity}: start at {record.connector_id} is void: {reason}")
            await self._undo(ended)

    async def _undo(self, start: PlcExchange) -> None:
        """Have a transaction ended whose start was answered and that the PLC does not have."""
        answer = answer_of(start)
        if answer is not None and answer.accepted:
            state = ExchangeState.RECEIVED_FROM_MODBUS
            await self._seam.add(Kind.UNDONE, start.connector_id, state, start.data, key=start.key)
            self._seam.to_station.ring()

    async def _beat(self) -> None:
        """Store what was published for another process, changes soon and a sign of life in any case; alone."""
        beaten_at, meters = float("-inf"), self._seam.meters
        while True:
            now = self._seam.clock.monotonic()
            beats = now - beaten_at >= BEAT_S
            if beats or meters != self._seam.meters:
                await self._seam.check_alone()
                if self._seam.shared:
                    await self._seam.call()
                shown = self._seam.meters
                if await self._seam.publish_meters():
                    beaten_at, meters = now, shown
            await self._seam.clock.sleep(until_next_s(self._seam.clock, PUBLISH_S if self._seam.shared else BEAT_S))

    async def _forget(self) -> None:
        while True:
            before = self._seam.clock.now() - _KEPT_FOR
            await self._seam.kept(lambda before=before: self._seam.store.forget_exchanges(ENDED, before))  # type: ignore[misc] # a default that binds the value
            await self._seam.clock.sleep(_FORGET_EVERY_S)
