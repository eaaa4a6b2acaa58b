"""Reservations of connectors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

__all__ = ["Reservation", "ReservationState", "ReservationStore"]


class ReservationState(StrEnum):
    """Where a reservation stands."""

    ACTIVE = "Active"
    USED = "Used"
    CANCELLED = "Cancelled"
    EXPIRED = "Expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """One reservation.

    Attributes:
        identity: of the charge point.
        reservation_id: unique within the charge point.
        connector_id: 0 for any connector.
        id_tag: who may charge.
        parent_id_tag: the group of which each may charge; None for none.
        expires_at: from when on it holds no more.
        state: where it stands.
    """

    identity: str
    reservation_id: int
    connector_id: int
    id_tag: str
    parent_id_tag: str | None = None
    expires_at: datetime
    state: ReservationState = ReservationState.ACTIVE


class ReservationStore(Protocol):
    """Reservations of connectors, kept by either side."""

    async def new_reservation_id(self) -> int:
        """Return an id that no other call has returned, from 1 to 2,147,483,647.

        Raises:
            StorageError: the ids are used up.
        """
        ...

    async def put_reservation(self, reservation: Reservation) -> None:
        """Add a reservation, or replace all of the one with the same charge point and id (OCPP 1.5 section 5.13)."""
        ...

    async def end_reservation(self, identity: str, reservation_id: int, state: ReservationState) -> Reservation | None:
        """End a reservation that is active.

        Atomic: of any number of calls at the same moment, one ends it.

        Args:
            identity: of the charge point.
            reservation_id: of the reservation.
            state: what it ends in; not ACTIVE.

        Returns:
            The reservation in its new state; None if there is none or it had ended before.
        """
        ...

    async def expire_reservations(self, now: datetime, identity: str | None = None) -> list[Reservation]:
        """End each active reservation whose time has come (`expires_at <= now`), as EXPIRED.

        Each is returned by one call only, even of those at the same moment.

        Args:
            now: the time.
            identity: of one charge point only.
        """
        ...

    async def reservation(self, identity: str, reservation_id: int) -> Reservation | None:
        """Return one reservation, None if there is none."""
        ...

    async def reservations(
        self, identity: str | None = None, *, active_only: bool = False, limit: int = 1000
    ) -> list[Reservation]:
        """List reservations by folded identity and id."""
        ...
