"""What a central system keeps, as frozen records.

Times are aware and given back in UTC. Identities of charge points and id tags are compared without case, and
given back as they were first spelled. JSON texts have the field names of the wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

__all__ = [
    "BootData",
    "ChargePointRecord",
    "ConnectorStatus",
    "IdTagRecord",
    "MeterSample",
    "ReceivedAction",
    "RefusedStop",
    "StartOutcome",
    "StopOutcome",
    "TransactionRecord",
    "TransactionStart",
    "TransactionStop",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedAction:
    """One request that a charge point sent, and what it was answered.

    Attributes:
        number: position in the store, from 1; None before it is stored.
        received_at: when it came.
        identity: who sent it, spelled as sent.
        version: of OCPP, as `1.5`; None for an operation that is not OCPP's own.
        operation: as `BootNotification`.
        request: JSON text.
        reply: JSON text; None if it was answered with a fault.
        fault: the fault in one line; None if there was none.
        message_id: wsa:MessageID of the request.
        deviations: kinds of the oddities of the request, each as often as it occurred.
        peer_host: address of the other end of the connection.
        callback_address: URL at which the charge point can be called, as far as the request told.
    """

    number: int | None = None
    received_at: datetime
    identity: str
    version: str | None
    operation: str
    request: str
    reply: str | None = None
    fault: str | None = None
    message_id: str | None = None
    deviations: tuple[str, ...] = ()
    peer_host: str | None = None
    callback_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BootData:
    """What a charge point says about itself when it boots; None for what it left out.

    Attributes:
        vendor: of the charge point.
        model: of the charge point.
        charge_point_serial_number: given by the maker of the charge point.
        charge_box_serial_number: of the charge box inside.
        firmware_version: of the charge point.
        iccid: of the SIM card.
        imsi: of the SIM card.
        meter_type: of the main meter.
        meter_serial_number: of the main meter.
    """

    vendor: str
    model: str
    charge_point_serial_number: str | None = None
    charge_box_serial_number: str | None = None
    firmware_version: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    meter_type: str | None = None
    meter_serial_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargePointRecord:
    """All that is known about one charge point.

    Attributes:
        identity: as it was first spelled.
        version: of OCPP that it spoke last, as `1.5`.
        registration: what its last boot was answered, as `Accepted`; None before the first boot.
        boot: what it said at its last boot; None before the first.
        booted_at: time of its last boot.
        callback_address: URL at which it can be called; None while it told none that may be called.
        peer_host: where its last request came from.
        first_seen: time of its first request.
        last_seen: time of its last request.
        firmware_status: as last notified.
        firmware_status_at: when.
        diagnostics_status: as last notified.
        diagnostics_status_at: when.
        deviations: how often each kind of oddity occurred.
    """

    identity: str
    version: str | None = None
    registration: str | None = None
    boot: BootData | None = None
    booted_at: datetime | None = None
    callback_address: str | None = None
    peer_host: str | None = None
    first_seen: datetime
    last_seen: datetime
    firmware_status: str | None = None
    firmware_status_at: datetime | None = None
    diagnostics_status: str | None = None
    diagnostics_status_at: datetime | None = None
    deviations: Mapping[str, int] = field(default_factory=dict)


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
        transaction_id: unique over all charge points, never given twice.
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
    """

    transaction: TransactionRecord
    repeated: bool


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterSample:
    """One sampled value.

    Attributes:
        identity: of the charge point.
        connector_id: 0 for the main meter.
        transaction_id: None if it belongs to none.
        sampled_at: the charge point's time.
        value: as sent; a decimal number, or hexadecimal signed data.
        context: as `Sample.Periodic`; likewise the others as OCPP spells them, None if not told.
        format: as `Raw`.
        measurand: as `Energy.Active.Import.Register`.
        phase: as `L1`.
        location: as `Outlet`.
        unit: as `Wh`.
    """

    identity: str
    connector_id: int
    transaction_id: int | None = None
    sampled_at: datetime
    value: str
    context: str | None = None
    format: str | None = None
    measurand: str | None = None
    phase: str | None = None
    location: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorStatus:
    """The last status of one connector.

    Attributes:
        identity: of the charge point.
        connector_id: 0 for the charge point as a whole.
        status: as `Available`.
        error_code: as `NoError`.
        info: free text.
        vendor_id: whose error code follows.
        vendor_error_code: the vendor's own code.
        changed_at: the charge point's time, or the time of receipt if it told none.
    """

    identity: str
    connector_id: int
    status: str
    error_code: str
    info: str | None = None
    vendor_id: str | None = None
    vendor_error_code: str | None = None
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IdTagRecord:
    """One id tag that the operator knows.

    Attributes:
        id_tag: compared without case.
        status: as `Accepted` or `Blocked`.
        expires_at: from when on it is expired; None for never.
        parent_id_tag: the group it belongs to.
    """

    id_tag: str
    status: str = "Accepted"
    expires_at: datetime | None = None
    parent_id_tag: str | None = None
