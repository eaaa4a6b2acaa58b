"""The tables, made to be read by people and reports.

Identities and id tags stand in two columns: as they were first spelled, and folded as `..._key`, which is compared.
Numbers of rows come from `sequences`, not from the database, because then they follow the order of the commits, can be
copied to another database, and are known before a row is sent.

Samples and messages are added all the time, each of another charge point, and each place at which an index grows costs
a page to write. So what they are indexed by grows at few places: requests that brought samples are ordered by time
first, and rows by `block`, which counts on with each 4096 numbers. A request brings several samples, whose numbers
follow each other: it is these runs that are indexed. To read the samples of a charge point, join the blocks that have
some, and the runs in them:

    SELECT samples.* FROM sample_blocks JOIN sample_runs USING (block, charge_point_id)
    JOIN samples ON number BETWEEN first_number AND last_number
    WHERE sample_blocks.charge_point_id = 7 ORDER BY block, number

A database looks up each key that refers to another table, row by row: that took a fifth of the time of a sample in
PostgreSQL. So samples, their runs and requests, and messages do not refer to `charge_points` themselves; the few rows
of their blocks do, and hold a charge point as long as it has any.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    UniqueConstraint,
)

from ocpp_sdk_backends.sql.call_tables import call_lanes, commands, requests
from ocpp_sdk_backends.sql.columns import (
    BIG,
    DIGEST,
    EXACT,
    LONG,
    NAME,
    UtcTime,
    blocks,
    charge_point,
    charge_point_in_blocks,
    metadata,
    number,
    table,
)

__all__ = [
    "cached_tags",
    "call_lanes",
    "charge_points",
    "commands",
    "configuration",
    "connector_statuses",
    "connectors",
    "deviation_counts",
    "exchanges",
    "id_tags",
    "listed_tags",
    "local_lists",
    "message_blocks",
    "messages",
    "metadata",
    "notifications",
    "refused_stops",
    "requests",
    "reservations",
    "sample_blocks",
    "sample_requests",
    "sample_runs",
    "sampled_transactions",
    "samples",
    "sequences",
    "settings",
    "transactions",
]

sequences: Final = table(
    "sequences",
    Column("name", EXACT, primary_key=True),
    Column("last", BIG, nullable=False),
)

charge_points: Final = table(
    "charge_points",
    number("charge_point_id"),
    Column("identity", NAME, nullable=False),
    Column("identity_key", NAME, nullable=False),
    Column("version", NAME),
    Column("registration", NAME),
    Column("booted_at", UtcTime),
    Column("vendor", LONG),
    Column("model", LONG),
    Column("charge_point_serial_number", LONG),
    Column("charge_box_serial_number", LONG),
    Column("firmware_version", LONG),
    Column("iccid", LONG),
    Column("imsi", LONG),
    Column("meter_type", LONG),
    Column("meter_serial_number", LONG),
    Column("advertised_address", LONG),
    Column("observed_host", LONG),
    Column("operator_address", LONG),
    Column("first_seen", UtcTime, nullable=False),
    Column("last_seen", UtcTime, nullable=False),
    Column("firmware_status", NAME),
    Column("firmware_status_at", UtcTime),
    Column("diagnostics_status", NAME),
    Column("diagnostics_status_at", UtcTime),
    UniqueConstraint("identity_key"),
)

deviation_counts: Final = table(
    "deviation_counts",
    charge_point(),
    Column("kind", NAME, nullable=False),
    Column("occurrences", BIG, nullable=False),
    PrimaryKeyConstraint("charge_point_id", "kind"),
)

connector_statuses: Final = table(
    "connector_statuses",
    number(),
    charge_point(),
    Column("connector_id", Integer, nullable=False),
    Column("status", NAME, nullable=False),
    Column("error_code", NAME, nullable=False),
    Column("info", LONG),
    Column("vendor_id", LONG),
    Column("vendor_error_code", LONG),
    Column("changed_at", UtcTime, nullable=False),
    Index(None, "charge_point_id", "connector_id", "number"),
    Index(None, "charge_point_id", "number"),
)
"""The whole history."""

connectors: Final = table(
    "connectors",
    charge_point(),
    Column("connector_id", Integer, nullable=False),
    Column("status_number", BIG, ForeignKey("connector_statuses.number"), nullable=False),
    PrimaryKeyConstraint("charge_point_id", "connector_id"),
)
"""Which status of each connector is in place."""

id_tags: Final = table(
    "id_tags",
    Column("id_tag_key", NAME, primary_key=True),
    Column("id_tag", NAME, nullable=False),
    Column("status", NAME, nullable=False),
    Column("expires_at", UtcTime),
    Column("parent_id_tag", NAME),
    Column("max_active_transactions", Integer),
)

transactions: Final = table(
    "transactions",
    number("transaction_id"),
    charge_point(),
    Column("connector_id", Integer, nullable=False),
    Column("id_tag", NAME, nullable=False),
    Column("id_tag_key", NAME, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("meter_start_wh", BIG, nullable=False),
    Column("reservation_id", BIG),
    Column("stopped_at", UtcTime),
    Column("meter_stop_wh", BIG),
    Column("stop_id_tag", NAME),
    Column("stop_reason", NAME),
    Column("problem", LONG),
    UniqueConstraint("charge_point_id", "connector_id", "id_tag_key", "started_at", "meter_start_wh"),
    CheckConstraint("transaction_id BETWEEN 1 AND 2147483647", name="id"),
    Index(None, "charge_point_id", "transaction_id"),
    Index(None, "id_tag_key", "transaction_id"),
)

_running = transactions.c.stopped_at.is_(None)
Index(
    "ix_transactions_running",
    transactions.c.stopped_at,
    transactions.c.transaction_id,
    sqlite_where=_running,
    postgresql_where=_running,
)
Index(
    "ix_transactions_running_id_tag",
    transactions.c.id_tag_key,
    transactions.c.stopped_at,
    sqlite_where=_running,
    postgresql_where=_running,
)

refused_stops: Final = table(
    "refused_stops",
    number(),
    Column("received_at", UtcTime, nullable=False),
    charge_point(),
    Column("transaction_id", BIG, nullable=False),
    Column("stopped_at", UtcTime, nullable=False),
    Column("meter_stop_wh", BIG, nullable=False),
    Column("id_tag", NAME),
    Column("reason", NAME),
    Column("why", LONG, nullable=False),
    UniqueConstraint("charge_point_id", "transaction_id", "stopped_at", "meter_stop_wh"),
    Index(None, "charge_point_id", "number"),
)


samples: Final = table(
    "samples",
    number(),
    charge_point_in_blocks(),
    Column("connector_id", Integer, nullable=False),
    Column("transaction_id", BIG),
    Column("sampled_at", UtcTime, nullable=False),
    Column("value", LONG, nullable=False),
    Column("context", NAME),
    Column("format", NAME),
    Column("measurand", NAME),
    Column("phase", NAME),
    Column("location", NAME),
    Column("unit", NAME),
)

sample_blocks: Final = blocks("sample_blocks")
"""Which blocks have samples of a charge point."""

sample_runs: Final = table(
    "sample_runs",
    Column("block", Integer, nullable=False),
    charge_point_in_blocks(),
    Column("first_number", BIG, nullable=False),
    Column("last_number", BIG, nullable=False),
    PrimaryKeyConstraint("block", "charge_point_id", "first_number"),
    sqlite_with_rowid=False,
)
"""Between which numbers of a block all samples are of one charge point."""

sampled_transactions: Final = table(
    "sampled_transactions",
    Column("transaction_id", BIG, nullable=False),
    charge_point(),
    Column("first_number", BIG, nullable=False),
    Column("last_number", BIG, nullable=False),
    PrimaryKeyConstraint("transaction_id", "charge_point_id"),
)
"""Between which numbers the samples of a transaction stand, among those of the charge point that sent them.

