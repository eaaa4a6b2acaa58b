"""The id tags that the operator knows: one document each, under the folded tag."""

from __future__ import annotations

from ocpp_sdk.storage.folding import fold
from ocpp_sdk.storage.id_tags import IdTagRecord
from ocpp_sdk_backends.mongo.connection import Connection, Part, bounded, verb
from ocpp_sdk_backends.mongo.documents import put_in_place, restored

__all__ = ["MongoIdTags"]


class MongoIdTags(Part):
    """`IdTagStore` in the collection `id_tags`."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._id_tags = connection.durable("id_tags")

    @verb
    async def put_id_tag(self, tag: IdTagRecord) -> None:
        """Add or replace an id tag."""
        await self._id_tags.update_one({"_id": fold(tag.id_tag)}, put_in_place(tag, "id_tag"), upsert=True)

    @verb
    async def remove_id_tag(self, id_tag: str) -> bool:
        """Forget an id tag."""
        done = await self._id_tags.delete_one({"_id": fold(id_tag)})
        return done.deleted_count > 0

    @verb
    async def id_tag(self, id_tag: str) -> IdTagRecord | None:
        """Return one id tag."""
        found = await self._id_tags.find_one({"_id": fold(id_tag)})
        return None if found is None else restored(IdTagRecord, found)

    @verb
    async def id_tags(self, *, after: str | None = None, limit: int = 1000) -> list[IdTagRecord]:
        """List id tags by folded text."""
        if limit < 1:
            return []
        wanted = {} if after is None else {"_id": {"$gt": fold(after)}}
        cursor = self._id_tags.find(wanted, sort=[("_id", 1)], limit=bounded(limit))
        return [restored(IdTagRecord, found) async for found in cursor]
