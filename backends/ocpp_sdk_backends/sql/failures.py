"""What the errors of databases and their drivers mean to an operator, in one line each."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from sqlalchemy import exc

from ocpp_sdk.errors import ConfigurationError, StorageError, StorageUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["cannot_open", "explain"]


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What an error says to people, None for its own words, and whether it passes by itself."""

    text: str | None
    passes: bool = False


_LOCKED: Final = _Meaning("locked by another process for too long; try again, or stop that process", passes=True)
_LOST: Final = _Meaning(None, passes=True)
_TIMEOUT: Final = _Meaning("no answer in time; look at the server and the network", passes=True)
_NO_SPACE: Final = _Meaning("no space left to write; make room on the disk")
_NO_RIGHT: Final = _Meaning("may not be written; look at the rights on the file and its folder")
_READ_ONLY: Final = _Meaning("the server is read-only; name the one that can be written")
_PASSWORD: Final = _Meaning("user or password is wrong; look at the URL", passes=True)
_NO_DATABASE: Final = _Meaning("there is no such database; make it first, or name another", passes=True)
_FORBIDDEN: Final = _Meaning("the user may not do this; grant it all rights on the database and its tables")
_TABLES: Final = _Meaning("its tables are not those of this version; run ocpp-sdk storage upgrade")
_FULL_HOUSE: Final = _Meaning("the server has no connection left; try again, or allow more", passes=True)
_CONFLICT: Final = _Meaning("another write was in the way; try again", passes=True)
_DAMAGED: Final = _Meaning("damaged; restore it from a copy")

# By primary result code, the low byte of SQLite's extended codes.
_SQLITE: Final[Mapping[int, _Meaning]] = MappingProxyType(
    {
        sqlite3.SQLITE_BUSY: _LOCKED,
        sqlite3.SQLITE_LOCKED: _LOCKED,
        sqlite3.SQLITE_FULL: _NO_SPACE,
        # A flush that failed says nothing about whether the commit is in the file.
        sqlite3.SQLITE_IOERR: _Meaning("the disk cannot be read or written; look at the disk", passes=True),
        sqlite3.SQLITE_READONLY: _NO_RIGHT,
        sqlite3.SQLITE_PERM: _NO_RIGHT,
        sqlite3.SQLITE_CANTOPEN: _Meaning("cannot be opened; look at the path and at the rights on the folder"),
        sqlite3.SQLITE_NOTADB: _Meaning("no SQLite database; name another file"),
        sqlite3.SQLITE_CORRUPT: _DAMAGED,
        sqlite3.SQLITE_TOOBIG: _Meaning("a text or a statement is too long for the database"),
    }
)

# By SQLSTATE, else by its class, the first two characters.
_POSTGRESQL: Final[Mapping[str, _Meaning]] = MappingProxyType(
    {
        "08": _LOST,
        "25006": _READ_ONLY,
        "28": _PASSWORD,
        "3D000": _NO_DATABASE,
        "40": _CONFLICT,
        "42501": _FORBIDDEN,
        "42P01": _TABLES,
        "42703": _TABLES,
        "53100": _NO_SPACE,
        "53200": _Meaning("the server is out of memory; try again", passes=True),
        "53300": _FULL_HOUSE,
        "55P03": _LOCKED,
        "57": _LOST,
        "58": _Meaning("the server's disk cannot be read or written; look at its log", passes=True),
        "XX001": _DAMAGED,
        "XX002": _DAMAGED,
    }
)

# By error number: below 2000 and from 3000 the server's own, between them the client's.
_MYSQL: Final[Mapping[int, _Meaning]] = MappingProxyType(
    {
        1021: _NO_SPACE,
        1040: _FULL_HOUSE,
        1044: _FORBIDDEN,
        1045: _PASSWORD,
        1049: _NO_DATABASE,
        1053: _LOST,
        1054: _TABLES,
        1114: _NO_SPACE,
        1142: _FORBIDDEN,
        1146: _TABLES,
        1203: _FULL_HOUSE,
        1205: _LOCKED,
        1213: _CONFLICT,
        1226: _FULL_HOUSE,
        1290: _READ_ONLY,
        1317: _LOST,
        1698: _PASSWORD,
        1792: _READ_ONLY,
        1836: _READ_ONLY,
        1927: _LOST,
        1969: _TIMEOUT,
        3024: _TIMEOUT,
    }
)


