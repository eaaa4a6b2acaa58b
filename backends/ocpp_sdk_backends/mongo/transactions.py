"""Transactions, one document each, and the stops that ended none.

A start takes an id and inserts the transaction; a unique index on what makes a start the same lets one of many equal
ones through, and the others return that one. The id that a loser had taken is never used.

A stop is decided upon what is stored, and its samples are stored before the one update that ends the transaction, which
goes through only while that runs; the loser of two stops decides again. A crash in between leaves samples, which were
measured whatever became of the stop. It was not answered, so it comes again: the samples are known by their digest, and
the update is made up for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from ocpp_sdk.storage.folding import fold, time_text, utc
from ocpp_sdk.storage.metering import MeterSample
from ocpp_sdk.storage.transactions import (
    RefusedStop,
    StartOutcome,
    StopOutcome,
    TransactionRecord,
    TransactionStart,
    TransactionStop,
    decide_stop,
)
from ocpp_sdk_backends.mongo.connection import Connection, bounded, of_charge_point, verb
from ocpp_sdk_backends.mongo.documents import Document, document, encoded, restored, without
from ocpp_sdk_backends.mongo.inserting import NumberedInserts, body
from ocpp_sdk_backends.mongo.metering import MongoMetering

__all__ = ["MongoTransactions", "restored_transaction", "stored_refused_stop", "stored_transaction"]


class MongoTransactions(MongoMetering):
    """`TransactionStore` in the collections `transactions` and `refused_stops`, and the `MeterStore` of its samples."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._transactions = connection.durable("transactions")
        self._latest_transactions = connection.latest("transactions")
        self._refused_stops = connection.durable("refused_stops")
        self._new_refused_stops = NumberedInserts(connection, "refused_stops")

    @verb
    async def start_transaction(self, start: TransactionStart) -> StartOutcome:
        """Begin a transaction under a new id, or return the one that the same start began before."""
        folded, spelled = await self._connection.known(start.identity, start.started_at, start)
        start = replace(start, identity=spelled)
        fields = stored_transaction(TransactionRecord(transaction_id=0, start=start), folded)
        encoded(fields)
        key = _start_key(fields)
        found = await self._latest_transactions.find_one(key)
        while found is None:
            fields["_id"] = await self._connection.numbers("transaction_id")
            try:
                await self._transactions.insert_one(fields)
            except DuplicateKeyError:
                found = await self._latest_transactions.find_one(key)
            else:
                return await self._started(fields, repeated=False)
        await self._connection.settle()
        return await self._started(found, repeated=True)

    @verb
    async def stop_transaction(
        self, stop: TransactionStop, samples: Sequence[MeterSample], at: datetime
    ) -> StopOutcome:
        """End a transaction as `decide_stop` says, and keep a stop that ends none."""
        received_at = time_text(at)
        folded, spelled = await self._connection.known(stop.identity, at, stop, *samples)
        stop = replace(stop, identity=spelled, stopped_at=utc(stop.stopped_at))
        refused = _stored_stop(stop, folded)
        encoded(refused)
        while True:
            found = await self._latest_transactions.find_one({"_id": stop.transaction_id})
            record = None if found is None else restored_transaction(found)
            outcome = decide_stop(record, stop)
            if outcome.repeated or await self._was_refused(outcome, refused):
                await self._connection.settle()
                return outcome
            await self._add_samples(samples, await self._connectors_of(samples))
            if outcome.refused is not None:
                # A stop that another process kept meanwhile is no failure: it is kept.
                told = {"received_at": received_at, "why": outcome.refused}
                await self._new_refused_stops.add(body({**refused, **told}))
                return outcome
            if await self._end(outcome):
                return outcome

    @verb
    async def transaction(self, transaction_id: int) -> TransactionRecord | None:
        """Return one transaction."""
        found = await self._transactions.find_one({"_id": transaction_id})
        return None if found is None else restored_transaction(found)

    @verb
    async def transactions(
        self,
        identity: str | None = None,
        *,
        id_tag: str | None = None,
        open_only: bool = False,
        before: int | None = None,
        limit: int = 100,
    ) -> list[TransactionRecord]:
        """List transactions, the newest first."""
        if limit < 1:
            return []
        wanted = of_charge_point(identity)
        if id_tag is not None:
            wanted["tag"] = fold(id_tag)
        if open_only:
            wanted["running"] = True
        if before is not None:
            wanted["_id"] = {"$lt": before}
        cursor = self._transactions.find(wanted, sort=[("_id", -1)], limit=bounded(limit))
        return [restored_transaction(found) async for found in cursor]

    @verb
    async def refused_stops(
        self, identity: str | None = None, *, before: int | None = None, limit: int = 100
    ) -> list[RefusedStop]:
        """List the stops that ended nothing, the newest first."""
        if limit < 1:
            return []
        wanted = of_charge_point(identity)
        if before is not None:
            wanted["_id"] = {"$lt": before}
        cursor = self._refused_stops.find(wanted, sort=[("_id", -1)], limit=bounded(limit))
        return [restored(RefusedStop, found, number=int(found["_id"])) async for found in cursor]

    async def _started(self, found: Document, *, repeated: bool) -> StartOutcome:
        # Counted after the insert, so that of two starts at the same moment at least one sees the other.
        others = {"tag": found["tag"], "running": True, "_id": {"$ne": found["_id"]}}
        return StartOutcome(
            transaction=restored_transaction(found),
            repeated=repeated,
            others_active=await self._latest_transactions.count_documents(others),
        )

    async def _end(self, outcome: StopOutcome) -> bool:
        """End the transaction of an outcome, and tell whether it still ran."""
        record = outcome.transaction
        assert record is not None  # noqa: S101 - a stop that is not refused has one
        assert record.stop is not None  # noqa: S101 - as above
        change: Document = {"stop": document(record.stop)}
        if record.problem is not None:
            change["problem"] = record.problem
        done = await self._transactions.find_one_and_update(
            {"_id": record.transaction_id, "running": True},
            {"$set": change, "$unset": {"running": ""}},
            return_document=ReturnDocument.AFTER,
        )
        return done is not None

    async def _was_refused(self, outcome: StopOutcome, refused: Document) -> bool:
        """Tell whether a stop that ends nothing has come before."""
        if outcome.refused is None:
            return False
        return await self._connection.latest("refused_stops").find_one(_stop_key(refused)) is not None

    async def _connectors_of(self, samples: Sequence[MeterSample]) -> dict[int, int]:
        """Return the connectors of the transactions that samples belong to and that are their charge point's own."""
        numbers = {sample.transaction_id for sample in samples if sample.transaction_id is not None}
        if not numbers:
            return {}
        wanted = {"_id": {"$in": sorted(numbers)}, "charge_point": fold(samples[0].identity)}
        cursor = self._latest_transactions.find(wanted, {"start.connector_id": True})
        return {int(found["_id"]): int(found["start"]["connector_id"]) async for found in cursor}


