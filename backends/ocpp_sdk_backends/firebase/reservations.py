"""Reservations: one node each, under charge point and id."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from ocpp_sdk.storage.folding import fold, time_text, utc
from ocpp_sdk.storage.reservations import Reservation, ReservationState
from ocpp_sdk_backends.firebase.changes import Keep, Put
from ocpp_sdk_backends.firebase.documents import Node, node_of, record_of
from ocpp_sdk_backends.firebase.keys import folded, key, order
from ocpp_sdk_backends.firebase.transactions import GREATEST_ID
from ocpp_sdk_backends.firebase.verbs import PAGE, FirebaseVerbs, verb

__all__ = ["ReservationVerbs", "reservation_node", "reservation_path"]


def reservation_path(identity: str, reservation_id: int) -> str:
    """Return where a reservation is kept."""
    return f"reservations/{key(fold(identity), str(reservation_id))}"


def reservation_node(reservation: Reservation) -> Node:
    """Return the node of a reservation."""
    place = f"{folded(reservation.identity)} {order(reservation.reservation_id)}"
    index = {"all": place}
    if reservation.state is ReservationState.ACTIVE:
        index |= {"active": place, "expiry": f"{time_text(reservation.expires_at)} {place}"}
    return node_of(reservation, index=index)


class ReservationVerbs(FirebaseVerbs):
    """`ReservationStore` in a Realtime Database."""

    @verb
    async def new_reservation_id(self) -> int:  # noqa: D102
        return await self._numbers("reservation_id", greatest=GREATEST_ID)

    @verb
    async def put_reservation(self, reservation: Reservation) -> None:  # noqa: D102
        reservation_node(reservation)
        identity = await self._spelled(reservation.identity, datetime.now(UTC))
        new = replace(reservation, identity=identity, expires_at=utc(reservation.expires_at))
        await self._writer.write({reservation_path(identity, new.reservation_id): reservation_node(new)})

    @verb
    async def end_reservation(  # noqa: D102
        self, identity: str, reservation_id: int, state: ReservationState
    ) -> Reservation | None:
        return await self._end_active(reservation_path(identity, reservation_id), state, None)

    @verb
    async def expire_reservations(self, now: datetime, identity: str | None = None) -> list[Reservation]:  # noqa: D102
        owner, time, paths = None if identity is None else fold(identity), utc(now), list[str]()
        async for page in self._pages("reservations", "index/expiry", until=time_text(time)):
            paths += [f"reservations/{name}" for name, node in page if owner in {None, fold(node["identity"])}]

        async def expire(path: str) -> Reservation | None:
            return await self._end_active(path, ReservationState.EXPIRED, time)

        ended = [found for found in await self._at_once(expire, paths) if found is not None]
        return sorted(ended, key=lambda found: (fold(found.identity), found.reservation_id))

    @verb
    async def reservation(self, identity: str, reservation_id: int) -> Reservation | None:  # noqa: D102
        found = await self._database.read(reservation_path(identity, reservation_id))
        return None if found is None else record_of(Reservation, found)

    @verb
    async def reservations(  # noqa: D102
        self, identity: str | None = None, *, active_only: bool = False, limit: int = 1000
    ) -> list[Reservation]:
        child, prefix = "index/active" if active_only else "index/all", ""
        if identity is not None:
            prefix = folded(identity) + " "
        kept: list[Reservation] = []
        if limit < 1:
            return kept
        async for page in self._pages("reservations", child, prefix, size=min(limit, PAGE)):
            kept += [record_of(Reservation, node) for _, node in page]
            if len(kept) >= limit:
                break
        return kept[:limit]

    async def _end_active(self, path: str, state: ReservationState, now: datetime | None) -> Reservation | None:
        """End a reservation that is active, and expired if a time is given."""

        def end(found: Node | None) -> Keep[Reservation | None] | Put[Reservation | None]:
            if found is None or found["state"] != ReservationState.ACTIVE:
                return Keep(None)
            old = record_of(Reservation, found)
            if now is not None and old.expires_at > now:
                return Keep(None)
            new = replace(old, state=state)
            return Put(reservation_node(new), new)

        return await self._changes.change(path, end)
