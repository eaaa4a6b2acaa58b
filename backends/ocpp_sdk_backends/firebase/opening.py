"""How a store is opened: the URL, the credentials, and whether the database can serve."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import firebase_admin  # type: ignore[import-untyped]  # ships no types
from firebase_admin import credentials

from ocpp_sdk.errors import ConfigurationError, StorageError, StorageUnavailableError
from ocpp_sdk_backends.firebase.database import Database
from ocpp_sdk_backends.firebase.keys import key
from ocpp_sdk_backends.firebase.store import FirebaseStore

__all__ = ["open_database"]

FORMAT: Final = 1
_TIMEOUT_S: Final = 10.0
_FORM: Final = "use firebase://HOST/PATH?credentials=FILE, or firebase:http://HOST:PORT/PATH?ns=NAME for an emulator"


@dataclass(frozen=True, slots=True)
class _Place:
    """What a URL says: the database as the client wants it, the path, and how to get in."""

    database_url: str
    path: str
    credentials: str | None
    timeout_s: float
    shown: str


async def open_database(url: str) -> FirebaseStore:
    """Open a store; arguments and errors as for `open_firebase`."""
    place = _place(url)
    app = _app(place)
    database = Database(app, place.path, where=place.shown, timeout_s=place.timeout_s)
    store = FirebaseStore(database)
    try:
        await database.connect()
        await _check(database)
        await store.complete()
    except StorageUnavailableError as error:
        await store.close()
        raise ConfigurationError(f"{error}; check the host and the network") from error
    except StorageError as error:
        await store.close()
        hint = "" if "rules" in str(error) else f"; {_credentials_hint(place)}"
        raise ConfigurationError(f"{error}{hint}") from error
    except BaseException:
        await store.close()
        raise
    return store


def _place(url: str) -> _Place:
    rest = url.removeprefix("firebase:")
    try:
        parts = urlsplit(f"https:{rest}" if rest.startswith("//") else rest)
        _ = parts.port
    except ValueError as error:
        raise ConfigurationError(f"firebase: the URL cannot be read, {error}; {_FORM}") from error
    shown = f"firebase {parts.hostname or ''}"
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment:
        raise ConfigurationError(f"firebase: the URL names no database; {_FORM}")
    if parts.username is not None:
        raise ConfigurationError(f"{shown}: a user and a password are of no use here; {_FORM}")
    asked = parse_qs(parts.query, keep_blank_values=True)
    if unknown := sorted(set(asked) - {"credentials", "ns", "timeout"}):
        raise ConfigurationError(f"{shown}: {unknown[0]!r} is not known after '?'; {_FORM}")
    if (parts.scheme == "http") != ("ns" in asked):
        raise ConfigurationError(f"{shown}: http:// and ?ns=NAME belong together, for an emulator; {_FORM}")
    names = [unquote(name) for name in parts.path.split("/") if name]
    if wrong := next((name for name in names if key(name) != name), None):
        raise ConfigurationError(f"{shown}: {wrong!r} in the path is no name for a node; use letters, digits, - and _")
    base = f"{parts.scheme}://{parts.netloc}" + (f"/?ns={asked['ns'][-1]}" if "ns" in asked else "")
    return _Place(
        database_url=base,
        path="/".join(names),
        credentials=asked.get("credentials", [None])[-1],
        timeout_s=_timeout(asked.get("timeout", [str(_TIMEOUT_S)])[-1], shown),
        shown=shown,
    )


def _timeout(text: str, shown: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 600:
        raise ConfigurationError(f"{shown}: timeout {text!r} is no number of seconds from above 0 to 600")
    return seconds


def _app(place: _Place) -> Any:  # noqa: ANN401 - has no types
    options = {"databaseURL": place.database_url, "httpTimeout": place.timeout_s}
    try:
        certificate = None if place.credentials is None else credentials.Certificate(place.credentials)
    except OSError as error:
        why = error.strerror or error
        raise ConfigurationError(f"{place.shown}: the key file {place.credentials} cannot be read: {why}") from error
    except ValueError as error:
        hint = "download the key of a service account from the console of Firebase"
        raise ConfigurationError(
            f"{place.shown}: {place.credentials} is no key of a service account; {hint}"
        ) from error
    return firebase_admin.initialize_app(certificate, options, name=f"ocpp-sdk-{secrets.token_hex(8)}")


def _credentials_hint(place: _Place) -> str:
    if place.credentials is None:
        return "give credentials=FILE in the URL, or set GOOGLE_APPLICATION_CREDENTIALS"
    return f"check the service account of {place.credentials}"


async def _check(database: Database) -> None:
    """See that the database answers, has the indexes, and is not of a newer version; make a new one ours."""
    found, tag = await database.read_tagged("meta/format")
    if found is None:
        await database.write_if("meta/format", tag, FORMAT)
    elif found != FORMAT:
        raise ConfigurationError(
            f"{database.where}: the data have format {found}, and this version knows {FORMAT}; update ocpp-sdk"
        )
    await database.query("messages", "index/all", " ", " ", first=1)
