"""A process that writes to a store as fast as it can, until it is killed.

    python tests/crash/writer.py URL --acknowledged FILE

What the store has acknowledged goes to the file as lines of JSON, each with one system call. Started again with the
same file, each writer repeats what was not acknowledged before and goes on, as a charge point does.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from ocpp_sdk.storage.calls import NewCall, Queue
from ocpp_sdk.storage.messages import WireMessage
from ocpp_sdk.storage.metering import MeterSample
from ocpp_sdk.storage.opening import Opener, open_store
from ocpp_sdk.storage.store import Store
from ocpp_sdk.storage.transactions import TransactionStart, TransactionStop

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
SAMPLES = 3
"""How many samples a request has."""

Acknowledge: TypeAlias = Callable[[str, str, object], None]
Step: TypeAlias = Callable[[Store, int, Acknowledge], Awaitable[None]]


def sample(kind: str, number: int, part: int, transaction_id: int | None = None) -> MeterSample:
    """Return a sample whose value tells the request it belongs to."""
    return MeterSample(
        identity=f"CP-{kind}",
        connector_id=1,
        transaction_id=transaction_id,
        sampled_at=NOON + timedelta(seconds=number),
        value=f"{kind}-{number}",
        location=str(part),
    )


async def write_samples(store: Store, number: int, acknowledge: Acknowledge) -> None:
    """Store a request with samples."""
    await store.add_samples([sample("samples", number, part) for part in range(SAMPLES)])
    acknowledge("samples", str(number), None)


async def write_transaction(store: Store, number: int, acknowledge: Acknowledge) -> None:
    """Begin a transaction, and end it with samples."""
    tag, at = f"tag-{number}", NOON + timedelta(seconds=number)
    start = TransactionStart(identity="CP-T", connector_id=1, id_tag=tag, started_at=at, meter_start_wh=number)
    transaction_id = (await store.start_transaction(start)).transaction.transaction_id
    acknowledge("start", tag, transaction_id)
    stop = TransactionStop(identity="CP-T", transaction_id=transaction_id, stopped_at=at, meter_stop_wh=number + 1)
    parts = [sample("T", number, part, transaction_id) for part in range(SAMPLES)]
    await store.stop_transaction(stop, parts, at)
    acknowledge("stop", tag, transaction_id)


async def write_message(store: Store, number: int, acknowledge: Acknowledge) -> None:
    """Record a message; every other one is old, and is forgotten soon."""
    text = f"{os.getpid()}-{number}"
    at = LONG_AGO if number % 2 else NOON
    message = WireMessage(at=at, identity="CP-M", operation="Heartbeat", request=text, reply="x" * 500)
    position = await store.record_message(message)
    acknowledge("message" if at == NOON else "old message", text, position)
    if number % 100 == 0:
        await store.forget_messages(LONG_AGO + timedelta(days=1))


async def write_call(store: Store, number: int, acknowledge: Acknowledge) -> None:
    """Queue a call, then claim and answer one."""
    key = f"call-{number}"
    call = NewCall(key=key, identity="CP-C", operation="Reset", request="{}", ordered=False, created_at=NOON)
    queued = await store.enqueue(Queue.COMMANDS, call)
    acknowledge("call", key, queued.number)
    now = NOON + timedelta(days=number)
    claimed = await store.claim(Queue.COMMANDS, worker="w", now=now, lease=timedelta(hours=1))
    if claimed is not None and await store.answer_call(
        Queue.COMMANDS, claimed.number, claimed.attempts, reply=claimed.key, at=now
    ):
        acknowledge("answer", claimed.key, claimed.number)


async def write_reservation_id(store: Store, number: int, acknowledge: Acknowledge) -> None:
    """Take a reservation id, and keep it as a setting."""
    taken = await store.new_reservation_id()
    acknowledge("reservation", str(taken), None)
    await store.put_setting("reservation", str(taken))
    acknowledge("setting", "reservation", taken)


WRITERS: dict[str, Step] = {
    "samples": write_samples,
    "stop": write_transaction,
    "message": write_message,
    "call": write_call,
    "reservation": write_reservation_id,
}
"""By the kind of their last acknowledgement."""


def read_acknowledged(path: Path) -> list[tuple[str, str, int | None]]:
    """Return what was acknowledged; a line that the kill tore was written after the fact, and is left out."""
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    return [(kind, key, value) for kind, key, value in map(json.loads, lines)]


def opener_of(name: str | None) -> Opener:
    """Return what opens a store, named as `module:function`."""
    if name is None:
        return open_store
    module, _, function = name.partition(":")
    found: Opener = getattr(importlib.import_module(module), function)
    return found


async def write(url: str, acknowledged: Path, opener: str | None = None, *, steps: int | None = None) -> None:
    """Write until the process is killed.

    Args:
        url: of the store.
        acknowledged: file to which goes what is acknowledged.
        opener: what opens the store, as `module:function`.
        steps: how often each writer writes; None for without end.
    """
    done = [kind for kind, _, _ in read_acknowledged(acknowledged)]
    fd = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def acknowledge(kind: str, key: str, value: object) -> None:
        os.write(fd, f"{json.dumps([kind, key, value])}\n".encode())

    store = await opener_of(opener)(url)

    async def go_on(kind: str, step: Step) -> None:
        number = begin = done.count(kind) + (done.count("old message") if kind == "message" else 0)
        while steps is None or number < begin + steps:
            await step(store, number, acknowledge)
            number += 1

    async with asyncio.TaskGroup() as writers:
        for kind, step in WRITERS.items():
            writers.create_task(go_on(kind, step))
    await store.close()
    os.close(fd)


def run(url: str, acknowledged: str, opener: str | None = None) -> None:
    """Write until the process is killed, from another process."""
    asyncio.run(write(url, Path(acknowledged), opener))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--acknowledged", required=True)
    parser.add_argument("--opener")
    arguments = parser.parse_args()
    run(arguments.url, arguments.acknowledged, arguments.opener)
