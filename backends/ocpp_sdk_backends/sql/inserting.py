"""Rows that are added to a table, many with each statement, and past SQLAlchemy, which would look at each of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, repeat
from itertools import count as count_on
from typing import Any, Final, TypeAlias

from sqlalchemy import Column, Connection, Insert, Table, Update, insert

__all__ = ["Values", "insert_columns", "run_many"]

Values: TypeAlias = Sequence[Any]
"""The values of one column, as the driver takes them."""

# What a driver does around a statement costs more than a row; that of SQLite gives up the interpreter at each, and may
# have to wait until the event loop gives it back.
_ROWS_OF_A_STATEMENT: Final = {"sqlite": (64, 32, 16, 8, 4, 2, 1), "postgresql": (64,)}
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
    sizes = _ROWS_OF_A_STATEMENT.get(connection.dialect.name)
    if sizes is None:
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
    run = connection.exec_driver_sql if driver is None else driver.execute
    names, done = ",".join([column.name for column in kept]), 0
    for size in sizes:
        step = size * len(kept)
        if step > _MOST_VARIABLES or len(flat) - done < step:
            continue
        text = _text(connection, f"{table.name} {names} {size}", partial(_insert_rows, connection, table, kept, size))
        while len(flat) - done >= step:
            run(text, flat[done : done + step])
            done += step
    if done < len(flat):
        # PostgreSQL takes any number of rows at once as an array for each column, at more than rows of a statement.
        text = _text(connection, f"{table.name} columns", partial(_insert_arrays, connection, table))
        run(text, tuple([list(values[done // len(kept) :]) for values in columns]))


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


def _insert_arrays(connection: Connection, table: Table) -> str:
    """Return an insert of PostgreSQL that takes an array for each column."""
    names = ", ".join(_quoted(connection, table.columns))
    kinds = [column.type.compile(connection.dialect).partition(" COLLATE")[0] for column in table.columns]
    arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(kinds, 1))
    return f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({arrays})"  # noqa: S608  # names of our own


def _insert_rows(connection: Connection, table: Table, columns: Sequence[Column[Any]], count: int) -> str:
    """Return an insert that takes the columns of so many rows."""
    names = ", ".join(_quoted(connection, columns))
    places: Iterator[str] = repeat("?") if connection.dialect.name == "sqlite" else map("${}".format, count_on(1))
    rows = ", ".join(f"({', '.join(next(places) for _ in columns)})" for _ in range(count))
    return f"INSERT INTO {table.name} ({names}) VALUES {rows}"  # noqa: S608  # names of our own


def _quoted(connection: Connection, columns: Iterable[Column[Any]]) -> list[str]:
    return [connection.dialect.identifier_preparer.quote(column.name) for column in columns]
