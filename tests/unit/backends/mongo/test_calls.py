"""Calls over several processes: claimed once, one in flight for each charge point, and told of at once."""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta

import pytest

from ocpp_sdk.storage.calls import CallState, NewCall, Queue
from ocpp_sdk.storage.opening import open_store
from tests.servers.mongodb import MongodbServer

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("mongodb-unit")]

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

CLAIMER = """
import asyncio, json, sys
from datetime import datetime, timedelta
from ocpp_sdk.storage.calls import Queue
from ocpp_sdk.storage.opening import open_store

async def main(url, now):
    store = await open_store(url)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    claimed = []

    async def work(worker):
        while found := await store.claim(Queue.COMMANDS, worker=worker, now=now, lease=timedelta(minutes=1)):
            claimed.append([found.identity, found.number])
            if not await store.answer_call(Queue.COMMANDS, found.number, found.attempts, reply="{}", at=now):
                raise SystemExit("somebody else had it")

    await asyncio.gather(*(work(str(number)) for number in range(4)))
    await store.close()
    print(json.dumps(claimed), flush=True)

asyncio.run(main(sys.argv[1], datetime.fromisoformat(sys.argv[2])))
"""


def call(key: str, identity: str = "CP", *, ordered: bool = True) -> NewCall:
    """Return a call."""
    return NewCall(key=key, identity=identity, operation="Reset", request="{}", ordered=ordered, created_at=NOON)


async def test_two_processes_send_each_call_once_and_in_order(any_server: MongodbServer) -> None:
    """Both claim as fast as they can; none has what the other has."""
    url = any_server.new_database()
    store = await open_store(url)
    queued = await asyncio.gather(
        *(store.enqueue(Queue.COMMANDS, call(f"k{number}", f"CP-{number % 7}")) for number in range(70))
    )
    claimers = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", CLAIMER, url, NOON.isoformat()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(2)
    ]
    for claimer in claimers:
        assert claimer.stdout is not None
        assert await claimer.stdout.readline() == b"ready\n"
    told = await asyncio.gather(*(claimer.communicate(b"\n") for claimer in claimers))
    claims = [json.loads(out) for out, _ in told]
    # A worker ends as soon as all that is left is in flight elsewhere, so somebody may have to finish.
    while found := await store.claim(Queue.COMMANDS, worker="last", now=NOON, lease=MINUTE):
        claims.append([[found.identity, found.number]])
        await store.answer_call(Queue.COMMANDS, found.number, found.attempts, reply="{}", at=NOON)
    assert sorted(number for each in claims for _, number in each) == sorted(each.number for each in queued)
    for each in claims:
        for identity in {name for name, _ in each}:
            numbers = [number for name, number in each if name == identity]
            assert numbers == sorted(numbers)
    await store.close()


async def test_claim_after_a_lease_ran_out_leaves_the_slow_sender_nothing(any_server: MongodbServer) -> None:
    """One whose call expired meanwhile cannot hold on while the next call is in flight."""
    store = await open_store(any_server.new_database())
    slow = await store.enqueue(
        Queue.COMMANDS,
        NewCall(
            key="slow", identity="CP", operation="Reset", request="{}", created_at=NOON, expires_at=NOON + 2 * MINUTE
        ),
    )
    quick = await store.enqueue(Queue.COMMANDS, call("quick"))
    first = await store.claim(Queue.COMMANDS, worker="a", now=NOON, lease=MINUTE)
    assert first is not None
    assert first.number == slow.number
    later = NOON + 3 * MINUTE
    second = await store.claim(Queue.COMMANDS, worker="b", now=later, lease=MINUTE)
    assert second is not None
    assert second.number == quick.number
    assert not await store.extend_claim(Queue.COMMANDS, slow.number, first.attempts, later + MINUTE)
    assert await store.claim(Queue.COMMANDS, worker="c", now=later, lease=MINUTE) is None
    assert await store.answer_call(Queue.COMMANDS, quick.number, second.attempts, reply="{}", at=later)
    assert [each.number for each in await store.expire_calls(Queue.COMMANDS, later)] == [slow.number]
    await store.close()


