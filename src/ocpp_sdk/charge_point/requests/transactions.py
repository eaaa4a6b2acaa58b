"""The charge point's own transactions. The queue is where they are kept: a start without its stop is one that runs.

A start is on disk before power flows on account of it, a stop before the hardware is let go. After a restart the
queue is read once, page by page, and the transactions that run are known again.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from ocpp_sdk.charge_point.connection.link import Report
from ocpp_sdk.charge_point.hardware import ENERGY, Transaction
from ocpp_sdk.charge_point.requests.messages import (
    OPERATION_OF,
    ReadingMessage,
    StartMessage,
    StartReply,
    StopMessage,
    read_json,
)
from ocpp_sdk.charge_point.requests.outbox import Outbox
from ocpp_sdk.errors import GivenUpError, StorageError
from ocpp_sdk.storage import CallQueueStore, CallState, Queue, QueuedCall
from ocpp_sdk.storage.folding import fold
from ocpp_sdk.versions.domain import MeterReading, StartTransaction
from ocpp_sdk.versions.enumerations import AuthorizationStatus, StopReason

__all__ = ["Restored", "Transactions"]

_PAGE: Final = 500
_ENDED: Final = 200
_MOST_LATE: Final = 10_000
_START, _STOP, _READING = (OPERATION_OF[kind] for kind in (StartMessage, StopMessage, ReadingMessage))


@dataclass(slots=True)
class Restored:
    """A transaction from before a restart.

    Attributes:
        transaction: itself.
        meter_wh: the greatest energy that was noted of it, in Wh.
    """

    transaction: Transaction
    meter_wh: int


class Transactions:
    """Begins and ends transactions, each by one message in the queue.

    Args:
        store: of the queue.
        identity: of the charge point.
        outbox: takes the messages.
        report: hears of what cannot be read.
    """

    def __init__(self, store: CallQueueStore, identity: str, outbox: Outbox, report: Report) -> None:
        self._store = store
        self._identity = identity
        self._outbox = outbox
        self._report = report
        self._turn = asyncio.Lock()
        self._late: deque[tuple[str, ReadingMessage]] = deque()
        self._doubtful: dict[str, tuple[Transaction, int]] = {}
        self._ending: set[str] = set()
        self._running: dict[int, Transaction] = {}
        self._by_key: OrderedDict[str, Transaction] = OrderedDict()

    def running(self) -> list[Transaction]:
        """Return the transactions that run, the oldest first."""
        return list(self._running.values())

    def known(self, key: str) -> Transaction | None:
        """Return a transaction that runs or has ended lately."""
        return self._by_key.get(key)

    def at(self, number: int) -> Transaction | None:
        """Return the transaction whose start is at a place of the queue, if it is known still."""
        running = self._running.get(number)
        return running or next((one for one in self._by_key.values() if one.start_number == number), None)

    async def restore(self) -> list[Restored]:
        """Read the queue; returns the transactions that run."""
        found: dict[int, Restored] = {}
        after = 0
        while page := await self._store.calls(Queue.REQUESTS, self._identity, after=after, limit=_PAGE):
            for call in page:
                try:
                    self._read(call, found)
                except (GivenUpError, ValueError) as error:
                    self._report(f"{call.operation} {call.number}: {error}")
            after = page[-1].number
        self._outbox.begin_after(after)
        for number, restored in found.items():
            self._remember(restored.transaction)
            self._running[number] = restored.transaction
        return list(found.values())

    async def start(self, transaction: Transaction) -> None:
        """Keep the start of a transaction, and let it be told.

        Raises:
            StorageError: it is not kept, so that it has not begun.
        """
        message = StartMessage(
            start=StartTransaction(
                connector_id=transaction.connector_id,
                id_tag=transaction.id_tag,
                timestamp=transaction.started_at,
                meter_start_wh=transaction.meter_start_wh,
                reservation_id=transaction.reservation_id,
            ),
            parent_id_tag=transaction.parent_id_tag,
        )
        known_to = self._outbox.newest
        try:
            call = await self._outbox.add(message, key=f"start/{transaction.key}")
        except (StorageError, asyncio.CancelledError):
            self._doubtful[transaction.key] = (transaction, known_to)
            raise
        self._doubtful.pop(transaction.key, None)
        # It may have been kept before, when the storage seemed to fail.
        kept = read_json(StartMessage, call.request).start
        transaction.started_at, transaction.meter_start_wh = kept.timestamp, kept.meter_start_wh
        self._began(transaction, call)

    def moment_of_start(self, connector_id: int, id_tag: str, meter_start_wh: int, at: datetime) -> datetime:
        """Return when a transaction began: a second later, if nothing else would tell it from another one.

        A central system takes a start for a repetition that has connector, idTag, time and meter of one before.
        """
        others = {
            one.started_at
            for one in self._by_key.values()
            if (one.connector_id, one.meter_start_wh) == (connector_id, meter_start_wh)
            and fold(one.id_tag) == fold(id_tag)
        }
        while at in others:
            at += timedelta(seconds=1)
        return at

    def doubtful(self, connector_id: int, *, but: str | None = None) -> list[str]:
        """Return the keys of starts on a connector that may be kept although the storage failed, except one."""
        return [key for key, (one, _) in self._doubtful.items() if one.connector_id == connector_id and key != but]

    async def abandon(self, key: str) -> None:
        """End a transaction that nobody wants any more since its start seemed not to be kept, if it was kept.

        Raises:
            StorageError: that is not known yet; to be called again.
        """
        if key not in self._doubtful:
            return
        transaction, after = self._doubtful[key]
        while page := await self._store.calls(Queue.REQUESTS, self._identity, after=after, limit=_PAGE):
            call = next((one for one in page if one.key == f"start/{key}"), None)
            if call is not None:
                transaction.start_number = call.number
                await self.stop(
                    transaction, transaction.started_at, transaction.meter_start_wh, StopReason.OTHER, None, ()
                )
                break
            after = page[-1].number
        self._doubtful.pop(key, None)

    async def stop(
        self,
        transaction: Transaction,
        at: datetime,
        meter_wh: int,
        reason: StopReason,
        id_tag: str | None,
        readings: tuple[MeterReading, ...],
    ) -> None:
        """Keep the end of a transaction, and let it be told; one that was kept before stays as it is.

        Raises:
            StorageError: it is not kept; to be called again.
        """
        message = StopMessage(
            start_number=transaction.start_number,
            transaction_id=transaction.transaction_id,
            connector_id=transaction.connector_id,
            timestamp=at,
            meter_stop_wh=meter_wh,
            reason=reason,
            id_tag=id_tag,
            readings=readings,
        )
        self._ending.add(transaction.key)
        try:
            await self._catch_up()
            call = await self._outbox.add(message, key=f"stop/{transaction.key}")
        finally:
            self._ending.discard(transaction.key)
        kept = read_json(StopMessage, call.request)
        self._running.pop(transaction.start_number, None)
        transaction.stop_reason, transaction.meter_stop_wh = kept.reason, kept.meter_stop_wh
        transaction.ended.set()

    async def reading(self, connector_id: int, reading: MeterReading, transaction: Transaction | None) -> None:
        """Keep a reading, and let it be told.

        One that cannot be kept now is kept with the next one, or with the end of a transaction. One of a transaction
        whose end is being kept comes too late: it would be told after that.

        Raises:
            StorageError: it is not kept yet; not to be called again.
        """
        if transaction is not None:
            if transaction.stop_reason is not None or transaction.key in self._ending:
                return
            transaction.last_meter_wh = _energy_wh(reading) or transaction.last_meter_wh
        message = ReadingMessage(
            connector_id=connector_id,
            reading=reading,
            start_number=None if transaction is None else transaction.start_number,
            transaction_id=None if transaction is None else transaction.transaction_id,
        )
        key = uuid4().hex
        if not self._late:
            try:
                await self._outbox.add(message, key=key)
            except StorageError:
                self._late.append((key, message))
                raise
            return
        self._late.append((key, message))
        await self._catch_up()

    async def _catch_up(self) -> None:
        """Keep the readings that could not be kept, in their order."""
        while len(self._late) > _MOST_LATE:
            self._report(f"MeterValues: the storage fails for too long; lost: {self._late.popleft()[1].reading}")
        async with self._turn:
            while self._late:
                key, message = self._late[0]
                await self._outbox.add(message, key=key)
                self._late.popleft()

    def _began(self, transaction: Transaction, call: QueuedCall) -> None:
        transaction.start_number, transaction.queued_at = call.number, call.created_at
        self._running[call.number] = transaction
        self._remember(transaction)

    def _remember(self, transaction: Transaction) -> None:
        self._by_key[transaction.key] = transaction
        while len(self._by_key) > _ENDED + len(self._running):
            oldest = next((key for key, one in self._by_key.items() if one.stop_reason is not None), None)
            if oldest is None:
                return
            del self._by_key[oldest]

    def _read(self, call: QueuedCall, found: dict[int, Restored]) -> None:
        if call.operation == _START:
            transaction = _transaction_of(call)
            found[call.number] = Restored(transaction, transaction.meter_start_wh)
        elif call.operation == _STOP:
            stop = read_json(StopMessage, call.request)
            restored = found.pop(stop.start_number, None)
            if restored is not None:
                ended = restored.transaction
                ended.stop_reason, ended.meter_stop_wh = stop.reason, stop.meter_stop_wh
                ended.ended.set()
                self._remember(ended)
        elif call.operation == _READING:
            # Only one that names a transaction which still runs is worth the reading.
            number = json.loads(call.request).get("start_number")
            if number in found:
                energy_wh = _energy_wh(read_json(ReadingMessage, call.request).reading)
                found[number].meter_wh = max(found[number].meter_wh, energy_wh)
                found[number].transaction.last_meter_wh = energy_wh or found[number].transaction.last_meter_wh


def _transaction_of(call: QueuedCall) -> Transaction:
    message = read_json(StartMessage, call.request)
    start = message.start
    transaction = Transaction(
        key=call.key.removeprefix("start/"),
        start_number=call.number,
        queued_at=call.created_at,
        connector_id=start.connector_id,
        id_tag=start.id_tag,
        parent_id_tag=message.parent_id_tag,
        started_at=start.timestamp,
        meter_start_wh=start.meter_start_wh,
        reservation_id=start.reservation_id,
    )
    if call.reply is not None:
        reply = read_json(StartReply, call.reply)
        transaction.transaction_id = reply.transaction_id
        transaction.parent_id_tag = reply.parent_id_tag or transaction.parent_id_tag
        transaction.refused = reply.status is not AuthorizationStatus.ACCEPTED
    if call.state in {CallState.ANSWERED, CallState.GIVEN_UP}:
        transaction.answered.set()
    return transaction


def _energy_wh(reading: MeterReading) -> int:
    """Return the energy that a reading tells, 0 if it tells none."""
    for value in reading.values:
        if value.measurand in {None, ENERGY} and value.phase is None and value.unit in {None, "Wh"}:
            try:
                return int(float(value.value))
            except ValueError:
                continue
    return 0
