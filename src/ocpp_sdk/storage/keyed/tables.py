"""Tables of records with keys, held in memory."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator
from typing import Generic, TypeAlias, TypeVar

__all__ = ["Key", "Keyed"]

R = TypeVar("R")

Key: TypeAlias = tuple[str | int, ...]
"""Parts of the same types in all keys of one table."""

_FEW = 64


class Keyed(Generic[R]):
    """Records by key, in the order of the keys.

    Attributes:
        name: of the table.
        kind: what its records are.
        key_of: key of a record.
        rows: the records.
    """

    def __init__(self, name: str, kind: type[R], key_of: Callable[[R], Key]) -> None:
        self.name = name
        self.kind = kind
        self.key_of = key_of
        self.rows: dict[Key, R] = {}
        self._order: list[Key] = []
        self._changed: set[Key] = set()

    def get(self, key: Key) -> R | None:
        """Return the record of a key."""
        return self.rows.get(key)

    def put(self, key: Key, record: R) -> None:
        """Put a record under its key, in place of the one before."""
        if key not in self.rows:
            self._changed.add(key)
        self.rows[key] = record

    def drop(self, key: Key) -> None:
        """Remove a key."""
        if self.rows.pop(key, None) is not None:
            self._changed.add(key)

    def scan(self, prefix: Key = (), *, after: Key | None = None) -> Iterator[R]:
        """Yield the records whose keys begin so, in order; the table must not change meanwhile.

        Args:
            prefix: first part of the keys, a text; empty for all.
            after: only those with greater keys.
        """
        begin, end = self._span(prefix)
        if after is not None:
            begin = bisect_right(self._order, after, begin, end)
        for position in range(begin, end):
            yield self.rows[self._order[position]]

    def count(self, prefix: Key = ()) -> int:
        """Return how many keys begin so."""
        begin, end = self._span(prefix)
        return end - begin

    def _span(self, prefix: Key) -> tuple[int, int]:
        self._arrange()
        if not prefix:
            return 0, len(self._order)
        # No text lies between one and the same with a NUL behind it.
        behind = (f"{prefix[0]}\0",)
        return bisect_left(self._order, prefix), bisect_left(self._order, behind)

    def _arrange(self) -> None:
        if len(self._changed) > _FEW:
            self._order = sorted(self.rows)
        else:
            for key in self._changed:
                position = bisect_left(self._order, key)
                ordered = position < len(self._order) and self._order[position] == key
                if ordered and key not in self.rows:
                    del self._order[position]
                elif not ordered and key in self.rows:
                    insort(self._order, key)
        self._changed.clear()
