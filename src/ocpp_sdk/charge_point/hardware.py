"""The seam between a charge point and its hardware: what each side may ask of the other.

    hardware ──ready, observe, authorize, start, stop──▶ Station      (implemented by the charge point)
    charge point ──remote_start, stop, unlock, read_meter, …──▶ Hardware   (implemented by whoever has the hardware)

The hardware decides: it says when a transaction has begun and ended, since it alone knows whether power flows. The
charge point knows who may charge, keeps what must not be lost, and tells the central system. A PLC that speaks for
itself is one `Hardware` (`ocpp_sdk.modbus`); plain outlets that have to be switched are another (`OutletHardware`).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol

from ocpp_sdk.versions.domain import Reservation, SampledValue
from ocpp_sdk.versions.enumerations import ConnectorStatus, ErrorCode, ResetType, StopReason, UnlockStatus

__all__ = ["ENERGY", "ConnectorFacts", "Hardware", "HardwareInfo", "Limit", "Station", "Transaction"]

ENERGY: Final = "Energy.Active.Import.Register"
"""The measurand that every meter has, in Wh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HardwareInfo:
    """What hardware says of itself when it can be used.

    Attributes:
        model: of the charge point, in place of the one in the settings; None to leave that.
        firmware_version: likewise.
        measurands: what `read_meter` gives; only these can be asked for by configuration keys.
    """

    model: str | None = None
    firmware_version: str | None = None
    measurands: frozenset[str] = frozenset({ENERGY})


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorFacts:
    """What hardware sees at one connector; the charge point makes the status out of it and of what it knows itself.

    Attributes:
        plugged: whether a vehicle is connected.
        flow: of a connector with a transaction: Charging, SuspendedEV or SuspendedEVSE.
        usable: whether the hardware itself allows its use.
        error: what is wrong with it; anything but NoError shows Faulted, unless `warning` is set.
        warning: whether the error does not keep the connector from being used.
        info: free text about the error.
        vendor_id: whose error code follows.
        vendor_error_code: the vendor's own code.
    """

    plugged: bool = False
    flow: ConnectorStatus = ConnectorStatus.CHARGING
    usable: bool = True
    error: ErrorCode = ErrorCode.NO_ERROR
    warning: bool = False
    info: str | None = None
    vendor_id: str | None = None
    vendor_error_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What a connector may give at most.

    Attributes:
        rate: how much.
        unit: `W` or `A`; amperes are per phase.
        phases: how many may be used; None for any.
    """

    rate: Decimal
    unit: str
    phases: int | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Transaction:
    """A transaction as the charge point sees it; it is on disk before anybody gets it.

    Attributes:
        key: unique for ever; made by whoever began it.
        start_number: place of its start in the queue; 0 before the start is stored.
        queued_at: when its start was stored, by the clock of the machine.
        connector_id: from 1.
        id_tag: who charges.
        parent_id_tag: the group of that idTag, if it is known.
        started_at: when it began.
        meter_start_wh: the register at that time, in Wh.
        last_meter_wh: the register of its last reading, in Wh; None before there was one.
        reservation_id: the reservation that it used.
        transaction_id: what the central system calls it; None until the start was answered.
        refused: whether the central system has said that the idTag may not charge.
        stopping: why it was asked to end, if it was.
        stop_reason: why it ended; None while it runs.
        meter_stop_wh: the register at the end, in Wh; None while it runs.
        answered: set when the start was answered, or was given up.
        ended: set at its end.
        stop_answered: set when the stop was answered, or was given up; a PLC is told then that its stop was heard.
    """

    key: str
    start_number: int = 0
    queued_at: datetime | None = None
    connector_id: int
    id_tag: str
    parent_id_tag: str | None = None
    started_at: datetime
    meter_start_wh: int
    last_meter_wh: int | None = None
    reservation_id: int | None = None
    transaction_id: int | None = None
    refused: bool = False
    stopping: StopReason | None = None
    stop_reason: StopReason | None = None
    meter_stop_wh: int | None = None
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    stop_answered: asyncio.Event = field(default_factory=asyncio.Event)


class Station(Protocol):
    """What a charge point offers to its hardware. Connectors are numbered from 1.

    Verbs that store return when that is durable, and raise `StorageError` if it is not; they may be called again with
    the same arguments.
    """

    async def ready(self, info: HardwareInfo) -> None:
        """Say that the hardware has started and can be used; the charge point boots, or boots again."""
        ...

    async def lost(self, reason: str) -> None:
        """Say that the hardware has stopped or cannot be reached; its connectors are shown as Faulted.

        Args:
            reason: one line for people.
        """
        ...

    async def found(self) -> None:
        """Say that the hardware can be reached again, and has gone on meanwhile."""
        ...

    async def observe(self, connector_id: int, facts: ConnectorFacts) -> None:
        """Say what is seen at a connector; returns when what follows from it is stored."""
        ...

    def refusal(self, connector_id: int, id_tag: str) -> str:
        """Say why an idTag cannot charge here now, whoever it is; empty if it might. Asks nobody."""
        ...

    async def authorize(self, connector_id: int, id_tag: str) -> bool:
        """Ask whether an idTag may charge here, and keep the connector for it if it may.

        Asks the central system, the local list or the cache, as the version and the configuration say.
        """
        ...

    async def may_stop(self, connector_id: int, id_tag: str) -> bool:
        """Ask whether an idTag may end the transaction of a connector; asks the central system if it must."""
        ...

    def authorized(self, connector_id: int) -> str | None:
        """Return the idTag that may charge here and has not begun; it is forgotten after ConnectionTimeOut."""
        ...

    async def release(self, connector_id: int) -> None:
        """Say that nobody came to charge; the connector is free for others."""
        ...

    async def start(
        self, connector_id: int, id_tag: str, meter_wh: int, *, key: str, at: datetime | None = None
    ) -> Transaction:
        """Say that a transaction has begun.

        Args:
            connector_id: where.
            id_tag: who charges.
            meter_wh: the register, in Wh.
            key: unique for ever; the same again gives the same transaction.
            at: when; None for now.

        Returns:
            The transaction. The central system hears of it as soon as it can; `answered` is set then.

        Raises:
            SessionRefusedError: another transaction runs on the connector.
        """
        ...

    async def stop(
        self,
        connector_id: int,
        meter_wh: int,
        *,
        transaction: Transaction | None = None,
        id_tag: str | None = None,
        reason: StopReason | None = None,
        at: datetime | None = None,
    ) -> Transaction | None:
        """Say that a transaction has ended; without one that runs, nothing happens.

        Args:
            connector_id: where.
            meter_wh: the register, in Wh.
            transaction: which one; the one of the connector if it is left out.
            id_tag: who ended it; None if nobody did.
            reason: why; None for what was asked of the hardware, or Local.
            at: when; None for now.

        Returns:
            The transaction that ended, None if none did.
        """
        ...

    def running(self, connector_id: int) -> Transaction | None:
        """Return the transaction that runs on a connector."""
        ...

    def now(self) -> datetime:
        """Return the time of day as the central system told it, aware."""
        ...

    def setting(self, key: str) -> str | None:
        """Return the value of a configuration key, as LightIntensity; None if the version has none of this name."""
        ...


class Hardware(Protocol):
    """What a charge point needs of its hardware. Connectors are numbered from 1.

    The verbs are called while `run` runs. Those that decide have 15 seconds; after that the charge point takes the
    answer for a no.
    """

    @property
    def connectors(self) -> int:
        """How many connectors there are; never changes."""
        ...

    async def run(self, station: Station) -> None:
        """Drive the hardware until cancelled, and tell the station what happens."""
        ...

    async def remote_start(self, connector_id: int, id_tag: str) -> bool:
        """Decide whether a transaction will begin for this idTag; `Station.start` follows if it does."""
        ...

    async def stop(self, transaction: Transaction, reason: StopReason) -> bool:
        """End a transaction; `Station.stop` has been called, or will be, if this returns True."""
        ...

    async def unlock(self, connector_id: int) -> UnlockStatus:
        """Let the cable go; the transaction has ended before."""
        ...

    async def set_available(self, connector_id: int, *, available: bool) -> None:
        """Allow or forbid the use of a connector."""
        ...

    async def set_reservation(self, connector_id: int, reservation: Reservation | None) -> None:
        """Show for whom a connector is kept; None for nobody."""
        ...

    async def set_limit(self, connector_id: int, limit: Limit | None) -> None:
        """Limit what a connector gives; 0 is the sum of all connectors, None is no limit."""
        ...

    async def read_meter(self, connector_id: int) -> tuple[SampledValue, ...]:
        """Read a meter: each value with its measurand and unit; 0 is the main meter, without one the tuple is empty.

        `ENERGY` in Wh must be among those of a connector.
        """
        ...

    async def resumes(self, transaction: Transaction) -> bool:
        """Tell whether a transaction from before a restart still runs; if not, it is ended with the meter as it is."""
        ...

    async def told(self, time: datetime, *, accepted: bool | None = None) -> None:
        """Hear the time of the central system, and what it said to a boot (None: it was a heartbeat)."""
        ...

    async def reset(self, kind: ResetType) -> None:
        """Start again, as far as the hardware itself has to; transactions have ended before."""
        ...
