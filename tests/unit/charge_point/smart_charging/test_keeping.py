"""Profiles outlive a restart, and a store that fails loses none and brings none back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ocpp_sdk.errors import InternalError, StorageError
from ocpp_sdk.storage import Store
from ocpp_sdk.versions.domain import ChargingProfileFilter
from tests.unit.charge_point.smart_charging.bench import Bench, amperes, running, stored
from tests.unit.charge_point.smart_charging.examples import DEFAULT, HOUR, TX, after, profile

pytestmark = pytest.mark.anyio


async def test_profiles_are_there_again_after_a_restart(tmp_path: Path) -> None:
    """Each with all it had; the one of a transaction counts as long as that transaction runs."""
    url = f"sqlite:///{tmp_path / 'kept.db'}"
    full = profile(
        -3,
        DEFAULT,
        (0, "16.1", 3),
        (60, "8"),
        level=2,
        kind="Recurring",
        recurrency="Daily",
        unit="W",
        duration_s=7200,
        valid_from=after(-5.5),
        valid_to=after(10 * HOUR),
    )
    async with stored(url) as store:
        bench = Bench(store)
        await bench.smart.set_charging_profile(2, full)
        await bench.start()
        await bench.smart.set_charging_profile(1, profile(4, TX))
        await bench.smart.set_charging_profile(2, profile(5, level=2))
        await bench.smart.set_charging_profile(2, full)
        before = bench.smart.installed
    assert sorted(one.profile.profile_id for one in before) == [-3, 4]
    async with stored(url) as store:
        again = Bench(store)
        await again.smart.restore()
        assert sorted(again.smart.installed, key=str) == sorted(before, key=str)
        await again.start(key="key")
        async with running(again):
            assert [limit for _, number, limit in again.news() if number == 1] == [amperes("16.0")]
            await again.start(key="new")
            await again.clock.pass_time()
            assert [limit for _, number, limit in again.news() if number == 1] == [None]
        assert again.ids() == [-3]
    async with stored(url) as store:
        last = Bench(store)
        await last.smart.restore()
        assert last.ids() == [-3]


async def test_identities_do_not_see_the_profiles_of_each_other() -> None:
    """Whatever characters they have, and however long they are; case does not count."""
    async with stored() as store:
        for number, identity in enumerate(("a", "a/b", "a/7", "B" * 300)):
            await Bench(store, identity=identity).smart.set_charging_profile(0, profile(number + 1))
        for number, identity in enumerate(("A ", "a/b", "a/7", "b" * 300)):
            again = Bench(store, identity=identity)
            await again.smart.restore()
            assert again.ids() == [number + 1]


async def test_profile_on_disk_that_cannot_be_read_is_named_and_does_not_count() -> None:
    """The others do."""
    async with stored() as store:
        await Bench(store).smart.set_charging_profile(0, profile(1))
        await store.put_setting("charge_point.profile/cp1/2", '{"connector_id": 0}')
        bench = Bench(store)
        await bench.smart.restore()
        assert bench.ids() == [1]
        (line,) = bench.lines
        assert line.startswith("charging profile charge_point.profile/cp1/2: cannot be read and does not count: ")


class Refusing:
    """A store whose writes fail as often as the test says; everything else goes through."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.puts = self.removals = 0

    async def settings(self, prefix: str = "") -> dict[str, str]:
        return await self._store.settings(prefix)

    async def put_setting(self, key: str, value: str) -> None:
        self.puts -= 1
        if self.puts >= 0:
            raise StorageError("disk full")
        await self._store.put_setting(key, value)

    async def remove_setting(self, key: str) -> bool:
        self.removals -= 1
        if self.removals >= 0:
            raise StorageError("disk full")
        return await self._store.remove_setting(key)


@asynccontextmanager
async def refusing() -> AsyncIterator[tuple[Refusing, Store]]:
    """Open a store that can fail."""
    async with stored() as store:
        refuses = Refusing(store)
        yield refuses, refuses  # type: ignore[misc]  # it has the verbs that are used


async def test_profile_that_cannot_be_kept_is_a_fault_and_does_not_count() -> None:
    """The central system may send it again."""
    async with refusing() as (failing, store):
        bench = Bench(store)
        failing.puts = 1
        with pytest.raises(InternalError, match="could not be kept"):
            await bench.smart.set_charging_profile(0, profile(1))
        assert bench.ids() == []
        assert bench.lines == ["not kept: disk full"]
        assert await bench.smart.set_charging_profile(0, profile(1)) == "Accepted"


async def test_replaced_profile_does_not_come_back_though_the_store_failed_to_remove_it() -> None:
    """No later answer is given before it is gone for ever."""
    async with refusing() as (failing, store):
        bench = Bench(store)
        await bench.smart.set_charging_profile(0, profile(1))
        failing.removals = 2
        for _ in range(2):
            with pytest.raises(InternalError):
                await bench.smart.set_charging_profile(0, profile(2))
        crashed = Bench(store)
        await crashed.smart.restore()
        assert crashed.ids() == [2]
        assert await bench.smart.clear_charging_profile(ChargingProfileFilter(profile_id=2)) == "Accepted"
        assert await store.settings("charge_point.profile/") == {}


async def test_clear_that_fails_is_a_fault_and_may_be_repeated() -> None:
    """What is still on disk still counts."""
    async with refusing() as (failing, store):
        bench = Bench(store)
        await bench.smart.set_charging_profile(0, profile(1))
        failing.removals = 1
        with pytest.raises(InternalError):
            await bench.smart.clear_charging_profile(ChargingProfileFilter())
        assert bench.ids() == [1]
        assert await bench.smart.clear_charging_profile(ChargingProfileFilter()) == "Accepted"
        assert await store.settings("charge_point.profile/") == {}


async def test_transactions_begin_and_end_whatever_the_store_does() -> None:
    """The profile of the remote start counts; what could not be removed is removed with the next change."""
    async with refusing() as (failing, store):
        bench = Bench(store)
        failing.puts, failing.removals = 1, 1
        bench.smart.expect(1, "TAG", profile(1, TX))
        await bench.start(id_tag="TAG")
        assert bench.ids() == [1]
        await bench.stop()
        assert bench.ids() == []
        assert bench.lines == [
            "charging profile 1 of a remote start: not kept: disk full",
            "a charging profile that is over is still stored: disk full",
        ]
        await bench.smart.set_charging_profile(0, profile(2))
        assert list(await store.settings("charge_point.profile/")) == ["charge_point.profile/cp1/2"]
