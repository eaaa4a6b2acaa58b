"""What a charge point knows of id tags by itself: its local authorization list, and its authorization cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

__all__ = ["AuthorizationCacheStore", "CachedTag", "ListedTag", "LocalList", "LocalListStore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalList:
    """The state of a local list.

    Attributes:
        identity: of the charge point.
        version: as the central system gave it.
        hash: over the list, as the version of OCPP defines it; None if there is none.
        updated_at: when it was changed last.
        entries: how many it has.
    """

    identity: str
    version: int
    hash: str | None = None
    updated_at: datetime
    entries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTag:
    """An entry of a local list.

    Attributes:
        id_tag: compared without case.
        status: as `Accepted`; None if the list does not say.
        expires_at: from when on it is expired; None for never.
        parent_id_tag: the group it belongs to.
    """

    id_tag: str
    status: str | None = None
    expires_at: datetime | None = None
    parent_id_tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedTag:
    """What a central system said of an id tag.

    Attributes:
        id_tag: compared without case.
        status: as `Accepted`.
        expires_at: from when on it is expired; None for never.
        parent_id_tag: the group it belongs to.
        cached_at: when it was said.
    """

    id_tag: str
    status: str
    expires_at: datetime | None = None
    parent_id_tag: str | None = None
    cached_at: datetime


class LocalListStore(Protocol):
    """The local authorization list of each charge point."""

    async def replace_local_list(
        self, identity: str, version: int, entries: Sequence[ListedTag], *, hash: str | None = None, at: datetime
    ) -> None:
        """Put a list in place of the one before, all or nothing.

        Of entries that are equal but for case the last one counts.
        """
        ...

    async def update_local_list(
        self,
        identity: str,
        version: int,
        entries: Sequence[ListedTag],
        removed: Sequence[str] = (),
        *,
        expected_version: int,
        hash: str | None = None,
        at: datetime,
    ) -> bool:
        """Change some entries of a list, all or none.

        Args:
            identity: of the charge point.
            version: the new one.
            entries: added, or put in place of those that are equal but for case.
            removed: id tags whose entries go; unknown ones are passed over.
            expected_version: the change is made only to this version; 0 stands for no list.
            hash: over the list.
            at: the time.

        Returns:
            Whether the list had the expected version; otherwise nothing changes.
        """
        ...

    async def local_list(self, identity: str) -> LocalList | None:
        """Return the state of a list, None if there is none."""
        ...

    async def listed_tag(self, identity: str, id_tag: str) -> ListedTag | None:
        """Return one entry, None if the list has none or there is no list."""
        ...

    async def listed_tags(self, identity: str, *, after: str | None = None, limit: int = 1000) -> list[ListedTag]:
        """List entries in the order of their folded id tags.

        Args:
            identity: of the charge point.
            after: only those behind this id tag.
            limit: greatest number of results.
        """
        ...


class AuthorizationCacheStore(Protocol):
    """The authorization cache of each charge point."""

    async def cache_tag(self, identity: str, tag: CachedTag) -> None:
        """Keep what was said of an id tag in place of what was said before."""
        ...

    async def cached_tag(self, identity: str, id_tag: str) -> CachedTag | None:
        """Return what was said of an id tag, None if nothing was."""
        ...

    async def cached_tags(self, identity: str, *, after: str | None = None, limit: int = 1000) -> list[CachedTag]:
        """List the cache in the order of the folded id tags; arguments as for `listed_tags`."""
        ...

    async def trim_cache(self, identity: str, keep: int) -> int:
        """Remove all but the entries that were cached last.

        Args:
            identity: of the charge point.
            keep: how many stay.

        Returns:
            How many were removed.
        """
        ...

    async def clear_cache(self, identity: str) -> int:
        """Empty the cache of a charge point, and nothing else (OCPP 1.5 section 5.4).

        Returns:
            How many entries were removed.
        """
        ...
