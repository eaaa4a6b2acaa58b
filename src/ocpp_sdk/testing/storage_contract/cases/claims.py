"""Cases of `CallQueueStore`: which call is claimed next, and by whom."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from ocpp_sdk.storage.calls import CallState, NewCall, Queue
from ocpp_sdk.storage.store import Store
from ocpp_sdk.testing.storage_contract.examples import CP, NOON, after, call
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["ClaimContract"]

COMMANDS = Queue.COMMANDS
_MINUTE = timedelta(minutes=1)


async def _queue(store: Store, *calls: NewCall) -> None:
    for item in calls:
        await store.enqueue(COMMANDS, item)


async def _claim(store: Store, at: float = 0, identity: str | None = None, lease: timedelta = _MINUTE) -> str | None:
    """Claim a call, and return its key."""
    found = await store.claim(COMMANDS, worker="w", now=after(at), lease=lease, identity=identity)
    return None if found is None else found.key


async def _end(store: Store, key: str) -> None:
    """Answer a claimed call."""
    (found,) = (item for item in await store.calls(COMMANDS, state=CallState.CLAIMED) if item.key == key)
    assert await store.answer_call(COMMANDS, found.number, found.attempts, reply="{}", at=NOON)


class ClaimContract:
    """Claims."""

    @case
    async def test_claim_takes_the_oldest_and_tells_it_as_it_is_now(self, trial: Trial) -> None:
        """CLAIMED, with one attempt, the worker and the end of the lease; no call gives None."""
        store = await trial.open()
        assert await store.claim(COMMANDS, worker="w", now=NOON, lease=_MINUTE) is None
        queued = await store.enqueue(COMMANDS, call("k1", at=100))
        await store.enqueue(COMMANDS, call("k2", at=0))
        found = await store.claim(COMMANDS, worker="wörker", now=after(1), lease=timedelta(seconds=30.5))
        assert found == replace(queued, state=CallState.CLAIMED, attempts=1, worker="wörker", lease_until=after(31.5))
        assert await store.call(COMMANDS, queued.number) == found

    @case
    async def test_claim_gives_a_charge_point_one_call_in_flight(self, trial: Trial) -> None:
        """Ordered or not, the next one waits until the first has ended; other charge points do not."""
        store = await trial.open()
        await _queue(store, call("a1"), call("a2"), call("a3", ordered=False), call("b1", identity="CP-2"))
        assert [await _claim(store) for _ in range(3)] == ["a1", "b1", None]
        await _end(store, "a1")
        assert [await _claim(store), await _claim(store)] == ["a2", None]
        await _end(store, "a2")
        assert [await _claim(store), await _claim(store)] == ["a3", None]

    @case
    async def test_claim_holds_identities_that_fold_alike_for_one_charge_point(self, trial: Trial) -> None:
        """In flight, in order, and when one charge point is asked for."""
        store = await trial.open()
        await _queue(store, call("a1", identity="Straße"), call("a2", identity="STRASSE"), call("b", identity="x"))
        assert await _claim(store, identity="strasse") == "a1"
        assert [await _claim(store, identity="STRASSE"), await _claim(store)] == [None, "b"]

    @case
    async def test_claim_of_one_charge_point_passes_over_others(self, trial: Trial) -> None:
        """Also when others are older."""
        store = await trial.open()
        await _queue(store, call("a1"), call("b1", identity="CP-2"))
        assert await _claim(store, identity="cp-2") == "b1"
        assert [await _claim(store, identity="CP-2"), await _claim(store, identity="unknown")] == [None, None]
        assert await _claim(store, identity=CP) == "a1"

    @case
    async def test_claim_before_its_time_finds_nothing(self, trial: Trial) -> None:
        """The very moment counts as come."""
        store = await trial.open()
        await _queue(store, call("a1", not_before=10))
        assert [await _claim(store, 9.999999), await _claim(store, 10)] == [None, "a1"]

    @case
    async def test_claim_of_an_ordered_call_waits_for_the_earlier_ones(self, trial: Trial) -> None:
        """An ordered call that waits for its time holds back ordered ones, and those that are not may overtake it."""
        store = await trial.open()
        await _queue(store, call("o1", not_before=10), call("o2"), call("u1", ordered=False), call("u2", ordered=False))
        assert await _claim(store) == "u1"
        await _end(store, "u1")
        assert await _claim(store) == "u2"
        await _end(store, "u2")
        assert [await _claim(store), await _claim(store, 10)] == [None, "o1"]

    @case
    async def test_claim_of_an_ordered_call_does_not_wait_for_others(self, trial: Trial) -> None:
        """Calls that are not ordered, and have not come to their time, hold nothing back; nor do others."""
        store = await trial.open()
        await _queue(
            store,
            call("u1", ordered=False, not_before=10),
            call("b1", identity="CP-2", not_before=10),
            call("o1"),
        )
        assert await _claim(store) == "o1"

    @case
    async def test_claim_after_the_lease_takes_the_call_again(self, trial: Trial) -> None:
        """The very end of the lease counts as over; the attempts go on; an ordered one still goes first."""
        store = await trial.open()
        await _queue(store, call("o1"), call("o2"))
        assert [await _claim(store), await _claim(store, 59.999999)] == ["o1", None]
        found = await store.claim(COMMANDS, worker="other", now=after(60), lease=_MINUTE)
        assert found is not None
        assert (found.key, found.attempts, found.worker, found.lease_until) == ("o1", 2, "other", after(120))
        assert [await _claim(store, 119), await _claim(store, 120)] == [None, "o1"]

    @case
    async def test_claim_after_the_lease_prefers_the_smaller_number(self, trial: Trial) -> None:
        """A call that was let go of and one that waits are one line."""
        store = await trial.open()
        await _queue(store, call("u1", ordered=False, not_before=30), call("u2", ordered=False))
        assert await _claim(store) == "u2"
        assert await _claim(store, 60) == "u1"
        assert await _claim(store, 60) is None
        assert await _claim(store, 120) == "u1"

    @case
    async def test_claim_passes_over_expired_calls(self, trial: Trial) -> None:
        """The very moment counts as expired; an expired ordered call holds nothing back, and stays as it is."""
        store = await trial.open()
        await _queue(store, call("o1", expires=10), call("o2", expires=10.000001), call("o3"))
        assert await _claim(store, 10) == "o2"
        await _end(store, "o2")
        assert await _claim(store, 10) == "o3"
        await _end(store, "o3")
        assert await _claim(store, 10) is None
        assert [item.key for item in await store.calls(COMMANDS, state=CallState.WAITING)] == ["o1"]

    @case
    async def test_claim_of_a_call_that_expired_while_it_was_held(self, trial: Trial) -> None:
        """While the lease holds, the charge point has its call in flight; after it, the call is passed over."""
        store = await trial.open()
        await _queue(store, call("o1", expires=10), call("o2"))
        assert [await _claim(store), await _claim(store, 20)] == ["o1", None]
        assert await _claim(store, 60) == "o2"

    @case
    async def test_claim_skips_calls_that_have_ended(self, trial: Trial) -> None:
        """Answered, given up, cancelled and expired ones are not given out, and hold nothing back."""
        store = await trial.open()
        await _queue(store, *(call(f"o{turn}", expires=5 if turn == 3 else None) for turn in range(5)))
        assert await _claim(store) == "o0"
        await _end(store, "o0")
        assert await _claim(store) == "o1"
        found = (await store.calls(COMMANDS, state=CallState.CLAIMED))[0]
        assert await store.give_up_call(COMMANDS, found.number, 1, error="no", at=NOON)
        assert await store.cancel_call(COMMANDS, found.number + 1, error="no", at=NOON)
        assert [item.key for item in await store.expire_calls(COMMANDS, after(5))] == ["o3"]
        assert [await _claim(store, 6), await _claim(store, 999)] == ["o4", "o4"]

    @case
    async def test_200_claims_at_once_hand_out_each_call_once(self, trial: Trial) -> None:
        """Over four stores on the same data: no call is given to two, and none to nobody."""
        stores = await trial.several(4)
        queued = await asyncio.gather(
            *(stores[turn % 4].enqueue(COMMANDS, call("k", identity=f"CP-{turn}")) for turn in range(200))
        )
        claims = await asyncio.gather(
            *(stores[turn % 4].claim(COMMANDS, worker=f"w{turn}", now=NOON, lease=_MINUTE) for turn in range(200))
        )
        told = [found for found in claims if found is not None]
        assert sorted(found.number for found in told) == sorted(item.number for item in queued)
        assert await stores[0].claim(COMMANDS, worker="late", now=NOON, lease=_MINUTE) is None
        kept = {item.number: item.worker for item in await stores[1].calls(COMMANDS, limit=1000)}
        assert kept == {found.number: found.worker for found in told}

    @case
    async def test_claims_at_once_of_one_charge_point_give_out_one_call(self, trial: Trial) -> None:
        """Over four stores on the same data, though many calls wait that are not ordered."""
        stores = await trial.several(4)
        await asyncio.gather(*(stores[0].enqueue(COMMANDS, call(f"k{turn}", ordered=False)) for turn in range(40)))
        oldest = (await stores[0].calls(COMMANDS, limit=1))[0]
        claims = await asyncio.gather(
            *(stores[turn % 4].claim(COMMANDS, worker=f"w{turn}", now=NOON, lease=_MINUTE) for turn in range(40))
        )
        assert [found.number for found in claims if found is not None] == [oldest.number]

    @case
    async def test_workers_at_once_send_ordered_calls_in_order(self, trial: Trial) -> None:
        """Over four stores on the same data, each charge point's calls are answered by number, each once."""
        stores = await trial.several(4)
        for turn in range(24):
            await stores[0].enqueue(COMMANDS, call(f"k{turn:02}", identity=f"CP-{turn % 3}"))
        sent: list[tuple[str, str]] = []

        async def work(store: Store) -> None:
            while len(sent) < 24:
                found = await store.claim(COMMANDS, worker="w", now=NOON, lease=_MINUTE)
                if found is None:
                    await asyncio.sleep(0.01)
                    continue
                sent.append((found.identity, found.key))
                assert await store.answer_call(COMMANDS, found.number, found.attempts, reply="{}", at=NOON)

        await asyncio.gather(*map(work, stores))
        for identity in ("CP-0", "CP-1", "CP-2"):
            own = [key for who, key in sent if who == identity]
            assert own == sorted(set(own))
            assert len(own) == 8
