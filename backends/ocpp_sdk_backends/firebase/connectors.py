"""Connectors: one node for the status in place, which decides, and one for each status that was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from ocpp_sdk.storage.connectors import ConnectorStatus
from ocpp_sdk.storage.folding import fold, utc
from ocpp_sdk_backends.firebase.changes import Keep, Put
from ocpp_sdk_backends.firebase.documents import Node, node_of, record_of
from ocpp_sdk_backends.firebase.keys import folded, key, number_key, order, padded
from ocpp_sdk_backends.firebase.spreading import SpreadingVerbs, unspread
from ocpp_sdk_backends.firebase.verbs import verb

__all__ = ["ConnectorVerbs", "connector_path", "place_node", "status_node", "status_path"]

_Outcome: TypeAlias = Keep[tuple[bool, Node | None]] | Put[tuple[bool, Node | None]]


def connector_path(identity: str, connector_id: int) -> str:
    """Return where the status in place is."""
    return f"connectors/{key(fold(identity), str(connector_id))}"


def place_node(status: ConnectorStatus, unspread: Node | None = None) -> Node:
    """Return the node of a status in place."""
    place = f"{folded(status.identity)} {order(status.connector_id)}"
    return node_of(status, order=place, unspread=unspread)


def status_path(number: int) -> str:
    """Return where a status stays."""
    return f"connector_statuses/{number_key(number)}"


def status_node(status: ConnectorStatus) -> Node:
    """Return the node of a status that stays."""
    owner, number = folded(status.identity), padded(status.number or 0)
    index = {"charge_point": f"{owner} {number}", "connector": f"{owner} {order(status.connector_id)} {number}"}
    return node_of(status, index=index)


class ConnectorVerbs(SpreadingVerbs):
    """`ConnectorStore` in a Realtime Database."""

    @verb
    async def set_connector_status(self, status: ConnectorStatus) -> bool:  # noqa: D102
        at = utc(status.changed_at)
        status_node(status)
        identity = await self._spelled(status.identity, at)
        new = replace(status, number=None, identity=identity, changed_at=at)
        path = connector_path(identity, status.connector_id)
        found: Node | None = await self._database.read(path)
        while True:
            await self._spread(path, found)
            if found is not None and _equal(found, new):
                return False
            number = await self._numbers("connector_statuses")
            changed, found = await self._changes.change(path, _replacing(replace(new, number=number)))
            if changed:
                await self._spread(path, found)
                return True

    @verb
    async def connector_statuses(self, identity: str | None = None) -> list[ConnectorStatus]:  # noqa: D102
        prefix = "" if identity is None else folded(identity) + " "
        return [
            record_of(ConnectorStatus, node)
            async for page in self._pages("connectors", "order", prefix)
            for _, node in page
        ]

    @verb
    async def status_history(  # noqa: D102
        self, identity: str, connector_id: int | None = None, *, before: int | None = None, limit: int = 100
    ) -> list[ConnectorStatus]:
        child, prefix = "index/charge_point", folded(identity) + " "
        async for page in self._pages("connectors", "order", prefix):
            for name, node in page:
                await self._spread(f"connectors/{name}", node)
        if connector_id is not None:
            child, prefix = "index/connector", f"{prefix}{order(connector_id)} "
        found = await self._numbered("connector_statuses", child, prefix, before=before, newest_first=True, limit=limit)
        return [record_of(ConnectorStatus, node) for node in found]


def _equal(found: Node, new: ConnectorStatus) -> bool:
    return replace(record_of(ConnectorStatus, found), number=None) == replace(new, number=None)


def _replacing(new: ConnectorStatus) -> Callable[[Node | None], _Outcome]:
    """Return the change that puts a status in place of another one, unless that is equal or has a greater number."""
    number = new.number or 0
    writes = unspread({status_path(number): status_node(new)})

    def put(found: Node | None) -> _Outcome:
        if found is not None and (_equal(found, new) or int(found["number"]) > number):
            return Keep((False, found))
        left = {} if found is None else found.get("unspread", {})
        node = place_node(new, {**left, number_key(number): writes})
        return Put(node, (True, node))

    return put
