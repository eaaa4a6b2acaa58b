"""Records to store, each with what a case does not care about filled in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from ocpp_sdk.storage.calls import NewCall
from ocpp_sdk.storage.charge_points import BootData
from ocpp_sdk.storage.connectors import ConnectorStatus
from ocpp_sdk.storage.local_list import CachedTag
from ocpp_sdk.storage.messages import Direction, WireMessage
from ocpp_sdk.storage.metering import MeterSample
from ocpp_sdk.storage.notifications import Notification
from ocpp_sdk.storage.plc import ExchangeState, NewExchange
from ocpp_sdk.storage.reservations import Reservation
from ocpp_sdk.storage.transactions import TransactionStart, TransactionStop

__all__ = [
    "BOOT",
    "CP",
    "NOON",
    "after",
    "cached",
    "call",
    "exchange",
    "message",
    "notification",
    "reservation",
    "sample",
    "start",
    "status",
    "stop",
]

NOON: Final = datetime(2026, 5, 4, 12, 0, 0, 123_456, tzinfo=UTC)
CP: Final = "CP-1"
BOOT: Final = BootData(
    vendor="Muster AG",
    model="M1",
    charge_point_serial_number="CP0815",
    charge_box_serial_number="CB0815",
    firmware_version="1.0.7",
    iccid="8949",
    imsi="26201",
    meter_type="MT",
    meter_serial_number="MS-1",
)


def after(seconds: float) -> datetime:
    """Return the time so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def status(
    word: str = "Available", *, identity: str = CP, connector_id: int = 1, at: float = 0, info: str | None = None
) -> ConnectorStatus:
    """Return a status of a connector."""
    return ConnectorStatus(
        identity=identity,
        connector_id=connector_id,
        status=word,
        error_code="NoError",
        info=info,
        changed_at=after(at),
    )


def start(
    *, identity: str = CP, connector_id: int = 1, id_tag: str = "TAG1", at: float = 0, meter: int = 100
) -> TransactionStart:
    """Return a start of a transaction."""
    return TransactionStart(
        identity=identity, connector_id=connector_id, id_tag=id_tag, started_at=after(at), meter_start_wh=meter
    )


def stop(
    transaction_id: int, *, identity: str = CP, at: float = 3600, meter: int = 5100, id_tag: str | None = "TAG1"
) -> TransactionStop:
    """Return a stop of a transaction."""
    return TransactionStop(
        identity=identity,
        transaction_id=transaction_id,
        stopped_at=after(at),
        meter_stop_wh=meter,
        id_tag=id_tag,
        reason="Local",
    )


def sample(
    value: str = "1",
    *,
    identity: str = CP,
    connector_id: int = 1,
    transaction_id: int | None = None,
    at: float = 0,
) -> MeterSample:
    """Return a sampled value with all fields."""
    return MeterSample(
        identity=identity,
        connector_id=connector_id,
        transaction_id=transaction_id,
        sampled_at=after(at),
        value=value,
        context="Sample.Periodic",
        format="Raw",
        measurand="Energy.Active.Import.Register",
        phase="L1",
        location="Outlet",
        unit="Wh",
    )


def call(
    key: str,
    *,
    identity: str = CP,
    operation: str = "Reset",
    ordered: bool = True,
    at: float = 0,
    not_before: float | None = None,
    expires: float | None = None,
) -> NewCall:
    """Return a call to queue."""
    return NewCall(
        key=key,
        identity=identity,
        operation=operation,
        request='{"type": "Soft"}',
        ordered=ordered,
        created_at=after(at),
        not_before=None if not_before is None else after(not_before),
        expires_at=None if expires is None else after(expires),
    )


def exchange(key: str, *, identity: str = CP, kind: str = "start", at: float = 0) -> NewExchange:
    """Return a record for a PLC."""
    return NewExchange(
        key=key,
        identity=identity,
        kind=kind,
        connector_id=1,
        state=ExchangeState.RECEIVED_FROM_MODBUS,
        data='{"register": 7}',
        at=after(at),
    )


def reservation(
    reservation_id: int, *, identity: str = CP, connector_id: int = 1, expires: float = 3600
) -> Reservation:
    """Return an active reservation."""
    return Reservation(
        identity=identity,
        reservation_id=reservation_id,
        connector_id=connector_id,
        id_tag="TAG1",
        parent_id_tag="GROUP",
        expires_at=after(expires),
    )


def cached(id_tag: str, word: str = "Accepted", *, at: float = 0) -> CachedTag:
    """Return an entry of an authorization cache."""
    return CachedTag(id_tag=id_tag, status=word, expires_at=after(86_400), parent_id_tag="GROUP", cached_at=after(at))


def notification(text: str = "look", *, identity: str | None = CP, at: float = 0) -> Notification:
    """Return a notification."""
    return Notification(at=after(at), identity=identity, kind="RefusedStop", text=text)


def message(
    request: str = "{}",
    *,
    identity: str = CP,
    at: float = 0,
    operation: str = "Heartbeat",
    direction: Direction = Direction.FROM_CHARGE_POINT,
    deviations: tuple[str, ...] = (),
) -> WireMessage:
    """Return a message with all fields but the fault."""
    return WireMessage(
        at=after(at),
        direction=direction,
        identity=identity,
        version="1.5",
        operation=operation,
        request=request,
        reply='{"currentTime": "2026-05-04T12:00:00Z"}',
        message_id="urn:uuid:1",
        deviations=deviations,
        peer_host="192.0.2.7",
        callback_address="http://192.0.2.7:8080/",
    )
