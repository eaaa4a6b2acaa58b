"""The feed of notifications in SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, func, insert, select, update

from ocpp_sdk.storage.folding import utc
from ocpp_sdk.storage.notifications import Notification
from ocpp_sdk_backends.sql.tables import charge_points, notifications
from ocpp_sdk_backends.sql.verbs import SqlVerbs, charge_point_of, records
from ocpp_sdk_backends.sql.writing import WriteTransaction

__all__ = ["SqlNotifications"]

_table: Final = notifications.c


class SqlNotifications(SqlVerbs):
    """Verbs of `NotificationStore`."""

    async def add_notification(self, notification: Notification) -> int:
        """Add a row."""
        at = utc(notification.at)
        read_at = None if notification.read_at is None else utc(notification.read_at)

        def work(transaction: WriteTransaction) -> int:
            number = transaction.numbers("notifications")
            identity = notification.identity
            values = {
                "number": number,
                "at": at,
                "charge_point_id": None if identity is None else transaction.charge_point(identity, at),
                "kind": notification.kind,
                "text": notification.text,
                "read_at": read_at,
            }
            transaction.connection.execute(insert(notifications), values)
            return number

        return await self._write(work, notification)

    async def notifications(
        self,
        identity: str | None = None,
        *,
        unread_only: bool = False,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Notification]:
        """Read rows by falling number."""

        def work(connection: Connection) -> list[Notification]:
            statement = _notifications().order_by(_table.number.desc()).limit(max(limit, 0))
            number = charge_point_of(connection, self._remembered, identity)
            if number is not None:
                statement = statement.where(_table.charge_point_id == number)
            if unread_only:
                statement = statement.where(_table.read_at.is_(None))
            if before is not None:
                statement = statement.where(_table.number < before)
            return records(Notification, connection.execute(statement))

        return await self._read(work)

    async def unread_count(self) -> int:
        """Count rows."""

        def work(connection: Connection) -> int:
            found: int = connection.execute(select(func.count()).where(_table.read_at.is_(None))).scalar_one()
            return found

        return await self._read(work)

    async def mark_read(self, up_to: int, at: datetime) -> int:
        """Set a column."""
        statement = update(notifications).where(_table.read_at.is_(None), _table.number <= up_to)
        marked = statement.values(read_at=utc(at))

        def work(transaction: WriteTransaction) -> int:
            return transaction.connection.execute(marked).rowcount

        return await self._write(work)


def _notifications() -> Select[Any]:
    columns = _table.number, _table.at, charge_points.c.identity, _table.kind, _table.text, _table.read_at
    return select(*columns).join_from(notifications, charge_points, isouter=True)
