"""Verbs of the feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ocpp_sdk.storage.folding import fold, utc
from ocpp_sdk.storage.keyed.verbs import Verbs, optional_utc
from ocpp_sdk.storage.notifications import Notification

__all__ = ["NotificationVerbs"]


class NotificationVerbs(Verbs):
    """`NotificationStore` over tables."""

    async def add_notification(self, notification: Notification) -> int:  # noqa: D102
        draft, table, at = self._draft(), self._tables.notifications, utc(notification.at)
        identity = notification.identity
        if identity is not None:
            identity = self._charge_point(draft, identity, at).identity
        number = draft.next_number(table)
        read_at = optional_utc(notification.read_at)
        draft.put_number(table, replace(notification, number=number, identity=identity, at=at, read_at=read_at))
        await self._keep(draft)
        return number

    async def notifications(  # noqa: D102
        self,
        identity: str | None = None,
        *,
        unread_only: bool = False,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Notification]:
        owner = None if identity is None else fold(identity)
        groups: list[tuple[str, str] | str] = ["unread"] if unread_only else []
        if owner is not None:
            groups.append(("identity", owner))

        def fits(found: Notification) -> bool:
            about = owner is None or (found.identity is not None and fold(found.identity) == owner)
            return about and not (unread_only and found.read_at is not None)

        return await self._list(
            self._tables.notifications, groups, before=before, newest_first=True, limit=limit, fits=fits
        )

    async def unread_count(self) -> int:  # noqa: D102
        return await self._seen(lambda: len(self._tables.notifications.group("unread")))

    async def mark_read(self, up_to: int, at: datetime) -> int:  # noqa: D102
        draft, table, time = self._draft(), self._tables.notifications, utc(at)
        unread = [number for number in table.group("unread") if number <= up_to]
        for number in unread:
            found = table.get(number)
            if found is not None:
                draft.replace_number(table, found, replace(found, read_at=time))
        await self._keep(draft)
        return len(unread)