`last_number` is ahead of them, so that it is seldom written.
"""

sample_requests: Final = table(
    "sample_requests",
    Column("sampled_at", UtcTime, nullable=False),
    charge_point_in_blocks(),
    Column("digest", DIGEST, nullable=False),
    PrimaryKeyConstraint("sampled_at", "charge_point_id", "digest"),
    sqlite_with_rowid=False,
)
"""Which requests with samples were stored, to know them when they come again."""

reservations: Final = table(
    "reservations",
    charge_point(),
    Column("reservation_id", BIG, nullable=False),
    Column("connector_id", Integer, nullable=False),
    Column("id_tag", NAME, nullable=False),
    Column("parent_id_tag", NAME),
    Column("expires_at", UtcTime, nullable=False),
    Column("state", NAME, nullable=False),
    PrimaryKeyConstraint("charge_point_id", "reservation_id"),
    Index(None, "state", "expires_at"),
)


exchanges: Final = table(
    "exchanges",
    number(),
    charge_point(),
    Column("kind", EXACT, nullable=False),
    Column("key", EXACT, nullable=False),
    Column("connector_id", Integer, nullable=False),
    Column("state", NAME, nullable=False),
    Column("data", LONG, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    UniqueConstraint("charge_point_id", "kind", "key"),
    Index(None, "charge_point_id", "number"),
    Index(None, "state", "number"),
)

configuration: Final = table(
    "configuration",
    charge_point(),
    Column("name_key", NAME, nullable=False),
    Column("name", NAME, nullable=False),
    Column("value", LONG),
    Column("readonly", Boolean, nullable=False),
    PrimaryKeyConstraint("charge_point_id", "name_key"),
)

local_lists: Final = table(
    "local_lists",
    Column("charge_point_id", BIG, ForeignKey("charge_points.charge_point_id"), primary_key=True, autoincrement=False),
    Column("version", BIG, nullable=False),
    Column("hash", LONG),
    Column("updated_at", UtcTime, nullable=False),
)

listed_tags: Final = table(
    "listed_tags",
    charge_point(),
    Column("id_tag_key", NAME, nullable=False),
    Column("id_tag", NAME, nullable=False),
    Column("status", NAME),
    Column("expires_at", UtcTime),
    Column("parent_id_tag", NAME),
    PrimaryKeyConstraint("charge_point_id", "id_tag_key"),
)

cached_tags: Final = table(
    "cached_tags",
    charge_point(),
    Column("id_tag_key", NAME, nullable=False),
    Column("id_tag", NAME, nullable=False),
    Column("status", NAME, nullable=False),
    Column("expires_at", UtcTime),
    Column("parent_id_tag", NAME),
    Column("cached_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("charge_point_id", "id_tag_key"),
    Index(None, "charge_point_id", "cached_at"),
)

notifications: Final = table(
    "notifications",
    number(),
    Column("at", UtcTime, nullable=False),
    charge_point(nullable=True),
    Column("kind", NAME, nullable=False),
    Column("text", LONG, nullable=False),
    Column("read_at", UtcTime),
    Index(None, "charge_point_id", "number"),
)

_unread = notifications.c.read_at.is_(None)
Index(
    "ix_notifications_unread",
    notifications.c.read_at,
    notifications.c.number,
    sqlite_where=_unread,
    postgresql_where=_unread,
)

messages: Final = table(
    "messages",
    number(),
    Column("at", UtcTime, nullable=False),
    Column("direction", NAME, nullable=False),
    charge_point_in_blocks(),
    Column("identity", NAME, nullable=False),
    Column("version", NAME),
    Column("operation", NAME, nullable=False),
    Column("request", LONG, nullable=False),
    Column("reply", LONG),
    Column("fault", LONG),
    Column("message_id", LONG),
    Column("deviations", LONG),
    Column("peer_host", LONG),
    Column("callback_address", LONG),
    Column("block", Integer, nullable=False),
    Index(None, "block", "charge_point_id", "number"),
    Index(None, "operation", "number"),
    Index(None, "at", "number"),
)
"""`deviations` is a list in JSON, none if there are none."""

message_blocks: Final = blocks("message_blocks")
"""Which blocks have messages of a charge point."""

settings: Final = table(
    "settings",
    Column("key", EXACT, primary_key=True),
    Column("value", LONG, nullable=False),
)
