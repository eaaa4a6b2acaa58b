"""The times of a record, whatever its type."""

from __future__ import annotations

from dataclasses import dataclass, is_dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeVar, cast, get_args, get_type_hints

from ocpp_sdk.storage.folding import utc

__all__ = ["RecordTimes", "in_utc", "times_of"]

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class RecordTimes:
    """Where a record type has times.

    Attributes:
        fields: those that are times.
        records: those that are records with times.
    """

    fields: tuple[str, ...]
    records: tuple[tuple[str, RecordTimes], ...]


_known: Final[dict[type[object], RecordTimes]] = {}


def times_of(kind: type[object]) -> RecordTimes:
    """Return where a record type has times."""
    known = _known.get(kind)
    if known is None:
        known = _known[kind] = _look_for_times(kind)
    return known


def _look_for_times(kind: type[object]) -> RecordTimes:
    found, records = [], []
    for name, annotation in get_type_hints(kind).items():
        for part in (annotation, *get_args(annotation)):
            if part is datetime:
                found.append(name)
            elif isinstance(part, type) and is_dataclass(part):
                records.append((name, times_of(part)))
    return RecordTimes(tuple(found), tuple(records))


def in_utc(record: R) -> R:
    """Return a record with the same points in time in UTC.

    Raises:
        ValueError: one of them has no zone.
    """
    return cast("R", _in_utc(record, times_of(type(record))))


def _in_utc(record: Any, times: RecordTimes) -> object:  # noqa: ANN401 - any record
    changed: dict[str, object] = {}
    for name in times.fields:
        if (time := getattr(record, name)) is not None:
            changed[name] = utc(time)
    for name, inner in times.records:
        if (part := getattr(record, name)) is not None:
            changed[name] = _in_utc(part, inner)
    return replace(record, **changed) if changed else record
