"""Copies of stores: whole, interrupted, refused, and found to differ."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.storage import IdTagRecord, Store, TransactionStart, open_store
from ocpp_sdk.storage.copying import PREFIX, CopyProgress, CopyStep, copy_store
from ocpp_sdk.testing.storage_contract.filling import dump_all, fill

pytestmark = pytest.mark.anyio

START = TransactionStart(
    identity="new", connector_id=1, id_tag="A", started_at=datetime(2026, 1, 1, tzinfo=UTC), meter_start_wh=0
)


class PowerCutError(Exception):
    """Ends a copy from outside."""


class Cut:
    """Ends a copy after some steps; a `ProgressObserver`."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def __call__(self, progress: CopyProgress) -> None:
        self.left -= 1
        if self.left < 0:
            raise PowerCutError


@pytest.fixture
async def source() -> AsyncIterator[Store]:
    """Give a store with records of every topic."""
    store = await open_store("memory:")
    await fill(store)
    yield store
    await store.close()


@pytest.fixture
async def target() -> AsyncIterator[Store]:
    """Give an empty store."""
    store = await open_store("memory:")
    yield store
    await store.close()


async def test_copy_holds_every_record_and_goes_on_counting_where_the_source_does(source: Store, target: Store) -> None:
    """Both stores are equal, also in what they give out next."""
    result = await copy_store(source, target, source_name="S", page=3)
    assert (result.differences, result.continued) == ((), False)
    assert all(result.records.values())
    assert await dump_all(target) == await dump_all(source)
    assert await target.start_transaction(START) == await source.start_transaction(START)
    assert await target.new_reservation_id() == await source.new_reservation_id()


async def test_copy_tells_how_far_it_is(source: Store, target: Store) -> None:
    """Each topic is told to its end in each step, and what is done comes to what there is to do."""
    heard: list[CopyProgress] = []
    result = await copy_store(source, target, source_name="S", page=3, on_progress=heard.append)
    for step in CopyStep:
        ended = {one.topic: one.topic_done for one in heard if one.step is step and one.topic_ended}
        assert ended == result.records
    done = [one.done for one in heard]
    assert done == sorted(done)
    assert heard[-1].done == heard[-1].total == 3 * sum(result.records.values())


async def test_copy_that_ended_early_goes_on(source: Store, target: Store) -> None:
    """Wherever it ended, the next runs finish it, and nothing of the copy itself stays in the target."""
    for runs in range(1, 100):
        try:
            result = await copy_store(source, target, source_name="S", page=2, on_progress=Cut(10 * runs))
        except PowerCutError:
            continue
        break
    else:
        raise AssertionError("the copy never ended")
    assert runs > 3
    assert (result.differences, result.continued) == ((), True)
    assert await dump_all(target) == await dump_all(source)
    assert await target.settings(PREFIX) == {}


@pytest.mark.parametrize(
    ("tag", "difference"),
    [
        (IdTagRecord(id_tag="foreign"), "id_tags: 2 records in the source, 3 in the target"),
        (IdTagRecord(id_tag="tag1", status="Blocked"), "id_tags: 2 records in both, but not the same"),
    ],
)
async def test_copy_that_somebody_wrote_to_is_found_to_differ(
    source: Store, target: Store, tag: IdTagRecord, difference: str
) -> None:
    """Number and checksum of every topic are compared at the end, also of what was copied before an interruption."""
    with pytest.raises(PowerCutError):
        await copy_store(source, target, source_name="S", on_progress=Cut(8))
    await target.put_id_tag(tag)
    result = await copy_store(source, target, source_name="S")
    assert result.differences == (difference,)


async def test_copy_to_a_store_that_is_not_empty_is_refused(source: Store, target: Store) -> None:
    """Nothing of it is touched."""
    await target.put_setting("mine", "1")
    before = await dump_all(target)
    with pytest.raises(ConfigurationError, match="the target is not empty, it holds settings; copy to an empty one"):
        await copy_store(source, target, source_name="S")
    assert await dump_all(target) == before


async def test_copy_to_a_part_of_another_copy_is_refused(source: Store, target: Store) -> None:
    """Two sources are never mixed; the part itself is no source either."""
    with pytest.raises(PowerCutError):
        await copy_store(source, target, source_name="S", on_progress=Cut(3))
    with pytest.raises(ConfigurationError, match="the target holds an unfinished copy of S"):
        await copy_store(source, target, source_name="other")
    other = await open_store("memory:")
    with pytest.raises(ConfigurationError, match="T is itself an unfinished copy"):
        await copy_store(target, other, source_name="T")


async def test_copy_of_an_empty_store_is_refused(target: Store) -> None:
    """A mistyped URL is no source."""
    empty = await open_store("memory:")
    with pytest.raises(ConfigurationError, match="typo holds nothing; is this the right URL"):
        await copy_store(empty, target, source_name="typo")


async def test_copy_keeps_settings_that_look_like_its_own_but_are_not(source: Store, target: Store) -> None:
    """Only what begins with the prefix is the copy's."""
    await source.put_setting(PREFIX[:-1], "x")
    await copy_store(source, target, source_name="S")
    assert await target.setting(PREFIX[:-1]) == "x"