def stored_transaction(record: TransactionRecord, folded: str) -> Document:
    """Return the document of a transaction; one that runs has `running`."""
    fields = {"_id": record.transaction_id, "charge_point": folded, "tag": fold(record.start.id_tag)}
    if record.stop is None:
        fields["running"] = True
    return {**fields, **without(record, "transaction_id")}


def restored_transaction(found: Document) -> TransactionRecord:
    """Return the transaction of a document."""
    return restored(TransactionRecord, found, transaction_id=int(found["_id"]))


def stored_refused_stop(record: RefusedStop, folded: str) -> Document:
    """Return the document of a stop that ended nothing."""
    told = {"received_at": time_text(record.received_at), "why": record.why}
    return {"_id": record.number, **_stored_stop(record.stop, folded), **told}


def _stored_stop(stop: TransactionStop, folded: str) -> Document:
    return {"charge_point": folded, "stop": document(stop)}


def _start_key(fields: Document) -> Document:
    start = fields["start"]
    names = ("connector_id", "started_at", "meter_start_wh")
    return {
        "charge_point": fields["charge_point"],
        "tag": fields["tag"],
        **{f"start.{name}": start[name] for name in names},
    }


def _stop_key(fields: Document) -> Document:
    names = ("transaction_id", "stopped_at", "meter_stop_wh")
    return {"charge_point": fields["charge_point"], **{f"stop.{name}": fields["stop"][name] for name in names}}
