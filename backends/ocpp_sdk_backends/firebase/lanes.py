"""Lanes: one small node for each charge point with calls, which tells when it is worth looking at.

A lane never knows less than it must: `due` is at the latest when a call of the charge point may be sent, and `first` is
not greater than the number of any call that waits there. Both are set generously by whoever changes a call, and exactly
by whoever looks, unless the lane has been touched meanwhile.

Attributes of the node: `due` is `0` and the first number if it is worth looking at any time, or `1` and the time from
which on it is, or is not there if no call waits; `touched` differs each time; `claim` is the last claim, by which two
claims at the same moment exclude each other until the call itself says that it is CLAIMED.
"""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime, timedelta
from typing import Final

from ocpp_sdk.storage.calls import Queue
from ocpp_sdk.storage.folding import fold, time_text
from ocpp_sdk_backends.firebase.changes import Put
from ocpp_sdk_backends.firebase.database import Database
from ocpp_sdk_backends.firebase.documents import Node
from ocpp_sdk_backends.firebase.keys import key, padded
from ocpp_sdk_backends.firebase.verbs import FirebaseVerbs

__all__ = ["LATER", "NOW", "LaneVerbs", "lane_path", "touched"]

NOW: Final = "0 "
LATER: Final = "1 "
SETTLED: Final = timedelta(minutes=1)
"""Within this time of being queued, a call may still be on its way to its node."""


def lane_path(queue: Queue, identity: str) -> str:
    """Return where the lane of a charge point is."""
    return f"lanes/{queue}/{key(fold(identity))}"


def touched(lane: Node | None, identity: str, number: int, queued_at: datetime | None) -> Node:
    """Return a lane that is worth looking at.

    Args:
        lane: as it is; None for none.
        identity: of the charge point.
        number: of the call because of which it is.
        queued_at: when that was queued, if it was just now.
    """
    lane = lane or {}
    if lane.get("claim", {}).get("number") == number:
        # The call has changed, so the claim has come to it or never will.
        lane = {name: value for name, value in lane.items() if name != "claim"}
    first = min(str(lane.get("first", padded(number))), padded(number))
    new = {**lane, "identity": identity, "first": first, "due": NOW + first, "touched": secrets.token_hex(6)}
    if queued_at is not None:
        new["queued_at"] = time_text(queued_at)
    return new


class LaneVerbs(FirebaseVerbs):
    """Keeps the lanes, and wakes who waits for a call."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._woken = {queue: asyncio.Event() for queue in Queue}
        self._claiming = {queue: asyncio.Lock() for queue in Queue}

    async def _touch(self, queue: Queue, identity: str, number: int, queued_at: datetime | None) -> None:
        def touch(lane: Node | None) -> Put[None]:
            return Put(touched(lane, identity, number, queued_at), None)

        await self._changes.change(lane_path(queue, identity), touch, likely_new=True)

    def _wake(self, queue: Queue) -> None:
        woken, self._woken[queue] = self._woken[queue], asyncio.Event()
        woken.set()
