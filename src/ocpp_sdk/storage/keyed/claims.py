"""Which call may be sent now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from ocpp_sdk.storage.calls import CallState, QueuedCall
from ocpp_sdk.storage.folding import fold

__all__ = ["claimable", "claimable_of_one", "expired"]


def _is_held(call: QueuedCall, now: datetime) -> bool:
    """Return whether somebody sends a call now."""
    return call.state is CallState.CLAIMED and call.lease_until is not None and call.lease_until > now


def _has_passed(call: QueuedCall, now: datetime) -> bool:
    """Return whether a call is not worth sending any more."""
    return call.expires_at is not None and call.expires_at <= now


def expired(call: QueuedCall, now: datetime) -> QueuedCall | None:
    """Return a live call as it is after its time; None if its time has not come, or somebody sends it."""
    if not _has_passed(call, now) or _is_held(call, now):
        return None
    return replace(call, state=CallState.EXPIRED, lease_until=None, ended_at=now)


@dataclass(slots=True)
class _Line:
    """The calls of one charge point, as far as they were looked at.

    Attributes:
        ordered: whether an ordered call waits.
        first: the first call that may be sent.
        held: whether a call is in flight, so that no other may be.
    """

    ordered: bool = False
    first: QueuedCall | None = None
    held: bool = False

    def look_at(self, call: QueuedCall, now: datetime) -> None:
        """Take the next call into account."""
        self.held = self.held or _is_held(call, now)
        if _has_passed(call, now):
            return
        due = call.state is CallState.CLAIMED or call.not_before is None or call.not_before <= now
        if due and self.first is None and not (call.ordered and self.ordered):
            self.first = call
        self.ordered = self.ordered or call.ordered


def claimable(calls: Iterable[QueuedCall], now: datetime) -> QueuedCall | None:
    """Return the oldest call that may be sent, by the rules of `CallQueueStore.claim`.

    Args:
        calls: those that are WAITING or CLAIMED, by number; of each charge point all or none.
        now: the time.
    """
    lines: dict[str, _Line] = {}
    for call in calls:
        lines.setdefault(fold(call.identity), _Line()).look_at(call, now)
    candidates = (line.first for line in lines.values() if line.first is not None and not line.held)
    return min(candidates, key=lambda call: call.number, default=None)


def claimable_of_one(calls: Iterable[QueuedCall], claimed: Iterable[QueuedCall], now: datetime) -> QueuedCall | None:
    """Return the oldest call of one charge point that may be sent, without looking at those behind it.

    Args:
        calls: all of it that are WAITING or CLAIMED, by number.
        claimed: those of them that are CLAIMED.
        now: the time.
    """
    if any(_is_held(call, now) for call in claimed):
        return None
    line = _Line()
    for call in calls:
        line.look_at(call, now)
        if line.first is not None:
            break
    return line.first
