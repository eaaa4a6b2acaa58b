"""Time that only the test moves, a central system that answers as it is told, and a storage that fails when told."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Collection, Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any, cast

import pytest

from ocpp_sdk.client.queue import DurableQueue, RetryRules
from ocpp_sdk.errors import (
    ConnectError,
    ConnectionLostError,
    FaultError,
    HttpStatusError,
    InvalidTextError,
    OcppError,
    StorageUnavailableError,
)
from ocpp_sdk.storage import CallQueueStore, NewCall, QueuedCall, Store
from ocpp_sdk_backends.sql.databases import SqliteDatabase

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
IDENTITY = "CP1"
URL = "http://central.example.com/"
# Tasks that wake each other need a few turns of the loop until all of them sleep again.
_TURNS = 25


class Reaction(Enum):
    """What becomes of a send."""

    ACCEPT = auto()
    LOSE_ANSWER = auto()
    FAULT = auto()
    CUT = auto()
    BUSY = auto()
    NEVER = auto()


class Failure(Enum):
    """How a verb of the storage fails: before it has happened, or after."""

    BEFORE = auto()
    AFTER = auto()


class FakeClock:
    """A clock that stands still until the test moves it; `offset_s` sets its time of day."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.offset_s = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.passed + self.offset_s)

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float, /) -> None:
        self._count += 1
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.passed + max(seconds, 0), self._count, woken))
        await woken

    def wake_next(self, until: float) -> bool:
        """Move on to the next sleeper, unless it sleeps longer."""
        while self._sleepers and self._sleepers[0][0] <= until:
            at, _, woken = heapq.heappop(self._sleepers)
            self.passed = max(self.passed, at)
            if not woken.done():
                woken.set_result(None)
                return True
        return False


class FakeCentralSystem:
    """Sender and gate in one.

    Attributes:
        reactions: to the next sends; ACCEPT afterwards.
        heard: keys as they were accepted, repeats included.
        sent: keys of all sends.
        ended: what was told of ends.
        closed_s: how long the gate stays closed after a loss.
        taking_s: how long a send takes.
    """

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._opens_at = 0.0
        self.reactions: deque[Reaction] = deque()
        self.heard: list[str] = []
        self.sent: list[str] = []
        self.ended_calls: list[QueuedCall] = []
        self.closed_s = 30.0
        self.taking_s = 0.0
        self.lost_with: list[OcppError] = []
        self.answered_this_life: set[str] = set()
        self.during_send: Callable[[QueuedCall], Awaitable[None]] | None = None

    @property
    def is_open(self) -> bool:
        return self._opens_at <= self._clock.monotonic()

    async def open(self) -> None:
        while (left := self._opens_at - self._clock.monotonic()) > 0:
            await self._clock.sleep(left)

    def close_for(self, seconds: float) -> None:
        self._opens_at = self._clock.monotonic() + seconds

    def lost(self, error: OcppError) -> None:
        self.lost_with.append(error)
        self.close_for(self.closed_s)

    async def send(self, call: QueuedCall) -> str:
        assert call.key not in self.answered_this_life, "what was answered is not sent again in the same life"
        self.sent.append(call.key)
        if self.during_send is not None:
            await self.during_send(call)
        if self.taking_s:
            await self._clock.sleep(self.taking_s)
        reaction = self.reactions.popleft() if self.reactions else Reaction.ACCEPT
        match reaction:
            case Reaction.FAULT:
                raise FaultError("no")
            case Reaction.CUT:
                raise ConnectError("refused", url=URL)
            case Reaction.BUSY:
                raise HttpStatusError("busy", url=URL, status=503)
            case Reaction.NEVER:
                raise InvalidTextError("meterValuesRequest/value", "too long")
        self.heard.append(call.key)
        if reaction is Reaction.LOSE_ANSWER:
            raise ConnectionLostError("reset", url=URL)
        self.answered_this_life.add(call.key)
        return f'{{"to":"{call.key}"}}'

    async def ended(self, call: QueuedCall) -> None:
        self.ended_calls.append(call)

    @property
    def first_heard(self) -> list[str]:
        return list(dict.fromkeys(self.heard))


