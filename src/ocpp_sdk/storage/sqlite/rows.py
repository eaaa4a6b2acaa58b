"""Records to rows and back."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime

from ocpp_sdk.storage.records import (
    BootData,
    ChargePointRecord,
    ConnectorStatus,
    IdTagRecord,
    MeterSample,
    ReceivedAction,
    RefusedStop,
    TransactionRecord,
    TransactionStart,
    TransactionStop,
)

__all__ = [
    "action_from",
    "charge_point_from",
    "fold",
    "id_tag_from",
    "refused_stop_from",
    "sample_from",
    "status_from",
    "time_text",
    "time_text_or_none",
    "transaction_from",
]


def fold(text: str) -> str:
    """Return the form in which texts that differ by case are equal."""
    return text.strip().casefold()


def time_text(value: datetime) -> str:
    """Return the time in UTC and of one width, so that texts sort as times do."""
    try:
        value = value.astimezone(UTC)
    except OverflowError:
        # At the ends of the calendar a shift to UTC leaves it; the zone is then worth less than an answer.
        value = value.replace(tzinfo=UTC)
    return value.isoformat(timespec="microseconds")[:-6] + "Z"


def time_text_or_none(value: datetime | None) -> str | None:
    """Return the same, and None for None."""
    return None if value is None else time_text(value)


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def action_from(row: sqlite3.Row) -> ReceivedAction:
    """Read a row of `actions`."""
    return ReceivedAction(
        number=row["number"],
        received_at=datetime.fromisoformat(row["received_at"]),
        identity=row["identity"],
        version=row["version"],
        operation=row["operation"],
        request=row["request"],
        reply=row["reply"],
        fault=row["fault"],
        message_id=row["message_id"],
        deviations=tuple(row["deviations"].split()),
        peer_host=row["peer_host"],
        callback_address=row["callback_address"],
    )


def charge_point_from(row: sqlite3.Row, deviations: Mapping[str, int]) -> ChargePointRecord:
    """Read a row of `charge_points`."""
    boot = None
    if row["booted_at"] is not None:
        boot = BootData(
            vendor=row["vendor"],
            model=row["model"],
            charge_point_serial_number=row["charge_point_serial_number"],
            charge_box_serial_number=row["charge_box_serial_number"],
            firmware_version=row["firmware_version"],
            iccid=row["iccid"],
            imsi=row["imsi"],
            meter_type=row["meter_type"],
            meter_serial_number=row["meter_serial_number"],
        )
    return ChargePointRecord(
        identity=row["identity"],
        version=row["version"],
        registration=row["registration"],
        boot=boot,
        booted_at=_time(row["booted_at"]),
        callback_address=row["callback_address"],
        peer_host=row["peer_host"],
        first_seen=datetime.fromisoformat(row["first_seen"]),
        last_seen=datetime.fromisoformat(row["last_seen"]),
        firmware_status=row["firmware_status"],
        firmware_status_at=_time(row["firmware_status_at"]),
        diagnostics_status=row["diagnostics_status"],
        diagnostics_status_at=_time(row["diagnostics_status_at"]),
        deviations=dict(deviations),
    )


def transaction_from(row: sqlite3.Row) -> TransactionRecord:
    """Read a row of `transactions`, joined with the identity of its charge point."""
    stop = None
    if row["stopped_at"] is not None:
        stop = TransactionStop(
            identity=row["stop_identity"],
            transaction_id=row["transaction_id"],
            stopped_at=datetime.fromisoformat(row["stopped_at"]),
            meter_stop_wh=row["meter_stop_wh"],
            id_tag=row["stop_id_tag"],
            reason=row["stop_reason"],
        )
    return TransactionRecord(
        transaction_id=row["transaction_id"],
        start=TransactionStart(
            identity=row["identity"],
            connector_id=row["connector_id"],
            id_tag=row["id_tag"],
            started_at=datetime.fromisoformat(row["started_at"]),
            meter_start_wh=row["meter_start_wh"],
            reservation_id=row["reservation_id"],
        ),
        stop=stop,
        problem=row["problem"],
    )


def refused_stop_from(row: sqlite3.Row) -> RefusedStop:
    """Read a row of `refused_stops`, joined with the identity of its charge point."""
    return RefusedStop(
        number=row["number"],
        received_at=datetime.fromisoformat(row["received_at"]),
        stop=TransactionStop(
            identity=row["identity"],
            transaction_id=row["transaction_id"],
            stopped_at=datetime.fromisoformat(row["stopped_at"]),
            meter_stop_wh=row["meter_stop_wh"],
            id_tag=row["id_tag"],
            reason=row["reason"],
        ),
        why=row["why"],
    )


def sample_from(row: sqlite3.Row) -> MeterSample:
    """Read a row of `meter_samples`, joined with the identity of its charge point."""
    return MeterSample(
        identity=row["identity"],
        connector_id=row["connector_id"],
        transaction_id=row["transaction_id"],
        sampled_at=datetime.fromisoformat(row["sampled_at"]),
        value=row["value"],
        context=row["context"],
        format=row["format"],
        measurand=row["measurand"],
        phase=row["phase"],
        location=row["location"],
        unit=row["unit"],
    )


def status_from(row: sqlite3.Row) -> ConnectorStatus:
    """Read a row of `connector_statuses`, joined with the identity of its charge point."""
    return ConnectorStatus(
        identity=row["identity"],
        connector_id=row["connector_id"],
        status=row["status"],
        error_code=row["error_code"],
        info=row["info"],
        vendor_id=row["vendor_id"],
        vendor_error_code=row["vendor_error_code"],
        changed_at=datetime.fromisoformat(row["changed_at"]),
    )


def id_tag_from(row: sqlite3.Row) -> IdTagRecord:
    """Read a row of `id_tags`."""
    return IdTagRecord(
        id_tag=row["id_tag"],
        status=row["status"],
        expires_at=_time(row["expires_at"]),
        parent_id_tag=row["parent_id_tag"],
    )
