"""Firebase Realtime Database, through the official client firebase-admin.

What must be atomic is decided in one node, with ETags. What belongs to it elsewhere is kept in that node until it has
got there (`spreading`). Records are found by children that are there for nothing else, and are indexed by the rules
that `rules_text` returns; so every question is for a bounded number of records.
"""

from __future__ import annotations

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.storage.store import Store
from ocpp_sdk_backends.firebase.rules import rules_text

__all__ = ["open_firebase", "rules_text"]


async def open_firebase(url: str) -> Store:
    """Open the store of a URL; the caller closes it.

    Args:
        url: `firebase://HOST/PATH`, such as `firebase://example-default-rtdb.firebaseio.com/ocpp`, or
            `firebase:http://HOST:PORT/PATH?ns=NAME` for an emulator. PATH is where in the database the store lies, and
            may be empty. After `?` may follow `credentials=FILE` for the key of a service account (without it the
            ambient credentials of the machine count) and `timeout=SECONDS`. The environment variable
            FIREBASE_DATABASE_EMULATOR_HOST leads the first form to an emulator as well.

    Raises:
        ConfigurationError: the URL or the credentials cannot be used, or the database cannot be reached.
    """
    try:
        import firebase_admin  # type: ignore[import-untyped]  # ships no types # noqa: F401, PLC0415 - an extra; asked for here so that one line tells what to install
    except ImportError as error:
        raise ConfigurationError(f"firebase: {error}; pip install 'ocpp-sdk[firebase]'") from error
    from ocpp_sdk_backends.firebase.opening import open_database  # noqa: PLC0415 - needs the extra

    return await open_database(url)
