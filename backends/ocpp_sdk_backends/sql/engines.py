"""How a connection to each database is made, so that what was committed is durable and nothing hangs."""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import Coroutine
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias, cast

from sqlalchemy import URL, Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

__all__ = [
    "BEGIN_OPTION",
    "POOL_SIZE",
    "Begin",
    "MysqlTls",
    "Synchronous",
    "mysql_engine",
    "postgresql_engine",
    "sqlite_engine",
]

Begin: TypeAlias = Literal["DEFERRED", "IMMEDIATE", "NONE"]
BEGIN_OPTION: Final = "sqlite_begin"
"""Execution option that says how transactions of a SQLite engine begin, with a value of `Begin`.

DEFERRED, the default, takes the lock for writing with the first write, and then fails if another process has written
since the first read; IMMEDIATE takes it at once, and waits for it; NONE leaves each statement on its own.
"""

Synchronous: TypeAlias = Literal["normal", "full", "extra"]

POOL_SIZE: Final = 10
"""Greatest number of connections of one engine."""

_CONNECT_TIMEOUT_S: Final = 10.0
# Longer than any statement of ours takes, and the only way to notice a server that went away without a word.
_COMMAND_TIMEOUT_S: Final = 60.0
_LOCK_TIMEOUT_S: Final = 10.0
_POOL_TIMEOUT_S: Final = 60.0


# What the client library of MariaDB calls a packet that it cannot read.
_MALFORMED: Final = 2027

# Poolers between us and the server know few settings when a connection begins, and all of them afterwards.
_POSTGRESQL_SESSION: Final = f"""
    SELECT
        set_config('lock_timeout', '{_LOCK_TIMEOUT_S:.0f}s', false),
        set_config('idle_in_transaction_session_timeout', '{_COMMAND_TIMEOUT_S:.0f}s', false),
        set_config('jit', 'off', false),
        CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', false) END
"""

_MYSQL_SESSION: Final = f"""
    SET SESSION
        sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO',
        innodb_lock_wait_timeout = {_LOCK_TIMEOUT_S:.0f},
        sql_notes = 0
"""


@dataclass(frozen=True, slots=True)
class MysqlTls:
    """How a connection to MariaDB or MySQL is encrypted; the server's name is checked in any case.

    Attributes:
        ca: file of the authorities to believe; None for those that the machine trusts.
        cert: file of our own certificate, None for none.
        key: file of its key, None if it is in the same file.
    """

    ca: str | None = None
    cert: str | None = None
    key: str | None = None


class _PostgresqlConnection(Protocol):
    """What is used of a connection of asyncpg, which carries no types."""

    async def execute(self, query: str) -> str: ...


class _MysqlDriver(Protocol):
    OperationalError: type[Exception]

    def connect(self, **options: object) -> Coroutine[None, None, object]: ...


class _PostgresqlDriver(Protocol):
    def connect(
        self, dsn: str, *, timeout: float, command_timeout: float | None, server_settings: dict[str, str]
    ) -> Coroutine[None, None, _PostgresqlConnection]: ...


def sqlite_engine(path: Path, *, synchronous: Synchronous = "full") -> AsyncEngine:
    """Return an engine for a file in WAL mode.

    Args:
        path: of the file, which is made if it is not there.
        synchronous: `full` flushes the log at each commit; with `normal` the last commits are lost with the power.
    """
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        # With isolation_level None the driver begins no transactions of its own; `begin` below does.
        connect_args={"timeout": _LOCK_TIMEOUT_S, "isolation_level": None},
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=_POOL_TIMEOUT_S,
    )

    def configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in (f"synchronous = {synchronous}", "foreign_keys = ON", "temp_store = MEMORY"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begin(connection: Connection) -> None:
        how: Begin = connection.get_execution_options().get(BEGIN_OPTION, "DEFERRED")
        if how != "NONE":
            connection.exec_driver_sql(f"BEGIN {how}")

    event.listen(engine.sync_engine, "connect", configure)
    event.listen(engine.sync_engine, "begin", begin)
    return engine


def postgresql_engine(url: str, *, pool_size: int = POOL_SIZE, patient: bool = False) -> AsyncEngine:
    """Return an engine for a PostgreSQL server.

    Args:
        url: as libpq and asyncpg know them, with `sslmode` and the like as parameters.
        pool_size: greatest number of connections.
        patient: whether a statement may take as long as it likes.

    Raises:
        ModuleNotFoundError: asyncpg is not installed.
    """
    driver = cast("_PostgresqlDriver", import_module("asyncpg"))

    async def connect() -> object:
        connection = await driver.connect(
            url,
            timeout=_CONNECT_TIMEOUT_S,
            command_timeout=None if patient else _COMMAND_TIMEOUT_S,
            server_settings={"application_name": "ocpp-sdk"},
        )
        await connection.execute(_POSTGRESQL_SESSION)
        return connection

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_POOL_TIMEOUT_S,
        pool_pre_ping=True,
    )


def mysql_engine(
    url: URL,
    *,
    tls: MysqlTls | None = None,
    unix_socket: str | None = None,
    pool_size: int = POOL_SIZE,
    patient: bool = False,
) -> AsyncEngine:
    """Return an engine for MariaDB or MySQL.

    Args:
        url: with user, password, host, port and database.
        tls: how to encrypt; None for not at all.
        unix_socket: path of a socket to use in place of host and port.
        pool_size: greatest number of connections.
        patient: whether a statement may take as long as it likes.

    Raises:
        ModuleNotFoundError: asyncmy is not installed.
        OSError: a file of `tls` cannot be read.
    """
    driver = cast("_MysqlDriver", import_module("asyncmy"))

    async def connect(**options: object) -> object:
        try:
            # The driver's own limit ends before the server has said its first word.
            async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                return await driver.connect(**options)
        except (LookupError, ValueError, struct.error) as error:
            # The driver reads the greeting of any server as one of its own.
            raise driver.OperationalError(_MALFORMED, "the server speaks another protocol") from error

    options: dict[str, object] = {"connect_timeout": _CONNECT_TIMEOUT_S, "async_creator_fn": connect}
    if not patient:
        options["read_timeout"] = _COMMAND_TIMEOUT_S
    if unix_socket is not None:
        options["unix_socket"] = unix_socket
    if tls is not None:
        options["ssl"] = _context(tls)
    engine = create_async_engine(
        url.set(drivername="mysql+asyncmy", query={"charset": "utf8mb4"}),
        connect_args=options,
        # Claims lock the rows they take and not the gaps beside them.
        isolation_level="READ COMMITTED",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_POOL_TIMEOUT_S,
        pool_pre_ping=True,
        # Servers end connections that were idle for hours.
        pool_recycle=3600,
    )

    def configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute(_MYSQL_SESSION)
        cursor.close()

    event.listen(engine.sync_engine, "connect", configure)
    return engine


def _context(tls: MysqlTls) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=tls.ca)
    if tls.cert is not None:
        context.load_cert_chain(tls.cert, tls.key)
    return context
