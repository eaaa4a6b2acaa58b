"""Cases of `CallQueueStore`: what is queued, listed and forgotten."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from ocpp_sdk.storage.calls import CallState, NewCall, Queue, QueuedCall
from ocpp_sdk.storage.store import Store
from ocpp_sdk.testing.storage_contract.examples import CP, NOON, after, call
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["CallContract"]

COMMANDS, REQUESTS = Queue.COMMANDS, Queue.REQUESTS
_WAKE_S = 20
_MINUTE = timedelta(minutes=1)


async def _answered(store: Store, number: int, at: float) -> None:
    """Claim the call that is next and answer it."""
    claimed = await store.claim(COMMANDS, worker="w", now=NOON, lease=_MINUTE)
    assert claimed is not None
    assert claimed.number == number
    assert await store.answer_call(COMMANDS, number, claimed.attempts, reply="{}", at=after(at))


class CallContract:
    """The queues of calls."""

    @case
    async def test_enqueue_is_given_back_whole(self, trial: Trial) -> None:
        """Every field comes back, WAITING, with a number that rises."""
        store = await trial.open()
        first = await store.enqueue(COMMANDS, call("k", ordered=False, not_before=60, expires=120))
        assert first == QueuedCall(
            number=first.number,
            queue=COMMANDS,
            key="k",
            identity=CP,
            operation="Reset",
            request='{"type": "Soft"}',
            ordered=False,
            created_at=NOON,
            expires_at=after(120),
            not_before=after(60),
        )
        second = await store.enqueue(COMMANDS, call("l"))
        assert (second.ordered, second.not_before, second.expires_at) == (True, None, None)
        assert 1 <= first.number < second.number
        store = await trial.reopen(store)
        assert [await store.call(COMMANDS, item.number) for item in (first, second)] == [first, second]
        assert await store.call(COMMANDS, second.number + 1) is None

    @case
    async def test_enqueue_repeated_gives_the_first(self, trial: Trial) -> None:
        """Whatever else it says and however the call stands: charge point without case, and key to the letter."""
        store = await trial.open()
        first = await store.enqueue(COMMANDS, call("k", identity="Straße"))
        again = NewCall(key="k", identity="STRASSE", operation="x", request="y", ordered=False, created_at=after(9))
        assert await store.enqueue(COMMANDS, again) == first
        claimed = await store.claim(COMMANDS, worker="w", now=NOON, lease=_MINUTE)
        assert await store.enqueue(COMMANDS, again) == claimed
        await store.answer_call(COMMANDS, first.number, 1, reply="{}", at=NOON)
        answered = await store.enqueue(COMMANDS, again)
        assert (answered.number, answered.state) == (first.number, CallState.ANSWERED)
        assert len(await store.calls(COMMANDS)) == 1

    @case
    async def test_enqueue_of_another_key_charge_point_or_queue_is_another_call(self, trial: Trial) -> None:
        """Keys count to the letter; the two queues have nothing in common."""
        store = await trial.open()
        for key in ("k", "K", "k ", "ḱ", "k/.#$[]", "straße", "strasse", ""):
            await store.enqueue(COMMANDS, call(key))
        await store.enqueue(COMMANDS, call("k", identity="CP-2"))
        other = await store.enqueue(REQUESTS, call("k"))
        assert len(await store.calls(COMMANDS)) == 9
        assert await store.calls(REQUESTS) == [other]
        claimed = await store.claim(REQUESTS, worker="w", now=NOON, lease=_MINUTE)
        assert claimed is not None
        assert claimed.queue is REQUESTS
        assert await store.answer_call(COMMANDS, claimed.number, 1, reply="{}", at=NOON) is False
        assert {item.state for item in await store.calls(COMMANDS)} == {CallState.WAITING}
        assert await store.answer_call(REQUESTS, claimed.number, 1, reply="{}", at=NOON) is True

    @case
    async def test_enqueue_at_once_of_the_same_key_is_one_call(self, trial: Trial) -> None:
        """Over two stores on the same data, all are told the same call."""
        stores = await trial.several(2)
        found = await asyncio.gather(*(stores[turn % 2].enqueue(COMMANDS, call(f"k{turn % 3}")) for turn in range(30)))
        assert len({item.number for item in found}) == 3
        assert [item.key for item in found] == [f"k{turn % 3}" for turn in range(30)]
        assert len(await stores[1].calls(COMMANDS)) == 3

    @case
    async def test_calls_are_filtered_and_read_by_page(self, trial: Trial) -> None:
        """By number; filters combine, and pages meet."""
        store = await trial.open()
        for turn in range(8):
            await store.enqueue(COMMANDS, call(f"k{turn}", identity=f"Cp-{turn % 2}"))
        await _answered(store, (await store.calls(COMMANDS))[0].number, 1)
        assert await store.claim(COMMANDS, worker="w", now=NOON, lease=_MINUTE) is not None
        whole = await store.calls(COMMANDS)
        assert [item.key for item in whole] == [f"k{turn}" for turn in range(8)]
        assert await store.calls(COMMANDS, "CP-1") == whole[1::2]
        assert await store.calls(COMMANDS, state=CallState.WAITING) == whole[2:]
        assert await store.calls(COMMANDS, state=CallState.CLAIMED) == whole[1:2]
        assert await store.calls(COMMANDS, state=CallState.ANSWERED) == whole[:1]
        assert await store.calls(COMMANDS, "cp-1", state=CallState.WAITING, limit=2) == [whole[3], whole[5]]
        assert await store.calls(COMMANDS, after=whole[2].number, limit=3) == whole[3:6]
        assert (await store.calls(COMMANDS, limit=0), await store.calls(COMMANDS, "unknown")) == ([], [])
        assert await store.calls(REQUESTS) == []

    @case
    async def test_forget_calls_removes_the_oldest_answered_ones(self, trial: Trial) -> None:
        """At most so many; the time itself is not before it; a removed key can be used again, its number cannot."""
        store = await trial.open()
        calls = [await store.enqueue(COMMANDS, call(f"k{turn}")) for turn in range(7)]
        for turn in range(5):
            await _answered(store, calls[turn].number, turn)
        given_up = await store.claim(COMMANDS, worker="w", now=NOON, lease=_MINUTE)
        assert given_up is not None
        assert await store.give_up_call(COMMANDS, given_up.number, 1, error="no", at=after(0))
        assert await store.forget_calls(REQUESTS, after(100)) == 0
        assert await store.forget_calls(COMMANDS, after(3), limit=2) == 2
        assert [item.key for item in await store.calls(COMMANDS)] == ["k2", "k3", "k4", "k5", "k6"]
        assert await store.forget_calls(COMMANDS, after(3), limit=2) == 1
        assert await store.forget_calls(COMMANDS, after(100)) == 2
        assert await store.forget_calls(COMMANDS, after(100)) == 0
        left = await store.calls(COMMANDS)
        assert [(item.key, item.state) for item in left] == [("k5", CallState.GIVEN_UP), ("k6", CallState.WAITING)]
        again = await store.enqueue(COMMANDS, call("k0"))
        assert again.number > calls[-1].number
        assert again.state is CallState.WAITING

    @case
    async def test_forget_calls_of_one_charge_point_leaves_those_of_others(self, trial: Trial) -> None:
        """Whatever the case of its identity; at most so many of its own, the oldest first."""
        store = await trial.open()
        for turn, identity in enumerate(["CP-1", "CP-2", "CP-1", "CP-1", "CP-2"]):
            made = await store.enqueue(COMMANDS, call(f"k{turn}", identity=identity))
            await _answered(store, made.number, turn)
        assert await store.forget_calls(COMMANDS, after(100), identity="nobody") == 0
        assert await store.forget_calls(COMMANDS, after(100), identity="cp-1", limit=2) == 2
        assert [item.key for item in await store.calls(COMMANDS)] == ["k1", "k3", "k4"]
        assert await store.forget_calls(COMMANDS, after(100), identity="CP-1") == 1
        assert await store.forget_calls(COMMANDS, after(100)) == 2

    @case
    async def test_forget_calls_of_all_gives_no_number_again(self, trial: Trial) -> None:
        """Also when the greatest number is removed and the store is opened anew."""
        store = await trial.open()
        first = await store.enqueue(COMMANDS, call("k"))
        await _answered(store, first.number, 0)
        assert await store.forget_calls(COMMANDS, after(1)) == 1
        assert await store.call(COMMANDS, first.number) is None
        store = await trial.reopen(store)
        assert (await store.enqueue(COMMANDS, call("k"))).number > first.number

    @pytest.mark.parametrize("queue", list(Queue))
    @case
    async def test_wait_for_call_wakes_when_a_call_is_queued_or_put_back(self, trial: Trial, queue: Queue) -> None:
        """A waiter with all the time of the world returns as soon as the same store has something for it."""
        store = await trial.open()
        waiter = asyncio.create_task(store.wait_for_call(queue, timeout_s=600))
        await asyncio.sleep(0.05)
        queued = await store.enqueue(queue, call("k"))
        await asyncio.wait_for(waiter, _WAKE_S)
        claimed = await store.claim(queue, worker="w", now=NOON, lease=_MINUTE)
        assert claimed is not None
        waiter = asyncio.create_task(store.wait_for_call(queue, timeout_s=600))
        await asyncio.sleep(0.05)
        assert await store.retry_call(queue, queued.number, 1, error="no", not_before=None)
        await asyncio.wait_for(waiter, _WAKE_S)

    @case
    async def test_wait_for_call_returns_when_its_time_is_over(self, trial: Trial) -> None:
        """Nobody has to queue anything, and several may wait at once."""
        store = await trial.open()
        waiters = (store.wait_for_call(queue, timeout_s=0.05) for queue in (COMMANDS, REQUESTS, COMMANDS))
        await asyncio.wait_for(asyncio.gather(*waiters), _WAKE_S)
        await asyncio.wait_for(store.wait_for_call(COMMANDS, timeout_s=0), _WAKE_S)

    @case
    async def test_call_with_all_its_ends_is_replaced_field_by_field(self, trial: Trial) -> None:
        """What a call gains by being claimed, retried and answered comes back after opening the store anew."""
        store = await trial.open()
        queued = await store.enqueue(COMMANDS, call("k", expires=900))
        await store.claim(COMMANDS, worker="wörker", now=NOON, lease=_MINUTE)
        assert await store.retry_call(COMMANDS, queued.number, 1, error="größer", not_before=after(70))
        store = await trial.reopen(store)
        waiting = await store.call(COMMANDS, queued.number)
        assert waiting == replace(queued, attempts=1, worker="wörker", error="größer", not_before=after(70))
        await store.claim(COMMANDS, worker="w2", now=after(80), lease=_MINUTE)
        store = await trial.reopen(store)
        claimed = await store.call(COMMANDS, queued.number)
        assert claimed is not None
        assert (claimed.state, claimed.attempts, claimed.worker) == (CallState.CLAIMED, 2, "w2")
        assert claimed.lease_until == after(140)
        assert await store.answer_call(COMMANDS, queued.number, 2, reply='{"s": "ü"}', at=after(90))
        found = await (await trial.reopen(store)).call(COMMANDS, queued.number)
        assert found is not None
        assert (found.state, found.reply, found.ended_at) == (CallState.ANSWERED, '{"s": "ü"}', after(90))
        assert (found.attempts, found.worker, found.lease_until, found.error) == (2, "w2", None, None)
        assert (found.key, found.request, found.expires_at) == (queued.key, queued.request, queued.expires_at)
