"""Authorization caches: one node for each charge point, with a child for each id tag."""

from __future__ import annotations

from dataclasses import replace

from ocpp_sdk.storage.folding import fold, time_text, utc
from ocpp_sdk.storage.local_list import CachedTag
from ocpp_sdk_backends.firebase.changes import Keep, Put
from ocpp_sdk_backends.firebase.documents import Node, node_of, record_of
from ocpp_sdk_backends.firebase.keys import folded, key
from ocpp_sdk_backends.firebase.verbs import PAGE, FirebaseVerbs, verb

__all__ = ["AuthorizationCacheVerbs", "cache_path", "cached_node"]


def cache_path(identity: str) -> str:
    """Return where the cache of a charge point is."""
    return f"authorization_cache/{key(fold(identity))}"


def cached_node(tag: CachedTag) -> Node:
    """Return the node of an entry."""
    place = folded(tag.id_tag)
    return node_of(tag, index={"all": place, "cached": f"{time_text(tag.cached_at)} {place}"})


class AuthorizationCacheVerbs(FirebaseVerbs):
    """`AuthorizationCacheStore` in a Realtime Database."""

    @verb
    async def cache_tag(self, identity: str, tag: CachedTag) -> None:  # noqa: D102
        tag = replace(tag, cached_at=utc(tag.cached_at))
        cached_node(tag)
        await self._spelled(identity, tag.cached_at)

        def put(found: Node | None) -> Put[None]:
            spelled = tag.id_tag if found is None else str(found["id_tag"])
            return Put(cached_node(replace(tag, id_tag=spelled)), None)

        await self._changes.change(f"{cache_path(identity)}/{key(fold(tag.id_tag))}", put)

    @verb
    async def cached_tag(self, identity: str, id_tag: str) -> CachedTag | None:  # noqa: D102
        found = await self._database.read(f"{cache_path(identity)}/{key(fold(id_tag))}")
        return None if found is None else record_of(CachedTag, found)

    @verb
    async def cached_tags(  # noqa: D102
        self, identity: str, *, after: str | None = None, limit: int = 1000
    ) -> list[CachedTag]:
        kept: list[CachedTag] = []
        if limit < 1:
            return kept
        behind = "" if after is None else folded(after)
        async for page in self._pages(cache_path(identity), "index/all", after=behind, size=min(limit, PAGE)):
            kept += [record_of(CachedTag, node) for _, node in page]
            if len(kept) >= limit:
                break
        return kept[:limit]

    @verb
    async def trim_cache(self, identity: str, keep: int) -> int:  # noqa: D102
        path = cache_path(identity)
        surplus = len(await self._database.keys(path)) - max(keep, 0)
        oldest: list[tuple[str, Node]] = []
        if surplus > 0:
            async for page in self._pages(path, "index/cached", size=min(surplus, PAGE)):
                oldest += page
                if len(oldest) >= surplus:
                    break

        async def remove(item: tuple[str, Node]) -> bool:
            name, seen = item

            def drop(node: Node | None) -> Keep[bool] | Put[bool]:
                return Put(None, True) if node == seen else Keep(False)

            return await self._changes.change(f"{path}/{name}", drop)

        return sum(await self._at_once(remove, oldest[: max(surplus, 0)]))

    @verb
    async def clear_cache(self, identity: str) -> int:  # noqa: D102
        def clear(found: Node | None) -> Keep[int] | Put[int]:
            return Put(None, len(found)) if found else Keep(0)

        return await self._changes.change(cache_path(identity), clear)
