"""The tables of a store: their keys, what is looked up in them, and what must be unique."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from ocpp_sdk.storage.calls import CallState, Queue, QueuedCall
from ocpp_sdk.storage.charge_points import ChargePointRecord
from ocpp_sdk.storage.connectors import ConnectorStatus
from ocpp_sdk.storage.folding import fold, time_text
from ocpp_sdk.storage.id_tags import IdTagRecord
from ocpp_sdk.storage.keyed.numbered import Group, Numbered
from ocpp_sdk.storage.keyed.tables import Keyed
from ocpp_sdk.storage.local_list import LocalList
from ocpp_sdk.storage.messages import WireMessage
from ocpp_sdk.storage.metering import MeterSample
from ocpp_sdk.storage.notifications import Notification
from ocpp_sdk.storage.plc import PlcExchange
from ocpp_sdk.storage.reservations import Reservation
from ocpp_sdk.storage.transactions import RefusedStop, TransactionRecord, TransactionStart, TransactionStop
from ocpp_sdk.storage.transfer import (
    OwnedCachedTag,
    OwnedKey,
    OwnedListedTag,
    SampleRequest,
    SequenceState,
    Setting,
    Topic,
)

__all__ = [
    "LIVE_CALLS",
    "NumberedRequest",
    "Tables",
    "call_unique",
    "exchange_unique",
    "refused_unique",
    "request_unique",
    "start_unique",
]

LIVE_CALLS = frozenset({CallState.WAITING, CallState.CLAIMED})


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedRequest:
    """A request with samples, numbered so that it need not be held in memory."""

    number: int
    request: SampleRequest


def _unique(*parts: object) -> bytes:
    digest = blake2b(digest_size=16)
    for part in parts:
        encoded = str(part).encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.digest()


def start_unique(start: TransactionStart) -> bytes:
    """Return what is the same for equal starts only."""
    return _unique(
        fold(start.identity), start.connector_id, fold(start.id_tag), time_text(start.started_at), start.meter_start_wh
    )


def refused_unique(stop: TransactionStop) -> bytes:
    """Return what is the same for equal stops only."""
    return _unique(fold(stop.identity), stop.transaction_id, time_text(stop.stopped_at), stop.meter_stop_wh)


def request_unique(request: SampleRequest) -> bytes:
    """Return what is the same for equal requests only."""
    return _unique(fold(request.identity), time_text(request.sampled_at), request.digest.casefold())


def call_unique(identity: str, key: str) -> bytes:
    """Return what is the same for equal calls of one queue only."""
    return _unique(fold(identity), key)


def exchange_unique(identity: str, kind: str, key: str) -> bytes:
    """Return what is the same for equal records between PLC and OCPP only."""
    return _unique(fold(identity), kind, key)


def _status_groups(status: ConnectorStatus) -> tuple[Group, ...]:
    identity = fold(status.identity)
    return ("identity", identity), ("connector", identity, status.connector_id)


def _transaction_groups(transaction: TransactionRecord) -> tuple[Group, ...]:
    identity, tag = fold(transaction.start.identity), fold(transaction.start.id_tag)
    groups = ("identity", identity), ("tag", tag)
    if transaction.stop is not None:
        return groups
    return (*groups, "open", ("open identity", identity), ("open tag", tag))


def _sample_groups(sample: MeterSample) -> tuple[Group, ...]:
    identity = fold(sample.identity)
    groups = ("identity", identity), ("connector", identity, sample.connector_id)
    return groups if sample.transaction_id is None else (*groups, ("transaction", sample.transaction_id))


def _call_groups(call: QueuedCall) -> tuple[Group, ...]:
    identity = fold(call.identity)
    groups = ("identity", identity), ("state", call.state), ("state", call.state, identity)
    return (*groups, "live", ("live", identity)) if call.state in LIVE_CALLS else groups


def _message_groups(message: WireMessage) -> tuple[Group, ...]:
    return ("identity", fold(message.identity)), ("operation", message.operation)


def _notification_groups(notification: Notification) -> tuple[Group, ...]:
    about = () if notification.identity is None else (("identity", fold(notification.identity)),)
    return about if notification.read_at is not None else (*about, "unread")


def _number(record: ConnectorStatus | MeterSample | WireMessage | Notification) -> int:
    return record.number or 0


def _calls(queue: Queue) -> Numbered[QueuedCall]:
    return Numbered(
        queue.value,
        QueuedCall,
        lambda call: call.number,
        _call_groups,
        time_of=lambda call: call.ended_at,
        unique_of=lambda call: call_unique(call.identity, call.key),
        is_hot=lambda call: call.state in LIVE_CALLS,
    )


class Tables:
    """All tables of a store."""

    def __init__(self) -> None:
        self.charge_points = Keyed("charge_points", ChargePointRecord, lambda record: (fold(record.identity),))
        self.id_tags = Keyed("id_tags", IdTagRecord, lambda record: (fold(record.id_tag),))
        self.reservations = Keyed(
            "reservations", Reservation, lambda record: (fold(record.identity), record.reservation_id)
        )
        self.configuration = Keyed(
            "configuration", OwnedKey, lambda record: (fold(record.identity), fold(record.item.key))
        )
        self.local_lists = Keyed("local_lists", LocalList, lambda record: (fold(record.identity),))
        self.listed_tags = Keyed(
            "listed_tags", OwnedListedTag, lambda record: (fold(record.identity), fold(record.item.id_tag))
        )
        self.cached_tags = Keyed(
            "cached_tags", OwnedCachedTag, lambda record: (fold(record.identity), fold(record.item.id_tag))
        )
        self.settings = Keyed("settings", Setting, lambda record: (record.key,))
        self.sequences = Keyed("sequences", SequenceState, lambda record: (record.name,))
        self.statuses = Numbered("connector_statuses", ConnectorStatus, _number, _status_groups, is_final=True)
        self.transactions = Numbered(
            "transactions",
            TransactionRecord,
            lambda record: record.transaction_id,
            _transaction_groups,
            unique_of=lambda record: start_unique(record.start),
            is_hot=lambda record: record.stop is None,
        )
        self.refused_stops = Numbered(
            "refused_stops",
            RefusedStop,
            lambda record: record.number,
            lambda record: (("identity", fold(record.stop.identity)),),
            unique_of=lambda record: refused_unique(record.stop),
            is_final=True,
        )
        self.samples = Numbered("samples", MeterSample, _number, _sample_groups, is_final=True)
        self.sample_requests = Numbered(
            "sample_requests",
            NumberedRequest,
            lambda record: record.number,
            lambda _: (),
            unique_of=lambda record: request_unique(record.request),
            is_final=True,
        )
        self.calls = {queue: _calls(queue) for queue in Queue}
        self.exchanges = Numbered(
            "exchanges",
            PlcExchange,
            lambda record: record.number,
            lambda record: (("identity", fold(record.identity)), ("state", record.state)),
            time_of=lambda record: record.changed_at,
            unique_of=lambda record: exchange_unique(record.identity, record.kind, record.key),
        )
        self.notifications = Numbered("notifications", Notification, _number, _notification_groups)
        self.messages = Numbered(
            "messages", WireMessage, _number, _message_groups, time_of=lambda record: record.at, is_final=True
        )

    def keyed(self) -> Iterator[Keyed[Any]]:
        """Yield the tables whose records are all in memory."""
        yield from (self.charge_points, self.id_tags, self.reservations, self.configuration)
        yield from (self.local_lists, self.listed_tags, self.cached_tags, self.settings, self.sequences)

    def numbered(self) -> Iterator[Numbered[Any]]:
        """Yield the tables whose records have numbers."""
        yield from (self.statuses, self.transactions, self.refused_stops, self.samples, self.sample_requests)
        yield from self.calls.values()
        yield from (self.exchanges, self.notifications, self.messages)

    def of_topic(self, topic: Topic) -> Keyed[Any] | Numbered[Any]:
        """Return the table of a topic."""
        tables: list[Keyed[Any] | Numbered[Any]] = [*self.keyed(), *self.numbered()]
        return next(table for table in tables if table.name == topic.value)

    def sequence_names(self) -> dict[str, Numbered[Any]]:
        """Return the tables whose numbers others see, by the name of the sequence."""
        internal = self.sample_requests
        named = {table.name: table for table in self.numbered() if table is not internal}
        return {"transaction_id": named.pop("transactions"), **named}

    def raise_sequences(self) -> None:
        """Let no table give numbers that its sequence was raised above."""
        for name, table in self.sequence_names().items():
            if (state := self.sequences.get((name,))) is not None:
                table.last = max(table.last, state.last)
