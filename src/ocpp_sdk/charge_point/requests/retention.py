"""Forgetting requests that were answered long ago, but none that somebody still needs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from ocpp_sdk.charge_point.connection.link import Report
from ocpp_sdk.charge_point.requests.outbox import Outbox
from ocpp_sdk.charge_point.requests.transactions import Transactions
from ocpp_sdk.clock import Clock
from ocpp_sdk.errors import OcppError
from ocpp_sdk.storage import CallState, Queue, Store

__all__ = ["Retention"]

_EVERY_S: Final = 3600.0
# By this much a message may be older than the answer to the start that it names without a number.
_MARGIN: Final = timedelta(hours=1)


class Retention:
    """Removes old requests every hour.

    Args:
        store: of the queue.
        identity: of the charge point.
        outbox: of the charge point.
        transactions: those that run are known again after a restart by their starts.
        clock: that the queue goes by.
        keep_answered_s: for how long requests are kept for people to read.
        report: hears of what could not be done.
    """

    def __init__(
        self,
        store: Store,
        identity: str,
        *,
        outbox: Outbox,
        transactions: Transactions,
        clock: Clock,
        keep_answered_s: float,
        report: Report,
    ) -> None:
        self._store = store
        self._identity = identity
        self._outbox = outbox
        self._transactions = transactions
        self._clock = clock
        self._keep_answered_s = keep_answered_s
        self._report = report

    async def run(self) -> None:
        """Forget until cancelled."""
        while True:
            try:
                await self.forget()
            except OcppError as error:
                self._report(f"old requests were not removed: {error}")
            await self._clock.sleep(_EVERY_S)

    async def forget(self) -> None:
        """Remove what was answered long ago.

        Raises:
            StorageError: may be repeated.
        """
        before = self._clock.now() - timedelta(seconds=self._keep_answered_s)
        await self._outbox.start_numbers.keep()
        needed = await self._needs()
        await self._outbox.queue.forget(before if needed is None else min(before, needed))

    async def _needs(self) -> datetime | None:
        """Return from when on answers are needed, None if none is."""
        needed = [one.queued_at for one in self._transactions.running() if one.queued_at is not None]
        for state in (CallState.WAITING, CallState.CLAIMED):
            oldest = await self._store.calls(Queue.REQUESTS, self._identity, state=state, limit=1)
            needed += [call.created_at - _MARGIN for call in oldest]
        return min(needed, default=None)
