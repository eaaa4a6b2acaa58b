"""Wire messages: one node each, under the number. The charge point's node decides, since it takes note of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime

from ocpp_sdk.storage.charge_points import ChargePointRecord
from ocpp_sdk.storage.folding import time_text, utc
from ocpp_sdk.storage.messages import Direction, WireMessage
from ocpp_sdk_backends.firebase.changes import Put
from ocpp_sdk_backends.firebase.charge_points import charge_point_path
from ocpp_sdk_backends.firebase.documents import Node, node_of, record_of
from ocpp_sdk_backends.firebase.keys import folded, number_key, order, padded
from ocpp_sdk_backends.firebase.spreading import SpreadingVerbs, unspread
from ocpp_sdk_backends.firebase.verbs import before_text, charge_point_node, verb

__all__ = ["MessageVerbs", "message_node", "message_path"]


def message_path(number: int) -> str:
    """Return where a message is kept."""
    return f"messages/{number_key(number)}"


def message_node(message: WireMessage) -> Node:
    """Return the node of a message that has its number."""
    owner, number = folded(message.identity), message.number or 0
    index = {
        "all": padded(number),
        "charge_point": f"{owner} {padded(number)}",
        "operation": order(message.operation, number),
        "charge_point_operation": f"{owner} {order(message.operation, number)}",
        "at": f"{time_text(message.at)} {padded(number)}",
    }
    return node_of(message, index=index)


class MessageVerbs(SpreadingVerbs):
    """`MessageStore` in a Realtime Database."""

    @verb
    async def record_message(self, message: WireMessage) -> int:  # noqa: D102
        message = replace(message, at=utc(message.at))
        number = await self._numbers("messages")
        node, place = message_node(replace(message, number=number)), message_path(number)
        if message.direction is not Direction.FROM_CHARGE_POINT:
            await self._spelled(message.identity, message.at)
            await self._writer.write({place: node})
            return number
        path, writes = charge_point_path(message.identity), unspread({place: node})

        def note(found: Node | None) -> Put[Node]:
            if found is None:
                known = ChargePointRecord(identity=message.identity, first_seen=message.at, last_seen=message.at)
            else:
                known = record_of(ChargePointRecord, found)
            new = charge_point_node(_seen(known, message), found)
            new["unspread"] = {**new.get("unspread", {}), number_key(number): writes}
            return Put(new, new)

        noted = await self._changes.change(path, note, likely_new=True)
        await self._spread(path, noted)
        return number

    @verb
    async def message(self, number: int) -> WireMessage | None:  # noqa: D102
        found = await self._database.read(message_path(number))
        return None if found is None else record_of(WireMessage, found)

    @verb
    async def messages(  # noqa: D102
        self,
        identity: str | None = None,
        *,
        operation: str | None = None,
        text: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[WireMessage]:
        child, prefix = "index/all", ""
        if identity is not None:
            path = charge_point_path(identity)
            await self._spread(path, await self._database.read(path))
            child, prefix = "index/charge_point", folded(identity) + " "
        if operation is not None:
            child = "index/operation" if identity is None else "index/charge_point_operation"
            prefix += order(operation) + " "
        earliest = "" if since is None else time_text(since)
        latest = "~" if until is None else time_text(until)

        def fits(node: Node) -> bool:
            texts = (node["request"], node.get("reply", ""), node.get("fault", ""))
            return earliest <= node["at"] < latest and (text is None or any(text in part for part in texts))

        whole = text is None and since is None and until is None
        found = await self._numbered("messages", child, prefix, after=after, limit=limit, fits=None if whole else fits)
        return [record_of(WireMessage, node) for node in found]

    @verb
    async def forget_messages(self, before: datetime, *, limit: int = 10_000) -> int:  # noqa: D102
        paths: list[str] = []
        last = before_text(before)
        if last and limit > 0:
            async for page in self._pages("messages", "index/at", until=last):
                paths += [f"messages/{name}" for name, _ in page]
                if len(paths) >= limit:
                    break
        await self._remove(paths[:limit])
        return len(paths[: max(limit, 0)])


def _seen(found: ChargePointRecord, message: WireMessage) -> ChargePointRecord:
    """Return what a request tells about its charge point."""
    counted = Counter(found.deviations)
    counted.update(message.deviations)
    return replace(
        found,
        version=found.version if message.version is None else message.version,
        last_seen=max(found.last_seen, message.at),
        observed_host=found.observed_host if message.peer_host is None else message.peer_host,
        advertised_address=(found.advertised_address if message.callback_address is None else message.callback_address),
        deviations=dict(counted),
    )
