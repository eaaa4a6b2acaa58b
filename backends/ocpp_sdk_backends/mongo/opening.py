"""From a URL to a store, or to one line that says why there is none."""

from __future__ import annotations

import warnings
from typing import Any, Final
from urllib.parse import parse_qsl

from pymongo import AsyncMongoClient
from pymongo.errors import ConfigurationError as UnusableError
from pymongo.errors import ConnectionFailure, InvalidName, InvalidURI, OperationFailure

from ocpp_sdk.errors import ConfigurationError, StorageError
from ocpp_sdk.storage.opening import shown_url
from ocpp_sdk_backends.mongo.connection import FORMAT, FORMAT_ID, LIMITED, Connection
from ocpp_sdk_backends.mongo.documents import Document
from ocpp_sdk_backends.mongo.failures import FOREIGN, failure, first_line
from ocpp_sdk_backends.mongo.indexes import make_indexes
from ocpp_sdk_backends.mongo.store import MongoStore

__all__ = ["opened"]

_OPTIONS: Final = {"serverSelectionTimeoutMS": 3000, "connectTimeoutMS": 3000, "socketTimeoutMS": 30_000}
"""Unless the URL says otherwise: how long a server may be looked for, and be silent."""

_OLDEST: Final = 9
"""Version of the wire protocol of MongoDB 4.4."""

_WRONG_PASSWORD: Final = 18


async def opened(url: str) -> MongoStore:
    """Open a store; see `open_mongo`."""
    where = _shown(url)
    client, database = _client(url, where)
    try:
        return await _prepared(client, database, where)
    except BaseException as error:
        await client.close()
        if isinstance(error, ConnectionFailure):
            raise ConfigurationError(f"{where} cannot be reached: {first_line(error)}; is the server up?") from error
        if isinstance(error, OperationFailure) and error.code == _WRONG_PASSWORD:
            raise ConfigurationError(f"{where} refuses the user or the password; correct the URL") from error
        if isinstance(error, UnusableError):
            raise ConfigurationError(f"{where} cannot serve: {first_line(error)}") from error
        if isinstance(error, FOREIGN):
            raise ConfigurationError(str(failure(error, where))) from error
        if isinstance(error, StorageError):
            raise ConfigurationError(str(error)) from error
        raise


def _client(url: str, where: str) -> tuple[AsyncMongoClient[Document], str]:
    """Return what connects to the server of a URL, and the name of the database."""
    told = {name.lower() for name, _ in parse_qsl(url.partition("?")[2], keep_blank_values=True)}
    options: dict[str, Any] = {name: value for name, value in _OPTIONS.items() if name.lower() not in told}
    hint = "write it as mongodb://user:password@host/database, signs such as @ / : ? in it as %40 %2F %3A %3F"
    if "@" in url.partition("://")[2].partition("/")[2]:
        # Part of a password would be taken for a host, and be told to the servers of names.
        raise ConfigurationError(f"{where} is no URL of MongoDB; {hint}")
    try:
        with warnings.catch_warnings():
            # The driver only warns of an option that it does not know.
            warnings.simplefilter("error", UserWarning)
            client: AsyncMongoClient[Document] = AsyncMongoClient(url, appname="ocpp-sdk", **options)
    except (InvalidURI, InvalidName, UnusableError, UserWarning, ValueError, TypeError) as error:
        # What the driver says may quote the URL, and with it a password.
        said = "" if "@" in url else f": {first_line(error)}"
        raise ConfigurationError(f"{where} is no URL of MongoDB{said}; {hint}") from error
    try:
        return client, client.get_default_database().name
    except UnusableError as error:
        raise ConfigurationError(
            f"{where} names no database; put one behind the host, as in {_example(where)}"
        ) from error


async def _prepared(client: AsyncMongoClient[Document], database: str, where: str) -> MongoStore:
    """Return a store on a database that has all it needs."""
    hello = await client.admin.command("hello")
    if hello.get("maxWireVersion", 0) < _OLDEST:
        raise ConfigurationError(f"{where} is older than MongoDB 4.4; upgrade it")
    if not hello.get("isWritablePrimary"):
        raise ConfigurationError(f"{where} takes no writes; name the whole replica set, as in ?replicaSet=rs0")
    replicated = "setName" in hello or hello.get("msg") == "isdbgrid"
    connection = Connection(client, database, where, replicated=replicated)
    await _mark(connection, where)
    await make_indexes(connection)
    return MongoStore(connection)


async def _mark(connection: Connection, where: str) -> None:
    """See that the database is in the format of this program, or empty, and begin its sequences."""
    store = connection.durable("store")
    found = await connection.latest("store").find_one({"_id": FORMAT_ID})
    if found is not None and found["version"] > FORMAT:
        raise ConfigurationError(
            f"{where} has format {found['version']}, this ocpp-sdk knows up to {FORMAT}; upgrade ocpp-sdk"
        )
    if found is None:
        await store.update_one({"_id": FORMAT_ID}, {"$setOnInsert": {"version": FORMAT}}, upsert=True)
    for name in sorted(LIMITED):
        await connection.durable("sequences").update_one({"_id": name}, {"$setOnInsert": {"last": 0}}, upsert=True)


def _shown(url: str) -> str:
    """Name a storage for people; without all before its last @, since a password may hold an unescaped slash."""
    scheme, separator, rest = url.partition("://")
    return "storage " + shown_url(f"{scheme}{separator}{rest.rpartition('@')[2]}")


def _example(where: str) -> str:
    return f"{where.removeprefix('storage ').rstrip('/')}/ocpp"
