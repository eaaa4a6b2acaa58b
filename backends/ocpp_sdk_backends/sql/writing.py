"""A transaction that writes: where numbers and charge points come from, and how rows go in.

Whoever writes first takes the lock on `sequences`, in SQLite the one on the file. So writes of all processes follow
each other, numbers follow the commits, and what a verb reads within its transaction stays so until it has written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias, cast

from sqlalchemy import ColumnElement, Connection, Insert, Table, Update, bindparam, func, insert, select, update
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from ocpp_sdk.storage.folding import fold
from ocpp_sdk_backends.sql.inserting import Values, insert_columns, run_many
from ocpp_sdk_backends.sql.tables import charge_points, sequences
from ocpp_sdk_backends.sql.together import send_together

__all__ = [
    "CHARGE_POINT_IDS",
    "ChargePointIds",
    "KnownChargePoint",
    "Span",
    "WriteTransaction",
    "insert_missing",
    "larger",
    "smaller",
    "upsert",
]

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
# Far more than any central system has; a bound against identities that are made up.
_MOST_KNOWN: Final = 200_000

_Columns: TypeAlias = ReadOnlyColumnCollection[str, Any]
_Merge: TypeAlias = Callable[[_Columns], dict[str, ColumnElement[Any]]]
_Scalar: TypeAlias = Callable[..., ColumnElement[Any]]

KnownChargePoint: TypeAlias = tuple[int, str]
"""Id and identity as it was first spelled."""

Span: TypeAlias = tuple[int, int]
"""Transaction and charge point: the key of `sampled_transactions`."""


class ChargePointIds:
    """Remembers the ids of charge points, which never change and are never removed, and what need not be noted again.

    Attributes:
        noted: table, charge point and block of rows that are there.
    """

    def __init__(self) -> None:
        self._known: dict[str, KnownChargePoint] = {}
        self._spans: dict[Span, int] = {}
        self.noted: set[tuple[str, int, int]] = set()

    def span_reaches(self, span: Span) -> int:
        """Return the last number of a span of samples as far as is known, 0 if nothing is."""
        return self._spans.get(span, 0)

    def add_noted(self, found: Collection[tuple[str, int, int]]) -> None:
        """Remember blocks that are noted."""
        if len(self.noted) + len(found) > _MOST_KNOWN:
            self.noted = set()
        self.noted.update(found)

    def add_spans(self, found: Mapping[Span, int]) -> None:
        """Remember how far committed spans of samples reach."""
        if len(self._spans) + len(found) > _MOST_KNOWN:
            self._spans = {}
        self._spans.update(found)

    def add(self, found: Mapping[str, KnownChargePoint]) -> None:
        """Remember committed charge points by folded identity."""
        if len(self._known) + len(found) > _MOST_KNOWN:
            self._known = {}
        self._known.update(found)

    def known(self, key: str) -> KnownChargePoint | None:
        """Return what is remembered of a folded identity."""
        return self._known.get(key)

    def find(self, connection: Connection, identity: str) -> KnownChargePoint | None:
        """Return the charge point of an identity, None if there is none."""
        key = fold(identity)
        known = self._known.get(key)
        if known is None:
            known = find_charge_points(connection, [key]).get(key)
            if known is not None:
                self.add({key: known})
        return known


def find_charge_points(connection: Connection, keys: Collection[str]) -> dict[str, KnownChargePoint]:
    """Return the charge points of folded identities, those that are there."""
    table = charge_points.c
    statement = select(table.identity_key, table.charge_point_id, table.identity)
    rows = connection.execute(statement.where(table.identity_key.in_(list(keys))))
    return {key: (number, identity) for key, number, identity in rows}


class WriteTransaction:
    """What a verb writes with.

    Attributes:
        connection: in a transaction, which the verb must not end.
        dialect: name of the database's kind.
        careful: whether to look first what is there, and not to trust that rows are new. Otherwise what collides with a
            row that is there fails, and is asked for again with care.
        ids: of charge points.
        noted: blocks that this transaction has noted, each with the name of the table.
        spans: of samples, and how far they reach from now on.
    """

    __slots__ = (
        "_changed",
        "_driver",
        "_last",
        "_later",
        "_seen",
        "careful",
        "connection",
        "dialect",
        "ids",
        "noted",
        "spans",
    )

    def __init__(self, connection: Connection, ids: ChargePointIds, *, careful: bool = False) -> None:
        self.connection = connection
        self.dialect = connection.dialect.name
        self.careful = careful
        self.ids = ids
        self._seen: dict[str, KnownChargePoint] = {}
        self.spans: dict[Span, int] = {}
        self.noted: set[tuple[str, int, int]] = set()
        self._changed: set[str] = set()
        self._last: dict[str, int] | None = None
        self._later: list[tuple[Table, Sequence[Values]]] = []
        # SQLAlchemy has nothing to add to what is done in each group, and a small one feels what it costs.
        own = connection.connection.driver_connection
        self._driver = cast("sqlite3.Connection", own) if self.dialect == "sqlite" else None
        if self.dialect != "sqlite":
            self._last = self._lock()

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

    def finish(self) -> None:
        """Send what waits to be sent, and write how far the sequences are."""
        last = self._last or {}
        reached = {name: last[name] for name in sorted(self._changed)}
        if self.dialect == "postgresql":
            if self._later or reached:
                send_together(self.connection, self._later, reached)
        elif reached:
            rows = [(number, name) for name, number in reached.items()]
            self.run_many("sequences raised", lambda: _RAISE, rows)

    def committed(self) -> None:
        """Remember what others can see now."""
        if self._seen:
            self.ids.add(self._seen)
        if self.noted:
            self.ids.add_noted(self.noted)
        if self.spans:
            self.ids.add_spans(self.spans)

    def insert(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add rows whose values are in the order of the columns and as the driver takes them."""
        if rows:
            self.insert_columns(table, list(zip(*rows, strict=True)))

    def insert_columns(self, table: Table, columns: Sequence[Values]) -> None:
        """Add rows that are given as columns: all of the table, in their order and equally long, not empty."""
        if self.dialect == "postgresql":
            send_together(self.connection, [(table, columns)], {})
        else:
            insert_columns(self.connection, self._driver, table, columns)

    def insert_last(self, table: Table, columns: Sequence[Values]) -> None:
        """Do the same, but where each statement costs a way to the server with the last one, together with all others.

        What else is read in this transaction finds these rows after `send` only.
        """
        if self.dialect == "postgresql":
            self._later.append((table, columns))
        else:
            self.insert_columns(table, columns)

    def send(self) -> None:
        """Send the rows that wait for the last statement."""
        if self._later:
            send_together(self.connection, self._later, {})
            self._later = []

    def run_many(self, name: str, make: Callable[[], Insert | Update], rows: Sequence[tuple[Any, ...]]) -> None:
        """Run a statement for each of some rows.

        Args:
            name: of the statement, by which it is found again.
            make: makes it, the first time.
            rows: its parameters, in the order of the statement and as the driver takes them.
        """
        run_many(self.connection, self._driver, name, make, rows)

    def _find(self, key: str) -> KnownChargePoint | None:
        known = self._seen.get(key) or self.ids.known(key)
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


def larger(dialect: str) -> _Scalar:
    """Return the function of two values that gives the larger one."""
    return func.max if dialect == "sqlite" else func.greatest


def smaller(dialect: str) -> _Scalar:
    """Return the function of two values that gives the smaller one."""
    return func.min if dialect == "sqlite" else func.least


def upsert(dialect: str, table: Table, keys: Iterable[str], merge: _Merge | None = None) -> Insert:
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
