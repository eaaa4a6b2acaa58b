"""The segments of a journal, and the records that lie in them."""

from __future__ import annotations

import os
import weakref
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage.keyed import Facts, Numbered
from ocpp_sdk_backends.file.disk import said
from ocpp_sdk_backends.file.frames import HEAD, DamageError, Frame, frame_at
from ocpp_sdk_backends.file.indexes import SegmentIndex
from ocpp_sdk_backends.file.lines import lines_of, record_line, record_of

__all__ = ["Segment", "Segments", "place", "segment_name"]

R = TypeVar("R")

_OFFSET_BITS: Final = 40
_FIRST_READ: Final = 4096
_LARGE_READ: Final = 1 << 24
_FEW: Final = 4


def segment_name(number: int) -> str:
    """Return the name of the file of a segment."""
    return f"segment-{number:06}.journal"


def place(file: int, offset: int) -> int:
    """Return the place of a frame as one number."""
    return file << _OFFSET_BITS | offset


class Segment:
    """One file of the journal.

    Attributes:
        path: of the file.
        number: position in the journal.
        file: number of the file within this process; a segment that is written anew gets another one.
        size: of the file in bytes.
        records: how many records with numbers were written to it, by table.
        sizes: how many bytes they have, by table.
        live: how many of them still count, by table.
        index: of its records, until that is written or if it is not worth it.
    """

    def __init__(self, path: Path, number: int, file: int) -> None:
        self.path = path
        self.number = number
        self.file = file
        self.size = path.stat().st_size
        self.records: Counter[str] = Counter()
        self.sizes: Counter[str] = Counter()
        self.live: Counter[str] = Counter()
        self.index: SegmentIndex | None = None
        self._fd = os.open(path, os.O_RDWR)
        # Who still reads from a file that was replaced keeps it open.
        self._close = weakref.finalize(self, os.close, self._fd)

    @property
    def fd(self) -> int:
        """Descriptor of the open file."""
        return self._fd

    @property
    def live_records(self) -> int:
        """How many records still count."""
        return sum(self.live.values())

    @property
    def live_bytes(self) -> int:
        """About how many bytes still count."""
        return sum(self.sizes[name] * live // self.records[name] for name, live in self.live.items() if live)

    def wrote(self, table: str, size: int, *, counts: bool = True) -> None:
        """Take note of a record that was written."""
        self.records[table] += 1
        self.sizes[table] += size
        self.live[table] += counts

    def note(self, table: Numbered[Any], number: int, facts: Facts, offset: int, size: int) -> None:
        """Take note of what is looked up about a record that was written."""
        if self.index is None:
            return
        if table.is_final:
            self.index.table(table.name).add(number, offset, size, facts)
        else:
            self.index.add_other(offset)

    def frame(self, offset: int) -> Frame:
        """Read a frame.

        Raises:
            StorageError: it cannot be read, or is damaged.
        """
        try:
            data = os.pread(self._fd, _FIRST_READ, offset)
            missing = HEAD + int(data[18:26], 16) - len(data)
            if missing > 0:
                data += os.pread(self._fd, missing, offset + len(data))
            found = frame_at(data, 0)
        except OSError as error:
            raise StorageError(f"{self.path} cannot be read: {said(error)}") from error
        except (DamageError, ValueError) as error:
            raise StorageError(f"{self.path} is damaged at byte {offset}: {error}") from error
        return found

    def read(self) -> bytes:
        """Return all of the file, even if another one has its name by now."""
        parts, offset = [], 0
        while part := os.pread(self._fd, _LARGE_READ, offset):
            parts.append(part)
            offset += len(part)
        return b"".join(parts)

    def close(self) -> None:
        """Give the file back."""
        self._close()


class Segments:
    """All segments, as the archive of the tables."""

    def __init__(self) -> None:
        self.by_number: OrderedDict[int, Segment] = OrderedDict()
        self._by_file: dict[int, Segment] = {}
        self._files = 0

    def open(self, path: Path, number: int) -> Segment:
        """Open the file of a segment, without letting it take part yet."""
        self._files += 1
        return Segment(path, number, self._files)

    def take(self, segment: Segment) -> None:
        """Let a segment take part; of another one of the same number only what is moved counts from now on."""
        self.by_number[segment.number] = segment
        self._by_file[segment.file] = segment

    def forget(self, segment: Segment) -> None:
        """Let a file take part no longer, in which nothing counts."""
        del self._by_file[segment.file]
        if self.by_number.get(segment.number) is segment:
            del self.by_number[segment.number]

    def at(self, place: int) -> tuple[Segment, int]:
        """Return the segment and the offset of a place."""
        return self._by_file[place >> _OFFSET_BITS], place & ((1 << _OFFSET_BITS) - 1)

    def left(self, table: str, place: int) -> None:
        """Take note that the record at a place counts no longer."""
        if place:
            self._by_file[place >> _OFFSET_BITS].live[table] -= 1

    def read(self, table: Numbered[R], number: int, place: int) -> R:
        """Return one record, see `Archive`."""
        segment, offset = self.at(place)
        return read_frame(segment, offset, table.name, table.kind, [number])[number]

    def locate(self, places: Iterable[tuple[int, int]]) -> dict[tuple[Segment, int], list[int]]:
        """Return by frame the numbers of the records to read from it."""
        found: dict[tuple[Segment, int], list[int]] = {}
        for number, where in places:
            found.setdefault(self.at(where), []).append(number)
        return found

    def close(self) -> None:
        """Give all files back."""
        for segment in self._by_file.values():
            segment.close()
        self._by_file.clear()


def read_frame(segment: Segment, offset: int, name: str, kind: type[R], numbers: Sequence[int]) -> dict[int, R]:
    """Return some records of one frame by number.

    Raises:
        StorageError: they cannot be read.
    """
    body = segment.frame(offset).body
    texts: dict[int, bytes | None]
    if len(numbers) <= _FEW:
        texts = {number: record_line(body, name, number) for number in numbers}
    else:
        lines = {int(sign): text for table, sign, text in lines_of(body) if table == name and sign != b"-"}
        texts = {number: lines.get(number) for number in numbers}
    found: dict[int, Any] = {}
    for number, text in texts.items():
        if text is None:
            raise StorageError(f"{segment.path} is damaged at byte {offset}: {name} {number} is not there")
        try:
            found[number] = record_of(kind, text)
        except ValueError as error:
            raise StorageError(f"{segment.path} is damaged at byte {offset}: {name} {number} is none") from error
    return found
