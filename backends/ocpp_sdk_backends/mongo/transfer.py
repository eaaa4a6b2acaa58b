"""All records of a store, one by one.

A load is made of bulks that put each record in place of itself, so that one that breaks off is made up for by the same
load again; what cannot be stored is found out before anything is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from bson import ObjectId
from pymongo import DeleteMany, ReplaceOne, UpdateMany, UpdateOne

from ocpp_sdk.storage.folding import fold
from ocpp_sdk.storage.invariants import number_of
from ocpp_sdk.storage.metering import MeterSample
from ocpp_sdk.storage.transfer import Dump, SampleRequest, SequenceState, Topic, TransferRecord
from ocpp_sdk_backends.mongo.connection import Connection, Part, verb
from ocpp_sdk_backends.mongo.documents import Document, document, encoded
from ocpp_sdk_backends.mongo.metering import listed_samples, samples_of, stored_samples
from ocpp_sdk_backends.mongo.shelves import (
    ConfigurationShelf,
    ListedTagShelf,
    LocalListShelf,
    SequenceShelf,
    Shelf,
    StatusShelf,
    page,
)
from ocpp_sdk_backends.mongo.topics import TOPICS, Kept, owner_of

__all__ = ["MongoTransfer"]

_PAGE: Final = 100_000
_REQUEST: Final = 100
"""How many samples that are loaded come into one document."""

_SEQUENCES: Final = {
    Topic.SAMPLES: "samples",
    Topic.CONNECTOR_STATUSES: "connector_statuses",
    **{topic: kept.sequence for topic, kept in TOPICS.items() if kept.sequence is not None},
}


class MongoTransfer(Part):
    """`TransferStore`."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._shelves: dict[Topic, Shelf] = {
            **{topic: _PlainShelf(connection, kept) for topic, kept in TOPICS.items()},
            Topic.CONNECTOR_STATUSES: StatusShelf(connection),
            Topic.SAMPLES: _SampleShelf(connection),
            Topic.CONFIGURATION: ConfigurationShelf(connection),
            Topic.LOCAL_LISTS: LocalListShelf(connection),
            Topic.LISTED_TAGS: ListedTagShelf(connection),
            Topic.SEQUENCES: SequenceShelf(connection),
        }

    @verb
    async def dump(self, topic: Topic, *, after: str | None = None, limit: int = 1000) -> Dump:
        """Return some records of a topic."""
        if limit < 1:
            return Dump((), None)
        return await self._shelves[topic].dump(after, min(limit, _PAGE))

    @verb
    async def load(self, topic: Topic, records: Sequence[TransferRecord]) -> None:
        """Put records in, each in place of the one with the same key or number."""
        if not records:
            return
        for record in records:
            encoded(document(record))
        if topic is Topic.CHARGE_POINTS:
            self._connection.forget_spellings()
        else:
            for record in records:
                if (owner := owner_of(record)) is not None:
                    await self._connection.known(*owner)
        if topic in _SEQUENCES:
            last = max(number_of(record) or 0 for record in records)
            await self._shelves[Topic.SEQUENCES].load([SequenceState(name=_SEQUENCES[topic], last=last)])
        await self._shelves[topic].load(records)

    @verb
    async def count(self, topic: Topic) -> int:
        """Return how many records a topic has."""
        return await self._shelves[topic].count()


class _PlainShelf:
    """A topic with one document a record."""

    def __init__(self, connection: Connection, kept: Kept) -> None:
        self._kept = kept
        self._documents = connection.durable(kept.collection)

    async def dump(self, after: str | None, limit: int) -> Dump:
        kept = self._kept
        order = [(name, 1) for name in kept.order]
        cursor = self._documents.find(kept.behind(after), sort=order, limit=limit + 1)
        return page([(kept.place(found), kept.restore(found)) async for found in cursor], limit)

    async def load(self, records: Sequence[Any]) -> None:
        made = [self._kept.store(record, _folded(record)) for record in records]
        for each in made:
            encoded(each)
        if isinstance(records[0], SampleRequest):
            await self._documents.bulk_write([_unless_there(each, self._kept.order) for each in made])
            return
        await self._documents.bulk_write([ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in made])

    async def count(self) -> int:
        return await self._documents.count_documents(dict(self._kept.wanted))


class _SampleShelf:
    """The samples, of which a document has all of a request, or some that were loaded together."""

    def __init__(self, connection: Connection) -> None:
        self._samples = connection.durable("samples")

    async def dump(self, after: str | None, limit: int) -> Dump:
        found = await listed_samples(self._samples, {}, {}, after=int(after or 0), limit=limit + 1)
        return page([(str(sample.number), sample) for sample in found], limit)

    async def load(self, records: Sequence[MeterSample]) -> None:
        """Put samples in; requests that had some of their numbers are taken apart."""
        loaded = {sample.number or 0: sample for sample in records}
        wanted = {"_id": {"$gte": min(loaded)}, "samples.0.number": {"$lte": max(loaded)}}
        made: list[Document] = []
        gone: list[object] = []
        async for request in self._samples.find(wanted):
            own = {sample.number or 0: sample for sample in samples_of(request)}
            if own.keys() & loaded.keys():
                gone.append(request["_id"])
                made += _grouped({number: own[number] for number in own.keys() - loaded.keys()})
                if "digest" in request:
                    kept = {name: request[name] for name in ("charge_point", "identity", "sampled_at", "digest")}
                    made.append({"_id": ObjectId(), **kept, "samples": []})
        made += _grouped(loaded)
        # The digest of a request is unique, so the request goes before what it leaves comes.
        stays = {each["_id"] for each in made}
        await self._samples.bulk_write(
            [
                UpdateMany({"_id": {"$in": gone}}, {"$unset": {"digest": ""}}),
                *(ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in made),
                DeleteMany({"_id": {"$in": [number for number in gone if number not in stays]}}),
            ]
        )

    async def count(self) -> int:
        cursor = await self._samples.aggregate([{"$group": {"_id": None, "n": {"$sum": {"$size": "$samples"}}}}])
        return sum([int(found["n"]) async for found in cursor])


def _grouped(samples: dict[int, MeterSample]) -> list[Document]:
    """Return documents of samples: each of one charge point, of numbers that follow one another."""
    groups: list[list[MeterSample]] = []
    for number in sorted(samples):
        sample, last = samples[number], groups[-1] if groups else None
        follows = last is not None and last[-1].number == number - 1 and last[-1].identity == sample.identity
        if last is None or not follows or len(last) >= _REQUEST:
            groups.append([sample])
        else:
            last.append(sample)
    return [_request(group) for group in groups]


def _request(group: list[MeterSample]) -> Document:
    first = group[0]
    owner = {"charge_point": fold(first.identity), "identity": first.identity}
    return stored_samples(owner, group, first.number or 0)


def _unless_there(found: Document, key: Sequence[str]) -> UpdateOne:
    return UpdateOne({name: found[name] for name in key}, {"$setOnInsert": found}, upsert=True)


def _folded(record: TransferRecord) -> str:
    owner = owner_of(record)
    return "" if owner is None else fold(owner[0])
