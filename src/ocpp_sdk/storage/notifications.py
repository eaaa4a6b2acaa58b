"""A feed of what people should know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

__all__ = ["Notification", "NotificationStore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """Something that people should know.

    Attributes:
        number: position in the feed, from 1, greater than that of any before; None before it is stored.
        at: when it happened.
        identity: of the charge point it is about; None for none.
        kind: what happened, as `RefusedStop`.
        text: for people.
        read_at: when somebody read it; None for not yet.
    """

    number: int | None = None
    at: datetime
    identity: str | None = None
    kind: str
    text: str
    read_at: datetime | None = None


class NotificationStore(Protocol):
    """The feed."""

    async def add_notification(self, notification: Notification) -> int:
        """Add a notification to the feed; each call adds one.

        Returns:
            Its number.
        """
        ...

    async def notifications(
        self,
        identity: str | None = None,
        *,
        unread_only: bool = False,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Notification]:
        """List notifications, the newest first.

        Args:
            identity: about one charge point only.
            unread_only: only those that nobody has read.
            before: only those with a smaller number, to read on from the last of a page.
            limit: greatest number of results.
        """
        ...

    async def unread_count(self) -> int:
        """Return how many notifications nobody has read."""
        ...

    async def mark_read(self, up_to: int, at: datetime) -> int:
        """Mark each unread notification up to a number as read.

        Returns:
            How many there were.
        """
        ...
