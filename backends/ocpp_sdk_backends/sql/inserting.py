"""Rows that are added to a table, many with each statement, and past SQLAlchemy, which would look at each of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain, count, islice
from typing import Any, Final, TypeAlias

from sqlalchemy import Column, Connection, Insert, Table, Update, insert
from sqlalchemy.dialects import sqlite

__all__ = ["Values", "insert_columns", "run_many"]

Values: TypeAlias = Sequence[Any]
"""The values of one column, as the driver takes them."""

# What a driver does around a statement costs more than a row; that of SQLite gives up the interpreter at each, and may
# have to wait until the event loop gives it back.
_ROWS_OF_A_STATEMENT: Final = (128, 64, 32, 16, 8, 4, 2, 1)
# What every SQLite takes.
_MOST_VARIABLES: Final = 999

_QUOTE: Final = sqlite.dialect().identifier_preparer.quote
_texts: Final[dict[tuple[str, str], str]] = {}


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
    size = len(columns[0])
    # Whatever is the same in all rows is sent once, and nothing not at all: for None the driver looks for an adapter.
    same: list[tuple[Column[Any], Any]] = []
    differ: list[tuple[Column[Any], Values]] = []
    for column, values in zip(table.columns, columns, strict=True):
        first = values[0]
        if values.count(first) < size:
            differ.append((column, values))
        elif first is not None:
            same.append((column, first))
    shared = tuple([value for _, value in same])
    flat = tuple(chain.from_iterable(zip(*(values for _, values in differ), strict=True)))
    kept = tuple([column for column, _ in same]), tuple([column for column, _ in differ])
    done = 0
    for rows in _ROWS_OF_A_STATEMENT:
        step = rows * len(differ)
        if step + len(shared) > _MOST_VARIABLES:
            continue
        while size - done >= rows:
            start = done * len(differ)
            driver.execute(_insert_rows(table, *kept, rows), shared + flat[start : start + step])
            done += rows


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


@lru_cache(maxsize=1024)
def _insert_rows(table: Table, same: Sequence[Column[Any]], differ: Sequence[Column[Any]], rows: int) -> str:
    """Return an insert of SQLite that takes what all rows have in common, then what each of them has of its own."""
    names = ", ".join([_QUOTE(column.name) for column in (*same, *differ)])
    shared = [f"?{place}" for place in range(1, len(same) + 1)]
    places = map("?{}".format, count(len(same) + 1))
    values = ", ".join([f"({', '.join([*shared, *islice(places, len(differ))])})" for _ in range(rows)])
    return f"INSERT INTO {table.name} ({names}) VALUES {values}"  # noqa: S608  # names of our own
