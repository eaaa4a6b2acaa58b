"""What SQLite's errors mean to an operator."""

from __future__ import annotations

import sqlite3
from typing import Final

from ocpp_sdk.errors import ConfigurationError

__all__ = ["explain"]

# By primary result code, the low byte of SQLite's extended codes.
_MEANINGS: Final = {
    sqlite3.SQLITE_BUSY: "locked by another process; stop that one or name another file",
    sqlite3.SQLITE_LOCKED: "locked by another process; stop that one or name another file",
    sqlite3.SQLITE_FULL: "no space left to write; make room on the disk",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written; look at the disk and at the rights on the folder",
    sqlite3.SQLITE_READONLY: "may not be written; look at the rights on the file and its folder",
    sqlite3.SQLITE_PERM: "may not be written; look at the rights on the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; look at the path and at the rights on the folder",
    sqlite3.SQLITE_NOTADB: "no SQLite database; name another file",
    sqlite3.SQLITE_CORRUPT: "damaged; restore it from a copy or name another file",
}


def explain(name: str, error: sqlite3.Error) -> ConfigurationError:
    """Make one line of an error of SQLite.

    Args:
        name: what the line calls the database.
        error: what SQLite raised.
    """
    code = getattr(error, "sqlite_errorcode", None)
    meaning = _MEANINGS.get(code & 0xFF) if code is not None else None
    return ConfigurationError(f"{name}: {meaning or ' '.join(str(error).split())}")
