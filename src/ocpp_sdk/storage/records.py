"""What a central system keeps, as frozen records.

Times are aware and given back in UTC. Identities of charge points and id tags are compared without case, and
given back as they were first spelled. JSON texts have the field names of the wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ocpp_sdk.storage.charge_points import BootData
from ocpp_sdk.storage.connectors import ConnectorStatus
from ocpp_sdk.storage.id_tags import IdTagRecord
from ocpp_sdk.storage.metering import MeterSample
from ocpp_sdk.storage.transactions import (
    RefusedStop,
    StartOutcome,
    StopOutcome,
    TransactionRecord,
    TransactionStart,
    TransactionStop,
)

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
