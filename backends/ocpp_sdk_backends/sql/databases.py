"""How work reaches a database: a function of a synchronous connection is run in a transaction.

Databases behind a network are spoken to through SQLAlchemy's asynchronous engine, which runs such functions without a
thread. SQLite has no network to wait for: there a whole function runs in one thread, on a synchronous engine of the
same file. Through aiosqlite each statement is a change of threads to and fro, which was measured to make a group of 64
samples take 1.6 times as long (6.4 ms against 4.1 on a busy machine), and a read 2.2 times.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ocpp_sdk_backends.sql.failures import explain
from ocpp_sdk_backends.sql.threads import WorkerThread

__all__ = ["DRIVER_FAILURES", "Database", "NetworkDatabase", "SqliteDatabase", "database_of", "told"]

T = TypeVar("T")
Work = Callable[[Connection], T]

DRIVER_FAILURES: Final = (SQLAlchemyError, sqlite3.Error, OSError, EOFError, UnicodeError, OverflowError)
"""What comes up from a database and its driver; anything else is a fault of our own or of a caller."""

_READERS: Final = 4
_LOCK_TIMEOUT_S: Final = 10.0
# To read first and then ask for the lock would fail if another process has written in between.
_BEGIN: Final = "BEGIN IMMEDIATE"


def told(name: str, error: Exception) -> Exception:
    """Return what a caller is told of one of `DRIVER_FAILURES`; what it did wrong itself as it is."""
    orig = error.orig if isinstance(error, StatementError) and not isinstance(error, DBAPIError) else None
    # A text that cannot be encoded is what the database cannot hold, though Python calls it a ValueError too.
    if isinstance(orig, ValueError) and not isinstance(orig, UnicodeError):
        return orig
    return explain(name, error)


class Database(Protocol):
    """Runs work. Nothing may be kept of a connection.

    Attributes:
        can_write_at_once: whether a single statement can do what a transaction does.
    """

    can_write_at_once: bool

    async def write(self, work: Work[T]) -> T:
        """Run work and commit it; one at a time."""
        ...

    async def write_at_once(self, text: str, parameters: tuple[Any, ...], expected: int) -> bool | None:
        """Run one statement as a transaction of its own.

        Returns:
            Whether it has returned what is expected; None if it has failed, and so has written nothing.
        """
        ...

    async def write_aside(self, work: Work[T]) -> T:
        """Run work and commit it, beside other work where the database allows it."""
        ...

    async def read(self, work: Work[T]) -> T:
        """Run work that only reads, and sees all that was committed."""
        ...

    async def close(self) -> None:
        """Finish what runs and give all connections back."""
        ...


def database_of(engine: AsyncEngine) -> Database:
    """Return what runs work on an engine's database; it disposes of the engine."""
    return SqliteDatabase(engine) if engine.dialect.name == "sqlite" else NetworkDatabase(engine)


