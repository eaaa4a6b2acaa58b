"""The statuses of connectors: the one in place in `connectors`, those before it in `status_history`.

A status is copied into the history before the one that follows takes its place, in a single update that goes through
only while it is in place. Whatever a crash leaves is whole: a status that is in both collections counts once.
"""

from __future__ import annotations

from dataclasses import replace

from pymongo.errors import DuplicateKeyError

from ocpp_sdk.storage.connectors import ConnectorStatus
from ocpp_sdk.storage.folding import fold
from ocpp_sdk_backends.mongo.connection import Connection, Part, bounded, of_charge_point, verb
from ocpp_sdk_backends.mongo.documents import Document, document, encoded, restored, without

__all__ = ["MongoConnectors", "connector_key", "listed_statuses", "stored_in_place", "stored_status"]


class MongoConnectors(Part):
    """`ConnectorStore` in the collections `connectors` and `status_history`."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._connectors = connection.durable("connectors")
        self._status_history = connection.durable("status_history")

    @verb
    async def set_connector_status(self, status: ConnectorStatus) -> bool:
        """Keep a status in place of the one before."""
        folded, spelled = await self._connection.known(status.identity, status.changed_at, status)
        status = replace(status, number=None, identity=spelled)
        encoded(document(status))
        key = {"_id": connector_key(folded, status.connector_id)}
        while True:
            found = await self._connection.latest("connectors").find_one(key)
            if found is not None and _restored_plain(found) == status:
                await self._connection.settle()
                return False
            if await self._replace(found, status, folded):
                return True

    @verb
    async def connector_statuses(self, identity: str | None = None) -> list[ConnectorStatus]:
        """List the statuses in place."""
        cursor = self._connectors.find(of_charge_point(identity), sort=[("charge_point", 1), ("connector_id", 1)])
        return [restored(ConnectorStatus, found) async for found in cursor]

    @verb
    async def status_history(
        self, identity: str, connector_id: int | None = None, *, before: int | None = None, limit: int = 100
    ) -> list[ConnectorStatus]:
        """List the statuses that a charge point had, the newest first."""
        if limit < 1:
            return []
        wanted: Document = {"charge_point": fold(identity)}
        if connector_id is not None:
            wanted["connector_id"] = connector_id
        behind = {} if before is None else {"$lt": before}
        return await listed_statuses(self._connection, wanted, behind, newest_first=True, limit=limit)

    async def _replace(self, found: Document | None, status: ConnectorStatus, folded: str) -> bool:
        """Put a status in place of what was found there, and tell whether that still was."""
        number = await self._connection.numbers("connector_statuses")
        placed = stored_in_place(replace(status, number=number), folded)
        if found is None:
            try:
                await self._connectors.insert_one(placed)
            except DuplicateKeyError:
                return False
            return True
        passed = stored_status(restored(ConnectorStatus, found), folded)
        await self._status_history.replace_one({"_id": passed["_id"]}, passed, upsert=True)
        done = await self._connectors.replace_one({"_id": placed["_id"], "number": found["number"]}, placed)
        return done.matched_count > 0


async def listed_statuses(
    connection: Connection, wanted: Document, numbers: Document, *, newest_first: bool, limit: int
) -> list[ConnectorStatus]:
    """Return statuses in place and before by number, each once.

    Args:
        connection: to the database.
        wanted: a filter of either collection.
        numbers: a filter of the number; empty for all.
        newest_first: whether the greatest number comes first.
        limit: greatest number of results.
    """
    order = -1 if newest_first else 1
    # Those in place are read first: what leaves them meanwhile is in the history by then.
    in_place = {**wanted, "number": numbers} if numbers else wanted
    cursor = connection.durable("connectors").find(in_place, sort=[("number", order)], limit=bounded(limit))
    found = {each["number"]: restored(ConnectorStatus, each) async for each in cursor}
    passed = {**wanted, "_id": numbers} if numbers else wanted
    cursor = connection.durable("status_history").find(passed, sort=[("_id", order)], limit=bounded(limit))
    found |= {each["_id"]: _restored_status(each) async for each in cursor}
    return [found[number] for number in sorted(found, reverse=newest_first)[:limit]]


def connector_key(folded: str, connector_id: int) -> Document:
    """Return the `_id` of a connector."""
    return {"charge_point": folded, "connector_id": connector_id}


def stored_in_place(status: ConnectorStatus, folded: str) -> Document:
    """Return the document of a status in place."""
    return {"_id": connector_key(folded, status.connector_id), "charge_point": folded, **document(status)}


def stored_status(status: ConnectorStatus, folded: str) -> Document:
    """Return the document of a status in the history."""
    return {"_id": status.number, "charge_point": folded, **without(status, "number")}


def _restored_status(found: Document) -> ConnectorStatus:
    """Return the status of a document of the history."""
    return restored(ConnectorStatus, found, number=int(found["_id"]))


def _restored_plain(found: Document) -> ConnectorStatus:
    return replace(restored(ConnectorStatus, found), number=None)
