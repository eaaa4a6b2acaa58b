"""Records that a PLC and the OCPP side exchange, and their life cycle."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

__all__ = ["ExchangeState", "NewExchange", "PlcExchange", "PlcExchangeStore"]


class ExchangeState(StrEnum):
    """Where a record stands between the two sides."""

    RECEIVED_FROM_MODBUS = "ReceivedFromModbus"
    TRANSMITTED_TO_OCPP = "TransmittedToOCPP"
    RECEIVED_FROM_OCPP = "ReceivedFromOCPP"
    TRANSMITTED_TO_MODBUS = "TransmittedToModbus"
    ACCEPTED_TO_MODBUS = "AcceptedToModbus"
    FIELDS_ERROR = "FieldsError"
    EXPIRED_TO_MODBUS = "ExpiredToModbus"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExchange:
    """A record to exchange.

    Attributes:
        key: unique within charge point and kind; made by the caller, so that the same record is never added twice.
        identity: of the charge point.
        kind: as `start` or `status`.
        connector_id: 0 for the charge point as a whole.
        state: the first one.
        data: JSON text.
        at: time of the state.
    """

    key: str
    identity: str
    kind: str
    connector_id: int
    state: ExchangeState
    data: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlcExchange:
    """A record that is exchanged.

    Attributes:
        number: position in the store, from 1, greater than that of any before.
        key: as given; likewise the following.
        identity: of the charge point.
        kind: as `start` or `status`.
        connector_id: 0 for the charge point as a whole.
        state: where it stands.
        data: JSON text.
        created_at: time of its first state.
        changed_at: time of its last state.
    """

    number: int
    key: str
    identity: str
    kind: str
    connector_id: int
    state: ExchangeState
    data: str
    created_at: datetime
    changed_at: datetime


class PlcExchangeStore(Protocol):
    """The records that a PLC and the OCPP side exchange, the seam between two processes."""

    async def add_exchange(self, exchange: NewExchange) -> PlcExchange:
        """Add a record, or return the one of the same charge point, kind and key that is there.

        Atomic and idempotent, so it may be repeated after any error.
        """
        ...

    async def swap_exchange(
        self,
        number: int,
        expected: Collection[ExchangeState],
        state: ExchangeState,
        *,
        at: datetime,
        data: str | None = None,
    ) -> PlcExchange | None:
        """Move a record from one of some states into another.

        Atomic: of any number of swaps from the same state at the same moment, one succeeds.

        Args:
            number: of the record.
            expected: the states from which it may be moved.
            state: the new one.
            at: time of the new state.
            data: takes the place of its data; None leaves them.

        Returns:
            The record as it is now; None if there is none, or it is in another state.
        """
        ...

    async def exchange(self, number: int) -> PlcExchange | None:
        """Return one record, None if there is none."""
        ...

    async def exchanges(
        self,
        identity: str | None = None,
        *,
        kind: str | None = None,
        states: Collection[ExchangeState] | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[PlcExchange]:
        """List records by number.

        Args:
            identity: of one charge point only.
            kind: of one kind only.
            states: in one of these states only; None for all.
            after: only those with a greater number, to read on from the last of a page.
            limit: greatest number of results.
        """
        ...

    async def forget_exchanges(
        self, states: Collection[ExchangeState], before: datetime, *, limit: int = 10_000
    ) -> int:
        """Remove records that were last changed before a time and are in one of some states, at most so many.

        Returns:
            How many were removed; fewer than `limit` if none is left.
        """
        ...
