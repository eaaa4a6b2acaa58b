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
_NEEDED: Final = ["charge_point", "ordered", "state", "attempts", "lease_until", "not_before", "expires_at"]


class Claiming:
    """Claims of one queue."""

    def __init__(self, connection: Connection, queue: Queue) -> None:
        self._calls = connection.durable(queue.value)
        self._latest = connection.latest(queue.value)
        self._taking: set[str] = set()

    async def claim(self, *, worker: str, now: datetime, lease: timedelta, identity: str | None) -> Document | None:
        """Claim the oldest call that may be sent, and return it."""
        at = time_text(now)
        change = {"state": CallState.CLAIMED.value, "worker": worker, "lease_until": time_text(now + lease)}
        while True:
            found = await self._choose(at, None if identity is None else fold(identity))
            if found is None:
                return None
            try:
                claimed = await self._take(found, at, change)
            finally:
                self._taking.discard(found["charge_point"])
            if claimed is not None:
                return claimed

    async def _choose(self, at: str, charge_point: str | None) -> Document | None:
        """Return the oldest call that may be sent now, its charge point being one of `_taking`; None if there is none.

        Claims of one process that choose at the same moment choose different charge points.
        """
        busy = await self._busy(at, charge_point)
        if charge_point in busy:
            return None
        behind: set[str] = set()
        last = 0
        while True:
            wanted = {**_due(at), "_id": {"$gt": last}}
            wanted["charge_point"] = {"$nin": sorted(busy)} if charge_point is None else charge_point
            if behind:
                wanted["$nor"] = [{"ordered": True, "charge_point": {"$in": sorted(behind)}}]
            page = await self._latest.find(wanted, _NEEDED, sort=[("_id", 1)], limit=_PAGE).to_list()
            first = await self._first_ordered(page, at)
            for found in page:
                other = found["charge_point"]
                if found["ordered"] and first.get(other) != found["_id"]:
                    behind.add(other)
                elif other not in self._taking:
                    self._taking.add(other)
                    return found
            if len(page) < _PAGE:
                return None
            last = page[-1]["_id"]

    async def _busy(self, at: str, charge_point: str | None) -> set[str]:
        """Return the charge points that have a call in flight."""
        wanted: Document = {"state": CallState.CLAIMED.value, "lease_until": {"$gt": at}}
        if charge_point is not None:
            wanted["charge_point"] = charge_point
        cursor = self._latest.find(wanted, {"charge_point": True})
        return {found["charge_point"] async for found in cursor} | self._taking

    async def _first_ordered(self, page: list[Document], at: str) -> dict[str, int]:
        """Return the ordered call of each charge point of a page that must be sent first."""
        ordered = {found["charge_point"] for found in page if found["ordered"]}
        if not ordered:
            return {}
        alive = {"charge_point": {"$in": sorted(ordered)}, "ordered": True, "state": {"$in": _ACTIVE}}
        cursor = await self._latest.aggregate(
            [
                {"$match": {**alive, **_unexpired(at), "_id": {"$lte": page[-1]["_id"]}}},
                {"$group": {"_id": "$charge_point", "first": {"$min": "$_id"}}},
            ]
        )
        return {found["_id"]: found["first"] async for found in cursor}

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
