"""Statements that are made once.

To make a statement of expressions, and to have SQLAlchemy run it, takes several times as long as SQLite takes to do
what it says. So the statements that are run for each single call are made once, and SQLite gets their text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Delete, Insert, Select, Update
from sqlalchemy.dialects import sqlite

from ocpp_sdk_backends.sql.columns import bound_time

__all__ = ["Fixed"]


class Fixed:
    """A statement with named parameters.

    Args:
        statement: every value that differs from run to run is a `bindparam` with a type.
    """

    def __init__(self, statement: Select[Any] | Insert | Update | Delete) -> None:
        self._statement = statement
        compiled = statement.compile(dialect=sqlite.dialect(paramstyle="named"))
        self._text = str(compiled)
        self._constants = compiled.params

    def rows(self, connection: Connection, values: Mapping[str, object]) -> Sequence[Sequence[Any]]:
        """Run it and return the rows that it finds; times are texts in SQLite."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, values).all()
        found: list[tuple[Any, ...]] = self._run(connection, values).fetchall()
        return found

    def count(self, connection: Connection, values: Mapping[str, object]) -> int:
        """Run it and return how many rows it has changed."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, values).rowcount
        changed: int = self._run(connection, values).rowcount
        return changed

    def _run(self, connection: Connection, values: Mapping[str, object]) -> Any:  # noqa: ANN401  # the driver's cursor
        bound = {
            name: bound_time(value, "sqlite") if isinstance(value, datetime) else value
            for name, value in values.items()
        }
        return connection.connection.driver_connection.execute(  # type: ignore[union-attr]  # never detached here
            self._text, {**self._constants, **bound}
        )