async def test_old_calls_behind_one_that_waits_do_not_hide_a_younger_one(server: MongodbServer) -> None:
    """However many there are: more than are looked at in one go."""
    store = await open_store(server.new_database())
    late = NewCall(
        key="late", identity="CP-1", operation="Reset", request="{}", created_at=NOON, not_before=NOON + MINUTE
    )
    await store.enqueue(Queue.REQUESTS, late)
    await asyncio.gather(*(store.enqueue(Queue.REQUESTS, call(f"k{number}", "CP-1")) for number in range(600)))
    free = await store.enqueue(Queue.REQUESTS, call("free", "CP-1", ordered=False))
    other = await store.enqueue(Queue.REQUESTS, call("k", "CP-2"))
    for expected in (free.number, other.number):
        found = await store.claim(Queue.REQUESTS, worker="w", now=NOON, lease=MINUTE)
        assert found is not None
        assert found.number == expected
    assert await store.claim(Queue.REQUESTS, worker="w", now=NOON, lease=MINUTE) is None
    assert await store.claim(Queue.REQUESTS, worker="w", now=NOON, lease=MINUTE, identity="cp-1") is None
    await store.close()


async def test_call_of_another_store_wakes_who_waits(any_server: MongodbServer) -> None:
    """By a change stream, or since somebody looks now and then; long before the time is over."""
    url = any_server.new_database()
    store, other = await open_store(url), await open_store(url)
    # The first wait listens; it may end early, for what came before it.
    await store.wait_for_call(Queue.COMMANDS, timeout_s=1)
    assert await store.claim(Queue.COMMANDS, worker="w", now=NOON, lease=MINUTE) is None
    waiting = asyncio.create_task(store.wait_for_call(Queue.COMMANDS, timeout_s=100))
    await asyncio.sleep(0.1)
    await other.enqueue(Queue.COMMANDS, call("k"))
    await asyncio.wait_for(waiting, 50)
    assert await store.claim(Queue.COMMANDS, worker="w", now=NOON, lease=MINUTE) is not None
    await other.close()
    await store.close()


async def test_call_put_back_by_another_store_wakes_who_waits(replica_set: MongodbServer) -> None:
    """A change stream tells of what was in the queue already."""
    url = replica_set.new_database()
    store, other = await open_store(url), await open_store(url)
    queued = await other.enqueue(Queue.COMMANDS, call("k"))
    held = await other.claim(Queue.COMMANDS, worker="a", now=NOON, lease=MINUTE)
    assert held is not None
    await store.wait_for_call(Queue.COMMANDS, timeout_s=1)
    assert await store.claim(Queue.COMMANDS, worker="w", now=NOON, lease=MINUTE) is None
    waiting = asyncio.create_task(store.wait_for_call(Queue.COMMANDS, timeout_s=100))
    await asyncio.sleep(0.1)
    await other.retry_call(Queue.COMMANDS, queued.number, held.attempts, error="lost", not_before=None)
    await asyncio.wait_for(waiting, 50)
    again = await store.claim(Queue.COMMANDS, worker="w", now=NOON, lease=MINUTE)
    assert again is not None
    assert again.state is CallState.CLAIMED
    await other.close()
    await store.close()


async def test_call_queued_between_claim_and_wait_is_not_slept_through(server: MongodbServer) -> None:
    """The bell rang after this task looked, so it does not wait."""
    store = await open_store(server.new_database())
    await store.wait_for_call(Queue.COMMANDS, timeout_s=1)
    assert await store.claim(Queue.COMMANDS, worker="w", now=NOON, lease=MINUTE) is None
    await store.enqueue(Queue.COMMANDS, call("k"))
    await asyncio.wait_for(store.wait_for_call(Queue.COMMANDS, timeout_s=100), 50)
    await store.close()
