"""Cases of `Store`: ping, close, cancelled callers, limits."""

from __future__ import annotations

import asyncio

import pytest

from ocpp_sdk.errors import StorageError, StorageUnavailableError
from ocpp_sdk.storage.calls import Queue
from ocpp_sdk.storage.store import Store
from ocpp_sdk.testing.storage_contract.examples import message, sample, start
from ocpp_sdk.testing.storage_contract.filling import fill
from ocpp_sdk.testing.storage_contract.under_test import Trial, case
from ocpp_sdk.testing.storage_contract.verbs import LISTS, VERBS

__all__ = ["LifecycleContract"]


class LifecycleContract:
    """A store as a whole."""

    @case
    async def test_every_verb_works_on_an_empty_store(self, trial: Trial) -> None:
        """None of them needs what another one has stored; ping is silent."""
        store = await trial.open()
        names = {name for name in dir(Store) if not name.startswith("_")}
        assert set(VERBS) == names - {"close"}
        for name, verb in VERBS.items():
            try:
                await verb(store)
            except Exception as error:  # whatever it is, it is told with the verb
                pytest.fail(f"{name}: {error!r}")

    @case
    async def test_every_verb_of_a_closed_store_raises_storage_error(self, trial: Trial) -> None:
        """And not that it cannot be reached now, since it never will be; close may be repeated."""
        store = await trial.open()
        await store.put_setting("k", "v")
        await store.close()
        await store.close()
        for name, verb in VERBS.items():
            (answer,) = await asyncio.gather(verb(store), return_exceptions=True)
            assert isinstance(answer, StorageError), f"{name}: {answer!r}"
            assert not isinstance(answer, StorageUnavailableError), f"{name}: {answer!r}"
            assert len(str(answer).splitlines()) == 1, f"{name}: {answer!r}"
        await store.close()

    @case
    async def test_close_finishes_what_was_asked(self, trial: Trial) -> None:
        """Writes that were under way are answered as if nothing had been, and are there afterwards."""
        store = await trial.open()
        writes = [asyncio.create_task(store.record_message(message(str(number)))) for number in range(20)]
        await asyncio.sleep(0)
        await store.close()
        numbers = await asyncio.wait_for(asyncio.gather(*writes), 30)
        assert len(set(numbers)) == 20
        if trial.under_test.durable:
            assert len(await (await trial.open()).messages()) == 20

    @case
    async def test_close_ends_a_wait_for_calls(self, trial: Trial) -> None:
        """Whoever waits is let go, with or without an error of the store."""
        store = await trial.open()
        waiters = [asyncio.create_task(store.wait_for_call(queue, timeout_s=600)) for queue in Queue]
        await asyncio.sleep(0.02)
        await store.close()
        for answer in await asyncio.wait_for(asyncio.gather(*waiters, return_exceptions=True), 30):
            assert answer is None or isinstance(answer, StorageError)

    @case
    async def test_limit_below_one_gives_an_empty_list(self, trial: Trial) -> None:
        """Of a store that has something everywhere."""
        store = await trial.open()
        await fill(store)
        for name, listing in LISTS.items():
            assert (await listing(store, 0), await listing(store, -5)) == ([], []), name

    @case
    async def test_cancelled_callers_leave_the_store_whole(self, trial: Trial) -> None:
        """Writes of others are kept, those of cancelled ones are kept whole or not at all, and it goes on."""
        store = await trial.open()
        for turn in range(5):
            writes = [
                asyncio.create_task(store.add_samples([sample(f"{turn}/{number}/{step}") for step in range(3)]))
                for number in range(20)
            ]
            for _ in range(turn * turn):
                await asyncio.sleep(0)
            for write in writes[::2]:
                write.cancel()
            answers = await asyncio.wait_for(asyncio.gather(*writes, return_exceptions=True), 30)
            assert answers[1::2] == [True] * 10
            assert all(answer is True or isinstance(answer, asyncio.CancelledError) for answer in answers)
        kept = {item.value for item in await store.samples(limit=10_000)}
        for turn in range(5):
            for number in range(20):
                own = sum(f"{turn}/{number}/{step}" in kept for step in range(3))
                assert own == 3 if number % 2 else own in {0, 3}, (turn, number)
        again = [sample(f"0/0/{step}") for step in range(3)]
        assert await store.add_samples(again) is ("0/0/0" not in kept)

    @case
    async def test_cancelled_readers_and_starts_do_not_hold_up_others(self, trial: Trial) -> None:
        """Whoever asks afterwards is answered."""
        store = await trial.open()
        for turn in range(30):
            tasks = [
                asyncio.create_task(store.start_transaction(start(at=turn))),
                asyncio.create_task(store.transactions()),
                asyncio.create_task(store.new_reservation_id()),
            ]
            for _ in range(turn):
                await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 30)
        outcomes = [await store.start_transaction(start(at=turn)) for turn in range(30)]
        assert len({outcome.transaction.transaction_id for outcome in outcomes}) == 30
        assert len(await store.transactions(limit=1000)) == 30
        await store.ping()
