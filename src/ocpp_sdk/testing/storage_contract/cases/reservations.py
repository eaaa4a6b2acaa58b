"""Cases of `ReservationStore`."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ocpp_sdk.errors import StorageError, StorageUnavailableError
from ocpp_sdk.storage.reservations import Reservation, ReservationState
from ocpp_sdk.storage.transfer import SequenceState, Topic
from ocpp_sdk.testing.storage_contract.examples import CP, after, reservation
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["ReservationContract"]

_LAST_ID = 2_147_483_647


class ReservationContract:
    """Reservations."""

    @case
    async def test_new_reservation_id_is_never_given_twice(self, trial: Trial) -> None:
        """Over two stores on the same data at once, and after they were closed."""
        stores = await trial.several(2)
        ids = await asyncio.gather(*(stores[number % 2].new_reservation_id() for number in range(60)))
        ids.append(await (await trial.reopen(stores[0])).new_reservation_id())
        assert len(set(ids)) == 61
        assert min(ids) >= 1
        assert max(ids) <= _LAST_ID

    @case
    async def test_new_reservation_id_takes_the_last_and_then_fails(self, trial: Trial) -> None:
        """Ids end at the greatest 32-bit number."""
        store = await trial.open()
        await store.load(Topic.SEQUENCES, [SequenceState(name="reservation_id", last=_LAST_ID - 1)])
        assert await store.new_reservation_id() == _LAST_ID
        with pytest.raises(StorageError) as caught:
            await store.new_reservation_id()
        assert not isinstance(caught.value, StorageUnavailableError)

    @case
    async def test_put_reservation_is_given_back_whole(self, trial: Trial) -> None:
        """Every field comes back; an id is known within its charge point only."""
        store = await trial.open()
        bare = Reservation(
            identity=CP, reservation_id=2, connector_id=0, id_tag="T", expires_at=after(1), state=ReservationState.USED
        )
        await store.put_reservation(reservation(1))
        await store.put_reservation(bare)
        store = await trial.reopen(store)
        assert await store.reservation(CP.lower(), 1) == reservation(1)
        assert await store.reservation(CP, 2) == bare
        assert await store.reservation("CP-2", 1) is None
        assert await store.reservation(CP, 3) is None

    @case
    async def test_put_reservation_again_replaces_all_of_it(self, trial: Trial) -> None:
        """Also the state: a reservation that had ended is active again."""
        store = await trial.open()
        await store.put_reservation(reservation(1))
        await store.end_reservation(CP, 1, ReservationState.CANCELLED)
        again = replace(reservation(1, connector_id=2, expires=7), id_tag="T2", parent_id_tag=None)
        await store.put_reservation(again)
        assert await store.reservations() == [again]

    @case
    async def test_end_reservation_ends_an_active_one_once(self, trial: Trial) -> None:
        """It is returned in its new state; one that ended before, or is unknown, gives None."""
        store = await trial.open()
        await store.put_reservation(reservation(1))
        ended = await store.end_reservation(CP.lower(), 1, ReservationState.USED)
        assert ended == replace(reservation(1), state=ReservationState.USED)
        assert await store.end_reservation(CP, 1, ReservationState.CANCELLED) is None
        assert await store.end_reservation(CP, 2, ReservationState.CANCELLED) is None
        assert await store.end_reservation("CP-2", 1, ReservationState.CANCELLED) is None
        assert await store.reservation(CP, 1) == ended

    @case
    async def test_end_reservation_at_once_one_ends_it(self, trial: Trial) -> None:
        """Over two stores on the same data, one call is told the reservation."""
        stores = await trial.several(2)
        await stores[0].put_reservation(reservation(1))
        states = [ReservationState.USED, ReservationState.CANCELLED, ReservationState.EXPIRED] * 7
        answers = await asyncio.gather(
            *(stores[number % 2].end_reservation(CP, 1, state) for number, state in enumerate(states))
        )
        (winner,) = (answer for answer in answers if answer is not None)
        assert await stores[1].reservation(CP, 1) == winner

    @case
    async def test_expire_reservations_ends_those_whose_time_has_come(self, trial: Trial) -> None:
        """The very moment counts as come; ended ones and other charge points are left alone."""
        store = await trial.open()
        for number, expires in ((1, 10), (2, 20), (3, 20.000001), (4, 10)):
            await store.put_reservation(reservation(number, expires=expires))
        await store.put_reservation(reservation(5, identity="CP-2", expires=10))
        await store.end_reservation(CP, 4, ReservationState.USED)
        assert await store.expire_reservations(after(9)) == []
        found = await store.expire_reservations(after(20), CP.lower())
        assert sorted((item.identity, item.reservation_id, item.state) for item in found) == [
            (CP, 1, ReservationState.EXPIRED),
            (CP, 2, ReservationState.EXPIRED),
        ]
        assert [item.reservation_id for item in await store.expire_reservations(after(20))] == [5]
        assert await store.expire_reservations(after(20)) == []
        states = [(item.reservation_id, item.state.value) for item in await store.reservations()]
        assert states == [(1, "Expired"), (2, "Expired"), (3, "Active"), (4, "Used"), (5, "Expired")]

    @case
    async def test_expire_reservations_at_once_each_is_told_to_one(self, trial: Trial) -> None:
        """Over two stores on the same data, no reservation is returned by two calls, and none by no call."""
        stores = await trial.several(2)
        await asyncio.gather(*(stores[0].put_reservation(reservation(1 + number)) for number in range(30)))
        answers = await asyncio.gather(*(stores[number % 2].expire_reservations(after(3600)) for number in range(8)))
        told = [item.reservation_id for answer in answers for item in answer]
        assert sorted(told) == list(range(1, 31))

    @case
    async def test_reservations_are_listed_by_identity_and_id(self, trial: Trial) -> None:
        """Ids sort as numbers; filters and limit combine."""
        store = await trial.open()
        for identity, number in (("b", 2), ("A", 10), ("A", 9), ("b", 1), ("A", -1)):
            await store.put_reservation(reservation(number, identity=identity))
        await store.end_reservation("A", 9, ReservationState.USED)

        async def listed(identity: str | None = None, **kwargs: int) -> list[tuple[str, int]]:
            found = await store.reservations(identity, **kwargs)  # type: ignore[arg-type]  # a bool is an int
            return [(item.identity, item.reservation_id) for item in found]

        assert await listed() == [("A", -1), ("A", 9), ("A", 10), ("b", 1), ("b", 2)]
        assert await listed("a", active_only=True) == [("A", -1), ("A", 10)]
        assert await listed(active_only=True, limit=3) == [("A", -1), ("A", 10), ("b", 1)]
        assert (await listed(limit=0), await listed("unknown")) == ([], [])
