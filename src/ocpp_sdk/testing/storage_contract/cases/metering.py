"""Cases of `MeterStore`."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage.metering import MeterSample
from ocpp_sdk.testing.storage_contract.examples import CP, after, sample
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["MeterContract"]


class MeterContract:
    """Sampled values."""

    @case
    async def test_add_samples_is_given_back_whole_and_in_order(self, trial: Trial) -> None:
        """Every field comes back, what was not told as None; numbers rise in the order of the request."""
        store = await trial.open()
        sent = [
            sample("12.50", transaction_id=7),
            MeterSample(identity=CP, connector_id=0, sampled_at=after(5), value="DEADBEEF"),
            replace(sample("-1"), context="", unit=""),
            sample("12.50", transaction_id=7),
        ]
        assert await store.add_samples(sent) is True
        assert await store.add_samples([sample("next")]) is True
        found = await (await trial.reopen(store)).samples()
        assert [replace(item, number=None) for item in found] == [*sent, sample("next")]
        numbers = [item.number for item in found if item.number is not None]
        assert numbers == sorted(set(numbers))
        assert len(numbers) == 5

    @case
    async def test_add_samples_of_nothing_keeps_nothing(self, trial: Trial) -> None:
        """No samples are never new."""
        store = await trial.open()
        assert [await store.add_samples([]), await store.add_samples([])] == [False, False]
        assert await store.samples() == []

    @case
    async def test_add_samples_repeated_are_not_kept_again(self, trial: Trial) -> None:
        """A request that is sent again, even much later or with its identity in another case, adds nothing."""
        store = await trial.open()
        sent = [sample("1", at=1), sample("2", at=2)]
        assert await store.add_samples(sent) is True
        for number in range(5):
            assert await store.add_samples([sample(f"between {number}")]) is True
        store = await trial.reopen(store)
        assert await store.add_samples(sent) is False
        assert await store.add_samples([replace(item, identity=CP.lower()) for item in sent]) is False
        assert len(await store.samples()) == 7

    @case
    async def test_add_samples_that_differ_in_anything_are_new(self, trial: Trial) -> None:
        """Order, number, each field and the charge point tell requests apart."""
        store = await trial.open()
        one, two = sample("1"), sample("2")
        requests: list[list[MeterSample]] = [
            [one, two],
            [two, one],
            [one],
            [one, one],
            [one, two, two],
            [replace(one, value="1.0")],
            [replace(one, unit="kWh")],
            [replace(one, unit=None)],
            [replace(one, phase="L2")],
            [replace(one, connector_id=2)],
            [replace(one, transaction_id=1)],
            [replace(one, sampled_at=after(0.000001))],
            [replace(one, identity="CP-2")],
        ]
        for request in requests:
            assert await store.add_samples(request) is True, request
        for request in requests:
            assert await store.add_samples(request) is False, request
        assert len(await store.samples()) == sum(map(len, requests))

    @case
    async def test_add_samples_of_two_charge_points_is_a_value_error(self, trial: Trial) -> None:
        """Nothing of it is kept; spellings that fold alike are one charge point."""
        store = await trial.open()
        with pytest.raises(ValueError, match=r".+"):
            await store.add_samples([sample(), sample(identity="CP-2")])
        assert await store.samples() == []
        assert await store.add_samples([sample("1"), sample("2", identity=CP.lower())]) is True
        assert len(await store.samples(CP)) == 2

    @case
    async def test_add_samples_with_one_that_cannot_be_kept_keeps_none(self, trial: Trial) -> None:
        """All or none, and a corrected request with the same good samples is new."""
        store = await trial.open()
        good = [sample(str(number)) for number in range(3)]
        bad = replace(sample(), sampled_at=after(0).replace(tzinfo=None))
        with pytest.raises((ValueError, StorageError)):
            await store.add_samples([*good, bad])
        assert await store.samples() == []
        assert await store.add_samples(good) is True

    @case
    async def test_equal_requests_at_once_are_kept_once(self, trial: Trial) -> None:
        """Over two stores on the same data, one of them is new."""
        stores = await trial.several(2)
        sent = [sample("1"), sample("2")]
        answers = await asyncio.gather(*(stores[number % 2].add_samples(sent) for number in range(30)))
        assert answers.count(True) == 1
        assert len(await stores[1].samples()) == 2

    @case
    async def test_different_requests_at_once_are_all_kept(self, trial: Trial) -> None:
        """Each keeps its own order, numbers are unique, and none is lost."""
        stores = await trial.several(2)
        requests = [[sample(f"{number}/{step}") for step in range(4)] for number in range(40)]
        answers = await asyncio.gather(
            *(stores[number % 2].add_samples(request) for number, request in enumerate(requests))
        )
        assert answers == [True] * 40
        found = await stores[0].samples()
        assert len({item.number for item in found}) == 160
        for number in range(40):
            own = [item.value for item in found if item.value.startswith(f"{number}/")]
            assert own == [f"{number}/{step}" for step in range(4)]

    @case
    async def test_samples_are_filtered_and_read_by_page(self, trial: Trial) -> None:
        """Filters combine, and pages of each meet without gap or overlap."""
        store = await trial.open()
        for number in range(12):
            await store.add_samples(
                [
                    sample(
                        str(number),
                        identity=f"Cp-{number % 2}",
                        connector_id=number % 3,
                        transaction_id=None if number % 4 == 0 else number % 4,
                    )
                ]
            )
        whole = await store.samples()
        assert [item.value for item in whole] == [str(number) for number in range(12)]
        assert await store.samples("CP-1") == whole[1::2]
        assert await store.samples(connector_id=0) == whole[0::3]
        assert await store.samples(transaction_id=2) == whole[2::4]
        assert await store.samples("cp-0", connector_id=2, transaction_id=2) == [whole[2]]
        read: list[MeterSample] = []
        while page := await store.samples("cp-0", after=read[-1].number or 0 if read else 0, limit=4):
            read += page
        assert read == whole[0::2]
        assert whole[4].number is not None
        assert await store.samples(after=whole[4].number, limit=3) == whole[5:8]
        assert (await store.samples(limit=0), await store.samples("unknown")) == ([], [])
        assert await store.samples(transaction_id=99) == []
