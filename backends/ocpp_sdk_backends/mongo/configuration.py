"""Configuration keys: one document a charge point, so that all keys of a verb change together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from pymongo import ReturnDocument

from ocpp_sdk.storage.configuration import ConfigurationKey
from ocpp_sdk.storage.folding import fold
from ocpp_sdk_backends.mongo.connection import Connection, Part, verb
from ocpp_sdk_backends.mongo.documents import document, escaped, restored, unescaped

__all__ = ["MongoConfiguration"]


class MongoConfiguration(Part):
    """`ConfigurationStore` in the collection `configuration`: `keys` holds each key under its folded text."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._configuration = connection.durable("configuration")

    @verb
    async def put_configuration(self, identity: str, keys: Sequence[ConfigurationKey]) -> None:
        """Add or replace keys."""
        if not keys:
            return
        folded, spelled = await self._connection.known(identity, datetime.now(UTC), *keys)
        told = {f"keys.{escaped(fold(key.key))}": document(key) for key in keys}
        await self._configuration.update_one(
            {"_id": folded}, {"$set": told, "$setOnInsert": {"identity": spelled}}, upsert=True
        )

    @verb
    async def remove_configuration(self, identity: str, keys: Sequence[str]) -> int:
        """Forget keys."""
        names = {escaped(fold(key)) for key in keys}
        if not names:
            return 0
        before = await self._configuration.find_one_and_update(
            {"_id": fold(identity)},
            {"$unset": {f"keys.{name}": "" for name in names}},
            return_document=ReturnDocument.BEFORE,
        )
        return 0 if before is None else len(names & before["keys"].keys())

    @verb
    async def configuration(self, identity: str) -> list[ConfigurationKey]:
        """List the keys of a charge point by folded text."""
        found = await self._configuration.find_one({"_id": fold(identity)})
        if found is None:
            return []
        return [restored(ConfigurationKey, found["keys"][name]) for name in sorted(found["keys"], key=unescaped)]
