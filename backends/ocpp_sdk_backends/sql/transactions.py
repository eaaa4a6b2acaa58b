"""Transactions in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage.folding import fold, utc
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
from ocpp_sdk_backends.sql.metering import SampleBatch, add_batches, batch_of, with_connectors
from ocpp_sdk_backends.sql.tables import charge_points, refused_stops, transactions
from ocpp_sdk_backends.sql.verbs import SqlVerbs, charge_point_of
from ocpp_sdk_backends.sql.writing import WriteTransaction

__all__ = ["LARGEST_ID", "SqlTransactions", "refused_stop_from", "transaction_from"]

LARGEST_ID: Final = 2_147_483_647

_table: Final = transactions.c


class SqlTransactions(SqlVerbs):
    """Verbs of `TransactionStore`."""

    async def start_transaction(self, start: TransactionStart) -> StartOutcome:
        """Add a row, or find the one with the same key."""
        start = replace(start, started_at=utc(start.started_at))

        def work(transaction: WriteTransaction) -> StartOutcome:
            number = transaction.charge_point(start.identity, start.started_at)
            found = _same_start(transaction.connection, number, start)
            record = self._start(transaction, number, start) if found is None else found
            own = _table.transaction_id != record.transaction_id
            same_tag = _table.id_tag_key == fold(start.id_tag)
            others = select(func.count()).where(same_tag, _table.stopped_at.is_(None), own)
            active: int = transaction.connection.execute(others).scalar_one()
            return StartOutcome(transaction=record, repeated=found is not None, others_active=active)

        return await self._write(work, start)

    async def stop_transaction(
        self, stop: TransactionStop, samples: Sequence[MeterSample], at: datetime
    ) -> StopOutcome:
        """Write what `decide_stop` says."""
        sent = replace(stop, stopped_at=utc(stop.stopped_at))
        at = utc(at)
        batch = batch_of(samples, self._dialect) if samples else None

        def work(transaction: WriteTransaction) -> StopOutcome:
            stop = replace(sent, identity=transaction.identity(sent.identity))
            outcome = decide_stop(_find(transaction.connection, stop.transaction_id), stop)
            if outcome.repeated:
                return outcome
            if outcome.refused is not None:
                _keep_refused(transaction, stop, at, outcome.refused)
            elif outcome.transaction is not None:
                _end(transaction.connection, stop, outcome.transaction.problem)
            if batch is not None:
                add_batches(transaction, [with_connectors(batch, _connectors(transaction, batch))])
            return outcome

        return await self._write(work, {"stop": stop, "samples": samples})

    async def transaction(self, transaction_id: int) -> TransactionRecord | None:
        """Read a row."""
        return await self._read(lambda connection: _find(connection, transaction_id))

    async def transactions(
        self,
        identity: str | None = None,
        *,
        id_tag: str | None = None,
        open_only: bool = False,
        before: int | None = None,
        limit: int = 100,
    ) -> list[TransactionRecord]:
        """Read rows by falling id."""

        def work(connection: Connection) -> list[TransactionRecord]:
            statement = _transactions().order_by(_table.transaction_id.desc()).limit(max(limit, 0))
            number = charge_point_of(connection, self._remembered, identity)
            if number is not None:
                statement = statement.where(_table.charge_point_id == number)
            if id_tag is not None:
                statement = statement.where(_table.id_tag_key == fold(id_tag))
            if open_only:
                statement = statement.where(_table.stopped_at.is_(None))
            if before is not None:
                statement = statement.where(_table.transaction_id < before)
            return [transaction_from(row) for row in connection.execute(statement)]

        return await self._read(work)

    async def refused_stops(
        self, identity: str | None = None, *, before: int | None = None, limit: int = 100
    ) -> list[RefusedStop]:
        """Read rows by falling number."""

        def work(connection: Connection) -> list[RefusedStop]:
            statement = select(refused_stops, charge_points.c.identity).join(charge_points)
            number = charge_point_of(connection, self._remembered, identity)
            if number is not None:
                statement = statement.where(refused_stops.c.charge_point_id == number)
            if before is not None:
                statement = statement.where(refused_stops.c.number < before)
            statement = statement.order_by(refused_stops.c.number.desc()).limit(max(limit, 0))
            return [refused_stop_from(row) for row in connection.execute(statement)]

        return await self._read(work)

    def _start(self, transaction: WriteTransaction, number: int, start: TransactionStart) -> TransactionRecord:
        transaction_id = transaction.numbers("transaction_id")
        if transaction_id > LARGEST_ID:
            raise StorageError(f"{self._name}: all {LARGEST_ID:,} transaction ids are used up; begin a new database")
        values = {
            "transaction_id": transaction_id,
            "charge_point_id": number,
            "connector_id": start.connector_id,
            "id_tag": start.id_tag,
            "id_tag_key": fold(start.id_tag),
            "started_at": start.started_at,
            "meter_start_wh": start.meter_start_wh,
            "reservation_id": start.reservation_id,
        }
        transaction.connection.execute(insert(transactions), values)
        identity = transaction.identity(start.identity)
        return TransactionRecord(transaction_id=transaction_id, start=replace(start, identity=identity))


def _connectors(transaction: WriteTransaction, batch: SampleBatch) -> dict[int, int]:
    """Return the connectors of the transactions that samples are of, those of their own charge point."""
    statement = select(_table.transaction_id, _table.connector_id).where(
        _table.transaction_id.in_(sorted(batch.transaction_ids)),
        _table.charge_point_id == transaction.find(batch.identity),
    )
    return {row.transaction_id: row.connector_id for row in transaction.connection.execute(statement)}


def _transactions() -> Select[Any]:
    return select(transactions, charge_points.c.identity).join(charge_points)


def _find(connection: Connection, transaction_id: int) -> TransactionRecord | None:
    row = connection.execute(_transactions().where(_table.transaction_id == transaction_id)).first()
    return None if row is None else transaction_from(row)


def _same_start(connection: Connection, number: int, start: TransactionStart) -> TransactionRecord | None:
    statement = _transactions().where(
        _table.charge_point_id == number,
        _table.connector_id == start.connector_id,
        _table.id_tag_key == fold(start.id_tag),
        _table.started_at == start.started_at,
        _table.meter_start_wh == start.meter_start_wh,
    )
    row = connection.execute(statement).first()
    return None if row is None else transaction_from(row)


def _end(connection: Connection, stop: TransactionStop, problem: str | None) -> None:
    statement = update(transactions).where(_table.transaction_id == stop.transaction_id, _table.stopped_at.is_(None))
    values = {
        "stopped_at": stop.stopped_at,
        "meter_stop_wh": stop.meter_stop_wh,
        "stop_id_tag": stop.id_tag,
        "stop_reason": stop.reason,
        "problem": problem,
    }
    connection.execute(statement.values(**values))


def _keep_refused(transaction: WriteTransaction, stop: TransactionStop, at: datetime, why: str) -> None:
    key = {
        "charge_point_id": transaction.charge_point(stop.identity, at),
        "transaction_id": stop.transaction_id,
        "stopped_at": stop.stopped_at,
        "meter_stop_wh": stop.meter_stop_wh,
    }
    same = [refused_stops.c[name] == value for name, value in key.items()]
    if transaction.connection.execute(select(refused_stops.c.number).where(*same)).first() is not None:
        return
    rest = {"received_at": at, "id_tag": stop.id_tag, "reason": stop.reason, "why": why}
    number = transaction.numbers("refused_stops")
    transaction.connection.execute(insert(refused_stops), {"number": number, **key, **rest})


def transaction_from(row: Row[Any]) -> TransactionRecord:
    """Make the record of a row of `transactions` and its identity."""
    stop = None
    if row.stopped_at is not None:
        stop = TransactionStop(
            identity=row.identity,
            transaction_id=row.transaction_id,
            stopped_at=row.stopped_at,
            meter_stop_wh=row.meter_stop_wh,
            id_tag=row.stop_id_tag,
            reason=row.stop_reason,
        )
    start = TransactionStart(
        identity=row.identity,
        connector_id=row.connector_id,
        id_tag=row.id_tag,
        started_at=row.started_at,
        meter_start_wh=row.meter_start_wh,
        reservation_id=row.reservation_id,
    )
    return TransactionRecord(transaction_id=row.transaction_id, start=start, stop=stop, problem=row.problem)


def refused_stop_from(row: Row[Any]) -> RefusedStop:
    """Make the record of a row of `refused_stops` and its identity."""
    stop = TransactionStop(
        identity=row.identity,
        transaction_id=row.transaction_id,
        stopped_at=row.stopped_at,
        meter_stop_wh=row.meter_stop_wh,
        id_tag=row.id_tag,
        reason=row.reason,
    )
    return RefusedStop(number=row.number, received_at=row.received_at, stop=stop, why=row.why)
