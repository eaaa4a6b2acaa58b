"""Whether all is there that a writer was told is there, and nothing twice.

python tests/crash/check.py URL --acknowledged FILE
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TypeVar

from ocpp_sdk.storage.calls import CallState, QueuedCall
from ocpp_sdk.storage.messages import WireMessage
from ocpp_sdk.storage.metering import MeterSample
from ocpp_sdk.storage.store import Store
from ocpp_sdk.storage.transactions import TransactionRecord
from ocpp_sdk.storage.transfer import Topic
from tests.crash.writer import SAMPLES, opener_of, read_acknowledged

R = TypeVar("R")


class Acknowledged:
    """What a writer was told, by kind."""

    def __init__(self, path: Path) -> None:
        self.all = read_acknowledged(path)

    def __len__(self) -> int:
        return len(self.all)

    def of(self, kind: str) -> list[tuple[str, int | None]]:
        """Return key and number of one kind."""
        return [(key, value) for found, key, value in self.all if found == kind]


async def records(store: Store, topic: Topic, kind: type[R]) -> AsyncIterator[R]:
    """Yield all records of a topic."""
    after: str | None = None
    while True:
        dump = await store.dump(topic, after=after)
        for record in dump.records:
            assert isinstance(record, kind)
            yield record
        if (after := dump.next) is None:
            return


async def problems(store: Store, told: Acknowledged) -> list[str]:
    """Return what is wrong, in one line each."""
    return [
        *await _samples(store, told),
        *await _transactions(store, told),
        *await _messages(store, told),
        *await _calls(store, told),
        *await _reservations(store, told),
    ]


def _twice(what: str, keys: Sequence[object]) -> list[str]:
    return [f"{what} {key} is there {count} times" for key, count in Counter(keys).items() if count > 1]


async def _samples(store: Store, told: Acknowledged) -> list[str]:
    found = Counter([item.value async for item in records(store, Topic.SAMPLES, MeterSample)])
    wrong = [f"{count} samples of {key}" for key, count in found.items() if count != SAMPLES]
    wrong += [f"samples of {key} are lost" for key, _ in told.of("samples") if f"samples-{key}" not in found]
    stopped = (f"T-{key.removeprefix('tag-')}" for key, _ in told.of("stop"))
    return wrong + [f"samples of {key} are lost" for key in stopped if key not in found]


async def _transactions(store: Store, told: Acknowledged) -> list[str]:
    found = {item.transaction_id: item async for item in records(store, Topic.TRANSACTIONS, TransactionRecord)}
    wrong = _twice("transaction of", [item.start.id_tag for item in found.values()])
    for tag, number in told.of("start"):
        if number not in found or found[number].start.id_tag != tag:
            wrong.append(f"start {number} of {tag} is lost")
    for tag, number in told.of("stop"):
        if number not in found or found[number].stop is None:
            wrong.append(f"stop of {number} of {tag} is lost")
    return wrong


async def _messages(store: Store, told: Acknowledged) -> list[str]:
    found = {item.number: item.request async for item in records(store, Topic.MESSAGES, WireMessage)}
    wrong = _twice("message", list(found.values()))
    wrong += [f"message {number} {key} is lost" for key, number in told.of("message") if found.get(number) != key]
    # Old ones may have been forgotten, but their numbers were not given again.
    return wrong + [
        f"message {number} is another one" for key, number in told.of("old message") if found.get(number, key) != key
    ]


async def _calls(store: Store, told: Acknowledged) -> list[str]:
    found = {item.key: item async for item in records(store, Topic.COMMANDS, QueuedCall)}
    wrong = _twice("number of call", [item.number for item in found.values()])
    wrong += [
        f"call {key} is lost" for key, number in told.of("call") if key not in found or found[key].number != number
    ]
    for key, _ in told.of("answer"):
        if key not in found or found[key].state is not CallState.ANSWERED or found[key].reply != key:
            wrong.append(f"answer to {key} is lost")
    return wrong + _twice("answer to", [key for key, _ in told.of("answer")])


async def _reservations(store: Store, told: Acknowledged) -> list[str]:
    wrong = _twice("reservation id", [key for key, _ in told.of("reservation")])
    settings = [number or 0 for _, number in told.of("setting")]
    if settings and int(await store.setting("reservation") or 0) < settings[-1]:
        wrong.append(f"setting {settings[-1]} is lost")
    return wrong


async def check(url: str, acknowledged: Path, opener: str | None = None) -> int:
    """Open a store and look it over.

    Returns:
        How many things were acknowledged.

    Raises:
        AssertionError: something is lost, or there twice.
    """
    told = Acknowledged(acknowledged)
    store = await opener_of(opener)(url)
    try:
        wrong = await problems(store, told)
    finally:
        await store.close()
    assert not wrong, f"{len(wrong)} problems, such as: {'; '.join(wrong[:5])}"
    return len(told)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--acknowledged", required=True)
    parser.add_argument("--opener")
    arguments = parser.parse_args()
    total = asyncio.run(check(arguments.url, Path(arguments.acknowledged), arguments.opener))
    print(f"all {total} that were acknowledged are there, none twice")
