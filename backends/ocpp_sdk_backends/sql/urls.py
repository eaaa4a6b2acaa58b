"""What a storage URL asks for, and what is refused before anything is opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeGuard
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import URL, exc, make_url

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.storage.opening import shown_url
from ocpp_sdk_backends.sql.engines import POOL_SIZE, MysqlTls, Synchronous

__all__ = ["MysqlUrl", "PostgresqlUrl", "SqliteUrl", "read_mysql", "read_postgresql", "read_sqlite"]

_MYSQL_FILES: Final = ("ssl_ca", "ssl_cert", "ssl_key")
_MYSQL_OPTIONS: Final = ("pool_size", "ssl", *_MYSQL_FILES, "unix_socket")
_TRUE: Final = ("1", "true", "yes", "on")


@dataclass(frozen=True, slots=True)
class SqliteUrl:
    """A file, and how surely it is written.

    Attributes:
        name: what errors call the storage.
        path: of the file.
        synchronous: as SQLite knows it.
    """

    name: str
    path: Path
    synchronous: Synchronous


@dataclass(frozen=True, slots=True)
class PostgresqlUrl:
    """A database of a PostgreSQL server.

    Attributes:
        name: what errors call the storage.
        url: for the driver.
        pool_size: greatest number of connections.
    """

    name: str
    url: str
    pool_size: int


@dataclass(frozen=True, slots=True)
class MysqlUrl:
    """A database of a MariaDB or MySQL server.

    Attributes:
        name: what errors call the storage.
        url: with user, password, host, port and database.
        tls: how to encrypt; None for not at all.
        unix_socket: path of a socket to use in place of host and port.
        pool_size: greatest number of connections.
    """

    name: str
    url: URL
    tls: MysqlTls | None
    unix_socket: str | None
    pool_size: int


def read_sqlite(url: str) -> SqliteUrl:
    """Read `sqlite:///FILE`, with `?synchronous=normal`, `full` or `extra`.

    Raises:
        ConfigurationError: it is none.
    """
    location, _, query = url.partition("?")
    scheme, separator, file = location.partition(":///")
    name = f"storage {location}"
    if not separator or not file or scheme != "sqlite":
        raise ConfigurationError(
            f"{name}: names no file; write sqlite:///FILE, or sqlite:////FOLDER/FILE from the root"
        )
    if file == ":memory:":
        raise ConfigurationError(f"{name}: a database in memory is not shared by connections; use memory:")
    options = _options(name, query, ("synchronous",))
    synchronous = options.get("synchronous", "full").lower()
    if not _is_synchronous(synchronous):
        raise ConfigurationError(f"{name}: synchronous is {synchronous!r}; use normal, full or extra")
    return SqliteUrl(name, Path(file), synchronous)


def read_postgresql(url: str) -> PostgresqlUrl:
    """Read a URL as libpq knows it, with `pool_size` beside the parameters of libpq.

    Raises:
        ConfigurationError: a parameter of ours has no usable value.
    """
    name = f"storage {shown_url(url)}"
    location, _, query = url.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    pool_size = _pool_size(name, dict(pairs).get("pool_size"))
    kept = urlencode([(key, value) for key, value in pairs if key != "pool_size"])
    return PostgresqlUrl(name, f"{location}?{kept}" if kept else location, pool_size)


def read_mysql(url: str) -> MysqlUrl:
    """Read `mysql://user:password@host:port/database` or `mariadb://…`.

    Parameters: `pool_size`, `ssl` (`true` for TLS as the machine trusts it), `ssl_ca`, `ssl_cert` and
    `ssl_key` (files), `unix_socket`.

    Raises:
        ConfigurationError: it is none, or a parameter is not known or has no usable value.
    """
    name = f"storage {shown_url(url)}"
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError) as error:
        raise ConfigurationError(f"{name}: no URL; write %40 for an @ in a password, %2F for a /") from error
    if not parsed.database:
        raise ConfigurationError(f"{name}: names no database; write it behind the host, as in mysql://host/ocpp")
    options = _options(name, url.partition("?")[2], _MYSQL_OPTIONS)
    for option in _MYSQL_FILES:
        if option in options and not Path(options[option]).is_file():
            raise ConfigurationError(f"{name}: {option} is {options[option]!r}, which is no file")
    encrypted = options.get("ssl", "").lower() in _TRUE or any(option in options for option in _MYSQL_FILES)
    tls = MysqlTls(*(options.get(option) for option in _MYSQL_FILES)) if encrypted else None
    return MysqlUrl(
        name,
        parsed.set(query={}),
        tls,
        options.get("unix_socket"),
        _pool_size(name, options.get("pool_size")),
    )


def _options(name: str, query: str, known: tuple[str, ...]) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    for option in options:
        if option not in known:
            raise ConfigurationError(f"{name}: parameter {option!r} is not known; known are {', '.join(known)}")
    return options


def _pool_size(name: str, text: str | None) -> int:
    if text is None:
        return POOL_SIZE
    if not (text.isascii() and text.isdigit() and 2 <= int(text) <= 1000):
        raise ConfigurationError(f"{name}: pool_size is {text!r}; use a number from 2 to 1000")
    return int(text)


def _is_synchronous(text: str) -> TypeGuard[Synchronous]:
    return text in ("normal", "full", "extra")
