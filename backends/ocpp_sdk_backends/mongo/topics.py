"""Where the records of each topic are kept, for those topics that have one document a record."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from bson import ObjectId

from ocpp_sdk.storage.calls import Queue, QueuedCall
from ocpp_sdk.storage.charge_points import ChargePointRecord
from ocpp_sdk.storage.folding import fold
from ocpp_sdk.storage.id_tags import IdTagRecord
from ocpp_sdk.storage.invariants import identity_of
from ocpp_sdk.storage.local_list import CachedTag
from ocpp_sdk.storage.messages import WireMessage
from ocpp_sdk.storage.notifications import Notification
from ocpp_sdk.storage.plc import PlcExchange
from ocpp_sdk.storage.reservations import Reservation
from ocpp_sdk.storage.transactions import RefusedStop, TransactionRecord
from ocpp_sdk.storage.transfer import OwnedCachedTag, SampleRequest, Setting, Topic, TransferRecord
from ocpp_sdk_backends.mongo.cache import stored_tag
from ocpp_sdk_backends.mongo.calls import stored_call
from ocpp_sdk_backends.mongo.documents import Document, document, restored
from ocpp_sdk_backends.mongo.messages import stored_message
from ocpp_sdk_backends.mongo.notifications import stored_notification
from ocpp_sdk_backends.mongo.plc import stored_exchange
from ocpp_sdk_backends.mongo.reservations import stored_reservation
from ocpp_sdk_backends.mongo.transactions import restored_transaction, stored_refused_stop, stored_transaction

__all__ = ["TOPICS", "Kept", "owner_of", "stored_request"]

_TIMES: Final = ("at", "sampled_at", "changed_at", "created_at", "updated_at", "received_at")
"""Fields that tell when something about a charge point was stored."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How the records of a topic are kept.

    Attributes:
        collection: its name.
        store: makes a document of a record, given the folded identity of its charge point.
        restore: makes the record of a document.
        order: the fields by which documents are dumped, which are unique together.
        wanted: a filter of the documents that count.
        sequence: whose numbers the documents have as `_id`; None if they have none.
    """

    collection: str
    store: Callable[[Any, str], Document]
    restore: Callable[[Document], TransferRecord]
    order: tuple[str, ...] = ("_id",)
    wanted: Mapping[str, object] = field(default_factory=dict)
    sequence: str | None = None

    def place(self, found: Document) -> str:
        """Return what `behind` takes to read on from a document."""
        return json.dumps([found[name] for name in self.order])

    def behind(self, place: str | None) -> Document:
        """Return a filter of the documents that come after a place."""
        if place is None:
            return dict(self.wanted)
        values = json.loads(place)
        return {**self.wanted, "$or": [_behind(self.order, values, depth) for depth in range(len(self.order))]}


def _behind(order: tuple[str, ...], values: list[Any], depth: int) -> Document:
    same = dict(zip(order[:depth], values, strict=False))
    return {**same, order[depth]: {"$gt": values[depth]}}


def owner_of(record: TransferRecord) -> tuple[str, datetime] | None:
    """Return the charge point that a record belongs to and the time of the record, None if it belongs to none."""
    identity = identity_of(record)
    if identity is None:
        return None
    if isinstance(record, TransactionRecord):
        return identity, record.start.started_at
    times = (getattr(record, name, None) for name in _TIMES)
    return identity, next((at for at in times if at is not None), datetime.now(UTC))


def stored_request(request: SampleRequest, folded: str) -> Document:
    """Return the document of a request whose samples are not known: they are loaded by themselves."""
    return {"_id": ObjectId(), "charge_point": folded, **document(request), "samples": []}


def _numbered(kind: Callable[..., TransferRecord]) -> Callable[[Document], TransferRecord]:
    return lambda found: restored(kind, found, number=int(found["_id"]))  # type: ignore[arg-type]  # a record type


def _cached(found: Document) -> OwnedCachedTag:
    return OwnedCachedTag(identity=found["identity"], item=restored(CachedTag, found))


def _call(queue: Queue) -> Kept:
    return Kept(
        queue.value,
        stored_call,
        lambda found: restored(QueuedCall, found, number=int(found["_id"]), queue=queue),
        sequence=queue.value,
    )


TOPICS: Final[Mapping[Topic, Kept]] = MappingProxyType(
    {
        Topic.CHARGE_POINTS: Kept(
            "charge_points",
            lambda record, folded: {"_id": folded, **document(record)},
            lambda found: restored(ChargePointRecord, found),
        ),
        Topic.ID_TAGS: Kept(
            "id_tags",
            lambda record, _: {"_id": fold(record.id_tag), **document(record)},
            lambda found: restored(IdTagRecord, found),
        ),
        Topic.TRANSACTIONS: Kept("transactions", stored_transaction, restored_transaction, sequence="transaction_id"),
        Topic.REFUSED_STOPS: Kept(
            "refused_stops", stored_refused_stop, _numbered(RefusedStop), sequence="refused_stops"
        ),
        Topic.SAMPLE_REQUESTS: Kept(
            "samples",
            stored_request,
            lambda found: restored(SampleRequest, found),
            ("charge_point", "sampled_at", "digest"),
            wanted={"digest": {"$exists": True}},
        ),
        Topic.RESERVATIONS: Kept(
            "reservations",
            stored_reservation,
            lambda found: restored(Reservation, found),
            ("charge_point", "reservation_id"),
        ),
        Topic.COMMANDS: _call(Queue.COMMANDS),
        Topic.REQUESTS: _call(Queue.REQUESTS),
        Topic.EXCHANGES: Kept("exchanges", stored_exchange, _numbered(PlcExchange), sequence="exchanges"),
        Topic.CACHED_TAGS: Kept(
            "cached_tags",
            lambda record, folded: stored_tag(folded, record.identity, record.item),
            _cached,
            ("charge_point", "tag"),
        ),
        Topic.NOTIFICATIONS: Kept(
            "notifications",
            lambda record, folded: {
                "_id": record.number,
                **({"charge_point": folded} if folded else {}),
                **stored_notification(record),
            },
            _numbered(Notification),
            sequence="notifications",
        ),
        Topic.MESSAGES: Kept(
            "messages",
            lambda record, _: {"_id": record.number, **stored_message(record)},
            _numbered(WireMessage),
            sequence="messages",
        ),
        Topic.SETTINGS: Kept(
            "settings",
            lambda record, _: {"_id": record.key, "value": record.value},
            lambda found: Setting(key=found["_id"], value=found["value"]),
        ),
    }
)
"""The others are looked after by `MongoTransfer` itself."""
