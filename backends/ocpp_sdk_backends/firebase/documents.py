"""Records as nodes of the database, and back.

A field that is None, or empty where that means none, has no child. Times are texts that sort, and numbers stay numbers,
so that the console shows what the records say. Beside the fields a node may have children for the database alone:
`index`, by which it is found, and `unspread`, see `spreading`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, TypeAlias, TypeVar, cast, get_args, get_origin, get_type_hints

from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage.folding import time_from, time_text
from ocpp_sdk_backends.firebase.keys import key, plain

__all__ = ["Node", "node_of", "record_of"]

Node: TypeAlias = dict[str, Any]
"""An inner node, as JSON."""

R = TypeVar("R")

_MOST_BYTES: Final = 10 * 1024 * 1024
_GREATEST: Final = 2**53 - 1
_EMPTY: Final[tuple[object, ...]] = ({}, [])


def node_of(record: object, **more: object) -> Node:
    """Return the node of a record; a verb that writes begins with it, so that what cannot be kept changes nothing.

    Args:
        record: a record of `ocpp_sdk.storage`.
        more: further children; None for no child.

    Raises:
        StorageError: a text is too long, or no Unicode; a number is too great.
    """
    node = {name: _written(name, getattr(record, name)) for name in _names(cast("Hashable", type(record)))}
    node.update(more)
    return {name: value for name, value in node.items() if value is not None and value not in _EMPTY}


def record_of(kind: type[R], node: Node) -> R:
    """Return the record of a node; its other children are passed over."""
    readers = _readers(cast("Hashable", kind))
    return kind(**{name: readers[name](value) for name, value in node.items() if name in readers})


def _written(name: str, value: object) -> object:
    if isinstance(value, str) and not isinstance(value, StrEnum):
        return _checked(name, value)
    if isinstance(value, int) and abs(value) > _GREATEST:
        raise StorageError(f"{name}: {value} is out of the range in which Firebase keeps numbers exactly")
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, tuple):
        return [_written(name, item) for item in value]
    if isinstance(value, Mapping):
        return {key(kind): count for kind, count in value.items()}
    if is_dataclass(value):
        return node_of(value)
    return value


def _checked(name: str, text: str) -> str:
    try:
        size = len(text) if len(text) * 4 <= _MOST_BYTES else len(text.encode())
        if not text.isascii():
            text.encode()
    except UnicodeEncodeError as error:
        raise StorageError(f"{name}: no Unicode text; leave out the lone surrogates") from error
    if size > _MOST_BYTES:
        raise StorageError(f"{name}: {size} bytes, and Firebase holds texts of at most {_MOST_BYTES}")
    return text


@cache
def _names(kind: Hashable) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cast("Any", kind)))


@cache
def _readers(kind: Hashable) -> dict[str, Callable[[Any], object]]:
    hints = get_type_hints(cast("Any", kind))
    return {name: _reader(hints[name]) for name in _names(kind)}


def _reader(hint: Any) -> Callable[[Any], object]:  # noqa: ANN401 - an annotation
    if get_origin(hint) is UnionType:
        (hint,) = (part for part in get_args(hint) if part is not NoneType)
    origin = get_origin(hint)
    if origin is tuple:
        return tuple
    if origin is Mapping:
        return lambda node: {plain(name): count for name, count in node.items()}
    if hint is datetime:
        return time_from
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint
    if isinstance(hint, type) and is_dataclass(hint):
        return lambda node: record_of(hint, node)
    return _same


def _same(value: Any) -> object:  # noqa: ANN401 - JSON
    return value
