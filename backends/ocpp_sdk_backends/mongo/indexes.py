"""The indexes of all collections, made when a store is opened; the unique ones are what makes verbs idempotent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

from pymongo import IndexModel

from ocpp_sdk.storage.calls import Queue
from ocpp_sdk_backends.mongo.connection import Connection

__all__ = ["COLLECTIONS", "make_indexes"]

_Indexes: TypeAlias = Sequence[IndexModel]


def _by(*names: str) -> IndexModel:
    return IndexModel([(name, 1) for name in names])


def _unique(*names: str) -> IndexModel:
    return IndexModel([(name, 1) for name in names], unique=True)


def _where(field: str, *names: str, unique: bool = False) -> IndexModel:
    """Return an index of the documents that have a field."""
    keys = [(name, 1) for name in names]
    return IndexModel(keys, unique=unique, partialFilterExpression={field: {"$exists": True}})


_CALLS: Final[_Indexes] = (
    _unique("charge_point", "key"),
    _where("in_flight", "charge_point", unique=True),
    _by("state", "_id"),
    _by("state", "ended_at"),
    _by("charge_point", "_id"),
    _by("charge_point", "ordered", "state", "_id"),
    _where("expires_at", "state", "expires_at"),
    _where("expired_by", "expired_by"),
)

COLLECTIONS: Final[Mapping[str, _Indexes]] = MappingProxyType(
    {
        "cached_tags": (_by("charge_point", "tag"), _by("charge_point", "cached_at")),
        "charge_points": (),
        "configuration": (),
        "connectors": (_by("charge_point", "connector_id"), _by("number")),
        "exchanges": (
            _unique("charge_point", "kind", "key"),
            _by("charge_point", "_id"),
            _by("state", "_id"),
            _by("state", "changed_at"),
        ),
        "id_tags": (),
        "listed_tags": (_by("generation", "tag"), _by("charge_point", "generation")),
        "local_lists": (),
        "messages": (_by("charge_point", "_id"), _by("operation", "_id"), _by("at", "_id")),
        "notifications": (_by("charge_point", "_id"), _where("unread", "unread", "_id")),
        "refused_stops": (
            _unique("charge_point", "stop.transaction_id", "stop.stopped_at", "stop.meter_stop_wh"),
            _by("charge_point", "_id"),
        ),
        "reservations": (
            _by("charge_point", "reservation_id"),
            _by("state", "expires_at"),
            _where("expired_by", "expired_by"),
        ),
        "samples": (
            _where("digest", "charge_point", "sampled_at", "digest", unique=True),
            _by("charge_point", "_id"),
            _by("charge_point", "samples.connector_id", "_id"),
            _by("samples.transaction_id", "_id"),
        ),
        "settings": (),
        "status_history": (_by("charge_point", "_id"), _by("charge_point", "connector_id", "_id")),
        "transactions": (
            _unique("charge_point", "start.started_at", "start.connector_id", "start.meter_start_wh", "tag"),
            _by("charge_point", "_id"),
            _by("tag", "_id"),
            _where("running", "running", "_id"),
            _where("running", "tag", "running"),
            _where("running", "charge_point", "running", "_id"),
        ),
        **{queue.value: _CALLS for queue in Queue},
    }
)
"""All collections but `sequences` and `store`, whose documents are found by `_id` alone."""


async def make_indexes(connection: Connection) -> None:
    """Make the indexes that are not there yet."""
    indexed = [(name, list(indexes)) for name, indexes in COLLECTIONS.items() if indexes]
    await asyncio.gather(*(connection.durable(name).create_indexes(indexes) for name, indexes in indexed))
