"""Samples in SQL, the rows that a store has most of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, select, tuple_

from ocpp_sdk.storage.folding import fold, sent_time_texts
from ocpp_sdk.storage.metering import Kind, MeterSample, SentSamples, samples_digest, sent_digest
from ocpp_sdk_backends.sql.blocks import SAMPLES, Run, note_blocks, runs_of, samples_of
from ocpp_sdk_backends.sql.columns import bound_time
from ocpp_sdk_backends.sql.inserting import Values
from ocpp_sdk_backends.sql.merging import Merge
from ocpp_sdk_backends.sql.remembered import Span
from ocpp_sdk_backends.sql.tables import charge_points, sample_requests, sample_runs, sampled_transactions, samples
from ocpp_sdk_backends.sql.verbs import SqlVerbs, charge_point_of, records
from ocpp_sdk_backends.sql.writing import WriteTransaction

__all__ = ["SampleBatch", "SqlSamples", "add_batches", "batch_of", "note_transactions", "with_connectors"]

_table: Final = samples.c
_FIELDS: Final = (
    _table.number,
    charge_points.c.identity,
    _table.connector_id,
    _table.transaction_id,
    _table.sampled_at,
    _table.value,
    _table.context,
    _table.format,
    _table.measurand,
    _table.phase,
    _table.location,
    _table.unit,
)
_OWNED: Final = select(*_FIELDS).join_from(
    samples, charge_points, charge_points.c.charge_point_id == _table.charge_point_id
)

_SPANS: Final = Merge(
    sampled_transactions,
    ("transaction_id", "charge_point_id"),
    (("first_number", "smaller"), ("last_number", "larger")),
)
# How far a span reaches beyond its last sample, so that it is not written with each.
_AHEAD: Final = 50_000


class SampleBatch(NamedTuple):
    """The samples of one request, as the driver takes them.

    Attributes:
        identity: of the charge point.
        first_at: time of the first sample.
        bound_first_at: the same for the driver.
        digest: of all of them.
        size: how many there are.
        columns: connectors, transactions, times and values.
        kinds: what else is said of each.
        transaction_ids: of all transactions they are of.
    """

    identity: str
    first_at: datetime
    bound_first_at: object
    digest: bytes
    size: int
    columns: list[Values]
    kinds: Sequence[Kind]
    transaction_ids: set[int]


class SqlSamples(SqlVerbs):
    """Verbs of `MeterStore`."""

    async def add_samples(self, samples: Sequence[MeterSample]) -> bool:
        """Add a row for each, unless the request is known."""
        self._see_open()
        if not samples:
            return False
        return await self._group.write(add_batches, batch_of(samples, self._dialect), samples)

    async def samples(
        self,
        identity: str | None = None,
        *,
        connector_id: int | None = None,
        transaction_id: int | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> list[MeterSample]:
        """Read rows by number."""

        def work(connection: Connection) -> list[MeterSample]:
            number = charge_point_of(connection, self._remembered, identity)
            conditions = [] if connector_id is None else [_table.connector_id == connector_id]
            if transaction_id is not None:
                statement = _of_transaction(connection, transaction_id, number, conditions, after)
            elif number is not None:
                statement = samples_of(select(*_FIELDS), number, conditions, after)
            else:
                statement = _OWNED.where(_table.number > after, *conditions).order_by(_table.number)
            return records(MeterSample, connection.execute(statement.limit(max(limit, 0))))

        return await self._read(work)


def _of_transaction(
    connection: Connection,
    transaction_id: int,
    charge_point_id: int | None,
    conditions: Sequence[ColumnElement[bool]],
    after: int,
) -> Select[Any]:
    """Return the statement that reads a transaction: nearly always one charge point, which has an index."""
    spans = sampled_transactions.c
    of_transaction = select(spans.charge_point_id, spans.first_number, spans.last_number)
    found = connection.execute(of_transaction.where(spans.transaction_id == transaction_id)).all()
    conditions = [_table.transaction_id == transaction_id, *conditions]
    if charge_point_id is not None:
        found = [row for row in found if row.charge_point_id == charge_point_id]
    if len(found) == 1:
        (number, first, last) = found[0]
        return samples_of(select(*_FIELDS), number, conditions, max(after, first - 1), last)
    within = (
        (spans.charge_point_id == _table.charge_point_id)
        & (spans.transaction_id == _table.transaction_id)
        & _table.number.between(spans.first_number, spans.last_number)
    )
    statement = _OWNED.join(sampled_transactions, within).where(_table.number > after, *conditions)
    if charge_point_id is not None:
        statement = statement.where(_table.charge_point_id == charge_point_id)
    return statement.order_by(_table.number)


def batch_of(samples: Sequence[MeterSample], dialect: str) -> SampleBatch:
    """Make the batch of one request.

    Raises:
        ValueError: the samples are of different charge points, or a time has no zone.
    """
    # Not isinstance, which asks the abstract class.
    if type(samples) is SentSamples:
        return _batch_of_sent(samples, dialect)
    first = samples[0]
    key = fold(first.identity)
    told: list[tuple[int, int | None, Any, str]] = []
    kinds: list[Kind] = []
    for sample in samples:
        if sample.identity != first.identity and fold(sample.identity) != key:
            raise ValueError(
                f"samples of {first.identity} and of {sample.identity}; add those of each charge point alone"
            )
        at = bound_time(sample.sampled_at, dialect)
        told.append((sample.connector_id, sample.transaction_id, at, sample.value))
        kinds.append((sample.context, sample.format, sample.measurand, sample.phase, sample.location, sample.unit))
    transaction_ids = {sample.transaction_id for sample in samples if sample.transaction_id is not None}
    columns: list[Values] = list(zip(*told, strict=True))
    return SampleBatch(
        first.identity,
        first.sampled_at,
        told[0][2],
        samples_digest(samples),
        len(told),
        columns,
        kinds,
        transaction_ids,
    )


def _batch_of_sent(samples: SentSamples, dialect: str) -> SampleBatch:
    transaction_id = samples.transaction_id
    ats, values, kinds = zip(*samples.values, strict=True)
    texts = sent_time_texts(ats)
    times: Values = texts if dialect == "sqlite" else [bound_time(at, dialect) for at in ats]
    count = len(times)
    columns: list[Values] = [[samples.connector_id] * count, [transaction_id] * count, times, values]
    transaction_ids = set() if transaction_id is None else {transaction_id}
    digest = sent_digest(samples, texts, values, kinds)
    return SampleBatch(samples.identity, ats[0], times[0], digest, count, columns, kinds, transaction_ids)


def with_connectors(batch: SampleBatch, connectors: Mapping[int, int]) -> SampleBatch:
    """Put the samples of some transactions on other connectors.

    Args:
        batch: of samples.
        connectors: by transaction.
    """
    before, transaction_ids, *others = batch.columns
    pairs = zip(before, transaction_ids, strict=True)
    return batch._replace(columns=[[connectors.get(of, number) for number, of in pairs], transaction_ids, *others])


def add_batches(transaction: WriteTransaction, batches: list[SampleBatch]) -> list[bool]:
    """Add the samples of some requests, and tell of each whether it is new."""
    ids = [transaction.charge_point(batch.identity, batch.first_at) for batch in batches]
    keys = [(batch.bound_first_at, number, batch.digest) for number, batch in zip(ids, batches, strict=True)]
    known = _known(transaction, batches, ids) if transaction.careful else set()
    new, results = [], []
    for key in keys:
        results.append(key not in known)
        known.add(key)
    new = [(key, batch) for key, batch, is_new in zip(keys, batches, results, strict=True) if is_new]
    if new:
        _add(transaction, new)
    return results


def _add(transaction: WriteTransaction, new: list[tuple[tuple[object, int, bytes], SampleBatch]]) -> None:
    count = sum([batch.size for _, batch in new])
    first = number = transaction.numbers("samples", count)
    charge_point_ids: list[int] = []
    reached = transaction.remembered.span_reaches
    spans: dict[Span, tuple[int, int]] = {}
    runs: list[Run] = []
    for (_, charge_point_id, _), batch in new:
        begin = number
        number += batch.size
        runs += runs_of(charge_point_id, begin, number - 1)
        charge_point_ids += [charge_point_id] * batch.size
        for transaction_id in batch.transaction_ids:
            key = transaction_id, charge_point_id
            if reached(key) < number and transaction.spans.get(key, 0) < number:
                spans[key] = spans.get(key, (begin,))[0], number + _AHEAD
    note_blocks(transaction, SAMPLES, [(charge_point_id, block) for block, charge_point_id, _, _ in runs])
    note_transactions(transaction, spans)
    transaction.insert_last(sample_requests, list(zip(*[key for key, _ in new], strict=True)))
    told = [list(chain.from_iterable(parts)) for parts in zip(*[batch.columns for _, batch in new], strict=True)]
    said = zip(*chain.from_iterable([batch.kinds for _, batch in new]), strict=True)
    transaction.insert_last(samples, [range(first, first + count), charge_point_ids, *told, *said])
    transaction.insert_last(sample_runs, list(zip(*runs, strict=True)))
    for key, (_, last) in spans.items():
        transaction.spans[key] = last


def note_transactions(transaction: WriteTransaction, spans: dict[Span, tuple[int, int]]) -> None:
    """Widen the spans in which the samples of transactions stand.

    Args:
        transaction: to write with.
        spans: first and last number by transaction and charge point.
    """
    if spans:
        rows = [(*key, *span) for key, span in sorted(spans.items())]
        transaction.merge_last(_SPANS, rows)


def _known(transaction: WriteTransaction, batches: list[SampleBatch], ids: list[int]) -> set[tuple[object, int, bytes]]:
    """Return the keys that are there."""
    transaction.send()
    table = sample_requests.c
    wanted = [(batch.first_at, number, batch.digest) for number, batch in zip(ids, batches, strict=True)]
    found: set[tuple[object, int, bytes]] = set()
    for begin in range(0, len(wanted), 200):
        some = tuple_(table.sampled_at, table.charge_point_id, table.digest).in_(wanted[begin : begin + 200])
        for at, number, digest in transaction.connection.execute(select(sample_requests).where(some)):
            found.add((bound_time(at, transaction.dialect), number, bytes(digest)))
    return found
