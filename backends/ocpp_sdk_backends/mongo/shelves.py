"""Topics of a transfer that have not one document a record."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Protocol

from bson import ObjectId
from pymongo import ReplaceOne, ReturnDocument, UpdateOne

from ocpp_sdk.storage.configuration import ConfigurationKey
from ocpp_sdk.storage.connectors import ConnectorStatus
from ocpp_sdk.storage.folding import fold
from ocpp_sdk.storage.local_list import ListedTag, LocalList
from ocpp_sdk.storage.transfer import Dump, OwnedKey, OwnedListedTag, SequenceState, TransferRecord
from ocpp_sdk_backends.mongo.connection import Connection
from ocpp_sdk_backends.mongo.connectors import connector_key, listed_statuses, stored_in_place, stored_status
from ocpp_sdk_backends.mongo.documents import Document, document, encoded, escaped, restored, unescaped
from ocpp_sdk_backends.mongo.local_list import IS_LIST, stored_entry, stored_list

__all__ = ["ConfigurationShelf", "ListedTagShelf", "LocalListShelf", "SequenceShelf", "Shelf", "StatusShelf", "page"]


class Shelf(Protocol):
    """The records of one topic; see `TransferStore`."""

    async def dump(self, after: str | None, limit: int) -> Dump:
        """Return some records, at least one if there are any."""
        ...

    async def load(self, records: Sequence[Any]) -> None:
        """Put records in, whose charge points are there."""
        ...

    async def count(self) -> int:
        """Return how many records there are."""
        ...


def page(found: Sequence[tuple[str, TransferRecord]], limit: int) -> Dump:
    """Return a dump of records, of which one more was read than may be returned.

    Args:
        found: each with the place behind it.
        limit: how many may be returned.
    """
    more = found[limit - 1][0] if len(found) > limit else None
    return Dump(tuple(record for _, record in found[:limit]), more)


class StatusShelf:
    """The statuses of connectors."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._connectors = connection.durable("connectors")
        self._history = connection.durable("status_history")

    async def dump(self, after: str | None, limit: int) -> Dump:
        """Return those in place and those before, by number."""
        behind = {"$gt": int(after or 0)}
        found = await listed_statuses(self._connection, {}, behind, newest_first=False, limit=limit + 1)
        return page([(str(status.number), status) for status in found], limit)

    async def load(self, records: Sequence[ConnectorStatus]) -> None:
        """Put all into the history, and the last of each connector in place unless a later one is there."""
        history = [stored_status(status, fold(status.identity)) for status in records]
        last: dict[tuple[str, int], ConnectorStatus] = {}
        for status in sorted(records, key=lambda status: status.number or 0):
            last[fold(status.identity), status.connector_id] = status
        in_place = []
        for (folded, connector_id), status in last.items():
            found = await self._connectors.find_one({"_id": connector_key(folded, connector_id)})
            number = status.number or 0
            if found is not None and found["number"] < number:
                history.append(stored_status(restored(ConnectorStatus, found), folded))
            if found is None or found["number"] <= number:
                in_place.append(stored_in_place(status, folded))
        await self._history.bulk_write([ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in history])
        if in_place:
            await self._connectors.bulk_write(
                [ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in in_place]
            )

    async def count(self) -> int:
        """Return how many there are in either collection; one in both counts once."""
        in_place = [found["number"] async for found in self._connectors.find({}, {"number": True})]
        both = await self._history.count_documents({"_id": {"$in": in_place}})
        return len(in_place) + await self._history.count_documents({}) - both


class ConfigurationShelf:
    """The configuration keys, of which a document has all of a charge point."""

    def __init__(self, connection: Connection) -> None:
        self._configuration = connection.durable("configuration")

    async def dump(self, after: str | None, limit: int) -> Dump:
        """Return keys by folded identity and text."""
        place = ["", ""] if after is None else json.loads(after)
        found: list[tuple[str, TransferRecord]] = []
        async for owner in self._configuration.find({"_id": {"$gte": place[0]}}, sort=[("_id", 1)]):
            for name in sorted(owner["keys"], key=unescaped):
                own = [owner["_id"], unescaped(name)]
                if after is None or own > place:
                    item = restored(ConfigurationKey, owner["keys"][name])
                    found.append((json.dumps(own), OwnedKey(identity=owner["identity"], item=item)))
            if len(found) > limit:
                break
        return page(found, limit)

    async def load(self, records: Sequence[OwnedKey]) -> None:
        """Put keys in."""
        changes: defaultdict[str, Document] = defaultdict(dict)
        for record in records:
            change = changes[fold(record.identity)]
            change["identity"] = record.identity
            change[f"keys.{escaped(fold(record.item.key))}"] = document(record.item)
        for change in changes.values():
            encoded(change)
        updates = [UpdateOne({"_id": folded}, {"$set": change}, upsert=True) for folded, change in changes.items()]
        await self._configuration.bulk_write(updates)

    async def count(self) -> int:
        """Return how many keys all charge points have."""
        size = {"$size": {"$objectToArray": "$keys"}}
        cursor = await self._configuration.aggregate([{"$group": {"_id": None, "keys": {"$sum": size}}}])
        return sum([int(found["keys"]) async for found in cursor])


