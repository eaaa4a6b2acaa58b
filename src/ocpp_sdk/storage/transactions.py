"""Transactions: what begins one, what ends it, and the stops that ended none.

A charge point repeats a start or a stop until it is answered (OCPP 1.6 sections 4.8 and 4.10), therefore no
repetition is an error: the same start gives the same transaction, a stop closes its transaction once, the same stop
again changes nothing, and any other is kept with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from ocpp_sdk.storage.folding import fold
from ocpp_sdk.storage.metering import MeterSample

__all__ = [
    "RefusedStop",
    "StartOutcome",
    "StopOutcome",
    "TransactionRecord",
    "TransactionStart",
    "TransactionStop",
    "TransactionStore",
    "decide_stop",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionStart:
    """A transaction that a charge point began.

    Attributes:
        identity: of the charge point.
        connector_id: from 1.
        id_tag: who charges.
        started_at: the charge point's time.
        meter_start_wh: register at the start.
        reservation_id: the reservation that ends with this start.
    """

    identity: str
    connector_id: int
    id_tag: str
    started_at: datetime
    meter_start_wh: int
    reservation_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionStop:
    """A transaction that a charge point ended.

    Attributes:
        identity: of the charge point.
        transaction_id: as the central system gave it.
        stopped_at: the charge point's time.
        meter_stop_wh: register at the end.
        id_tag: who ended it; None if the charge point did so itself.
        reason: as OCPP 1.6 names it; None if not told.
    """

    identity: str
    transaction_id: int
    stopped_at: datetime
    meter_stop_wh: int
    id_tag: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionRecord:
    """One transaction.

    Attributes:
        transaction_id: unique over all charge points, never given twice, from 1 to 2,147,483,647.
        start: how it began.
        stop: how it ended; None while it runs.
        problem: what was implausible about the stop; None if nothing was.
    """

    transaction_id: int
    start: TransactionStart
    stop: TransactionStop | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedStop:
    """A stop that closed nothing, kept so that no charging is lost.

    Attributes:
        number: position in the store, from 1.
        received_at: when it came.
        stop: what it said.
        why: why it closed nothing.
    """

    number: int
    received_at: datetime
    stop: TransactionStop
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartOutcome:
    """What became of a start.

    Attributes:
        transaction: the new one, or the one that the same start began before.
        repeated: whether this start had come before.
        others_active: how many other transactions of the same id tag run.
    """

    transaction: TransactionRecord
    repeated: bool
    others_active: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StopOutcome:
    """What became of a stop.

    Attributes:
        transaction: the transaction as it is now; None if there is none that the stop may close.
        repeated: whether the same stop had come before.
        refused: why the stop closed nothing; None if it closed the transaction or is a repetition.
    """

    transaction: TransactionRecord | None
    repeated: bool = False
    refused: str | None = None


def decide_stop(transaction: TransactionRecord | None, stop: TransactionStop) -> StopOutcome:
    """Tell what becomes of a stop, without a store, so that every store decides alike.

    Args:
        transaction: what is stored under the transaction id of the stop; None if nothing is.
        stop: what the charge point sent.

    Returns:
        The transaction to store if it is neither repeated nor refused; implausible stops close it and leave a
        note, since no other stop will come.
    """
    if transaction is None:
        return StopOutcome(transaction=None, refused=f"transaction {stop.transaction_id} is not known")
    if fold(transaction.start.identity) != fold(stop.identity):
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


class TransactionStore(Protocol):
    """Transactions over all charge points."""

    async def start_transaction(self, start: TransactionStart) -> StartOutcome:
        """Begin a transaction under a new id, or return the one that the same start began before.

        Atomic: of any number of equal starts at the same moment, one begins a transaction. A start is the same if
        charge point, connector, id tag (both without case), time and register are.

        Raises:
            StorageError: the 2,147,483,647 ids are used up.
        """
        ...

    async def stop_transaction(
        self, stop: TransactionStop, samples: Sequence[MeterSample], at: datetime
    ) -> StopOutcome:
        """End a transaction as `decide_stop` says, and keep a stop that ends none.

        Atomic, samples included. Of different stops at the same moment one ends the transaction. The same refused
        stop is kept once (charge point, transaction id, time and register are equal).

        Args:
            stop: what the charge point sent.
            samples: what it sent along; kept unless the stop is a repetition, those of a refused stop as well. Those
                of a transaction that is known and the charge point's own get its connector.
            at: time of receipt.
        """
        ...

    async def transaction(self, transaction_id: int) -> TransactionRecord | None:
        """Return one transaction, None if there is none of this id."""
        ...

    async def transactions(
        self,
        identity: str | None = None,
        *,
        id_tag: str | None = None,
        open_only: bool = False,
        before: int | None = None,
        limit: int = 100,
    ) -> list[TransactionRecord]:
        """List transactions, the newest (greatest id) first.

        Args:
            identity: of one charge point only.
            id_tag: started by one id tag only.
            open_only: only those that run.
            before: only those with a smaller id, to read on from the last of a page.
            limit: greatest number of results.
        """
        ...

    async def refused_stops(
        self, identity: str | None = None, *, before: int | None = None, limit: int = 100
    ) -> list[RefusedStop]:
        """List the stops that ended nothing, the newest first; arguments as for `transactions`."""
        ...
