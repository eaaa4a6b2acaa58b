"""How a folder is opened, whatever state a crash left it in."""

from __future__ import annotations

import json
import os
import re
from array import array
from pathlib import Path
from typing import Any, Final

import structlog

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.storage.keyed import Keyed, Numbered, Tables
from ocpp_sdk_backends.file.disk import NEW, put_in_place, sync, sync_folder
from ocpp_sdk_backends.file.frames import (
    DamageError,
    FormatError,
    Frame,
    after_opening,
    frame_at,
    frames,
    later_write,
    opening_line,
)
from ocpp_sdk_backends.file.indexes import SegmentIndex, TableIndex, read_index
from ocpp_sdk_backends.file.lines import lines_of, record_of
from ocpp_sdk_backends.file.segments import Segment, Segments, place, segment_name
from ocpp_sdk_backends.file.snapshots import Snapshot, read_snapshot, snapshot_name

__all__ = ["LOCK", "Recovered", "is_own", "recover"]

LOCK: Final = "lock"
_OWN: Final = re.compile(r"(segment|snapshot|index)-([0-9]{6,})\.journal")

_log = structlog.get_logger("ocpp_sdk_backends.file")


class Recovered:
    """A folder as it was found, read into tables.

    Attributes:
        folder: which one.
        tables: what it holds.
        segments: where the rest of it lies.
        snapshot: number of the segment at which the newest snapshot was made; 0 for no snapshot.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tables = Tables()
        self.segments = Segments()
        self.snapshot = 0
        self._known = Snapshot()
        self._keyed: dict[str, Keyed[Any]] = {table.name: table for table in self.tables.keyed()}
        self._numbered: dict[str, Numbered[Any]] = {table.name: table for table in self.tables.numbered()}
        for table in self._numbered.values():
            table.archive = self.segments

    def read_snapshot(self, boundary: int) -> None:
        """Begin with a snapshot."""
        path = self.folder / snapshot_name(boundary)
        try:
            self._known = read_snapshot(path, self.tables)
        except FormatError as error:
            raise ConfigurationError(f"{path} {error}") from error
        except DamageError as error:
            raise _damaged(path, error.offset, str(error)) from error
        except ValueError as error:
            raise _damaged(path, 0, "a record is none") from error
        self.snapshot = boundary

    def check_numbers(self, found: list[int]) -> None:
        """See to it that no segment is missing."""
        needed = [number for number in self._known.segments if number not in found]
        later = [number for number in found if number >= self.snapshot]
        begin = self.snapshot or 1
        needed += [number for number in range(begin, (max(later, default=begin)) + 1) if number not in later]
        if needed and (found or self.snapshot):
            path = self.folder / segment_name(needed[0])
            raise ConfigurationError(f"{path} is missing; put it back from a copy of the folder")

    def read_segment(self, number: int, *, is_last: bool) -> None:
        """Go on with a segment."""
        path = self.folder / segment_name(number)
        data = path.read_bytes()
        segment = self.segments.open(path, number)
        self.segments.take(segment)
        index = read_index(self.folder, number, data) if number < self.snapshot else None
        if index is not None and self._take_index(segment, index, data):
            return
        segment.index = SegmentIndex()
        try:
            for found in frames(data, after_opening(data, "journal")):
                self._take_frame(segment, found)
        except FormatError as error:
            raise ConfigurationError(f"{path} {error}") from error
        except DamageError as error:
            if not is_last or later_write(data, error.offset):
                raise _damaged(path, error.offset, str(error)) from error
            _cut(segment, error, len(data))

    def _take_index(self, segment: Segment, index: SegmentIndex, data: bytes) -> bool:
        """Go on with a segment of which much need not be read.

        Returns:
            Whether that is so; otherwise nothing was done.
        """
        fits = all(
            name in self._numbered and found.is_ascending_from(self._numbered[name].last_row)
            for name, found in index.tables.items()
        )
        if not fits:
            return False
        for name, found in index.tables.items():
            take_table(self._numbered[name], segment, found, self._known)
        for offset in index.others:
            self._take_frame(segment, frame_at(data, offset), others_only=True)
        return True

    def _take_frame(self, segment: Segment, found: Frame, *, others_only: bool = False) -> None:
        try:
            for name, sign, text in lines_of(found.body):
                if (table := self._numbered.get(name)) is not None:
                    if others_only and table.is_final:
                        continue
                    self._take_numbered(table, segment, found.offset, sign, text)
                elif segment.number >= self.snapshot:
                    self._take_keyed(self._keyed[name], sign, text)
        except (KeyError, ValueError) as error:
            raise _damaged(segment.path, found.offset, "a record is none") from error

    def _take_keyed(self, table: Keyed[Any], sign: bytes, text: bytes) -> None:
        if sign == b"-":
            table.drop(tuple(json.loads(text)))
        else:
            record = record_of(table.kind, text)
            table.put(table.key_of(record), record)

    def _take_numbered(self, table: Numbered[Any], segment: Segment, offset: int, sign: bytes, text: bytes) -> None:
        if sign == b"-":
            if segment.number >= self.snapshot:
                self._drop(table, json.loads(text))
            return
        number = int(sign)
        if segment.number < self.snapshot and not self._known.counts(table.name, number):
            segment.wrote(table.name, len(text), counts=False)
            return
        record = record_of(table.kind, text)
        old = table.get(number) if number <= table.last and table.has(number) else None
        segment.note(table, number, table.put(number, record, old), offset, len(text))
        segment.wrote(table.name, len(text))
        self.segments.left(table.name, table.settle(number, record, place(segment.file, offset)))

    def _drop(self, table: Numbered[Any], numbers: list[int]) -> None:
        olds = {number: table.get(number) for number in numbers if table.has(number)}
        if olds:
            table.drop(olds)
        for number in olds:
            self.segments.left(table.name, table.leaving.pop(number))


def take_table(table: Numbered[Any], segment: Segment, index: TableIndex, known: Snapshot) -> None:
    """Add the records of an index that counted when the snapshot was made."""
    numbers, groups, uniques = index.numbers, index.groups, index.unique_numbers()
    if not numbers:
        return
    places = array("q", [place(segment.file, offset) for offset in index.offsets])
    times = index.times
    segment.records[table.name] = len(numbers)
    segment.sizes[table.name] = index.size
    if not known.counts_all(table.name, numbers):
        kept = [position for position, number in enumerate(numbers) if known.counts(table.name, number)]
        numbers, places = (array("q", [column[position] for position in kept]) for column in (numbers, places))
        times = array("q", [times[position] for position in kept]) if times else times
        alive = set(numbers)
        groups = {group: array("q", [one for one in members if one in alive]) for group, members in groups.items()}
        groups = {group: members for group, members in groups.items() if members}
        uniques = {unique: number for unique, number in uniques.items() if number in alive}
    segment.live[table.name] = len(numbers)
    if numbers:
        table.extend(numbers, places, times, groups, uniques)


def is_own(name: str) -> bool:
    """Return whether a file of such a name may be one of the store's."""
    return name == LOCK or _OWN.fullmatch(name.removesuffix(NEW)) is not None


