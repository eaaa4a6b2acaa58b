"""What the verbs of every topic are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from ocpp_sdk.errors import StorageError
from ocpp_sdk_backends.sql.databases import DRIVER_FAILURES, Work, database_of, told
from ocpp_sdk_backends.sql.groups import GroupCommit, Verb
from ocpp_sdk_backends.sql.remembered import Remembered
from ocpp_sdk_backends.sql.writing import WriteTransaction

__all__ = ["SqlVerbs", "charge_point_of", "records"]

A = TypeVar("A")
R = TypeVar("R")
T = TypeVar("T")


class SqlVerbs:
    """A database, and the ways to ask it.

    Args:
        engine: of a database that has the tables of this version; disposed of by `close`.
        name: what errors call the storage.
    """

    def __init__(self, engine: AsyncEngine, name: str) -> None:
        self._name = name
        self._dialect = engine.dialect.name
        self._remembered = Remembered()
        self._database = database_of(engine)
        self._group = GroupCommit(self._database, self._remembered, name)
        self._closed = False

    async def _read(self, work: Work[T]) -> T:
        """Run work that only reads."""
        self._see_open()
        try:
            return await self._database.read(work)
        except DRIVER_FAILURES as error:
            raise told(self._name, error) from error

    async def _write(self, work: Callable[[WriteTransaction], T], subject: object = None) -> T:
        """Run work that writes, with others that wait; see `GroupCommit.write`."""
        self._see_open()
        verb: Verb[Callable[[WriteTransaction], T], T] = _each
        return await self._group.write(verb, work, subject)

    async def _merge(self, verb: Verb[A, R], argument: A, subject: object = None) -> R:
        """Run a verb that writes together with all others that wait for the same one."""
        self._see_open()
        return await self._group.write(verb, argument, subject)

    async def _write_aside(self, work: Work[T]) -> T:
        """Run work that writes and needs no numbers, beside the groups."""
        self._see_open()
        try:
            return await self._database.write_aside(work)
        except DRIVER_FAILURES as error:
            raise told(self._name, error) from error

    def _see_open(self) -> None:
        if self._closed:
            raise StorageError(f"{self._name}: closed")


def _each(transaction: WriteTransaction, works: list[Callable[[WriteTransaction], T]]) -> list[T]:
    return [work(transaction) for work in works]


class _Rows(Protocol):
    """A result of SQLAlchemy, whose own type says what the columns are."""

    def keys(self) -> Iterable[str]: ...

    def __iter__(self) -> Iterator[Any]: ...


def records(kind: Callable[..., T], rows: _Rows) -> list[T]:
    """Make a record of each row, whose columns are named as the fields are."""
    fields = tuple(rows.keys())
    return [kind(**dict(zip(fields, row, strict=True))) for row in rows]


def charge_point_of(connection: Connection, remembered: Remembered, identity: str | None) -> int | None:
    """Return the id of a charge point, -1 for one that is not known, None for none."""
    if identity is None:
        return None
    known = remembered.find(connection, identity)
    return -1 if known is None else known[0]
