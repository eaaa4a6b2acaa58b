"""Local lists: the state of each in one document of `local_lists`, its entries in one each of `listed_tags`.

Entries belong to a generation of the list. A change writes a whole new generation, which nobody sees, then lets the
state point to it in a single update, and removes the generation before. A crash in between leaves either list whole,
and entries that nobody sees; those are removed with a later change, once they are too old to be just being written.
Who reads entries looks again which generation is in place afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from ocpp_sdk.storage.folding import fold, time_text, utc
from ocpp_sdk.storage.local_list import ListedTag, LocalList
from ocpp_sdk_backends.mongo.connection import Connection, Part, bounded, verb
from ocpp_sdk_backends.mongo.documents import Document, document, restored

__all__ = ["IS_LIST", "MongoLocalLists", "stored_entry", "stored_list"]

IS_LIST: Final = {"version": {"$exists": True}}
"""Part of a filter of lists; one whose entries were loaded before it has no version yet."""

_WRITTEN_WITHIN: Final = timedelta(days=1)


class MongoLocalLists(Part):
    """`LocalListStore` in the collections `local_lists` and `listed_tags`."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._local_lists = connection.durable("local_lists")
        self._latest_lists = connection.latest("local_lists")
        self._listed_tags = connection.durable("listed_tags")

    @verb
    async def replace_local_list(
        self,
        identity: str,
        version: int,
        entries: Sequence[ListedTag],
        *,
        hash: str | None = None,
        at: datetime,
    ) -> None:
        """Put a list in place of the one before."""
        folded, spelled = await self._connection.known(identity, at, *entries)
        state = LocalList(identity=spelled, version=version, hash=hash, updated_at=utc(at))
        generation = await self._write(folded, spelled, _put({}, entries))
        before = await self._local_lists.find_one_and_replace(
            {"_id": folded}, stored_list(state, generation), upsert=True, return_document=ReturnDocument.BEFORE
        )
        await self._clear(folded, before)

    @verb
    async def update_local_list(
        self,
        identity: str,
        version: int,
        entries: Sequence[ListedTag],
        removed: Sequence[str] = (),
        *,
        expected_version: int,
        hash: str | None = None,
        at: datetime,
    ) -> bool:
        """Change some entries of a list."""
        folded, spelled = await self._connection.known(identity, at, *entries)
        state = LocalList(identity=spelled, version=version, hash=hash, updated_at=utc(at))
        while True:
            before = await self._latest_lists.find_one({"_id": folded})
            if (0 if before is None else before["version"]) != expected_version:
                return False
            tags = {} if before is None else await self._all(before)
            _put(tags, entries)
            for id_tag in removed:
                tags.pop(fold(id_tag), None)
            generation = await self._write(folded, spelled, tags)
            if await self._swap(folded, before, stored_list(state, generation)):
                await self._clear(folded, before)
                return True
            await self._listed_tags.delete_many({"generation": generation})

    @verb
    async def local_list(self, identity: str) -> LocalList | None:
        """Return the state of a list."""
        while True:
            found = await self._local_lists.find_one({"_id": fold(identity), **IS_LIST})
            if found is None:
                return None
            entries = await self._listed_tags.count_documents({"generation": found["generation"]})
            if await self._in_place(found):
                return restored(LocalList, found, entries=entries)

    @verb
    async def listed_tag(self, identity: str, id_tag: str) -> ListedTag | None:
        """Return one entry."""
        while True:
            found = await self._local_lists.find_one({"_id": fold(identity), **IS_LIST})
            if found is None:
                return None
            entry = await self._listed_tags.find_one({"_id": _key(found["generation"], fold(id_tag))})
            if entry is not None:
                return restored(ListedTag, entry)
            if await self._in_place(found):
                return None

    @verb
    async def listed_tags(self, identity: str, *, after: str | None = None, limit: int = 1000) -> list[ListedTag]:
        """List entries by folded id tag."""
        if limit < 1:
            return []
        while True:
            found = await self._local_lists.find_one({"_id": fold(identity), **IS_LIST})
            if found is None:
                return []
            wanted: Document = {"generation": found["generation"]}
            if after is not None:
                wanted["tag"] = {"$gt": fold(after)}
            cursor = self._listed_tags.find(wanted, sort=[("tag", 1)], limit=bounded(limit))
            entries = [restored(ListedTag, entry) async for entry in cursor]
            if await self._in_place(found):
                return entries

    async def _in_place(self, found: Document) -> bool:
        """Tell whether a list still has the generation that it had."""
        wanted = {"_id": found["_id"], "generation": found["generation"]}
        return await self._local_lists.find_one(wanted, {"_id": True}) is not None

    async def _all(self, found: Document) -> dict[str, ListedTag]:
        """Return all entries of a generation; of one that is going, fewer."""
        cursor = self._connection.latest("listed_tags").find({"generation": found["generation"]})
        return {entry["tag"]: restored(ListedTag, entry) async for entry in cursor}

    async def _write(self, folded: str, spelled: str, entries: dict[str, ListedTag]) -> ObjectId:
        """Write entries as a generation of their own."""
        generation = ObjectId()
        found = [stored_entry(generation, folded, spelled, entry) for entry in entries.values()]
        if found:
            await self._listed_tags.insert_many(found, ordered=False)
        return generation

    async def _swap(self, folded: str, before: Document | None, state: Document) -> bool:
        """Put a state in place of the one before, and tell whether that was still there."""
        if before is None:
            try:
                await self._local_lists.insert_one({"_id": folded, **state})
            except DuplicateKeyError:
                return False
            return True
        wanted = {"_id": folded, "version": before.get("version"), "generation": before["generation"]}
        return (await self._local_lists.replace_one(wanted, state)).matched_count > 0

    async def _clear(self, folded: str, before: Document | None) -> None:
        """Remove the entries of the generation before, and those that a crash has left."""
        forgotten = ObjectId.from_datetime(datetime.now(UTC) - _WRITTEN_WITHIN)
        found = await self._latest_lists.find_one({"_id": folded})
        kept = [] if found is None else [found["generation"]]
        gone: list[Document] = [{"charge_point": folded, "generation": {"$lt": forgotten, "$nin": kept}}]
        if before is not None:
            gone.append({"generation": before["generation"]})
        await self._connection.ahead("listed_tags").delete_many({"$or": gone})


def stored_entry(generation: ObjectId, folded: str, spelled: str, entry: ListedTag) -> Document:
    """Return the document of an entry."""
    tag = fold(entry.id_tag)
    owner = {"charge_point": folded, "identity": spelled}
    return {"_id": _key(generation, tag), "generation": generation, "tag": tag, **owner, **document(entry)}


def stored_list(state: LocalList, generation: ObjectId) -> Document:
    """Return the document of a list, but for its `_id`."""
    found = {"identity": state.identity, "version": state.version, "updated_at": time_text(state.updated_at)}
    if state.hash is not None:
        found["hash"] = state.hash
    return {**found, "generation": generation}


def _put(tags: dict[str, ListedTag], entries: Sequence[ListedTag]) -> dict[str, ListedTag]:
    """Put entries in place of those that are equal but for case, in the first one's spelling."""
    for entry in entries:
        tag = fold(entry.id_tag)
        tags[tag] = replace(entry, id_tag=tags[tag].id_tag) if tag in tags else entry
    return tags


def _key(generation: ObjectId, tag: str) -> Document:
    return {"generation": generation, "tag": tag}