def recover(folder: Path) -> Recovered:
    """Read a folder that is locked; an empty one becomes a store.

    Raises:
        ConfigurationError: it is damaged, or of a later format.
        OSError: it cannot be read or written.
    """
    found: dict[str, list[int]] = {"segment": [], "snapshot": [], "index": []}
    for path in folder.iterdir():
        if path.name.endswith(NEW) and is_own(path.name):
            path.unlink()
        elif (own := _OWN.fullmatch(path.name)) is not None:
            found[own[1]].append(int(own[2]))
    recovered = Recovered(folder)
    try:
        _read(recovered, sorted(found["segment"]), max(found["snapshot"], default=0))
    except BaseException:
        recovered.segments.close()
        raise
    return recovered


def _read(recovered: Recovered, segments: list[int], snapshot: int) -> None:
    folder = recovered.folder
    if snapshot:
        recovered.read_snapshot(snapshot)
    recovered.check_numbers(segments)
    if not segments:
        put_in_place(folder / segment_name(1), [opening_line("journal")])
        segments = [1]
    for number in segments:
        recovered.read_segment(number, is_last=number == segments[-1])
    recovered.tables.raise_sequences()
    sync_folder(folder)


def _cut(segment: Segment, damage: DamageError, size: int) -> None:
    """Remove the torn end of the last write, which was not acknowledged."""
    os.ftruncate(segment.fd, damage.offset)
    sync(segment.fd)
    segment.size = damage.offset
    _log.warning(
        "the end of the journal was torn and is cut off",
        path=str(segment.path),
        offset=damage.offset,
        removed_bytes=size - damage.offset,
        reason=str(damage),
    )


def _damaged(path: Path, offset: int, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"{path} is damaged at byte {offset}: {reason}; put the folder back from a copy that was made before"
    )
