"""Verbs of the queues."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from ocpp_sdk.storage.calls import CallState, NewCall, Queue, QueuedCall
from ocpp_sdk.storage.folding import fold, utc
from ocpp_sdk.storage.keyed.claims import claimable, claimable_of_one, expired
from ocpp_sdk.storage.keyed.ledger import Ledger
from ocpp_sdk.storage.keyed.schema import Tables, call_unique
from ocpp_sdk.storage.keyed.verbs import Verbs, optional_utc

__all__ = ["CallVerbs"]

_AT_ONCE = 500


class CallVerbs(Verbs):
    """`CallQueueStore` over tables."""

    def __init__(self, tables: Tables, ledger: Ledger) -> None:
        super().__init__(tables, ledger)
        self._changes = dict.fromkeys(Queue, 0)
        self._waiting: dict[Queue, set[asyncio.Event]] = {queue: set() for queue in Queue}

    async def enqueue(self, queue: Queue, call: NewCall) -> QueuedCall:  # noqa: D102
        draft, table = self._draft(), self._tables.calls[queue]
        number = table.number_with(call_unique(call.identity, call.key))
        found = None if number is None else table.get(number)
        if found is None:
            created_at = utc(call.created_at)
            found = QueuedCall(
                number=draft.next_number(table),
                queue=queue,
                key=call.key,
                identity=self._charge_point(draft, call.identity, created_at).identity,
                operation=call.operation,
                request=call.request,
                ordered=call.ordered,
                created_at=created_at,
                not_before=optional_utc(call.not_before),
                expires_at=optional_utc(call.expires_at),
            )
            draft.put_number(table, found)
            self._wake(queue)
        await self._keep(draft)
        return found

    async def claim(  # noqa: D102
        self, queue: Queue, *, worker: str, now: datetime, lease: timedelta, identity: str | None = None
    ) -> QueuedCall | None:
        table, time = self._tables.calls[queue], utc(now)
        while True:
            draft, changes = self._draft(), self._changes[queue]
            found = self._claimable(queue, identity, time)
            claimed = None
            if found is not None:
                claimed = replace(
                    found,
                    state=CallState.CLAIMED,
                    attempts=found.attempts + 1,
                    worker=worker,
                    lease_until=time + lease,
                )
                draft.replace_number(table, found, claimed)
            await self._keep(draft)
            # A call that came while this one waited for others would go unseen by a wait that follows.
            if claimed is not None or changes == self._changes[queue]:
                return claimed

    async def extend_claim(self, queue: Queue, number: int, attempt: int, lease_until: datetime) -> bool:  # noqa: D102
        draft, until = self._draft(), utc(lease_until)
        found = self._claimed(queue, number, attempt)
        if found is not None:
            draft.replace_number(self._tables.calls[queue], found, replace(found, lease_until=until))
        await self._keep(draft)
        return found is not None

    async def answer_call(self, queue: Queue, number: int, attempt: int, *, reply: str, at: datetime) -> bool:  # noqa: D102
        draft, time = self._draft(), utc(at)
        found = self._claimed(queue, number, attempt)
        if found is not None:
            ended = replace(found, state=CallState.ANSWERED, reply=reply, error=None, lease_until=None, ended_at=time)
            draft.replace_number(self._tables.calls[queue], found, ended)
            self._wake(queue)
        await self._keep(draft)
        return found is not None

    async def retry_call(  # noqa: D102
        self, queue: Queue, number: int, attempt: int, *, error: str, not_before: datetime | None
    ) -> bool:
        draft, time = self._draft(), optional_utc(not_before)
        found = self._claimed(queue, number, attempt)
        if found is not None:
            waiting = replace(
                found,
                state=CallState.WAITING,
                error=error,
                lease_until=None,
                not_before=time,
            )
            draft.replace_number(self._tables.calls[queue], found, waiting)
            self._wake(queue)
        await self._keep(draft)
        return found is not None

    async def give_up_call(self, queue: Queue, number: int, attempt: int, *, error: str, at: datetime) -> bool:  # noqa: D102
        draft, time = self._draft(), utc(at)
        found = self._claimed(queue, number, attempt)
        if found is not None:
            ended = replace(found, state=CallState.GIVEN_UP, error=error, lease_until=None, ended_at=time)
            draft.replace_number(self._tables.calls[queue], found, ended)
            self._wake(queue)
        await self._keep(draft)
        return found is not None

    async def resend_call(self, queue: Queue, number: int, *, expires_at: datetime | None = None) -> bool:  # noqa: D102
        draft, table, time = self._draft(), self._tables.calls[queue], optional_utc(expires_at)
        found = table.get(number)
        ended = found is not None and found.state in {CallState.GIVEN_UP, CallState.EXPIRED}
        if ended and found is not None:
            waiting = replace(
                found,
                state=CallState.WAITING,
                not_before=None,
                expires_at=time,
                ended_at=None,
            )
            draft.replace_number(table, found, waiting)
            self._wake(queue)
        await self._keep(draft)
        return ended

    async def expire_calls(self, queue: Queue, now: datetime) -> list[QueuedCall]:  # noqa: D102
        draft, time = self._draft(), utc(now)
        ended: list[QueuedCall] = []
        for call in self._live(queue, None):
            if (after := expired(call, time)) is not None:
                draft.replace_number(self._tables.calls[queue], call, after)
                ended.append(after)
        if ended:
            self._wake(queue)
        await self._keep(draft)
        return ended

    async def cancel_call(self, queue: Queue, number: int, *, error: str, at: datetime) -> bool:  # noqa: D102
        draft, table, time = self._draft(), self._tables.calls[queue], utc(at)
        found = table.get(number)
        waiting = found is not None and found.state is CallState.WAITING
        if waiting and found is not None:
            ended = replace(found, state=CallState.GIVEN_UP, error=error, ended_at=time)
            draft.replace_number(table, found, ended)
            self._wake(queue)
        await self._keep(draft)
        return waiting

    async def call(self, queue: Queue, number: int) -> QueuedCall | None:  # noqa: D102
        return await self._seen(lambda: self._tables.calls[queue].get(number))

    async def calls(  # noqa: D102
        self,
        queue: Queue,
        identity: str | None = None,
        *,
        state: CallState | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[QueuedCall]:
        owner = None if identity is None else fold(identity)
        groups: list[tuple[str, ...]] = []
        if state is not None:
            groups.append(("state", state) if owner is None else ("state", state, owner))
        elif owner is not None:
            groups.append(("identity", owner))

        def fits(call: QueuedCall) -> bool:
            return (owner is None or fold(call.identity) == owner) and state in {None, call.state}

        return await self._list(self._tables.calls[queue], groups, after=after, limit=limit, fits=fits)

    async def forget_calls(  # noqa: D102
        self, queue: Queue, before: datetime, *, identity: str | None = None, limit: int = 10_000
    ) -> int:
        table, groups, removed, time = self._tables.calls[queue], [("state", CallState.ANSWERED)], 0, utc(before)
        numbers = await self._seen(lambda: table.before(time, groups))
        if identity is None:
            numbers = numbers[: max(limit, 0)]
        for begin in range(0, len(numbers), _AT_ONCE):
            calls = await self._ledger.fetch(table, numbers[begin : begin + _AT_ONCE])
            draft = self._draft()
            # An answered call stays as it is, unless somebody else removes it.
            gone = [
                call
                for call in calls
                if table.has(call.number) and (identity is None or fold(call.identity) == fold(identity))
            ][: max(limit - removed, 0)]
            for call in gone:
                draft.drop_number(table, call)
            await self._keep(draft)
            removed += len(gone)
        return removed

    async def wait_for_call(self, queue: Queue, *, timeout_s: float) -> None:  # noqa: D102
        self._ledger.begin()
        changed = asyncio.Event()
        self._waiting[queue].add(changed)
        try:
            async with asyncio.timeout(timeout_s):
                await changed.wait()
        except TimeoutError:
            pass
        finally:
            self._waiting[queue].discard(changed)

    def _wake(self, queue: Queue) -> None:
        self._changes[queue] += 1
        for changed in self._waiting[queue]:
            changed.set()

    def _wake_all(self) -> None:
        for queue in Queue:
            self._wake(queue)

    def _claimable(self, queue: Queue, identity: str | None, now: datetime) -> QueuedCall | None:
        if identity is None:
            return claimable(self._live(queue, None), now)
        claimed = self._group(queue, ("state", CallState.CLAIMED, fold(identity)))
        return claimable_of_one(self._live(queue, identity), claimed, now)

    def _live(self, queue: Queue, identity: str | None) -> Iterator[QueuedCall]:
        return self._group(queue, "live" if identity is None else ("live", fold(identity)))

    def _group(self, queue: Queue, group: str | tuple[str, ...]) -> Iterator[QueuedCall]:
        table = self._tables.calls[queue]
        for number in table.group(group):
            call = table.get(number)
            if call is not None:
                yield call

    def _claimed(self, queue: Queue, number: int, attempt: int) -> QueuedCall | None:
        found = self._tables.calls[queue].get(number)
        claimed = found is not None and found.state is CallState.CLAIMED and found.attempts == attempt
        return found if claimed else None
