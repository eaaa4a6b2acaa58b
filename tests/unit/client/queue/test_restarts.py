"""What an earlier life of the process has left is taken over."""

import pytest

from ocpp_sdk.storage import CallState, Queue, QueuedCall
from tests.unit.client.queue.fakes import Reaction, World

pytestmark = pytest.mark.anyio


async def test_call_that_was_being_sent_is_sent_again_at_once(world: World) -> None:
    """Nobody knows whether it arrived, and nobody waits for its lease."""
    world.central_system.taking_s = 20
    await world.put("a", "b")
    await world.pass_time(1)
    await world.restart()
    await world.pass_time(1)
    assert world.central_system.sent == ["a", "a"]
    await world.drain()
    assert world.central_system.first_heard == ["a", "b"]


async def test_refusals_outlast_a_restart(world: World) -> None:
    """A charge point that is switched off and on does not send a refused message for ever."""
    world.central_system.reactions.extend([Reaction.FAULT] * 3)
    await world.put("a")
    for _ in range(3):
        await world.pass_time(1)
        await world.restart()
        await world.pass_time(125)
    assert world.central_system.sent == ["a"] * 3
    assert [call.key for call in await world.queue.given_up()] == ["a"]


async def test_interrupted_send_keeps_the_refusals_before_it(world: World) -> None:
    """To be switched off while sending is no refusal, and undoes none."""
    world.central_system.reactions.extend([Reaction.FAULT] * 3)
    await world.put("a")
    await world.pass_time(1)
    world.central_system.taking_s = 20
    await world.pass_time(60)
    await world.restart()
    await world.drain()
    (kept,) = await world.queue.given_up()
    assert kept.error == "given up, refused 3 times: fault Receiver: no"
    assert world.central_system.sent == ["a"] * 4


async def test_waiting_counts_what_an_earlier_life_has_put(world: World) -> None:
    """Calls that ended count no more, and those that are put while it counts are counted once."""
    world.central_system.close_for(3600)
    await world.put(*(f"k{number}" for number in range(450)))
    await world.stop()
    await world.restart()
    await world.put("late")
    await world.settle()
    assert world.queue.waiting == 451
    await world.drain()
    assert len(world.central_system.heard) == 451
    assert await world.queue.drained(0)


async def test_answer_that_an_ended_worker_could_not_store_is_stored_by_the_next_one(world: World) -> None:
    """A worker that is stopped and started again in one process knows what it was answered."""

    async def go_down(_: QueuedCall) -> None:
        world.flaky.down = True

    world.central_system.during_send = go_down
    await world.put("a", "b")
    await world.pass_time(10)
    await world.stop()
    world.flaky.down, world.central_system.during_send = False, None
    world.start()
    await world.drain()
    assert world.central_system.sent == ["a", "b"]
    assert [call.state for call in await world.store.calls(Queue.REQUESTS)] == [CallState.ANSWERED] * 2
    assert [call.key for call in world.central_system.ended_calls] == ["a", "b"]
