"""Cases of `CallQueueStore`: how a claim ends, and what the holder of an old one can do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from ocpp_sdk.storage.calls import Answer, CallState, FollowingCallStore, Queue, QueuedCall
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


def _following(store: Store) -> Callable[..., Awaitable[tuple[list[bool], list[QueuedCall]]]]:
    """Return the verb for the ends of calls and the next claim, which a store may have."""
    if not hasattr(store, FollowingCallStore.answer_and_claim.__name__):
        pytest.skip("it has no verb for the ends of calls and the next claim")
    return cast("FollowingCallStore", store).answer_and_claim


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
        both = _following(store)
        for key in ("a", "b", "c"):
            await store.enqueue(COMMANDS, call(key))
        first = await store.claim(COMMANDS, worker="w", now=after(1), lease=timedelta(seconds=60), identity=CP)
        assert first is not None
        of_next = {"at": after(8), "worker": "v", "lease": timedelta(seconds=30), "identity": CP}
        ended, (second,) = await both(COMMANDS, [Answer(first.number, 1, "{}", after(7))], **of_next)
        assert ended == [True]
        assert (second.key, second.state, second.attempts, second.worker) == ("b", CallState.CLAIMED, 1, "v")
        assert second.lease_until == after(38)
        assert await store.call(COMMANDS, second.number) == second
        found = await store.call(COMMANDS, first.number)
        assert found is not None
        assert (found.state, found.reply, found.ended_at) == (CallState.ANSWERED, "{}", after(7))
        again = [Answer(first.number, 1, "{}", after(8))]
        assert await both(COMMANDS, again, **of_next) == ([False], []), "the second one is in flight"
        ended, (third,) = await both(COMMANDS, [Answer(second.number, 1, "{}", after(8))], **of_next)
        assert (ended, third.key) == ([True], "c")
        assert await both(COMMANDS, [Answer(third.number, 1, "{}", after(8))], **of_next) == ([True], [])
        assert await both(COMMANDS, [Answer(10**6, 1, "{}", after(8))], **of_next) == ([False], [])

    @case
    async def test_answer_and_claim_ends_each_call_that_is_still_claimed(self, trial: Trial) -> None:
        """Those of a run at once; one that was put back meanwhile is not ended, and comes next."""
        store = await trial.open()
        both = _following(store)
        for key in ("a", "b", "c", "d"):
            await store.enqueue(COMMANDS, call(key))
        of_run = {"worker": "w", "lease": _MINUTE, "identity": CP, "run_of": {"Reset"}}
        _, run = await both(COMMANDS, [], at=after(1), at_most=3, **of_run)
        assert [one.key for one in run] == ["a", "b", "c"]
        assert await store.retry_call(COMMANDS, run[1].number, 1, error="no route", not_before=None)
        answers = [Answer(one.number, 1, f'"{one.key}"', after(turn)) for turn, one in enumerate(run, 2)]
        ended, following = await both(COMMANDS, answers, at=after(9), at_most=8, **of_run)
        assert ended == [True, False, True]
        assert [(one.key, one.attempts, one.lease_until) for one in following] == [
            ("b", 2, after(69)),
            ("d", 1, after(69)),
        ]
        found = [await store.call(COMMANDS, one.number) for one in run]
        assert [(one.state, one.reply, one.ended_at) for one in found if one is not None] == [
            (CallState.ANSWERED, '"a"', after(2)),
            (CallState.CLAIMED, None, None),
            (CallState.ANSWERED, '"c"', after(4)),
        ]

    @case
    async def test_answer_and_claim_takes_a_run_up_to_what_may_not_follow(self, trial: Trial) -> None:
        """Another operation, a time that has not come, the greatest number; what has expired is passed over."""
        store = await trial.open()
        both = _following(store)
        queued = [
            call("a", operation="M"),
            call("late", operation="M", expires=5),
            call("b", operation="N", not_before=10),
            call("other lane", operation="M", identity="CP-2"),
            call("c", operation="M", ordered=False),
            call("x", operation="Reset"),
            call("d", operation="M"),
            call("e", operation="M", not_before=11),
            call("f", operation="M"),
            call("g", operation="M"),
        ]
        for one in queued:
            await store.enqueue(COMMANDS, one)
        answers: list[Answer] = []
        taken = []
        of_run = {"worker": "w", "lease": _MINUTE, "identity": CP, "run_of": {"M", "N"}}
        for at, at_most in ((10, 8), (10, 8), (10, 8), (11, 2), (11, 2)):
            ended, run = await both(COMMANDS, answers, at=after(at), at_most=at_most, **of_run)
            assert all(ended)
            assert {(one.state, one.lease_until, one.worker, one.attempts) for one in run} == {
                (CallState.CLAIMED, after(at + 60), "w", 1)
            }
            assert [await store.call(COMMANDS, one.number) for one in run] == run
            answers = [Answer(one.number, 1, "{}", after(at)) for one in run]
            taken.append([one.key for one in run])
        assert taken == [["a", "b", "c"], ["x"], ["d"], ["e", "f"], ["g"]]

    @case
    async def test_answer_and_claim_takes_one_where_a_run_would_overtake(self, trial: Trial) -> None:
        """What overtakes an ordered call that waits for its time is alone; so is one whose lease has run out."""
        store = await trial.open()
        both = _following(store)
        of_run = {"worker": "w", "lease": _MINUTE, "identity": CP, "run_of": {"Reset"}, "at_most": 8}
        await store.enqueue(COMMANDS, call("waits", not_before=30))
        for key, ordered in (("a", False), ("b", True)):
            await store.enqueue(COMMANDS, call(key, ordered=ordered))
        _, (alone,) = await both(COMMANDS, [], at=NOON, **of_run)
        assert alone.key == "a"
        _, run = await both(COMMANDS, [Answer(alone.number, 1, "{}", NOON)], at=after(30), **of_run)
        assert [one.key for one in run] == ["waits", "b"]
        await store.enqueue(COMMANDS, call("c"))
        assert await both(COMMANDS, [], at=after(89), **of_run) == ([], [])
        _, lapsed = await both(COMMANDS, [], at=after(90), **of_run)
        assert [(one.key, one.attempts) for one in lapsed] == [("waits", 2)]

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
