"""A transaction that writes: where numbers and charge points come from, and how rows go in.

Whoever writes first takes the lock on `sequences`, in SQLite the one on the file. So writes of all processes follow
each other, numbers follow the commits, and what a verb reads within its transaction stays so until it has written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

from sqlalchemy import Connection, Insert, Table, Update, bindparam, insert, select, update

from ocpp_sdk.storage.folding import fold
from ocpp_sdk_backends.sql.inserting import Values, insert_columns, run_many
from ocpp_sdk_backends.sql.merging import Merge, insert_missing
from ocpp_sdk_backends.sql.remembered import KnownChargePoint, Remembered, Span, find_charge_points
from ocpp_sdk_backends.sql.tables import charge_points, sequences
from ocpp_sdk_backends.sql.together import Together

__all__ = ["CHARGE_POINT_IDS", "LookFirstError", "WriteTransaction"]

CHARGE_POINT_IDS: Final = "charge_point_id"
"""Sequence of the ids of charge points, which mean nothing outside of one database."""

_SEQUENCES: Final = (
    CHARGE_POINT_IDS,
    "transaction_id",
    "reservation_id",
    "connector_statuses",
    "refused_stops",
    "samples",
    "commands",
    "requests",
    "exchanges",
    "notifications",
    "messages",
)


class LookFirstError(Exception):
    """A verb has to read before it can write."""


class WriteTransaction:
    """What a verb writes with.

    Args:
        connection: in a transaction; None where a single statement is to do it all, for `at_once`.
        remembered: what is known without asking.
        careful: whether to look first what is there, and not to trust that rows are new. Otherwise what collides with a
            row that is there fails, and is asked for again with care.

    Attributes:
        dialect: name of the database's kind.
        noted: blocks that this transaction has noted, each with the name of the table.
        spans: of samples, and how far they reach from now on.
    """

    __slots__ = (
        "_changed",
        "_connection",
        "_driver",
        "_last",
        "_later",
        "_seen",
        "careful",
        "dialect",
        "noted",
        "remembered",
        "spans",
    )

    def __init__(self, connection: Connection | None, remembered: Remembered, *, careful: bool = False) -> None:
        self._connection = connection
        self.dialect = "postgresql" if connection is None else connection.dialect.name
        self.careful = careful
        self.remembered = remembered
        self._seen: dict[str, KnownChargePoint] = {}
        self.spans: dict[Span, int] = {}
        self.noted: set[tuple[str, int, int]] = set()
        self._changed: set[str] = set()
        self._last: dict[str, int] | None = None
        self._later = Together()
        self._driver: sqlite3.Connection | None = None
        if connection is None:
            self._last = dict(remembered.last or {})
        elif self.dialect == "sqlite":
            # SQLAlchemy has nothing to add to what is done in each group, and a small one feels what it costs.
            self._driver = cast("sqlite3.Connection", connection.connection.driver_connection)
        else:
            self._last = self._lock()

    @property
    def connection(self) -> Connection:
        """In a transaction, which the verb must not end.

        Raises:
            LookFirstError: there is none.
        """
        if self._connection is None:
            raise LookFirstError
        return self._connection

    def numbers(self, sequence: str, count: int = 1) -> int:
        """Take numbers that nobody had, and return the first."""
        if self._last is None:
            self._last = self._lock()
        last = self._last[sequence]
        self._last[sequence] = last + count
        self._changed.add(sequence)
        return last + 1

    def raise_sequence(self, sequence: str, last: int) -> None:
        """Give out no numbers up to this one any more."""
        if self._last is None:
            self._last = self._lock()
        if last > self._last[sequence]:
            self._last[sequence] = last
            self._changed.add(sequence)

    def find(self, identity: str) -> int:
        """Return the id of a charge point, -1 if there is none."""
        known = self._find(fold(identity))
        return -1 if known is None else known[0]

    def charge_point(self, identity: str, at: datetime | None = None) -> int:
        """Return the id of a charge point, which comes into being if there is none.

        Args:
            identity: as it was spelled this time.
            at: when it would have come into being; None for now.
        """
        key = fold(identity)
        known = self._find(key)
        return self._make(key, identity, at) if known is None else known[0]

    def identity(self, identity: str) -> str:
        """Return an identity as it was first spelled, by whoever it was."""
        known = self._find(fold(identity))
        return identity if known is None else known[1]

    def spell(self, identity: str, number: int) -> None:
        """Take another first spelling of a charge point."""
        self._seen[fold(identity)] = (number, identity)

    def at_once(self) -> tuple[str, tuple[Any, ...], int]:
        """Return the statement that does it all, its parameters, and what it returns if it has."""
        reached = self._reached()
        text, parameters = self._later.statement(reached, self.remembered.last)
        return text, parameters, len(reached)

    def finish(self) -> None:
        """Send what waits to be sent, and write how far the sequences are."""
        reached = self._reached()
        if self.dialect == "postgresql":
            if self._later or reached:
                self.connection.exec_driver_sql(*self._later.statement(reached))
        elif reached:
            self._run_many("sequences raised", lambda: _RAISE, [(last, name) for name, last in reached.items()])

    def committed(self) -> None:
        """Remember what others can see now."""
        if self._last is not None:
            self.remembered.last = self._last
        if self._seen:
            self.remembered.add(self._seen)
        if self.noted:
            self.remembered.add_noted(self.noted)
        if self.spans:
            self.remembered.add_spans(self.spans)

    def insert(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add rows whose values are in the order of the columns and as the driver takes them."""
        if rows:
            self.insert_last(table, list(zip(*rows, strict=True)))
            self.send()

    def insert_last(self, table: Table, columns: Sequence[Values]) -> None:
        """Add rows, but where each statement costs a way to the server together with all others, at the end.

        What else is read in this transaction finds these rows after `send` only.

        Args:
            table: into which.
            columns: all of the table, in their order, equally long and not empty.
        """
        if self.dialect == "postgresql":
            self._later.insert(table, columns)
        else:
            insert_columns(self.connection, self._driver, table, columns)

    def merge_last(self, merge: Merge, rows: Sequence[tuple[Any, ...]]) -> None:
        """Do the same with rows that are merged with those that are there.

        Args:
            merge: how.
            rows: as it says, and as the driver takes them; not empty.
        """
        if self.dialect != "postgresql":
            self._run_many(f"{merge.table.name} merged", lambda: merge.statement(self.dialect), rows)
            return
        if merge.table in self._later.merged:
            self.send()
        self._later.merge(merge, list(zip(*rows, strict=True)))

    def send(self) -> None:
        """Send the rows that wait for the last statement."""
        if self._later:
            self.connection.exec_driver_sql(*self._later.statement({}))
            self._later = Together()

    def _reached(self) -> dict[str, int]:
        last = self._last or {}
        return {name: last[name] for name in sorted(self._changed)}

    def _run_many(self, name: str, make: Callable[[], Insert | Update], rows: Sequence[tuple[Any, ...]]) -> None:
        run_many(self.connection, self._driver, name, make, rows)

    def _find(self, key: str) -> KnownChargePoint | None:
        known = self._seen.get(key) or self.remembered.known(key)
        if known is None:
            known = find_charge_points(self.connection, [key]).get(key)
            if known is not None:
                # Made by this very transaction, perhaps: not to be remembered before it is committed.
                self._seen[key] = known
        return known

    def _make(self, key: str, identity: str, at: datetime | None) -> int:
        number = self.numbers(CHARGE_POINT_IDS)
        seen = datetime.now(UTC) if at is None else at
        values = {"identity": identity, "identity_key": key, "first_seen": seen, "last_seen": seen}
        self.connection.execute(insert(charge_points).values(charge_point_id=number, **values))
        self._seen[key] = (number, identity)
        return number

    def _lock(self) -> dict[str, int]:
        found = self._read_sequences()
        missing = [name for name in _SEQUENCES if name not in found]
        if missing:
            rows = [{"name": name, "last": 0} for name in missing]
            self.connection.execute(insert_missing(self.dialect, sequences, ["name"]), rows)
            found = self._read_sequences()
        return found

    def _read_sequences(self) -> dict[str, int]:
        if self._driver is not None:
            return dict(self._driver.execute("SELECT name, last FROM sequences").fetchall())
        return {row.name: row.last for row in self.connection.execute(_LAST)}


_RAISE: Final = update(sequences).where(sequences.c.name == bindparam("name_")).values(last=bindparam("last_"))
_LAST: Final = select(sequences.c.name, sequences.c.last).order_by(sequences.c.name).with_for_update()
