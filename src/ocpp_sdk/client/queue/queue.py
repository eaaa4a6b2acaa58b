"""The durable queue of a charge point's requests, and the worker that empties it.

A call is durable when `put` returns. The worker claims one call at a time, sends it, and stores how that ended before
it sends the next one, so that ordered calls reach the central system in their order, each at least once: what was sent
just before the process was killed is sent again. What to do after an error is decided by `policy`.

Readings may be sent again without harm, since a central system knows them by time and value. Where the storage can, up
to eight that follow each other are claimed together, sent one after the other, and their ends stored together: then a
kill repeats up to eight readings. Any other call is sent when all ends before it are durable, and alone.

The queue itself stays in the storage; however much waits there, at most eight calls are in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final

from ocpp_sdk.client.queue.claims import Claims
from ocpp_sdk.client.queue.endings import Answered, Ending, GivenUp, PutBack
from ocpp_sdk.client.queue.outage import Outage
from ocpp_sdk.client.queue.policy import GiveUp, Retry, RetryRules, decide, pause_s
from ocpp_sdk.client.queue.refusals import one_line, refusals_of, worded
from ocpp_sdk.client.queue.roles import Gate, Report, Sender
from ocpp_sdk.client.queue.tally import Tally
from ocpp_sdk.clock import Clock, wait_within
from ocpp_sdk.errors import ConfigurationError, OcppError, StorageError
from ocpp_sdk.storage.calls import CallQueueStore, CallState, NewCall, Queue, QueuedCall
from ocpp_sdk.storage.folding import fold

__all__ = ["DurableQueue"]

_QUEUE: Final = Queue.REQUESTS
_LOOK_S: Final = 60.0
"""How often what other processes did is looked for, calls expire, and a lease is extended."""
_PAGE: Final = 200
_FIRST: Final = 20
_SLICE: Final = 1000
_REPEATABLE: Final = frozenset({"MeterValues"})


class DurableQueue:
    """The requests of one charge point.

    One process has one of these for a charge point, and `run` is running once. `restore` comes before `run`.

    Args:
        store: where the calls are, in `Queue.REQUESTS`.
        identity: of the charge point.
        sender: sends them.
        gate: is asked before each one.
        rules: asked at each refusal, so that a change of the configuration takes effect at once.
        clock: drives all waits.
        report: hears of what goes wrong.
        repeatable: operations whose repetition changes nothing at the central system, so that several answers to them
            are stored at a time; none for one call at a time.
    """

    def __init__(
        self,
        *,
        store: CallQueueStore,
        identity: str,
        sender: Sender,
        gate: Gate,
        rules: Callable[[], RetryRules],
        clock: Clock,
        report: Report,
        repeatable: Collection[str] = _REPEATABLE,
    ) -> None:
        self._store = store
        self._identity = identity
        self._sender = sender
        self._gate = gate
        self._rules = rules
        self._clock = clock
        self._report = report
        self._tally = Tally()
        self._woken = asyncio.Event()
        self._outage = Outage("the queue of requests", clock, report)
        self._claims = Claims(store, identity, repeatable, clock, self._outage, self._woken)
        self._restored = False
        self._losses = 0

    @property
    def waiting(self) -> int:
        """How many calls have not ended, those that are being sent included; before `restore`, those that were put."""
        return self._tally.open

    async def put(self, call: NewCall) -> QueuedCall:
        """Put a call at the end of the queue; it is durable when this returns.

        Calls that are put at the same time share a commit.

        Returns:
            The call, or the one with the same key that is there.

        Raises:
            ValueError: it is a call of another charge point.
            StorageError: it may be put again with the same key.
        """
        if fold(call.identity) != fold(self._identity):
            raise ValueError(f"a call of {call.identity!r} in the queue of {self._identity!r}")
        try:
            with self._tally.remembering():
                queued = await self._store.enqueue(_QUEUE, call)
                self._tally.put(queued)
        finally:
            # Also if this was cancelled, since the call may be there all the same.
            self._woken.set()
        return queued

    async def restore(self) -> int:
        """Take over what an earlier life of this process has left.

        Calls that were being sent will be sent again, without a wait for their lease. Calls may be put meanwhile.

        Returns:
            How many wait.

        Raises:
            StorageError: may be repeated.
        """
        await self._finish()
        await self._claims.release()
        with self._tally.remembering():
            count = last = 0
            while page := await self._store.calls(
                _QUEUE, self._identity, state=CallState.WAITING, after=last, limit=_PAGE
            ):
                count += len(page)
                last = page[-1].number
            self._tally.found(count, last)
        self._restored = True
        return self.waiting

    async def run(self) -> None:
        """Send what waits until cancelled; what was answered is stored then, if the storage is there.

        Raises:
            ConfigurationError: the sender says that it cannot work; nothing is lost, and this may run again.
        """
        tending = asyncio.create_task(self._tend(), name="ocpp-queue-lease")
        try:
            await self._work()
        finally:
            self._claims.let_go()
            tending.cancel()
            await asyncio.wait([tending])
            await self._claims.save_at_end()

    async def drained(self, seconds: float) -> bool:
        """Wait until nothing waits, for so many seconds at most; returns whether nothing does."""
        return await wait_within(self._clock, self._tally.none, seconds)

    async def given_up(self, *, after: int = 0, limit: int = 100) -> list[QueuedCall]:
        """List the calls that will not be sent again by themselves, by number.

        Args:
            after: only those with a greater number, to read on from the last of a page.
            limit: greatest number of results.

        Raises:
            StorageError: may be repeated.
        """
        return await self._store.calls(_QUEUE, self._identity, state=CallState.GIVEN_UP, after=after, limit=limit)

    async def resend(self, number: int, *, expires_at: datetime | None = None) -> bool:
        """Put a call that was given up or has expired back into its old place; it is refused as often as a new one.

        Args:
            number: of the call.
            expires_at: from when on it is not worth sending.

        Returns:
            Whether there is such a call.

        Raises:
            StorageError: may be repeated.
        """
        call = await self._store.call(_QUEUE, number)
        if call is None or fold(call.identity) != fold(self._identity):
            return False
        resent = await self._store.resend_call(_QUEUE, number, expires_at=expires_at)
        if resent:
            self._tally.add(1)
            self._woken.set()
        return resent

    async def forget(self, before: datetime) -> int:
        """Remove the calls that were answered before a time, a slice at a time; returns how many.

        Raises:
            StorageError: may be repeated.
        """
        removed = 0
        while (some := await self._store.forget_calls(_QUEUE, before, identity=self._identity, limit=_SLICE)) == _SLICE:
            removed += some
        return removed + some

    async def _work(self) -> None:
        await self._finish()
        if not self._restored:
            await self._outage.outlast(self.restore)
        call: QueuedCall | None = None
        at: datetime | None = None
        while True:
            if call is None:
                await self._gate.open()
                call = await self._claims.take(at)
            if call is None:
                tried, at = at, await self._rest()
                if tried is not None and at is not None:
                    # Its time will have passed by then.
                    await self._clock.sleep(_LOOK_S)
            else:
                at = None
                self._tally.at_least(self._claims.known)
                call = await self._attempt(call)

    async def _attempt(self, call: QueuedCall) -> QueuedCall | None:
        """Send a call once, and return the next one if it is known."""
        if not self._gate.is_open:
            await self._finish()
        await self._gate.open()
        if call.expires_at is not None and call.expires_at <= self._clock.now():
            # The gate was closed for long.
            await self._claims.end(PutBack(call, call.error or "not sent in time", None), take_next=False)
            await self._tell()
            return None
        try:
            reply = await self._outage.outlast(lambda: self._sender.send(call))
        except ConfigurationError:
            raise
        except OcppError as error:
            ending = self._decided(call, error)
        else:
            self._losses = 0
            ending = Answered(call, reply, self._clock.now())
        following = await self._claims.end(ending, take_next=not self._losses)
        await self._tell()
        return following

    def _decided(self, call: QueuedCall, error: OcppError) -> Ending:
        refusals, now = refusals_of(call.error), self._clock.now()
        decision = decide(error, ordered=call.ordered, refusals=refusals, rules=self._rules())
        name = f"{call.operation} {call.number}"
        match decision:
            case GiveUp(reason):
                self._losses = 0
                self._report(f"{name}: given up, {reason}: {error}")
                return GivenUp(call, one_line(f"given up, {reason}: {error}"), now)
            case Retry(after_s):
                self._losses = 0
                self._report(f"{name}: again in {after_s:g} s: {error}")
                return PutBack(call, worded(refusals + 1, str(error)), now + timedelta(seconds=after_s))
        self._losses += 1
        self._report(f"{name}: waits for a connection: {error}")
        self._gate.lost(error)
        # A gate may open at once, to a central system that answers all but this.
        return PutBack(call, worded(refusals, str(error)), now + timedelta(seconds=pause_s(self._losses)))

    async def _finish(self) -> None:
        """Store the ends that are not stored, of a former `run` too."""
        await self._claims.save()
        await self._tell()

    async def _tell(self) -> None:
        """Tell of the ends that are durable."""
        stored = self._claims.stored
        while stored:
            ending = stored.popleft()
            if not isinstance(ending, PutBack):
                await self._tell_of(ending.after())

    async def _tell_of(self, call: QueuedCall) -> None:
        try:
            await self._outage.outlast(lambda: self._sender.ended(call))
        except OcppError as error:
            self._report(f"{call.operation} {call.number}: its end was not taken notice of: {error}")
        finally:
            # Whoever waits until nothing waits may rely on the sender's having heard of it.
            self._tally.add(-1)

    async def _rest(self) -> datetime | None:
        """Wait until there may be something to send; returns the time as of which to claim, None for the present."""
        await self._outage.outlast(self._expire)
        page = await self._outage.outlast(
            lambda: self._store.calls(_QUEUE, self._identity, state=CallState.WAITING, limit=_FIRST)
        )
        released = 0 if page else await self._outage.outlast(self._claims.release)
        if released:
            # A claim of an earlier life that became durable after it was looked for.
            return None
        if not page and not self._tally.putting and not self._woken.is_set():
            self._tally.clear()
        self._tally.at_least(len(page))
        wait_s, ordered = _LOOK_S, False
        for call in page:
            if ordered and call.ordered:
                continue
            ordered = ordered or call.ordered
            left_s = self._left_s(call)
            if call.attempts and left_s > self._rules().longest_wait_s:
                # No wait is that long, so the clock was set back.
                return call.not_before
            wait_s = min(wait_s, left_s)
        if wait_s <= 0:
            # It seems due, so another one must be in flight, and it is none of this process.
            self._claims.doubt()
            wait_s = pause_s(1)
        await wait_within(self._clock, self._woken, wait_s)
        return None

    def _left_s(self, call: QueuedCall) -> float:
        return 0.0 if call.not_before is None else (call.not_before - self._clock.now()).total_seconds()

    async def _expire(self) -> None:
        if not self._tally.open:
            return
        expired = await self._store.expire_calls(_QUEUE, self._clock.now())
        own = sum(fold(call.identity) == fold(self._identity) for call in expired)
        if own:
            self._tally.add(-own)
            self._report(f"{own} {'call' if own == 1 else 'calls'} not sent in time")

    async def _tend(self) -> None:
        """Look after what goes by time, also while the worker waits for a connection or an answer."""
        while True:
            await self._clock.sleep(_LOOK_S)
            await self._claims.extend()
            try:
                await self._expire()
            except StorageError:
                # The worker meets the same failure, and tells of it.
                continue
