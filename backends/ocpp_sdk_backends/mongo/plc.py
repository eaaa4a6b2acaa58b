"""Records that a PLC and the OCPP side exchange: one document each, moved by single updates."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from pymongo import ReturnDocument

from ocpp_sdk.storage.folding import time_text
from ocpp_sdk.storage.plc import ExchangeState, NewExchange, PlcExchange
from ocpp_sdk_backends.mongo.connection import Connection, Part, bounded, of_charge_point, verb
from ocpp_sdk_backends.mongo.documents import Document, restored, without
from ocpp_sdk_backends.mongo.inserting import NumberedInserts, body

__all__ = ["MongoExchanges", "stored_exchange"]


class MongoExchanges(Part):
    """`PlcExchangeStore` in the collection `exchanges`, unique on charge point, kind and key."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._exchanges = connection.durable("exchanges")
        self._new_exchanges = NumberedInserts(connection, "exchanges")

    @verb
    async def add_exchange(self, exchange: NewExchange) -> PlcExchange:
        """Add a record, or return the one that is there."""
        folded, spelled = await self._connection.known(exchange.identity, exchange.at, exchange)
        key = {"charge_point": folded, "kind": exchange.kind, "key": exchange.key}
        exchange = replace(exchange, identity=spelled)
        fields = {**key, **without(exchange, "at")}
        fields |= {"created_at": time_text(exchange.at), "changed_at": time_text(exchange.at)}
        while True:
            number = await self._new_exchanges.add(body(fields))
            if number is not None:
                return restored(PlcExchange, fields, number=number)
            found = await self._connection.latest("exchanges").find_one(key)
            if found is not None:
                return _restored(found)

    @verb
    async def swap_exchange(
        self,
        number: int,
        expected: Collection[ExchangeState],
        state: ExchangeState,
        *,
        at: datetime,
        data: str | None = None,
    ) -> PlcExchange | None:
        """Move a record from one of some states into another."""
        change = {"state": state.value, "changed_at": time_text(at)}
        if data is not None:
            change["data"] = data
        found = await self._exchanges.find_one_and_update(
            {"_id": number, **_in(expected)}, {"$set": change}, return_document=ReturnDocument.AFTER
        )
        return None if found is None else _restored(found)

    @verb
    async def exchange(self, number: int) -> PlcExchange | None:
        """Return one record."""
        found = await self._exchanges.find_one({"_id": number})
        return None if found is None else _restored(found)

    @verb
    async def exchanges(
        self,
        identity: str | None = None,
        *,
        kind: str | None = None,
        states: Collection[ExchangeState] | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[PlcExchange]:
        """List records by number."""
        if limit < 1:
            return []
        wanted: Document = {**of_charge_point(identity), "_id": {"$gt": after}}
        if kind is not None:
            wanted["kind"] = kind
        if states is not None:
            wanted |= _in(states)
        cursor = self._exchanges.find(wanted, sort=[("_id", 1)], limit=bounded(limit))
        return [_restored(found) async for found in cursor]

    @verb
    async def forget_exchanges(
        self, states: Collection[ExchangeState], before: datetime, *, limit: int = 10_000
    ) -> int:
        """Remove records that were last changed before a time."""
        wanted = {**_in(states), "changed_at": {"$lt": time_text(before)}}
        if limit < 1:
            return 0
        cursor = self._exchanges.find(wanted, {"_id": True}, sort=[("changed_at", 1)], limit=bounded(limit))
        numbers = [found["_id"] async for found in cursor]
        # Compared again, since a record may have been moved on meanwhile.
        return (await self._exchanges.delete_many({**wanted, "_id": {"$in": numbers}})).deleted_count


def stored_exchange(exchange: PlcExchange, folded: str) -> Document:
    """Return the document of a record."""
    return {"_id": exchange.number, "charge_point": folded, **without(exchange, "number")}


def _restored(found: Document) -> PlcExchange:
    return restored(PlcExchange, found, number=int(found["_id"]))


def _in(states: Collection[ExchangeState]) -> Document:
    return {"state": {"$in": [state.value for state in states]}}
