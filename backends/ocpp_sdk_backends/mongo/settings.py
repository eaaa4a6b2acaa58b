"""Texts under keys: one document each, under its key."""

from __future__ import annotations

from pymongo.errors import DuplicateKeyError

from ocpp_sdk_backends.mongo.connection import Connection, Part, verb

__all__ = ["MongoSettings"]


class MongoSettings(Part):
    """`SettingStore` in the collection `settings`."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._settings = connection.durable("settings")

    @verb
    async def setting(self, key: str) -> str | None:
        """Return the text under a key."""
        found = await self._settings.find_one({"_id": key})
        return None if found is None else str(found["value"])

    @verb
    async def settings(self, prefix: str = "") -> dict[str, str]:
        """Return all texts whose keys begin so."""
        texts: dict[str, str] = {}
        async for found in self._settings.find({"_id": {"$gte": prefix}}, sort=[("_id", 1)]):
            if not found["_id"].startswith(prefix):
                break
            texts[found["_id"]] = found["value"]
        return texts

    @verb
    async def put_setting(self, key: str, value: str) -> None:
        """Put a text under a key."""
        await self._settings.replace_one({"_id": key}, {"value": value}, upsert=True)

    @verb
    async def swap_setting(self, key: str, expected: str | None, value: str | None) -> bool:
        """Put a text in place of another one."""
        if expected is None:
            return await self._add(key, value)
        wanted = {"_id": key, "value": expected}
        if value is None:
            return (await self._settings.delete_one(wanted)).deleted_count > 0
        return (await self._settings.update_one(wanted, {"$set": {"value": value}})).matched_count > 0

    @verb
    async def remove_setting(self, key: str) -> bool:
        """Remove a key."""
        return (await self._settings.delete_one({"_id": key})).deleted_count > 0

    async def _add(self, key: str, value: str | None) -> bool:
        if value is None:
            return await self._settings.find_one({"_id": key}) is None
        try:
            await self._settings.insert_one({"_id": key, "value": value})
        except DuplicateKeyError:
            return False
        return True
