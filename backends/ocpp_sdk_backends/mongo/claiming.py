"""Which call of a queue may be sent next, and how it is claimed by one sender only.

A call that somebody sends has `in_flight`, and a unique index on the charge points of such calls lets each have one at
most, whatever any process believes: a claim is a single update of the call that sets `in_flight`, and fails if another
call of the charge point has it. A claim whose lease has run out loses `in_flight` to whoever claims another call;
if its sender lives on, it may still end its call, but can no longer extend the claim.

A claim first reads which calls may be sent, the oldest of each charge point, then updates the oldest of them that still
is due. Whether a call is due, and its charge point free, is so decided by the update alone. What only the reading tells
is that no ordered call comes before an ordered one. While the claim is on its way, calls before it can only end, so
that stays true, but for one that was given up and is put back just then; the claim then counts as having come first.
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
_PAGE: Final = 16
_LONGEST_PAGE: Final = 512
_NEEDED: Final = ["charge_point", "ordered"]


class Claiming:
    """Claims of one queue."""

    def __init__(self, connection: Connection, queue: Queue) -> None:
        self._calls = connection.durable(queue.value)
        self._latest = connection.latest(queue.value)
        self._claiming = 0

    async def claim(self, *, worker: str, now: datetime, lease: timedelta, identity: str | None) -> Document | None:
        """Claim the oldest call that may be sent, and return it."""
        at = time_text(now)
        change = {"state": CallState.CLAIMED.value, "worker": worker, "lease_until": time_text(now + lease)}
        self._claiming += 1
        try:
            while found := await self._choose(at, None if identity is None else fold(identity)):
                claimed = await self._take(found, at, change)
                if claimed is not None:
                    return claimed
        finally:
            self._claiming -= 1
        return None

    async def _choose(self, at: str, charge_point: str | None) -> dict[str, int]:
        """Return the oldest calls that may be sent now, one of each charge point.

        More than one, since other claims may take the first ones; there may be more that are younger.
        """
        busy = await self._busy(at, charge_point)
        if charge_point in busy:
            return {}
        chosen: dict[str, int] = {}
        behind: set[str] = set()
        wanted = _due(at)
        wanted["charge_point"] = {"$nin": sorted(busy)} if charge_point is None else charge_point
        limit = min(_PAGE * self._claiming, _LONGEST_PAGE)
        while True:
            if behind:
                wanted["$nor"] = [{"ordered": True, "charge_point": {"$in": sorted(behind)}}]
            page = await self._latest.find(wanted, _NEEDED, sort=[("_id", 1)], limit=limit, batch_size=limit).to_list()
            first = await self._first_ordered(page, at)
            for found in page:
                other = found["charge_point"]
                if found["ordered"] and first.get(other) != found["_id"]:
                    behind.add(other)
                else:
                    chosen.setdefault(other, found["_id"])
            if chosen or len(page) < limit:
                return chosen
            wanted["_id"] = {"$gt": page[-1]["_id"]}

    async def _busy(self, at: str, charge_point: str | None) -> set[str]:
        """Return the charge points that have a call in flight."""
        wanted: Document = {"state": CallState.CLAIMED.value, "lease_until": {"$gt": at}}
        if charge_point is not None:
            wanted["charge_point"] = charge_point
        cursor = self._latest.find(wanted, {"charge_point": True}, batch_size=_LONGEST_PAGE)
        return {found["charge_point"] async for found in cursor}

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
            ],
            batchSize=_LONGEST_PAGE,
        )
        return {found["_id"]: found["first"] async for found in cursor}

    async def _take(self, chosen: dict[str, int], at: str, change: Document) -> Document | None:
        """Claim the oldest of some calls that is still to be had, and return it."""
        while chosen:
            try:
                return await self._calls.find_one_and_update(
                    {"_id": {"$in": sorted(chosen.values())}, **_due(at)},
                    {"$set": {**change, "in_flight": True}, "$inc": {"attempts": 1}},
                    sort=[("_id", 1)],
                    return_document=ReturnDocument.AFTER,
                )
            except DuplicateKeyError as error:
                charge_point = str((error.details or {})["keyValue"]["charge_point"])
            run_out = {"charge_point": charge_point, "in_flight": True, "lease_until": {"$lte": at}}
            done = await self._calls.update_one(run_out, {"$unset": {"in_flight": ""}})
            if not done.modified_count:
                del chosen[charge_point]
        return None


def _unexpired(at: str) -> Document:
    # A field that is not there equals null.
    return {"expires_at": {"$not": {"$lte": at}}}


def _due(at: str) -> Document:
    """Return a filter of the calls that may be sent now, as far as they themselves tell."""
    waiting = {"state": CallState.WAITING.value, "not_before": {"$not": {"$gt": at}}}
    claimed = {"state": CallState.CLAIMED.value, "lease_until": {"$lte": at}}
    return {"$or": [waiting, claimed], **_unexpired(at)}
