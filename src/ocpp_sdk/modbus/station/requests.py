"""The half that is a charge point: what the PLC asks is said to the station, and its answer kept for the PLC.

Requests are said to the station in the order in which they came; their answers may take their time, and others go on
meanwhile. A request that was said before a restart is said again: a start is known by its key, a stop by the
transaction that it was for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import Final, TypeVar

from ocpp_sdk.charge_point.hardware import ConnectorFacts, Station, Transaction
from ocpp_sdk.clock import Clock, wait_within
from ocpp_sdk.errors import OcppError, SessionRefusedError
from ocpp_sdk.modbus.handshake import Answer, StartAsked, StatusAsked, StopAsked, TagAsked
from ocpp_sdk.modbus.station.numbers import ToldNumbers, TransactionNumbers
from ocpp_sdk.modbus.station.records import (
    COMMANDS,
    ENDED,
    OPEN,
    Kind,
    answer_of,
    asked_of,
    data_of,
    number_in,
    text_of,
    with_answer,
)
from ocpp_sdk.modbus.station.seam import Bell, Seam
from ocpp_sdk.modbus.station.settings import PlcSettings
from ocpp_sdk.modbus.station.status import facts_of, facts_text, read_facts
from ocpp_sdk.storage.folding import fold
from ocpp_sdk.storage.plc import ExchangeState, PlcExchange
from ocpp_sdk.versions.enumerations import StopReason

__all__ = ["Requests"]

_REFUSED: Final = Answer(accepted=False)
_VOID: Final = frozenset({ExchangeState.FIELDS_ERROR, ExchangeState.EXPIRED_TO_MODBUS})
_MOST_GRANTS: Final = 10_000
T = TypeVar("T")


class Requests:
    """The requests of one PLC, on the side of the charge point.

    Args:
        seam: where the other half is met.
        settings: of the PLC.

    Attributes:
        told: by which numbers the PLC knows its transactions.
        told_bell: rung when it was told one.
        awaited: keys of commands whose decision somebody waits for.
    """

    def __init__(self, seam: Seam, settings: PlcSettings) -> None:
        self._seam = seam
        self._settings = settings
        self._numbers = TransactionNumbers.of(settings.register_map)
        self._facts: dict[int, ConnectorFacts] = {}
        self._resumable: set[str] | None = None
        self.told = ToldNumbers()
        self.told_bell = Bell()
        self._granted: dict[tuple[int, str], bool] = {}
        self.awaited: set[str] = set()

    def grant(self, connector_id: int, id_tag: str, *, granted: bool) -> None:
        """Take note whether a tag may charge at a connector, for a start that the central system does not hear of."""
        self._granted[connector_id, fold(id_tag)] = granted
        if len(self._granted) > _MOST_GRANTS:
            del self._granted[next(iter(self._granted))]

    async def resumable(self) -> set[str]:
        """Return the keys of the transactions that the PLC may still run, as records from before tell."""
        if self._resumable is None:
            found: set[str] = set()
            for record in await self._seam.records((*OPEN, *ENDED), Kind.START):
                answer = answer_of(record)
                if record.state in _VOID or (answer is not None and not answer.accepted):
                    continue
                found.add(record.key)
                if answer is not None:
                    self.told.tell(record.connector_id, record.key, answer.transaction_id)
            self._resumable = found
        return self._resumable

    async def _load_grants(self) -> None:
        """Learn again which tags may charge, if a start from before a restart is still to be answered."""
        if not await self._seam.records((ExchangeState.TRANSMITTED_TO_OCPP,), Kind.START):
            return
        for kind in (Kind.AUTHORIZE, Kind.REMOTE_START):
            for record in await self._seam.records((*OPEN, *ENDED), kind):
                data, answer = data_of(record), answer_of(record)
                granted = data.get("accepted") is True if answer is None else answer.accepted
                self.grant(record.connector_id, str(data.get("id_tag")), granted=granted)

    async def run(self, station: Station) -> None:
        """Take requests until cancelled."""
        self._resumable = None
        await self.resumable()
        await self._load_grants()
        for number in range(1, self._settings.register_map.connectors + 1):
            text = await self._seam.text(f"facts/{number}")
            if text is not None:
                facts = self._facts[number] = read_facts(text)
                await self._observe(station, number, facts)
        async with asyncio.TaskGroup() as tasks:
            for record in await self._seam.records((ExchangeState.TRANSMITTED_TO_OCPP,)):
                if record.kind not in COMMANDS:
                    await self._say(record, station, tasks)
            while True:
                rung = self._seam.to_station.next()
                for record in await self._seam.records((ExchangeState.RECEIVED_FROM_MODBUS,)):
                    await self._take(record, station, tasks)
                await self._seam.wait(rung)

    async def _take(self, record: PlcExchange, station: Station, tasks: asyncio.TaskGroup) -> None:
        if record.kind in COMMANDS:
            if record.key not in self.awaited:
                await self._seam.swap(record, {record.state}, ExchangeState.ACCEPTED_TO_MODBUS)
            return
        data = None
        if record.kind == Kind.STOP:
            # Which transaction it is for is kept, so that it is never said about another one.
            transaction = self._stopped_by(record, station)
            data = text_of({**data_of(record), "transaction": transaction.key if transaction else ""})
        taken = await self._seam.swap(record, {record.state}, ExchangeState.TRANSMITTED_TO_OCPP, data)
        if taken is not None:
            await self._say(taken, station, tasks)

    async def _say(self, record: PlcExchange, station: Station, tasks: asyncio.TaskGroup) -> None:
        """Say a request to the station; the answer follows when it is there."""
        try:
            asked = asked_of(record)
        except ValueError as error:
            self._report(f"record {record.number} cannot be used: {error}")
            await self._answer(record, _REFUSED)
            return
        if isinstance(asked, TagAsked):
            tasks.create_task(self._authorize(record, asked, station))
        elif isinstance(asked, StatusAsked):
            await self._status(record, asked, station)
        elif isinstance(asked, StopAsked):
            transaction = await self._stop(record, asked, station)
            tasks.create_task(self._answer_stop(record, transaction))
        elif record.kind == Kind.UNDONE:
            await self._end(station, record.connector_id, record.key, asked.meter_wh, StopReason.OTHER)
            await self._answer(record, Answer())
        else:
            begun = await self._start(record, asked, station)
            if begun is not None:
                # The PLC may run it on after a restart of its own.
                (await self.resumable()).add(record.key)
            tasks.create_task(self._answer_start(record, asked, begun, station))

    async def _authorize(self, record: PlcExchange, asked: TagAsked, station: Station) -> None:
        connector_id = record.connector_id
        runs = station.running(connector_id) is not None
        ask = station.may_stop if runs else station.authorize
        accepted = False
        try:
            accepted = await self._seam.kept(lambda: ask(connector_id, asked.id_tag))
        except OcppError as error:
            self._report(f"authorize at {connector_id} is refused: {error}")
        self.grant(connector_id, asked.id_tag, granted=accepted)
        await self._answer(record, Answer(accepted=accepted))

    async def _status(self, record: PlcExchange, asked: StatusAsked, station: Station) -> None:
        connector_id = record.connector_id
        facts = self._facts[connector_id] = facts_of(asked, self._facts.get(connector_id))
        await self._seam.put_text(f"facts/{connector_id}", facts_text(facts))
        await self._observe(station, connector_id, facts)
        await self._answer(record, Answer())

    async def _observe(self, station: Station, connector_id: int, facts: ConnectorFacts) -> None:
        await self._seam.kept(lambda: station.observe(connector_id, facts))

    async def _start(self, record: PlcExchange, asked: StartAsked, station: Station) -> Transaction | None:
        connector_id = record.connector_id
        running = station.running(connector_id)
        if running is not None and running.key != record.key:
            self._report(f"the PLC starts another transaction at {connector_id}; the one that runs is ended")
            await self._end(station, connector_id, running.key, asked.meter_wh, StopReason.OTHER)
        at = self._time(record, station)
        try:
            return await self._seam.kept(
                lambda: station.start(connector_id, asked.id_tag, asked.meter_wh, key=record.key, at=at)
            )
        except SessionRefusedError as error:
            self._report(f"start at {connector_id} is refused: {error}")
            return None

    async def _answer_start(
        self, record: PlcExchange, asked: StartAsked, transaction: Transaction | None, station: Station
    ) -> None:
        connector_id = record.connector_id
        number = 0
        if transaction is not None and transaction.stop_reason is None:
            await wait_within(self._seam.clock, transaction.answered, self._settings.offline_start_s)
            number = await self._number(record, asked, transaction, station)
            if not number:
                await self._end(station, connector_id, record.key, asked.meter_wh, StopReason.DE_AUTHORIZED)
        if number:
            self.told.tell(connector_id, record.key, number)
        await self._answer(record, Answer(accepted=number != 0, transaction_id=number))
        self.told_bell.ring()

    async def _number(self, record: PlcExchange, asked: StartAsked, transaction: Transaction, station: Station) -> int:
        """Return the number under which a start is accepted, 0 if it is not."""
        if transaction.refused or transaction.stop_reason is not None:
            return 0
        number = transaction.transaction_id
        if number is not None and self._numbers.fits(number):
            return number
        if number is None and not await self._may_charge_offline(record.connector_id, asked.id_tag, station):
            return 0
        provisional = self._numbers.provisional(record.number)
        why = "no answer of the central system yet" if number is None else f"the PLC cannot hold {number}"
        self._report(f"{why}; the PLC knows the transaction at {record.connector_id} as {provisional}")
        return provisional

    async def _may_charge_offline(self, connector_id: int, id_tag: str, station: Station) -> bool:
        known = self._granted.get((connector_id, fold(id_tag)))
        if known is not None:
            return known
        try:
            allowed = await within(
                self._seam.clock, station.authorize(connector_id, id_tag), self._settings.offline_start_s
            )
        except OcppError:
            return False
        return allowed is True

    def _stopped_by(self, record: PlcExchange, station: Station) -> Transaction | None:
        """Return the transaction that a stop is for, None if it does not run any more."""
        running = station.running(record.connector_id)
        try:
            number = number_in(data_of(record), "transaction_id")
        except ValueError:
            number = 0
        if running is None or self.told.is_another(record.connector_id, number, running.key):
            return None
        known = self.told.number(running.key)
        if number not in {0, known}:
            self._seam.counters.oddities += 1
            self._report(f"the PLC stops {number} at {record.connector_id}, where {known} runs; that one is ended")
        return running

    async def _stop(self, record: PlcExchange, asked: StopAsked, station: Station) -> Transaction | None:
        connector_id, running = record.connector_id, station.running(record.connector_id)
        if running is None or running.key != data_of(record).get("transaction"):
            return None
        at = self._time(record, station)
        return await self._seam.kept(
            lambda: station.stop(connector_id, asked.meter_wh, transaction=running, id_tag=asked.id_tag or None, at=at)
        )

    async def _answer_stop(self, record: PlcExchange, transaction: Transaction | None) -> None:
        if transaction is not None:
            await wait_within(self._seam.clock, transaction.stop_answered, self._settings.stop_answer_s)
        await self._answer(record, Answer())

    async def _end(self, station: Station, connector_id: int, key: str, meter_wh: int, reason: StopReason) -> None:
        """End a transaction that the PLC does not have, if it runs."""
        running = station.running(connector_id)
        if running is not None and running.key == key:
            await self._seam.kept(lambda: station.stop(connector_id, meter_wh, transaction=running, reason=reason))

    async def _answer(self, record: PlcExchange, answer: Answer) -> None:
        await self._seam.swap(
            record,
            {ExchangeState.TRANSMITTED_TO_OCPP},
            ExchangeState.RECEIVED_FROM_OCPP,
            with_answer(record, answer),
        )
        self._seam.to_bridge.ring()

    def _report(self, line: str) -> None:
        self._seam.report(f"{self._seam.identity}: {line}")

    def _time(self, record: PlcExchange, station: Station) -> datetime:
        """Return when the PLC asked, by the clock of the central system."""
        age_s = max((self._seam.clock.now() - record.created_at).total_seconds(), 0.0)
        return station.now() - timedelta(seconds=age_s)


async def within(clock: Clock, asked: Awaitable[T], seconds: float) -> T | None:
    """Wait for an answer, but no longer than so many seconds; None if it did not come."""
    answer, sleep = asyncio.ensure_future(asked), asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({answer, sleep}, return_when=asyncio.FIRST_COMPLETED)
        return answer.result() if answer.done() else None
    finally:
        for task in (answer, sleep):
            task.cancel()
        await asyncio.gather(answer, sleep, return_exceptions=True)
