"""Connectors that are kept for somebody (1.5 section 5.11); they survive a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Final

from ocpp_sdk.charge_point.clock import sleep_until
from ocpp_sdk.charge_point.keeping import Keeping
from ocpp_sdk.charge_point.sessions.authorization import same_tag
from ocpp_sdk.charge_point.sessions.connectors import Connector, Connectors
from ocpp_sdk.clock import Clock
from ocpp_sdk.storage.reservations import ReservationState
from ocpp_sdk.versions.domain import Reservation
from ocpp_sdk.versions.enumerations import ReservationStatus

__all__ = ["Reservations"]

_WHOLE: Final = 0
ShowReservation = Callable[[int, Reservation | None], Coroutine[object, object, None]]


class Reservations:
    """The reservations of a charge point. One of connector 0 keeps any one connector free.

    Args:
        connectors: what can be reserved.
        clock: tells when a reservation expires.
        keeping: where they are kept.
        show: tells the hardware for whom a connector is kept.
        spawn: runs something besides.
    """

    def __init__(
        self,
        connectors: Connectors,
        clock: Clock,
        keeping: Keeping,
        show: ShowReservation,
        spawn: Callable[[Coroutine[object, object, None]], None],
    ) -> None:
        self._connectors = connectors
        self._clock = clock
        self._keeping = keeping
        self._show = show
        self._spawn = spawn
        self._active: dict[int, Reservation] = {}
        self._turn = asyncio.Lock()

    async def restore(self) -> None:
        """Know again what was reserved; what has expired meanwhile is ended."""
        for reservation in await self._keeping.reservations():
            self._active[reservation.reservation_id] = reservation
            connector = self._connectors.find(reservation.connector_id)
            if connector is not None:
                connector.reservation = reservation
            self._spawn(self._expire(reservation))

    async def show_all(self) -> None:
        """Tell the hardware for whom each connector is kept, after it has started or was away."""
        await asyncio.gather(*(self._show(one.number, one.reservation) for one in self._connectors))

    async def reserve(self, reservation: Reservation) -> ReservationStatus:
        """Keep a connector; a reservation of the same number is replaced."""
        async with self._turn:
            if reservation.expiry_date <= self._clock.now():
                return ReservationStatus.REJECTED
            if reservation.connector_id == _WHOLE:
                refusal = self._refusal_of_whole(reservation)
            else:
                refusal = _refusal(self._connectors.find(reservation.connector_id), reservation)
            if refusal is not None:
                return refusal
            await self._take(reservation)
        self._spawn(self._expire(reservation))
        return ReservationStatus.ACCEPTED

    async def cancel(self, reservation_id: int) -> bool:
        """Drop a reservation; returns whether there was one."""
        reservation = self._active.get(reservation_id)
        if reservation is None:
            return False
        await self._end(reservation, ReservationState.CANCELLED)
        return True

    async def lose(self, connector: Connector) -> None:
        """End the reservation of a connector that cannot be used any more."""
        if connector.reservation is not None:
            await self._end(connector.reservation, ReservationState.CANCELLED)

    def used_by(self, connector: Connector, id_tag: str, parent_id_tag: str | None) -> Reservation | None:
        """Return the reservation that a transaction of an idTag uses, first that of the connector."""
        own = connector.reservation
        if own is not None and _matches(own, id_tag, parent_id_tag):
            return own
        return next((one for one in self._whole() if _matches(one, id_tag, parent_id_tag)), None)

    async def use(self, reservation: Reservation) -> None:
        """End a reservation, since its transaction has begun."""
        await self._end(reservation, ReservationState.USED)

    def refusal(self, connector: Connector, id_tag: str, parent_id_tag: str | None) -> str:
        """Say why a connector cannot be used by an idTag because of reservations; empty if it can."""
        own = connector.reservation
        if own is not None:
            return "" if _matches(own, id_tag, parent_id_tag) else f"connector {connector.number} is reserved"
        foreign = [one for one in self._whole() if not _matches(one, id_tag, parent_id_tag)]
        if foreign and len(self._free_connectors()) <= len(foreign):
            return f"connector {connector.number} is kept for a reservation of the charge point"
        return ""

    def refusal_of_any(self, connector: Connector, id_tag: str) -> str:
        """Say why a connector cannot be used by an idTag whose group is not known; empty if it might."""
        kept = [connector.reservation] if connector.reservation is not None else self._whole()
        groups = {one.parent_id_tag for one in kept if one.parent_id_tag is not None}
        refusals = [self.refusal(connector, id_tag, parent) for parent in [None, *groups]]
        return "" if "" in refusals else refusals[0]

    async def _take(self, reservation: Reservation) -> None:
        connector = self._connectors.find(reservation.connector_id)
        before = None if connector is None else connector.reservation
        if connector is not None:
            # At once, so that nobody takes the connector meanwhile.
            connector.reservation = reservation
        try:
            await self._keeping.keep_reservation(reservation)
        except BaseException:
            if connector is not None and connector.reservation is reservation:
                connector.reservation = before
            raise
        previous = self._active.get(reservation.reservation_id)
        self._active[reservation.reservation_id] = reservation
        if previous is not None and previous.connector_id != reservation.connector_id:
            await self._free(self._connectors.find(previous.connector_id), previous)
        if connector is not None:
            await self._show(connector.number, reservation)
            await self._connectors.show(connector)

    def _whole(self) -> Sequence[Reservation]:
        return [one for one in self._active.values() if one.connector_id == _WHOLE]

    def _free_connectors(self) -> list[Connector]:
        return [
            one
            for one in self._connectors
            if one.operative and one.facts.usable and not one.faulted and not one.busy and one.reservation is None
        ]

    def _refusal_of_whole(self, reservation: Reservation) -> ReservationStatus | None:
        others = [one for one in self._whole() if one.reservation_id != reservation.reservation_id]
        if len(self._free_connectors()) > len(others):
            return None
        refusals = {_refusal(connector, reservation) for connector in self._connectors}
        if refusals == {ReservationStatus.FAULTED}:
            return ReservationStatus.FAULTED
        if refusals <= {ReservationStatus.FAULTED, ReservationStatus.UNAVAILABLE}:
            return ReservationStatus.UNAVAILABLE
        return ReservationStatus.OCCUPIED

    async def _expire(self, reservation: Reservation) -> None:
        await sleep_until(self._clock, reservation.expiry_date)
        if self._active.get(reservation.reservation_id) is reservation:
            await self._end(reservation, ReservationState.EXPIRED)

    async def _end(self, reservation: Reservation, state: ReservationState) -> None:
        await self._keeping.end_reservation(reservation.reservation_id, state)
        self._active.pop(reservation.reservation_id, None)
        await self._free(self._connectors.find(reservation.connector_id), reservation)

    async def _free(self, connector: Connector | None, reservation: Reservation) -> None:
        if connector is not None and connector.reservation is reservation:
            connector.reservation = None
            await self._show(connector.number, None)
            await self._connectors.show(connector)


def _matches(reservation: Reservation, id_tag: str, parent_id_tag: str | None) -> bool:
    return same_tag(reservation.id_tag, id_tag) or same_tag(reservation.parent_id_tag, parent_id_tag)


def _refusal(connector: Connector | None, reservation: Reservation) -> ReservationStatus | None:
    if connector is None:
        return ReservationStatus.REJECTED
    if connector.faulted:
        return ReservationStatus.FAULTED
    if not (connector.operative and connector.facts.usable):
        return ReservationStatus.UNAVAILABLE
    held = connector.reservation
    if connector.busy or connector.facts.plugged:
        return ReservationStatus.OCCUPIED
    if held is not None and held.reservation_id != reservation.reservation_id:
        return ReservationStatus.OCCUPIED
    return None
