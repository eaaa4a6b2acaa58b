"""The authorization cache of each charge point: one document an id tag."""

from __future__ import annotations

from ocpp_sdk.storage.folding import fold
from ocpp_sdk.storage.local_list import CachedTag
from ocpp_sdk_backends.mongo.connection import Connection, Part, bounded, verb
from ocpp_sdk_backends.mongo.documents import Document, document, put_in_place, restored

__all__ = ["MongoCaches", "stored_tag"]


class MongoCaches(Part):
    """`AuthorizationCacheStore` in the collection `cached_tags`."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._cached_tags = connection.durable("cached_tags")

    @verb
    async def cache_tag(self, identity: str, tag: CachedTag) -> None:
        """Keep what was said of an id tag."""
        folded, spelled = await self._connection.known(identity, tag.cached_at, tag)
        key = _key(folded, fold(tag.id_tag))
        change = put_in_place(tag, "id_tag", **key, identity=spelled)
        await self._cached_tags.update_one({"_id": key}, change, upsert=True)

    @verb
    async def cached_tag(self, identity: str, id_tag: str) -> CachedTag | None:
        """Return what was said of an id tag."""
        found = await self._cached_tags.find_one({"_id": _key(fold(identity), fold(id_tag))})
        return None if found is None else restored(CachedTag, found)

    @verb
    async def cached_tags(self, identity: str, *, after: str | None = None, limit: int = 1000) -> list[CachedTag]:
        """List the cache by folded id tag."""
        if limit < 1:
            return []
        wanted: Document = {"charge_point": fold(identity)}
        if after is not None:
            wanted["tag"] = {"$gt": fold(after)}
        cursor = self._cached_tags.find(wanted, sort=[("tag", 1)], limit=bounded(limit))
        return [restored(CachedTag, found) async for found in cursor]

    @verb
    async def trim_cache(self, identity: str, keep: int) -> int:
        """Remove all but the entries that were cached last."""
        cursor = self._cached_tags.find(
            {"charge_point": fold(identity)},
            {"cached_at": True},
            sort=[("cached_at", -1), ("tag", 1)],
            skip=max(keep, 0),
        )
        # Compared again, since one may have been cached anew meanwhile.
        old = [{"_id": found["_id"], "cached_at": found["cached_at"]} async for found in cursor]
        removed = 0
        for at in range(0, len(old), 1000):
            removed += (await self._cached_tags.delete_many({"$or": old[at : at + 1000]})).deleted_count
        return removed

    @verb
    async def clear_cache(self, identity: str) -> int:
        """Empty the cache of a charge point."""
        return (await self._cached_tags.delete_many({"charge_point": fold(identity)})).deleted_count


def stored_tag(folded: str, spelled: str, tag: CachedTag) -> Document:
    """Return the document of an entry."""
    key = fold(tag.id_tag)
    owner = {"charge_point": folded, "identity": spelled}
    return {"_id": _key(folded, key), "tag": key, **owner, **document(tag)}


def _key(folded: str, tag: str) -> Document:
    return {"charge_point": folded, "tag": tag}