class LocalListShelf:
    """The states of local lists."""

    def __init__(self, connection: Connection) -> None:
        self._lists = connection.durable("local_lists")
        self._tags = connection.durable("listed_tags")

    async def dump(self, after: str | None, limit: int) -> Dump:
        """Return states by folded identity."""
        wanted = IS_LIST if after is None else {**IS_LIST, "_id": {"$gt": after}}
        found: list[tuple[str, TransferRecord]] = []
        async for each in self._lists.find(wanted, sort=[("_id", 1)], limit=limit + 1):
            entries = await self._tags.count_documents({"generation": each["generation"]})
            found.append((each["_id"], restored(LocalList, each, entries=entries)))
        return page(found, limit)

    async def load(self, records: Sequence[LocalList]) -> None:
        """Put states in; the entries of one that is there stay."""
        for record in records:
            folded = fold(record.identity)
            found = await self._lists.find_one({"_id": folded})
            generation = ObjectId() if found is None else found["generation"]
            await self._lists.replace_one({"_id": folded}, stored_list(record, generation), upsert=True)

    async def count(self) -> int:
        """Return how many lists there are."""
        return await self._lists.count_documents(IS_LIST)


class ListedTagShelf:
    """The entries of local lists, of the generations that are in place."""

    def __init__(self, connection: Connection) -> None:
        self._lists = connection.durable("local_lists")
        self._tags = connection.durable("listed_tags")

    async def dump(self, after: str | None, limit: int) -> Dump:
        """Return entries by folded identity and id tag."""
        place = None if after is None else json.loads(after)
        wanted = {} if place is None else {"_id": {"$gte": place[0]}}
        found: list[tuple[str, TransferRecord]] = []
        async for owner in self._lists.find(wanted, sort=[("_id", 1)]):
            own: Document = {"generation": owner["generation"]}
            if place is not None and owner["_id"] == place[0]:
                own["tag"] = {"$gt": place[1]}
            async for entry in self._tags.find(own, sort=[("tag", 1)], limit=limit + 1 - len(found)):
                record = OwnedListedTag(identity=owner["identity"], item=restored(ListedTag, entry))
                found.append((json.dumps([owner["_id"], entry["tag"]]), record))
            if len(found) > limit:
                break
        return page(found, limit)

    async def load(self, records: Sequence[OwnedListedTag]) -> None:
        """Put entries into the lists that are there."""
        entries = []
        generations: dict[str, ObjectId] = {}
        for record in records:
            folded = fold(record.identity)
            if folded not in generations:
                first = {"identity": record.identity, "generation": ObjectId()}
                found = await self._lists.find_one_and_update(
                    {"_id": folded}, {"$setOnInsert": first}, upsert=True, return_document=ReturnDocument.AFTER
                )
                assert found is not None  # noqa: S101 - it is made if it is not there
                generations[folded] = found["generation"]
            entries.append(stored_entry(generations[folded], folded, record.identity, record.item))
        for entry in entries:
            encoded(entry)
        await self._tags.bulk_write([ReplaceOne({"_id": entry["_id"]}, entry, upsert=True) for entry in entries])

    async def count(self) -> int:
        """Return how many entries all lists have."""
        in_place = await self._lists.distinct("generation")
        return await self._tags.count_documents({"generation": {"$in": in_place}})


class SequenceShelf:
    """The sequences that have given out a number."""

    def __init__(self, connection: Connection) -> None:
        self._sequences = connection.durable("sequences")

    async def dump(self, after: str | None, limit: int) -> Dump:
        """Return sequences by name."""
        wanted = {"last": {"$gt": 0}, "_id": {"$gt": after or ""}}
        cursor = self._sequences.find(wanted, sort=[("_id", 1)], limit=limit + 1)
        return page(
            [(found["_id"], SequenceState(name=found["_id"], last=int(found["last"]))) async for found in cursor], limit
        )

    async def load(self, records: Sequence[SequenceState]) -> None:
        """Raise sequences."""
        raised = [UpdateOne({"_id": each.name}, {"$max": {"last": each.last}}, upsert=True) for each in records]
        await self._sequences.bulk_write(raised)

    async def count(self) -> int:
        """Return how many there are."""
        return await self._sequences.count_documents({"last": {"$gt": 0}})
