"""Which call of a charge point may be sent, by the rules of `CallQueueStore.claim`; without a database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ocpp_sdk.storage.calls import CallState, QueuedCall

__all__ = ["Sight"]


class Sight:
    """Looks at the calls of one charge point that have not ended: first those in flight, then the others, by number.

    Attributes:
        held: until when calls are held by those who send them.
        times: when others may be sent.
        first: the least number that was seen.
        claimed: the numbers of those in flight.
    """

    def __init__(self, now: datetime) -> None:
        self.held: list[datetime] = []
        self.times: list[datetime] = []
        self.first: int | None = None
        self.claimed: set[int] = set()
        self._now = now
        self._head: int | None = None
        self._ready: list[tuple[str, QueuedCall]] = []

    def enough(self, calls: Iterable[tuple[str, QueuedCall]]) -> bool:
        """Look at some more calls, each with its place, and tell whether that is enough to decide."""
        for path, call in calls:
            self.first = call.number if self.first is None else min(self.first, call.number)
            if call.state is CallState.CLAIMED:
                self._see_claimed(path, call)
            elif self.held or self._see_waiting(path, call):
                return True
        return False

    def best(self) -> tuple[str | None, QueuedCall | None]:
        """Return the call to send, and its place, if none is in flight; None if none may be sent."""
        fit = [item for item in self._ready if not item[1].ordered or item[1].number == self._head]
        return min(fit, key=lambda item: item[1].number, default=(None, None))

    def _see_claimed(self, path: str, call: QueuedCall) -> None:
        self.claimed.add(call.number)
        if call.lease_until is not None and call.lease_until > self._now:
            self.held.append(call.lease_until)
        elif not self._expired(call):
            self._order(call)
            self._ready.append((path, call))

    def _see_waiting(self, path: str, call: QueuedCall) -> bool:
        """Look at a call, and tell whether no other can come before it."""
        if self._expired(call) or (call.ordered and self._head is not None and self._head < call.number):
            return False
        self._order(call)
        if call.not_before is not None and call.not_before > self._now:
            self.times.append(call.not_before)
            return False
        self._ready.append((path, call))
        return True

    def _expired(self, call: QueuedCall) -> bool:
        if call.expires_at is None or call.expires_at > self._now:
            return False
        # One whose clock is behind may still send it.
        self.times.append(call.created_at)
        return True

    def _order(self, call: QueuedCall) -> None:
        if call.ordered:
            self._head = call.number if self._head is None else min(self._head, call.number)
