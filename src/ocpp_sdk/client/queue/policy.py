"""What to do after a request was not answered: a pure function of the error and of what happened before.

There are three kinds of failure.

- The central system was not reached, or not able to serve. That says nothing about the request, so it keeps its place
  for as long as it takes (1.5 section 3.2).
- It was reached and refused, by a fault, an HTTP error or a reply that is none. A transaction message is sent again as
  often as TransactionMessageAttempts says, after TransactionMessageRetryInterval, twice that, and so on (1.6 section
  3.7.1); any other one is not (1.5 section 8.2).
- The request itself can never be sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from ocpp_sdk.errors import (
    CallError,
    CallTimeoutError,
    ConnectError,
    ConnectionLostError,
    DeviationError,
    EmptyReplyError,
    FaultError,
    HttpStatusError,
    MessageError,
    OcppError,
    RegistrationError,
    WireError,
)

__all__ = ["Decision", "GiveUp", "Retry", "RetryRules", "WaitForConnection", "decide", "is_out_of_reach", "pause_s"]

_NOT_SERVING: Final = frozenset({429, 502, 503, 504})
"""What is said by a central system that is too busy, and by a proxy whose central system is not there (RFC 9110)."""
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRules:
    """How often and after how long a refused transaction message is sent again.

    Attributes:
        attempts: how often it is sent at most, as TransactionMessageAttempts; less than 1 counts as 1.
        retry_s: the wait after the first refusal, as TransactionMessageRetryInterval; each further one waits that much
            longer.
    """

    attempts: int = 3
    retry_s: float = 60.0

    @property
    def longest_wait_s(self) -> float:
        """The longest wait between two attempts that these rules can lead to."""
        return max(self.retry_s * self.attempts, _LONGEST_PAUSE_S)


@dataclass(frozen=True, slots=True)
class Retry:
    """Send it again after a while; others that need not keep their place may overtake it."""

    after_s: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Do not send it again, so that what comes later is not held back for ever."""

    reason: str


@dataclass(frozen=True, slots=True)
class WaitForConnection:
    """Send it again, unchanged, as soon as the central system can be reached; this does not count as a refusal."""


Decision: TypeAlias = Retry | GiveUp | WaitForConnection


def decide(error: OcppError, *, ordered: bool, refusals: int, rules: RetryRules) -> Decision:
    """Decide about a request that was not answered.

    Args:
        error: what came of sending it.
        ordered: whether it is one of a transaction, which must not be lost.
        refusals: how often it was refused before.
        rules: as they are at this moment.
    """
    if is_out_of_reach(error):
        return WaitForConnection()
    if not _is_refusal(error):
        return GiveUp("it can never be sent")
    if not ordered:
        return GiveUp("refused, and not one of a transaction")
    refused = refusals + 1
    if refused >= rules.attempts:
        return GiveUp(f"refused {refused} {'time' if refused == 1 else 'times'}")
    return Retry(max(rules.retry_s, 0.0) * refused)


def is_out_of_reach(error: OcppError) -> bool:
    """Tell whether an error says nothing about the request, but that nobody came to serve it."""
    if isinstance(error, HttpStatusError):
        return error.status in _NOT_SERVING
    return isinstance(
        error, ConnectError | ConnectionLostError | CallTimeoutError | EmptyReplyError | RegistrationError
    )


def pause_s(failures: int) -> float:
    """Return how long to wait after so many failures in a row, at least 1, before anything is tried again."""
    return min(_FIRST_PAUSE_S * 2.0 ** min(failures - 1, 30), _LONGEST_PAUSE_S)


def _is_refusal(error: OcppError) -> bool:
    """Tell whether the central system got the request and gave no usable answer."""
    if isinstance(error, MessageError):
        # A field of the reply; one of the request would be as wrong the next time.
        return isinstance(error, DeviationError) or error.path.partition("/")[0].endswith("Response")
    return isinstance(error, FaultError | CallError | WireError)
