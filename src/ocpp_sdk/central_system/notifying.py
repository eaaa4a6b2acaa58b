"""What an operator should know about transactions that did not end as they should."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ocpp_sdk.storage import Notification, NotificationStore, StopOutcome, TransactionStop

__all__ = ["IMPLAUSIBLE_STOP", "REFUSED_STOP", "notify_of_stop"]

REFUSED_STOP: Final = "RefusedStop"
IMPLAUSIBLE_STOP: Final = "ImplausibleStop"

_LOOKED_BACK: Final = 100


async def notify_of_stop(store: NotificationStore, stop: TransactionStop, outcome: StopOutcome, now: datetime) -> None:
    """Add a notification about a stop that ended nothing, or that makes no sense; about any other, nothing.

    A stop that comes again adds none; after a crash between stop and notification it adds the one that is missing.

    Args:
        store: the feed.
        stop: what the charge point sent.
        outcome: what became of it.
        now: the time.
    """
    told = f"transaction {stop.transaction_id} at {stop.stopped_at.isoformat()} with {stop.meter_stop_wh} Wh"
    if outcome.refused is not None:
        kind, text = REFUSED_STOP, f"A stop of {told} ended nothing: {outcome.refused}"
    elif outcome.transaction is not None and outcome.transaction.problem is not None:
        kind, text = IMPLAUSIBLE_STOP, f"The stop of {told} makes no sense: {outcome.transaction.problem}"
    else:
        return
    before = await store.notifications(stop.identity, limit=_LOOKED_BACK)
    if all((known.kind, known.text) != (kind, text) for known in before):
        await store.add_notification(Notification(at=now, identity=stop.identity, kind=kind, text=text))
