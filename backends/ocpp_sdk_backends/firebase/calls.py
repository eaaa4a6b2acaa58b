"""Queues of calls: one node for each call, under charge point and key, which decides about its state.

See `claiming` for who may send a call, and for the lanes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from ocpp_sdk.storage.calls import CallState, NewCall, Queue, QueuedCall
from ocpp_sdk.storage.folding import fold, time_text, utc
from ocpp_sdk_backends.firebase.changes import Keep, Put
from ocpp_sdk_backends.firebase.documents import Node, node_of, record_of
from ocpp_sdk_backends.firebase.keys import folded, key, order, padded
from ocpp_sdk_backends.firebase.lanes import LaneVerbs
from ocpp_sdk_backends.firebase.verbs import before_text, verb

__all__ = ["LIVE", "CallVerbs", "call_node", "call_path"]

LIVE: Final = frozenset({CallState.WAITING, CallState.CLAIMED})
_ENDED_BADLY: Final = frozenset({CallState.GIVEN_UP, CallState.EXPIRED})


def call_path(call: QueuedCall | NewCall, queue: Queue) -> str:
    """Return where a call is kept."""
    return f"{queue}/{key(fold(call.identity), call.key)}"


def call_node(call: QueuedCall) -> Node:
    """Return the node of a call."""
    number = padded(call.number)
    owner = f"{folded(call.identity)} {number}"
    index = {
        "number": number,
        "charge_point": owner,
        "state": f"{order(call.state)} {number}",
        "charge_point_state": f"{folded(call.identity)} {order(call.state)} {number}",
    }
    if call.state in LIVE:
        # Those in flight come first.
        index["live"] = f"{folded(call.identity)} {'0' if call.state is CallState.CLAIMED else '1'} {number}"
        if call.expires_at is not None:
            index["expiry"] = f"{time_text(call.expires_at)} {number}"
    if call.state is CallState.ANSWERED and call.ended_at is not None:
        index["answered"] = f"{time_text(call.ended_at)} {number}"
    return node_of(call, index=index)


class CallVerbs(LaneVerbs):
    """`CallQueueStore` in a Realtime Database, all but the claims."""

    @verb
    async def enqueue(self, queue: Queue, call: NewCall) -> QueuedCall:  # noqa: D102
        path = call_path(call, queue)
        found: Node | None = await self._database.read(path)
        if found is None:
            created = utc(call.created_at)
            new = QueuedCall(
                number=0,
                queue=queue,
                key=call.key,
                identity=call.identity,
                operation=call.operation,
                request=call.request,
                ordered=call.ordered,
                created_at=created,
                expires_at=None if call.expires_at is None else utc(call.expires_at),
                not_before=None if call.not_before is None else utc(call.not_before),
            )
            call_node(new)
            identity = await self._spelled(call.identity, created)
            new = replace(new, identity=identity, number=await self._numbers(queue.value))
            node = call_node(new)

            def put(there: Node | None) -> Keep[Node] | Put[Node]:
                return Put(node, node) if there is None else Keep(there)

            # Before and after: whoever looks into the lane in between looks again later.
            await self._touch(queue, identity, new.number, created)
            found = await self._changes.change(path, put, likely_new=True)
        queued = record_of(QueuedCall, found)
        if queued.state is CallState.WAITING:
            await self._touch(queue, queued.identity, queued.number, queued.created_at)
        self._wake(queue)
        return queued

    @verb
    async def extend_claim(self, queue: Queue, number: int, attempt: int, lease_until: datetime) -> bool:  # noqa: D102
        until = utc(lease_until)
        return await self._change_claimed(queue, number, attempt, lambda call: replace(call, lease_until=until))

    @verb
    async def answer_call(self, queue: Queue, number: int, attempt: int, *, reply: str, at: datetime) -> bool:  # noqa: D102
        ended = utc(at)
        return await self._change_claimed(
            queue,
            number,
            attempt,
            lambda call: replace(
                call, state=CallState.ANSWERED, lease_until=None, reply=reply, error=None, ended_at=ended
            ),
        )

    @verb
    async def retry_call(  # noqa: D102
        self, queue: Queue, number: int, attempt: int, *, error: str, not_before: datetime | None
    ) -> bool:
        time = None if not_before is None else utc(not_before)
        return await self._change_claimed(
            queue,
            number,
            attempt,
            lambda call: replace(call, state=CallState.WAITING, lease_until=None, error=error, not_before=time),
        )

    @verb
    async def give_up_call(self, queue: Queue, number: int, attempt: int, *, error: str, at: datetime) -> bool:  # noqa: D102
        ended = utc(at)
        return await self._change_claimed(
            queue,
            number,
            attempt,
            lambda call: replace(call, state=CallState.GIVEN_UP, lease_until=None, error=error, ended_at=ended),
        )

    async def _change_claimed(
        self, queue: Queue, number: int, attempt: int, work_out: Callable[[QueuedCall], QueuedCall]
    ) -> bool:
        def change(call: QueuedCall) -> QueuedCall | None:
            claimed = call.state is CallState.CLAIMED and call.attempts == attempt
            return work_out(call) if claimed else None

        return await self._change_call(queue, number, change) is not None

    @verb
    async def resend_call(self, queue: Queue, number: int, *, expires_at: datetime | None = None) -> bool:  # noqa: D102
        expiry = None if expires_at is None else utc(expires_at)

        def change(call: QueuedCall) -> QueuedCall | None:
            if call.state not in _ENDED_BADLY:
                return None
            return replace(call, state=CallState.WAITING, not_before=None, expires_at=expiry, ended_at=None)

        return await self._change_call(queue, number, change) is not None

    @verb
    async def expire_calls(self, queue: Queue, now: datetime) -> list[QueuedCall]:  # noqa: D102
        time = utc(now)

        def change(call: QueuedCall) -> QueuedCall | None:
            held = call.state is CallState.CLAIMED and call.lease_until is not None and call.lease_until > time
            if call.state not in LIVE or held or call.expires_at is None or call.expires_at > time:
                return None
            return replace(call, state=CallState.EXPIRED, lease_until=None, ended_at=time)

        async def expire(item: tuple[str, Node]) -> QueuedCall | None:
            name, node = item
            return await self._change_node(queue, f"{queue}/{name}", int(node["number"]), change)

        found: list[tuple[str, Node]] = []
        async for page in self._pages(queue.value, "index/expiry", until=time_text(time)):
            found += page
        ended = [call for call in await self._at_once(expire, found) if call is not None]
        return sorted(ended, key=lambda call: call.number)

    @verb
    async def cancel_call(self, queue: Queue, number: int, *, error: str, at: datetime) -> bool:  # noqa: D102
        ended = utc(at)

        def change(call: QueuedCall) -> QueuedCall | None:
            if call.state is not CallState.WAITING:
                return None
            return replace(call, state=CallState.GIVEN_UP, error=error, ended_at=ended)

        return await self._change_call(queue, number, change) is not None

    @verb
    async def call(self, queue: Queue, number: int) -> QueuedCall | None:  # noqa: D102
        found = await self._by_number(queue.value, number)
        return None if found is None else record_of(QueuedCall, found[1])

    @verb
    async def calls(  # noqa: D102
        self,
        queue: Queue,
        identity: str | None = None,
        *,
        state: CallState | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[QueuedCall]:
        child = "charge_point" if identity is not None else "number"
        prefix = "" if identity is None else folded(identity) + " "
        if state is not None:
            child = "state" if identity is None else "charge_point_state"
            prefix += order(state) + " "
        found = await self._numbered(queue.value, f"index/{child}", prefix, after=after, limit=limit)
        return [record_of(QueuedCall, node) for node in found]

    @verb
    async def forget_calls(  # noqa: D102
        self, queue: Queue, before: datetime, *, identity: str | None = None, limit: int = 10_000
    ) -> int:
        paths: list[str] = []
        last = before_text(before)
        if last and limit > 0:
            async for page in self._pages(queue.value, "index/answered", until=last):
                paths += [
                    f"{queue}/{name}"
                    for name, node in page
                    if identity is None or fold(record_of(QueuedCall, node).identity) == fold(identity)
                ]
                if len(paths) >= limit:
                    break
        await self._remove(paths[: max(limit, 0)])
        return len(paths[: max(limit, 0)])

    async def wait_for_call(self, queue: Queue, *, timeout_s: float) -> None:  # noqa: D102
        self._refuse_closed()
        try:
            async with asyncio.timeout(timeout_s):
                await self._woken[queue].wait()
        except TimeoutError:
            pass

    async def _change_call(
        self, queue: Queue, number: int, work_out: Callable[[QueuedCall], QueuedCall | None]
    ) -> QueuedCall | None:
        found = await self._by_number(queue.value, number)
        if found is None or work_out(record_of(QueuedCall, found[1])) is None:
            return None
        return await self._change_node(queue, found[0], number, work_out)

    async def _change_node(
        self, queue: Queue, path: str, number: int, work_out: Callable[[QueuedCall], QueuedCall | None]
    ) -> QueuedCall | None:
        """Change the call with a number, and return it as it is now; None if it stays as it is."""

        def change(node: Node | None) -> Keep[QueuedCall | None] | Put[QueuedCall | None]:
            if node is None or node["number"] != number:
                return Keep(None)
            new = work_out(record_of(QueuedCall, node))
            return Keep(None) if new is None else Put(call_node(new), new)

        changed = await self._changes.change(path, change)
        if changed is not None:
            await self._touch(queue, changed.identity, number, None)
            self._wake(queue)
        return changed
