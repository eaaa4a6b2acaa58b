"""The retry policy, which knows no clock and no network."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp_sdk.client import NO_RETRY, RetryPolicy
from ocpp_sdk.client.retry import retry_after_s, retry_delay_s
from ocpp_sdk.errors import ConfigurationError, ConnectError, ConnectionLostError, FaultError, HttpStatusError

SAFE = ConnectError("refused", url="http://cs/")
UNSAFE = ConnectionLostError("lost", url="http://cs/")
NOW = datetime(2024, 5, 1, 10, 0, tzinfo=UTC)


def test_default_policy_never_sends_again() -> None:
    """One attempt is the default."""
    assert retry_delay_s(NO_RETRY, 1, SAFE, random=0) is None


def test_pause_doubles_up_to_its_bound() -> None:
    """Without jitter the pauses are exact."""
    policy = RetryPolicy(attempts=9, first_delay_s=1, max_delay_s=5, jitter=0)
    pauses = [retry_delay_s(policy, attempt, SAFE, random=0.9) for attempt in range(1, 6)]
    assert pauses == [1, 2, 4, 5, 5]


def test_last_attempt_is_the_last() -> None:
    """Three attempts have two pauses."""
    policy = RetryPolicy(attempts=3)
    assert retry_delay_s(policy, 2, SAFE, random=0) is not None
    assert retry_delay_s(policy, 3, SAFE, random=0) is None


@pytest.mark.parametrize("error", [UNSAFE, FaultError("no"), HttpStatusError("500", url="http://cs/", status=500)])
def test_error_that_is_not_safe_is_final(error: ConnectionLostError) -> None:
    """However many attempts are left."""
    assert retry_delay_s(RetryPolicy(attempts=9), 1, error, random=0) is None


def test_pause_that_the_peer_asked_for_is_kept() -> None:
    """Retry-After lengthens a pause, and ends the attempts when it is longer than the bound."""
    policy = RetryPolicy(attempts=9, first_delay_s=1, max_delay_s=10, jitter=0)
    assert retry_delay_s(policy, 1, SAFE, random=0, asked_s=7) == 7
    assert retry_delay_s(policy, 1, SAFE, random=0, asked_s=0) == 1
    assert retry_delay_s(policy, 1, SAFE, random=0, asked_s=11) is None


@given(
    attempt=st.integers(1, 10**6),
    share=st.floats(0, 1),
    first=st.floats(0, 1e6),
    most=st.floats(0, 1e6),
    jitter=st.floats(0, 1),
)
def test_pause_is_never_negative_and_never_above_the_bound(
    attempt: int, share: float, first: float, most: float, jitter: float
) -> None:
    """Whatever the numbers are."""
    policy = RetryPolicy(attempts=10**7, first_delay_s=first, max_delay_s=most, jitter=jitter)
    delay = retry_delay_s(policy, attempt, SAFE, random=share)
    assert delay is not None
    assert 0 <= delay <= most


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Wed, 01 May 2024 10:01:00 GMT", 60),
        ("Wed, 01 May 2024 09:00:00 GMT", 0),
        ("9" * 400, 999999999999),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("Wed, 99 May 2024 99:99:99 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    """What nobody can read is as good as absent."""
    assert retry_after_s(value, NOW) == seconds


@pytest.mark.parametrize("options", [{"attempts": 0}, {"first_delay_s": -1}, {"max_delay_s": -1}, {"jitter": 1.5}])
def test_policy_that_cannot_work_is_refused(options: dict[str, int]) -> None:
    """At once, with the name of the option."""
    with pytest.raises(ConfigurationError, match="RetryPolicy"):
        RetryPolicy(**options)
