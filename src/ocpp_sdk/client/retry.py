"""When to send a request again: a pure function of the attempt, the error and one random number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ocpp_sdk.errors import ConfigurationError, OcppError

__all__ = ["NO_RETRY", "RetryPolicy", "retry_after_s", "retry_delay_s"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and after which pauses a request is sent again.

    Whatever the policy, only errors with `retry_safe` lead to another attempt, and all attempts together stay within
    the total time-out of the call.

    Attributes:
        attempts: how often a request is sent at most, the first time included; 1 means never again.
        first_delay_s: pause before the second attempt; it doubles for each one after that.
        max_delay_s: the longest pause; a peer that asks by Retry-After for a longer one is not called again.
        jitter: the share of the pause that is random, 0 to 1, so that many callers do not return at once.
    """

    attempts: int = 1
    first_delay_s: float = 0.5
    max_delay_s: float = 30.0
    jitter: float = 0.5

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ConfigurationError(f"RetryPolicy.attempts is {self.attempts}; it counts the first one, so at least 1")
        if self.first_delay_s < 0 or self.max_delay_s < 0:
            raise ConfigurationError("RetryPolicy: a pause cannot be negative")
        if not 0 <= self.jitter <= 1:
            raise ConfigurationError(f"RetryPolicy.jitter is {self.jitter}; it is a share, 0 to 1")


NO_RETRY = RetryPolicy()
"""Send once. The default: who calls knows whether a later message makes this one pointless."""


def retry_delay_s(
    policy: RetryPolicy, attempt: int, error: OcppError, *, random: float, asked_s: float | None = None
) -> float | None:
    """Tell how long to wait before the next attempt.

    Args:
        policy: what the user wants.
        attempt: which attempt failed, from 1.
        error: how it failed.
        random: a number from 0 to 1 that decides the jitter.
        asked_s: the pause that the peer asked for with Retry-After, None if it did not.

    Returns:
        Seconds, or None if the error is final.
    """
    if attempt >= policy.attempts or not error.retry_safe:
        return None
    # Beyond 2**60 the pause is max_delay_s anyway, and a float would overflow.
    full = min(policy.first_delay_s * 2.0 ** min(attempt - 1, 60), policy.max_delay_s)
    delay = full * (1 - policy.jitter * random)
    if asked_s is None:
        return delay
    return None if asked_s > policy.max_delay_s else max(delay, asked_s)


def retry_after_s(value: str, now: datetime) -> float | None:
    """Read a Retry-After header (RFC 9110, 10.2.3), which holds seconds or a date.

    Args:
        value: the header, empty if it is absent.
        now: the present, aware.

    Returns:
        Seconds from now, never negative; None if there is no header or nobody can read it.
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max((aware - now).total_seconds(), 0.0)
