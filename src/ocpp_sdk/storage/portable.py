"""Records as plain values and as JSON, the same for every backend."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Final, TypeVar, cast

from pydantic import TypeAdapter

__all__ = ["adapter", "record_digest"]

T = TypeVar("T")

_adapters: Final[dict[type, TypeAdapter[Any]]] = {}


def adapter(kind: type[T]) -> TypeAdapter[T]:
    """Return what turns records of one type into dicts or JSON and back, see pydantic's `TypeAdapter`.

    Args:
        kind: a record type of this package.
    """
    found = _adapters.get(kind)
    if found is None:
        found = _adapters[kind] = TypeAdapter(kind)
    return cast("TypeAdapter[T]", found)


def record_digest(record: object) -> int:
    """Return a number of 128 bits that is equal for equal records; sums of it do not depend on their order."""
    found: TypeAdapter[Any] = adapter(type(record))
    return int.from_bytes(blake2b(found.dump_json(record), digest_size=16).digest(), "big")
