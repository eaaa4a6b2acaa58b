"""Cases of `CallQueueStore`: how a claim ends, and what the holder of an old one can do."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from ocpp_sdk.storage.calls import CallState, FollowingCallStore, Queue, QueuedCall
from ocpp_sdk.storage.store import Store
from ocpp_sdk.testing.storage_contract.examples import CP, NOON, after, call
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["LeaseContract"]

COMMANDS = Queue.COMMANDS
_MINUTE = timedelta(minutes=1)


async def _claimed(store: Store, at: float = 0, **kwargs: float) -> QueuedCall:
    """Queue a call unless it is there, and claim it."""
    await store.enqueue(COMMANDS, call("k", **kwargs))  # type: ignore[arg-type]  # only times are passed
    found = await store.claim(COMMANDS, worker="w", now=after(at), lease=_MINUTE)
    assert found is not None
    return found


async def _end_in_every_way(store: Store, number: int, attempt: int) -> list[bool]:
    """Try to end a claim by each verb, and return what each said."""
    return [
        await store.extend_claim(COMMANDS, number, attempt, after(9999)),
        await store.answer_call(COMMANDS, number, attempt, reply="wrong", at=after(9)),
        await store.retry_call(COMMANDS, number, attempt, error="wrong", not_before=None),
        await store.give_up_call(COMMANDS, number, attempt, error="wrong", at=after(9)),
    ]


class LeaseContract:
    """Ends of claims."""

    @case
    async def test_extend_claim_holds_it_for_longer(self, trial: Trial) -> None:
        """Nothing but the end of the lease changes; it can also be made shorter."""
        store = await trial.open()
        claimed = await _claimed(store)
        assert await store.extend_claim(COMMANDS, claimed.number, 1, after(600)) is True
        assert await store.call(COMMANDS, claimed.number) == replace(claimed, lease_until=after(600))
        assert await store.claim(COMMANDS, worker="x", now=after(599), lease=_MINUTE) is None
        assert await store.extend_claim(COMMANDS, claimed.number, 1, after(5)) is True
        assert (await _claimed(store, at=5)).attempts == 2

    @case
    async def test_answer_call_ends_it_with_its_reply(self, trial: Trial) -> None:
        """The reply and the time are kept, an earlier error is gone, and it ends once."""
        store = await trial.open()
        first = await _claimed(store)
        assert await store.retry_call(COMMANDS, first.number, 1, error="no route", not_before=None)
        claimed = await _claimed(store)
        assert await store.answer_call(COMMANDS, claimed.number, 2, reply="", at=after(7)) is True
        found = await store.call(COMMANDS, claimed.number)
        assert found is not None
        assert (found.state, found.reply, found.ended_at) == (CallState.ANSWERED, "", after(7))
        assert (found.error, found.lease_until, found.attempts, found.worker) == (None, None, 2, "w")
        assert await _end_in_every_way(store, claimed.number, 2) == [False] * 4
        assert await store.call(COMMANDS, claimed.number) == found

    @case
    async def test_answer_and_claim_ends_one_call_and_takes_the_next(self, trial: Trial) -> None:
        """A verb that a store may have; the next call is taken also if the claim was another's by now."""
        store = await trial.open()
        both = getattr(store, FollowingCallStore.answer_and_claim.__name__, None)
        if both is None:
            pytest.skip("it has no verb for the end of a call and the next claim")
        for key in ("a", "b", "c"):
            await store.enqueue(COMMANDS, call(key))
        first = await store.claim(COMMANDS, worker="w", now=after(1), lease=timedelta(seconds=60), identity=CP)
        assert first is not None
        of_next = {"reply": "{}", "at": after(7), "worker": "v", "lease": timedelta(seconds=30), "identity": CP}
        ended, second = await both(COMMANDS, first.number, 1, **of_next)
        assert ended is True
        assert second is not None
        assert (second.key, second.state, second.attempts, second.worker) == ("b", CallState.CLAIMED, 1, "v")
        assert second.lease_until == after(37)
        found = await store.call(COMMANDS, first.number)
        assert found is not None
        assert (found.state, found.reply, found.ended_at) == (CallState.ANSWERED, "{}", after(7))
        assert await both(COMMANDS, first.number, 1, **of_next) == (False, None), "the second one is in flight"
        ended, third = await both(COMMANDS, second.number, 1, **of_next)
        assert (ended, None if third is None else third.key) == (True, "c")
        assert third is not None
        assert await both(COMMANDS, third.number, 1, **of_next) == (True, None)
        assert await both(COMMANDS, 10**6, 1, **of_next) == (False, None)

    @case
    async def test_retry_call_puts_it_back_into_its_old_place(self, trial: Trial) -> None:
        """It waits for its time, before those that came after it, with its error told."""
        store = await trial.open()
        claimed = await _claimed(store)
        await store.enqueue(COMMANDS, call("later"))
        assert await store.retry_call(COMMANDS, claimed.number, 1, error="no route", not_before=after(30)) is True
        found = await store.call(COMMANDS, claimed.number)
        assert found == replace(
            claimed, state=CallState.WAITING, lease_until=None, error="no route", not_before=after(30)
        )
        assert await store.claim(COMMANDS, worker="w", now=after(29), lease=_MINUTE) is None
        again = await store.claim(COMMANDS, worker="w", now=after(30), lease=_MINUTE)
        assert again is not None
        assert (again.key, again.attempts) == ("k", 2)

    @case
    async def test_give_up_call_keeps_it_with_its_error(self, trial: Trial) -> None:
        """It is not given out again, and can be sent again on demand: at once, in its place, attempts counted on."""
        store = await trial.open()
        claimed = await _claimed(store, expires=500)
        assert await store.give_up_call(COMMANDS, claimed.number, 1, error="gone", at=after(7)) is True
        found = await store.call(COMMANDS, claimed.number)
        assert found == replace(claimed, state=CallState.GIVEN_UP, lease_until=None, error="gone", ended_at=after(7))
        assert await store.claim(COMMANDS, worker="w", now=after(100), lease=_MINUTE) is None
        assert await store.resend_call(COMMANDS, claimed.number, expires_at=after(900)) is True
        found = await store.call(COMMANDS, claimed.number)
        assert found is not None
        assert (found.state, found.not_before, found.ended_at) == (CallState.WAITING, None, None)
        assert (found.expires_at, found.attempts) == (after(900), 1)
        assert (await _claimed(store, at=600)).attempts == 2

    @case
    async def test_resend_call_of_a_call_that_has_not_ended_changes_nothing(self, trial: Trial) -> None:
        """Nor does it bring back an answered one; without a time, a call that is sent again never expires."""
        store = await trial.open()
        waiting = await store.enqueue(COMMANDS, call("k", not_before=10, expires=20))
        number = waiting.number
        assert await store.resend_call(COMMANDS, number) is False
        assert await store.resend_call(COMMANDS, number + 1) is False
        assert await store.call(COMMANDS, number) == waiting
        assert [item.number for item in await store.expire_calls(COMMANDS, after(20))] == [number]
        assert await store.resend_call(COMMANDS, number) is True
        found = await store.call(COMMANDS, number)
        assert found == replace(waiting, not_before=None, expires_at=None)
        claimed = await _claimed(store, at=5000)
        assert await store.resend_call(COMMANDS, number) is False
        assert await store.answer_call(COMMANDS, number, claimed.attempts, reply="{}", at=NOON)
        assert await store.resend_call(COMMANDS, number) is False

    @case
    async def test_cancel_call_ends_a_waiting_one_only(self, trial: Trial) -> None:
        """Given up with the reason; a claimed or ended one stays as it is."""
        store = await trial.open()
        waiting = await store.enqueue(COMMANDS, call("k"))
        assert await store.cancel_call(COMMANDS, waiting.number, error="not wanted", at=after(3)) is True
        found = await store.call(COMMANDS, waiting.number)
        assert found == replace(waiting, state=CallState.GIVEN_UP, error="not wanted", ended_at=after(3))
        assert await store.cancel_call(COMMANDS, waiting.number, error="again", at=after(4)) is False
        assert await store.cancel_call(COMMANDS, waiting.number + 1, error="none", at=after(4)) is False
        assert await store.resend_call(COMMANDS, waiting.number)
        claimed = await _claimed(store)
        assert await store.cancel_call(COMMANDS, claimed.number, error="late", at=after(4)) is False
        assert await store.call(COMMANDS, claimed.number) == claimed

    @case
    async def test_expire_calls_ends_those_that_nobody_sends(self, trial: Trial) -> None:
        """The very moment counts; a running lease protects, an over one does not; told once, by number."""
        store = await trial.open()
        queued = [
            await store.enqueue(COMMANDS, call(f"k{turn}", identity=f"CP-{turn}", expires=expires))
            for turn, expires in enumerate((10, 10.000001, None, 10, 5, 10))
        ]
        for turn in (3, 5):
            held = await store.claim(
                COMMANDS, worker="w", now=NOON, lease=timedelta(seconds=4 + turn), identity=f"CP-{turn}"
            )
            assert held is not None
        await store.enqueue(Queue.REQUESTS, call("k", expires=1))
        told = await store.expire_calls(COMMANDS, after(8.5))
        assert [item.number for item in told] == [queued[4].number]
        told = await store.expire_calls(COMMANDS, after(10))
        assert [item.number for item in told] == [queued[turn].number for turn in (0, 3, 5)]
        assert {(item.state, item.ended_at, item.lease_until) for item in told} == {
            (CallState.EXPIRED, after(10), None)
        }
        assert [await store.call(COMMANDS, item.number) for item in told] == told
        assert await store.expire_calls(COMMANDS, after(10)) == []
        assert await store.extend_claim(COMMANDS, queued[3].number, 1, after(99)) is False
        held = await store.call(COMMANDS, queued[1].number)
        assert held is not None
        assert held.state is CallState.WAITING

    @case
    async def test_expire_calls_leaves_a_call_that_is_being_sent(self, trial: Trial) -> None:
        """While its lease holds, it may still be answered; the very end of the lease counts as over."""
        store = await trial.open()
        claimed = await _claimed(store, expires=10)
        assert await store.expire_calls(COMMANDS, after(59.999999)) == []
        assert await store.call(COMMANDS, claimed.number) == claimed
        assert [item.number for item in await store.expire_calls(COMMANDS, after(60))] == [claimed.number]

    @case
    async def test_expire_calls_at_once_each_is_told_to_one(self, trial: Trial) -> None:
        """Over two stores on the same data, no call is returned by two, and none by nobody."""
        stores = await trial.several(2)
        queued = await asyncio.gather(*(stores[0].enqueue(COMMANDS, call(f"k{turn}", expires=1)) for turn in range(30)))
        answers = await asyncio.gather(*(stores[turn % 2].expire_calls(COMMANDS, after(2)) for turn in range(8)))
        assert sorted(item.number for answer in answers for item in answer) == sorted(item.number for item in queued)

    @case
    async def test_claim_that_ran_out_unnoticed_can_still_be_ended(self, trial: Trial) -> None:
        """As long as nobody has claimed the call again, its holder's answer counts."""
        store = await trial.open()
        claimed = await _claimed(store)
        assert await store.answer_call(COMMANDS, claimed.number, 1, reply="{}", at=after(5000)) is True

    @case
    async def test_old_attempt_can_end_nothing(self, trial: Trial) -> None:
        """After another has claimed the call, the first holder is refused by every verb, and nothing changes."""
        store = await trial.open()
        first = await _claimed(store)
        second = await _claimed(store, at=60)
        assert (first.number, first.attempts, second.attempts) == (second.number, 1, 2)
        for attempt in (1, 0, 3):
            assert await _end_in_every_way(store, first.number, attempt) == [False] * 4
        assert await store.call(COMMANDS, first.number) == second
        assert await store.answer_call(COMMANDS, second.number, 2, reply="right", at=after(61)) is True

    @case
    async def test_attempts_go_on_after_a_resend(self, trial: Trial) -> None:
        """So the holder of a claim from before cannot end the one that came after."""
        store = await trial.open()
        first = await _claimed(store)
        assert await store.give_up_call(COMMANDS, first.number, 1, error="x", at=NOON)
        assert await store.resend_call(COMMANDS, first.number)
        second = await _claimed(store)
        assert second.attempts == 2
        assert await _end_in_every_way(store, first.number, 1) == [False] * 4

    @case
    async def test_ends_at_once_one_succeeds(self, trial: Trial) -> None:
        """Over two stores on the same data, of an answer and a give-up one is told that it ended the call."""
        stores = await trial.several(2)
        number = (await _claimed(stores[0])).number
        answers = await asyncio.gather(
            *(
                stores[turn % 2].answer_call(COMMANDS, number, 1, reply=str(turn), at=NOON)
                if turn % 3
                else stores[turn % 2].give_up_call(COMMANDS, number, 1, error=str(turn), at=NOON)
                for turn in range(20)
            )
        )
        assert answers.count(True) == 1
        found = await stores[1].call(COMMANDS, number)
        assert found is not None
        assert str(answers.index(True)) == (found.reply if answers.index(True) % 3 else found.error)

    @case
    async def test_workers_with_clocks_an_hour_apart_do_not_undo_each_other(self, trial: Trial) -> None:
        """The fast clock takes the call over early; the slow one's end is refused by the number of its attempt."""
        slow, fast = await trial.several(2)
        first = await _claimed(slow)
        taken = await fast.claim(COMMANDS, worker="fast", now=after(3600), lease=_MINUTE)
        assert taken is not None
        assert (taken.number, taken.attempts) == (first.number, 2)
        assert await slow.claim(COMMANDS, worker="slow", now=after(1), lease=_MINUTE) is None
        assert await _end_in_every_way(slow, first.number, first.attempts) == [False] * 4
        assert await fast.answer_call(COMMANDS, taken.number, taken.attempts, reply="{}", at=after(3601)) is True
        found = await slow.call(COMMANDS, first.number)
        assert found is not None
        assert (found.state, found.reply, found.worker) == (CallState.ANSWERED, "{}", "fast")
