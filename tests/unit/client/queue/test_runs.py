"""Several answers to readings become durable at once, and nothing but readings is sent again for that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ocpp_sdk.storage import CallState, Queue, QueuedCall, open_store
from tests.unit.client.queue.fakes import Failure, Reaction, World, count_commits

pytestmark = pytest.mark.anyio
READINGS = [f"r{number:02}" for number in range(16)]
HOUR = 3600.0


@pytest.fixture(params=[("MeterValues",)])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """Run a queue on the storage that claims runs."""
    store = await open_store(f"sqlite:///{tmp_path}/queue.db")
    async with World(store, request.param) as running:
        yield running
    await store.close()


async def states(world: World) -> dict[str, CallState]:
    return {call.key: call.state for call in await world.store.calls(Queue.REQUESTS)}


def watch(world: World) -> list[tuple[str, int]]:
    """Note of each send how many calls sent before it were not durably answered then."""
    seen: list[tuple[str, int]] = []

    async def look(call: QueuedCall) -> None:
        found = await states(world)
        earlier = world.central_system.sent[:-1]
        seen.append((call.key, sum(found[key] is not CallState.ANSWERED for key in earlier)))

    world.central_system.during_send = look
    return seen


async def test_readings_cost_a_commit_for_eight(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is waited for once to claim the first ones, and once after each eight; the last claim finds nothing."""
    world.central_system.close_for(1)
    await world.put(*READINGS)
    await world.settle()
    counted = count_commits(monkeypatch)
    world.flaky.asked.clear()
    await world.pass_time(2)
    assert world.central_system.sent == READINGS
    assert set((await states(world)).values()) == {CallState.ANSWERED}
    assert world.flaky.asked["answer_and_claim"] == 4
    assert 4 <= counted["commits"] <= 5


async def test_start_and_stop_are_sent_when_all_before_them_is_durable(world: World) -> None:
    """And so is what follows them; only readings are sent while others wait for their commit."""
    world.central_system.close_for(1)
    await world.put("start", operation="StartTransaction")
    await world.put(*READINGS[:10])
    await world.put("stop", operation="StopTransaction")
    await world.put("status", ordered=False)
    await world.put(*READINGS[10:12])
    await world.settle()
    seen = watch(world)
    await world.drain()
    assert seen == [
        ("start", 0),
        *zip(READINGS[:10], [0, 1, 2, 3, 4, 5, 6, 7, 0, 1], strict=True),
        *[("stop", 0), ("status", 0)],
        *zip(READINGS[10:12], [0, 1], strict=True),
    ]


@pytest.mark.parametrize("world", [()], indirect=True)
async def test_nothing_repeatable_gives_one_at_a_time(world: World) -> None:
    """Each answer is durable before the next call is sent."""
    world.central_system.close_for(1)
    await world.put(*READINGS)
    await world.settle()
    seen = watch(world)
    await world.drain()
    assert seen == [(key, 0) for key in READINGS]


@pytest.mark.parametrize("reaction", [Reaction.FAULT, Reaction.CUT, Reaction.LOSE_ANSWER])
async def test_failure_within_a_run_keeps_the_order(world: World, reaction: Reaction) -> None:
    """The answers before it become durable, what follows waits behind it, and others may overtake it."""
    world.central_system.reactions.extend([Reaction.ACCEPT, Reaction.ACCEPT, reaction])
    world.central_system.close_for(1)
    await world.put(*READINGS[:6])
    await world.put("stop", operation="StopTransaction")
    await world.pass_time(2)
    assert world.central_system.sent == READINGS[:3]
    found = await states(world)
    assert [found[key] for key in READINGS[:2]] == [CallState.ANSWERED] * 2
    assert [call.key for call in world.central_system.ended_calls] == READINGS[:2]
    assert CallState.ANSWERED not in [found[key] for key in READINGS[2:6]]
    await world.drain()
    assert world.central_system.sent == [*READINGS[:3], *READINGS[2:6], "stop"]
    assert [call.key for call in world.central_system.ended_calls] == [*READINGS[:6], "stop"]
    assert set((await states(world)).values()) == {CallState.ANSWERED}


