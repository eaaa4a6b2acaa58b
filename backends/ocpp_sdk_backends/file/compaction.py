"""How the folder is kept small: snapshots, and segments written anew without what counts no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ocpp_sdk.storage.keyed import Numbered, Tables
from ocpp_sdk_backends.file.disk import put_in_place
from ocpp_sdk_backends.file.frames import HEAD, after_opening, frame, frames, opening_line
from ocpp_sdk_backends.file.indexes import SegmentIndex, index_name, read_index, write_index
from ocpp_sdk_backends.file.lines import lines_of
from ocpp_sdk_backends.file.segments import Segment, Segments, place
from ocpp_sdk_backends.file.snapshots import Capture, snapshot_name, write_snapshot

__all__ = ["Compaction"]

_AT_ONCE: Final = 2000
_LEAST_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class _Entry:
    """A record in a segment.

    Attributes:
        offset: of its frame.
        table: its table.
        number: its number.
        text: the record.
    """

    offset: int
    table: str
    number: int
    text: bytes


class Compaction:
    """Work on the segments before the last one, while others write to that.

    Attributes:
        snapshot: number of the segment at which the newest snapshot was made; 0 for no snapshot.
    """

    def __init__(self, folder: Path, tables: Tables, segments: Segments, snapshot: int) -> None:
        self.snapshot = snapshot
        self._folder = folder
        self._segments = segments
        self._tables: dict[str, Numbered[Any]] = {table.name: table for table in tables.numbered()}

    async def run(self, captured: Capture) -> None:
        """Write a snapshot, then remove or rewrite the segments that are worth it.

        Raises:
            OSError: some of it was not done, and can be done another time.
        """
        await asyncio.to_thread(write_snapshot, self._folder, captured)
        before, self.snapshot = self.snapshot, captured.boundary
        if before:
            self._remove(snapshot_name(before))
        for segment in list(self._segments.by_number.values()):
            if segment.number < captured.boundary and segment.number not in captured.segments:
                segment.path.unlink()
                self._remove(index_name(segment.number))
                self._segments.forget(segment)
        for segment in list(self._segments.by_number.values()):
            # One in which nothing is left goes with the next snapshot.
            if segment.number < captured.boundary and segment.live_records and _is_worth_it(segment):
                await self._rewrite(segment)
        for segment in list(self._segments.by_number.values()):
            if segment.number < captured.boundary and segment.index is not None:
                index, segment.index = segment.index, None
                await asyncio.to_thread(_write_index, segment, index)

    def _remove(self, name: str) -> None:
        with suppress(FileNotFoundError):
            (self._folder / name).unlink()

    async def _rewrite(self, old: Segment) -> None:
        entries, index = await asyncio.to_thread(_look_through, old)
        kept: list[_Entry] = []
        for begin in range(0, len(entries), _AT_ONCE):
            some = entries[begin : begin + _AT_ONCE]
            kept += [entry for entry in some if self._counts(entry, old)]
            await asyncio.sleep(0)
        self._remove(index_name(old.number))
        offsets = await asyncio.to_thread(_write_anew, old.path, kept)
        new = self._segments.open(old.path, old.number)
        new.index = None if index is None else self._moved(index, kept, offsets)
        self._segments.take(new)
        for begin in range(0, len(kept), _AT_ONCE):
            for entry, offset in zip(kept[begin : begin + _AT_ONCE], offsets[begin : begin + _AT_ONCE], strict=True):
                self._move(entry, old, new, offset)
            await asyncio.sleep(0)
        self._segments.forget(old)

    def _moved(self, index: SegmentIndex, kept: list[_Entry], offsets: list[int]) -> SegmentIndex | None:
        """Return the index of what was kept, None if that cannot be told from the old one."""
        new = SegmentIndex()
        places: dict[str, dict[int, int]] = {}
        sizes: dict[str, dict[int, int]] = {}
        for entry, offset in zip(kept, offsets, strict=True):
            if self._tables[entry.table].is_final:
                places.setdefault(entry.table, {})[entry.number] = offset
                sizes.setdefault(entry.table, {})[entry.number] = len(entry.text)
            else:
                new.add_other(offset)
        for name, by_number in places.items():
            new.tables[name] = index.table(name).moved(by_number, sizes[name])
            if len(new.tables[name].numbers) != len(by_number):
                return None
        return new

    def _counts(self, entry: _Entry, segment: Segment) -> bool:
        return self._tables[entry.table].counts(entry.number, place(segment.file, entry.offset))

    def _move(self, entry: _Entry, old: Segment, new: Segment, offset: int) -> None:
        table, size = self._tables[entry.table], len(entry.text)
        moved = table.move(entry.number, place(old.file, entry.offset), place(new.file, offset))
        new.wrote(entry.table, size, counts=moved)
        old.live[entry.table] -= moved


def _is_worth_it(segment: Segment) -> bool:
    return segment.size > _LEAST_BYTES and segment.live_bytes * 2 < segment.size


def _write_index(segment: Segment, index: SegmentIndex) -> None:
    write_index(segment.path.parent, segment.number, segment.read(), index)


def _look_through(segment: Segment) -> tuple[list[_Entry], SegmentIndex | None]:
    data = segment.read()
    index = segment.index or read_index(segment.path.parent, segment.number, data)
    return list(_entries(data)), index


def _entries(data: bytes) -> Iterator[_Entry]:
    for found in frames(data, after_opening(data, "journal")):
        for name, sign, text in lines_of(found.body):
            if sign not in {b"=", b"-"}:
                yield _Entry(found.offset, name, int(sign), text)


def _write_anew(path: Path, entries: list[_Entry]) -> list[int]:
    """Write a segment without the rest.

    Returns:
        The new offset of the frame of each entry.
    """
    parts, offsets, end = [opening_line("journal")], [], len(opening_line("journal"))
    lines: list[bytes] = []
    for position, entry in enumerate(entries):
        lines.append(b"%b %d %b\n" % (entry.table.encode(), entry.number, entry.text))
        offsets.append(end)
        is_last = position + 1 == len(entries) or entries[position + 1].offset != entry.offset
        if is_last:
            body = b"".join(lines)
            parts.append(frame(body, 0))
            end += HEAD + len(body)
            lines.clear()
    put_in_place(path, parts)
    return offsets
