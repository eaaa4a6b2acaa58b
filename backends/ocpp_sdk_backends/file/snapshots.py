"""Snapshots: what counts of the journal before a segment, so that most of it need not be read as it was written."""

from __future__ import annotations

import json
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ocpp_sdk.storage.keyed import Tables, ranges
from ocpp_sdk_backends.file.disk import put_in_place
from ocpp_sdk_backends.file.frames import DamageError, after_opening, frame, frames, opening_line
from ocpp_sdk_backends.file.lines import keyed_line, lines_of, record_of

__all__ = ["Capture", "Snapshot", "capture", "read_snapshot", "snapshot_name", "write_snapshot"]

_AT_ONCE: Final = 500


@dataclass(slots=True)
class Capture:
    """What the tables hold at one moment, to be written while they change.

    Attributes:
        boundary: number of the segment that begins at that moment.
        records: those with keys, by table.
        numbers: stretches of the numbers that count, by table.
        lasts: last number that was given, by table.
        segments: those before the boundary in which something counts; known a little later.
    """

    boundary: int
    records: dict[str, tuple[type[Any], list[object]]]
    numbers: dict[str, list[tuple[int, int]]]
    lasts: dict[str, int]
    segments: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Snapshot:
    """A snapshot that was read.

    Attributes:
        segments: those before it that are needed.
        lasts: last number that was given, by table.
        numbers: first numbers and last numbers of the stretches that count, by table.
    """

    segments: list[int] = field(default_factory=list)
    lasts: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, tuple[list[int], list[int]]] = field(default_factory=dict)

    def counts(self, table: str, number: int) -> bool:
        """Return whether a record counted when the snapshot was made."""
        firsts, lasts = self.numbers.get(table, ([], []))
        position = bisect_right(firsts, number) - 1
        return position >= 0 and number <= lasts[position]

    def counts_all(self, table: str, numbers: array[int]) -> bool:
        """Return whether all of some ascending numbers are in one stretch of those that counted."""
        firsts, lasts = self.numbers.get(table, ([], []))
        position = bisect_right(firsts, numbers[0]) - 1
        return position >= 0 and numbers[-1] <= lasts[position]


def snapshot_name(boundary: int) -> str:
    """Return the name of the file of a snapshot."""
    return f"snapshot-{boundary:06}.journal"


def capture(tables: Tables, boundary: int) -> Capture:
    """Return what the tables hold now."""
    return Capture(
        boundary=boundary,
        records={table.name: (table.kind, list(table.rows.values())) for table in tables.keyed()},
        numbers={table.name: list(ranges(table.numbers)) for table in tables.numbered()},
        lasts={table.name: table.last for table in tables.numbered()},
    )


def write_snapshot(folder: Path, captured: Capture) -> None:
    """Write a snapshot.

    Raises:
        OSError: there is none.
    """
    put_in_place(folder / snapshot_name(captured.boundary), _parts(captured))


def _parts(captured: Capture) -> Iterator[bytes]:
    yield opening_line("snapshot")
    head = {"segments": captured.segments, "lasts": captured.lasts, "numbers": captured.numbers}
    yield frame(b"".join(b"%b = %b\n" % (key.encode(), json.dumps(value).encode()) for key, value in head.items()), 0)
    for name, (kind, records) in captured.records.items():
        for begin in range(0, len(records), _AT_ONCE):
            some = records[begin : begin + _AT_ONCE]
            yield frame(b"".join(keyed_line(name, kind, record) for record in some), 0)
    yield frame(b"end = true\n", 0)


def read_snapshot(path: Path, tables: Tables) -> Snapshot:
    """Put the records of a snapshot into the tables.

    Raises:
        FormatError: it cannot be read by this version.
        DamageError: it is damaged.
    """
    data = path.read_bytes()
    snapshot, ended = Snapshot(), False
    keyed = {table.name: table for table in tables.keyed()}
    offset = after_opening(data, "snapshot")
    for found in frames(data, offset):
        for name, _, text in lines_of(found.body):
            if (table := keyed.get(name)) is not None:
                record = record_of(table.kind, text)
                table.put(table.key_of(record), record)
            else:
                ended = ended or name == "end"
                _take_note(snapshot, name, json.loads(text))
        offset = found.end
    if not ended:
        raise DamageError(offset, "it ends too early")
    for numbered in tables.numbered():
        numbered.last = max(numbered.last, snapshot.lasts.get(numbered.name, 0))
    return snapshot


def _take_note(snapshot: Snapshot, name: str, value: Any) -> None:  # noqa: ANN401 - as JSON has it
    match name, value:
        case "segments", list():
            snapshot.segments = value
        case "lasts", Mapping():
            snapshot.lasts = dict(value)
        case "numbers", Mapping():
            snapshot.numbers = {
                table: ([first for first, _ in stretches], [last for _, last in stretches])
                for table, stretches in value.items()
            }
