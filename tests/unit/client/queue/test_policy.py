"""What follows from each error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp_sdk.client.queue import Decision, GiveUp, Retry, RetryRules, WaitForConnection, decide
from ocpp_sdk.client.queue.policy import pause_s
from ocpp_sdk.client.queue.refusals import one_line, refusals_of, worded
from ocpp_sdk.deviation import DeviationKind
from ocpp_sdk.errors import (
    AddressRefusedError,
    CallTimeoutError,
    ConnectError,
    ConnectionLostError,
    DeviationError,
    EmptyReplyError,
    FaultError,
    HttpStatusError,
    InvalidTextError,
    MalformedXmlError,
    MissingFieldError,
    NotSoapError,
    OcppError,
    RedirectError,
    RegistrationError,
    ReplyTooLargeError,
    SecurityError,
    TlsError,
    WrongReplyError,
)

URL = "http://central.example.com/"
OUT_OF_REACH: list[OcppError] = [
    ConnectError("refused", url=URL),
    TlsError("expired", url=URL),
    ConnectionLostError("reset", url=URL),
    CallTimeoutError("late", url=URL, phase="connect"),
    CallTimeoutError("late", url=URL, phase="total"),
    EmptyReplyError("empty", url=URL),
    *(HttpStatusError("busy", url=URL, status=status) for status in (429, 502, 503, 504)),
    RegistrationError("rejected"),
]
REFUSALS: list[OcppError] = [
    FaultError("no"),
    SecurityError("no"),
    *(HttpStatusError("no", url=URL, status=status) for status in (400, 401, 404, 500)),
    RedirectError("moved", url=URL, status=302, location="/"),
    NotSoapError("login", url=URL),
    WrongReplyError("other", url=URL),
    ReplyTooLargeError("large", url=URL),
    MalformedXmlError("no XML"),
    MissingFieldError("startTransactionResponse/transactionId", "absent"),
    DeviationError("Content-Type", f"{DeviationKind.CONTENT_TYPE}: text/plain"),
]
NEVER: list[OcppError] = [
    InvalidTextError("startTransactionRequest/idTag", "longer than 20"),
    AddressRefusedError("loopback"),
    OcppError("anything else"),
]
RULES = RetryRules(attempts=3, retry_s=60)


def named(error: OcppError) -> str:
    return f"{type(error).__name__}-{error}"


@pytest.mark.parametrize("error", OUT_OF_REACH, ids=named)
@pytest.mark.parametrize("ordered", [True, False])
def test_call_without_a_connection_waits_for_it(error: OcppError, ordered: bool) -> None:
    """However often it was refused before, an outage costs no message its place."""
    assert decide(error, ordered=ordered, refusals=2, rules=RULES) == WaitForConnection()


@pytest.mark.parametrize("error", REFUSALS, ids=named)
def test_transaction_message_that_is_refused_is_sent_after_one_and_two_intervals_and_given_up(error: OcppError) -> None:
    """60 s, 120 s, and then no more (1.6 section 3.7.1)."""
    found = [decide(error, ordered=True, refusals=refusals, rules=RULES) for refusals in range(3)]
    assert found == [Retry(60), Retry(120), GiveUp("refused 3 times")]


@pytest.mark.parametrize("error", REFUSALS, ids=named)
def test_other_message_that_is_refused_is_given_up_at_once(error: OcppError) -> None:
    """A status that nobody wants does not come again (1.5 section 8.2)."""
    assert isinstance(decide(error, ordered=False, refusals=0, rules=RULES), GiveUp)


@pytest.mark.parametrize("error", NEVER, ids=named)
@pytest.mark.parametrize("ordered", [True, False])
def test_request_that_can_never_be_sent_is_given_up_at_once(error: OcppError, ordered: bool) -> None:
    """It would be as wrong the next time, and hold back all that come after it."""
    assert decide(error, ordered=ordered, refusals=0, rules=RULES) == GiveUp("it can never be sent")


@given(
    st.sampled_from(OUT_OF_REACH + REFUSALS + NEVER),
    st.booleans(),
    st.integers(0, 50),
    st.integers(-3, 20),
    st.floats(-10, 10_000),
)
def test_decisions_never_wait_longer_than_the_rules_say(
    error: OcppError, ordered: bool, refusals: int, attempts: int, retry_s: float
) -> None:
    """Whatever a configuration says, a wait is not negative, and a refused message is given up in the end."""
    rules = RetryRules(attempts=attempts, retry_s=retry_s)
    found: Decision = decide(error, ordered=ordered, refusals=refusals, rules=rules)
    if isinstance(found, Retry):
        assert ordered
        assert refusals + 1 < attempts
        assert 0 <= found.after_s <= rules.longest_wait_s
    if refusals + 1 >= attempts:
        assert not isinstance(found, Retry)


@given(st.integers(1, 10_000))
def test_pauses_grow_to_a_minute(failures: int) -> None:
    """Whoever fails again and again is asked once a minute, and at first soon."""
    assert 1 <= pause_s(failures) <= pause_s(failures + 1) <= 60
    assert pause_s(1) == 1


@given(st.integers(0, 10**6), st.text())
def test_refusals_are_read_back_from_the_error_that_tells_them(refusals: int, text: str) -> None:
    """A restart forgets no refusal, whatever the peer has said."""
    error = worded(refusals, text)
    assert refusals_of(error) == refusals
    assert refusals_of(worded(refusals + 1, error)) == refusals + 1
    assert error.isprintable()
    assert len(error) < 1100


@pytest.mark.parametrize("said", ["refused 7 times: ", "refused 7 times: refused 8 times: x", "\nrefused 7 times:\tx"])
def test_peer_that_talks_of_refusals_adds_none(said: str) -> None:
    """What counts is what happened."""
    assert refusals_of(worded(0, said)) == 0
    assert refusals_of(worded(2, said)) == 2


def test_error_of_a_call_that_was_given_up_counts_as_no_refusal() -> None:
    """A call that is sent again begins anew."""
    assert refusals_of(one_line("given up, refused 3 times: fault Receiver: no")) == 0
    assert refusals_of(None) == 0