class NetworkDatabase:
    """PostgreSQL and MariaDB."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.can_write_at_once = engine.dialect.name == "postgresql"
        self._engine = engine
        self._writer: AsyncConnection | None = None
        # The connection of the driver that the writer stands on.
        self._driver: Any = None
        self._running: set[asyncio.Task[Any]] = set()

    async def write(self, work: Work[T]) -> T:
        """Run work on a connection that is kept, so that none has to be asked whether it is alive."""
        try:
            return await self._write(work)
        except _LostBeforeCommitError:
            return await self._write(work, again=False)

    async def write_at_once(self, text: str, parameters: tuple[Any, ...], expected: int) -> bool | None:
        """Run a statement by asyncpg, to which SQLAlchemy would add a transaction."""
        driver = self._driver
        if driver is None or driver.is_closed():
            return None
        try:
            found: int = await driver.fetchval(text, *parameters)
        except BaseException as error:
            if isinstance(error, Exception) and not isinstance(error, OSError) and not driver.is_closed():
                return None
            # It may have been written.
            await self._drop_writer()
            if isinstance(error, Exception) and not isinstance(error, DRIVER_FAILURES):
                raise ConnectionError(str(error)) from error
            raise
        return found == expected

    async def write_aside(self, work: Work[T]) -> T:
        """Run work on a connection of the pool."""
        return await self._whole(self._write_aside(work))

    async def read(self, work: Work[T]) -> T:
        """Run work on a connection of the pool; once more if that one turns out to be dead."""
        return await self._whole(self._read(work))

    async def close(self) -> None:
        """Wait for what runs, then give all connections back."""
        if self._running:
            await asyncio.wait(self._running)
        await self._drop_writer()
        await self._engine.dispose()

    async def _whole(self, asking: Coroutine[None, None, T]) -> T:
        """Let a question be answered though its caller gives up, because a connection cannot be left in the middle."""
        task = asyncio.create_task(asking)
        self._running.add(task)
        task.add_done_callback(self._end)
        return await asyncio.shield(task)

    def _end(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            # Nobody else may look whether it failed.
            task.exception()

    async def _write_aside(self, work: Work[T]) -> T:
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def _read(self, work: Work[T]) -> T:
        try:
            return await self._read_once(work)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        return await self._read_once(work)

    async def _read_once(self, work: Work[T]) -> T:
        async with self._engine.connect() as connection:
            return await connection.run_sync(work)

    async def _write(self, work: Work[T], *, again: bool = True) -> T:
        if self._writer is None:
            self._writer = await self._engine.connect()
            self._driver = (await self._writer.get_raw_connection()).driver_connection
        writer = self._writer
        committing = False
        try:
            async with writer.begin() as transaction:
                result = await writer.run_sync(work)
                committing = True
                await transaction.commit()
            return result
        except BaseException as error:
            # Where a statement failed, the connection is as good as before.
            if not isinstance(error, DBAPIError) or error.connection_invalidated or committing:
                await self._drop_writer()
                if again and not committing and isinstance(error, DBAPIError):
                    raise _LostBeforeCommitError from error
            raise

    async def _drop_writer(self) -> None:
        writer, self._writer, self._driver = self._writer, None, None
        if writer is not None:
            with suppress(*DRIVER_FAILURES):
                await writer.close()


class _LostBeforeCommitError(Exception):
    """The connection was dead; nothing has happened."""


class SqliteDatabase:
    """A SQLite file in WAL mode: one thread writes, some read."""

    can_write_at_once = False

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._synchronous: int | None = None
        self._settling: asyncio.Task[None] | None = None
        self._connection: Connection | None = None
        self._writing = _sync_engine(engine, self._configure)
        self._reading = _sync_engine(engine, self._configure)
        self._writer = WorkerThread("ocpp-storage-writer")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="ocpp-storage-reader")

    async def write(self, work: Work[T]) -> T:
        """Run work in the thread that writes."""
        await self._settle()
        return await self._writer.run(partial(self._write, work))

    async def write_at_once(self, text: str, parameters: tuple[Any, ...], expected: int) -> bool | None:
        """Do nothing: a statement of SQLite costs no way to a server."""
        return None

    async def write_aside(self, work: Work[T]) -> T:
        """Do the same: SQLite has one writer."""
        return await self.write(work)

    async def read(self, work: Work[T]) -> T:
        """Run work in a thread that reads."""
        await self._settle()
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def close(self) -> None:
        """Wait for the threads, then close all connections."""
        if self._settling is not None:
            await asyncio.wait([self._settling])
        await asyncio.to_thread(self._close)
        await self._engine.dispose()

    async def _settle(self) -> None:
        """Learn from the engine how durable commits are to be; once for all who wait, whoever of them gives up.

        The driver leaves a connection open whose opening is cancelled.
        """
        if self._synchronous is None:
            if self._settling is None or self._settling.done():
                self._settling = asyncio.create_task(self._look())
            await asyncio.shield(self._settling)

    async def _look(self) -> None:
        async with self._engine.connect() as connection:
            found = (await connection.exec_driver_sql("PRAGMA synchronous")).scalar_one()
        self._synchronous = int(found)

    def _configure(self, connection: sqlite3.Connection, _: object) -> None:
        # The cache of pages is left at its 2 MiB. What is written is seldom looked at again, and in a larger one each
        # new page takes memory that has left the processor's caches: with 64 MiB 4 % of the requests/s were lost.
        for pragma in (
            f"synchronous = {2 if self._synchronous is None else self._synchronous}",
            "foreign_keys = ON",
            "temp_store = MEMORY",
            "wal_autocheckpoint = 4000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    def _write(self, work: Work[T]) -> T:
        if self._connection is None:
            self._connection = self._writing.connect()
        connection = self._connection
        try:
            driver = connection.connection.driver_connection
            assert driver is not None  # noqa: S101 - a connection that is open has one
            driver.execute(_BEGIN)
            result = work(connection)
            if connection.in_transaction():
                # Work has spoken to SQLAlchemy, and not only to the driver.
                connection.commit()
            else:
                driver.execute("COMMIT")
        except BaseException:
            # After some failures SQLite has ended the transaction by itself.
            connection.close()
            self._connection = None
            raise
        return result

    def _read(self, work: Work[T]) -> T:
        with self._reading.connect() as connection:
            return work(connection)

    def _close(self) -> None:
        self._writer.end()
        self._readers.shutdown()
        if self._connection is not None:
            self._connection.close()
        self._writing.dispose()
        self._reading.dispose()


def _sync_engine(engine: AsyncEngine, configure: Callable[[sqlite3.Connection, object], None]) -> Engine:
    made = create_engine(
        engine.url.set(drivername="sqlite+pysqlite"),
        # With isolation_level None the driver begins no transactions of its own.
        connect_args={"timeout": _LOCK_TIMEOUT_S, "isolation_level": None, "check_same_thread": False},
        pool_size=_READERS,
        max_overflow=0,
    )
    event.listen(made, "connect", configure)
    return made
