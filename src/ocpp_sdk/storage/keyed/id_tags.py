"""Verbs of id tags."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from ocpp_sdk.storage.folding import fold
from ocpp_sdk.storage.id_tags import IdTagRecord
from ocpp_sdk.storage.keyed.verbs import Verbs, optional_utc

__all__ = ["IdTagVerbs"]


class IdTagVerbs(Verbs):
    """`IdTagStore` over tables."""

    async def put_id_tag(self, tag: IdTagRecord) -> None:  # noqa: D102
        draft, table = self._draft(), self._tables.id_tags
        found = table.get((fold(tag.id_tag),))
        spelled = tag.id_tag if found is None else found.id_tag
        draft.put(table, replace(tag, id_tag=spelled, expires_at=optional_utc(tag.expires_at)))
        await self._keep(draft)

    async def remove_id_tag(self, id_tag: str) -> bool:  # noqa: D102
        draft = self._draft()
        found = draft.drop(self._tables.id_tags, (fold(id_tag),))
        await self._keep(draft)
        return found is not None

    async def id_tag(self, id_tag: str) -> IdTagRecord | None:  # noqa: D102
        return await self._seen(lambda: self._tables.id_tags.get((fold(id_tag),)))

    async def id_tags(self, *, after: str | None = None, limit: int = 1000) -> list[IdTagRecord]:  # noqa: D102
        behind = None if after is None else (fold(after),)
        return await self._seen(lambda: list(islice(self._tables.id_tags.scan(after=behind), max(limit, 0))))