def explain(name: str, error: BaseException) -> StorageError:
    """Make one line of an error that came while a store worked.

    Args:
        name: what the line calls the storage.
        error: of SQLAlchemy, a driver, the network or the operating system.

    Returns:
        StorageUnavailableError: the storage cannot be reached now, and what was asked may have happened.
        StorageError: what was asked cannot be done.
    """
    if isinstance(error, StorageError):
        return error
    meaning, words = _read(error)
    line = f"{name}: {meaning.text or words}"
    return StorageUnavailableError(line) if meaning.passes else StorageError(line)


def cannot_open(name: str, error: BaseException) -> ConfigurationError:
    """Make one line of an error that came while a store was opened.

    Args:
        name: what the line calls the storage.
        error: as for `explain`.
    """
    if isinstance(error, ConfigurationError):
        return error
    meaning, words = _read(error)
    text = meaning.text
    if text is None:
        text = f"{words}; start the server or name another" if meaning.passes else words
    return ConfigurationError(f"{name}: {text}")


def _read(error: BaseException) -> tuple[_Meaning, str]:
    """Return what an error means, and its own words."""
    if isinstance(error, exc.TimeoutError):
        return _Meaning("all connections are busy; try again", passes=True), ""
    cause = _cause(error)
    words = _words(cause)
    if isinstance(cause, sqlite3.Error):
        meaning = _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    elif type(cause).__module__.startswith("asyncmy."):
        # Before the next: its errors have a SQLSTATE too, which says less than the number.
        meaning, words = _read_mysql(cause)
    elif (state := getattr(cause, "sqlstate", None)) is not None:
        meaning = _POSTGRESQL.get(state) or _POSTGRESQL.get(str(state)[:2])
    elif isinstance(cause, TimeoutError):
        meaning = _TIMEOUT
    elif isinstance(cause, OSError | EOFError):
        meaning = _LOST
        words = _network(cause)
    elif type(cause).__module__.startswith("asyncpg.") and not isinstance(cause, ValueError):
        # What asyncpg says of its connections has no state; what it says of values is a ValueError.
        meaning = _LOST
    else:
        meaning = None
    if meaning is None:
        lost = isinstance(error, exc.DBAPIError) and error.connection_invalidated
        meaning = _LOST if lost else _Meaning(None)
    return meaning, words


def _cause(error: BaseException) -> BaseException:
    """Return the driver's own error below SQLAlchemy's."""
    if isinstance(error, exc.DBAPIError) and error.orig is not None:
        return error.driver_exception
    if isinstance(error, exc.StatementError) and error.orig is not None:
        return error.orig
    return error


def _read_mysql(error: BaseException) -> tuple[_Meaning | None, str]:
    """Read a number and a message."""
    number, message = (*error.args, "", "")[:2]
    if not isinstance(number, int):
        # What has no number comes from below the protocol: a connection that was closed or answers nonsense.
        return _LOST, _words(error)
    if 2000 <= number < 3000:
        if "timeout" in str(message):
            return _TIMEOUT, ""
        cause = error.__cause__
        words = _network(cause) if isinstance(cause, OSError) else str(message)
        return _LOST, " ".join(words.split())
    return _MYSQL.get(number), " ".join(str(message).split())


def _words(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _network(error: OSError | EOFError) -> str:
    """Say what the network did, without the addresses that Python tried."""
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    if isinstance(error, OSError) and error.strerror and not error.strerror.startswith("Connect call failed"):
        return " ".join(error.strerror.split())
    return _words(error)
