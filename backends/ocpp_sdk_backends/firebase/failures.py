"""What the driver raises, in the words of the SDK."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from firebase_admin import exceptions  # type: ignore[import-untyped]  # ships no types
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, RefreshError, TransportError
from requests import RequestException

from ocpp_sdk.errors import StorageError, StorageUnavailableError

__all__ = ["line", "told"]

_REFUSED: Final = (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError)
_PASSING: Final = (
    exceptions.AbortedError,
    exceptions.CancelledError,
    exceptions.DeadlineExceededError,
    exceptions.InternalError,
    exceptions.ResourceExhaustedError,
    exceptions.UnavailableError,
)
_LONGEST: Final = 300


def line(error: BaseException) -> str:
    """Return what an error says in one line, without the credentials it may quote."""
    root = _root(error)
    text = " ".join(str(root).split())
    if root is not error:
        # What is wrong with a connection stands at the end: `[Errno 111] Connection refused`.
        text = text.rpartition(": ")[2]
    return text[:_LONGEST] if text else type(error).__name__


def _root(error: BaseException) -> BaseException:
    """Return what is at the bottom of an error of the client: that of the connection."""
    if getattr(error, "http_response", None) is not None:
        return error
    below = getattr(error, "cause", None) or getattr(error, "reason", None)
    if below is None and isinstance(error, (RequestException, TransportError)) and error.args:
        below = error.args[0]
    return _root(below) if isinstance(below, Exception) else error


@contextmanager
def told(where: str) -> Iterator[None]:
    """Raise what the driver raises as `StorageError` or `StorageUnavailableError`.

    Args:
        where: the database, for people.
    """
    try:
        yield
    except exceptions.FirebaseError as error:
        raise _translated(error, where) from error
    except (TransportError, RequestException, OSError) as error:
        raise StorageUnavailableError(f"{where} cannot be reached: {line(error)}") from error
    except DefaultCredentialsError as error:
        named = f": {line(error)}" if "GOOGLE_APPLICATION_CREDENTIALS" in os.environ else ""
        raise StorageError(f"{where}: no credentials were found{named}") from error
    except RefreshError as error:
        if error.retryable:
            raise StorageUnavailableError(f"{where}: no access token now: {line(error)}") from error
        raise StorageError(f"{where}: the credentials are not accepted: {line(error)}") from error
    except GoogleAuthError as error:
        raise StorageError(f"{where}: the credentials cannot be used: {line(error)}") from error


def _translated(error: exceptions.FirebaseError, where: str) -> StorageError:
    text = line(error)
    if isinstance(error, _REFUSED):
        return StorageError(f"{where} refuses access: {text}")
    if "Index not defined" in text:
        hint = "publish the rules that `ocpp-sdk storage rules` prints"
        return StorageError(f"{where}: its rules lack an index, {hint}: {text}")
    status = getattr(error.http_response, "status_code", None)
    if not isinstance(error, _PASSING) and status is not None and 400 <= status < 500:
        return StorageError(f"{where} refused: {text}")
    return StorageUnavailableError(f"{where} cannot be reached: {text}")
