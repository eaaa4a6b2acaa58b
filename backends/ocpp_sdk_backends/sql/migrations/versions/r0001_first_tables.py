"""The first tables."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.schema import SchemaItem

revision: Final = "0001"
down_revision: Final = None

_BINARY: Final = "utf8mb4_bin"
_DIALECTS: Final = ("mysql", "mariadb")

# As `columns.py` had them at this revision.
NAME: Final = (
    sa.Text()
    .with_variant(postgresql.TEXT(collation="C"), "postgresql")
    .with_variant(mysql.VARCHAR(255, charset="utf8mb4", collation=_BINARY), *_DIALECTS)
)
EXACT: Final = (
    sa.Text().with_variant(sa.String(collation="C"), "postgresql").with_variant(mysql.VARBINARY(1000), *_DIALECTS)
)
LONG: Final = sa.Text().with_variant(mysql.LONGTEXT(charset="utf8mb4", collation=_BINARY), *_DIALECTS)
BIG: Final = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")
DIGEST: Final = sa.LargeBinary(16).with_variant(mysql.BINARY(16), *_DIALECTS)
TIME: Final = (
    sa.Text()
    .with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
    .with_variant(mysql.DATETIME(fsp=6), *_DIALECTS)
)


def upgrade() -> None:
    """Make all tables."""
    _make_charge_points()
    _make_charging()
    _make_calls()
    _make_local_lists()
    _make_the_rest()


def _make_charge_points() -> None:
    _table(
        "charge_points",
        sa.Column("charge_point_id", BIG, nullable=False, autoincrement=False),
        sa.Column("identity", NAME, nullable=False),
        sa.Column("identity_key", NAME, nullable=False),
        sa.Column("version", NAME),
        sa.Column("registration", NAME),
        sa.Column("booted_at", TIME),
        sa.Column("vendor", LONG),
        sa.Column("model", LONG),
        sa.Column("charge_point_serial_number", LONG),
        sa.Column("charge_box_serial_number", LONG),
        sa.Column("firmware_version", LONG),
        sa.Column("iccid", LONG),
        sa.Column("imsi", LONG),
        sa.Column("meter_type", LONG),
        sa.Column("meter_serial_number", LONG),
        sa.Column("advertised_address", LONG),
        sa.Column("observed_host", LONG),
        sa.Column("operator_address", LONG),
        sa.Column("first_seen", TIME, nullable=False),
        sa.Column("last_seen", TIME, nullable=False),
        sa.Column("firmware_status", NAME),
        sa.Column("firmware_status_at", TIME),
        sa.Column("diagnostics_status", NAME),
        sa.Column("diagnostics_status_at", TIME),
        sa.PrimaryKeyConstraint("charge_point_id", name="pk_charge_points"),
        sa.UniqueConstraint("identity_key", name="uq_charge_points"),
    )
    _table(
        "deviation_counts",
        _charge_point("deviation_counts"),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("occurrences", BIG, nullable=False),
        sa.PrimaryKeyConstraint("charge_point_id", "kind", name="pk_deviation_counts"),
    )
    _table(
        "connector_statuses",
        sa.Column("number", BIG, nullable=False, autoincrement=False),
        _charge_point("connector_statuses"),
        sa.Column("connector_id", sa.Integer, nullable=False),
        sa.Column("status", NAME, nullable=False),
        sa.Column("error_code", NAME, nullable=False),
        sa.Column("info", LONG),
        sa.Column("vendor_id", LONG),
        sa.Column("vendor_error_code", LONG),
        sa.Column("changed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_connector_statuses"),
    )
    op.create_index(
        "ix_connector_statuses_charge_point_id_connector_id_number",
        "connector_statuses",
        ["charge_point_id", "connector_id", "number"],
    )
    op.create_index("ix_connector_statuses_charge_point_id_number", "connector_statuses", ["charge_point_id", "number"])
    _table(
        "connectors",
        _charge_point("connectors"),
        sa.Column("connector_id", sa.Integer, nullable=False),
        sa.Column(
            "status_number",
            BIG,
            sa.ForeignKey("connector_statuses.number", name="fk_connectors_status_number"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("charge_point_id", "connector_id", name="pk_connectors"),
    )


def _make_charging() -> None:
    _table(
        "id_tags",
        sa.Column("id_tag_key", NAME, nullable=False),
        sa.Column("id_tag", NAME, nullable=False),
        sa.Column("status", NAME, nullable=False),
        sa.Column("expires_at", TIME),
        sa.Column("parent_id_tag", NAME),
        sa.Column("max_active_transactions", sa.Integer),
        sa.PrimaryKeyConstraint("id_tag_key", name="pk_id_tags"),
    )
    _table(
        "transactions",
        sa.Column("transaction_id", BIG, nullable=False, autoincrement=False),
        _charge_point("transactions"),
        sa.Column("connector_id", sa.Integer, nullable=False),
        sa.Column("id_tag", NAME, nullable=False),
        sa.Column("id_tag_key", NAME, nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("meter_start_wh", BIG, nullable=False),
        sa.Column("reservation_id", BIG),
        sa.Column("stopped_at", TIME),
        sa.Column("meter_stop_wh", BIG),
        sa.Column("stop_id_tag", NAME),
        sa.Column("stop_reason", NAME),
        sa.Column("problem", LONG),
        sa.CheckConstraint("transaction_id BETWEEN 1 AND 2147483647", name=op.f("ck_transactions_id")),
        sa.PrimaryKeyConstraint("transaction_id", name="pk_transactions"),
        sa.UniqueConstraint(
            "charge_point_id", "connector_id", "id_tag_key", "started_at", "meter_start_wh", name="uq_transactions"
        ),
    )
    op.create_index(
        "ix_transactions_charge_point_id_transaction_id", "transactions", ["charge_point_id", "transaction_id"]
    )
    op.create_index("ix_transactions_id_tag_key_transaction_id", "transactions", ["id_tag_key", "transaction_id"])
    _index("ix_transactions_running", "transactions", ["stopped_at", "transaction_id"], where="stopped_at IS NULL")
    _index("ix_transactions_running_id_tag", "transactions", ["id_tag_key", "stopped_at"], where="stopped_at IS NULL")
    _table(
        "refused_stops",
        sa.Column("number", BIG, nullable=False, autoincrement=False),
        sa.Column("received_at", TIME, nullable=False),
        _charge_point("refused_stops"),
        sa.Column("transaction_id", BIG, nullable=False),
        sa.Column("stopped_at", TIME, nullable=False),
        sa.Column("meter_stop_wh", BIG, nullable=False),
        sa.Column("id_tag", NAME),
        sa.Column("reason", NAME),
        sa.Column("why", LONG, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_refused_stops"),
        sa.UniqueConstraint(
            "charge_point_id", "transaction_id", "stopped_at", "meter_stop_wh", name="uq_refused_stops"
        ),
    )
    op.create_index("ix_refused_stops_charge_point_id_number", "refused_stops", ["charge_point_id", "number"])
    _table(
        "samples",
        sa.Column("number", BIG, nullable=False, autoincrement=False),
        _charge_point_in_blocks(),
        sa.Column("connector_id", sa.Integer, nullable=False),
        sa.Column("transaction_id", BIG),
        sa.Column("sampled_at", TIME, nullable=False),
        sa.Column("value", LONG, nullable=False),
        sa.Column("context", NAME),
        sa.Column("format", NAME),
        sa.Column("measurand", NAME),
        sa.Column("phase", NAME),
        sa.Column("location", NAME),
        sa.Column("unit", NAME),
        sa.PrimaryKeyConstraint("number", name="pk_samples"),
    )
    _blocks("sample_blocks")
    _table(
        "sample_runs",
        sa.Column("block", sa.Integer, nullable=False),
        _charge_point_in_blocks(),
        sa.Column("first_number", BIG, nullable=False),
        sa.Column("last_number", BIG, nullable=False),
        sa.PrimaryKeyConstraint("block", "charge_point_id", "first_number", name="pk_sample_runs"),
        sqlite_with_rowid=False,
    )
    _table(
        "sample_requests",
        sa.Column("sampled_at", TIME, nullable=False),
        _charge_point_in_blocks(),
        sa.Column("digest", DIGEST, nullable=False),
        sa.PrimaryKeyConstraint("sampled_at", "charge_point_id", "digest", name="pk_sample_requests"),
        sqlite_with_rowid=False,
    )
    _table(
        "sampled_transactions",
        sa.Column("transaction_id", BIG, nullable=False),
        _charge_point("sampled_transactions"),
        sa.Column("first_number", BIG, nullable=False),
        sa.Column("last_number", BIG, nullable=False),
        sa.PrimaryKeyConstraint("transaction_id", "charge_point_id", name="pk_sampled_transactions"),
    )
    _table(
        "reservations",
        _charge_point("reservations"),
        sa.Column("reservation_id", BIG, nullable=False),
        sa.Column("connector_id", sa.Integer, nullable=False),
        sa.Column("id_tag", NAME, nullable=False),
        sa.Column("parent_id_tag", NAME),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("state", NAME, nullable=False),
        sa.PrimaryKeyConstraint("charge_point_id", "reservation_id", name="pk_reservations"),
    )
    op.create_index("ix_reservations_state_expires_at", "reservations", ["state", "expires_at"])


def _make_calls() -> None:
    for queue in ("commands", "requests"):
        _make_queue(queue)
    _table(
        "call_lanes",
        sa.Column("queue", EXACT, nullable=False),
        _charge_point("call_lanes"),
        sa.PrimaryKeyConstraint("queue", "charge_point_id", name="pk_call_lanes"),
    )
    _table(
        "exchanges",
        sa.Column("number", BIG, nullable=False, autoincrement=False),
        _charge_point("exchanges"),
        sa.Column("kind", EXACT, nullable=False),
        sa.Column("key", EXACT, nullable=False),
        sa.Column("connector_id", sa.Integer, nullable=False),
        sa.Column("state", NAME, nullable=False),
        sa.Column("data", LONG, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_exchanges"),
        sa.UniqueConstraint("charge_point_id", "kind", "key", name="uq_exchanges"),
    )
    op.create_index("ix_exchanges_charge_point_id_number", "exchanges", ["charge_point_id", "number"])
    op.create_index("ix_exchanges_state_number", "exchanges", ["state", "number"])


def _make_local_lists() -> None:
    _table(
        "configuration",
        _charge_point("configuration"),
        sa.Column("name_key", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("value", LONG),
        sa.Column("readonly", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("charge_point_id", "name_key", name="pk_configuration"),
    )
    _table(
        "local_lists",
        _charge_point("local_lists"),
        sa.Column("version", BIG, nullable=False),
        sa.Column("hash", LONG),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("charge_point_id", name="pk_local_lists"),
    )
    _table(
        "listed_tags",
        _charge_point("listed_tags"),
        sa.Column("id_tag_key", NAME, nullable=False),
        sa.Column("id_tag", NAME, nullable=False),
        sa.Column("status", NAME),
        sa.Column("expires_at", TIME),
        sa.Column("parent_id_tag", NAME),
        sa.PrimaryKeyConstraint("charge_point_id", "id_tag_key", name="pk_listed_tags"),
    )
    _table(
        "cached_tags",
        _charge_point("cached_tags"),
        sa.Column("id_tag_key", NAME, nullable=False),
        sa.Column("id_tag", NAME, nullable=False),
        sa.Column("status", NAME, nullable=False),
        sa.Column("expires_at", TIME),
        sa.Column("parent_id_tag", NAME),
        sa.Column("cached_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("charge_point_id", "id_tag_key", name="pk_cached_tags"),
    )
    op.create_index("ix_cached_tags_charge_point_id_cached_at", "cached_tags", ["charge_point_id", "cached_at"])


def _make_the_rest() -> None:
    _table(
        "notifications",
        sa.Column("number", BIG, nullable=False, autoincrement=False),
        sa.Column("at", TIME, nullable=False),
        _charge_point("notifications", nullable=True),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("text", LONG, nullable=False),
        sa.Column("read_at", TIME),
        sa.PrimaryKeyConstraint("number", name="pk_notifications"),
    )
    op.create_index("ix_notifications_charge_point_id_number", "notifications", ["charge_point_id", "number"])
    _index("ix_notifications_unread", "notifications", ["read_at", "number"], where="read_at IS NULL")
    _table(
        "messages",
        sa.Column("number", BIG, nullable=False, autoincrement=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("direction", NAME, nullable=False),
        _charge_point_in_blocks(),
        sa.Column("identity", NAME, nullable=False),
        sa.Column("version", NAME),
        sa.Column("operation", NAME, nullable=False),
        sa.Column("request", LONG, nullable=False),
        sa.Column("reply", LONG),
        sa.Column("fault", LONG),
        sa.Column("message_id", LONG),
        sa.Column("deviations", LONG),
        sa.Column("peer_host", LONG),
        sa.Column("callback_address", LONG),
        sa.Column("block", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_messages"),
    )
    op.create_index("ix_messages_at_number", "messages", ["at", "number"])
    op.create_index("ix_messages_block_charge_point_id_number", "messages", ["block", "charge_point_id", "number"])
    _blocks("message_blocks")
    op.create_index("ix_messages_operation_number", "messages", ["operation", "number"])
    _table(
        "settings",
        sa.Column("key", EXACT, nullable=False),
        sa.Column("value", LONG, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_settings"),
    )
    _table(
        "sequences",
        sa.Column("name", EXACT, nullable=False),
        sa.Column("last", BIG, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_sequences"),
    )


def _make_queue(name: str) -> None:
    _table(
        name,
        sa.Column("number", BIG, nullable=False, autoincrement=False),
        _charge_point(name),
        sa.Column("key", EXACT, nullable=False),
        sa.Column("operation", NAME, nullable=False),
        sa.Column("request", LONG, nullable=False),
        sa.Column("ordered", sa.Boolean, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME),
        sa.Column("state", NAME, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("not_before", TIME),
        sa.Column("worker", NAME),
        sa.Column("lease_until", TIME),
        sa.Column("reply", LONG),
        sa.Column("error", LONG),
        sa.Column("ended_at", TIME),
        sa.PrimaryKeyConstraint("number", name=f"pk_{name}"),
        sa.UniqueConstraint("charge_point_id", "key", name=f"uq_{name}"),
    )
    op.create_index(f"ix_{name}_charge_point_id_number", name, ["charge_point_id", "number"])
    op.create_index(f"ix_{name}_charge_point_id_state_number", name, ["charge_point_id", "state", "number"])
    op.create_index(f"ix_{name}_state_number", name, ["state", "number"])


def _charge_point(table: str, *, nullable: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey("charge_points.charge_point_id", name=f"fk_{table}_charge_point_id")
    return sa.Column("charge_point_id", BIG, key, nullable=nullable, autoincrement=False)


def _charge_point_in_blocks() -> sa.Column[int]:
    return sa.Column("charge_point_id", BIG, nullable=False, autoincrement=False)


def _blocks(name: str) -> None:
    _table(
        name,
        _charge_point(name),
        sa.Column("block", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("charge_point_id", "block", name=f"pk_{name}"),
    )


def _index(name: str, table: str, columns: list[str], *, where: str) -> None:
    """Keep an index to some rows where the database can."""
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _table(name: str, *items: SchemaItem, sqlite_with_rowid: bool = True) -> None:
    op.create_table(
        name,
        *items,
        sqlite_with_rowid=sqlite_with_rowid,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate=_BINARY,
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
        mariadb_collate=_BINARY,
    )
