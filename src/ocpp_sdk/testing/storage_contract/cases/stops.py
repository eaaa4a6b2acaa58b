"""Cases of `TransactionStore`: what ends a transaction, and what becomes of stops that end none."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage.store import Store
from ocpp_sdk.storage.transactions import TransactionRecord, TransactionStop
from ocpp_sdk.testing.storage_contract.examples import CP, after, sample, start, stop
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["StopContract"]


async def _begun(store: Store) -> TransactionRecord:
    return (await store.start_transaction(start(connector_id=3))).transaction


class StopContract:
    """Stops."""

    @case
    async def test_stop_transaction_closes_it_and_keeps_its_samples(self, trial: Trial) -> None:
        """All fields of the stop come back; the samples get the connector of the transaction."""
        store = await trial.open()
        begun = await _begun(store)
        number = begun.transaction_id
        sent = [sample("1", connector_id=0, transaction_id=number), sample("2", connector_id=0, transaction_id=number)]
        outcome = await store.stop_transaction(stop(number, identity=CP.lower()), sent, after(3601))
        assert (outcome.repeated, outcome.refused) == (False, None)
        store = await trial.reopen(store)
        found = await store.transaction(number)
        assert found == outcome.transaction
        assert found is not None
        assert found.stop is not None
        assert replace(found.stop, identity=CP) == stop(number)
        assert (found.start, found.problem) == (begun.start, None)
        kept = await store.samples()
        assert [(item.value, item.connector_id, item.transaction_id) for item in kept] == [
            ("1", 3, number),
            ("2", 3, number),
        ]
        assert await store.refused_stops() == []

    @case
    async def test_stop_transaction_without_tag_and_reason_gives_none_back(self, trial: Trial) -> None:
        """What a stop leaves out is None afterwards, and an empty text is not None."""
        store = await trial.open()
        bare = [TransactionStop(identity=CP, transaction_id=0, stopped_at=after(9), meter_stop_wh=200)]
        bare.append(replace(bare[0], id_tag="", reason=""))
        for at, item in enumerate(bare):
            number = (await store.start_transaction(start(at=at))).transaction.transaction_id
            await store.stop_transaction(replace(item, transaction_id=number), [], after(9))
            found = await store.transaction(number)
            assert found is not None
            assert found.stop == replace(item, transaction_id=number)

    @case
    async def test_stop_transaction_repeated_changes_nothing(self, trial: Trial) -> None:
        """The same time and register are the same stop, whatever else it says; its samples are not kept again."""
        store = await trial.open()
        number = (await _begun(store)).transaction_id
        first = await store.stop_transaction(stop(number), [sample()], after(3600))
        for again in (stop(number), replace(stop(number), id_tag=None, reason="Other")):
            outcome = await store.stop_transaction(again, [sample(), sample("other")], after(4000))
            assert (outcome.repeated, outcome.refused, outcome.transaction) == (True, None, first.transaction)
        assert await store.transaction(number) == first.transaction
        assert len(await store.samples()) == 1
        assert await store.refused_stops() == []

    @case
    async def test_stop_transaction_that_is_implausible_closes_it_with_a_note(self, trial: Trial) -> None:
        """A register or a clock that went back is told, and the transaction ends all the same."""
        store = await trial.open()
        number = (await _begun(store)).transaction_id
        outcome = await store.stop_transaction(stop(number, at=-5, meter=50), [], after(1))
        found = await store.transaction(number)
        assert found == outcome.transaction
        assert found is not None
        assert found.problem == "stopped before it started; meter went from 100 back to 50 Wh"

    @case
    async def test_second_stop_that_differs_is_refused_and_kept(self, trial: Trial) -> None:
        """The first stop stays; the second one, its samples and the reason are kept."""
        store = await trial.open()
        begun = await _begun(store)
        number = begun.transaction_id
        first = await store.stop_transaction(stop(number), [], after(3600))
        sent = [sample("9", connector_id=0, transaction_id=number)]
        outcome = await store.stop_transaction(stop(number, at=3700), sent, after(3701))
        assert (outcome.transaction, outcome.repeated) == (first.transaction, False)
        assert outcome.refused is not None
        assert await store.transaction(number) == first.transaction
        (kept,) = await store.refused_stops()
        assert (kept.stop, kept.why, kept.received_at) == (stop(number, at=3700), outcome.refused, after(3701))
        assert [(item.value, item.connector_id) for item in await store.samples()] == [("9", 3)]

    @case
    async def test_stop_of_an_unknown_transaction_is_refused_and_kept(self, trial: Trial) -> None:
        """Nothing of the charging is lost, and its samples stay with the connector they came with."""
        store = await trial.open()
        outcome = await store.stop_transaction(stop(77), [sample(connector_id=2, transaction_id=77)], after(3601))
        assert (outcome.transaction, outcome.repeated) == (None, False)
        (kept,) = await (await trial.reopen(store)).refused_stops()
        assert (kept.stop, kept.why, kept.received_at) == (stop(77), outcome.refused, after(3601))
        assert kept.number >= 1

    @case
    async def test_stop_of_another_charge_points_transaction_is_refused(self, trial: Trial) -> None:
        """It ends nothing, learns nothing of the transaction, and its samples keep their connector."""
        store = await trial.open()
        begun = await _begun(store)
        number = begun.transaction_id
        foreign = stop(number, identity="CP-2")
        outcome = await store.stop_transaction(foreign, [sample(identity="CP-2", connector_id=8)], after(1))
        assert outcome.transaction is None
        assert outcome.refused is not None
        assert await store.transaction(number) == begun
        assert [kept.stop for kept in await store.refused_stops("cp-2")] == [foreign]
        assert [item.connector_id for item in await store.samples("CP-2")] == [8]

    @case
    async def test_refused_stop_repeated_is_kept_once(self, trial: Trial) -> None:
        """Charge point without case, transaction id, time and register make it the same; its samples are kept once."""
        store = await trial.open()
        for again in (stop(77), stop(77, identity=CP.lower()), replace(stop(77), id_tag=None, reason=None)):
            outcome = await store.stop_transaction(again, [sample(transaction_id=77)], after(3601))
            assert outcome.refused is not None
        assert len(await store.refused_stops()) == 1
        assert len(await store.samples()) == 1
        for other in (stop(78), stop(77, at=1), stop(77, meter=1), stop(77, identity="CP-2")):
            await store.stop_transaction(other, [], after(3601))
        assert len(await store.refused_stops()) == 5

    @case
    async def test_refused_stops_are_listed_newest_first_by_page(self, trial: Trial) -> None:
        """Numbers fall, pages meet, and one charge point can be asked for alone."""
        store = await trial.open()
        for number in range(6):
            await store.stop_transaction(stop(100 - number, identity=f"CP-{number % 2}"), [], after(number))
        whole = await store.refused_stops()
        assert [kept.stop.transaction_id for kept in whole] == [95, 96, 97, 98, 99, 100]
        assert [kept.number for kept in whole] == sorted({kept.number for kept in whole}, reverse=True)
        assert await store.refused_stops(limit=2) == whole[:2]
        assert await store.refused_stops(before=whole[1].number, limit=2) == whole[2:4]
        assert await store.refused_stops("cp-1") == whole[0::2]
        assert await store.refused_stops("CP-1", before=whole[0].number, limit=1) == [whole[2]]
        assert (await store.refused_stops(limit=0), await store.refused_stops("unknown")) == ([], [])

    @case
    async def test_stop_transaction_with_a_sample_that_cannot_be_kept_ends_nothing(self, trial: Trial) -> None:
        """The stop and its samples are one write: a sample without a zone leaves the transaction running."""
        store = await trial.open()
        begun = await _begun(store)
        bad = replace(sample(), sampled_at=after(0).replace(tzinfo=None))
        with pytest.raises((ValueError, StorageError)):
            await store.stop_transaction(stop(begun.transaction_id), [sample(), bad], after(1))
        assert await store.transaction(begun.transaction_id) == begun
        assert await store.samples() == []

    @case
    async def test_different_stops_at_once_one_ends_the_transaction(self, trial: Trial) -> None:
        """Over two stores on the same data, one stop wins; each of the others is refused and kept."""
        stores = await trial.several(2)
        number = (await _begun(stores[0])).transaction_id
        stops = [stop(number, at=3600 + step) for step in range(20)]
        outcomes = await asyncio.gather(
            *(stores[step % 2].stop_transaction(item, [], after(step)) for step, item in enumerate(stops))
        )
        (winner,) = (step for step, outcome in enumerate(outcomes) if outcome.refused is None)
        found = await stores[1].transaction(number)
        assert found is not None
        assert found.stop == stops[winner]
        kept = [item.stop for item in await stores[0].refused_stops()]
        assert sorted(kept, key=lambda item: item.stopped_at) == stops[:winner] + stops[winner + 1 :]

    @case
    async def test_equal_stops_at_once_are_one(self, trial: Trial) -> None:
        """Over two stores on the same data, one is new and the others are repetitions; samples are kept once."""
        stores = await trial.several(2)
        number = (await _begun(stores[0])).transaction_id
        sent = [sample(transaction_id=number)]
        outcomes = await asyncio.gather(
            *(stores[step % 2].stop_transaction(stop(number), sent, after(1)) for step in range(20))
        )
        assert [outcome.repeated for outcome in outcomes].count(False) == 1
        assert {outcome.refused for outcome in outcomes} == {None}
        assert len(await stores[0].samples()) == 1
        assert await stores[0].refused_stops() == []
