"""What waits to be sent: transactions, readings and statuses, in the order in which they happened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ocpp_sdk.versions.domain import (
    IdTagInfo,
    MeterReading,
    MeterValues,
    StartTransaction,
    StatusReport,
    StopTransaction,
)
from ocpp_sdk.versions.enumerations import StopReason
from ocpp_sdk.versions.roles import CentralSystemGateway

__all__ = ["Message", "ReadingMessage", "StartMessage", "StatusMessage", "StopMessage", "Transaction"]


@dataclass(slots=True, kw_only=True, eq=False)
class Transaction:
    """A transaction as the charge point sees it.

    Attributes:
        connector_id: from 1.
        id_tag: who charges.
        parent_id_tag: the group of that idTag, if it is known.
        started_at: when it began.
        meter_start_wh: the register at that time, in Wh.
        reservation_id: the reservation that it used.
        transaction_id: what the central system calls it; None until the start was answered.
        given_up: whether the start will never be answered.
        stop_reason: why it ended; None while it runs.
        meter_stop_wh: the register at the end, in Wh; None while it runs.
        ended: set at its end.
    """

    connector_id: int
    id_tag: str
    parent_id_tag: str | None
    started_at: datetime
    meter_start_wh: int
    reservation_id: int | None = None
    transaction_id: int | None = None
    given_up: bool = False
    stop_reason: StopReason | None = None
    meter_stop_wh: int | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Message(Protocol):
    """Something that waits to be sent."""

    async def deliver(self, central_system: CentralSystemGateway) -> str:
        """Send it; returns one line that says what was answered.

        Raises:
            OcppError: as `Caller.call`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StartMessage:
    """A transaction began; `answered` hears what is said of its idTag."""

    transaction: Transaction
    answered: Callable[[Transaction, IdTagInfo], None]

    async def deliver(self, central_system: CentralSystemGateway) -> str:
        """Send StartTransaction and note the number that the central system gives."""
        transaction = self.transaction
        start = StartTransaction(
            connector_id=transaction.connector_id,
            id_tag=transaction.id_tag,
            timestamp=transaction.started_at,
            meter_start_wh=transaction.meter_start_wh,
            reservation_id=transaction.reservation_id,
        )
        result = await central_system.start_transaction(start)
        transaction.transaction_id = result.transaction_id
        self.answered(transaction, result.id_tag_info)
        return (
            f"StartTransaction: transaction {result.transaction_id} on connector {transaction.connector_id} at "
            f"{transaction.meter_start_wh} Wh, {transaction.id_tag} is {result.id_tag_info.status}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StopMessage:
    """A transaction ended."""

    transaction: Transaction
    stopped_at: datetime
    meter_stop_wh: int
    reason: StopReason
    id_tag: str | None
    answered: Callable[[str, IdTagInfo], None]

    async def deliver(self, central_system: CentralSystemGateway) -> str:
        """Send StopTransaction; without a number there is nothing that could be stopped."""
        number = self.transaction.transaction_id
        if number is None:
            return f"StopTransaction: not sent, the start on connector {self.transaction.connector_id} got no number"
        stop = StopTransaction(
            transaction_id=number,
            timestamp=self.stopped_at,
            meter_stop_wh=self.meter_stop_wh,
            id_tag=self.id_tag,
            reason=self.reason,
        )
        info = await central_system.stop_transaction(stop)
        if info is not None and self.id_tag is not None:
            self.answered(self.id_tag, info)
        return f"StopTransaction: transaction {number} at {self.meter_stop_wh} Wh, {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingMessage:
    """A meter was read."""

    connector_id: int
    reading: MeterReading
    transaction: Transaction | None = None

    async def deliver(self, central_system: CentralSystemGateway) -> str:
        """Send MeterValues, with the number of the transaction as far as there is one."""
        number = None if self.transaction is None else self.transaction.transaction_id
        values = MeterValues(connector_id=self.connector_id, readings=(self.reading,), transaction_id=number)
        await central_system.meter_values(values)
        shown = ", ".join(f"{value.value} {value.unit}" for value in self.reading.values)
        return f"MeterValues: connector {self.connector_id}, {shown}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusMessage:
    """The state of a connector changed."""

    report: StatusReport

    async def deliver(self, central_system: CentralSystemGateway) -> str:
        """Send StatusNotification."""
        await central_system.status_notification(self.report)
        return f"StatusNotification: connector {self.report.connector_id} is {self.report.status}"
