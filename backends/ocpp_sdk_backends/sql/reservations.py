"""Reservations in SQL."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, select, update

from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage.folding import utc
from ocpp_sdk.storage.reservations import Reservation, ReservationState
from ocpp_sdk_backends.sql.merging import upsert
from ocpp_sdk_backends.sql.tables import charge_points, reservations
from ocpp_sdk_backends.sql.transactions import LARGEST_ID
from ocpp_sdk_backends.sql.verbs import SqlVerbs, charge_point_of
from ocpp_sdk_backends.sql.writing import WriteTransaction

__all__ = ["SqlReservations", "reservation_from"]

_table: Final = reservations.c


class SqlReservations(SqlVerbs):
    """Verbs of `ReservationStore`."""

    async def new_reservation_id(self) -> int:
        """Take a number of the sequence."""

        def work(transaction: WriteTransaction) -> int:
            number = transaction.numbers("reservation_id")
            if number > LARGEST_ID:
                raise StorageError(f"{self._name}: all {LARGEST_ID:,} reservation ids are used up")
            return number

        return await self._write(work)

    async def put_reservation(self, reservation: Reservation) -> None:
        """Put a row in place of the one with the same key."""
        values = asdict(replace(reservation, expires_at=utc(reservation.expires_at)))
        del values["identity"]

        def work(transaction: WriteTransaction) -> None:
            put = upsert(transaction.dialect, reservations, ["charge_point_id", "reservation_id"])
            number = transaction.charge_point(reservation.identity)
            transaction.connection.execute(put, {**values, "charge_point_id": number})

        await self._write(work, reservation)

    async def end_reservation(self, identity: str, reservation_id: int, state: ReservationState) -> Reservation | None:
        """Change the state of a row that is active."""

        def work(transaction: WriteTransaction) -> Reservation | None:
            number = transaction.find(identity)
            row = _table.charge_point_id == number, _table.reservation_id == reservation_id
            active = _table.state == ReservationState.ACTIVE
            statement = update(reservations).where(*row, active).values(state=state.value)
            if transaction.connection.execute(statement).rowcount == 0:
                return None
            return _read(transaction.connection, _reservations().where(*row))[0]

        return await self._write(work)

    async def expire_reservations(self, now: datetime, identity: str | None = None) -> list[Reservation]:
        """Change the state of all active rows whose time has come."""
        now = utc(now)

        def work(transaction: WriteTransaction) -> list[Reservation]:
            conditions = [_table.state == ReservationState.ACTIVE, _table.expires_at <= now]
            if identity is not None:
                conditions.append(_table.charge_point_id == transaction.find(identity))
            found = _read(transaction.connection, _ordered(_reservations().where(*conditions)))
            if found:
                changed = update(reservations).where(*conditions).values(state=ReservationState.EXPIRED.value)
                transaction.connection.execute(changed)
            return [replace(item, state=ReservationState.EXPIRED) for item in found]

        return await self._write(work)

    async def reservation(self, identity: str, reservation_id: int) -> Reservation | None:
        """Read a row."""

        def work(connection: Connection) -> Reservation | None:
            number = charge_point_of(connection, self._remembered, identity)
            row = _table.charge_point_id == number, _table.reservation_id == reservation_id
            return next(iter(_read(connection, _reservations().where(*row))), None)

        return await self._read(work)

    async def reservations(
        self, identity: str | None = None, *, active_only: bool = False, limit: int = 1000
    ) -> list[Reservation]:
        """Read rows by folded identity and id."""

        def work(connection: Connection) -> list[Reservation]:
            statement = _ordered(_reservations()).limit(max(limit, 0))
            number = charge_point_of(connection, self._remembered, identity)
            if number is not None:
                statement = statement.where(_table.charge_point_id == number)
            if active_only:
                statement = statement.where(_table.state == ReservationState.ACTIVE)
            return _read(connection, statement)

        return await self._read(work)


def _reservations() -> Select[Any]:
    return select(reservations, charge_points.c.identity).join(charge_points)


def _ordered(statement: Select[Any]) -> Select[Any]:
    return statement.order_by(charge_points.c.identity_key, _table.reservation_id)


def _read(connection: Connection, statement: Select[Any]) -> list[Reservation]:
    return [reservation_from(row) for row in connection.execute(statement)]


def reservation_from(row: Row[Any]) -> Reservation:
    """Make the record of a row of `reservations` and its identity."""
    return Reservation(
        identity=row.identity,
        reservation_id=row.reservation_id,
        connector_id=row.connector_id,
        id_tag=row.id_tag,
        parent_id_tag=row.parent_id_tag,
        expires_at=row.expires_at,
        state=ReservationState(row.state),
    )
