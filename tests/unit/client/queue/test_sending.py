"""Calls reach the central system in order, and what it refuses follows the rules."""

import asyncio
from datetime import timedelta

import pytest

from ocpp_sdk.client.queue import RetryRules
from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.storage import CallState, NewCall, Queue, QueuedCall
from ocpp_sdk_backends.sql.store import SqlStore
from tests.unit.client.queue.fakes import Reaction, World, count_commits

pytestmark = pytest.mark.anyio


async def states(world: World) -> dict[str, CallState]:
    return {call.key: call.state for call in await world.store.calls(Queue.REQUESTS)}


async def test_calls_are_sent_in_the_order_in_which_they_were_put(world: World) -> None:
    """First in, first out, one at a time, each once."""
    await world.put("a", "b", "c")
    await world.drain()
    assert world.central_system.sent == ["a", "b", "c"]
    assert await states(world) == dict.fromkeys("abc", CallState.ANSWERED)
    found = await world.store.call(Queue.REQUESTS, 1)
    assert found is not None
    assert found.reply == '{"to":"a"}'


async def test_calls_put_at_the_same_time_keep_their_order(world: World) -> None:
    """Puts that share a commit are no crowd."""
    keys = [f"k{number}" for number in range(50)]
    await asyncio.gather(*(world.queue.put(world.call(key)) for key in keys))
    await world.drain()
    assert world.central_system.sent == keys


async def test_call_put_twice_with_one_key_is_sent_once(world: World) -> None:
    """A caller that does not know whether its call is there may put it again."""
    first = await world.queue.put(world.call("a"))
    again = await world.queue.put(world.call("a"))
    assert again.number == first.number
    assert world.queue.waiting == 1
    await world.drain()
    await world.put("a")
    assert world.queue.waiting == 0
    assert world.central_system.sent == ["a"]


async def test_call_of_another_charge_point_is_refused(world: World) -> None:
    """Nobody would ever send it."""
    call = NewCall(key="a", identity="CP2", operation="Heartbeat", request="{}", created_at=world.clock.now())
    with pytest.raises(ValueError, match="CP2"):
        await world.queue.put(call)


async def test_refused_transaction_message_is_sent_after_one_and_two_intervals_and_then_given_up(world: World) -> None:
    """It holds back the later ones for 3 minutes, and then no longer; it stays visible with what was wrong."""
    world.central_system.reactions.extend([Reaction.FAULT] * 3)
    await world.put("a", "b")
    await world.pass_time(59)
    assert world.central_system.sent == ["a"]
    await world.pass_time(1)
    assert world.central_system.sent == ["a", "a"]
    await world.pass_time(119)
    assert world.central_system.sent == ["a", "a"]
    await world.pass_time(1)
    assert world.central_system.sent == ["a", "a", "a", "b"]
    (kept,) = await world.queue.given_up()
    assert (kept.key, kept.state) == ("a", CallState.GIVEN_UP)
    assert kept.error == "given up, refused 3 times: fault Receiver: no"
    assert world.queue.waiting == 0


async def test_retry_interval_of_nothing_takes_no_time(world: World) -> None:
    """TransactionMessageRetryInterval may be 0; the attempts stay as many as they are."""
    world.rules = RetryRules(attempts=3, retry_s=0)
    world.central_system.reactions.extend([Reaction.FAULT] * 3)
    await world.put("a", "b")
    await world.pass_time()
    assert world.central_system.sent == ["a", "a", "a", "b"]


async def test_call_that_was_given_up_can_be_sent_again_with_all_its_attempts(world: World) -> None:
    """Who has mended the central system loses no transaction."""
    world.central_system.reactions.extend([Reaction.FAULT] * 5)
    await world.put("a")
    await world.drain()
    (kept,) = await world.queue.given_up()
    assert await world.queue.resend(kept.number)
    assert world.queue.waiting == 1
    await world.drain()
    assert world.central_system.heard == ["a"]
    assert await world.queue.given_up() == []
    assert not await world.queue.resend(kept.number)
    assert not await world.queue.resend(999)


async def test_other_messages_overtake_one_that_waits_for_its_next_attempt(world: World) -> None:
    """A status need not wait behind a transaction that is refused (1.6 section 3.7)."""
    world.central_system.reactions.append(Reaction.FAULT)
    await world.put("start", "stop")
    await world.pass_time(1)
    await world.put("status", ordered=False)
    await world.pass_time(1)
    assert world.central_system.heard == ["status"]
    await world.drain()
    assert world.central_system.heard == ["status", "start", "stop"]


