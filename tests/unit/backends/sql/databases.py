"""Empty databases of every kind, for the tests of this folder."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from ocpp_sdk.storage import open_store
from ocpp_sdk_backends.sql.engines import mysql_engine, postgresql_engine, sqlite_engine
from ocpp_sdk_backends.sql.store import SqlStore
from ocpp_sdk_backends.sql.urls import read_mysql, read_postgresql, read_sqlite
from tests.servers import mariadb, postgresql

KINDS = ("sqlite", "postgresql", "mariadb")
PASSWORDS = {"postgresql": postgresql.PASSWORD, "mariadb": mariadb.PASSWORD}


def empty(kind: str, folder: Path) -> str:
    """Return the URL of a new, empty database; the test is skipped where the server cannot run."""
    if kind == "sqlite":
        return f"sqlite:///{folder / 'ocpp.db'}"
    reason = postgresql.unavailable() if kind == "postgresql" else mariadb.unavailable()
    if reason is not None:
        pytest.skip(reason)
    return postgresql.shared().new_database() if kind == "postgresql" else mariadb.shared().new_database()


def engine_of(url: str) -> AsyncEngine:
    """Return an engine as a store would have it, without looking at the tables."""
    scheme = url.partition(":")[0]
    if scheme == "sqlite":
        return sqlite_engine(read_sqlite(url).path)
    if scheme == "postgresql":
        return postgresql_engine(read_postgresql(url).url)
    return mysql_engine(read_mysql(url).url)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[SqlStore]:
    """Open a store for a while."""
    store = await open_store(url)
    assert isinstance(store, SqlStore)
    try:
        yield store
    finally:
        await store.close()
