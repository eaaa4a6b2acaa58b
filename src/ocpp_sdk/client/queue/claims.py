"""Holding calls of one charge point, whatever the storage does meanwhile.

The end of a call and the claim of the next one are asked for together, by one verb where the storage has it, else so
that a storage which groups its writes makes both durable at once. When the storage fails, it is not known what it has
done: an end is written again until it is there, and a claim that may have happened is released before another one is
made. Only one process sends the calls of a charge point, so each claim that this process does not know of is one of an
earlier life, or of such a failure.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, cast

from ocpp_sdk.client.queue.endings import Answered, Ending, PutBack
from ocpp_sdk.client.queue.outage import Outage
from ocpp_sdk.client.queue.refusals import refusals_of, worded
from ocpp_sdk.clock import Clock
from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage.calls import CallQueueStore, CallState, FollowingCallStore, Queue, QueuedCall

__all__ = ["LEASE_S", "Claims"]

LEASE_S: Final = 600.0
_QUEUE: Final = Queue.REQUESTS
_AT_ONCE: Final = FollowingCallStore.answer_and_claim.__name__


class Claims:
    """The call that is being sent, and the one whose end is not stored yet.

    Args:
        store: has the calls.
        identity: of the charge point.
        clock: tells the time of claims.
        outage: what is waited for when the storage fails.
        woken: cleared before calls are looked for.
    """

    def __init__(
        self, store: CallQueueStore, identity: str, clock: Clock, outage: Outage, woken: asyncio.Event
    ) -> None:
        self._store = store
        self._identity = identity
        self._clock = clock
        self._outage = outage
        self._woken = woken
        self._worker = f"charge point {identity}"
        self._doubtful = True
        self._unsaved: Ending | None = None
        self._held: QueuedCall | None = None
        self._held_until = 0.0

    @property
    def unsaved(self) -> Ending | None:
        """An end that is not known to be durable."""
        return self._unsaved

    def doubt(self) -> None:
        """Release what is claimed before the next claim."""
        self._doubtful = True

    async def take(self, at: datetime | None = None) -> QueuedCall | None:
        """Claim the next call that may be sent now.

        Args:
            at: instead of the time of the clock.
        """

        async def ask() -> QueuedCall | None:
            if self._doubtful:
                await self.release()
            self._doubtful = True
            found = await self._claim(at)
            self._doubtful = False
            return found

        self._hold(None)
        self._woken.clear()
        self._hold(await self._outage.outlast(ask))
        return self._held

    async def end(self, ending: Ending, *, take_next: bool) -> QueuedCall | None:
        """Store how a call ended, and claim the next one.

        Args:
            ending: kept until it is stored, also when this is cancelled.
            take_next: whether to claim at all.

        Returns:
            The next call, None if none was claimed; then another claim may still find one.
        """
        self._unsaved = ending
        if not take_next:
            self._hold(None)
            await self.save()
            return None
        self._woken.clear()
        self._doubtful = True
        saved, taken = await self._end_and_claim(ending)
        self._doubtful = isinstance(taken, BaseException)
        self._hold(None if isinstance(taken, BaseException) else taken)
        if saved is not True and self._held is not None and self._held.number == ending.call.number:
            # It could be claimed again, since its lease had run out, and is still to be ended.
            self._hold(None)
        if isinstance(saved, StorageError):
            await self._outage.failed(saved)
        if saved is True:
            self._unsaved = None
            self._outage.over()
        else:
            await self.save()
        return self._held

    async def save(self) -> None:
        """Store the end that is not stored, however long that takes."""
        if self._unsaved is not None:
            ending = self._unsaved
            await self._outage.outlast(lambda: self._write(ending))
            self._unsaved = None

    async def release(self) -> int:
        """Put back each call that is claimed; returns how many there were.

        Raises:
            StorageError: repeat it.
        """
        released = 0
        for call in await self._store.calls(_QUEUE, self._identity, state=CallState.CLAIMED):
            again = PutBack(call, worded(refusals_of(call.error), call.error or "interrupted"), None)
            released += await again.write(self._store)
        self._doubtful = False
        return released

    async def extend(self) -> None:
        """Hold what is held for longer, if half of its lease is over; a storage that fails is left alone."""
        call = self._held
        if call is None or self._clock.monotonic() < self._held_until - LEASE_S / 2:
            return
        until = self._clock.now() + timedelta(seconds=LEASE_S)
        try:
            if await self._store.extend_claim(_QUEUE, call.number, call.attempts, until) and self._held is call:
                self._held_until = self._clock.monotonic() + LEASE_S
        except StorageError:
            # Nobody but this process claims, and it does not while it sends.
            return

    def let_go(self) -> None:
        """Leave the call that is held to the next `release`, as when the sending of it was cancelled."""
        self._hold(None)
        self._doubtful = True

    def _hold(self, call: QueuedCall | None) -> None:
        self._held = call
        self._held_until = self._clock.monotonic() + LEASE_S

    async def _end_and_claim(self, ending: Ending) -> tuple[bool | StorageError, QueuedCall | StorageError | None]:
        """Do both, or tell of each why it may not be done."""
        if isinstance(ending, Answered) and hasattr(self._store, _AT_ONCE):
            store, call = cast("FollowingCallStore", self._store), ending.call
            try:
                return await store.answer_and_claim(
                    _QUEUE,
                    call.number,
                    call.attempts,
                    reply=ending.reply,
                    at=ending.at,
                    worker=self._worker,
                    lease=timedelta(seconds=LEASE_S),
                    identity=self._identity,
                )
            except StorageError as error:
                return error, error
        saved, taken = await asyncio.gather(ending.write(self._store), self._claim(None), return_exceptions=True)
        for result in (saved, taken):
            if isinstance(result, BaseException) and not isinstance(result, StorageError):
                raise result
        return saved, taken  # type: ignore[return-value]  # looked at above

    async def _claim(self, at: datetime | None) -> QueuedCall | None:
        return await self._store.claim(
            _QUEUE,
            worker=self._worker,
            now=at or self._clock.now(),
            lease=timedelta(seconds=LEASE_S),
            identity=self._identity,
        )

    async def _write(self, ending: Ending) -> None:
        """Write an end, unless an earlier try that seemed to fail has done so."""
        if await ending.write(self._store):
            return
        found = await self._store.call(_QUEUE, ending.call.number)
        if found is not None and found.state is CallState.CLAIMED:
            await replace(ending, call=found).write(self._store)
