"""The tables of a central system in SQLite, and who may open them."""

from __future__ import annotations

import sqlite3
from typing import Final

from ocpp_sdk.errors import ConfigurationError

__all__ = ["SCHEMA_VERSION", "prepare"]

SCHEMA_VERSION: Final = 1

# Written into the header of the file ("OCPP"), so that a database of something else is never written to.
_APPLICATION_ID: Final = 0x4F435050

# Keys that are compared without case are stored case-folded beside their first spelling, since NOCASE knows ASCII only.
_TABLES: Final = (
    """
    CREATE TABLE charge_points (
        charge_point_id INTEGER PRIMARY KEY,
        identity TEXT NOT NULL,
        identity_key TEXT NOT NULL UNIQUE,
        version TEXT,
        registration TEXT,
        booted_at TEXT,
        vendor TEXT,
        model TEXT,
        charge_point_serial_number TEXT,
        charge_box_serial_number TEXT,
        firmware_version TEXT,
        iccid TEXT,
        imsi TEXT,
        meter_type TEXT,
        meter_serial_number TEXT,
        callback_address TEXT,
        peer_host TEXT,
        first_seen TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'),
        last_seen TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'),
        firmware_status TEXT,
        firmware_status_at TEXT,
        diagnostics_status TEXT,
        diagnostics_status_at TEXT
    )""",
    """
    CREATE TABLE deviation_counts (
        charge_point_id INTEGER NOT NULL REFERENCES charge_points,
        kind TEXT NOT NULL,
        occurrences INTEGER NOT NULL,
        PRIMARY KEY (charge_point_id, kind)
    ) WITHOUT ROWID""",
    """
    CREATE TABLE actions (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        received_at TEXT NOT NULL,
        charge_point_id INTEGER NOT NULL REFERENCES charge_points,
        identity TEXT NOT NULL,
        version TEXT,
        operation TEXT NOT NULL,
        request TEXT NOT NULL,
        reply TEXT,
        fault TEXT,
        message_id TEXT,
        deviations TEXT NOT NULL,
        peer_host TEXT,
        callback_address TEXT
    )""",
    "CREATE INDEX actions_by_charge_point ON actions (charge_point_id, number)",
    """
    CREATE TABLE transactions (
        transaction_id INTEGER PRIMARY KEY AUTOINCREMENT,
        charge_point_id INTEGER NOT NULL REFERENCES charge_points,
        connector_id INTEGER NOT NULL,
        id_tag TEXT NOT NULL,
        id_tag_key TEXT NOT NULL,
        started_at TEXT NOT NULL,
        meter_start_wh INTEGER NOT NULL,
        reservation_id INTEGER,
        stop_identity TEXT,
        stopped_at TEXT,
        meter_stop_wh INTEGER,
        stop_id_tag TEXT,
        stop_reason TEXT,
        problem TEXT,
        UNIQUE (charge_point_id, connector_id, id_tag_key, started_at, meter_start_wh)
    )""",
    """
    CREATE TABLE refused_stops (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        received_at TEXT NOT NULL,
        charge_point_id INTEGER NOT NULL REFERENCES charge_points,
        transaction_id INTEGER NOT NULL,
        stopped_at TEXT NOT NULL,
        meter_stop_wh INTEGER NOT NULL,
        id_tag TEXT,
        reason TEXT,
        why TEXT NOT NULL,
        UNIQUE (charge_point_id, transaction_id, stopped_at, meter_stop_wh)
    )""",
    """
    CREATE TABLE meter_samples (
        number INTEGER PRIMARY KEY,
        charge_point_id INTEGER NOT NULL REFERENCES charge_points,
        connector_id INTEGER NOT NULL,
        transaction_id INTEGER,
        sampled_at TEXT NOT NULL,
        value TEXT NOT NULL,
        context TEXT,
        format TEXT,
        measurand TEXT,
        phase TEXT,
        location TEXT,
        unit TEXT
    )""",
    "CREATE INDEX samples_by_charge_point ON meter_samples (charge_point_id, number)",
    "CREATE INDEX samples_by_transaction ON meter_samples (transaction_id, number) WHERE transaction_id IS NOT NULL",
    """
    CREATE TABLE connector_statuses (
        charge_point_id INTEGER NOT NULL REFERENCES charge_points,
        connector_id INTEGER NOT NULL,
        status TEXT NOT NULL,
        error_code TEXT NOT NULL,
        info TEXT,
        vendor_id TEXT,
        vendor_error_code TEXT,
        changed_at TEXT NOT NULL,
        PRIMARY KEY (charge_point_id, connector_id)
    ) WITHOUT ROWID""",
    """
    CREATE TABLE id_tags (
        id_tag_key TEXT PRIMARY KEY,
        id_tag TEXT NOT NULL,
        status TEXT NOT NULL,
        expires_at TEXT,
        parent_id_tag TEXT
    ) WITHOUT ROWID""",
)


def prepare(connection: sqlite3.Connection, name: str) -> None:
    """Make the tables in an empty database, or check that they are the ones this version knows.

    Args:
        connection: open, without a transaction.
        name: what errors call the database.

    Raises:
        ConfigurationError: the database belongs to something else, or to a newer version of this package.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        _prepare(connection, name)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _prepare(connection: sqlite3.Connection, name: str) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if application == _APPLICATION_ID:
        if found > SCHEMA_VERSION:
            raise ConfigurationError(
                f"{name}: written by a newer ocpp-sdk (schema {found}, this one knows up to {SCHEMA_VERSION}); "
                "update ocpp-sdk or name another file"
            )
        if found == SCHEMA_VERSION:
            return
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != 0 or found != 0 or tables != 0:
        raise ConfigurationError(f"{name}: a database of another program; name another file")
    for statement in _TABLES:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
