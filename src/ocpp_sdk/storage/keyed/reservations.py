"""Verbs of reservations."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage.folding import fold, utc
from ocpp_sdk.storage.keyed.tables import Key
from ocpp_sdk.storage.keyed.verbs import GREATEST_ID, Verbs
from ocpp_sdk.storage.reservations import Reservation, ReservationState
from ocpp_sdk.storage.transfer import SequenceState

__all__ = ["ReservationVerbs"]


class ReservationVerbs(Verbs):
    """`ReservationStore` over tables."""

    async def new_reservation_id(self) -> int:  # noqa: D102
        draft, name = self._draft(), "reservation_id"
        found = self._tables.sequences.get((name,))
        last = 0 if found is None else found.last
        if last >= GREATEST_ID:
            raise StorageError(f"no reservation id is left, {GREATEST_ID} were given out")
        draft.put(self._tables.sequences, SequenceState(name=name, last=last + 1))
        await self._keep(draft)
        return last + 1

    async def put_reservation(self, reservation: Reservation) -> None:  # noqa: D102
        draft = self._draft()
        identity = self._charge_point(draft, reservation.identity, datetime.now(UTC)).identity
        changed = replace(reservation, identity=identity, expires_at=utc(reservation.expires_at))
        draft.put(self._tables.reservations, changed)
        await self._keep(draft)

    async def end_reservation(  # noqa: D102
        self, identity: str, reservation_id: int, state: ReservationState
    ) -> Reservation | None:
        if state is ReservationState.ACTIVE:
            raise ValueError("a reservation does not end as Active")
        draft = self._draft()
        found = self._tables.reservations.get((fold(identity), reservation_id))
        ended = None
        if found is not None and found.state is ReservationState.ACTIVE:
            ended = replace(found, state=state)
            draft.put(self._tables.reservations, ended)
        await self._keep(draft)
        return ended

    async def expire_reservations(self, now: datetime, identity: str | None = None) -> list[Reservation]:  # noqa: D102
        draft, time = self._draft(), utc(now)
        expired = [
            replace(found, state=ReservationState.EXPIRED)
            for found in self._tables.reservations.scan(_owner(identity))
            if found.state is ReservationState.ACTIVE and found.expires_at <= time
        ]
        for reservation in expired:
            draft.put(self._tables.reservations, reservation)
        await self._keep(draft)
        return expired

    async def reservation(self, identity: str, reservation_id: int) -> Reservation | None:  # noqa: D102
        return await self._seen(lambda: self._tables.reservations.get((fold(identity), reservation_id)))

    async def reservations(  # noqa: D102
        self, identity: str | None = None, *, active_only: bool = False, limit: int = 1000
    ) -> list[Reservation]:
        def query() -> list[Reservation]:
            found = self._tables.reservations.scan(_owner(identity))
            wanted = (one for one in found if not active_only or one.state is ReservationState.ACTIVE)
            return list(islice(wanted, max(limit, 0)))

        return await self._seen(query)


def _owner(identity: str | None) -> Key:
    return () if identity is None else (fold(identity),)
