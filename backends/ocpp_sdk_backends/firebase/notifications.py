"""Notifications: one node each, under the number."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ocpp_sdk.storage.folding import utc
from ocpp_sdk.storage.notifications import Notification
from ocpp_sdk_backends.firebase.changes import Keep, Put
from ocpp_sdk_backends.firebase.documents import Node, node_of, record_of
from ocpp_sdk_backends.firebase.keys import folded, number_key, padded
from ocpp_sdk_backends.firebase.verbs import FirebaseVerbs, verb

__all__ = ["NotificationVerbs", "notification_node", "notification_path"]


def notification_path(number: int) -> str:
    """Return where a notification is kept."""
    return f"notifications/{number_key(number)}"


def notification_node(notification: Notification) -> Node:
    """Return the node of a notification that has its number."""
    number = padded(notification.number or 0)
    about = None if notification.identity is None else f"{folded(notification.identity)} {number}"
    unread = notification.read_at is None
    index = {
        "all": number,
        "charge_point": about,
        "unread": number if unread else None,
        "charge_point_unread": about if unread else None,
    }
    return node_of(notification, index={name: text for name, text in index.items() if text is not None})


class NotificationVerbs(FirebaseVerbs):
    """`NotificationStore` in a Realtime Database."""

    @verb
    async def add_notification(self, notification: Notification) -> int:  # noqa: D102
        at, identity = utc(notification.at), notification.identity
        notification_node(notification)
        if identity is not None:
            identity = await self._spelled(identity, at)
        number = await self._numbers("notifications")
        new = replace(notification, number=number, at=at, identity=identity)
        await self._writer.write({notification_path(number): notification_node(new)})
        return number

    @verb
    async def notifications(  # noqa: D102
        self,
        identity: str | None = None,
        *,
        unread_only: bool = False,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Notification]:
        if identity is None:
            child, prefix = "index/unread" if unread_only else "index/all", ""
        else:
            child = "index/charge_point_unread" if unread_only else "index/charge_point"
            prefix = folded(identity) + " "
        found = await self._numbered("notifications", child, prefix, before=before, newest_first=True, limit=limit)
        return [record_of(Notification, node) for node in found]

    @verb
    async def unread_count(self) -> int:  # noqa: D102
        count = 0
        async for page in self._pages("notifications", "index/unread"):
            count += len(page)
        return count

    @verb
    async def mark_read(self, up_to: int, at: datetime) -> int:  # noqa: D102
        time = utc(at)

        def mark(found: Node | None) -> Keep[int] | Put[int]:
            if found is None or "read_at" in found:
                return Keep(0)
            return Put(notification_node(replace(record_of(Notification, found), read_at=time)), 1)

        async def mark_one(node: Node) -> int:
            return await self._changes.change(notification_path(int(node["number"])), mark)

        unread = await self._numbered("notifications", "index/unread", before=up_to + 1, limit=10**9)
        return sum(await self._at_once(mark_one, unread))
