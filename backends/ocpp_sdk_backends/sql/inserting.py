"""Rows that are added to a table, many with each statement, and past SQLAlchemy, which would look at each of them."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import chain, compress
from itertools import count as count_from
from operator import not_
from typing import Any, Final, TypeAlias

from sqlalchemy import Column, Connection, Insert, Table, Update, insert

__all__ = ["Values", "insert_columns", "run_many"]

Values: TypeAlias = Sequence[Any]
"""The values of one column, as the driver takes them."""

# What a driver does around a statement costs more than a row; that of SQLite gives up the interpreter at each, and may
# have to wait until the event loop gives it back.
_ROWS_OF_A_STATEMENT: Final = (64, 32, 16, 8, 4, 2, 1)
_MOST_ROWS: Final = _ROWS_OF_A_STATEMENT[0]
# What every SQLite takes.
_MOST_VARIABLES: Final = 999


def _binds_numbers() -> bool:
    """Whether the driver takes values by their numbers; some of Python 3.12 take a number for a name."""
    with closing(sqlite3.connect(":memory:")) as connection, warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return bool(connection.execute("SELECT ?2 + ?1 + ?1", (1, 2)).fetchone() == (4,))
        except (DeprecationWarning, sqlite3.Error):
            return False


_BINDS_NUMBERS: Final = _binds_numbers()
_texts: Final[dict[tuple[str, str], str]] = {}
# By table, which of its columns are there, and which of these have one value.
_alike: Final[dict[tuple[str, tuple[bool, ...], tuple[bool, ...]], str]] = {}
_MOST_TEXTS: Final = 256
# By table, and which of its columns are there.
_plans: Final[dict[tuple[str, tuple[bool, ...]], Sequence[tuple[int, str]]]] = {}


def insert_columns(
    connection: Connection, driver: sqlite3.Connection | None, table: Table, columns: Sequence[Values]
) -> None:
    """Add rows that are given as columns.

    Args:
        connection: in a transaction.
        driver: what is beneath it, for SQLite.
        table: into which.
        columns: all of the table, in their order and equally long.
    """
    if driver is None:
        run_many(connection, driver, table.name, lambda: insert(table), list(zip(*columns, strict=True)))
        return
    # Without the columns that are empty in all rows: for each None the driver of SQLite looks for an adapter.
    there = tuple([values[0] is not None or values.count(None) < len(values) for values in columns])
    told = list(compress(columns, there))
    if len(told[0]) >= _MOST_ROWS and _BINDS_NUMBERS:
        told = _insert_alike(connection, driver, table, there, told)
    plan = _plans.get((table.name, there)) or _plan(connection, table, there)
    flat = tuple(chain.from_iterable(zip(*told, strict=True)))
    done, size = 0, len(flat)
    for step, text in plan:
        while size - done >= step:
            driver.execute(text, flat[done : done + step])
            done += step
        if done == size:
            break


def _insert_alike(
    connection: Connection, driver: sqlite3.Connection, table: Table, there: tuple[bool, ...], columns: list[Values]
) -> list[Values]:
    """Add the rows that fill whole statements, with what is the same in all of them bound once; return the rest."""
    same = tuple([values[0] == values[-1] and values.count(values[0]) == len(values) for values in columns])
    key = (table.name, there, same)
    text = _alike.get(key)
    if text is None:
        if len(_alike) >= _MOST_TEXTS:
            _alike.clear()
        text = _alike[key] = _insert_rows(connection, table, list(compress(table.columns, there)), _MOST_ROWS, same)
    once = tuple([values[0] for values in compress(columns, same)])
    flat = tuple(chain.from_iterable(zip(*compress(columns, map(not_, same)), strict=True)))
    whole, step = len(columns[0]) // _MOST_ROWS, _MOST_ROWS * (len(columns) - len(once))
    for number in range(whole):
        driver.execute(text, once + flat[number * step : (number + 1) * step])
    return [values[whole * _MOST_ROWS :] for values in columns]


def _plan(connection: Connection, table: Table, there: tuple[bool, ...]) -> Sequence[tuple[int, str]]:
    """Return the statements that add rows, the largest first, each with the number of its values."""
    kept = list(compress(table.columns, there))
    sizes = [size for size in _ROWS_OF_A_STATEMENT if size * len(kept) <= _MOST_VARIABLES]
    plan = [(size * len(kept), _insert_rows(connection, table, kept, size)) for size in sizes]
    _plans[table.name, there] = plan
    return plan


def run_many(
    connection: Connection,
    driver: sqlite3.Connection | None,
    name: str,
    make: Callable[[], Insert | Update],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Run a statement for each of some rows.

    Args:
        connection: in a transaction.
        driver: what is beneath it, for SQLite.
        name: of the statement, by which it is found again.
        make: makes it, the first time.
        rows: its parameters, in the order of the statement and as the driver takes them.
    """
    text = _text(connection, name, lambda: str(make().compile(dialect=connection.dialect)))
    if driver is not None:
        driver.executemany(text, rows)
    else:
        connection.exec_driver_sql(text, list(rows))


def _text(connection: Connection, name: str, make: Callable[[], str]) -> str:
    key = (connection.dialect.name, name)
    text = _texts.get(key)
    if text is None:
        text = _texts[key] = make()
    return text


def _insert_rows(
    connection: Connection, table: Table, columns: Sequence[Column[Any]], count: int, same: Sequence[bool] = ()
) -> str:
    """Return an insert that takes the columns of so many rows.

    Args:
        connection: to the database.
        table: into which.
        columns: of the table.
        count: of rows.
        same: of each column whether one value is bound for all rows; these come first.
    """
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join([quote(column.name) for column in columns])
    once, each = count_from(1), count_from(1 + sum(same))
    numbers = [next(once) if is_same else 0 for is_same in same]
    marks = [[f"?{number or next(each)}" for number in numbers] or "?" * len(columns) for _ in range(count)]
    rows = ", ".join([f"({', '.join(row)})" for row in marks])
    return f"INSERT INTO {table.name} ({names}) VALUES {rows}"  # noqa: S608  # names of our own
