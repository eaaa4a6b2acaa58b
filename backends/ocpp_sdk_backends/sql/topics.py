"""Which rows hold the records of each topic, and how they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, cast

from sqlalchemy import Connection, Row, Select, Table, select

from ocpp_sdk.storage.calls import Queue
from ocpp_sdk.storage.configuration import ConfigurationKey
from ocpp_sdk.storage.connectors import ConnectorStatus
from ocpp_sdk.storage.id_tags import IdTagRecord
from ocpp_sdk.storage.local_list import CachedTag, ListedTag, LocalList
from ocpp_sdk.storage.metering import MeterSample
from ocpp_sdk.storage.notifications import Notification
from ocpp_sdk.storage.transfer import (
    OwnedCachedTag,
    OwnedKey,
    OwnedListedTag,
    SampleRequest,
    Setting,
    Topic,
    TransferRecord,
)
from ocpp_sdk_backends.sql import tables
from ocpp_sdk_backends.sql.calls import call_from
from ocpp_sdk_backends.sql.charge_points import charge_points_from
from ocpp_sdk_backends.sql.exchanges import exchange_from
from ocpp_sdk_backends.sql.local_lists import lists
from ocpp_sdk_backends.sql.messages import message_from
from ocpp_sdk_backends.sql.reservations import reservation_from
from ocpp_sdk_backends.sql.transactions import refused_stop_from, transaction_from

__all__ = ["TOPICS", "Shape", "read_records"]


@dataclass(frozen=True, slots=True)
class Shape:
    """Where the records of a topic are.

    Attributes:
        table: one row a record.
        key: columns of its primary key.
        read: makes the record of a row of `selected`.
        owned: whether the record has the identity of a charge point that is not a column of the table.
        optional: whether it may have none.
        statement: selects the rows, if not all columns are.
    """

    table: Table
    key: tuple[str, ...]
    read: Callable[[Row[Any]], TransferRecord]
    owned: bool = True
    optional: bool = False
    statement: Callable[[], Select[Any]] | None = None

    def selected(self) -> Select[Any]:
        """Return the statement that reads all rows."""
        if self.statement is not None:
            return self.statement()
        if not self.owned:
            return select(self.table)
        owners = tables.charge_points
        same = owners.c.charge_point_id == self.table.c.charge_point_id
        return select(self.table, owners.c.identity).join_from(self.table, owners, same, isouter=self.optional)


def _plain(kind: type[Any]) -> Callable[[Row[Any]], Any]:
    """Return what makes a record whose fields are columns."""
    names = tuple(kind.__dataclass_fields__)

    def read(row: Row[Any]) -> object:
        values = row._mapping
        return kind(**{name: values[name] for name in names})

    return read


def _within(owned: Callable[..., Any], kind: type[Any]) -> Callable[[Row[Any]], Any]:
    """Return what makes a record within another one that has the identity."""
    item = _plain(kind)
    return lambda row: owned(identity=row.identity, item=item(row))


def _owned_key(row: Row[Any]) -> OwnedKey:
    item = ConfigurationKey(key=row.name, value=row.value, readonly=row.readonly)
    return OwnedKey(identity=row.identity, item=item)


def _sample_request(row: Row[Any]) -> SampleRequest:
    return SampleRequest(identity=row.identity, sampled_at=row.sampled_at, digest=bytes(row.digest).hex())


def _unreadable(_: Row[Any]) -> TransferRecord:
    raise NotImplementedError("charge points are read together with their counts")


_OF_TAG: Final = ("charge_point_id", "id_tag_key")

TOPICS: Final[Mapping[Topic, Shape]] = MappingProxyType(
    {
        Topic.CHARGE_POINTS: Shape(tables.charge_points, ("identity_key",), _unreadable, owned=False),
        Topic.CONNECTOR_STATUSES: Shape(tables.connector_statuses, ("number",), _plain(ConnectorStatus)),
        Topic.ID_TAGS: Shape(tables.id_tags, ("id_tag_key",), _plain(IdTagRecord), owned=False),
        Topic.TRANSACTIONS: Shape(tables.transactions, ("transaction_id",), transaction_from),
        Topic.REFUSED_STOPS: Shape(tables.refused_stops, ("number",), refused_stop_from),
        Topic.SAMPLES: Shape(tables.samples, ("number",), _plain(MeterSample)),
        Topic.SAMPLE_REQUESTS: Shape(
            tables.sample_requests, ("sampled_at", "charge_point_id", "digest"), _sample_request
        ),
        Topic.RESERVATIONS: Shape(tables.reservations, ("charge_point_id", "reservation_id"), reservation_from),
        Topic.COMMANDS: Shape(tables.commands, ("number",), lambda row: call_from(row, Queue.COMMANDS)),
        Topic.REQUESTS: Shape(tables.requests, ("number",), lambda row: call_from(row, Queue.REQUESTS)),
        Topic.EXCHANGES: Shape(tables.exchanges, ("number",), exchange_from),
        Topic.CONFIGURATION: Shape(tables.configuration, ("charge_point_id", "name_key"), _owned_key),
        Topic.LOCAL_LISTS: Shape(tables.local_lists, ("charge_point_id",), _plain(LocalList), statement=lists),
        Topic.LISTED_TAGS: Shape(tables.listed_tags, _OF_TAG, _within(OwnedListedTag, ListedTag)),
        Topic.CACHED_TAGS: Shape(tables.cached_tags, _OF_TAG, _within(OwnedCachedTag, CachedTag)),
        Topic.NOTIFICATIONS: Shape(tables.notifications, ("number",), _plain(Notification), optional=True),
        Topic.MESSAGES: Shape(tables.messages, ("number",), message_from, owned=False),
        Topic.SETTINGS: Shape(tables.settings, ("key",), _plain(Setting), owned=False),
    }
)
"""All topics but the sequences, of which not every row is a record."""


def read_records(connection: Connection, topic: Topic, rows: Sequence[Row[Any]]) -> list[TransferRecord]:
    """Make the records of rows."""
    if topic is Topic.CHARGE_POINTS:
        return cast("list[TransferRecord]", charge_points_from(connection, rows))
    read = TOPICS[topic].read
    return [read(row) for row in rows]
