"""From `field=value` on the command line to the JSON shape of a message."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from ocpp_sdk.cli.ending import UsageError
from ocpp_sdk.codec.fields import FieldSpec, spec_of
from ocpp_sdk.codec.json import JsonObject, JsonValue, json_fields

__all__ = ["read_assignments", "suggestion"]

_STEP: Final = re.compile(r"([^\[\].]+)(?:\[([0-9]{1,4})\])?").fullmatch


def read_assignments(kind: type, assignments: Sequence[str]) -> JsonObject:
    """Gather assignments into an object that `ocpp_sdk.codec.json.from_json` reads.

    Args:
        kind: the message class.
        assignments: `idTag=ABC`, `values[1].timestamp=now`, `key=A` once for each entry of a list; indexes
            count from 1, and one that is left out is the next for a plain value and 1 on the way to a deeper field.

    Raises:
        UsageError: names the assignment and what is wrong with it.
    """
    message: JsonObject = {}
    for assignment in assignments:
        path, separator, value = assignment.partition("=")
        if not separator:
            raise UsageError(f"{assignment!r}: expected field=value")
        _assign(message, kind, path.split("."), value, path)
    return message


def suggestion(word: str, known: Sequence[str]) -> str:
    """Return what may have been meant, and all that is known."""
    folded = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), folded, n=1)
    meant = f"did you mean {folded[close[0]]}? " if close else ""
    return f"{meant}known: {', '.join(known) or 'none'}"


def _assign(target: JsonObject, kind: type, steps: list[str], value: str, path: str) -> None:
    found = _STEP(steps[0])
    if found is None:
        raise UsageError(f"{path!r} is no field; write it as idTag, values[1].timestamp")
    name, index = found[1], int(found[2]) if found[2] else None
    known = json_fields(kind)
    field = known.get(name)
    if field is None:
        raise UsageError(f"{path}: {kind.__name__} has no field {name!r}; {suggestion(name, list(known))}")
    if index is not None and not field.many:
        raise UsageError(f"{path}: {name!r} is no list")
    if len(steps) == 1:
        _set(target, field, name, index, value, path)
    elif not hasattr(field.type, "__dataclass_fields__"):
        raise UsageError(f"{path}: {name!r} has no fields of its own")
    else:
        _assign(_inner(target, field, name, index, path), field.type, steps[1:], value, path)


def _set(target: JsonObject, field: FieldSpec, name: str, index: int | None, value: str, path: str) -> None:
    if hasattr(field.type, "__dataclass_fields__"):
        # An element with text and attributes is given its text by its own name.
        text = spec_of(field.type).text
        if text is None:
            inner = ", ".join(f"{name}.{inner}" for inner in json_fields(field.type))
            raise UsageError(f"{path}: {name!r} has fields of its own; set {inner}")
        target, name = _inner(target, field, name, index, path), text.name or text.attribute
    elif field.many:
        items = _items(target, name)
        _check_index(index, len(items) + 1, path)
        if index is None or index > len(items):
            items.append(value)
            return
        raise UsageError(f"{path}: given twice")
    if name in target:
        raise UsageError(f"{path}: given twice")
    target[name] = value


def _inner(target: JsonObject, field: FieldSpec, name: str, index: int | None, path: str) -> JsonObject:
    """Return the object of a field that has fields of its own, made if it is not there."""
    inner: JsonValue
    if field.many:
        items = _items(target, name)
        position = index or 1
        _check_index(position, len(items) + 1, path)
        if position > len(items):
            items.append({})
        inner = items[position - 1]
    else:
        inner = target.setdefault(name, {})
    if not isinstance(inner, dict):
        raise UsageError(f"{path}: given twice")
    return inner


def _items(target: JsonObject, name: str) -> list[JsonValue]:
    items = target.setdefault(name, [])
    if not isinstance(items, list):
        raise UsageError(f"{name}: given twice")
    return items


def _check_index(index: int | None, next_index: int, path: str) -> None:
    if index is not None and not 1 <= index <= next_index:
        raise UsageError(f"{path}: index {index} leaves a gap; the next is {next_index}")
