"""The charge points that spoke: one document each, changed by single updates."""

from __future__ import annotations

from datetime import datetime

from ocpp_sdk.storage.charge_points import BootData, ChargePointRecord
from ocpp_sdk.storage.folding import fold, time_text
from ocpp_sdk_backends.mongo.connection import Connection, Part, bounded, verb
from ocpp_sdk_backends.mongo.documents import Document, document, restored

__all__ = ["MongoChargePoints"]


class MongoChargePoints(Part):
    """`ChargePointStore` in the collection `charge_points`."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._charge_points = connection.durable("charge_points")

    @verb
    async def register(self, identity: str, boot: BootData, *, registration: str, at: datetime) -> None:
        """Keep what a charge point said when it booted."""
        told = {"boot": document(boot), "registration": registration, "booted_at": time_text(at)}
        await self._see(identity, at, {"$set": told, "$max": {"last_seen": time_text(at)}})

    @verb
    async def set_registration(self, identity: str, registration: str) -> bool:
        """Change how a charge point is registered."""
        done = await self._charge_points.update_one({"_id": fold(identity)}, {"$set": {"registration": registration}})
        return done.matched_count > 0

    @verb
    async def set_operator_address(self, identity: str, address: str | None) -> bool:
        """Set where a charge point is called."""
        field = "operator_address"
        change = {"$unset": {field: ""}} if address is None else {"$set": {field: address}}
        done = await self._charge_points.update_one({"_id": fold(identity)}, change)
        return done.matched_count > 0

    @verb
    async def set_firmware_status(self, identity: str, status: str, at: datetime) -> None:
        """Keep the state of a firmware update."""
        told = {"firmware_status": status, "firmware_status_at": time_text(at)}
        await self._see(identity, at, {"$set": told})

    @verb
    async def set_diagnostics_status(self, identity: str, status: str, at: datetime) -> None:
        """Keep the state of an upload of diagnostics."""
        told = {"diagnostics_status": status, "diagnostics_status_at": time_text(at)}
        await self._see(identity, at, {"$set": told})

    @verb
    async def charge_point(self, identity: str) -> ChargePointRecord | None:
        """Return what is known about one charge point."""
        found = await self._charge_points.find_one({"_id": fold(identity)})
        return None if found is None else restored(ChargePointRecord, found)

    @verb
    async def charge_points(self, *, after: str | None = None, limit: int = 1000) -> list[ChargePointRecord]:
        """List charge points by folded identity."""
        if limit < 1:
            return []
        wanted = {} if after is None else {"_id": {"$gt": fold(after)}}
        cursor = self._charge_points.find(wanted, sort=[("_id", 1)], limit=bounded(limit))
        return [restored(ChargePointRecord, found) async for found in cursor]

    async def _see(self, identity: str, at: datetime, change: Document) -> None:
        """Change the record of a charge point that may be new."""
        first = {"identity": identity, "first_seen": time_text(at)}
        if "$max" not in change:
            first["last_seen"] = time_text(at)
        await self._charge_points.update_one({"_id": fold(identity)}, {**change, "$setOnInsert": first}, upsert=True)
