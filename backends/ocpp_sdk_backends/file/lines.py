"""What is in a frame: one line a change, as text that people can read.

charge_points = {…}         a record with a key, which follows from it
charge_points - ["cp1"]     a key that was removed
samples 17 {…}              a record with a number
messages - [5,6,7]          numbers that were removed
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC
from typing import Any, TypeVar

from pydantic_core import PydanticSerializationError

from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage.keyed import Change, DropKeyed, DropNumbered, PutKeyed, PutNumbered, RecordTimes, times_of
from ocpp_sdk.storage.portable import adapter

__all__ = ["keyed_line", "lines_for", "lines_of", "record_line", "record_of"]

R = TypeVar("R")


def lines_for(changes: Sequence[Change]) -> list[bytes]:
    """Return the line of each of some changes.

    Raises:
        StorageError: a value cannot be written.
    """
    return [_line(change) for change in changes]


def _line(change: Change) -> bytes:
    name, kind = change.table.name, change.table.kind
    match change:
        case PutKeyed():
            return keyed_line(name, kind, change.record)
        case PutNumbered():
            return b"%b %d %b\n" % (name.encode(), change.number, _json(name, kind, change.record))
        case DropKeyed():
            return b"%b - %b\n" % (name.encode(), json.dumps(change.key).encode())
        case DropNumbered():
            return b"%b - %b\n" % (name.encode(), json.dumps(sorted(change.olds)).encode())


def keyed_line(name: str, kind: type[Any], record: object) -> bytes:
    """Return the line of a record with a key."""
    return b"%b = %b\n" % (name.encode(), _json(name, kind, record))


def lines_of(body: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield of each line the name of its table, `=`, `-` or a number, and the rest."""
    for line in body.split(b"\n"):
        if line:
            name, sign, rest = line.split(b" ", 2)
            yield name.decode(), sign, rest


def record_line(body: bytes, name: str, number: int) -> bytes | None:
    """Return the record of a number as it stands in a frame, None if it does not."""
    head = b"%b %d " % (name.encode(), number)
    begin = 0 if body.startswith(head) else body.find(b"\n" + head) + 1
    if begin == 0 and not body.startswith(head):
        return None
    return body[begin + len(head) : body.index(b"\n", begin)]


def record_of(kind: type[R], text: bytes) -> R:
    """Return a record.

    Raises:
        ValueError: the text is none of that kind.
    """
    record = adapter(kind).validate_json(text)
    _set_utc(record, times_of(kind))
    return record


def _set_utc(record: object, times: RecordTimes) -> None:
    """Give times the zone UTC itself in place of one that is the same and reads otherwise."""
    for name in times.fields:
        if (time := getattr(record, name)) is not None:
            object.__setattr__(record, name, time.replace(tzinfo=UTC))
    for name, inner in times.records:
        if (part := getattr(record, name)) is not None:
            _set_utc(part, inner)


def _json(name: str, kind: type[Any], record: object) -> bytes:
    try:
        return adapter(kind).dump_json(record, exclude_defaults=True, warnings="error")
    except PydanticSerializationError as error:
        field = _unwritable(record)
        what = f"the field {field} has characters that UTF-8 does not know" if field else str(error)
        raise StorageError(f"a record of {name} cannot be stored: {what}") from error


def _unwritable(record: object) -> str | None:
    """Return the field whose text is to blame."""
    if not is_dataclass(record):
        return None
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError:
                return field.name
        elif (inner := _unwritable(value)) is not None:
            return f"{field.name}.{inner}"
    return None
