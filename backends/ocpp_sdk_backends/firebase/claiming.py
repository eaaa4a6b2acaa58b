"""Who may send a call.

The calls of one charge point are decided upon through its lane: a claim looks at the lane, then at the calls, and takes
the lane on the condition that nobody has touched it since. Only then it changes the call, also on a condition, since
the call may have ended meanwhile. Of many charge points the one with the oldest call is found by the numbers in their
lanes, which are looked into only as far as they could hold an older one.
"""

from __future__ import annotations

import asyncio
import heapq
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ocpp_sdk.storage.calls import CallState, Queue, QueuedCall
from ocpp_sdk.storage.folding import time_from, time_text, utc
from ocpp_sdk_backends.firebase.calls import LIVE, CallVerbs, call_node
from ocpp_sdk_backends.firebase.changes import Keep, Put
from ocpp_sdk_backends.firebase.documents import Node, record_of
from ocpp_sdk_backends.firebase.keys import END, folded, padded
from ocpp_sdk_backends.firebase.lanes import LATER, NOW, SETTLED, lane_path, touched
from ocpp_sdk_backends.firebase.sight import Sight
from ocpp_sdk_backends.firebase.verbs import verb

__all__ = ["ClaimVerbs"]

_LANES = 100
_CALLS = 20


@dataclass(frozen=True, slots=True)
class _Wish:
    queue: Queue
    worker: str
    now: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class _Look:
    """What was seen in a lane.

    Attributes:
        lane: as it was before the calls were read.
        tag: of it.
        path: of the call that may be sent; None for none.
        call: that call.
        next_at: when there may be one, if there is none now; None for never.
        first: the least number of those that have not ended; None if all have.
    """

    lane: Node
    tag: str
    path: str | None
    call: QueuedCall | None
    next_at: datetime | None
    first: int | None


class ClaimVerbs(CallVerbs):
    """`CallQueueStore.claim` in a Realtime Database."""

    @verb
    async def claim(  # noqa: D102
        self, queue: Queue, *, worker: str, now: datetime, lease: timedelta, identity: str | None = None
    ) -> QueuedCall | None:
        time = utc(now)
        wish = _Wish(queue, worker, time, time + lease)
        if identity is not None:
            return await self._claim_of_lane(wish, lane_path(queue, identity))
        # Claims of this process would only be in each other's way.
        async with self._claiming[queue]:
            return await self._claim_of_any(wish)

    async def _claim_of_lane(self, wish: _Wish, path: str) -> QueuedCall | None:
        while True:
            look = await self._look(wish, path)
            if look is None:
                return None
            if look.call is None:
                await self._park(wish, path, look)
                return None
            if (taken := await self._take(wish, path, look)) is not None:
                return taken

    async def _claim_of_any(self, wish: _Wish) -> QueuedCall | None:
        empty: set[str] = set()
        while heap := await self._due_lanes(wish, empty):
            while heap:
                path = heapq.heappop(heap)[1]
                look = await self._look(wish, path)
                if look is None or look.call is None:
                    empty.add(path)
                    if look is not None:
                        await self._park(wish, path, look)
                    continue
                bound = padded(look.call.number)
                if heap and heap[0][0] < bound:
                    await self._park(wish, path, look)
                elif (taken := await self._take(wish, path, look)) is not None:
                    return taken
                heapq.heappush(heap, (bound, path))
        return None

    async def _due_lanes(self, wish: _Wish, empty: set[str]) -> list[tuple[str, str]]:
        """Return lanes that are worth looking at and not known to be empty, each with the least number it may hold."""
        place, size = f"lanes/{wish.queue}", _LANES + len(empty)
        ready, later = await asyncio.gather(
            self._database.query(place, "due", NOW, NOW + END, first=size),
            self._database.query(place, "due", LATER, LATER + time_text(wish.now), first=size),
        )
        lanes = [(str(lane["first"]), f"{place}/{name}") for name, lane in {**ready, **later}.items()]
        heap = [(first, path) for first, path in lanes if path not in empty]
        heapq.heapify(heap)
        return heap

    async def _look(self, wish: _Wish, path: str) -> _Look | None:
        """Look at a charge point's calls; None if it never had any."""
        lane, tag = await self._database.read_tagged(path)
        if lane is None:
            return None
        sight = Sight(wish.now)
        prefix = folded(lane["identity"]) + " "
        async for page in self._pages(wish.queue.value, "index/live", prefix, size=_CALLS):
            if sight.enough([(f"{wish.queue}/{name}", record_of(QueuedCall, node)) for name, node in page]):
                break
        held = [*sight.held, *await self._claim_on_its_way(wish, lane, sight)]
        place, call = (None, None) if held else sight.best()
        return _Look(lane, tag, place, call, min([*held, *sight.times], default=None), sight.first)

    async def _claim_on_its_way(self, wish: _Wish, lane: Node, sight: Sight) -> list[datetime]:
        """Return the end of a claim that has taken the lane, and not come to its call yet."""
        claim = lane.get("claim")
        if claim is None or (until := time_from(claim["until"])) <= wish.now:
            return []
        if claim["number"] in sight.claimed:
            return []
        found = await self._by_number(wish.queue.value, claim["number"])
        call = None if found is None else record_of(QueuedCall, found[1])
        return [until] if call is not None and call.state in LIVE and call.attempts < claim["attempt"] else []

    async def _park(self, wish: _Wish, path: str, look: _Look) -> None:
        """Write into a lane what was seen, unless it has been touched since."""
        lane = {name: value for name, value in look.lane.items() if name not in {"due", "first"}}
        if look.first is not None:
            lane["first"] = padded(look.first)
        next_at = look.next_at
        if "queued_at" in lane and (settled := time_from(lane["queued_at"]) + SETTLED) > wish.now:
            next_at = settled if next_at is None else min(next_at, settled)
        if look.call is not None:
            lane["due"] = NOW + padded(look.call.number)
        elif next_at is not None:
            lane["due"] = LATER + time_text(next_at)
            lane.setdefault("first", look.lane.get("first", padded(0)))
        if lane != look.lane:
            await self._database.write_if(path, look.tag, lane)

    async def _take(self, wish: _Wish, path: str, look: _Look) -> QueuedCall | None:
        """Take a lane and then the call that was seen in it; None if either has changed since."""
        seen, place = look.call, look.path
        if seen is None or place is None:
            return None
        claimed = replace(
            seen,
            state=CallState.CLAIMED,
            attempts=seen.attempts + 1,
            worker=wish.worker,
            lease_until=wish.until,
        )
        claim = {"number": seen.number, "attempt": claimed.attempts, "until": time_text(wish.until)}
        taken = {**look.lane, "claim": claim, "due": LATER + time_text(wish.until), "touched": secrets.token_hex(6)}
        written, _, _ = await self._database.write_if(path, look.tag, taken)
        if not written:
            return None

        def take(node: Node | None) -> Keep[bool] | Put[bool]:
            same = node is not None and record_of(QueuedCall, node) == seen
            return Put(call_node(claimed), True) if same else Keep(False)

        if await self._changes.change(place, take):
            return claimed

        def release(lane: Node) -> Keep[None] | Put[None]:
            if lane.get("claim") != claim:
                return Keep(None)
            left = {name: value for name, value in lane.items() if name != "claim"}
            return Put(touched(left, lane["identity"], seen.number, None), None)

        await self._changes.change(path, release)
        return None
