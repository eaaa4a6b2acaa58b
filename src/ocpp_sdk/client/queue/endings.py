"""The ways in which an attempt at a call ends, each one verb of the storage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from ocpp_sdk.storage.calls import CallQueueStore, CallState, Queue, QueuedCall

__all__ = ["Answered", "Ending", "GivenUp", "PutBack"]

_QUEUE = Queue.REQUESTS


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply came."""

    call: QueuedCall
    reply: str
    at: datetime

    async def write(self, store: CallQueueStore) -> bool:
        """Store it; returns whether the claim was still there."""
        return await store.answer_call(_QUEUE, self.call.number, self.call.attempts, reply=self.reply, at=self.at)

    def after(self) -> QueuedCall:
        """Return the call as it is then."""
        return replace(
            self.call, state=CallState.ANSWERED, reply=self.reply, error=None, lease_until=None, ended_at=self.at
        )


@dataclass(frozen=True, slots=True)
class GivenUp:
    """No reply will come."""

    call: QueuedCall
    error: str
    at: datetime

    async def write(self, store: CallQueueStore) -> bool:
        """Store it; returns whether the claim was still there."""
        return await store.give_up_call(_QUEUE, self.call.number, self.call.attempts, error=self.error, at=self.at)

    def after(self) -> QueuedCall:
        """Return the call as it is then."""
        return replace(self.call, state=CallState.GIVEN_UP, error=self.error, lease_until=None, ended_at=self.at)


@dataclass(frozen=True, slots=True)
class PutBack:
    """It will be sent again."""

    call: QueuedCall
    error: str
    not_before: datetime | None

    async def write(self, store: CallQueueStore) -> bool:
        """Store it; returns whether the claim was still there."""
        call = self.call
        return await store.retry_call(_QUEUE, call.number, call.attempts, error=self.error, not_before=self.not_before)

    def after(self) -> QueuedCall:
        """Return the call as it is then."""
        return replace(
            self.call, state=CallState.WAITING, error=self.error, lease_until=None, not_before=self.not_before
        )


Ending: TypeAlias = Answered | GivenUp | PutBack