class FlakyStore:
    """A real storage whose verbs fail when the test says so.

    Attributes:
        failures: of the next verbs; None for one that does not fail.
        down: whether all fail.
        asked: how often each verb was asked for.
    """

    def __init__(self, store: CallQueueStore) -> None:
        self._store = store
        self._busy = 0
        self.idle = asyncio.Event()
        self.idle.set()
        self.failures: deque[Failure | None] = deque()
        self.down = False
        self.asked: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Callable[..., Coroutine[None, None, Any]]:
        verb = getattr(self._store, name)

        async def ask(*args: object, **options: object) -> object:
            self.asked[name] += 1
            failure = Failure.BEFORE if self.down else self.failures.popleft() if self.failures else None
            if failure is Failure.BEFORE:
                raise StorageUnavailableError("the storage is gone")
            self._busy += 1
            self.idle.clear()
            asking = asyncio.ensure_future(verb(*args, **options))
            asking.add_done_callback(self._done)
            # What a storage has begun goes on when its caller is cancelled.
            found = await asyncio.shield(asking)
            if failure is Failure.AFTER:
                raise StorageUnavailableError("the storage is gone")
            return cast(object, found)

        return ask

    def _done(self, asked: asyncio.Future[object]) -> None:
        asked.exception()
        self._busy -= 1
        if not self._busy:
            self.idle.set()


def count_commits(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what SQLite is asked to write from now on, as `commits`."""
    counted: Counter[str] = Counter()
    write = SqliteDatabase.write

    async def counting(self: SqliteDatabase, work):  # type: ignore[no-untyped-def]  # as the method it replaces
        counted["commits"] += 1
        return await write(self, work)

    monkeypatch.setattr(SqliteDatabase, "write", counting)
    return counted


class World:
    """A charge point's queue, with everything around it in the hands of the test.

    Args:
        store: a real one, which outlives the queues.
        repeatable: as of the queue.
    """

    def __init__(self, store: Store, repeatable: Collection[str] = ("MeterValues",)) -> None:
        self.store = store
        self._repeatable = repeatable
        self.flaky = FlakyStore(store)
        self.clock = FakeClock()
        self.central_system = FakeCentralSystem(self.clock)
        self.rules = RetryRules(attempts=3, retry_s=60)
        self.lines: list[str] = []
        self.queue = self._new_queue()
        self._running: asyncio.Task[None] | None = None

    def _new_queue(self) -> DurableQueue:
        return DurableQueue(
            store=cast(CallQueueStore, self.flaky),
            identity=IDENTITY,
            sender=self.central_system,
            gate=self.central_system,
            rules=lambda: self.rules,
            clock=self.clock,
            report=self.lines.append,
            repeatable=self._repeatable,
        )

    async def __aenter__(self) -> World:
        await self.queue.restore()
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def start(self) -> None:
        self._running = asyncio.create_task(self.queue.run())

    async def stop(self) -> None:
        """Cancel the worker."""
        if self._running is not None:
            task, self._running = self._running, None
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            # A write that was under way when its caller was cancelled goes on.
            await self.settle()

    async def restart(self) -> None:
        """Kill the worker, which writes nothing then, and let another one go on with the same storage."""
        self.flaky.down = True
        await self.stop()
        self.flaky.down = False
        self.central_system.answered_this_life.clear()
        self.queue = self._new_queue()
        self.start()

    def call(
        self, key: str, *, ordered: bool = True, expires_s: float | None = None, operation: str = "MeterValues"
    ) -> NewCall:
        now = self.clock.now()
        return NewCall(
            key=key,
            identity=IDENTITY,
            operation=operation if ordered else "StatusNotification",
            request="{}",
            ordered=ordered,
            created_at=now,
            expires_at=None if expires_s is None else now + timedelta(seconds=expires_s),
        )

    async def put(self, *keys: str, ordered: bool = True, operation: str = "MeterValues") -> None:
        for key in keys:
            await self.queue.put(self.call(key, ordered=ordered, operation=operation))

    async def settle(self) -> None:
        """Let every task run until it waits, for the clock or for what the test does next."""
        quiet = 0
        while quiet < _TURNS:
            await asyncio.sleep(0)
            if self.flaky.idle.is_set():
                quiet += 1
            else:
                await self.flaky.idle.wait()
                quiet = 0

    async def pass_time(self, seconds: float = 0) -> None:
        """Let time go by, and everybody do what is due then."""
        until = self.clock.passed + seconds
        await self.settle()
        while self.clock.wake_next(until):
            await self.settle()
        self.clock.passed = until

    async def drain(self, hours: float = 48) -> None:
        """Let time go by until nothing waits."""
        drained = asyncio.create_task(self.queue.drained(hours * 3600))
        await self.settle()
        while not drained.done() and self.clock.wake_next(self.clock.passed + hours * 3600):
            await self.settle()
        assert await drained, f"{self.queue.waiting} wait for ever"