async def test_reading_that_is_refused_lets_another_message_overtake_its_run(world: World) -> None:
    """What follows it is put back, so that a status need not wait for it."""
    world.central_system.reactions.extend([Reaction.ACCEPT, Reaction.FAULT])
    world.central_system.close_for(1)
    await world.put(*READINGS[:4])
    await world.put("status", ordered=False)
    await world.pass_time(2)
    assert world.central_system.sent == [*READINGS[:2], "status"]
    await world.drain()
    assert world.central_system.sent == [*READINGS[:2], "status", *READINGS[1:4]]


async def test_reading_that_is_given_up_is_durably_so_before_the_next_is_sent(world: World) -> None:
    """It costs the run nothing else."""
    world.central_system.reactions.extend([Reaction.ACCEPT, Reaction.NEVER])
    world.central_system.close_for(1)
    await world.put(*READINGS[:4])
    await world.settle()
    seen = watch(world)
    await world.drain()
    # The one that was given up is the one that is not answered.
    assert seen == list(zip(READINGS[:4], [0, 1, 1, 2], strict=True))
    assert [(call.key, call.state) for call in world.central_system.ended_calls] == [
        ("r00", CallState.ANSWERED),
        ("r01", CallState.GIVEN_UP),
        ("r02", CallState.ANSWERED),
        ("r03", CallState.ANSWERED),
    ]
    assert world.queue.waiting == 0


@pytest.mark.parametrize("lived_s", range(5, 170, 10))
async def test_kill_sends_readings_of_one_run_again_and_nothing_else(world: World, lived_s: int) -> None:
    """Whenever it comes: no start and no stop that was answered, at most eight readings, all in order."""
    world.central_system.close_for(1)
    keys = ["start", *READINGS[:14], "stop"]
    await world.put("start", operation="StartTransaction")
    await world.put(*READINGS[:14])
    await world.put("stop", operation="StopTransaction")
    world.central_system.taking_s = 10
    await world.pass_time(1 + lived_s)
    answered = list(world.central_system.heard)
    in_flight = world.central_system.sent[len(answered) :]
    await world.restart()
    await world.drain()
    assert world.central_system.first_heard == keys
    again = [key for key in dict.fromkeys(world.central_system.heard) if world.central_system.heard.count(key) > 1]
    assert len(answered) == lived_s // 10
    # The start is alone; then come eight readings, the other six, and the stop.
    begun = max(begin for begin in (0, 1, 9, 15, 16) if begin <= len(answered))
    assert again == answered[begun:]
    assert len([*again, *in_flight]) <= 8
    assert set((await states(world)).values()) == {CallState.ANSWERED}


async def test_gate_that_closes_within_a_run_lets_no_answer_wait(world: World) -> None:
    """They become durable at once and are told of; the rest of the run is sent once the gate is open."""

    async def close(call: QueuedCall) -> None:
        if call.key == "r02":
            world.central_system.close_for(2 * HOUR)

    world.central_system.during_send = close
    world.central_system.close_for(1)
    await world.put(*READINGS[:5])
    await world.pass_time(2)
    found = await states(world)
    assert [found[key] for key in READINGS[:3]] == [CallState.ANSWERED] * 3
    assert [call.key for call in world.central_system.ended_calls] == READINGS[:3]
    assert world.queue.waiting == 2
    await world.pass_time(HOUR)
    held = await world.store.calls(Queue.REQUESTS, state=CallState.CLAIMED)
    assert all(call.lease_until is not None and call.lease_until > world.clock.now() for call in held)
    await world.drain()
    assert world.central_system.sent == READINGS[:5]


async def test_reading_that_expires_within_a_run_is_not_sent(world: World) -> None:
    """The answers before it become durable and are told of, and what follows it is sent."""
    world.central_system.close_for(1)
    for key, expires_s in (("r00", None), ("r01", 5), ("r02", None), ("r03", 15)):
        await world.queue.put(world.call(key, expires_s=expires_s))
    world.central_system.taking_s = 10
    await world.drain()
    assert world.central_system.sent == ["r00", "r02"]
    assert await states(world) == {
        "r00": CallState.ANSWERED,
        "r01": CallState.EXPIRED,
        "r02": CallState.ANSWERED,
        "r03": CallState.EXPIRED,
    }
    assert [call.key for call in world.central_system.ended_calls] == ["r00", "r02"]


