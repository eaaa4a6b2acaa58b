"""A SQLite file before its tables: is it ours, can it be written, and does it keep a write-ahead log."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING, Final

from ocpp_sdk.errors import ConfigurationError

if TYPE_CHECKING:
    from ocpp_sdk_backends.sql.urls import SqliteUrl

__all__ = ["APPLICATION_ID", "prepare_file"]

APPLICATION_ID: Final = 0x4F435050
"""Stands in the header of the file ("OCPP"), so that a database of something else is never written to."""

_LOCK_TIMEOUT_S: Final = 10.0
_RETRY_S: Final = 0.02


def prepare_file(url: SqliteUrl) -> None:
    """Make a file if there is none, and see that one which is there may be used.

    Raises:
        ConfigurationError: it may not.
        sqlite3.Error: it cannot.
    """
    if url.path.is_dir():
        raise ConfigurationError(f"{url.name}: a folder; name a file")
    if not url.path.parent.is_dir():
        raise ConfigurationError(f"{url.name}: there is no folder {url.path.parent}; make it first")
    with closing(sqlite3.connect(url.path, timeout=_LOCK_TIMEOUT_S, isolation_level=None)) as connection:
        # Before anything is written, be it only to the header.
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if application != APPLICATION_ID:
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if application or version or tables:
                raise ConfigurationError(f"{url.name}: a database of another program; name another file")
        _keep_log(connection)
        # To write what is there already tells whether anything can be written; to take the lock alone does not.
        connection.execute(f"PRAGMA user_version = {version}")


def _keep_log(connection: sqlite3.Connection) -> None:
    """Turn the write-ahead log on; unlike other statements this one does not wait for a lock by itself."""
    deadline = time.monotonic() + _LOCK_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_S)
        else:
            return
