"""What a central system asks of its storage, in verbs of the domain.

What must be atomic is one verb. A verb that writes returns after its write is durable, so that what is answered to a
charge point afterwards is never lost. Every verb raises `ConfigurationError` when the storage cannot serve.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ocpp_sdk.storage.records import (
    BootData,
    ChargePointRecord,
    ConnectorStatus,
    IdTagRecord,
    MeterSample,
    ReceivedAction,
    RefusedStop,
    StartOutcome,
    StopOutcome,
    TransactionRecord,
    TransactionStart,
    TransactionStop,
)

__all__ = [
    "ActionStore",
    "CentralSystemStore",
    "ChargePointStore",
    "ConnectorStore",
    "IdTagStore",
    "MeterStore",
    "TransactionStore",
]


class ActionStore(Protocol):
    """Every request that came, with its reply."""

    async def record_action(self, action: ReceivedAction) -> int:
        """Keep an action and take note of its sender: last seen, version, addresses, deviations.

        Returns:
            The number of the action, from 1, greater than that of any before.
        """
        ...

    async def actions(self, identity: str | None = None, *, after: int = 0, limit: int = 100) -> list[ReceivedAction]:
        """List actions by number.

        Args:
            identity: of one charge point only.
            after: only those with a greater number.
            limit: greatest number of results.
        """
        ...


class ChargePointStore(Protocol):
    """The charge points that spoke."""

    async def register(self, identity: str, boot: BootData, *, registration: str, at: datetime) -> None:
        """Keep what a charge point said when it booted, and what it was answered."""
        ...

    async def set_firmware_status(self, identity: str, status: str, at: datetime) -> None:
        """Keep the state of a firmware update."""
        ...

    async def set_diagnostics_status(self, identity: str, status: str, at: datetime) -> None:
        """Keep the state of an upload of diagnostics."""
        ...

    async def charge_point(self, identity: str) -> ChargePointRecord | None:
        """Return what is known about one charge point, None if it never spoke."""
        ...

    async def charge_points(self) -> list[ChargePointRecord]:
        """List the charge points, by identity."""
        ...


class TransactionStore(Protocol):
    """Transactions over all charge points."""

    async def start_transaction(self, start: TransactionStart) -> StartOutcome:
        """Begin a transaction under a new id, or return the one that the same start began before.

        A start is the same if charge point, connector, id tag, time and register are.
        """
        ...

    async def stop_transaction(
        self, stop: TransactionStop, samples: Sequence[MeterSample], at: datetime
    ) -> StopOutcome:
        """End a transaction as `decide_stop` says, and keep a stop that ends none.

        Args:
            stop: what the charge point sent.
            samples: what it sent along; kept unless the stop is a repetition. Those of a stop that has a transaction
                get its connector.
            at: time of receipt.
        """
        ...

    async def transaction(self, transaction_id: int) -> TransactionRecord | None:
        """Return one transaction, None if there is none of this id."""
        ...

    async def transactions(
        self, identity: str | None = None, *, open_only: bool = False, limit: int = 100
    ) -> list[TransactionRecord]:
        """List transactions, the newest first.

        Args:
            identity: of one charge point only.
            open_only: only those that run.
            limit: greatest number of results.
        """
        ...

    async def refused_stops(self, identity: str | None = None, *, limit: int = 100) -> list[RefusedStop]:
        """List the stops that ended nothing, the newest first."""
        ...


class MeterStore(Protocol):
    """Sampled values."""

    async def add_samples(self, samples: Sequence[MeterSample]) -> None:
        """Keep sampled values, all or none."""
        ...

    async def samples(
        self, identity: str | None = None, *, transaction_id: int | None = None, limit: int = 1000
    ) -> list[MeterSample]:
        """List sampled values in the order in which they came."""
        ...


class ConnectorStore(Protocol):
    """The last status of each connector."""

    async def set_connector_status(self, status: ConnectorStatus) -> None:
        """Keep a status in place of the one before.

        The last to come counts, whatever its time: charge points send in order, and their clocks are set back.
        """
        ...

    async def connector_statuses(self, identity: str | None = None) -> list[ConnectorStatus]:
        """List statuses by identity and connector."""
        ...


class IdTagStore(Protocol):
    """The id tags that the operator knows."""

    async def put_id_tag(self, tag: IdTagRecord) -> None:
        """Add an id tag, or replace it."""
        ...

    async def id_tag(self, id_tag: str) -> IdTagRecord | None:
        """Return one id tag, None if it is not known."""
        ...

    async def id_tags(self) -> list[IdTagRecord]:
        """List the id tags."""
        ...


class CentralSystemStore(
    ActionStore, ChargePointStore, TransactionStore, MeterStore, ConnectorStore, IdTagStore, Protocol
):
    """All that a central system keeps."""

    async def close(self) -> None:
        """Finish what was asked, then give everything back; any verb after it raises `ConfigurationError`."""
        ...