async def test_run_that_takes_longer_than_the_lease_keeps_its_claims(world: World) -> None:
    """Those that were answered, the one that is sent, and those that follow."""
    world.central_system.taking_s = 700
    world.central_system.close_for(1)
    await world.put(*READINGS[:4])
    await world.pass_time(2000)
    claimed = await world.store.calls(Queue.REQUESTS, state=CallState.CLAIMED)
    assert [call.key for call in claimed] == READINGS[:4]
    assert all(call.lease_until is not None and call.lease_until > world.clock.now() for call in claimed)
    assert len(world.central_system.sent) == 3
    await world.drain()
    assert world.central_system.sent == READINGS[:4]


async def test_waiting_counts_what_was_answered_until_it_is_durable(world: World) -> None:
    """Whoever waits until nothing waits may rely on it, though he did not wait for his puts."""
    world.central_system.close_for(1)
    putting = [asyncio.create_task(world.queue.put(world.call(key))) for key in READINGS[:4]]
    await asyncio.sleep(0)
    for put in putting:
        put.cancel()
    await asyncio.wait(putting)
    await world.settle()
    world.central_system.taking_s = 10
    await world.pass_time(36)
    assert world.central_system.heard == READINGS[:3]
    assert world.queue.waiting == 4
    told: list[int] = []
    tell = world.central_system.ended

    async def ended(call: QueuedCall) -> None:
        await tell(call)
        told.append(world.queue.waiting)

    world.central_system.ended = ended  # type: ignore[method-assign]  # a spy
    await world.drain()
    assert told == [4, 3, 2, 1]


@pytest.mark.parametrize("failure", Failure)
@pytest.mark.parametrize("skipped", range(6))
async def test_storage_that_fails_once_with_a_run_repeats_nothing(world: World, failure: Failure, skipped: int) -> None:
    """Whether the ends and the next claim have happened or not."""
    world.central_system.close_for(1)
    await world.put(*READINGS)
    await world.put("stop", operation="StopTransaction")
    await world.settle()
    world.flaky.failures.extend([*[None] * skipped, failure, None, failure])
    await world.pass_time(60)
    assert not world.flaky.failures
    assert world.central_system.sent == [*READINGS, "stop"]
    assert [call.key for call in world.central_system.ended_calls] == [*READINGS, "stop"]
    assert world.queue.waiting == 0


async def test_run_that_cannot_be_stored_is_all_that_is_sent_meanwhile(world: World) -> None:
    """When the storage is back, the answers are stored, and then comes the next call."""

    async def go_down(_: QueuedCall) -> None:
        world.flaky.down = True

    world.central_system.close_for(1)
    await world.put(*READINGS[:10])
    await world.settle()
    world.central_system.during_send = go_down
    await world.pass_time(HOUR)
    assert world.central_system.sent == READINGS[:8]
    assert world.central_system.ended_calls == []
    world.flaky.down, world.central_system.during_send = False, None
    await world.drain()
    assert world.central_system.sent == READINGS[:10]
    assert [call.key for call in world.central_system.ended_calls] == READINGS[:10]
    found = await world.store.calls(Queue.REQUESTS)
    assert [call.reply for call in found] == [f'{{"to":"{key}"}}' for key in READINGS[:10]]


@pytest.mark.parametrize("down", [False, True])
async def test_worker_that_is_stopped_within_a_run_stores_the_answers(world: World, down: bool) -> None:
    """Or the next one does, if the storage is down then; only what was not answered is sent again."""
    world.central_system.taking_s = 10
    world.central_system.close_for(1)
    await world.put(*READINGS[:6])
    await world.pass_time(36)
    world.flaky.down = down
    await world.stop()
    world.flaky.down = False
    assert list((await states(world)).values()).count(CallState.ANSWERED) == (0 if down else 3)
    world.start()
    await world.drain()
    assert world.central_system.sent == [*READINGS[:4], *READINGS[3:6]]
    assert [call.key for call in world.central_system.ended_calls] == READINGS[:6]
