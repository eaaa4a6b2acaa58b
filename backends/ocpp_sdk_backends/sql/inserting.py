"""Rows that are added to a table, many with each statement, and past SQLAlchemy, which would look at each of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Any, Final, TypeAlias

from sqlalchemy import Column, Connection, Insert, Table, Update, insert

__all__ = ["Values", "insert_columns", "run_many"]

Values: TypeAlias = Sequence[Any]
"""The values of one column, as the driver takes them."""

# What a driver does around a statement costs more than a row; that of SQLite gives up the interpreter at each, and may
# have to wait until the event loop gives it back.
_ROWS_OF_A_STATEMENT: Final = (64, 32, 16, 8, 4, 2, 1)
# What every SQLite takes.
_MOST_VARIABLES: Final = 999

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
    # Without the columns that are empty in all rows: for each None the driver of SQLite looks for an adapter.
    found = [
        (column, values)
        for column, values in zip(table.columns, columns, strict=True)
        if values[0] is not None or values.count(None) < len(values)
    ]
    kept = [column for column, _ in found]
    flat = tuple(chain.from_iterable(zip(*(values for _, values in found), strict=True)))
    names, done = ",".join([column.name for column in kept]), 0
    for size in _ROWS_OF_A_STATEMENT:
        step = size * len(kept)
        if step > _MOST_VARIABLES or len(flat) - done < step:
            continue
        text = _text(connection, f"{table.name} {names} {size}", partial(_insert_rows, connection, table, kept, size))
        while len(flat) - done >= step:
            driver.execute(text, flat[done : done + step])
            done += step


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


def _insert_rows(connection: Connection, table: Table, columns: Sequence[Column[Any]], count: int) -> str:
    """Return an insert that takes the columns of so many rows."""
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join([quote(column.name) for column in columns])
    rows = ", ".join([f"({', '.join('?' * len(columns))})"] * count)
    return f"INSERT INTO {table.name} ({names}) VALUES {rows}"  # noqa: S608  # names of our own
