"""Records into rows, as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from functools import partial
from itertools import groupby
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, update

from ocpp_sdk.storage.calls import QueuedCall
from ocpp_sdk.storage.charge_points import BootData, ChargePointRecord
from ocpp_sdk.storage.folding import fold
from ocpp_sdk.storage.id_tags import IdTagRecord
from ocpp_sdk.storage.local_list import LocalList
from ocpp_sdk.storage.messages import WireMessage
from ocpp_sdk.storage.transactions import RefusedStop, TransactionRecord
from ocpp_sdk.storage.transfer import (
    OwnedCachedTag,
    OwnedKey,
    OwnedListedTag,
    SampleRequest,
    SequenceState,
    Topic,
    TransferRecord,
)
from ocpp_sdk_backends.sql.blocks import BLOCK_BITS, MESSAGES, SAMPLES, Run, block_of, note_blocks
from ocpp_sdk_backends.sql.merging import insert_missing, upsert
from ocpp_sdk_backends.sql.messages import message_row
from ocpp_sdk_backends.sql.metering import note_transactions
from ocpp_sdk_backends.sql.tables import (
    call_lanes,
    charge_points,
    connector_statuses,
    connectors,
    deviation_counts,
    sample_runs,
    samples,
)
from ocpp_sdk_backends.sql.topics import TOPICS
from ocpp_sdk_backends.sql.writing import WriteTransaction

__all__ = ["load_records"]

_BOOT: Final = tuple(field.name for field in fields(BootData))
_TIMES: Final = ("at", "sampled_at", "changed_at", "created_at", "updated_at", "received_at", "started_at")


def load_records(transaction: WriteTransaction, topic: Topic, records: Sequence[TransferRecord]) -> None:
    """Put records in place of those with the same key or number."""
    if topic in TOPICS and topic is not Topic.CHARGE_POINTS:
        if records:
            _load_rows(transaction, topic, records)
        return
    for record in records:
        if isinstance(record, SequenceState):
            transaction.raise_sequence(record.name, record.last)
        elif isinstance(record, ChargePointRecord):
            _load_charge_point(transaction, record)


def _load_rows(transaction: WriteTransaction, topic: Topic, records: Sequence[TransferRecord]) -> None:
    shape = TOPICS[topic]
    rows = [_row(transaction, record) for record in records]
    # Of equal keys the last one counts, and one statement may not have a row twice.
    values = list({tuple(row[name] for name in shape.key): row for row in rows}.values())
    put = insert_missing if topic is Topic.SAMPLE_REQUESTS else upsert
    transaction.connection.execute(put(transaction.dialect, shape.table, shape.key), values)
    if shape.key[0] in {"number", "transaction_id"}:
        sequence = "transaction_id" if topic is Topic.TRANSACTIONS else topic.value
        transaction.raise_sequence(sequence, max(row[shape.key[0]] for row in values))
    follow = _FOLLOWING.get(topic)
    if follow is not None:
        follow(transaction, values)


def _row(transaction: WriteTransaction, record: TransferRecord) -> dict[str, Any]:
    """Return the columns of a record."""
    match record:
        case TransactionRecord():
            return _transaction_row(transaction, record)
        case RefusedStop():
            return _refused_row(transaction, record)
        case WireMessage():
            charge_point_id = transaction.charge_point(record.identity, record.at)
            names = TOPICS[Topic.MESSAGES].table.columns.keys()
            values = message_row(record.number or 0, charge_point_id, record.at, record)
            return dict(zip(names, values, strict=True))
        case OwnedKey(identity=identity, item=key):
            own = {"name": key.key, "name_key": fold(key.key), "value": key.value, "readonly": key.readonly}
            return {"charge_point_id": transaction.charge_point(identity), **own}
        case OwnedListedTag(identity=identity, item=tag) | OwnedCachedTag(identity=identity, item=tag):
            own = {**asdict(tag), "id_tag_key": fold(tag.id_tag)}
            return {"charge_point_id": transaction.charge_point(identity), **own}
        case IdTagRecord():
            return {**asdict(record), "id_tag_key": fold(record.id_tag)}
    row = asdict(record)
    if "identity" in row:
        identity = row.pop("identity")
        at: datetime | None = next((row[name] for name in _TIMES if name in row), None)
        row["charge_point_id"] = None if identity is None else transaction.charge_point(identity, at)
    match record:
        case LocalList():
            del row["entries"]
        case QueuedCall():
            del row["queue"]
        case SampleRequest():
            row["digest"] = bytes.fromhex(record.digest)
    if "state" in row:
        row["state"] = row["state"].value
    return row


def _transaction_row(transaction: WriteTransaction, record: TransactionRecord) -> dict[str, Any]:
    start, stop = record.start, record.stop
    row = asdict(start)
    del row["identity"]
    return {
        **row,
        "transaction_id": record.transaction_id,
        "charge_point_id": transaction.charge_point(start.identity, start.started_at),
        "id_tag_key": fold(start.id_tag),
        "stopped_at": None if stop is None else stop.stopped_at,
        "meter_stop_wh": None if stop is None else stop.meter_stop_wh,
        "stop_id_tag": None if stop is None else stop.id_tag,
        "stop_reason": None if stop is None else stop.reason,
        "problem": record.problem,
    }


def _refused_row(transaction: WriteTransaction, record: RefusedStop) -> dict[str, Any]:
    row = asdict(record.stop)
    identity = row.pop("identity")
    own = {"number": record.number, "received_at": record.received_at, "why": record.why}
    return {**row, **own, "charge_point_id": transaction.charge_point(identity, record.received_at)}


def _load_charge_point(transaction: WriteTransaction, record: ChargePointRecord) -> None:
    number = transaction.charge_point(record.identity, record.first_seen)
    row = {field.name: getattr(record, field.name) for field in fields(record)}
    del row["boot"], row["deviations"]
    row |= dict.fromkeys(_BOOT) if record.boot is None else asdict(record.boot)
    table = charge_points.c
    transaction.connection.execute(update(charge_points).where(table.charge_point_id == number).values(**row))
    transaction.spell(record.identity, number)
    counts = deviation_counts.c
    transaction.connection.execute(delete(deviation_counts).where(counts.charge_point_id == number))
    if record.deviations:
        rows = [
            {"charge_point_id": number, "kind": kind, "occurrences": occurrences}
            for kind, occurrences in record.deviations.items()
        ]
        transaction.connection.execute(insert(deviation_counts), rows)


def _put_in_place(transaction: WriteTransaction, rows: list[dict[str, Any]]) -> None:
    """Put the greatest number of each connector in place."""
    table = connector_statuses.c
    keys = sorted({(row["charge_point_id"], row["connector_id"]) for row in rows})
    put = upsert(transaction.dialect, connectors, ["charge_point_id", "connector_id"])
    for charge_point_id, connector_id in keys:
        own = table.charge_point_id == charge_point_id, table.connector_id == connector_id
        number = transaction.connection.execute(select(func.max(table.number)).where(*own)).scalar_one()
        key = {"charge_point_id": charge_point_id, "connector_id": connector_id}
        transaction.connection.execute(put, {**key, "status_number": number})


def _note_samples(transaction: WriteTransaction, rows: list[dict[str, Any]]) -> None:
    blocks = {(row["charge_point_id"], block_of(row["number"])) for row in rows}
    note_blocks(transaction, SAMPLES, blocks)
    for block in sorted({block for _, block in blocks}):
        _make_runs(transaction, block)
    spans: dict[tuple[int, int], tuple[int, int]] = {}
    for row in rows:
        number, transaction_id = row["number"], row["transaction_id"]
        if transaction_id is not None:
            key = transaction_id, row["charge_point_id"]
            first, last = spans.get(key, (number, number))
            spans[key] = min(first, number), max(last, number)
    note_transactions(transaction, spans)


def _make_runs(transaction: WriteTransaction, block: int) -> None:
    """Make the runs of a block anew: records come in any portions, and take the place of others."""
    table, runs = samples.c, sample_runs.c
    within = table.number.between(block << BLOCK_BITS, ((block + 1) << BLOCK_BITS) - 1)
    numbered = select(table.charge_point_id, table.number).where(within).order_by(table.number)
    found = enumerate(transaction.connection.execute(numbered))
    rows: list[Run] = []
    for (charge_point_id, _), run in groupby(found, lambda at: (at[1][0], at[1][1] - at[0])):
        numbers = [number for _, (_, number) in run]
        rows.append((block, charge_point_id, numbers[0], numbers[-1]))
    transaction.connection.execute(delete(sample_runs).where(runs.block == block))
    transaction.insert(sample_runs, rows)


def _note_messages(transaction: WriteTransaction, rows: list[dict[str, Any]]) -> None:
    note_blocks(transaction, MESSAGES, {(row["charge_point_id"], row["block"]) for row in rows})


def _add_lanes(topic: Topic, transaction: WriteTransaction, rows: list[dict[str, Any]]) -> None:
    missing = insert_missing(transaction.dialect, call_lanes, ["queue", "charge_point_id"])
    lanes = [{"queue": topic.value, "charge_point_id": row["charge_point_id"]} for row in rows]
    transaction.connection.execute(missing, lanes)


_FOLLOWING: Final[Mapping[Topic, Callable[[WriteTransaction, list[dict[str, Any]]], None]]] = MappingProxyType(
    {
        Topic.CONNECTOR_STATUSES: _put_in_place,
        Topic.SAMPLES: _note_samples,
        Topic.COMMANDS: partial(_add_lanes, Topic.COMMANDS),
        Topic.REQUESTS: partial(_add_lanes, Topic.REQUESTS),
        Topic.MESSAGES: _note_messages,
    }
)
"""What else the rows of a topic need."""
