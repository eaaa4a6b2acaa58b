"""What each verb does to the tables; every function runs within one transaction of the writer."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ocpp_sdk.storage.records import (
    BootData,
    ConnectorStatus,
    IdTagRecord,
    MeterSample,
    ReceivedAction,
    StartOutcome,
    StopOutcome,
    TransactionRecord,
    TransactionStart,
    TransactionStop,
)
from ocpp_sdk.storage.sqlite.rows import fold, time_text, time_text_or_none, transaction_from
from ocpp_sdk.storage.transactions import decide_stop

__all__ = [
    "add_samples",
    "find_transaction",
    "put_id_tag",
    "record_action",
    "register",
    "set_connector_status",
    "set_diagnostics_status",
    "set_firmware_status",
    "start_transaction",
    "stop_transaction",
]


def record_action(connection: sqlite3.Connection, action: ReceivedAction) -> int:
    """Insert the action, and note its sender."""
    at = time_text(action.received_at)
    charge_point_id = _charge_point_id(connection, action.identity)
    connection.execute(
        "UPDATE charge_points SET first_seen = min(first_seen, ?), last_seen = ?, version = coalesce(?, version),"
        " peer_host = coalesce(?, peer_host), callback_address = coalesce(?, callback_address)"
        " WHERE charge_point_id = ?",
        (at, at, action.version, action.peer_host, action.callback_address, charge_point_id),
    )
    for kind, times in Counter(action.deviations).items():
        connection.execute(
            "INSERT INTO deviation_counts VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET occurrences = occurrences + excluded.occurrences",
            (charge_point_id, kind, times),
        )
    cursor = connection.execute(
        "INSERT INTO actions (received_at, charge_point_id, identity, version, operation, request, reply, fault,"
        " message_id, deviations, peer_host, callback_address) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            at,
            charge_point_id,
            action.identity,
            action.version,
            action.operation,
            action.request,
            action.reply,
            action.fault,
            action.message_id,
            " ".join(action.deviations),
            action.peer_host,
            action.callback_address,
        ),
    )
    return _last_number(cursor)


def register(connection: sqlite3.Connection, identity: str, boot: BootData, registration: str, at: datetime) -> None:
    """Set the columns of a boot."""
    booted_at = time_text(at)
    connection.execute(
        "UPDATE charge_points SET registration = ?, booted_at = ?, vendor = ?, model = ?,"
        " charge_point_serial_number = ?, charge_box_serial_number = ?, firmware_version = ?, iccid = ?, imsi = ?,"
        " meter_type = ?, meter_serial_number = ? WHERE charge_point_id = ?",
        (
            registration,
            booted_at,
            boot.vendor,
            boot.model,
            boot.charge_point_serial_number,
            boot.charge_box_serial_number,
            boot.firmware_version,
            boot.iccid,
            boot.imsi,
            boot.meter_type,
            boot.meter_serial_number,
            _charge_point_id(connection, identity),
        ),
    )


def set_firmware_status(connection: sqlite3.Connection, identity: str, status: str, at: datetime) -> None:
    """Set the state of a firmware update."""
    text = time_text(at)
    connection.execute(
        "UPDATE charge_points SET firmware_status = ?, firmware_status_at = ? WHERE charge_point_id = ?",
        (status, text, _charge_point_id(connection, identity)),
    )


def set_diagnostics_status(connection: sqlite3.Connection, identity: str, status: str, at: datetime) -> None:
    """Set the state of an upload of diagnostics."""
    text = time_text(at)
    connection.execute(
        "UPDATE charge_points SET diagnostics_status = ?, diagnostics_status_at = ? WHERE charge_point_id = ?",
        (status, text, _charge_point_id(connection, identity)),
    )


def start_transaction(connection: sqlite3.Connection, start: TransactionStart) -> StartOutcome:
    """Insert a transaction, or find the one that the same start began."""
    started_at = time_text(start.started_at)
    charge_point_id = _charge_point_id(connection, start.identity)
    key = (charge_point_id, start.connector_id, fold(start.id_tag), started_at, start.meter_start_wh)
    found = connection.execute(
        "SELECT transaction_id FROM transactions WHERE charge_point_id = ? AND connector_id = ? AND id_tag_key = ?"
        " AND started_at = ? AND meter_start_wh = ?",
        key,
    ).fetchone()
    if found is None:
        cursor = connection.execute(
            "INSERT INTO transactions (charge_point_id, connector_id, id_tag_key, started_at, meter_start_wh, id_tag,"
            " reservation_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*key, start.id_tag, start.reservation_id),
        )
        transaction_id = _last_number(cursor)
    else:
        transaction_id = found[0]
    transaction = find_transaction(connection, transaction_id)
    if transaction is None:
        raise LookupError(transaction_id)
    return StartOutcome(transaction=transaction, repeated=found is not None)


def stop_transaction(
    connection: sqlite3.Connection, stop: TransactionStop, samples: Sequence[MeterSample], at: datetime
) -> StopOutcome:
    """Write what `decide_stop` says."""
    outcome = decide_stop(find_transaction(connection, stop.transaction_id), stop)
    if outcome.repeated:
        return outcome
    stopped_at, received_at = time_text(stop.stopped_at), time_text(at)
    if outcome.refused is not None:
        cursor = connection.execute(
            "INSERT INTO refused_stops (received_at, charge_point_id, transaction_id, stopped_at, meter_stop_wh,"
            " id_tag, reason, why) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                received_at,
                _charge_point_id(connection, stop.identity),
                stop.transaction_id,
                stopped_at,
                stop.meter_stop_wh,
                stop.id_tag,
                stop.reason,
                outcome.refused,
            ),
        )
        if cursor.rowcount == 0:
            return outcome
    elif outcome.transaction is not None:
        connection.execute(
            "UPDATE transactions SET stop_identity = ?, stopped_at = ?, meter_stop_wh = ?, stop_id_tag = ?,"
            " stop_reason = ?, problem = ? WHERE transaction_id = ?",
            (
                stop.identity,
                stopped_at,
                stop.meter_stop_wh,
                stop.id_tag,
                stop.reason,
                outcome.transaction.problem,
                stop.transaction_id,
            ),
        )
    if outcome.transaction is not None:
        connector_id = outcome.transaction.start.connector_id
        samples = [replace(sample, connector_id=connector_id) for sample in samples]
    add_samples(connection, samples)
    return outcome


def find_transaction(connection: sqlite3.Connection, transaction_id: int) -> TransactionRecord | None:
    """Read one transaction."""
    row = connection.execute(
        "SELECT t.*, c.identity FROM transactions t JOIN charge_points c USING (charge_point_id)"
        " WHERE transaction_id = ?",
        (transaction_id,),
    ).fetchone()
    return None if row is None else transaction_from(row)


def add_samples(connection: sqlite3.Connection, samples: Sequence[MeterSample]) -> None:
    """Insert sampled values."""
    ids: dict[str, int] = {}
    for sample in samples:
        if sample.identity not in ids:
            ids[sample.identity] = _charge_point_id(connection, sample.identity)
    connection.executemany(
        "INSERT INTO meter_samples (charge_point_id, connector_id, transaction_id, sampled_at, value, context, format,"
        " measurand, phase, location, unit) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                ids[sample.identity],
                sample.connector_id,
                sample.transaction_id,
                time_text(sample.sampled_at),
                sample.value,
                sample.context,
                sample.format,
                sample.measurand,
                sample.phase,
                sample.location,
                sample.unit,
            )
            for sample in samples
        ],
    )


def set_connector_status(connection: sqlite3.Connection, status: ConnectorStatus) -> None:
    """Insert a status or replace the one before."""
    at = time_text(status.changed_at)
    connection.execute(
        "INSERT INTO connector_statuses (charge_point_id, connector_id, status, error_code, info, vendor_id,"
        " vendor_error_code, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " status = excluded.status, error_code = excluded.error_code, info = excluded.info,"
        " vendor_id = excluded.vendor_id, vendor_error_code = excluded.vendor_error_code,"
        " changed_at = excluded.changed_at",
        (
            _charge_point_id(connection, status.identity),
            status.connector_id,
            status.status,
            status.error_code,
            status.info,
            status.vendor_id,
            status.vendor_error_code,
            at,
        ),
    )


def put_id_tag(connection: sqlite3.Connection, tag: IdTagRecord) -> None:
    """Insert an id tag or replace it."""
    connection.execute(
        "INSERT OR REPLACE INTO id_tags (id_tag_key, id_tag, status, expires_at, parent_id_tag) VALUES (?, ?, ?, ?, ?)",
        (fold(tag.id_tag), tag.id_tag, tag.status, time_text_or_none(tag.expires_at), tag.parent_id_tag),
    )


def _charge_point_id(connection: sqlite3.Connection, identity: str) -> int:
    """Return the number of a charge point, which gets one when it is first heard of."""
    key = fold(identity)
    row = connection.execute("SELECT charge_point_id FROM charge_points WHERE identity_key = ?", (key,)).fetchone()
    if row is not None:
        return int(row[0])
    cursor = connection.execute(
        "INSERT INTO charge_points (identity, identity_key) VALUES (?, ?)",
        (identity, key),
    )
    return _last_number(cursor)


def _last_number(cursor: sqlite3.Cursor) -> int:
    number = cursor.lastrowid
    if number is None:
        raise LookupError("no row was inserted")
    return number
