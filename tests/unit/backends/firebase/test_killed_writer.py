"""A process that writes is killed at random moments."""

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from ocpp_sdk.storage.opening import open_store
from ocpp_sdk.storage.store import Store
from tests.servers.firebase.server import FirebaseServer

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("firebase")]

KILLS = 4
WRITER = Path(__file__).with_name("writer.py")


def _acknowledged_until_killed(url: str, turn: int) -> list[tuple[str, str]]:
    """Let a process write for a moment, kill it, and return what it was told is kept."""
    process = subprocess.Popen(
        [sys.executable, str(WRITER), url, str(turn)], stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "open\n"
        time.sleep(random.uniform(0.2, 1.2))
    finally:
        process.kill()
        lines = process.stdout.read().split("\n")[:-1]
        process.stdout.close()
        process.wait()
    return [(kind, mark) for kind, _, mark in (line.partition(" ") for line in lines)]


async def _check(store: Store, identity: str, told: Counter[tuple[str, str]]) -> None:
    """See that what was acknowledged is there once, and that nothing is there by halves."""
    point = await store.charge_point(identity)
    messages = [found.request for found in await store.messages(identity, limit=10_000)]
    statuses = [found.status for found in await store.status_history(identity, limit=10_000)]
    stopped = [found for found in await store.transactions(identity, limit=10_000) if found.stop is not None]
    samples = Counter(found.value for found in await store.samples(identity, limit=10_000))
    wanted = {kind: {mark for other, mark in told if other == kind} for kind in ("message", "status", "stop")}
    assert len(set(messages)) == len(messages)
    assert len(set(statuses)) == len(statuses)
    assert wanted["message"] <= set(messages)
    assert wanted["status"] <= set(statuses)
    assert wanted["stop"] <= samples.keys()
    # A message and what its charge point's record notes of it are one, and so are a stop and its samples.
    assert (point.deviations if point else {}) == ({"x": len(messages)} if messages else {})
    assert len(samples) == len(stopped)
    assert set(samples.values()) <= {2}


async def test_writer_killed_at_random_moments_loses_nothing(server: FirebaseServer) -> None:
    """What it was told is kept is there once, and what it had under way is there whole or not at all."""
    url = server.new_database()
    told: Counter[tuple[str, str]] = Counter()
    for turn in range(KILLS):
        told.update(_acknowledged_until_killed(url, turn))
    store = await open_store(url)
    for turn in range(KILLS):
        for task in range(4):
            identity = f"CP-{turn}-{task}"
            own = Counter({item: 1 for item in told if item[1].startswith(f"{identity}/")})
            await _check(store, identity, own)
    await store.close()
    assert told
