"""Which call of a charge point may be sent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ocpp_sdk.storage.calls import CallState, Queue, QueuedCall
from ocpp_sdk_backends.firebase.sight import Sight

NOW = datetime(2026, 5, 4, tzinfo=UTC)
STEPS = st.sampled_from([None, -1, 0, 1])


def _time(step: int | None) -> datetime | None:
    return None if step is None else NOW + timedelta(seconds=step)


@st.composite
def calls(draw: st.DrawFn) -> list[QueuedCall]:
    """Return calls of one charge point that have not ended, in every state and order of times."""
    found = []
    for number in range(1, draw(st.integers(1, 7))):
        call = QueuedCall(
            number=number,
            queue=Queue.COMMANDS,
            key=str(number),
            identity="CP",
            operation="Reset",
            request="{}",
            ordered=draw(st.booleans()),
            created_at=NOW - timedelta(hours=1),
            expires_at=_time(draw(STEPS)),
        )
        if draw(st.booleans()):
            lease = draw(st.sampled_from([-1, 0, 1]))
            found.append(replace(call, state=CallState.CLAIMED, attempts=1, lease_until=_time(lease)))
        else:
            found.append(replace(call, not_before=_time(draw(STEPS))))
    return found


def _by_the_rules(found: list[QueuedCall]) -> int | None:
    """Say the rules of `CallQueueStore.claim` as they stand there, one after the other."""

    def expired(call: QueuedCall) -> bool:
        return call.expires_at is not None and call.expires_at <= NOW

    def holds(call: QueuedCall) -> bool:
        return call.lease_until is not None and call.lease_until > NOW

    def may_be_sent(call: QueuedCall) -> bool:
        come = call.not_before is None or call.not_before <= NOW
        ready = come if call.state is CallState.WAITING else not holds(call)
        others_hold = any(holds(other) for other in found if other is not call)
        held_back = call.ordered and any(
            other.ordered and other.number < call.number and not expired(other) for other in found
        )
        return ready and not expired(call) and not others_hold and not held_back

    return next((call.number for call in found if may_be_sent(call)), None)


@given(calls(), st.integers(1, 3))
def test_sight_finds_the_call_that_the_rules_allow(found: list[QueuedCall], page: int) -> None:
    """Whatever the pages in which the calls are read."""
    listed = sorted(found, key=lambda call: (call.state is not CallState.CLAIMED, call.number))
    sight = Sight(NOW)
    for begin in range(0, len(listed), page):
        if sight.enough([(str(call.number), call) for call in listed[begin : begin + page]]):
            break
    path, call = (None, None) if sight.held else sight.best()
    assert (None if call is None else call.number) == _by_the_rules(found)
    assert path == (None if call is None else str(call.number))


@given(calls())
def test_sight_tells_a_time_whenever_something_may_come(found: list[QueuedCall]) -> None:
    """Calls that cannot be sent now are looked at again not later than the first of them can be."""
    listed = sorted(found, key=lambda call: (call.state is not CallState.CLAIMED, call.number))
    sight = Sight(NOW)
    sight.enough([(str(call.number), call) for call in listed])
    nothing = bool(sight.held) or sight.best()[1] is None
    if found and nothing:
        assert min([*sight.held, *sight.times]) <= NOW + timedelta(seconds=1)
