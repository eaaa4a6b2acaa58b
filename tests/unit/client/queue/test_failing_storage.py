"""A storage that fails delays the queue, and loses, skips and repeats nothing."""

import pytest

from ocpp_sdk.errors import StorageError, StorageUnavailableError
from ocpp_sdk.storage import CallState, Queue, QueuedCall
from ocpp_sdk.storage.calls import FollowingCallStore
from tests.unit.client.queue.fakes import Failure, Reaction, World

pytestmark = pytest.mark.anyio


async def test_reply_that_could_not_be_stored_is_stored_when_the_storage_is_back(world: World) -> None:
    """The message is not sent again, since its answer is known."""

    async def go_down(_: QueuedCall) -> None:
        world.flaky.down = True

    world.central_system.during_send = go_down
    await world.put("a", "b", operation="StopTransaction")
    await world.pass_time(3600)
    world.flaky.down, world.central_system.during_send = False, None
    assert world.central_system.sent == ["a"]
    await world.drain()
    assert world.central_system.sent == ["a", "b"]
    found = await world.store.call(Queue.REQUESTS, 1)
    assert found is not None
    assert (found.state, found.reply) == (CallState.ANSWERED, '{"to":"a"}')
    assert [call.key for call in world.central_system.ended_calls] == ["a", "b"]


async def test_storage_that_is_down_is_asked_once_a_minute_and_told_of_in_two_lines(world: World) -> None:
    """An outage of an hour fills no log and heats no core."""
    world.flaky.down = True
    await world.pass_time(1)
    world.flaky.asked.clear()
    with pytest.raises(StorageUnavailableError):
        await world.put("a")
    await world.pass_time(3600)
    assert 50 < world.flaky.asked.total() < 200
    world.flaky.down = False
    await world.put("a")
    await world.drain()
    assert [line.partition(":")[0] for line in world.lines] == [
        "the queue of requests waits for its storage",
        f"the queue of requests goes on, after {world.lines[-1].split()[-4]} s without storage",
    ]
    assert world.central_system.heard == ["a"]


@pytest.mark.parametrize("failure", Failure)
@pytest.mark.parametrize("skipped", range(6))
@pytest.mark.parametrize("operation", ["StopTransaction", "MeterValues"])
async def test_verb_that_fails_once_delays_the_queue_for_seconds(
    world: World, failure: Failure, skipped: int, operation: str
) -> None:
    """Whether it has happened or not, and whichever it is: no wait for a lease, nothing sent twice, all told once."""
    world.central_system.close_for(1)
    await world.put("a", "b", "c", operation=operation)
    await world.settle()
    world.flaky.failures.extend([*[None] * skipped, failure])
    await world.pass_time(60)
    assert world.central_system.sent == ["a", "b", "c"]
    assert [call.key for call in world.central_system.ended_calls] == ["a", "b", "c"]
    assert world.queue.waiting == 0


async def test_refusal_that_could_not_be_stored_counts_once(world: World) -> None:
    """The attempts are as many as the rules say."""
    world.central_system.reactions.extend([Reaction.FAULT] * 3)
    world.central_system.close_for(1)
    await world.put("a")
    await world.settle()
    world.flaky.failures.extend([None, Failure.AFTER, Failure.BEFORE, Failure.BEFORE, Failure.AFTER])
    await world.drain()
    assert world.central_system.sent == ["a"] * 3
    assert [call.error for call in await world.queue.given_up()] == ["given up, refused 3 times: fault Receiver: no"]


async def test_send_that_takes_longer_than_the_lease_keeps_its_claim(world: World) -> None:
    """A slow modem loses no claim."""
    world.central_system.taking_s = 2000
    await world.put("a")
    await world.pass_time(1999)
    (claimed,) = await world.store.calls(Queue.REQUESTS, state=CallState.CLAIMED)
    assert claimed.lease_until is not None
    assert claimed.lease_until > world.clock.now()
    await world.drain()
    assert world.central_system.sent == ["a"]


async def test_answer_later_than_a_lease_that_could_not_be_extended_is_kept(world: World) -> None:
    """Nobody else sends the calls of this charge point, so that its answer still counts."""
    world.central_system.taking_s = 5000

    async def go_down(_: QueuedCall) -> None:
        world.flaky.down = True

    world.central_system.during_send = go_down
    await world.put("a", "b")
    await world.pass_time(4999)
    world.flaky.down, world.central_system.during_send = False, None
    await world.drain()
    assert world.central_system.sent == ["a", "b"]


async def test_sender_whose_own_storage_fails_sends_again_when_it_is_back(world: World) -> None:
    """A stop whose start cannot be looked up now is not given up."""
    failures = [StorageUnavailableError("gone"), StorageError("disk full")]

    async def fail(_: QueuedCall) -> None:
        if failures:
            raise failures.pop()

    world.central_system.during_send = fail
    await world.put("a", "b")
    await world.drain()
    assert world.central_system.heard == ["a", "b"]
    assert await world.queue.given_up() == []


@pytest.mark.parametrize("claim_fails", [None, Failure.AFTER])
async def test_answer_is_kept_though_the_call_is_claimed_again_meanwhile(
    world: World, claim_fails: Failure | None
) -> None:
    """After a lapsed lease the claim of the next call gives the same one, whose answer is known.

    Not where the end and the claim are one verb, which fails as a whole.
    """
    world.central_system.taking_s = 1000

    async def go_down(_: QueuedCall) -> None:
        world.flaky.down = True

    world.central_system.during_send = go_down
    await world.put("a", "b")
    await world.pass_time(990)
    world.flaky.down, world.central_system.during_send = False, None
    world.flaky.failures.extend([Failure.BEFORE, claim_fails])
    await world.drain()
    assert world.central_system.sent == ["a", "b"]
    found = await world.store.call(Queue.REQUESTS, 1)
    assert found is not None
    one_verb = hasattr(world.store, FollowingCallStore.answer_and_claim.__name__)
    assert (found.state, found.attempts) == (CallState.ANSWERED, 1 if one_verb else 2)
