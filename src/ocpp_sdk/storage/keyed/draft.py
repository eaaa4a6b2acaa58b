"""What a verb is about to change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from ocpp_sdk.storage.keyed.numbered import Facts, Numbered
from ocpp_sdk.storage.keyed.tables import Key, Keyed

__all__ = ["Change", "Draft", "DropKeyed", "DropNumbered", "PutKeyed", "PutNumbered", "apply", "revert"]

R = TypeVar("R")


@dataclass(slots=True)
class PutKeyed:
    """A record of a table with keys, added or put in place of another one."""

    table: Keyed[Any]
    key: Key
    record: object
    old: object | None


@dataclass(slots=True)
class DropKeyed:
    """A record of a table with keys, removed."""

    table: Keyed[Any]
    key: Key
    old: object


@dataclass(slots=True)
class PutNumbered:
    """A record of a table with numbers, added or put in place of another one.

    Attributes:
        table: which one.
        number: of the record.
        record: the new one.
        old: the one before; None for none.
        facts: what is looked up about the new one, once it is in the table.
    """

    table: Numbered[Any]
    number: int
    record: object
    old: object | None
    facts: Facts | None = None


@dataclass(slots=True)
class DropNumbered:
    """Records of a table with numbers, removed."""

    table: Numbered[Any]
    olds: dict[int, object]


Change: TypeAlias = PutKeyed | DropKeyed | PutNumbered | DropNumbered


def apply(changes: Iterable[Change]) -> None:
    """Make changes."""
    for change in changes:
        match change:
            case PutKeyed():
                change.table.put(change.key, change.record)
            case DropKeyed():
                change.table.drop(change.key)
            case PutNumbered():
                change.facts = change.table.put(change.number, change.record, change.old)
            case DropNumbered():
                change.table.drop(change.olds)


def revert(changes: Sequence[Change]) -> None:
    """Undo changes that were the last ones."""
    for change in reversed(changes):
        match change:
            case PutKeyed():
                if change.old is None:
                    change.table.drop(change.key)
                else:
                    change.table.put(change.key, change.old)
            case DropKeyed():
                change.table.put(change.key, change.old)
            case PutNumbered():
                change.table.undo_put(change.number, change.record, change.old)
            case DropNumbered():
                for number, old in change.olds.items():
                    change.table.undo_drop(number, old)


class Draft:
    """Changes to some tables, seen through it as if they were made."""

    def __init__(self) -> None:
        self._keyed: dict[tuple[str, Key], PutKeyed | DropKeyed] = {}
        self._numbered: dict[tuple[str, int], PutNumbered] = {}
        self._dropped: dict[str, DropNumbered] = {}
        self._last: dict[str, int] = {}

    @property
    def changes(self) -> list[Change]:
        """What there is to change."""
        return [*self._keyed.values(), *self._numbered.values(), *self._dropped.values()]

    def get(self, table: Keyed[R], key: Key) -> R | None:
        """Return a record as it will be."""
        change = self._keyed.get((table.name, key))
        if change is None:
            return table.get(key)
        return change.record if isinstance(change, PutKeyed) else None  # type: ignore[return-value]  # of this table

    def put(self, table: Keyed[R], record: R) -> None:
        """Put a record in place of the one with the same key; an equal one changes nothing."""
        key = table.key_of(record)
        if self.get(table, key) != record:
            self._keyed[table.name, key] = PutKeyed(table, key, record, table.get(key))

    def drop(self, table: Keyed[R], key: Key) -> R | None:
        """Remove a record.

        Returns:
            The record; None if there was none.
        """
        found = self.get(table, key)
        old = table.get(key)
        if old is not None:
            self._keyed[table.name, key] = DropKeyed(table, key, old)
        else:
            self._keyed.pop((table.name, key), None)
        return found

    def next_number(self, table: Numbered[R]) -> int:
        """Return the number of the next record of a table."""
        number = self._last.get(table.name, table.last) + 1
        self._last[table.name] = number
        return number

    def put_number(self, table: Numbered[R], record: R) -> None:
        """Put a record in place of the one with the same number."""
        number = table.number_of(record)
        old = table.get(number) if number <= table.last else None
        self._numbered[table.name, number] = PutNumbered(table, number, record, old)

    def replace_number(self, table: Numbered[R], old: R, record: R) -> None:
        """Put a record in place of one that is known to be there; an equal one changes nothing."""
        if old != record:
            number = table.number_of(record)
            self._numbered[table.name, number] = PutNumbered(table, number, record, old)

    def drop_number(self, table: Numbered[R], old: R) -> None:
        """Remove a record that is there."""
        change = self._dropped.setdefault(table.name, DropNumbered(table, {}))
        change.olds[table.number_of(old)] = old
