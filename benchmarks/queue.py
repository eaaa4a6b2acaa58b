"""Messages of a charge point through the durable queue, and the same messages one at a time without a queue.

Both send MeterValues of one sample, as a charge point of 1.5 does, to this SDK's central system, which keeps them in
memory. The queue is a SQLite file with `synchronous = FULL`; its time is that from the first `put` until the last
answer is durable.
"""

from __future__ import annotations

import asyncio
import tempfile
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from time import monotonic, perf_counter

from benchmarks.measuring import QUICK, Pace, Series, rotated, steady_gc
from benchmarks.messages import IDENTITY, NOON
from benchmarks.processes import choose_cores, pinned, python_server, server
from benchmarks.report import Row, costs, faster
from ocpp_sdk.charge_point.requests.delivery import deliver
from ocpp_sdk.charge_point.requests.messages import ReadingMessage, read_json, write_json
from ocpp_sdk.client import SoapClient
from ocpp_sdk.client.queue import DurableQueue, RetryRules
from ocpp_sdk.errors import OcppError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.server import DEFAULT_PATH
from ocpp_sdk.storage import NewCall, Queue, QueuedCall, open_store
from ocpp_sdk.versions import version_of
from ocpp_sdk.versions.domain import MeterReading, SampledValue
from ocpp_sdk.versions.roles import CentralSystemGateway

TARGET = 0.5
MEMORY_TARGET = 0.1
BATCH = 200
MANY, MANY_QUICK = 10_000, 4_000
FEWER = 10
_AT_ONCE = 50
_TOO_LONG_S = 600.0
_NUMBERS = count()

Run = Callable[[int], Awaitable[None]]


class MachineClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return monotonic()

    async def sleep(self, seconds: float, /) -> None:
        await asyncio.sleep(seconds)


class Sending:
    """Sends what was queued through a gate that is open; without a central system it answers itself."""

    def __init__(self, central_system: CentralSystemGateway | None) -> None:
        self._central_system = central_system

    async def send(self, call: QueuedCall) -> str:
        if self._central_system is None:
            return "{}"
        reply, _ = await deliver(read_json(ReadingMessage, call.request), self._central_system)
        return reply

    async def ended(self, call: QueuedCall) -> None:
        pass

    @property
    def is_open(self) -> bool:
        return True

    async def open(self) -> None:
        pass

    def lost(self, error: OcppError) -> None:
        raise error


def message(number: int) -> ReadingMessage:
    """Return a message that differs from all others."""
    value = SampledValue(value=str(1_204_300 + number), measurand="Energy.Active.Import.Register", unit="Wh")
    reading = MeterReading(NOON + timedelta(milliseconds=number), (value,))
    return ReadingMessage(connector_id=1, reading=reading, transaction_id=48213)


def new_call() -> NewCall:
    """Return such a message as it is queued."""
    number = next(_NUMBERS)
    text = write_json(message(number))
    return NewCall(key=str(number), identity=IDENTITY, operation="MeterValues", request=text, created_at=NOON)


@asynccontextmanager
async def running(url: str, sending: Sending) -> AsyncIterator[DurableQueue]:
    """Run a queue on a storage."""
    store = await open_store(url)
    queue = DurableQueue(
        store=store,
        identity=IDENTITY,
        sender=sending,
        gate=sending,
        rules=RetryRules,
        clock=MachineClock(),
        report=print,
    )
    task = asyncio.create_task(queue.run())
    try:
        yield queue
    finally:
        task.cancel()
        await asyncio.wait([task])
        await store.close()


def directly(central_system: CentralSystemGateway) -> Run:
    """Return what sends requests one at a time."""

    async def run(requests: int) -> None:
        for _ in range(requests):
            await deliver(message(next(_NUMBERS)), central_system)

    return run


def all_put(queue: DurableQueue) -> Run:
    """Return what queues all at once, and waits for their answers."""

    async def run(requests: int) -> None:
        await asyncio.gather(*(queue.put(new_call()) for _ in range(requests)))
        assert await queue.drained(_TOO_LONG_S)

    return run


