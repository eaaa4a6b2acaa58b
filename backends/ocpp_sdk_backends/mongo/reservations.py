"""Reservations: one document each, ended by single updates."""

from __future__ import annotations

from datetime import UTC, datetime

from bson import ObjectId
from pymongo import ReturnDocument

from ocpp_sdk.storage.folding import fold, time_text
from ocpp_sdk.storage.reservations import Reservation, ReservationState
from ocpp_sdk_backends.mongo.connection import Connection, Part, bounded, of_charge_point, verb
from ocpp_sdk_backends.mongo.documents import Document, document, restored

__all__ = ["MongoReservations", "stored_reservation"]


class MongoReservations(Part):
    """`ReservationStore` in the collection `reservations`."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._reservations = connection.durable("reservations")

    @verb
    async def new_reservation_id(self) -> int:
        """Return an id that no other call has returned."""
        return await self._connection.numbers("reservation_id")

    @verb
    async def put_reservation(self, reservation: Reservation) -> None:
        """Add or replace a reservation."""
        folded, spelled = await self._connection.known(reservation.identity, datetime.now(UTC), reservation)
        found = stored_reservation(reservation, folded) | {"identity": spelled}
        await self._reservations.replace_one({"_id": found["_id"]}, found, upsert=True)

    @verb
    async def end_reservation(self, identity: str, reservation_id: int, state: ReservationState) -> Reservation | None:
        """End a reservation that is active."""
        wanted = {"_id": _key(fold(identity), reservation_id), "state": ReservationState.ACTIVE.value}
        found = await self._reservations.find_one_and_update(
            wanted, {"$set": {"state": state.value}}, return_document=ReturnDocument.AFTER
        )
        return None if found is None else restored(Reservation, found)

    @verb
    async def expire_reservations(self, now: datetime, identity: str | None = None) -> list[Reservation]:
        """End each active reservation whose time has come."""
        wanted = of_charge_point(identity)
        wanted |= {"state": ReservationState.ACTIVE.value, "expires_at": {"$lte": time_text(now)}}
        # Each document is changed by one of many sweeps, which finds by its mark what it has changed.
        mark = ObjectId()
        done = await self._reservations.update_many(
            wanted, {"$set": {"state": ReservationState.EXPIRED.value, "expired_by": mark}}
        )
        if not done.modified_count:
            return []
        cursor = self._reservations.find({"expired_by": mark}, sort=[("charge_point", 1), ("reservation_id", 1)])
        return [restored(Reservation, found) async for found in cursor]

    @verb
    async def reservation(self, identity: str, reservation_id: int) -> Reservation | None:
        """Return one reservation."""
        found = await self._reservations.find_one({"_id": _key(fold(identity), reservation_id)})
        return None if found is None else restored(Reservation, found)

    @verb
    async def reservations(
        self, identity: str | None = None, *, active_only: bool = False, limit: int = 1000
    ) -> list[Reservation]:
        """List reservations by folded identity and id."""
        if limit < 1:
            return []
        wanted = of_charge_point(identity)
        if active_only:
            wanted["state"] = ReservationState.ACTIVE.value
        cursor = self._reservations.find(
            wanted, sort=[("charge_point", 1), ("reservation_id", 1)], limit=bounded(limit)
        )
        return [restored(Reservation, found) async for found in cursor]


def stored_reservation(reservation: Reservation, folded: str) -> Document:
    """Return the document of a reservation."""
    return {
        "_id": _key(folded, reservation.reservation_id),
        "charge_point": folded,
        **document(reservation),
    }


def _key(folded: str, reservation_id: int) -> Document:
    return {"charge_point": folded, "reservation_id": reservation_id}
