"""Whatever happens to a charge point in whatever order, each transaction is told once, whole, and in order."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field

import pytest

from ocpp_sdk.charge_point import ConnectorFacts, HardwareInfo, Transaction
from ocpp_sdk.errors import CallTimeoutError, ConnectError, HttpStatusError, InternalError, StorageError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.domain import (
    BootAnswer,
    MeterValues,
    RemoteStart,
    StartResult,
    StartTransaction,
    StopTransaction,
)
from ocpp_sdk.versions.enumerations import RegistrationStatus, ResetType
from tests.unit.charge_point.fake_hardware import FakeHardware
from tests.unit.charge_point.fakes import Bench, FailingStore, FakeCentralSystem, FakeClock

pytestmark = pytest.mark.anyio
STEPS = 40
STORIES = 12
URL = "http://cs/"
TOLD = ("StartTransaction", "StopTransaction", "MeterValues")


class KnowingCentralSystem(FakeCentralSystem):
    """Knows a start that comes again, as central systems do."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.known: dict[StartTransaction, int] = {}

    async def start_transaction(self, start: StartTransaction, /) -> StartResult:
        number = self.known.setdefault(start, 101 + len(self.known))
        self._take("StartTransaction", start)
        return StartResult(transaction_id=number, id_tag_info=self.info)


@dataclass
class Truth:
    """What the hardware knows of a transaction."""

    connector_id: int
    meter_start_wh: int
    flowed_wh: int = 0


@dataclass
class Story:
    """One charge point through many lives."""

    version: OcppVersion
    random: random.Random
    store: FailingStore = field(default_factory=FailingStore)
    hardware: FakeHardware = field(default_factory=FakeHardware)
    truths: dict[str, Truth] = field(default_factory=dict)
    happened: list[str] = field(default_factory=list)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    bench: Bench = field(init=False)
    keys: int = 0
    in_order: bool = True

    async def begin(self) -> None:
        self.bench = Bench(self.version, None, self.store, hardware=self.hardware, end_transactions=False)
        there = KnowingCentralSystem(self.bench.clock)
        self.bench.central_system = there
        self.bench.charge_point._link._gateway = there
        await self.stack.enter_async_context(self.bench.charge_point)
        await self.bench.clock.pass_time()

    async def start(self) -> None:
        free = [number for number in (1, 2) if self.hardware.station.running(number) is None]
        if free:
            await self._start(self.random.choice(free))

    async def _start(self, number: int) -> None:
        self.keys += 1
        key, meter = f"k{self.keys}", self.hardware.meters[number]
        for _ in range(self.random.choice([1, 10])):
            try:
                await self.hardware.station.start(number, f"TAG{number}", meter, key=key)
            except StorageError:
                await self.bench.clock.pass_time(1)
            else:
                self.truths[key] = Truth(number, meter)
                return
        # Nothing flows, and nobody will ask again.
        await self.hardware.station.release(number)

    async def stop(self) -> None:
        running = self.running()
        if running:
            await self._stop(self.random.choice(running))

    async def _stop(self, transaction: Transaction) -> None:
        number = transaction.connector_id
        self.hardware.stopped.add(transaction.key)
        while True:
            try:
                await self.hardware.station.stop(number, self.hardware.meters[number], transaction=transaction)
            except StorageError:
                await self.bench.clock.pass_time(1)
            else:
                return

    async def remote(self) -> None:
        commands, call = self.bench.commands, self.bench.call
        number = self.random.choice([1, 2])
        answer = await commands.remote_start_transaction(call, RemoteStart(id_tag=f"TAG{number}", connector_id=number))
        if answer == "Accepted" and self.random.random() < 0.8:
            await self._start(number)
        elif self.running():
            transaction = self.random.choice(self.running())
            if transaction.transaction_id is not None:
                asked = asyncio.ensure_future(commands.remote_stop_transaction(call, transaction.transaction_id))
                await self.bench.clock.pass_time(20)
                await asked

    async def outage(self) -> None:
        self.bench.central_system.fail("any", *[ConnectError("nobody", url=URL)] * self.random.randint(1, 12))

    async def lost_answer(self) -> None:
        error = CallTimeoutError("slow", url=URL, phase="read")
        self.bench.central_system.lose_answer(self.random.choice(TOLD), error)

    async def refusal(self) -> None:
        error = self.random.choice([InternalError("no"), HttpStatusError("500", url=URL, status=500)])
        self.bench.central_system.fail(self.random.choice(TOLD), *[error] * self.random.randint(1, 4))

    async def broken_storage(self) -> None:
        how = self.random.choice(("before", "after"))
        for _ in range(self.random.randint(1, 4)):
            self.store.fail(self.random.choice(TOLD), "before" if how == "before" else "after")

    async def rejection(self) -> None:
        answer = BootAnswer(status=RegistrationStatus.REJECTED, current_time=self.bench.clock.now(), interval_s=30)
        self.bench.central_system.boots.append(answer)
        self.bench.charge_point.moved()

    async def reset(self) -> None:
        await self.bench.commands.reset(self.bench.call, self.random.choice(list(ResetType)))
        await self.bench.clock.pass_time(60)

    async def away(self) -> None:
        await self.hardware.station.lost("no answer")
        await self.bench.clock.pass_time(self.random.randint(1, 100))
        await self.hardware.station.found()

    async def hardware_restart(self) -> None:
        self.hardware.resuming = self.random.random() < 0.5
        ready = asyncio.ensure_future(self.hardware.station.ready(HardwareInfo()))
        await self.bench.clock.pass_time(300)
        await ready

    async def status(self) -> None:
        await self.hardware.station.observe(self.random.choice([1, 2]), ConnectorFacts(plugged=True))

    async def restart(self) -> None:
        await self.stack.aclose()
        before, old = self.bench, self.hardware
        self.hardware = FakeHardware()
        self.hardware.meters, self.hardware.stopped = old.meters, old.stopped
        self.hardware.resuming = self.random.random() < 0.5
        self.bench = Bench(
            self.version, None, self.store, before=before, hardware=self.hardware, end_transactions=False
        )
        await self.stack.enter_async_context(self.bench.charge_point)
        await self.bench.clock.pass_time(self.random.randint(0, 100))

    def running(self) -> list[Transaction]:
        return self.bench.charge_point.transactions.running()

    async def pass_time(self) -> None:
        for transaction in self.running():
            if transaction.key in self.hardware.stopped or transaction.key not in self.truths:
                continue
            flowed_wh = self.random.randint(1, 500)
            self.hardware.meters[transaction.connector_id] += flowed_wh
            self.truths[transaction.key].flowed_wh += flowed_wh
        await self.bench.clock.pass_time(self.random.choice([0, 1, 30, 200]))

    async def end(self) -> None:
        """Let all be well, and everything be told."""
        there = self.bench.central_system
        self.store.failing.clear()
        there.failures.clear()
        there.after_effects.clear()
        await self.bench.clock.pass_time(600)
        for transaction in self.running():
            await self._stop(transaction)
        await self.bench.clock.pass_time(600)
        queue = self.bench.charge_point.outbox.queue
        while given_up := await queue.given_up(limit=1000):
            # What is sent again comes after what was sent meanwhile.
            self.in_order = False
            for call in given_up:
                assert await queue.resend(call.number)
            await self.bench.clock.pass_time(600)
        assert queue.waiting == 0
        await self.stack.aclose()