def each_put(queue: DurableQueue) -> Run:
    """Return what queues one after the other, while they are sent, and waits for their answers."""

    async def run(requests: int) -> None:
        for _ in range(requests):
            await queue.put(new_call())
        assert await queue.drained(_TOO_LONG_S)

    return run


async def throughput(address: str, folder: Path, pace: Pace) -> dict[str, Series]:
    """Measure seconds for a request, of all contenders in turns."""
    found: dict[str, list[float]] = {}
    async with SoapClient(address, charge_box_identity=IDENTITY) as client:
        central_system = version_of(OcppVersion.V15).call_central_system(client)
        async with running(f"sqlite:///{folder / 'queue.db'}", Sending(central_system)) as queue:
            contenders = {"direct": directly(central_system), "all": all_put(queue), "each": each_put(queue)}
            for run in contenders.values():
                await run(BATCH)
            with steady_gc():
                for turn in range(pace.load_rounds):
                    for name in rotated(list(contenders), turn):
                        start = perf_counter()
                        await contenders[name](BATCH)
                        found.setdefault(name, []).append(BATCH / (perf_counter() - start))
    return {name: Series(tuple(values)) for name, values in found.items()}


async def peak_bytes(url: str, requests: int) -> float:
    """Return how much more Python memory there is at most while so many are queued, wait, and are sent."""
    closed = asyncio.Event()

    class Closed(Sending):
        @property
        def is_open(self) -> bool:
            return closed.is_set()

        async def open(self) -> None:
            await closed.wait()

    async with running(url, Closed(None)) as queue:
        await queue.put(new_call())
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(0, requests, _AT_ONCE):
            await asyncio.gather(*(queue.put(new_call()) for _ in range(_AT_ONCE)))
        assert queue.waiting > requests
        closed.set()
        assert await queue.drained(_TOO_LONG_S)
        _, peak = tracemalloc.get_traced_memory()
    return float(peak - before)


async def loaded_bytes(url: str, requests: int) -> float:
    """Return how much Python memory the same calls take when they are all loaded."""
    store = await open_store(url)
    before, _ = tracemalloc.get_traced_memory()
    calls = await store.calls(Queue.REQUESTS, limit=requests)
    assert len(calls) == requests
    after, _ = tracemalloc.get_traced_memory()
    await store.close()
    return float(after - before)


async def memory(folder: Path, many: int) -> dict[str, float]:
    """Measure the peaks of a tenth and of all, and what a queue that loads its calls would take."""
    few, url = many // FEWER, f"sqlite:///{folder / 'many.db'}"
    tracemalloc.start()
    try:
        # The first one pays for what is made once.
        await peak_bytes(f"sqlite:///{folder / 'first.db'}", few)
        return {
            "few": await peak_bytes(f"sqlite:///{folder / 'few.db'}", few),
            "many": await peak_bytes(url, many),
            "loaded": await loaded_bytes(url, many),
        }
    finally:
        tracemalloc.stop()


def run(pace: Pace, notes: list[str]) -> list[Row]:
    """Measure the queue."""
    cores = choose_cores()
    many = MANY_QUICK if pace is QUICK else MANY
    with tempfile.TemporaryDirectory(prefix="ocpp-bench-") as name:
        folder = Path(name)
        with (
            server([*python_server("central_system"), "memory:"], cores.servers) as serving,
            pinned(cores.callers),
        ):
            found = asyncio.run(throughput(f"http://127.0.0.1:{serving.port}{DEFAULT_PATH}", folder, pace))
        peaks = asyncio.run(memory(folder, many))
    notes.append(f"queue: {cores}; {BATCH} MeterValues a round, one in flight; SQLite with synchronous = FULL")
    few = f"{peaks['few'] / 1e6:.2f} MB with {many // FEWER:,} queued"
    notes.append(f"queue: memory is Python's at its peak, by tracemalloc; {few}")
    return [
        faster("queue", "put all, then sent", "without a queue", found["all"], found["direct"], "/s", TARGET),
        faster("queue", "put singly while sent", "without a queue", found["each"], found["direct"], "/s", None),
        costs(
            "queue",
            f"memory, {many:,} queued",
            "the same calls loaded",
            Series((peaks["many"],)),
            Series((peaks["loaded"],)),
            "MB",
            MEMORY_TARGET,
        ),
    ]
