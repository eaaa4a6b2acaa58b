"""Which call of a queue may be sent next, and how it is claimed by one sender only.

A call that somebody sends has `in_flight`, and a unique index on the charge points of such calls lets each have one at
most, whatever any process believes: a claim is a single update of the call that sets `in_flight`, and fails if another
call of the charge point has it. A claim whose lease has run out loses `in_flight` to whoever claims another call;
if its sender lives on, it may still end its call, but can no longer extend the claim.

What allows a call to be sent is read before. All of it but one thing can change meanwhile only so that more is allowed,
or by an update of the call itself, which the claim compares. The one thing is that an earlier call which was given up
is put back at the same moment; then the claim counts as having come before.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from ocpp_sdk.storage.calls import CallState, Queue
from ocpp_sdk.storage.folding import fold, time_text
from ocpp_sdk_backends.mongo.connection import Connection
from ocpp_sdk_backends.mongo.documents import Document

__all__ = ["Claiming"]

_ACTIVE: Final = [CallState.WAITING.value, CallState.CLAIMED.value]
_PAGE: Final = 32


class Claiming:
    """Claims of one queue."""

    def __init__(self, connection: Connection, queue: Queue) -> None:
        self._calls = connection.durable(queue.value)
        self._latest = connection.latest(queue.value)
        self._taking: set[str] = set()
        self._choosing = asyncio.Lock()

    async def claim(self, *, worker: str, now: datetime, lease: timedelta, identity: str | None) -> Document | None:
        """Claim the oldest call that may be sent, and return it."""
        at = time_text(now)
        change = {"state": CallState.CLAIMED.value, "worker": worker, "lease_until": time_text(now + lease)}
        while True:
            # Claims of one process choose one after the other, so as not to run for the same call.
            async with self._choosing:
                found = await self._oldest(at, None if identity is None else fold(identity))
                if found is None:
                    return None
                self._taking.add(found["charge_point"])
            try:
                claimed = await self._take(found, at, change)
            finally:
                self._taking.discard(found["charge_point"])
            if claimed is not None:
                return claimed

    async def _oldest(self, at: str, charge_point: str | None) -> Document | None:
        """Return the oldest call that may be sent now, None if there is none."""
        passed_over = await self._busy(at, charge_point)
        if charge_point is not None:
            return None if charge_point in passed_over else await self._oldest_of(charge_point, at)
        best: Document | None = None
        while True:
            wanted = {**_due(at), "charge_point": {"$nin": sorted(passed_over)}}
            cursor = self._latest.find(wanted, {"charge_point": True}, sort=[("_id", 1)], limit=_PAGE)
            page = await cursor.to_list()
            for found in page:
                if best is not None and best["_id"] < found["_id"]:
                    return best
                if found["charge_point"] in passed_over:
                    continue
                passed_over.add(found["charge_point"])
                own = await self._oldest_of(found["charge_point"], at)
                if own is not None and (best is None or own["_id"] < best["_id"]):
                    best = own
            if len(page) < _PAGE:
                return best

    async def _busy(self, at: str, charge_point: str | None) -> set[str]:
        """Return the charge points that have a call in flight."""
        wanted: Document = {"state": CallState.CLAIMED.value, "lease_until": {"$gt": at}}
        if charge_point is not None:
            wanted["charge_point"] = charge_point
        cursor = self._latest.find(wanted, {"charge_point": True})
        return {found["charge_point"] async for found in cursor} | self._taking

    async def _oldest_of(self, charge_point: str, at: str) -> Document | None:
        """Return the oldest call of a charge point that may be sent if none is in flight."""
        order = [("_id", 1)]
        alive = {"charge_point": charge_point, "state": {"$in": _ACTIVE}, **_unexpired(at)}
        first = await self._latest.find_one({**alive, "ordered": True}, sort=order)
        if first is not None and not _is_due(first, at):
            first = None
        free = await self._latest.find_one({"charge_point": charge_point, "ordered": False, **_due(at)}, sort=order)
        found = [call for call in (first, free) if call is not None]
        return min(found, key=lambda call: int(call["_id"]), default=None)

    async def _take(self, found: Document, at: str, change: Document) -> Document | None:
        """Claim a call, and return it; None if it or its charge point is not as it was."""
        same: Document = {"_id": found["_id"], "state": found["state"], "attempts": found["attempts"]}
        for name in ("lease_until", "not_before", "expires_at"):
            same[name] = found.get(name)
        while True:
            try:
                return await self._calls.find_one_and_update(
                    same,
                    {"$set": {**change, "in_flight": True}, "$inc": {"attempts": 1}},
                    return_document=ReturnDocument.AFTER,
                )
            except DuplicateKeyError:
                run_out = {"charge_point": found["charge_point"], "in_flight": True, "lease_until": {"$lte": at}}
                done = await self._calls.update_one(run_out, {"$unset": {"in_flight": ""}})
                if not done.modified_count:
                    return None


def _unexpired(at: str) -> Document:
    # A field that is not there equals null.
    return {"expires_at": {"$not": {"$lte": at}}}


def _due(at: str) -> Document:
    """Return a filter of the calls that may be sent now, as far as they themselves tell."""
    waiting = {"state": CallState.WAITING.value, "not_before": {"$not": {"$gt": at}}}
    claimed = {"state": CallState.CLAIMED.value, "lease_until": {"$lte": at}}
    return {"$or": [waiting, claimed], **_unexpired(at)}


def _is_due(found: Document, at: str) -> bool:
    if found["state"] == CallState.WAITING:
        return str(found.get("not_before", "")) <= at
    return str(found["lease_until"]) <= at
