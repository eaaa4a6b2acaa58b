"""What the driver raises, in the words of the SDK."""

from __future__ import annotations

from typing import Final

from bson.errors import BSONError
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    DocumentTooLarge,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
    WTimeoutError,
)

from ocpp_sdk.errors import StorageError, StorageUnavailableError

__all__ = ["FOREIGN", "failure", "first_line"]

FOREIGN: Final = (PyMongoError, BSONError, UnicodeEncodeError, OverflowError)
"""What storing and reading can raise besides errors of the SDK."""

_TOO_LARGE: Final = frozenset({10334, 17280, 17419, 17420})
_AWAY: Final = frozenset({6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436})
"""Codes with which a server answers that is on its way down or up, or no longer the primary."""
_NOT_ALLOWED: Final = frozenset({13, 18, 8000})
_NO_SPACE: Final = 14031


def failure(error: BaseException, where: str) -> StorageError:
    """Return the error to raise in place of one of `FOREIGN`.

    Args:
        error: what was raised.
        where: the storage by its URL without user and password, for people.
    """
    if isinstance(error, BulkWriteError):
        error = _first(error)
    if isinstance(error, UnicodeEncodeError):
        return StorageError(f"{where}: a text has half of a surrogate pair, which MongoDB cannot hold; leave it out")
    if isinstance(error, OverflowError):
        return StorageError(f"{where}: a number has more than 64 bits, which MongoDB cannot hold")
    if isinstance(error, DocumentTooLarge):
        return StorageError(f"{where}: more than 16 MB in one document, which MongoDB cannot hold; store less at once")
    if isinstance(error, ConnectionFailure | ExecutionTimeout | WTimeoutError | WriteConcernError):
        return StorageUnavailableError(f"{where} cannot be reached: {first_line(error)}")
    if isinstance(error, OperationFailure):
        return _answered(error, where)
    return StorageError(f"{where}: {first_line(error)}")


def first_line(error: BaseException) -> str:
    """Return what an error says, without the driver's account of its settings and of all servers."""
    text = str(error).partition(" (configured timeouts")[0].partition(", Timeout:")[0].partition(", full error:")[0]
    return " ".join(text.split()) or type(error).__name__


def _answered(error: OperationFailure, where: str) -> StorageError:
    code = error.code or 0
    if code in _AWAY or error.has_error_label("RetryableWriteError"):
        return StorageUnavailableError(f"{where} cannot be reached: {first_line(error)}")
    if code in _TOO_LARGE:
        return StorageError(f"{where}: more than 16 MB in one document, which MongoDB cannot hold; store less at once")
    if code in _NOT_ALLOWED:
        return StorageError(f"{where} does not let this user do that: {first_line(error)}; check user and rights")
    if code == _NO_SPACE:
        return StorageError(f"{where} has no space left on its disk; make room and try again")
    return StorageError(f"{where}: {first_line(error)}")


def _first(error: BulkWriteError) -> OperationFailure | ConfigurationError:
    """Return the first failure of a bulk as if it had been a write by itself."""
    details = error.details or {}
    for failed in details.get("writeErrors", []):
        return OperationFailure(failed.get("errmsg", "a write failed"), failed.get("code"), failed)
    for concern in details.get("writeConcernErrors", []):
        return WriteConcernError(concern.get("errmsg", "not acknowledged in time"), concern.get("code"), concern)
    return OperationFailure(str(error), error.code)
