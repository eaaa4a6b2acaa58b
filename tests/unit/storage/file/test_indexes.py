"""Indexes save time when a store opens, and change nothing else."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ocpp_sdk.storage.transfer import Topic
from ocpp_sdk_backends.file import lines, recovery
from ocpp_sdk_backends.file.indexes import index_name, read_index
from ocpp_sdk_backends.file.segments import segment_name
from tests.unit.storage.file.folders import NOON, message, opened, sample, sample_values

COUNT = 120


async def fill(folder: Path) -> None:
    """Store samples and messages in many segments, and forget some of the messages."""
    async with opened(folder, segment_bytes=20_000) as store:
        for number in range(1, COUNT + 1):
            await store.record_message(message(number))
            await store.add_samples([sample(number, f"CP-{number % 3}"), sample(number + 1000, f"CP-{number % 3}")])
        assert await store.forget_messages(message(40).at, limit=10) == 10


async def looked_up(folder: Path) -> tuple[object, ...]:
    """Return what is found by all that can be looked up."""
    async with opened(folder) as store:
        again = await store.add_samples([sample(7, "CP-1"), sample(1007, "CP-1")])
        return (
            again,
            await store.samples("cp-1", limit=10**6),
            await store.samples(connector_id=1, after=50, limit=10**6),
            await store.messages("CP", since=message(30).at, until=message(60).at),
            await store.messages(operation="Heartbeat", text="9"),
            await store.charge_points(),
        )


def indexes(folder: Path) -> list[Path]:
    """Return the files of all indexes."""
    return sorted(folder.glob("index-*"))


def segments_in(folder: Path) -> list[Path]:
    """Return the files of all segments."""
    return sorted(folder.glob("segment-*"))


def remove(path: Path) -> None:
    """Remove an index."""
    path.unlink()


def damage(path: Path) -> None:
    """Flip a bit of an index."""
    data = bytearray(path.read_bytes())
    data[random.Random(len(data)).randrange(len(data))] ^= 4
    path.write_bytes(data)


def cut(path: Path) -> None:
    """Cut an index short."""
    path.write_bytes(path.read_bytes()[:200])


def exchange(path: Path) -> None:
    """Put the index of another segment in its place."""
    others = [other for other in indexes(path.parent) if other != path]
    path.write_bytes(others[0].read_bytes())


@pytest.mark.parametrize("harm", [remove, damage, cut, exchange])
def test_store_without_good_indexes_is_the_same(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    """One that does not fit its segment is passed over."""
    asyncio.run(fill(tmp_path))
    assert len(indexes(tmp_path)) > 3
    with_indexes = asyncio.run(looked_up(tmp_path))
    assert with_indexes[0] is False
    for path in indexes(tmp_path):
        harm(path)
    assert asyncio.run(looked_up(tmp_path)) == with_indexes


def test_open_with_indexes_reads_few_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the complete segments are not read one by one."""
    asyncio.run(fill(tmp_path))
    number = int(indexes(tmp_path)[0].name[6:12])
    data = (tmp_path / segment_name(number)).read_bytes()
    assert read_index(tmp_path, number, data) is not None
    assert read_index(tmp_path, number, data + b"x") is None
    read = 0
    real = lines.record_of

    def counting(kind: type[object], text: bytes) -> object:
        nonlocal read
        read += 1
        return real(kind, text)

    monkeypatch.setattr(recovery, "record_of", counting)
    asyncio.run(looked_up(tmp_path))
    with_indexes, read = read, 0
    for path in indexes(tmp_path):
        path.unlink()
    asyncio.run(looked_up(tmp_path))
    assert with_indexes < read / 3


def test_segment_that_is_damaged_is_refused_whatever_its_index_says(tmp_path: Path) -> None:
    """An index is no proof that its segment is still whole."""
    asyncio.run(fill(tmp_path))
    number = int(indexes(tmp_path)[0].name[6:12])
    path = tmp_path / segment_name(number)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(Exception, match=f"{path.name} is damaged at byte"):
        asyncio.run(looked_up(tmp_path))


def test_segment_that_is_removed_takes_its_index_along(tmp_path: Path) -> None:
    """Nothing is left behind."""

    async def write() -> None:
        async with opened(tmp_path, segment_bytes=20_000) as store:
            for number in range(1, 100):
                await store.record_message(message(number))
            await store.forget_messages(NOON.replace(year=2030))
            for number in range(100, 160):
                await store.put_setting("key", f"{number} {'x' * 1000}")
        segments = {path.name.partition("-")[2] for path in segments_in(tmp_path)}
        assert {path.name.partition("-")[2] for path in indexes(tmp_path)} <= segments
        assert len(segments) < 5

    asyncio.run(write())


def test_segment_that_is_written_anew_has_an_index(tmp_path: Path) -> None:
    """So the store still opens fast when most messages are forgotten."""

    async def write() -> None:
        async with opened(tmp_path, segment_bytes=20_000) as store:
            for number in range(1, 100):
                await store.record_message(message(number))
                await store.add_samples([sample(number)])
            before = {path.name: path.stat().st_size for path in segments_in(tmp_path)}
            await store.forget_messages(NOON.replace(year=2030))
            for number in range(100, 160):
                await store.put_setting("key", f"{number} {'x' * 1000}")
        for number in (1, 2, 3):
            path = tmp_path / segment_name(number)
            assert path.stat().st_size < before[path.name]
            index = read_index(tmp_path, number, path.read_bytes())
            assert index is not None
            assert len(index.tables["samples"].numbers) > 3
            assert len(index.tables["sample_requests"].unique_numbers()) > 3
        async with opened(tmp_path) as store:
            assert await sample_values(store) == [str(number) for number in range(1, 100)]
            assert await store.add_samples([sample(3)]) is False

    asyncio.run(write())


def test_numbers_that_were_loaded_out_of_order_are_found_after_opening(tmp_path: Path) -> None:
    """And a record that was loaded in place of another one is the one that counts."""

    async def write() -> None:
        async with opened(tmp_path, segment_bytes=3000) as store:
            for first in (500, 100, 300, 100):
                for step in range(0, 40, 5):
                    numbers = range(first + step, first + step + 5)
                    await store.load(
                        Topic.SAMPLES,
                        [replace(sample(number), number=number, value=f"{first}/{step}") for number in numbers],
                    )
            await store.put_setting("x", "y" * 4000)
            found = await sample_values(store)
        assert index_name(2) in {path.name for path in indexes(tmp_path)}
        async with opened(tmp_path) as store:
            assert await sample_values(store) == found
            assert len(found) == 120
            numbers_found = [one.number or 0 for one in await store.samples(limit=1000)]
            assert numbers_found == sorted(numbers_found)

    asyncio.run(write())
