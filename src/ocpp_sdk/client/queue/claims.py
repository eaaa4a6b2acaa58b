"""Holding calls of one charge point, whatever the storage does meanwhile.

The end of a call and the claim of the next one are asked for together, by one verb where the storage has it, else so
that a storage which groups its writes makes both durable at once. Where it has the verb, repeatable calls that follow
each other are claimed as a run. An answer to one of these is kept in memory while more of the run is in hand, and all
are stored with the claim of what comes next. So a kill repeats a run of them at most, and of the others one call.

When the storage fails, it is not known what it has done: an end is written again until it is there, and a claim that
may have happened is released before another one is made. Only one process sends the calls of a charge point, so each
claim that this process does not know of is one of an earlier life, or of such a failure.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final, cast

from ocpp_sdk.client.queue.endings import Answered, Ending, PutBack
from ocpp_sdk.client.queue.outage import Outage
from ocpp_sdk.client.queue.refusals import refusals_of, worded
from ocpp_sdk.clock import Clock
from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage.calls import Answer, CallQueueStore, CallState, FollowingCallStore, Queue, QueuedCall

__all__ = ["LEASE_S", "Claims"]

LEASE_S: Final = 600.0
_QUEUE: Final = Queue.REQUESTS
_RUN: Final = 8
_AT_ONCE: Final = FollowingCallStore.answer_and_claim.__name__


class Claims:
    """The calls that are sent, and those whose ends are not stored yet.

    Args:
        store: has the calls.
        identity: of the charge point.
        repeatable: operations that may be claimed as a run.
        clock: tells the time of claims.
        outage: what is waited for when the storage fails.
        woken: cleared before calls are looked for.

    Attributes:
        stored: ends that are durable, in their order; whoever tells of them takes them out.
    """

    def __init__(
        self,
        store: CallQueueStore,
        identity: str,
        repeatable: Collection[str],
        clock: Clock,
        outage: Outage,
        woken: asyncio.Event,
    ) -> None:
        self._store = store
        self._following = cast("FollowingCallStore", store) if hasattr(store, _AT_ONCE) else None
        self._identity = identity
        self._repeatable = repeatable
        self._clock = clock
        self._outage = outage
        self._woken = woken
        self._worker = f"charge point {identity}"
        self._doubtful = True
        self._unsaved: deque[Ending] = deque()
        self.stored: deque[Ending] = deque()
        self._held: deque[QueuedCall] = deque()
        self._held_until = 0.0

    @property
    def known(self) -> int:
        """How many calls are in hand, or have ended without being told of."""
        return len(self._held) + len(self._unsaved) + len(self.stored)

    def doubt(self) -> None:
        """Release what is claimed before the next claim."""
        self._doubtful = True

    async def take(self, at: datetime | None = None) -> QueuedCall | None:
        """Claim the next call that may be sent now, and its run.

        Args:
            at: instead of the time of the clock.
        """

        async def ask() -> list[QueuedCall]:
            if self._doubtful:
                await self.release()
            self._doubtful = True
            found = await self._claim(at or self._clock.now())
            self._doubtful = False
            return found

        self._hold([])
        self._woken.clear()
        self._hold(await self._outage.outlast(ask))
        return self._held[0] if self._held else None

    async def end(self, ending: Ending, *, take_next: bool) -> QueuedCall | None:
        """Note how the call ended that was to be sent, and return the next one.

        The end is stored before this returns, unless the call was answered and more of its run is in hand.

        Args:
            ending: kept until it is stored, also when this is cancelled.
            take_next: whether to claim at all.

        Returns:
            The next call, None if none was claimed; then another claim may still find one.
        """
        self._held.popleft()
        self._unsaved.append(ending)
        if isinstance(ending, PutBack) and self._held:
            # What follows in the run keeps its place behind the call.
            self.let_go()
            take_next = False
        if not take_next or (not isinstance(ending, Answered) and (self._held or len(self._unsaved) > 1)):
            await self.save()
        elif not self._held:
            await self._end_and_hold(ending)
        return self._held[0] if self._held else None

    async def save(self) -> None:
        """Store the ends that are not stored, however long that takes."""
        while self._unsaved:
            await self._outage.outlast(partial(self._write, self._unsaved[0]))
            self.stored.append(self._unsaved.popleft())

    async def save_at_end(self) -> None:
        """Store the ends that are not stored if the storage can do so now; else the next `save` does."""
        with suppress(StorageError):
            while self._unsaved:
                await self._write(self._unsaved[0])
                self.stored.append(self._unsaved.popleft())

    async def release(self) -> int:
        """Put back each call that is claimed; returns how many there were.

        Raises:
            StorageError: repeat it.
        """
        claimed = await self._store.calls(_QUEUE, self._identity, state=CallState.CLAIMED)
        again = [PutBack(call, worded(refusals_of(call.error), call.error or "interrupted"), None) for call in claimed]
        released = sum(await asyncio.gather(*(one.write(self._store) for one in again)))
        self._doubtful = False
        return released

    async def extend(self) -> None:
        """Hold what is held for longer, if half of its lease is over; a storage that fails is left alone."""
        held, until = [*(ending.call for ending in self._unsaved), *self._held], self._held_until
        if not held or self._clock.monotonic() < until - LEASE_S / 2:
            return
        later = self._clock.now() + timedelta(seconds=LEASE_S)
        try:
            extended = await asyncio.gather(
                *(self._store.extend_claim(_QUEUE, call.number, call.attempts, later) for call in held)
            )
        except StorageError:
            # Nobody but this process claims, and it does not while it sends.
            return
        if all(extended) and self._held_until == until:
            self._held_until = self._clock.monotonic() + LEASE_S

    def let_go(self) -> None:
        """Leave the calls that are in hand to the next `release`, as when the sending of one was cancelled."""
        self._hold([])
        self._doubtful = True

    def _hold(self, calls: Sequence[QueuedCall]) -> None:
        self._held = deque(calls)
        if calls:
            self._held_until = self._clock.monotonic() + LEASE_S

    async def _end_and_hold(self, ending: Ending) -> None:
        """Store the ends, and claim what comes next."""
        self._woken.clear()
        self._doubtful = True
        saved, taken = await self._end_and_claim(ending)
        self._doubtful = isinstance(taken, BaseException)
        # One could be claimed again, since its lease had run out, and is still to be ended.
        ended = set[int]() if saved is True else {one.call.number for one in self._unsaved}
        self._hold([] if isinstance(taken, BaseException) else [call for call in taken if call.number not in ended])
        if isinstance(saved, StorageError):
            await self._outage.failed(saved)
        if saved is True:
            self.stored.extend(self._unsaved)
            self._unsaved.clear()
            self._outage.over()
        else:
            await self.save()

    async def _end_and_claim(self, ending: Ending) -> tuple[bool | StorageError, list[QueuedCall] | StorageError]:
        """Do both, or tell of each why it may not be done."""
        if self._following is not None and isinstance(ending, Answered):
            try:
                saved, taken = await self._answer_and_claim(self._following, ending.at)
            except StorageError as error:
                return error, error
            return all(saved), taken
        ended, claimed = await asyncio.gather(
            ending.write(self._store), self._claim(self._clock.now()), return_exceptions=True
        )
        for result in (ended, claimed):
            if isinstance(result, BaseException) and not isinstance(result, StorageError):
                raise result
        return ended, claimed  # type: ignore[return-value]  # looked at above

    async def _claim(self, at: datetime) -> list[QueuedCall]:
        """Claim without an end."""
        if self._following is not None:
            return (await self._answer_and_claim(self._following, at))[1]
        call = await self._store.claim(
            _QUEUE, worker=self._worker, now=at, lease=timedelta(seconds=LEASE_S), identity=self._identity
        )
        return [] if call is None else [call]

    async def _answer_and_claim(self, store: FollowingCallStore, at: datetime) -> tuple[list[bool], list[QueuedCall]]:
        answers = [
            Answer(one.call.number, one.call.attempts, one.reply, one.at)
            for one in self._unsaved
            if isinstance(one, Answered)
        ]
        return await store.answer_and_claim(
            _QUEUE,
            answers,
            at=at,
            worker=self._worker,
            lease=timedelta(seconds=LEASE_S),
            identity=self._identity,
            run_of=self._repeatable,
            at_most=_RUN,
        )

    async def _write(self, ending: Ending) -> None:
        """Write an end, unless an earlier try that seemed to fail has done so."""
        if await ending.write(self._store):
            return
        found = await self._store.call(_QUEUE, ending.call.number)
        if found is not None and found.state is CallState.CLAIMED:
            await replace(ending, call=found).write(self._store)
