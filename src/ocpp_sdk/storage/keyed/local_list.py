"""Verbs of the local authorization list, and of the authorization cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from ocpp_sdk.storage.folding import fold, utc
from ocpp_sdk.storage.keyed.draft import Draft
from ocpp_sdk.storage.keyed.verbs import Verbs, optional_utc
from ocpp_sdk.storage.local_list import CachedTag, ListedTag, LocalList
from ocpp_sdk.storage.transfer import OwnedCachedTag, OwnedListedTag

__all__ = ["AuthorizationCacheVerbs", "LocalListVerbs"]


class LocalListVerbs(Verbs):
    """`LocalListStore` over tables; how many entries a list has is counted when it is asked for."""

    async def replace_local_list(  # noqa: D102
        self, identity: str, version: int, entries: Sequence[ListedTag], *, hash: str | None = None, at: datetime
    ) -> None:
        draft, owner = self._draft(), fold(identity)
        for found in list(self._tables.listed_tags.scan((owner,))):
            draft.drop(self._tables.listed_tags, self._tables.listed_tags.key_of(found))
        self._put(draft, identity, entries, LocalList(identity="", version=version, hash=hash, updated_at=utc(at)))
        await self._keep(draft)

    async def update_local_list(  # noqa: D102
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
        draft, owner = self._draft(), fold(identity)
        found = self._tables.local_lists.get((owner,))
        expected = (0 if found is None else found.version) == expected_version
        if expected:
            self._put(draft, identity, entries, LocalList(identity="", version=version, hash=hash, updated_at=utc(at)))
            for id_tag in removed:
                draft.drop(self._tables.listed_tags, (owner, fold(id_tag)))
        await self._keep(draft)
        return expected

    def _put(self, draft: Draft, identity: str, entries: Sequence[ListedTag], state: LocalList) -> None:
        spelled = self._charge_point(draft, identity, state.updated_at).identity
        draft.put(self._tables.local_lists, replace(state, identity=spelled))
        for entry in entries:
            found = draft.get(self._tables.listed_tags, (fold(identity), fold(entry.id_tag)))
            id_tag = entry.id_tag if found is None else found.item.id_tag
            item = replace(entry, id_tag=id_tag, expires_at=optional_utc(entry.expires_at))
            draft.put(self._tables.listed_tags, OwnedListedTag(identity=spelled, item=item))

    async def local_list(self, identity: str) -> LocalList | None:  # noqa: D102
        owner = fold(identity)

        def query() -> LocalList | None:
            found = self._tables.local_lists.get((owner,))
            if found is None:
                return None
            return replace(found, entries=self._tables.listed_tags.count((owner,)))

        return await self._seen(query)

    async def listed_tag(self, identity: str, id_tag: str) -> ListedTag | None:  # noqa: D102
        found = await self._seen(lambda: self._tables.listed_tags.get((fold(identity), fold(id_tag))))
        return None if found is None else found.item

    async def listed_tags(  # noqa: D102
        self, identity: str, *, after: str | None = None, limit: int = 1000
    ) -> list[ListedTag]:
        owner = fold(identity)
        behind = None if after is None else (owner, fold(after))
        table = self._tables.listed_tags
        found = await self._seen(lambda: list(islice(table.scan((owner,), after=behind), max(limit, 0))))
        return [entry.item for entry in found]


class AuthorizationCacheVerbs(Verbs):
    """`AuthorizationCacheStore` over tables."""

    async def cache_tag(self, identity: str, tag: CachedTag) -> None:  # noqa: D102
        draft, table, at = self._draft(), self._tables.cached_tags, utc(tag.cached_at)
        spelled = self._charge_point(draft, identity, at).identity
        found = table.get((fold(identity), fold(tag.id_tag)))
        id_tag = tag.id_tag if found is None else found.item.id_tag
        item = replace(tag, id_tag=id_tag, cached_at=at, expires_at=optional_utc(tag.expires_at))
        draft.put(table, OwnedCachedTag(identity=spelled, item=item))
        await self._keep(draft)

    async def cached_tag(self, identity: str, id_tag: str) -> CachedTag | None:  # noqa: D102
        found = await self._seen(lambda: self._tables.cached_tags.get((fold(identity), fold(id_tag))))
        return None if found is None else found.item

    async def cached_tags(  # noqa: D102
        self, identity: str, *, after: str | None = None, limit: int = 1000
    ) -> list[CachedTag]:
        owner = fold(identity)
        behind = None if after is None else (owner, fold(after))
        table = self._tables.cached_tags
        found = await self._seen(lambda: list(islice(table.scan((owner,), after=behind), max(limit, 0))))
        return [entry.item for entry in found]

    async def trim_cache(self, identity: str, keep: int) -> int:  # noqa: D102
        draft, table = self._draft(), self._tables.cached_tags
        found = sorted(table.scan((fold(identity),)), key=lambda entry: entry.item.cached_at, reverse=True)
        gone = found[max(keep, 0) :]
        for entry in gone:
            draft.drop(table, table.key_of(entry))
        await self._keep(draft)
        return len(gone)

    async def clear_cache(self, identity: str) -> int:  # noqa: D102
        return await self.trim_cache(identity, 0)
