"""A process that queues messages and sends them, until it is killed or all are sent.

Each message is one line on a connection to the test, which answers it with a line. What `put` has made durable goes to
a file, a line for each. Started again, a charge point goes on after the last one; it may put that one again.
"""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime
from pathlib import Path

from ocpp_sdk.client.queue import DurableQueue, RetryRules
from ocpp_sdk.errors import ConnectionLostError, FaultError, OcppError
from ocpp_sdk.storage import NewCall, QueuedCall, open_store

IDENTITY = "CP1"
_AT_ONCE = 5
_WAITING = 20


class MachineClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float, /) -> None:
        await asyncio.sleep(seconds)


class Line:
    """Sender and gate over one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def is_open(self) -> bool:
        return True

    async def open(self) -> None:
        pass

    def lost(self, error: OcppError) -> None:
        raise error

    async def send(self, call: QueuedCall) -> str:
        self._writer.write(f"{call.key}\n".encode())
        answer = (await self._reader.readline()).decode().strip()
        if answer == "fault":
            raise FaultError("no")
        if answer != call.key:
            raise ConnectionLostError(f"answered {answer!r}", url="")
        return f'"{answer}"'

    async def ended(self, call: QueuedCall) -> None:
        pass


def is_reading(key: str) -> bool:
    """Nine of ten messages are readings."""
    return not key.endswith("0")


async def live(url: str, port: int, acknowledged: Path, first: int, messages: int) -> None:
    """Put messages five at a time while they are sent, up to so many in all lives.

    Args:
        url: of the storage.
        port: at which the test listens.
        acknowledged: to which go the keys that are durable.
        first: how many were put before.
        messages: how many in all; those that are there already are sent in any case.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    line = Line(reader, writer)
    store = await open_store(url)
    queue = DurableQueue(
        store=store,
        identity=IDENTITY,
        sender=line,
        gate=line,
        rules=lambda: RetryRules(attempts=1000, retry_s=0.005),
        clock=MachineClock(),
        report=lambda _: None,
    )
    await queue.restore()
    running = asyncio.create_task(queue.run())
    durable = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def put(number: int) -> None:
        key = f"{number:06}"
        operation = "MeterValues" if is_reading(key) else "StopTransaction"
        await queue.put(
            NewCall(key=key, identity=IDENTITY, operation=operation, request="{}", created_at=datetime.now(UTC))
        )
        os.write(durable, f"{key}\n".encode())

    for number in range(first, messages, _AT_ONCE):
        while queue.waiting > _WAITING:  # noqa: ASYNC110  # the queue has no event for this
            await asyncio.sleep(0.002)
        # Some are put again that were put just before the last kill.
        await asyncio.gather(*(put(each) for each in range(number, min(number + _AT_ONCE, messages))))
    await queue.drained(60)
    running.cancel()
    await asyncio.wait([running])
    await store.close()
    writer.close()


def run(url: str, port: int, acknowledged: str, messages: int) -> None:
    """Live in a process of its own."""
    path = Path(acknowledged)
    asyncio.run(live(url, port, path, len(set(path.read_text().split())), messages))
