"""Rows for several tables, and how far the sequences are, sent to PostgreSQL as one statement.

Each way to the server and back costs as much as a dozen rows. A column is sent as an array, or as one value if it is
the same in all rows, which many are: that is half the work of a parameter for each field, on both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, Final

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine.interfaces import Dialect

from ocpp_sdk_backends.sql.inserting import Values

__all__ = ["send_together"]

_RAISE: Final = "UPDATE sequences SET last = reached.last FROM {} WHERE sequences.name = reached.name"
_DIALECT: Final[Dialect] = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own


def send_together(
    connection: Connection, rows: Sequence[tuple[Table, Sequence[Values]]], reached: Mapping[str, int]
) -> None:
    """Add rows, and write how far sequences are.

    Args:
        connection: in a transaction.
        rows: tables, each with all of its columns in their order, equally long and not empty.
        reached: last numbers given out, by the name of the sequence.
    """
    parts: list[tuple[Table, tuple[bool, ...]]] = []
    parameters: list[Any] = []
    for table, columns in rows:
        size = len(columns[0])
        differ = tuple([values.count(values[0]) < size for values in columns])
        parts.append((table, differ))
        parameters += [list(values) if many else values[0] for values, many in zip(columns, differ, strict=True)]
    if reached:
        parameters += [list(reached), list(reached.values())]
    connection.exec_driver_sql(_text(tuple(parts), bool(reached)), tuple(parameters))


@lru_cache(maxsize=256)
def _text(parts: tuple[tuple[Table, tuple[bool, ...]], ...], raises: bool) -> str:
    places = map("${}".format, count(1))
    statements = [_insert(table, differ, places) for table, differ in parts]
    if raises:
        reached = f"unnest({next(places)}::text[], {next(places)}::bigint[]) AS reached (name, last)"
        statements.append(_RAISE.format(reached))
    *first, last = statements
    if not first:
        return last
    return f"WITH {', '.join(f'part{place} AS ({text})' for place, text in enumerate(first))} {last}"


def _insert(table: Table, differ: Sequence[bool], places: Iterator[str]) -> str:
    """Return an insert of rows out of arrays, and of single values for the columns that do not differ."""
    quote = _DIALECT.identifier_preparer.quote
    names = [quote(column.name) for column in table.columns]
    kinds = [column.type.compile(_DIALECT).partition(" COLLATE")[0] for column in table.columns]
    arrays, values = [], []
    for name, kind, many in zip(names, kinds, differ, strict=True):
        place = next(places)
        if many:
            arrays.append(f"{place}::{kind}[]")
        values.append(f"rows.{name}" if many else f"{place}::{kind}")
    text = f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {', '.join(values)}"  # names of our own
    if not arrays:
        return text
    told = ", ".join(name for name, many in zip(names, differ, strict=True) if many)
    return f"{text} FROM unnest({', '.join(arrays)}) AS rows ({told})"
