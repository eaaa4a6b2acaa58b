"""How a SQLite database is opened so that what was committed survives a crash."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.storage.sqlite.failures import explain
from ocpp_sdk.storage.sqlite.schema import prepare
from ocpp_sdk.storage.sqlite.store import SqliteStore

__all__ = ["open_sqlite"]

_LOCK_TIMEOUT_S: Final = 5.0


def open_sqlite(path: Path | None) -> SqliteStore:
    """Open a database file, made if it is not there, or a database in memory.

    Args:
        path: of the file; None for memory.

    Raises:
        ConfigurationError: the file cannot serve as storage.
    """
    name = "storage" if path is None else f"storage {path}"
    if path is not None and not path.parent.is_dir():
        raise ConfigurationError(f"{name}: there is no folder {path.parent}; make it first")
    if path is not None and path.is_dir():
        raise ConfigurationError(f"{name}: a folder; name a file")
    connection = None
    try:
        connection = sqlite3.connect(
            ":memory:" if path is None else path,
            timeout=_LOCK_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute("PRAGMA journal_mode = WAL")
        # FULL flushes the log at each commit; with the usual NORMAL the last commits are lost with the power.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        prepare(connection, name)
    except (sqlite3.Error, ConfigurationError) as error:
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()
        if isinstance(error, sqlite3.Error):
            raise explain(name, error) from error
        raise
    return SqliteStore(connection, name)
