"""Requests and replies as they went over the wire.

A request changes two documents: first the charge point's record, then the message is added, by which the verb has
happened. A crash in between leaves a contact noted that did take place, of a message that was never answered.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from pymongo import UpdateOne

from ocpp_sdk.storage.folding import fold, time_text
from ocpp_sdk.storage.messages import Direction, WireMessage
from ocpp_sdk_backends.mongo.connection import Connection, Part, bounded, of_charge_point, verb
from ocpp_sdk_backends.mongo.documents import Document, escaped, restored, without
from ocpp_sdk_backends.mongo.inserting import NumberedInserts, body

__all__ = ["MongoMessages", "stored_message"]


class MongoMessages(Part):
    """`MessageStore` in the collection `messages`."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._messages = connection.durable("messages")
        self._new_messages = NumberedInserts(connection, "messages")

    @verb
    async def record_message(self, message: WireMessage) -> int:
        """Keep a message, and take note of its sender."""
        number = await self._new_messages.add(body(stored_message(message)), beside=_noted(message))
        assert number is not None  # noqa: S101 - nothing but the number is unique
        return number

    @verb
    async def message(self, number: int) -> WireMessage | None:
        """Return one message."""
        found = await self._messages.find_one({"_id": number})
        return None if found is None else restored(WireMessage, found, number=number)

    @verb
    async def messages(
        self,
        identity: str | None = None,
        *,
        operation: str | None = None,
        text: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[WireMessage]:
        """List messages by number."""
        wanted: Document = {**of_charge_point(identity), "_id": {"$gt": after}}
        if operation is not None:
            wanted["operation"] = operation
        if since is not None:
            wanted["at"] = {"$gte": time_text(since)}
        if until is not None:
            wanted["at"] = {**wanted.get("at", {}), "$lt": time_text(until)}
        if limit < 1:
            return []
        if text is not None:
            wanted["$expr"] = {"$or": [_holds(name, text) for name in ("request", "reply", "fault")]}
        cursor = self._messages.find(wanted, sort=[("_id", 1)], limit=bounded(limit))
        return [restored(WireMessage, found, number=int(found["_id"])) async for found in cursor]

    @verb
    async def forget_messages(self, before: datetime, *, limit: int = 10_000) -> int:
        """Remove messages of before a time."""
        wanted = {"at": {"$lt": time_text(before)}}
        if limit < 1:
            return 0
        cursor = self._messages.find(wanted, {"_id": True}, sort=[("at", 1), ("_id", 1)], limit=bounded(limit))
        numbers = [found["_id"] async for found in cursor]
        return (await self._messages.delete_many({"_id": {"$in": numbers}})).deleted_count


def stored_message(message: WireMessage) -> Document:
    """Return the fields of a message, but for its number."""
    return {"charge_point": fold(message.identity), **without(message, "number")}


def _noted(message: WireMessage) -> UpdateOne:
    """Return what a message changes in the record of its charge point."""
    at = time_text(message.at)
    first = {"identity": message.identity, "first_seen": at}
    if message.direction is not Direction.FROM_CHARGE_POINT:
        return _of(message, {"$setOnInsert": {**first, "last_seen": at}})
    told = {
        "version": message.version,
        "observed_host": message.peer_host,
        "advertised_address": message.callback_address,
    }
    change: Document = {"$setOnInsert": first, "$max": {"last_seen": at}}
    if told := {name: value for name, value in told.items() if value is not None}:
        change["$set"] = told
    if message.deviations:
        change["$inc"] = {f"deviations.{escaped(kind)}": n for kind, n in Counter(message.deviations).items()}
    return _of(message, change)


def _of(message: WireMessage, change: Document) -> UpdateOne:
    return UpdateOne({"_id": fold(message.identity)}, change, upsert=True)


def _holds(name: str, text: str) -> Document:
    return {"$gte": [{"$indexOfBytes": [f"${name}", {"$literal": text}]}, 0]}
