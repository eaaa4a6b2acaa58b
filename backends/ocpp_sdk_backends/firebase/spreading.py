"""Writes that belong to a change of one node and go to others.

A condition can be put on one node only. So the node that decides takes in, under `unspread`, what is to be written
elsewhere, and with that all of it is decided; an update of many places then brings it there and clears `unspread`. Who
finds something unspread, left by a process that died in between, spreads it. To spread twice does no harm, because only
records that never change afterwards go this way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Set
from typing import Any, Final

from ocpp_sdk_backends.firebase.database import Database
from ocpp_sdk_backends.firebase.documents import Node
from ocpp_sdk_backends.firebase.verbs import FirebaseVerbs

__all__ = ["SpreadingVerbs", "unspread"]

_MARK: Final = "index/unspread"


def unspread(writes: Mapping[str, Node | None]) -> list[Node]:
    """Return writes as they are kept in the node that decides; None removes what is there."""
    return [{"path": path} if node is None else {"path": path, "node": node} for path, node in writes.items()]


class SpreadingVerbs(FirebaseVerbs):
    """Spreads what nodes have decided."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._spreading: dict[str, asyncio.Task[None]] = {}

    async def _spread(self, path: str, node: Mapping[str, Any] | None, more: Mapping[str, None] | None = None) -> None:
        """Write what a node has decided to write elsewhere, and is not being written by this process.

        Args:
            path: of the node.
            node: what it is now.
            more: further places to clear.
        """
        entries = {} if node is None else node.get("unspread", {})
        places = {f"{path}/unspread/{name}": entry for name, entry in entries.items()}
        running = {task for place, task in self._spreading.items() if place in places}
        mine = places.keys() - self._spreading.keys()
        writes: dict[str, object] = {**(more or {}), **dict.fromkeys(mine)}
        for place in mine:
            writes.update((write["path"], write.get("node")) for write in places[place])
        if mine and node is not None and "unspread" in node.get("index", {}):
            writes[f"{path}/{_MARK}"] = None
        if writes:
            # A task of its own, since others wait for it who are not cancelled with this one.
            task = asyncio.create_task(self._writer.write(writes))
            self._spreading.update(dict.fromkeys(mine, task))
            task.add_done_callback(lambda done: self._end(mine, done))
            running.add(task)
        for task in running:
            await asyncio.shield(task)

    def _end(self, places: Set[str], task: asyncio.Task[None]) -> None:
        for place in places:
            del self._spreading[place]
        if not task.cancelled():
            task.exception()

    async def _spread_all(self, path: str, child: str) -> None:
        """Spread what the children of a node have decided.

        Args:
            path: of the node.
            child: which those have that may be unspread.
        """
        async for page in self._pages(path, child):
            for name, node in page:
                if "unspread" in node:
                    await self._spread(f"{path}/{name}", node)
