"""All of a store, record by record: how one is copied to another, and how it is looked over.

The verbs of `TransferStore` go below the rules of the others: what is loaded is taken as it is. They are for stores
that nobody else uses at that moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol, TypeAlias

from ocpp_sdk.storage.calls import QueuedCall
from ocpp_sdk.storage.charge_points import ChargePointRecord
from ocpp_sdk.storage.configuration import ConfigurationKey
from ocpp_sdk.storage.connectors import ConnectorStatus
from ocpp_sdk.storage.id_tags import IdTagRecord
from ocpp_sdk.storage.local_list import CachedTag, ListedTag, LocalList
from ocpp_sdk.storage.messages import WireMessage
from ocpp_sdk.storage.metering import MeterSample
from ocpp_sdk.storage.notifications import Notification
from ocpp_sdk.storage.plc import PlcExchange
from ocpp_sdk.storage.reservations import Reservation
from ocpp_sdk.storage.transactions import RefusedStop, TransactionRecord

__all__ = [
    "RECORD_TYPES",
    "Dump",
    "OwnedCachedTag",
    "OwnedKey",
    "OwnedListedTag",
    "SampleRequest",
    "SequenceState",
    "Setting",
    "Topic",
    "TransferRecord",
    "TransferStore",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRequest:
    """That a request with samples was stored, so that it is known when it comes again.

    Attributes:
        identity: of the charge point.
        sampled_at: time of its first sample.
        digest: of all its samples (`samples_digest`), in hexadecimal digits.
    """

    identity: str
    sampled_at: datetime
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedKey:
    """A configuration key, and the charge point it belongs to."""

    identity: str
    item: ConfigurationKey


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedListedTag:
    """An entry of a local list, and the charge point it belongs to."""

    identity: str
    item: ListedTag


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedCachedTag:
    """An entry of an authorization cache, and the charge point it belongs to."""

    identity: str
    item: CachedTag


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A text under a key."""

    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceState:
    """The last number that was given out of one sequence.

    Attributes:
        name: `transaction_id`, `reservation_id`, or the topic whose records are numbered.
        last: the last number; 0 for none.
    """

    name: str
    last: int


class Topic(StrEnum):
    """The kinds of records of a store, in an order in which they can be loaded."""

    CHARGE_POINTS = "charge_points"
    CONNECTOR_STATUSES = "connector_statuses"
    ID_TAGS = "id_tags"
    TRANSACTIONS = "transactions"
    REFUSED_STOPS = "refused_stops"
    SAMPLES = "samples"
    SAMPLE_REQUESTS = "sample_requests"
    RESERVATIONS = "reservations"
    COMMANDS = "commands"
    REQUESTS = "requests"
    EXCHANGES = "exchanges"
    CONFIGURATION = "configuration"
    LOCAL_LISTS = "local_lists"
    LISTED_TAGS = "listed_tags"
    CACHED_TAGS = "cached_tags"
    NOTIFICATIONS = "notifications"
    MESSAGES = "messages"
    SETTINGS = "settings"
    SEQUENCES = "sequences"


TransferRecord: TypeAlias = (
    ChargePointRecord
    | ConnectorStatus
    | IdTagRecord
    | TransactionRecord
    | RefusedStop
    | MeterSample
    | SampleRequest
    | Reservation
    | QueuedCall
    | PlcExchange
    | OwnedKey
    | LocalList
    | OwnedListedTag
    | OwnedCachedTag
    | Notification
    | WireMessage
    | Setting
    | SequenceState
)

RECORD_TYPES: Final[Mapping[Topic, type[TransferRecord]]] = MappingProxyType(
    {
        Topic.CHARGE_POINTS: ChargePointRecord,
        Topic.CONNECTOR_STATUSES: ConnectorStatus,
        Topic.ID_TAGS: IdTagRecord,
        Topic.TRANSACTIONS: TransactionRecord,
        Topic.REFUSED_STOPS: RefusedStop,
        Topic.SAMPLES: MeterSample,
        Topic.SAMPLE_REQUESTS: SampleRequest,
        Topic.RESERVATIONS: Reservation,
        Topic.COMMANDS: QueuedCall,
        Topic.REQUESTS: QueuedCall,
        Topic.EXCHANGES: PlcExchange,
        Topic.CONFIGURATION: OwnedKey,
        Topic.LOCAL_LISTS: LocalList,
        Topic.LISTED_TAGS: OwnedListedTag,
        Topic.CACHED_TAGS: OwnedCachedTag,
        Topic.NOTIFICATIONS: Notification,
        Topic.MESSAGES: WireMessage,
        Topic.SETTINGS: Setting,
        Topic.SEQUENCES: SequenceState,
    }
)
"""What the records of a topic are.

CONNECTOR_STATUSES is the whole history; of each connector the one with the greatest number is in place.
"""


@dataclass(frozen=True, slots=True)
class Dump:
    """Some records of a topic.

    Attributes:
        records: in an order that is the same each time.
        next: where to read on, for `after`; None if these are the last.
    """

    records: tuple[TransferRecord, ...]
    next: str | None


class TransferStore(Protocol):
    """All records, without the rules of the other verbs."""

    async def dump(self, topic: Topic, *, after: str | None = None, limit: int = 1000) -> Dump:
        """Return some records of a topic.

        Args:
            topic: which ones.
            after: `next` of the dump before; None to begin.
            limit: greatest number of records.
        """
        ...

    async def load(self, topic: Topic, records: Sequence[TransferRecord]) -> None:
        """Put records in, each in place of the one with the same key or number, all or none.

        Numbers and ids are kept as they are. The charge point of a record is made if it is not there, and a
        SequenceState never lowers a sequence. `LocalList.entries` is counted and not loaded.
        """
        ...

    async def count(self, topic: Topic) -> int:
        """Return how many records a topic has."""
        ...
