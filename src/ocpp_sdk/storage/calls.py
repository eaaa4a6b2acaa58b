"""Requests that wait to be sent: commands of a central system to charge points, and a charge point's own requests.

Both are queues with the same rules. Per charge point one call is in flight, or a run: calls that were claimed together
and are sent one after the other. Calls that are ordered go first in, first out among themselves; the others may
overtake one that waits for its next attempt. Whoever sends a call claims it with a lease; if the lease runs out
unanswered, the call can be claimed again. Each claim counts as an attempt, and the number of the attempt must be shown
to end the claim, so a sender that was too slow cannot undo what the next one did.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

__all__ = ["Answer", "CallQueueStore", "CallState", "FollowingCallStore", "NewCall", "Queue", "QueuedCall"]


class Queue(StrEnum):
    """Which calls."""

    COMMANDS = "commands"
    """From a central system to charge points."""
    REQUESTS = "requests"
    """From charge points to their central systems."""


class CallState(StrEnum):
    """Where a call stands."""

    WAITING = "Waiting"
    """For its turn, or for its next attempt."""
    CLAIMED = "Claimed"
    """Somebody sends it."""
    ANSWERED = "Answered"
    GIVEN_UP = "GivenUp"
    """It will not be sent again, unless somebody asks for it."""
    EXPIRED = "Expired"
    """Its time had passed before it was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCall:
    """A call to put into a queue.

    Attributes:
        key: unique within the queue and charge point; made by the caller, so that the same call is never queued twice.
        identity: of the charge point.
        operation: as `RemoteStartTransaction`.
        request: JSON text.
        ordered: whether it may not be sent before an earlier ordered call of this charge point has ended.
        created_at: when it was asked for.
        not_before: earliest time of the first attempt; None for at once.
        expires_at: from when on it is not worth sending; None for never.
    """

    key: str
    identity: str
    operation: str
    request: str
    ordered: bool = True
    created_at: datetime
    not_before: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedCall:
    """A call in a queue.

    Attributes:
        number: position in the queue, from 1, greater than that of any before.
        queue: which one.
        key: as given; likewise the following.
        identity: of the charge point.
        operation: as `RemoteStartTransaction`.
        request: JSON text.
        ordered: whether it keeps its place.
        created_at: when it was asked for.
        expires_at: from when on it is not worth sending; None for never.
        state: where it stands.
        attempts: how often it was claimed.
        not_before: earliest time of the next attempt; None for at once.
        worker: who claimed it last.
        lease_until: when the claim ends by itself; None unless CLAIMED.
        reply: JSON text; None unless ANSWERED.
        error: what was wrong with the last attempt, in one line; None if nothing was.
        ended_at: when it was answered, given up or found expired.
    """

    number: int
    queue: Queue
    key: str
    identity: str
    operation: str
    request: str
    ordered: bool
    created_at: datetime
    expires_at: datetime | None = None
    state: CallState = CallState.WAITING
    attempts: int = 0
    not_before: datetime | None = None
    worker: str | None = None
    lease_until: datetime | None = None
    reply: str | None = None
    error: str | None = None
    ended_at: datetime | None = None


