"""The id tags that an operator knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

__all__ = ["IdTagRecord", "IdTagStore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdTagRecord:
    """One id tag that the operator knows.

    Attributes:
        id_tag: compared without case.
        status: as `Accepted` or `Blocked`.
        expires_at: from when on it is expired; None for never.
        parent_id_tag: the group it belongs to.
        max_active_transactions: how many it may run at the same time; None for any number.
    """

    id_tag: str
    status: str = "Accepted"
    expires_at: datetime | None = None
    parent_id_tag: str | None = None
    max_active_transactions: int | None = None


class IdTagStore(Protocol):
    """The id tags that the operator knows."""

    async def put_id_tag(self, tag: IdTagRecord) -> None:
        """Add an id tag, or replace all of the one that is equal but for case."""
        ...

    async def remove_id_tag(self, id_tag: str) -> bool:
        """Forget an id tag.

        Returns:
            Whether it was known.
        """
        ...

    async def id_tag(self, id_tag: str) -> IdTagRecord | None:
        """Return one id tag, None if it is not known."""
        ...

    async def id_tags(self, *, after: str | None = None, limit: int = 1000) -> list[IdTagRecord]:
        """List id tags in the order of their folded texts.

        Args:
            after: only those behind this one.
            limit: greatest number of results.
        """
        ...
