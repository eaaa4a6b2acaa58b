"""The queues of calls: `commands` and `requests`, one document a call; how one is claimed is told in `claiming`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from ocpp_sdk.storage.calls import CallState, NewCall, Queue, QueuedCall
from ocpp_sdk.storage.folding import fold, time_text
from ocpp_sdk_backends.mongo.claiming import Claiming
from ocpp_sdk_backends.mongo.connection import Connection, Part, bounded, of_charge_point, verb
from ocpp_sdk_backends.mongo.documents import Document, restored, without
from ocpp_sdk_backends.mongo.inserting import NumberedInserts, body
from ocpp_sdk_backends.mongo.waiting import Bell

__all__ = ["MongoCalls", "stored_call"]

_WAITING = CallState.WAITING.value
_CLAIMED = CallState.CLAIMED.value
_CLAIM = {"lease_until": "", "in_flight": ""}


class MongoCalls(Part):
    """`CallQueueStore` in the collections `commands` and `requests`."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._calls = {queue: connection.durable(queue.value) for queue in Queue}
        self._new_calls = {queue: NumberedInserts(connection, queue.value) for queue in Queue}
        self._claims = {queue: Claiming(connection, queue) for queue in Queue}
        self._bells = {queue: Bell(connection, queue) for queue in Queue}

    @verb
    async def enqueue(self, queue: Queue, call: NewCall) -> QueuedCall:
        """Put a call at the end of a queue, or return the one that is there."""
        folded, spelled = await self._connection.known(call.identity, call.created_at, call)
        key = {"charge_point": folded, "key": call.key}
        fields = {**key, **without(replace(call, identity=spelled))}
        fields |= {"state": _WAITING, "attempts": 0}
        build = body(fields)
        while True:
            number = await self._new_calls[queue].add(build)
            if number is not None:
                self._bells[queue].ring()
                return restored(QueuedCall, fields, number=number, queue=queue)
            found = await self._connection.latest(queue.value).find_one(key)
            if found is not None:
                return _restored(queue, found)

    async def claim(
        self, queue: Queue, *, worker: str, now: datetime, lease: timedelta, identity: str | None = None
    ) -> QueuedCall | None:
        """Take the oldest call that may be sent now."""
        # In the task of the caller, who will wait if there is none.
        self._bells[queue].look()
        claim = self._claims[queue].claim(worker=worker, now=now, lease=lease, identity=identity)
        found = await self._connection.run(claim)
        return None if found is None else _restored(queue, found)

    @verb
    async def extend_claim(self, queue: Queue, number: int, attempt: int, lease_until: datetime) -> bool:
        """Hold a claim for longer."""
        change = {"$set": {"lease_until": time_text(lease_until), "in_flight": True}}
        try:
            done = await self._calls[queue].update_one(_claimed(number, attempt), change)
        except DuplicateKeyError:
            return False
        return done.matched_count > 0

    async def answer_call(self, queue: Queue, number: int, attempt: int, *, reply: str, at: datetime) -> bool:
        """End a call with its reply."""
        told = {"state": CallState.ANSWERED.value, "reply": reply, "ended_at": time_text(at)}
        return await self._change(queue, _claimed(number, attempt), {"$set": told, "$unset": {**_CLAIM, "error": ""}})

    async def retry_call(
        self, queue: Queue, number: int, attempt: int, *, error: str, not_before: datetime | None
    ) -> bool:
        """Put a claimed call back for another attempt."""
        told = {"state": _WAITING, "error": error}
        if not_before is not None:
            told["not_before"] = time_text(not_before)
        gone = {**_CLAIM, "not_before": ""} if not_before is None else _CLAIM
        return await self._change(queue, _claimed(number, attempt), {"$set": told, "$unset": gone})

    async def give_up_call(self, queue: Queue, number: int, attempt: int, *, error: str, at: datetime) -> bool:
        """End a call without a reply."""
        return await self._change(queue, _claimed(number, attempt), _given_up(error, at))

    async def resend_call(self, queue: Queue, number: int, *, expires_at: datetime | None = None) -> bool:
        """Put a call that was given up or has expired back into its old place."""
        ended = {"$in": [CallState.GIVEN_UP.value, CallState.EXPIRED.value]}
        told = {"state": _WAITING}
        gone = {"ended_at": "", "not_before": "", "expired_by": ""}
        if expires_at is None:
            gone["expires_at"] = ""
        else:
            told["expires_at"] = time_text(expires_at)
        return await self._change(queue, {"_id": number, "state": ended}, {"$set": told, "$unset": gone})

    @verb
    async def expire_calls(self, queue: Queue, now: datetime) -> list[QueuedCall]:
        """End each call whose time has passed."""
        at = time_text(now)
        idle = [{"state": _WAITING}, {"state": _CLAIMED, "lease_until": {"$lte": at}}]
        # Each document is changed by one of many sweeps, which finds by its mark what it has changed.
        mark = ObjectId()
        told = {"state": CallState.EXPIRED.value, "ended_at": at, "expired_by": mark}
        done = await self._calls[queue].update_many(
            {"$or": idle, "expires_at": {"$lte": at}}, {"$set": told, "$unset": _CLAIM}
        )
        if not done.modified_count:
            return []
        self._bells[queue].ring()
        cursor = self._calls[queue].find({"expired_by": mark}, sort=[("_id", 1)])
        return [_restored(queue, found) async for found in cursor]

    async def cancel_call(self, queue: Queue, number: int, *, error: str, at: datetime) -> bool:
        """End a call that waits."""
        return await self._change(queue, {"_id": number, "state": _WAITING}, _given_up(error, at))

    @verb
    async def call(self, queue: Queue, number: int) -> QueuedCall | None:
        """Return one call."""
        found = await self._calls[queue].find_one({"_id": number})
        return None if found is None else _restored(queue, found)

    @verb
    async def calls(
        self,
        queue: Queue,
        identity: str | None = None,
        *,
        state: CallState | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[QueuedCall]:
        """List calls by number."""
        if limit < 1:
            return []
        wanted: Document = {**of_charge_point(identity), "_id": {"$gt": after}}
        if state is not None:
            wanted["state"] = state.value
        cursor = self._calls[queue].find(wanted, sort=[("_id", 1)], limit=bounded(limit))
        return [_restored(queue, found) async for found in cursor]

    @verb
    async def forget_calls(
        self, queue: Queue, before: datetime, *, identity: str | None = None, limit: int = 10_000
    ) -> int:
        """Remove calls that were answered before a time."""
        wanted: Document = {"state": CallState.ANSWERED.value, "ended_at": {"$lt": time_text(before)}}
        if identity is not None:
            wanted["charge_point"] = fold(identity)
        if limit < 1:
            return 0
        cursor = self._calls[queue].find(
            wanted, {"_id": True}, sort=[("ended_at", 1), ("_id", 1)], limit=bounded(limit)
        )
        numbers = [found["_id"] async for found in cursor]
        return (await self._calls[queue].delete_many({"_id": {"$in": numbers}})).deleted_count

    async def wait_for_call(self, queue: Queue, *, timeout_s: float) -> None:
        """Return when a call may have been queued or put back."""
        self._connection.check()
        # Not as a verb at work, since to close the store wakes who waits instead of waiting for it.
        await self._bells[queue].wait(timeout_s)

    @verb
    async def _change(self, queue: Queue, wanted: Document, change: Document) -> bool:
        done = await self._calls[queue].update_one(wanted, change)
        if done.matched_count:
            self._bells[queue].ring()
        return done.matched_count > 0


def stored_call(call: QueuedCall, folded: str) -> Document:
    """Return the document of a call; of one in flight without `in_flight`, whose lease alone holds it."""
    return {"_id": call.number, "charge_point": folded, **without(call, "number", "queue")}


def _restored(queue: Queue, found: Document) -> QueuedCall:
    return restored(QueuedCall, found, number=int(found["_id"]), queue=queue)


def _claimed(number: int, attempt: int) -> Document:
    return {"_id": number, "state": _CLAIMED, "attempts": attempt}


def _given_up(error: str, at: datetime) -> Document:
    told = {"state": CallState.GIVEN_UP.value, "error": error, "ended_at": time_text(at)}
    return {"$set": told, "$unset": _CLAIM}
