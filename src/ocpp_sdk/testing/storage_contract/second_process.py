"""A second process on the same store, started by the cases; it answers in lines of JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import timedelta

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.storage.calls import Queue
from ocpp_sdk.storage.opening import open_store
from ocpp_sdk.storage.store import Store
from ocpp_sdk.testing.storage_contract.examples import NOON, call, message, sample, start

__all__ = ["work"]

ROUNDS = 25
"""How many of each are done; calls are queued for twice as many charge points."""


async def work(store: Store, worker: str) -> dict[str, list[int]]:
    """Do what another process does with the same data at the same moment, and return what came of it."""
    begun = await asyncio.gather(*(store.start_transaction(start(at=number)) for number in range(ROUNDS)))
    queued = await asyncio.gather(
        *(store.enqueue(Queue.COMMANDS, call("k", identity=f"CP-{number}")) for number in range(2 * ROUNDS))
    )
    claims = await asyncio.gather(
        *(store.claim(Queue.COMMANDS, worker=worker, now=NOON, lease=timedelta(1)) for _ in range(ROUNDS))
    )
    fresh = await asyncio.gather(*(store.add_samples([sample(str(number))]) for number in range(ROUNDS)))
    messages = await asyncio.gather(
        *(store.record_message(message(f"{worker}/{number}", deviations=("x",))) for number in range(ROUNDS))
    )
    ids = await asyncio.gather(*(store.new_reservation_id() for _ in range(ROUNDS)))
    return {
        "begun": [outcome.transaction.transaction_id for outcome in begun],
        "new": [number for number, outcome in enumerate(begun) if not outcome.repeated],
        "queued": [item.number for item in queued],
        "claimed": [found.number for found in claims if found is not None],
        "fresh": [number for number, answer in enumerate(fresh) if answer],
        "messages": list(messages),
        "ids": list(ids),
    }


def _say(answer: object) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


async def _main(url: str) -> None:
    try:
        store = await open_store(url)
    except ConfigurationError as error:
        _say({"refused": str(error)})
        return
    try:
        _say({"ready": True})
        for line in iter(sys.stdin.readline, ""):
            _say(await work(store, "second") if line.strip() == "work" else await store.settings())
    finally:
        await store.close()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
