"""Cases of `TransactionStore`: what begins a transaction, and how transactions are listed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ocpp_sdk.errors import StorageError, StorageUnavailableError
from ocpp_sdk.storage.transfer import SequenceState, Topic
from ocpp_sdk.testing.storage_contract.examples import CP, after, start, stop
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["TransactionContract"]

_LAST_ID = 2_147_483_647


class TransactionContract:
    """Starts, and lists of transactions."""

    @case
    async def test_start_transaction_is_given_back_whole(self, trial: Trial) -> None:
        """Ids begin at 1 or later and rise; every field comes back."""
        store = await trial.open()
        first = replace(start(), reservation_id=17)
        outcome = await store.start_transaction(first)
        assert (outcome.repeated, outcome.others_active) == (False, 0)
        assert outcome.transaction.start == first
        assert (outcome.transaction.stop, outcome.transaction.problem) == (None, None)
        second = await store.start_transaction(start(connector_id=2))
        assert 1 <= outcome.transaction.transaction_id < second.transaction.transaction_id <= _LAST_ID
        store = await trial.reopen(store)
        assert await store.transaction(outcome.transaction.transaction_id) == outcome.transaction
        assert await store.transaction(second.transaction.transaction_id) == second.transaction
        assert await store.transaction(second.transaction.transaction_id + 1) is None

    @case
    async def test_start_transaction_repeated_gives_the_first(self, trial: Trial) -> None:
        """The case of identity and id tag, the zone of the time and the reservation do not make a start another one."""
        store = await trial.open()
        first = await store.start_transaction(start(identity="Straße", id_tag="Weiß"))
        for other in (
            start(identity="STRASSE", id_tag="WEISS"),
            replace(start(identity="strasse", id_tag="weiß"), reservation_id=5),
        ):
            again = await store.start_transaction(other)
            assert (again.repeated, again.transaction, again.others_active) == (True, first.transaction, 0)
        assert await store.transactions() == [first.transaction]

    @case
    async def test_start_transaction_repeated_after_its_stop_gives_the_stopped_one(self, trial: Trial) -> None:
        """A start that is sent again late begins nothing, and shows how its transaction ended."""
        store = await trial.open()
        first = (await store.start_transaction(start())).transaction
        await store.stop_transaction(stop(first.transaction_id), [], after(3600))
        again = await store.start_transaction(start())
        assert again.repeated
        assert again.transaction == replace(first, stop=stop(first.transaction_id))

    @case
    async def test_starts_that_differ_in_one_field_are_different(self, trial: Trial) -> None:
        """Charge point, connector, id tag, time to the microsecond and register each tell starts apart."""
        store = await trial.open()
        starts = [
            start(),
            start(identity="CP-2"),
            start(connector_id=2),
            start(id_tag="TAG2"),
            start(at=0.000001),
            start(meter=101),
        ]
        found = [await store.start_transaction(item) for item in starts]
        assert [outcome.repeated for outcome in found] == [False] * 6
        assert len({outcome.transaction.transaction_id for outcome in found}) == 6
        assert [outcome.others_active for outcome in found] == [0, 1, 2, 0, 3, 4]

    @case
    async def test_start_transaction_counts_the_other_active_ones_of_its_tag(self, trial: Trial) -> None:
        """Of all charge points, without case; stopped ones, those of other tags and itself do not count."""
        store = await trial.open()
        stopped = await store.start_transaction(start(id_tag="tag1"))
        await store.stop_transaction(stop(stopped.transaction.transaction_id), [], after(1))
        await store.start_transaction(start(identity="CP-2", id_tag="tag1"))
        await store.start_transaction(start(identity="CP-3", id_tag="other"))
        assert (await store.start_transaction(start(id_tag="Tag1", at=60))).others_active == 1
        assert (await store.start_transaction(start(id_tag="TAG1", at=60))).others_active == 1

    @case
    async def test_start_transaction_takes_the_last_id_and_then_fails(self, trial: Trial) -> None:
        """Ids end at the greatest 32-bit number; a start beyond is refused, one that came before is still found."""
        store = await trial.open()
        await store.load(Topic.SEQUENCES, [SequenceState(name="transaction_id", last=_LAST_ID - 1)])
        last = await store.start_transaction(start())
        assert last.transaction.transaction_id == _LAST_ID
        with pytest.raises(StorageError) as caught:
            await store.start_transaction(start(at=1))
        assert not isinstance(caught.value, StorageUnavailableError)
        assert (await store.start_transaction(start())).repeated
        assert len(await store.transactions()) == 1

    @case
    async def test_100_equal_starts_at_once_begin_one_transaction(self, trial: Trial) -> None:
        """Over two stores on the same data, one start is new and all are told the same transaction."""
        stores = await trial.several(2)
        outcomes = await asyncio.gather(*(stores[number % 2].start_transaction(start()) for number in range(100)))
        assert len({outcome.transaction.transaction_id for outcome in outcomes}) == 1
        assert [outcome.repeated for outcome in outcomes].count(False) == 1
        assert {outcome.others_active for outcome in outcomes} == {0}
        assert len(await stores[0].transactions()) == 1

    @case
    async def test_different_starts_at_once_get_different_ids(self, trial: Trial) -> None:
        """Over two stores on the same data, no id is given twice and no start is lost."""
        stores = await trial.several(2)
        starts = [start(connector_id=1 + number % 5, at=number) for number in range(60)]
        outcomes = await asyncio.gather(
            *(stores[number % 2].start_transaction(item) for number, item in enumerate(starts))
        )
        assert {outcome.repeated for outcome in outcomes} == {False}
        assert [outcome.transaction.start for outcome in outcomes] == starts
        assert len({outcome.transaction.transaction_id for outcome in outcomes}) == 60
        assert len(await stores[1].transactions(limit=1000)) == 60

    @case
    async def test_transactions_are_listed_newest_first_by_page(self, trial: Trial) -> None:
        """The greatest id comes first, pages meet, and filters combine."""
        store = await trial.open()
        begun = []
        for number in range(8):
            item = start(identity=f"CP-{number % 2}", id_tag=f"Tag{number % 4}", at=number)
            begun.append((await store.start_transaction(item)).transaction)
        ids = [item.transaction_id for item in begun]
        for number in (0, 3, 6):
            await store.stop_transaction(stop(ids[number], identity=f"CP-{number % 2}"), [], after(1))

        async def listed(*args: str, **kwargs: str | bool | int) -> list[int]:
            found = await store.transactions(*args, **kwargs)  # type: ignore[arg-type]  # as the caller means it
            return [ids.index(item.transaction_id) for item in found]

        assert await listed() == [7, 6, 5, 4, 3, 2, 1, 0]
        assert await listed("cp-1") == [7, 5, 3, 1]
        assert await listed(id_tag="TAG2") == [6, 2]
        assert await listed(open_only=True) == [7, 5, 4, 2, 1]
        assert await listed("CP-0", id_tag="tag2", open_only=True) == [2]
        assert await listed(limit=3) == [7, 6, 5]
        assert await listed(before=ids[5], limit=3) == [4, 3, 2]
        assert await listed("CP-1", before=ids[5], limit=1) == [3]
        assert await listed(open_only=True, before=ids[4]) == [2, 1]
        assert (await listed(before=ids[0]), await listed(limit=0), await listed("unknown")) == ([], [], [])

    @case
    async def test_registers_and_connectors_of_any_size_come_back(self, trial: Trial) -> None:
        """The ends of 32-bit numbers are numbers like others, and 0 is not nothing."""
        store = await trial.open()
        for meter in (0, -1, 2_147_483_647, -2_147_483_648):
            begun = await store.start_transaction(replace(start(meter=meter), reservation_id=0))
            await store.stop_transaction(stop(begun.transaction.transaction_id, meter=meter), [], after(1))
            found = await store.transaction(begun.transaction.transaction_id)
            assert found is not None
            assert found.stop is not None
            assert (found.start.meter_start_wh, found.stop.meter_stop_wh) == (meter, meter)
            assert found.start.reservation_id == 0
        assert {found.start.identity for found in await store.transactions()} == {CP}
