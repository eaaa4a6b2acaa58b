"""Id tags: one node each, under the folded text."""

from __future__ import annotations

from dataclasses import replace

from ocpp_sdk.storage.folding import fold
from ocpp_sdk.storage.id_tags import IdTagRecord
from ocpp_sdk_backends.firebase.changes import Keep, Put
from ocpp_sdk_backends.firebase.documents import Node, node_of, record_of
from ocpp_sdk_backends.firebase.keys import folded, key
from ocpp_sdk_backends.firebase.verbs import PAGE, FirebaseVerbs, verb

__all__ = ["IdTagVerbs", "id_tag_node", "id_tag_path"]


def id_tag_path(id_tag: str) -> str:
    """Return where an id tag is kept."""
    return f"id_tags/{key(fold(id_tag))}"


def id_tag_node(tag: IdTagRecord) -> Node:
    """Return the node of an id tag."""
    return node_of(tag, order=folded(tag.id_tag))


class IdTagVerbs(FirebaseVerbs):
    """`IdTagStore` in a Realtime Database."""

    @verb
    async def put_id_tag(self, tag: IdTagRecord) -> None:  # noqa: D102
        def put(found: Node | None) -> Put[None]:
            spelled = tag.id_tag if found is None else str(found["id_tag"])
            return Put(id_tag_node(replace(tag, id_tag=spelled)), None)

        await self._changes.change(id_tag_path(tag.id_tag), put)

    @verb
    async def remove_id_tag(self, id_tag: str) -> bool:  # noqa: D102
        def remove(found: Node | None) -> Keep[bool] | Put[bool]:
            return Keep(False) if found is None else Put(None, True)

        return await self._changes.change(id_tag_path(id_tag), remove)

    @verb
    async def id_tag(self, id_tag: str) -> IdTagRecord | None:  # noqa: D102
        found = await self._database.read(id_tag_path(id_tag))
        return None if found is None else record_of(IdTagRecord, found)

    @verb
    async def id_tags(self, *, after: str | None = None, limit: int = 1000) -> list[IdTagRecord]:  # noqa: D102
        kept: list[IdTagRecord] = []
        if limit < 1:
            return kept
        behind = "" if after is None else folded(after)
        async for page in self._pages("id_tags", "order", after=behind, size=min(limit, PAGE)):
            kept += [record_of(IdTagRecord, node) for _, node in page]
            if len(kept) >= limit:
                break
        return kept[:limit]