EVENTS: dict[Callable[[Story], object], int] = {
    Story.start: 8,
    Story.stop: 5,
    Story.remote: 4,
    Story.outage: 4,
    Story.lost_answer: 4,
    Story.refusal: 2,
    Story.broken_storage: 3,
    Story.rejection: 1,
    Story.reset: 1,
    Story.away: 1,
    Story.hardware_restart: 1,
    Story.status: 1,
    Story.restart: 4,
}


@pytest.mark.parametrize("version", list(OcppVersion))
@pytest.mark.parametrize("seed", range(STORIES))
async def test_story_of_a_charge_point_ends_with_everything_told_once(seed: int, version: OcppVersion) -> None:
    """Starts and stops as the hardware knows them, readings in between, nothing open and nothing twice."""
    story = Story(version, random.Random(f"{version} {seed}"))
    await story.begin()
    names = {function: function.__name__ for function in EVENTS}
    for _ in range(STEPS):
        event = story.random.choices(list(EVENTS), list(EVENTS.values()))[0]
        story.happened.append(names[event])
        with suppress(InternalError):
            # A charge point that is rejected takes no commands.
            await event(story)  # type: ignore[misc] # each of them is a coroutine function
        await story.pass_time()
    await story.end()
    there = story.bench.central_system
    assert isinstance(there, KnowingCentralSystem)
    check(story, there)


def check(story: Story, there: KnowingCentralSystem) -> None:
    """Compare both sides."""
    numbers = {number: start for start, number in there.known.items()}
    stops: dict[int, set[StopTransaction]] = defaultdict(set)
    heard: dict[int, list[str]] = defaultdict(list)
    for operation, carried in there.heard:
        if isinstance(carried, StartTransaction):
            heard[there.known[carried]].append(operation)
        elif isinstance(carried, StopTransaction):
            stops[carried.transaction_id].add(carried)
            heard[carried.transaction_id].append(operation)
        elif isinstance(carried, MeterValues) and carried.transaction_id is not None:
            heard[carried.transaction_id].append(operation)
    assert set(stops) == set(numbers), story.happened
    assert all(len(some) == 1 for some in stops.values()), story.happened
    rank = {"StartTransaction": 0, "MeterValues": 1, "StopTransaction": 2}
    for operations in heard.values():
        ranks = [rank[operation] for operation in operations]
        assert not story.in_order or ranks == sorted(ranks), story.happened
    told = Counter(
        (start.connector_id, start.meter_start_wh, next(iter(stops[number])).meter_stop_wh - start.meter_start_wh)
        for number, start in numbers.items()
    )
    for truth in story.truths.values():
        told[truth.connector_id, truth.meter_start_wh, truth.flowed_wh] -= 1
    # What is left are starts that the storage kept although it said no; nothing flowed in them.
    left = {one: count for one, count in told.items() if count}
    assert all(count > 0 and energy == 0 for (_, _, energy), count in left.items()), (left, story.happened)