async def test_refused_status_is_given_up_at_once(world: World) -> None:
    """It delays nothing, and can be seen."""
    world.central_system.reactions.append(Reaction.FAULT)
    await world.put("status", ordered=False)
    await world.put("start")
    await world.pass_time()
    assert world.central_system.heard == ["start"]
    assert [call.key for call in await world.queue.given_up()] == ["status"]


async def test_request_that_cannot_be_encoded_is_given_up_at_once(world: World) -> None:
    """To try it again would hold back the others for nothing."""
    world.central_system.reactions.append(Reaction.NEVER)
    await world.put("a", "b")
    await world.pass_time()
    assert world.central_system.heard == ["b"]


async def test_change_of_the_configuration_takes_effect_at_the_next_refusal(world: World) -> None:
    """TransactionMessageAttempts and its interval need no restart."""
    world.central_system.reactions.extend([Reaction.FAULT] * 2)
    await world.put("a")
    await world.pass_time(1)
    world.rules = RetryRules(attempts=2, retry_s=5)
    await world.pass_time(60)
    assert [call.key for call in await world.queue.given_up()] == ["a"]


@pytest.mark.parametrize("reaction", [Reaction.CUT, Reaction.BUSY, Reaction.LOSE_ANSWER])
async def test_transaction_waits_for_a_connection_however_long(world: World, reaction: Reaction) -> None:
    """A day without network, and then all in order; only what may have arrived is sent again."""
    world.central_system.closed_s = 86400
    world.central_system.reactions.append(reaction)
    await world.put("a", "b")
    await world.pass_time(86400 - 1)
    assert world.central_system.sent == ["a"]
    assert len(world.central_system.lost_with) == 1
    await world.pass_time(2)
    assert world.central_system.sent == ["a", "a", "b"]
    assert world.queue.waiting == 0


async def test_lost_connections_do_not_count_as_refusals(world: World) -> None:
    """The third fault gives it up, whatever came between."""
    cuts = [Reaction.CUT] * 7
    world.central_system.reactions.extend([Reaction.FAULT, *cuts, Reaction.FAULT, *cuts, Reaction.FAULT])
    await world.put("a")
    await world.drain()
    assert len(world.central_system.sent) == 17
    assert [call.error for call in await world.queue.given_up()] == ["given up, refused 3 times: fault Receiver: no"]


async def test_gate_that_opens_at_once_is_not_run_against(world: World) -> None:
    """A central system that answers everything but one message gets it once a minute, not as fast as it can."""
    world.central_system.closed_s = 0
    world.central_system.reactions.extend([Reaction.BUSY] * 10_000)
    await world.put("a")
    await world.pass_time(3600)
    assert 50 < len(world.central_system.sent) < 80


async def test_status_that_is_late_is_not_sent(world: World) -> None:
    """Nobody wants to know what was so an hour ago; the transactions of that time are sent."""
    world.central_system.close_for(3600)
    await world.queue.put(world.call("status", ordered=False, expires_s=600))
    await world.put("start")
    await world.pass_time(1800)
    assert (await states(world))["status"] is CallState.EXPIRED
    assert world.queue.waiting == 1
    await world.drain()
    assert world.central_system.sent == ["start"]


async def test_status_that_expires_while_the_gate_is_closed_before_it_is_not_sent(world: World) -> None:
    """It was claimed in time, but its time passed before it could be sent."""
    world.central_system.during_send = _close(world)
    await world.put("start")
    await world.queue.put(world.call("status", ordered=False, expires_s=600))
    await world.drain()
    assert world.central_system.sent == ["start"]
    assert (await states(world))["status"] is CallState.EXPIRED


def _close(world: World):  # type: ignore[no-untyped-def]  # a callback of one line
    async def close(_: QueuedCall) -> None:
        world.central_system.close_for(3600)

    return close


async def test_end_is_told_when_it_is_durable_and_before_the_next_call(world: World) -> None:
    """Who needs the number of a transaction for its stop finds it in the storage."""
    seen: list[tuple[str, CallState, int]] = []
    tell = world.central_system.ended

    async def ended(call: QueuedCall) -> None:
        found = await world.store.call(Queue.REQUESTS, call.number)
        assert found is not None
        seen.append((found.key, found.state, len(world.central_system.sent)))
        assert (found.reply, found.error, found.ended_at) == (call.reply, call.error, call.ended_at)
        await tell(call)

    world.central_system.ended = ended  # type: ignore[method-assign]  # a spy
    world.central_system.reactions.append(Reaction.NEVER)
    await world.put("a", "b")
    await world.drain()
    assert seen == [("a", CallState.GIVEN_UP, 1), ("b", CallState.ANSWERED, 2)]


