"""Records as documents, and back."""

from __future__ import annotations

import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from bson import encode
from pymongo.errors import DocumentTooLarge

from ocpp_sdk.storage.folding import time_from, time_text

__all__ = ["Document", "document", "encoded", "escaped", "put_in_place", "restored", "unescaped", "without"]

Document: TypeAlias = dict[str, Any]
T = TypeVar("T")

_GREATEST_BYTES: Final = 16 * 1024 * 1024
_ESCAPES: Final = {"%": "%25", ".": "%2E", "$": "%24", "\x00": "%00"}
_ESCAPING: Final = str.maketrans(_ESCAPES)
_EMPTY: Final = "%"


def document(record: object) -> Document:
    """Return the fields of a record that are told, times as texts."""
    plain = {name: getattr(record, name) for name in _names(_kind(record))}
    return {name: _stored(value) for name, value in plain.items() if value is not None}


def restored(kind: type[T], found: Mapping[str, Any], **more: object) -> T:
    """Return a record of its document.

    Args:
        kind: of the record.
        found: its document; fields that the record does not have are passed over.
        more: fields of the record that the document has by another name.
    """
    told: dict[str, object] = {}
    for name, restore in _restorers(cast("Hashable", kind)):
        value = found.get(name)
        if value is not None:
            told[name] = restore(value)
    told.update(more)
    return kind(**told)


def encoded(found: Mapping[str, Any]) -> bytes:
    """Return a document in BSON.

    Raises:
        DocumentTooLarge: MongoDB keeps no document of this size.
    """
    data = encode(found)
    if len(data) > _GREATEST_BYTES:
        raise DocumentTooLarge(f"{len(data)} bytes")
    return data


def without(record: object, *names: str) -> Document:
    """Return what `document` does, but for some fields."""
    found = document(record)
    for name in names:
        found.pop(name, None)
    return found


def put_in_place(record: object, first: str, **more: object) -> Document:
    """Return the update that replaces all of a document, but leaves one field as it was put there first.

    Args:
        record: what to store.
        first: the field of it that stays.
        more: further fields of the document.
    """
    told = {**document(record), **more}
    gone = {name: "" for name in _names(_kind(record)) if name not in told}
    change: Document = {"$setOnInsert": {first: told.pop(first)}, "$set": told}
    return {**change, "$unset": gone} if gone else change


def escaped(text: str) -> str:
    """Return a text as the name of a field, which may have no dot, dollar sign or NUL and is not empty."""
    return text.translate(_ESCAPING) or _EMPTY


def unescaped(name: str) -> str:
    """Return the text of a name that `escaped` made."""
    if name == _EMPTY:
        return ""
    for text, escape in reversed(_ESCAPES.items()):
        name = name.replace(escape, text)
    return name


def _kind(record: object) -> Hashable:
    # A type is hashable, which mypy does not see through `type[object]`.
    return cast("Hashable", type(record))


@cache
def _names(kind: Hashable) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cast("Any", kind)))


def _stored(value: object) -> object:
    # From the most frequent kind to the rarest; a StrEnum is a str as well.
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, str | int):
        return value
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, tuple | list):
        return [_stored(each) for each in value]
    if isinstance(value, Mapping):
        return {escaped(key): each for key, each in value.items()}
    return document(value)


_Restorer: TypeAlias = Callable[[Any], object]


@cache
def _restorers(kind: Hashable) -> tuple[tuple[str, _Restorer], ...]:
    hints = get_type_hints(kind)
    return tuple((name, _restorer(hints[name])) for name in _names(kind))


def _restorer(hint: object) -> _Restorer:
    if get_origin(hint) in {Union, types.UnionType}:
        hint = next(each for each in get_args(hint) if each is not type(None))
    if get_origin(hint) is tuple:
        return tuple
    if get_origin(hint) is not None:
        return _mapping
    if hint is datetime:
        return time_from
    if is_dataclass(hint):
        nested = cast("type[object]", hint)
        return lambda value: restored(nested, value)
    # BSON has a class of its own for numbers of 64 bits; `int` takes it off.
    return cast("_Restorer", hint)


def _mapping(value: Mapping[str, int]) -> dict[str, int]:
    return {unescaped(name): int(each) for name, each in value.items()}
