"""Rows that meet a row with the same keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Insert, Table, Update, bindparam, func, update
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.sql.base import ReadOnlyColumnCollection

__all__ = ["Merge", "Taking", "insert_missing", "larger", "smaller", "upsert"]

Taking: TypeAlias = Literal["known", "larger", "smaller", "sum"]
"""What becomes of a column: the new value unless there is none, the larger or smaller one of both, or their sum."""

_Columns: TypeAlias = ReadOnlyColumnCollection[str, Any]
_Scalar: TypeAlias = Callable[..., ColumnElement[Any]]
_New: TypeAlias = Callable[[_Columns], dict[str, ColumnElement[Any]]]


def larger(dialect: str) -> _Scalar:
    """Return the function of two values that gives the larger one."""
    return func.max if dialect == "sqlite" else func.greatest


def smaller(dialect: str) -> _Scalar:
    """Return the function of two values that gives the smaller one."""
    return func.min if dialect == "sqlite" else func.least


def upsert(dialect: str, table: Table, keys: Iterable[str], merge: _New | None = None) -> Insert:
    """Return an insert of all columns, or a change of the row with the same keys.

    Args:
        dialect: name of the database's kind.
        table: into which.
        keys: columns of its primary key.
        merge: makes the new values of columns out of those that were to be inserted; None to replace all.
    """
    own = list(keys)
    merge = merge or (lambda new: {column.name: new[column.name] for column in table.columns if column.name not in own})
    if dialect == "sqlite":
        lite = sqlite.insert(table)
        return lite.on_conflict_do_update(index_elements=own, set_=merge(lite.excluded))
    if dialect == "postgresql":
        post = postgresql.insert(table)
        return post.on_conflict_do_update(index_elements=own, set_=merge(post.excluded))
    my = mysql.insert(table)
    return my.on_duplicate_key_update(merge(my.inserted) or {own[0]: my.inserted[own[0]]})


def insert_missing(dialect: str, table: Table, keys: Iterable[str]) -> Insert:
    """Return an insert that leaves rows with the same keys as they are."""
    own = list(keys)
    if dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing(index_elements=own)
    if dialect == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing(index_elements=own)
    # Puts a key in the place of itself, and unlike INSERT IGNORE lets no other error pass.
    my = mysql.insert(table)
    return my.on_duplicate_key_update({own[0]: my.inserted[own[0]]})


class Merge(NamedTuple):
    """How the rows of a table take over what new ones tell.

    Attributes:
        table: whose rows.
        keys: columns of its primary key.
        takes: what becomes of which columns; a row stays as it is if there are none.
        adds: whether what has no row yet becomes one, so that new rows have all columns of the table, in their order.
            Otherwise they have the columns of `takes`, then the only key.
    """

    table: Table
    keys: tuple[str, ...]
    takes: tuple[tuple[str, Taking], ...] = ()
    adds: bool = True

    def statement(self, dialect: str) -> Insert | Update:
        """Return what is run for each new row."""
        columns = self.table.c
        if self.adds:
            if not self.takes:
                return insert_missing(dialect, self.table, self.keys)
            return upsert(dialect, self.table, self.keys, lambda new: self._taken(dialect, new))
        new = {name: bindparam(f"new_{name}", type_=columns[name].type) for name, _ in self.takes}
        key = columns[self.keys[0]]
        values = [(columns[name], value) for name, value in self._taken(dialect, new).items()]
        return update(self.table).where(key == bindparam("key_", type_=key.type)).ordered_values(*values)

    def _taken(self, dialect: str, new: _Columns | Mapping[str, ColumnElement[Any]]) -> dict[str, ColumnElement[Any]]:
        functions: dict[Taking, _Scalar] = {
            "known": func.coalesce,
            "larger": larger(dialect),
            "smaller": smaller(dialect),
            "sum": lambda one, other: one + other,
        }
        return {name: functions[taking](new[name], self.table.c[name]) for name, taking in self.takes}