async def test_address_that_cannot_work_ends_the_worker_and_loses_nothing(world: World) -> None:
    """The operator mends the configuration, and all is sent."""

    async def refuse(_: QueuedCall) -> None:
        raise ConfigurationError("no such file")

    world.central_system.during_send = refuse
    await world.stop()
    await world.put("a")
    running = asyncio.create_task(world.queue.run())
    with pytest.raises(ConfigurationError):
        await running
    world.central_system.during_send = None
    world.start()
    await world.drain()
    assert world.central_system.heard == ["a"]


async def test_put_that_was_cancelled_is_sent_or_was_never_there(world: World) -> None:
    """No call stays behind unseen."""
    putting = asyncio.create_task(world.queue.put(world.call("a")))
    await asyncio.sleep(0)
    putting.cancel()
    await asyncio.wait([putting])
    await world.pass_time(1)
    assert world.central_system.heard in ([], ["a"])
    assert set((await states(world)).values()) <= {CallState.ANSWERED}


async def test_drained_tells_whether_nothing_waits(world: World) -> None:
    """A shutdown waits for the last messages, but not for ever."""
    assert await world.queue.drained(0)
    world.central_system.taking_s = 10
    await world.put("a", "b")
    waiting = asyncio.create_task(world.queue.drained(15))
    await world.pass_time(15)
    assert not await waiting
    waiting = asyncio.create_task(world.queue.drained(15))
    await world.pass_time(5)
    assert await waiting


async def test_forget_removes_what_was_answered_before_and_nothing_else(world: World) -> None:
    """Answered calls go, given up ones stay."""
    world.central_system.reactions.append(Reaction.NEVER)
    await world.put("given up", "old")
    await world.drain()
    await world.pass_time(86400)
    await world.put("new")
    await world.drain()
    assert await world.queue.forget(world.clock.now() - timedelta(hours=1)) == 1
    assert set(await states(world)) == {"given up", "new"}


async def test_clock_that_is_set_back_does_not_hold_the_queue_up(world: World) -> None:
    """A charge point that boots a year ahead of time, and learns the time from the central system, goes on."""
    world.clock.offset_s = 365 * 86400
    world.central_system.reactions.append(Reaction.FAULT)
    await world.put("a")
    await world.pass_time(1)
    world.clock.offset_s = 0
    await world.pass_time(180)
    assert world.central_system.heard == ["a"]


async def test_call_that_cannot_be_claimed_after_the_clock_was_set_back_is_not_asked_for_all_the_time(
    world: World,
) -> None:
    """It expires before its next attempt, by a clock that was wrong."""
    world.clock.offset_s = 365 * 86400
    world.central_system.reactions.append(Reaction.FAULT)
    await world.queue.put(world.call("a", expires_s=30))
    await world.pass_time(1)
    world.clock.offset_s = 0
    world.flaky.asked.clear()
    await world.pass_time(3600)
    assert world.flaky.asked["claim"] < 200


async def test_call_put_back_by_another_process_is_seen_within_a_minute(world: World) -> None:
    """`ocpp-sdk` and the web pages can ask for what was given up, with the charge point running."""
    world.central_system.reactions.append(Reaction.NEVER)
    await world.put("a")
    await world.drain()
    world.central_system.reactions.append(Reaction.FAULT)
    await world.store.resend_call(Queue.REQUESTS, 1)
    await world.pass_time(61)
    assert world.queue.waiting == 1
    await world.drain()
    assert world.central_system.heard == ["a"]


async def test_each_message_costs_one_commit_beside_its_put(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An end and the next claim share a transaction, so that the disk is waited for once."""
    await world.put("warm")
    await world.drain()
    world.central_system.close_for(1)
    stops = [world.call(f"k{number}", operation="StopTransaction") for number in range(40)]
    await asyncio.gather(*(world.queue.put(call) for call in stops))
    world.flaky.asked.clear()
    counted = count_commits(monkeypatch)
    await world.drain()
    assert len(world.central_system.heard) == 41
    assert counted["commits"] in (range(40, 45) if isinstance(world.store, SqlStore) else {0})
    assert world.flaky.asked["claim"] + world.flaky.asked["answer_and_claim"] <= 44
    assert world.flaky.asked["calls"] <= 3
