"""Connectors that are kept for somebody (1.5 section 5.11)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from ocpp_sdk.charge_point.clock import Clock, sleep_until
from ocpp_sdk.charge_point.connectors import Connector, Connectors
from ocpp_sdk.versions.domain import Reservation
from ocpp_sdk.versions.enumerations import ReservationStatus

__all__ = ["Reservations"]


class Reservations:
    """The reservations of a charge point; a reservation of connector 0 is not taken.

    Args:
        connectors: what can be reserved.
        clock: tells when a reservation expires.
        spawn: runs something besides.
    """

    def __init__(
        self, connectors: Connectors, clock: Clock, spawn: Callable[[Coroutine[object, object, None]], None]
    ) -> None:
        self._connectors = connectors
        self._clock = clock
        self._spawn = spawn

    def reserve(self, reservation: Reservation) -> ReservationStatus:
        """Keep a connector; a reservation of the same number is replaced."""
        connector = self._connectors.find(reservation.connector_id)
        if connector is None or reservation.expiry_date <= self._clock.now():
            return ReservationStatus.REJECTED
        if not connector.operative:
            return ReservationStatus.UNAVAILABLE
        held = connector.reservation
        if connector.busy or (held is not None and held.reservation_id != reservation.reservation_id):
            return ReservationStatus.OCCUPIED
        previous = self._find(reservation.reservation_id)
        connector.reservation = reservation
        if previous is not None and previous is not connector:
            previous.reservation = None
            self._connectors.show_idle(previous)
        self._connectors.show_idle(connector)
        self._spawn(self._expire(connector, reservation))
        return ReservationStatus.ACCEPTED

    def cancel(self, reservation_id: int) -> bool:
        """Drop a reservation; returns whether there was one."""
        connector = self._find(reservation_id)
        if connector is None:
            return False
        self._free(connector)
        return True

    def _find(self, reservation_id: int) -> Connector | None:
        return next(
            (
                connector
                for connector in self._connectors
                if connector.reservation is not None and connector.reservation.reservation_id == reservation_id
            ),
            None,
        )

    async def _expire(self, connector: Connector, reservation: Reservation) -> None:
        await sleep_until(self._clock, reservation.expiry_date)
        if connector.reservation is reservation:
            self._free(connector)

    def _free(self, connector: Connector) -> None:
        connector.reservation = None
        if not connector.busy:
            self._connectors.show_idle(connector)
