"""Whether a store is whole: what must be true of all its records together.

For a store that nobody else uses at that moment, since its topics are read one after the other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ocpp_sdk.errors import StorageError, StorageUnavailableError
from ocpp_sdk.storage.calls import CallState, QueuedCall
from ocpp_sdk.storage.charge_points import ChargePointRecord
from ocpp_sdk.storage.connectors import ConnectorStatus
from ocpp_sdk.storage.copying import PREFIX
from ocpp_sdk.storage.folding import fold
from ocpp_sdk.storage.invariants import identity_of, key_of, number_of, remarks_on, shown
from ocpp_sdk.storage.local_list import LocalList
from ocpp_sdk.storage.metering import MeterSample
from ocpp_sdk.storage.store import Store
from ocpp_sdk.storage.transfer import OwnedListedTag, SequenceState, Setting, Topic, TransferRecord

__all__ = ["Finding", "check_store"]

_PAGE: Final = 500
_CHUNK: Final = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that was found in a store.

    Attributes:
        topic: where.
        text: what, in one line.
        wrong: whether it must not be; else people may want to know it.
    """

    topic: Topic
    text: str
    wrong: bool = True


async def check_store(store: Store, *, now: datetime) -> AsyncIterator[Finding]:
    """Read all of a store, and yield what is wrong or odd.

    Args:
        store: is only read.
        now: to tell what should have ended by now.

    Raises:
        StorageUnavailableError: the store cannot be reached. Records that cannot be read are findings.
    """
    check = _Check(now)
    # The sequences stand at the end of the order in which records can be loaded, and are needed before all others.
    for topic in (Topic.SEQUENCES, *(topic for topic in Topic if topic is not Topic.SEQUENCES)):
        after = None
        while True:
            try:
                dump = await store.dump(topic, after=after, limit=_PAGE)
            except StorageUnavailableError:
                raise
            except StorageError as error:
                yield Finding(topic=topic, text=f"cannot be read on: {error}")
                break
            for record in dump.records:
                for finding in check.look(topic, record):
                    yield finding
            after = dump.next
            if after is None:
                break
        for finding in check.end(topic):
            yield finding
    for finding in check.in_place(await store.connector_statuses()):
        yield finding


class _Numbers:
    """A set of whole numbers, one bit each."""

    def __init__(self) -> None:
        self._chunks: defaultdict[int, bytearray] = defaultdict(lambda: bytearray(_CHUNK // 8))

    def __contains__(self, number: int) -> bool:
        chunk, bit = divmod(number, _CHUNK)
        return chunk in self._chunks and bool(self._chunks[chunk][bit >> 3] & (1 << (bit & 7)))

    def add(self, number: int) -> None:
        chunk, bit = divmod(number, _CHUNK)
        self._chunks[chunk][bit >> 3] |= 1 << (bit & 7)


class _Check:
    """What one look over a store has learnt so far."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._sequences: dict[str, int] = {}
        self._numbers: defaultdict[Topic, _Numbers] = defaultdict(_Numbers)
        self._keys: set[int] = set()
        self._charge_points: set[str] = set()
        self._unknown_transactions: Counter[int] = Counter()
        self._in_flight: defaultdict[str, set[object]] = defaultdict(set)
        self._entries: dict[str, int] = {}
        self._listed: Counter[str] = Counter()
        self._last_statuses: dict[tuple[str, int], ConnectorStatus] = {}

    def look(self, topic: Topic, record: TransferRecord) -> Iterator[Finding]:
        """Look at one record, and learn what others are held to."""
        for text in self._against_others(topic, record):
            yield Finding(topic=topic, text=f"{shown(record)}: {text}")
        for remark in remarks_on(record, self._now):
            yield Finding(topic=topic, text=f"{shown(record)}: {remark.text}", wrong=remark.wrong)
        if isinstance(record, Setting) and record.key == f"{PREFIX}source":
            text = f"this is an unfinished copy of {record.value}; run the copy again to finish it"
            yield Finding(topic=topic, text=text, wrong=False)
        self._learn(topic, record)

    def end(self, topic: Topic) -> Iterator[Finding]:
        """Say what only all records of a topic together show."""
        self._keys.clear()
        match topic:
            case Topic.SAMPLES:
                for transaction_id, count in sorted(self._unknown_transactions.items()):
                    text = f"{count} samples name transaction {transaction_id}, which is not known"
                    yield Finding(topic=topic, text=text, wrong=False)
            case Topic.COMMANDS | Topic.REQUESTS:
                for identity, claims in sorted(self._in_flight.items()):
                    if len(claims) > 1:
                        text = f"{len(claims)} calls of {identity} are in flight at the same time"
                        yield Finding(topic=topic, text=text)
                self._in_flight.clear()
            case Topic.LISTED_TAGS:
                for identity, entries in sorted(self._entries.items()):
                    if (found := self._listed[identity]) != entries:
                        text = f"the list of {identity} says that it has {entries} entries, and has {found}"
                        yield Finding(topic=topic, text=text)

    def in_place(self, statuses: Sequence[ConnectorStatus]) -> Iterator[Finding]:
        """Compare the statuses in place with the newest of the history."""
        found = {(fold(status.identity), status.connector_id): status for status in statuses}
        for identity, connector_id in sorted(found.keys() | self._last_statuses.keys()):
            key = identity, connector_id
            if found.get(key) != self._last_statuses.get(key):
                text = f"the status in place of connector {connector_id} of {identity} is not the newest of its history"
                yield Finding(topic=Topic.CONNECTOR_STATUSES, text=text)

    def _against_others(self, topic: Topic, record: TransferRecord) -> Iterator[str]:
        identity = identity_of(record)
        if topic is not Topic.CHARGE_POINTS and identity is not None and fold(identity) not in self._charge_points:
            yield f"there is no charge point {identity}"
        number = number_of(record)
        if number is not None:
            name = "transaction_id" if topic is Topic.TRANSACTIONS else topic.value
            last = self._sequences.get(name, 0)
            if number in self._numbers[topic]:
                yield "its number is there twice"
            if not 0 < number <= last:
                yield f"its number is not one of 1 to {last}, which were given out"
        key = key_of(record)
        if key is not None and hash(key) in self._keys:
            yield "is there twice"
        if isinstance(record, OwnedListedTag) and fold(record.identity) not in self._entries:
            yield "there is no list that it is in"

    def _learn(self, topic: Topic, record: TransferRecord) -> None:
        number = number_of(record)
        if number is not None:
            self._numbers[topic].add(number)
        key = key_of(record)
        if key is not None:
            self._keys.add(hash(key))
        match record:
            case SequenceState():
                self._sequences[record.name] = record.last
            case MeterSample(transaction_id=int(named)) if named not in self._numbers[Topic.TRANSACTIONS]:
                self._unknown_transactions[named] += 1
            case QueuedCall(state=CallState.CLAIMED, lease_until=datetime() as end) if end > self._now:
                # Requests may be claimed as a run, which has one lease.
                self._in_flight[fold(record.identity)].add(end if topic is Topic.REQUESTS else record.number)
            case LocalList():
                self._entries[fold(record.identity)] = record.entries
            case OwnedListedTag():
                self._listed[fold(record.identity)] += 1
            case ChargePointRecord():
                self._charge_points.add(fold(record.identity))
            case ConnectorStatus():
                self._learn_status(record)

    def _learn_status(self, status: ConnectorStatus) -> None:
        place = fold(status.identity), status.connector_id
        before = self._last_statuses.get(place)
        if before is None or (status.number or 0) > (before.number or 0):
            self._last_statuses[place] = status
