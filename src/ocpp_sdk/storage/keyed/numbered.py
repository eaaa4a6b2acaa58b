"""Tables of records with numbers, whose records may lie elsewhere."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from ocpp_sdk.storage.keyed.numbers import add, cut, kept_positions

__all__ = ["EVERY", "Archive", "Facts", "Group", "Numbered", "microseconds"]

R = TypeVar("R")

Group: TypeAlias = Hashable
"""Names records that are asked for together."""

EVERY: Final[Group] = "every"
"""The group of all records."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SPAN: Final = 4096


class Facts(NamedTuple):
    """What is looked up about a record.

    Attributes:
        time: as `microseconds`; None if nobody asks for it.
        groups: those it is in.
        unique: what only one record may have; None for nothing.
    """

    time: int | None
    groups: tuple[Group, ...]
    unique: bytes | None


class Archive(Protocol):
    """Where records lie that are not in memory."""

    def read(self, table: Numbered[R], number: int, place: int) -> R:
        """Return one record.

        Raises:
            StorageError: it cannot be read.
        """
        ...


def microseconds(time: datetime | None) -> int:
    """Return a time as a number that sorts as times do; None becomes 0."""
    return 0 if time is None else (time - _EPOCH) // timedelta(microseconds=1)


class Numbered(Generic[R]):
    """Records by ascending number, with an index of those that are asked for together.

    A record is held as an object until it lies in an archive, and on if it is hot. Without an archive all are.

    Attributes:
        name: of the table.
        kind: what its records are.
        number_of: number of a record.
        last: greatest number that was ever stored.
        numbers: of all records.
        places: where in the archive each of them lies, in the same order; 0 for not yet.
        objects: records that are held as objects.
        leaving: places of records whose removal is not durable yet.
        archive: where the others lie.
        is_final: whether a record stays as it was stored, until it is removed.
    """

    def __init__(
        self,
        name: str,
        kind: type[R],
        number_of: Callable[[R], int],
        groups_of: Callable[[R], tuple[Group, ...]],
        *,
        time_of: Callable[[R], datetime | None] | None = None,
        unique_of: Callable[[R], bytes | None] | None = None,
        is_hot: Callable[[R], bool] | None = None,
        is_final: bool = False,
    ) -> None:
        self.name = name
        self.kind = kind
        self.number_of = number_of
        self.last = 0
        self.numbers = array("q")
        self.places = array("q")
        self.objects: dict[int, R] = {}
        self.leaving: dict[int, int] = {}
        self.archive: Archive | None = None
        self.is_final = is_final
        self._groups_of = groups_of
        self._time_of = time_of
        self._unique_of = unique_of
        self._is_hot = is_hot
        self._times = array("q")
        self._groups: dict[Group, array[int]] = {}
        self._unique: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self.numbers)

    def get(self, number: int) -> R | None:
        """Return one record."""
        found = self.objects.get(number)
        if found is None and self.archive is not None and (place := self.place_of(number)):
            found = self.archive.read(self, number, place)
        return found

    @property
    def last_row(self) -> int:
        """Greatest number that is there."""
        return self.numbers[-1] if self.numbers else 0

    def facts(self, record: R) -> Facts:
        """Return what is looked up about a record."""
        time, unique = self._time_of, self._unique_of
        return Facts(
            None if time is None else microseconds(time(record)),
            self._groups_of(record),
            None if unique is None else unique(record),
        )

    def extend(
        self,
        numbers: array[int],
        places: array[int],
        times: array[int],
        groups: Mapping[Group, array[int]],
        uniques: Mapping[bytes, int],
    ) -> None:
        """Add records that lie in the archive, all with greater numbers than those that are there."""
        self.numbers.extend(numbers)
        self.places.extend(places)
        self._times.extend(times)
        for group, members in groups.items():
            self._group(group).extend(members)
        self._unique.update(uniques)
        self.last = max(self.last, numbers[-1])

    def has(self, number: int) -> bool:
        """Return whether there is a record of this number."""
        position = bisect_left(self.numbers, number)
        return position < len(self.numbers) and self.numbers[position] == number

    def place_of(self, number: int) -> int:
        """Return where a record lies in the archive, 0 if it is not there."""
        position = bisect_left(self.numbers, number)
        there = position < len(self.numbers) and self.numbers[position] == number
        return self.places[position] if there else 0

    def number_with(self, unique: bytes) -> int | None:
        """Return the number of the record that has what only one may have."""
        return self._unique.get(unique)

    def put(self, number: int, record: R, old: R | None) -> Facts:
        """Put a record under its number.

        Args:
            number: of the record.
            record: the new one.
            old: the one that is there; None for none.

        Returns:
            What is looked up about the new one.
        """
        new = self.facts(record)
        if old is None:
            self._add_row(number, new.time)
            before: tuple[Group, ...] = ()
        else:
            if new.time is not None:
                self._times[bisect_left(self.numbers, number)] = new.time
            before = self._groups_of(old)
            self._forget_unique(old, number)
        for group in new.groups:
            if group not in before:
                add(self._group(group), number)
        for group in before:
            if group not in new.groups:
                self._leave(group, [number])
        if new.unique is not None:
            self._unique[new.unique] = number
        self.objects[number] = record
        self.last = max(self.last, number)
        return new

    def drop(self, olds: Mapping[int, R]) -> None:
        """Remove records, given by number."""
        gone = sorted(olds)
        begin, end, kept = kept_positions(self.numbers, gone)
        if self.archive is not None:
            self.leaving.update((number, self.place_of(number)) for number in gone)
        for column in (self.numbers, self.places, self._times):
            if column:
                column[begin:end] = array("q", [column[position] for position in kept])
        leaving: dict[Group, list[int]] = {}
        for number in gone:
            old = olds[number]
            self.objects.pop(number, None)
            for group in self._groups_of(old):
                leaving.setdefault(group, []).append(number)
            self._forget_unique(old, number)
        for group, numbers in leaving.items():
            self._leave(group, numbers)

    def undo_put(self, number: int, record: R, old: R | None) -> None:
        """Undo the last `put` of a number."""
        if old is None:
            self.drop({number: record})
            self.leaving.pop(number, None)
            return
        self.put(number, old, record)
        if self.place_of(number):
            self.release(number, old)

    def undo_drop(self, number: int, old: R) -> None:
        """Undo the removal of one number."""
        place = self.leaving.pop(number, 0)
        self.put(number, old, None)
        if place:
            self.settle(number, old, place)

    def settle(self, number: int, record: R, place: int) -> int:
        """Take note that a record lies in the archive now.

        Returns:
            The place of the record that it replaces; 0 for none.
        """
        position = bisect_left(self.numbers, number)
        if position < len(self.numbers) and self.numbers[position] == number:
            before, self.places[position] = self.places[position], place
            self.release(number, record)
            return before
        # It was removed meanwhile.
        before = self.leaving.get(number, 0)
        self.leaving[number] = place
        return before

    def move(self, number: int, before: int, place: int) -> bool:
        """Take note that the record at a place of the archive has another one now, if it still counts.

        Returns:
            Whether it does.
        """
        position = bisect_left(self.numbers, number)
        if position < len(self.numbers) and self.numbers[position] == number and self.places[position] == before:
            self.places[position] = place
            return True
        if self.leaving.get(number) == before:
            self.leaving[number] = place
            return True
        return False

    def counts(self, number: int, place: int) -> bool:
        """Return whether the record at a place of the archive is the one of its number."""
        return self.place_of(number) == place or self.leaving.get(number) == place

    def release(self, number: int, record: R) -> None:
        """Hold a record of the archive no longer, unless it is hot or was replaced meanwhile."""
        if self.objects.get(number) is record and not (self._is_hot is not None and self._is_hot(record)):
            del self.objects[number]

    def group(self, group: Group) -> array[int]:
        """Return the numbers of a group."""
        return self.numbers if group == EVERY else self._groups.get(group, array("q"))

    def smallest(self, groups: Iterable[Group]) -> array[int]:
        """Return the numbers of the smallest of some groups; all numbers if no group is given."""
        return min((self.group(group) for group in groups), key=len, default=self.numbers)

    def groups(self) -> Iterator[Group]:
        """Yield all groups that have a record."""
        yield from self._groups

    def time(self, number: int) -> int:
        """Return the time of a record that is there, as `microseconds`."""
        return self._times[bisect_left(self.numbers, number)]

    def before(self, time: datetime, groups: Sequence[Group]) -> list[int]:
        """Return the numbers of the records of before a time, the oldest first.

        Args:
            time: the time.
            groups: of these only; empty for all.
        """
        limit = microseconds(time)
        found: list[tuple[int, int]] = []
        if groups:
            for group in groups:
                numbers = self.group(group)
                found.extend((at, number) for number in numbers if (at := self.time(number)) < limit)
        else:
            for begin in range(0, len(self._times), _SPAN):
                times = self._times[begin : begin + _SPAN]
                if min(times) < limit:
                    numbers = self.numbers[begin : begin + _SPAN]
                    found.extend(row for row in zip(times, numbers, strict=True) if row[0] < limit)
        return [number for _, number in sorted(found)]

    def _add_row(self, number: int, time: int | None) -> None:
        position = add(self.numbers, number)
        self.places.insert(position, 0)
        if time is not None:
            self._times.insert(position, time)

    def _group(self, group: Group) -> array[int]:
        found = self._groups.get(group)
        if found is None:
            found = self._groups[group] = array("q")
        return found

    def _leave(self, group: Group, numbers: Sequence[int]) -> None:
        found = self._groups[group]
        cut(found, numbers)
        if not found:
            del self._groups[group]

    def _forget_unique(self, old: R, number: int) -> None:
        if self._unique_of is None:
            return
        unique = self._unique_of(old)
        if unique is not None and self._unique.get(unique) == number:
            del self._unique[unique]
