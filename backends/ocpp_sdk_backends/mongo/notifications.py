"""The feed of notifications."""

from __future__ import annotations

from datetime import datetime

from ocpp_sdk.storage.folding import time_text
from ocpp_sdk.storage.notifications import Notification
from ocpp_sdk_backends.mongo.connection import Connection, Part, bounded, of_charge_point, verb
from ocpp_sdk_backends.mongo.documents import Document, restored, without
from ocpp_sdk_backends.mongo.inserting import NumberedInserts, body

__all__ = ["MongoNotifications", "stored_notification"]


class MongoNotifications(Part):
    """`NotificationStore` in the collection `notifications`; what nobody has read has `unread`."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._notifications = connection.durable("notifications")
        self._new_notifications = NumberedInserts(connection, "notifications")

    @verb
    async def add_notification(self, notification: Notification) -> int:
        """Add a notification."""
        fields = stored_notification(notification)
        if notification.identity is not None:
            folded, spelled = await self._connection.known(notification.identity, notification.at, notification)
            fields |= {"charge_point": folded, "identity": spelled}
        number = await self._new_notifications.add(body(fields))
        assert number is not None  # noqa: S101 - nothing but the number is unique
        return number

    @verb
    async def notifications(
        self,
        identity: str | None = None,
        *,
        unread_only: bool = False,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Notification]:
        """List notifications, the newest first."""
        if limit < 1:
            return []
        wanted = of_charge_point(identity)
        if unread_only:
            wanted["unread"] = True
        if before is not None:
            wanted["_id"] = {"$lt": before}
        cursor = self._notifications.find(wanted, sort=[("_id", -1)], limit=bounded(limit))
        return [restored(Notification, found, number=int(found["_id"])) async for found in cursor]

    @verb
    async def unread_count(self) -> int:
        """Return how many notifications nobody has read."""
        return await self._notifications.count_documents({"unread": True})

    @verb
    async def mark_read(self, up_to: int, at: datetime) -> int:
        """Mark each unread notification up to a number as read."""
        change = {"$set": {"read_at": time_text(at)}, "$unset": {"unread": ""}}
        done = await self._notifications.update_many({"_id": {"$lte": up_to}, "unread": True}, change)
        return done.modified_count


def stored_notification(notification: Notification) -> Document:
    """Return the fields of a notification, but for its number and what names its charge point in other spelling."""
    fields = without(notification, "number")
    if notification.read_at is None:
        fields["unread"] = True
    return fields
