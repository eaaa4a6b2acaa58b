"""How a store in a folder opens after whatever happened to its files."""

import asyncio
import random
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk_backends.file.frames import frame
from tests.unit.storage.file.folders import FIRST, crash_image, opened, sample, settings_of

HEADER = len(b"ocpp-sdk journal format 1\n")


def folder_with(path: Path, data: bytes) -> Path:
    """Make a folder with one segment."""
    path.mkdir()
    (path / FIRST).write_bytes(data)
    return path


def test_open_after_the_last_record_was_torn_anywhere_keeps_all_before(tmp_path: Path) -> None:
    """Whatever byte it ends with, the rest is cut off and told, and the store goes on from there."""
    data, ends = asyncio.run(crash_image(tmp_path / "whole", 3))
    for end in range(ends[1] + 1, ends[2]):
        folder = folder_with(tmp_path / str(end), data[:end])
        with capture_logs() as logs:
            assert list(asyncio.run(settings_of(folder))) == ["key-0", "key-1"]
        (warning,) = logs
        assert (warning["log_level"], warning["offset"]) == ("warning", ends[1])
        assert warning["removed_bytes"] == end - ends[1]
        with capture_logs() as logs:
            assert list(asyncio.run(settings_of(folder))) == ["key-0", "key-1"]
        assert logs == []


def test_open_after_a_crash_without_damage_reports_nothing(tmp_path: Path) -> None:
    """All records are there."""
    data, _ = asyncio.run(crash_image(tmp_path / "whole", 3))
    with capture_logs() as logs:
        assert len(asyncio.run(settings_of(folder_with(tmp_path / "crashed", data)))) == 3
    assert logs == []


@pytest.mark.parametrize("tail", [b"\0" * 4096, b"~", b"garbage\n", b"~" * 100])
def test_open_with_garbage_at_the_end_cuts_it_off(tmp_path: Path, tail: bytes) -> None:
    """As a file system leaves it when the power fails."""
    data, _ = asyncio.run(crash_image(tmp_path / "whole", 3))
    folder = folder_with(tmp_path / "torn", data + tail)
    with capture_logs() as logs:
        assert len(asyncio.run(settings_of(folder))) == 3
    assert len(logs) == 1
    assert (folder / FIRST).read_bytes() == data


def test_open_with_a_flipped_bit_before_the_last_record_is_refused_with_file_and_offset(tmp_path: Path) -> None:
    """Any bit of a record that was acknowledged, since later ones follow it."""
    data, ends = asyncio.run(crash_image(tmp_path / "whole", 3))
    folder = folder_with(tmp_path / "damaged", data)
    chance = random.Random(4)
    for position in range(HEADER, ends[1]):
        damaged = bytearray(data)
        damaged[position] ^= 1 << chance.randrange(8)
        (folder / FIRST).write_bytes(damaged)
        with pytest.raises(ConfigurationError) as caught:
            asyncio.run(settings_of(folder))
        line = str(caught.value)
        begin = HEADER if position < ends[0] else ends[0]
        assert line.startswith(f"{folder / FIRST} is damaged at byte {begin}: ")
        assert "\n" not in line
        assert (folder / FIRST).read_bytes() == damaged


def test_open_with_a_flipped_bit_after_an_orderly_close_is_refused(tmp_path: Path) -> None:
    """Even in the last record, since the end of the journal was marked."""
    asyncio.run(crash_image(tmp_path, 2))
    data = bytearray((tmp_path / FIRST).read_bytes())
    data[data.index(b"value-1")] ^= 1
    (tmp_path / FIRST).write_bytes(data)
    with pytest.raises(ConfigurationError, match="is damaged at byte"):
        asyncio.run(settings_of(tmp_path))


def test_open_with_one_of_the_last_writes_records_missing_cuts_off_the_whole_rest(tmp_path: Path) -> None:
    """Blocks of one write reach the disk in any order, and none of it was acknowledged."""
    data, ends = asyncio.run(crash_image(tmp_path / "whole", 1))
    parts = [frame(b'settings = {"key":"%d","value":""}\n' % number, ends[0]) for number in range(3)]
    folder = folder_with(tmp_path / "torn", data + parts[0] + b"\0" * len(parts[1]) + parts[2])
    with capture_logs() as logs:
        assert list(asyncio.run(settings_of(folder))) == ["0", "key-0"]
    assert logs[0]["offset"] == ends[0] + len(parts[0])


def test_open_of_a_later_format_is_refused(tmp_path: Path) -> None:
    """It says what to do, and changes nothing."""
    data = b"ocpp-sdk journal format 2\nwhatever\n"
    folder = folder_with(tmp_path / "later", data)
    with pytest.raises(
        ConfigurationError, match="has format 2, and this version of ocpp-sdk reads up to 1; use a later"
    ):
        asyncio.run(settings_of(folder))
    assert (folder / FIRST).read_bytes() == data


@pytest.mark.parametrize("data", [b"", b"ocpp-sdk snapshot format 1\n", b"\0" * 100, b"ocpp-sdk journal format x\n"])
def test_open_of_a_segment_that_begins_otherwise_is_refused(tmp_path: Path, data: bytes) -> None:
    """A segment comes into being with its first line, so no crash of ours leaves that."""
    with pytest.raises(ConfigurationError, match="is damaged at byte 0"):
        asyncio.run(settings_of(folder_with(tmp_path / "other", data)))


@pytest.mark.parametrize("line", [b"settings = {}\n", b"samples x {}\n", b"nothing = {}\n", b"settings\n"])
def test_open_with_a_record_that_is_none_is_refused(tmp_path: Path, line: bytes) -> None:
    """A checksum that fits does not make it a record."""
    data, ends = asyncio.run(crash_image(tmp_path / "whole", 1))
    folder = folder_with(tmp_path / "odd", data + frame(line, ends[0]))
    with pytest.raises(ConfigurationError, match=f"is damaged at byte {ends[0]}: a record is none"):
        asyncio.run(settings_of(folder))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_open_without_one_of_the_segments_is_refused(tmp_path: Path, number: int) -> None:
    """It names the one that is missing."""

    async def fill() -> None:
        async with opened(tmp_path, segment_bytes=2000) as store:
            for value in range(60):
                await store.add_samples([sample(value)])

    asyncio.run(fill())
    assert len(list(tmp_path.glob("segment-*"))) > 4
    (tmp_path / f"segment-{number:06}.journal").unlink()
    with pytest.raises(ConfigurationError, match=f"segment-{number:06}.journal is missing"):
        asyncio.run(settings_of(tmp_path))
