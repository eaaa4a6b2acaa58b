"""Open a store by its URL, and upgrade the tables of one."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk_backends.sql.engines import mysql_engine, postgresql_engine, sqlite_engine
from ocpp_sdk_backends.sql.failures import cannot_open
from ocpp_sdk_backends.sql.files import prepare_file
from ocpp_sdk_backends.sql.schema import Change, bring_up
from ocpp_sdk_backends.sql.store import SqlStore
from ocpp_sdk_backends.sql.urls import read_mysql, read_postgresql, read_sqlite

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

__all__ = ["open_mysql", "open_postgresql", "open_sqlite", "upgrade_storage"]

# What drivers let through beside SQLAlchemy's own errors: the network's, and a server that ends in mid-sentence.
_FAILURES: Final = (SQLAlchemyError, sqlite3.Error, OSError, EOFError, ModuleNotFoundError)


async def open_sqlite(url: str) -> SqlStore:
    """Open a SQLite file, made if it is not there; older tables are upgraded.

    Args:
        url: `sqlite:///FILE`, with `?synchronous=normal` to lose the last commits with the power, not with the process.

    Raises:
        ConfigurationError: the file cannot serve.
    """
    return await _open(url, upgrade=True)


async def open_postgresql(url: str) -> SqlStore:
    """Open a database of a PostgreSQL server; an empty one gets its tables.

    Args:
        url: `postgresql://user:password@host:port/database`, with the parameters of libpq, such as `sslmode`, and
            `pool_size`.

    Raises:
        ConfigurationError: the database cannot serve.
    """
    return await _open(url, upgrade=False)


async def open_mysql(url: str) -> SqlStore:
    """Open a database of a MariaDB or MySQL server; an empty one gets its tables.

    Args:
        url: `mysql://user:password@host:port/database`, with the parameters `ssl`, `ssl_ca`, `ssl_cert`, `ssl_key`,
            `unix_socket` and `pool_size`.

    Raises:
        ConfigurationError: the database cannot serve.
    """
    return await _open(url, upgrade=False)


async def upgrade_storage(url: str) -> str:
    """Bring the tables of a database to those of this version; nobody else may use it meanwhile.

    Returns:
        One line about what was done.

    Raises:
        ConfigurationError: the database cannot be upgraded.
    """
    name, engine = await _engine(url, patient=True)
    try:
        change = await bring_up(engine, name, upgrade=True)
    except _FAILURES as error:
        raise cannot_open(name, error) from error
    finally:
        await engine.dispose()
    return f"{name}: {_told(change)}"


async def _open(url: str, *, upgrade: bool) -> SqlStore:
    name, engine = await _engine(url, patient=False)
    try:
        await bring_up(engine, name, upgrade=upgrade)
    except BaseException as error:
        await engine.dispose()
        if isinstance(error, _FAILURES):
            raise cannot_open(name, error) from error
        raise
    return SqlStore(engine, name)


async def _engine(url: str, *, patient: bool) -> tuple[str, AsyncEngine]:
    """Return what errors call the storage, and its engine; a server is not asked yet."""
    scheme = url.partition(":")[0]
    if scheme == "sqlite":
        sqlite = read_sqlite(url)
        try:
            await asyncio.to_thread(prepare_file, sqlite)
        except _FAILURES as error:
            raise cannot_open(sqlite.name, error) from error
        return sqlite.name, sqlite_engine(sqlite.path, synchronous=sqlite.synchronous)
    if scheme == "postgresql":
        postgresql = read_postgresql(url)
        try:
            return postgresql.name, postgresql_engine(postgresql.url, pool_size=postgresql.pool_size, patient=patient)
        except ModuleNotFoundError as error:
            raise _missing(postgresql.name, error, "postgresql") from error
    mysql = read_mysql(url)
    try:
        return mysql.name, mysql_engine(
            mysql.url, tls=mysql.tls, unix_socket=mysql.unix_socket, pool_size=mysql.pool_size, patient=patient
        )
    except ModuleNotFoundError as error:
        raise _missing(mysql.name, error, "mysql") from error
    except OSError as error:
        raise cannot_open(mysql.name, error) from error


def _missing(name: str, error: ModuleNotFoundError, extra: str) -> ConfigurationError:
    return ConfigurationError(f"{name}: needs {error.name}; run pip install 'ocpp-sdk[{extra}]'")


def _told(change: Change) -> str:
    if change.before == change.after:
        return f"has the tables of this version already ({change.after})"
    if change.before is None:
        return f"was empty, has the tables of this version now ({change.after})"
    return f"upgraded from tables {change.before} to {change.after}"