class CallQueueStore(Protocol):
    """The queues. A call is known by its queue and number."""

    async def enqueue(self, queue: Queue, call: NewCall) -> QueuedCall:
        """Put a call at the end of a queue, or return the one of the same charge point and key that is there.

        Atomic and idempotent, so it may be repeated after any error.
        """
        ...

    async def claim(
        self, queue: Queue, *, worker: str, now: datetime, lease: timedelta, identity: str | None = None
    ) -> QueuedCall | None:
        """Take the oldest call that may be sent now, and hold it until `now + lease`.

        Atomic: of any number of claims at the same moment, each call is given to one, and each charge point has one
        call in flight. A call may be sent if

        - it is WAITING and its `not_before` has come, or CLAIMED and its lease has run out (`<= now`), and
        - it has not expired (`expires_at` is none or `> now`); an expired one is passed over, and
        - no other call of its charge point is CLAIMED with a lease that holds, and
        - it is not ordered, or no ordered call of its charge point with a smaller number is WAITING or CLAIMED
          (one that expired by `now` does not count).

        Args:
            queue: which one.
            worker: who asks, for people.
            now: time of the caller.
            lease: how long it may take.
            identity: of one charge point only.

        Returns:
            The call, CLAIMED, with one more attempt; None if none may be sent now.
        """
        ...

    async def extend_claim(self, queue: Queue, number: int, attempt: int, lease_until: datetime) -> bool:
        """Hold a claim for longer.

        Args:
            queue: which one.
            number: of the call.
            attempt: `attempts` of the claim; as in the following verbs.
            lease_until: when the claim ends by itself now.

        Returns:
            Whether the call is CLAIMED by this attempt; otherwise nothing changes. As in the following verbs. Here it
            may also be False when the lease had run out and another call of the charge point is in flight by now.
        """
        ...

    async def answer_call(self, queue: Queue, number: int, attempt: int, *, reply: str, at: datetime) -> bool:
        """End a call with its reply, a JSON text."""
        ...

    async def retry_call(
        self, queue: Queue, number: int, attempt: int, *, error: str, not_before: datetime | None
    ) -> bool:
        """Put a claimed call back for another attempt, in its old place."""
        ...

    async def give_up_call(self, queue: Queue, number: int, attempt: int, *, error: str, at: datetime) -> bool:
        """End a call without a reply; it is kept, and can be sent again with `resend_call`."""
        ...

    async def resend_call(self, queue: Queue, number: int, *, expires_at: datetime | None = None) -> bool:
        """Put a call that was given up or has expired back into its old place, to be sent at once.

        Args:
            queue: which one.
            number: of the call.
            expires_at: from when on it is not worth sending; takes the place of the time it had.

        Returns:
            Whether it was GIVEN_UP or EXPIRED; otherwise nothing changes.
        """
        ...

    async def expire_calls(self, queue: Queue, now: datetime) -> list[QueuedCall]:
        """End each call whose time has passed (`expires_at <= now`) and that nobody sends now, as EXPIRED.

        Those are the WAITING ones, and the CLAIMED ones whose lease has run out. Each is returned by one call of this
        verb only, in the order of the numbers.
        """
        ...

    async def cancel_call(self, queue: Queue, number: int, *, error: str, at: datetime) -> bool:
        """End a WAITING call as GIVEN_UP, before anybody has claimed it.

        Returns:
            Whether it was WAITING; otherwise nothing changes.
        """
        ...

    async def call(self, queue: Queue, number: int) -> QueuedCall | None:
        """Return one call, None if there is none."""
        ...

    async def calls(
        self,
        queue: Queue,
        identity: str | None = None,
        *,
        state: CallState | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[QueuedCall]:
        """List calls by number.

        Args:
            queue: which one.
            identity: of one charge point only.
            state: in this state only.
            after: only those with a greater number, to read on from the last of a page.
            limit: greatest number of results.
        """
        ...

    async def forget_calls(
        self, queue: Queue, before: datetime, *, identity: str | None = None, limit: int = 10_000
    ) -> int:
        """Remove the calls that were ANSWERED before a time, the oldest first, at most so many.

        Calls that were given up or have expired stay. The key of a removed call can be used again.

        Args:
            queue: which one.
            before: the time.
            identity: of one charge point only.
            limit: how many at most.

        Returns:
            How many were removed; fewer than `limit` if none is left.
        """
        ...

    async def wait_for_call(self, queue: Queue, *, timeout_s: float) -> None:
        """Return when a call may have been queued or put back by anybody, at the latest after some seconds.

        May return without a reason. A call that this same object queues wakes it at once; one of another process wakes
        it at once where the backend is told of changes, otherwise the time is waited out.
        """
        ...


class Answer(NamedTuple):
    """The end of a call with its reply.

    Attributes:
        number: of the call.
        attempt: `attempts` of the claim.
        reply: JSON text.
        at: when it came.
    """

    number: int
    attempt: int
    reply: str
    at: datetime


class FollowingCallStore(Protocol):
    """What a store may have besides: one write for the ends of calls and the claim of the next ones."""

    async def answer_and_claim(
        self,
        queue: Queue,
        answers: Sequence[Answer],
        *,
        at: datetime,
        worker: str,
        lease: timedelta,
        identity: str,
        run_of: Collection[str] = (),
        at_most: int = 1,
    ) -> tuple[list[bool], list[QueuedCall]]:
        """Do as `CallQueueStore.answer_call` does for each answer, then as `CallQueueStore.claim`; atomic.

        What is claimed is a run if the claimed call is an ordered one, had no claim that ran out, and its operation is
        in `run_of`. The run goes on by number with the calls of the charge point that are WAITING and have not expired,
        up to the first of these whose operation is not in `run_of`, or whose `not_before` has not come. So it is in the
        order in which they would be claimed one by one.

        Args:
            queue: which one.
            answers: to calls of the charge point; may be empty.
            at: time of the caller, for the claim.
            worker: who asks, for people.
            lease: how long the next calls may take.
            identity: of the charge point.
            run_of: operations that may be claimed together.
            at_most: how many may be, at least 1.

        Returns:
            Whether each answered call was CLAIMED by its attempt, and the next calls, all with the same lease and each
            with one more attempt; none if none may be sent.
        """
        ...
