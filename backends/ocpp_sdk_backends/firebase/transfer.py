"""All of a store, record by record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, cast

from ocpp_sdk.storage.configuration import ConfigurationKey
from ocpp_sdk.storage.local_list import CachedTag, ListedTag, LocalList
from ocpp_sdk.storage.transfer import (
    RECORD_TYPES,
    Dump,
    OwnedCachedTag,
    OwnedKey,
    OwnedListedTag,
    SequenceState,
    Topic,
    TransferRecord,
)
from ocpp_sdk_backends.firebase.documents import Node, record_of
from ocpp_sdk_backends.firebase.loading import LoadVerbs
from ocpp_sdk_backends.firebase.metering import PENDING
from ocpp_sdk_backends.firebase.verbs import verb

__all__ = ["TransferVerbs"]

_LAST_KEY: Final = "\uffff"
_OWNED: Final[dict[Topic, tuple[str, str, Callable[[str, Node], TransferRecord]]]] = {
    Topic.CONFIGURATION: (
        "configuration",
        "",
        lambda identity, node: OwnedKey(identity=identity, item=record_of(ConfigurationKey, node)),
    ),
    Topic.LISTED_TAGS: (
        "local_lists",
        "/tags",
        lambda identity, node: OwnedListedTag(identity=identity, item=record_of(ListedTag, node)),
    ),
    Topic.CACHED_TAGS: (
        "authorization_cache",
        "",
        lambda identity, node: OwnedCachedTag(identity=identity, item=record_of(CachedTag, node)),
    ),
}
"""Where the records are that lie below a node of their charge point."""


class TransferVerbs(LoadVerbs):
    """`TransferStore` in a Realtime Database."""

    @verb
    async def dump(self, topic: Topic, *, after: str | None = None, limit: int = 1000) -> Dump:  # noqa: D102
        if limit < 1:
            return Dump((), after)
        if after is None:
            await self._complete(topic)
        if topic in _OWNED:
            return await self._dump_owned(topic, after, limit)
        if topic is Topic.SEQUENCES:
            found = await self._database.read("sequences") or {}
            return Dump(tuple(SequenceState(name=name, last=found[name]) for name in sorted(found)), None)
        if topic is Topic.LOCAL_LISTS:
            return await self._dump_lists(after or "", limit)
        start = " " if after is None else after + " "
        page = await self._database.query(topic.value, "$key", start, _LAST_KEY, first=limit + 1)
        names = sorted(page)
        kind = RECORD_TYPES[topic]
        kept = [page[name] for name in names[:limit] if "pending" not in page[name]]
        records = [cast("TransferRecord", record_of(cast("type[Any]", kind), node)) for node in kept]
        return Dump(tuple(records), names[limit - 1] if len(names) > limit else None)

    async def _dump_lists(self, after: str, limit: int) -> Dump:
        names = [name for name in await self._database.keys("local_lists") if name > after]
        states = await asyncio.gather(*(self._database.read(f"local_lists/{name}/state") for name in names[:limit]))
        records = tuple(record_of(LocalList, state) for state in states if state is not None)
        return Dump(records, names[limit - 1] if len(names) > limit else None)

    async def _dump_owned(self, topic: Topic, after: str | None, limit: int) -> Dump:
        place, below, make = _OWNED[topic]
        owner, _, item = (after or "").partition("/")
        records: list[TransferRecord] = []
        last: str | None = None
        for name in await self._database.keys(place):
            if name < owner:
                continue
            start = (item if name == owner else "") + " "
            wanted = limit + 1 - len(records)
            path = f"{place}/{name}{below}"
            page = await self._database.query(path, "$key", start, _LAST_KEY, first=wanted)
            identity = str(await self._database.read(f"charge_points/{name}/identity"))
            for key in sorted(page):
                if len(records) == limit:
                    return Dump(tuple(records), last)
                records.append(make(identity, page[key]))
                last = f"{name}/{key}"
        return Dump(tuple(records), None)

    @verb
    async def count(self, topic: Topic) -> int:  # noqa: D102
        await self._complete(topic)
        if topic in _OWNED:
            place, below, _ = _OWNED[topic]
            names = await self._database.keys(place)
            return sum(
                map(len, await asyncio.gather(*(self._database.keys(f"{place}/{name}{below}") for name in names)))
            )
        count = len(await self._database.keys(topic.value))
        if topic is Topic.SAMPLE_REQUESTS:
            count -= len(await self._database.query(topic.value, "pending", PENDING, PENDING, first=10**6))
        return count

    async def _complete(self, topic: Topic) -> None:
        """Bring to their places the records of a topic that a process has left on the way."""
        if topic is Topic.CONNECTOR_STATUSES:
            await self._spread_all("connectors", "order")
        elif topic is Topic.MESSAGES:
            await self._spread_all("charge_points", "order")
        elif topic in {Topic.SAMPLES, Topic.SAMPLE_REQUESTS}:
            await self.complete()

    async def complete(self) -> None:
        """Bring to their places the samples that a process has left on the way."""
        await self._spread_all("transactions", "index/unspread")
        await self._spread_all("refused_stops", "index/unspread")
