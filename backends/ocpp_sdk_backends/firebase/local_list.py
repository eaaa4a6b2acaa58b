"""Local lists: one node each, which is replaced as a whole, so that a list and its version always fit together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ocpp_sdk.storage.folding import fold, utc
from ocpp_sdk.storage.local_list import ListedTag, LocalList
from ocpp_sdk_backends.firebase.changes import Keep, Put
from ocpp_sdk_backends.firebase.documents import Node, node_of, record_of
from ocpp_sdk_backends.firebase.keys import folded, key
from ocpp_sdk_backends.firebase.verbs import PAGE, FirebaseVerbs, verb

__all__ = ["LocalListVerbs", "list_path", "listed_node", "tag_key"]


def list_path(identity: str) -> str:
    """Return where the list of a charge point is."""
    return f"local_lists/{key(fold(identity))}"


def tag_key(id_tag: str) -> str:
    """Return the key of the node of an id tag."""
    return key(fold(id_tag))


def listed_node(tag: ListedTag) -> Node:
    """Return the node of an entry."""
    return node_of(tag, order=folded(tag.id_tag))


class LocalListVerbs(FirebaseVerbs):
    """`LocalListStore` in a Realtime Database."""

    @verb
    async def replace_local_list(  # noqa: D102
        self, identity: str, version: int, entries: Sequence[ListedTag], *, hash: str | None = None, at: datetime
    ) -> None:
        time = utc(at)
        tags = _with({}, entries)
        state = LocalList(identity=identity, version=version, hash=hash, updated_at=time, entries=len(tags))
        node_of(state)
        state = replace(state, identity=await self._spelled(identity, time))
        await self._writer.write({list_path(identity): _list_node(state, tags)})

    @verb
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
        time, unwanted = utc(at), {tag_key(id_tag) for id_tag in removed}
        _with({}, entries)
        node_of(LocalList(identity=identity, version=version, hash=hash, updated_at=time))
        path = list_path(identity)
        # Most updates that come too late are found out without reading the list.
        if (await self._database.read(f"{path}/state/version") or 0) != expected_version:
            return False
        spelled = await self._spelled(identity, time)

        def update(found: Node | None) -> Keep[bool] | Put[bool]:
            there = found or {}
            if there.get("state", {}).get("version", 0) != expected_version:
                return Keep(False)
            tags = _with(there.get("tags", {}), entries)
            left = {name: node for name, node in tags.items() if name not in unwanted}
            state = LocalList(identity=spelled, version=version, hash=hash, updated_at=time, entries=len(left))
            return Put(_list_node(state, left), True)

        return await self._changes.change(path, update)

    @verb
    async def local_list(self, identity: str) -> LocalList | None:  # noqa: D102
        found = await self._database.read(f"{list_path(identity)}/state")
        return None if found is None else record_of(LocalList, found)

    @verb
    async def listed_tag(self, identity: str, id_tag: str) -> ListedTag | None:  # noqa: D102
        found = await self._database.read(f"{list_path(identity)}/tags/{tag_key(id_tag)}")
        return None if found is None else record_of(ListedTag, found)

    @verb
    async def listed_tags(  # noqa: D102
        self, identity: str, *, after: str | None = None, limit: int = 1000
    ) -> list[ListedTag]:
        kept: list[ListedTag] = []
        if limit < 1:
            return kept
        behind = "" if after is None else folded(after)
        path = f"{list_path(identity)}/tags"
        async for page in self._pages(path, "order", after=behind, size=min(limit, PAGE)):
            kept += [record_of(ListedTag, node) for _, node in page]
            if len(kept) >= limit:
                break
        return kept[:limit]


def _with(tags: Node, entries: Sequence[ListedTag]) -> Node:
    """Return the nodes of a list with some more entries."""
    changed = dict(tags)
    for entry in entries:
        name = tag_key(entry.id_tag)
        spelled = changed[name]["id_tag"] if name in changed else entry.id_tag
        changed[name] = listed_node(replace(entry, id_tag=spelled))
    return changed


def _list_node(state: LocalList, tags: Node) -> Node:
    return {"state": node_of(state), "tags": tags} if tags else {"state": node_of(state)}
