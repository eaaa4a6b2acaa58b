"""Readings of a message, which are made when somebody looks at them.

Whoever stores messages looks at what many of them list at one go, which takes half as long as one by one between other
work.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Generic, Protocol, TypeAlias, TypeVar, final, overload

from ocpp_sdk.versions.domain import MeterReading, SampledValue

__all__ = ["Kind", "Late", "Readings", "Sample", "Timed", "samples_of"]

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R", bound="Timed")

Kind: TypeAlias = tuple[str | None, str | None, str | None, str | None, str | None, str | None]
"""All of a `SampledValue` but its value."""
Sample: TypeAlias = tuple[datetime, str, Kind]
"""Time, value and kind of what was read."""


class Timed(Protocol):
    """What a message says of one moment."""

    timestamp: datetime


class _Later(Sequence[T], Generic[S, T]):
    """What is made of a list when somebody looks; there are items if there are any in the list."""

    __slots__ = ("_made", "_source")

    _source: Sequence[S]
    _made: tuple[T, ...] | None

    @abstractmethod
    def _make(self, source: Sequence[S]) -> tuple[T, ...]:
        """Make the items."""

    def __bool__(self) -> bool:
        return bool(self._source)

    def __len__(self) -> int:
        return len(self._items())

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...

    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        return self._items()[index]

    def __iter__(self) -> Iterator[T]:
        return iter(self._items())

    def __eq__(self, other: object) -> bool:
        return self._items() == (other._items() if isinstance(other, _Later) else other)

    def __hash__(self) -> int:
        return hash(self._items())

    def __repr__(self) -> str:
        return repr(self._items())

    def _items(self) -> tuple[T, ...]:
        made = self._made
        if made is None:
            made = self._made = self._make(self._source)
        return made


@final
class Late(_Later[S, T]):
    """What a message lists, in other words.

    Args:
        source: as the message has it; it must not change any more.
        make: makes the items; there are some if there are any in `source`.
    """

    __slots__ = ("_how",)

    def __init__(self, source: Sequence[S], make: Callable[[Sequence[S]], tuple[T, ...]]) -> None:
        self._source = source
        self._made = None
        self._how = make

    def _make(self, source: Sequence[S]) -> tuple[T, ...]:
        return self._how(source)


@final
class Readings(_Later[R, MeterReading]):
    """What a meter showed.

    Args:
        source: as the message has it.
        samples_of: returns all samples in it.

    Attributes:
        samples: one by one, each with its time.
    """

    __slots__ = ("_samples_of", "samples")

    def __init__(self, source: Sequence[R], samples_of: Callable[[Sequence[R]], tuple[Sample, ...]]) -> None:
        self._source = source
        self._made = None
        self._samples_of = samples_of
        self.samples = Late(source, samples_of)

    def _make(self, source: Sequence[R]) -> tuple[MeterReading, ...]:
        return tuple([MeterReading(item.timestamp, _values(self._samples_of([item]))) for item in source])


def _values(samples: Sequence[Sample]) -> tuple[SampledValue, ...]:
    return tuple([SampledValue(value, *kind) for _, value, kind in samples])


def samples_of(readings: Sequence[MeterReading]) -> Sequence[Sample]:
    """Return what was read one by one."""
    if isinstance(readings, Readings):
        return readings.samples
    return tuple([(reading.timestamp, value.value, value[1:]) for reading in readings for value in reading.values])
