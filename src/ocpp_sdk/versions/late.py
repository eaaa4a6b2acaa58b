"""Sequences that are made when somebody looks at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, final, overload

__all__ = ["Late"]

S = TypeVar("S")
T = TypeVar("T")


@final
class Late(Sequence[T], Generic[S, T]):
    """What a message lists, in the words of the domain.

    Whoever stores a message looks at what many of them list at one go, which takes half as long as one by one between
    other work.

    Args:
        source: as the message has it; it must not change any more.
        make: makes the items, as many as there are in `source`.
    """

    __slots__ = ("_made", "_make", "_source")

    def __init__(self, source: Sequence[S], make: Callable[[Sequence[S]], tuple[T, ...]]) -> None:
        self._source = source
        self._make = make
        self._made: tuple[T, ...] | None = None

    def __len__(self) -> int:
        return len(self._source)

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...

    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        return self._items()[index]

    def __iter__(self) -> Iterator[T]:
        return iter(self._items())

    def __eq__(self, other: object) -> bool:
        return self._items() == (other._items() if isinstance(other, Late) else other)

    def __hash__(self) -> int:
        return hash(self._items())

    def __repr__(self) -> str:
        return repr(self._items())

    def _items(self) -> tuple[T, ...]:
        made = self._made
        if made is None:
            made = self._made = self._make(self._source)
        return made
