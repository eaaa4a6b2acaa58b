"""What a stop does to a transaction, decided without a store, so that every store decides alike.

A charge point repeats a stop until it is answered (OCPP 1.6 section 4.10), therefore none is an error: a stop
closes its transaction once, the same stop again changes nothing, and any other is kept with the reason.
"""

from __future__ import annotations

from dataclasses import replace

from ocpp_sdk.storage.records import StopOutcome, TransactionRecord, TransactionStop

__all__ = ["decide_stop"]


def decide_stop(transaction: TransactionRecord | None, stop: TransactionStop) -> StopOutcome:
    """Tell what becomes of a stop.

    Args:
        transaction: what is stored under the transaction id of the stop; None if nothing is.
        stop: what the charge point sent.

    Returns:
        The transaction to store if it is neither repeated nor refused; implausible stops close it and leave a
        note, since no other stop will come.
    """
    if transaction is None:
        return StopOutcome(transaction=None, refused=f"transaction {stop.transaction_id} is not known")
    if transaction.start.identity.strip().casefold() != stop.identity.strip().casefold():
        why = f"transaction {stop.transaction_id} belongs to {transaction.start.identity}"
        return StopOutcome(transaction=None, refused=why)
    first = transaction.stop
    if first is None:
        return StopOutcome(transaction=replace(transaction, stop=stop, problem=_problem(transaction, stop)))
    if (first.stopped_at, first.meter_stop_wh) == (stop.stopped_at, stop.meter_stop_wh):
        return StopOutcome(transaction=transaction, repeated=True)
    why = f"transaction {stop.transaction_id} was stopped before, at {first.stopped_at.isoformat()}"
    return StopOutcome(transaction=transaction, refused=why)


def _problem(transaction: TransactionRecord, stop: TransactionStop) -> str | None:
    start = transaction.start
    problems = []
    if stop.stopped_at < start.started_at:
        problems.append("stopped before it started")
    if stop.meter_stop_wh < start.meter_start_wh:
        problems.append(f"meter went from {start.meter_start_wh} back to {stop.meter_stop_wh} Wh")
    return "; ".join(problems) or None
