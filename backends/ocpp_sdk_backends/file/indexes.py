"""What is looked up in a segment that is complete, beside it, so that it need not be read record by record.

Only of records that stay as they were stored: most of a large store. An index counts only if the segment is, byte for
byte, the one it was made of; without it the store opens as well, and takes longer.
"""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from ocpp_sdk.storage.keyed import Facts, Group
from ocpp_sdk_backends.file.disk import put_in_place
from ocpp_sdk_backends.file.frames import DamageError, FormatError, after_opening, frame, frames, opening_line

__all__ = ["SegmentIndex", "TableIndex", "index_name", "read_index", "write_index"]

_UNIQUE: Final = 16


class TableIndex:
    """The records of one table in a segment.

    Attributes:
        numbers: of the records.
        offsets: of their frames, in the same order.
        times: of the records, in the same order; empty if nobody asks for them.
        groups: numbers by group.
        uniques: what only one record may have, one after the other; empty if there is no such thing.
        size: how many bytes they have.
    """

    def __init__(self) -> None:
        self.numbers = array("q")
        self.offsets = array("q")
        self.times = array("q")
        self.groups: dict[Group, array[int]] = {}
        self.uniques = bytearray()
        self.size = 0

    def add(self, number: int, offset: int, size: int, facts: Facts) -> None:
        """Take note of a record."""
        self.numbers.append(number)
        self.offsets.append(offset)
        self.size += size
        if facts.time is not None:
            self.times.append(facts.time)
        if facts.unique is not None:
            self.uniques += facts.unique
        for group in facts.groups:
            members = self.groups.get(group)
            if members is None:
                members = self.groups[group] = array("q")
            members.append(number)

    def moved(self, offsets: Mapping[int, int], sizes: Mapping[int, int]) -> TableIndex:
        """Return the index of a segment that was written anew.

        Args:
            offsets: new ones of the frames, by number of the records that are left.
            sizes: bytes of these records.
        """
        new = TableIndex()
        kept = [position for position, number in enumerate(self.numbers) if number in offsets]
        new.numbers = array("q", [self.numbers[position] for position in kept])
        new.offsets = array("q", [offsets[number] for number in new.numbers])
        new.size = sum(sizes[number] for number in new.numbers)
        if self.times:
            new.times = array("q", [self.times[position] for position in kept])
        if self.uniques:
            parts = (self.uniques[position * _UNIQUE : (position + 1) * _UNIQUE] for position in kept)
            new.uniques = bytearray(b"".join(parts))
        for group, members in self.groups.items():
            if left := [number for number in members if number in offsets]:
                new.groups[group] = array("q", left)
        return new

    def unique_numbers(self) -> dict[bytes, int]:
        """Return the number of the record that has what only one may have."""
        uniques = bytes(self.uniques)
        keys = (uniques[begin : begin + _UNIQUE] for begin in range(0, len(uniques), _UNIQUE))
        return dict(zip(keys, self.numbers, strict=True)) if uniques else {}

    def is_ascending_from(self, last: int) -> bool:
        """Return whether the numbers ascend, and all are greater than another one."""
        before = last
        for number in self.numbers:
            if number <= before:
                return False
            before = number
        return True


class SegmentIndex:
    """The records of a segment.

    Attributes:
        tables: those that stay as they were stored.
        others: offsets of the frames that have other records with numbers.
    """

    def __init__(self) -> None:
        self.tables: dict[str, TableIndex] = {}
        self.others = array("q")

    def table(self, name: str) -> TableIndex:
        """Return the index of a table."""
        found = self.tables.get(name)
        if found is None:
            found = self.tables[name] = TableIndex()
        return found

    def add_other(self, offset: int) -> None:
        """Take note of a frame with another record."""
        if not self.others or self.others[-1] != offset:
            self.others.append(offset)


def index_name(number: int) -> str:
    """Return the name of the file of the index of a segment."""
    return f"index-{number:06}.journal"


def write_index(folder: Path, number: int, data: bytes, index: SegmentIndex) -> None:
    """Write the index of a segment.

    Args:
        folder: of the store.
        number: of the segment.
        data: all of the segment.
        index: of it.

    Raises:
        OSError: there is none.
    """
    tables = {
        name: {
            "records": len(table.numbers),
            "times": len(table.times),
            "uniques": len(table.uniques),
            "size": table.size,
            "groups": [[group, len(members)] for group, members in table.groups.items()],
        }
        for name, table in index.tables.items()
    }
    about = {"order": sys.byteorder, "size": len(data), "sum": crc32(data), "others": len(index.others)}
    parts = [opening_line("index"), frame(json.dumps({**about, "tables": tables}).encode(), 0)]
    columns = [index.others.tobytes()]
    for table in index.tables.values():
        columns += [table.numbers.tobytes(), table.offsets.tobytes(), table.times.tobytes(), bytes(table.uniques)]
        columns += [members.tobytes() for members in table.groups.values()]
    parts.append(frame(b"".join(columns), 0))
    put_in_place(folder / index_name(number), parts)


def read_index(folder: Path, number: int, data: bytes) -> SegmentIndex | None:
    """Return the index of a segment, None if there is none that can be trusted.

    Args:
        folder: of the store.
        number: of the segment.
        data: all of the segment.
    """
    try:
        raw = (folder / index_name(number)).read_bytes()
        about, columns = (found.body for found in frames(raw, after_opening(raw, "index")))
        described = json.loads(about)
        fits = (described["order"], described["size"]) == (sys.byteorder, len(data)) and described["sum"] == crc32(data)
        return _index_of(described, columns) if fits else None
    except (OSError, ValueError, KeyError, TypeError, FormatError, DamageError):
        return None


def _index_of(described: Any, data: bytes) -> SegmentIndex:  # noqa: ANN401 - as JSON has it
    columns = _Columns(data)
    index = SegmentIndex()
    index.others = columns.numbers(described["others"])
    for name, about in described["tables"].items():
        table = index.table(name)
        table.numbers = columns.numbers(about["records"])
        table.offsets = columns.numbers(about["records"])
        table.times = columns.numbers(about["times"])
        table.uniques = bytearray(columns.take(about["uniques"]))
        table.size = about["size"]
        for group, members in about["groups"]:
            table.groups[tuple(group) if isinstance(group, list) else group] = columns.numbers(members)
    return index


class _Columns:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._offset = 0

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        begin, self._offset = self._offset, self._offset + size
        return self._data[begin : self._offset]

    def numbers(self, count: int) -> array[int]:
        """Return the next numbers."""
        found = array("q")
        found.frombytes(self.take(count * found.itemsize))
        return found
