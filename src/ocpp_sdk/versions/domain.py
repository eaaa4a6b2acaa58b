"""The words that both runtimes speak, whatever the version on the wire.

All of them are frozen values. What a version cannot say is None, or an empty tuple, when it comes in, and left out when
it goes out; docs/versions.md has a row for each case. Times are aware `datetime`s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from ocpp_sdk.versions.enumerations import (
    AuthorizationStatus,
    CommandStatus,
    ConnectorStatus,
    DataTransferStatus,
    ErrorCode,
    MessageTrigger,
    RegistrationStatus,
    StopReason,
    UpdateStatus,
    UpdateType,
)

__all__ = [
    "BootAnswer",
    "BootData",
    "BootResult",
    "ChargingProfile",
    "ChargingProfileFilter",
    "ChargingSchedule",
    "ChargingSchedulePeriod",
    "CompositeSchedule",
    "CompositeScheduleRequest",
    "Configuration",
    "ConfigurationKey",
    "DataTransfer",
    "DataTransferResult",
    "DiagnosticsRequest",
    "FirmwareUpdate",
    "IdTagInfo",
    "LocalListEntry",
    "LocalListResult",
    "LocalListUpdate",
    "MeterReading",
    "MeterValues",
    "RemoteStart",
    "Reservation",
    "SampledValue",
    "StartResult",
    "StartTransaction",
    "StatusReport",
    "StopTransaction",
    "Trigger",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class BootData:
    """What a charge point says of itself when it starts."""

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
class BootResult:
    """What a central system answers to a BootNotification.

    Attributes:
        status: Pending reaches charge points of 1.2 and 1.5 as Rejected.
        current_time: time of the central system.
        interval_s: with Accepted the heartbeat interval, else (1.6) the least wait before the next BootNotification.
    """

    status: RegistrationStatus
    current_time: datetime
    interval_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BootAnswer:
    """A `BootResult` as it reached the charge point; only a 1.2 answer can lack time and interval."""

    status: RegistrationStatus
    current_time: datetime | None
    interval_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdTagInfo:
    """What is known of an idTag."""

    status: AuthorizationStatus
    expiry_date: datetime | None = None
    parent_id_tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTransaction:
    """A transaction began."""

    connector_id: int
    id_tag: str
    timestamp: datetime
    meter_start_wh: int
    reservation_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartResult:
    """The number that a central system gave a transaction, and what it says of the idTag."""

    transaction_id: int
    id_tag_info: IdTagInfo


class SampledValue(NamedTuple):
    """One value of a meter, in text as on the wire.

    None stands for the default: context Sample.Periodic, format Raw, measurand Energy.Active.Import.Register, location
    Outlet, unit Wh if the measurand is an energy. Units are spelled as in 1.6 (`A`, `V`).
    """

    value: str
    context: str | None = None
    format: str | None = None
    measurand: str | None = None
    phase: str | None = None
    location: str | None = None
    unit: str | None = None


class MeterReading(NamedTuple):
    """Values that were read at the same time."""

    timestamp: datetime
    values: tuple[SampledValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterValues:
    """Readings of one connector; 0 is the main meter. 1.2 cannot name the transaction."""

    connector_id: int
    readings: Sequence[MeterReading]
    transaction_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopTransaction:
    """A transaction ended; `id_tag` is None if the charge point stopped it by itself."""

    transaction_id: int
    timestamp: datetime
    meter_stop_wh: int
    id_tag: str | None = None
    reason: StopReason | None = None
    readings: Sequence[MeterReading] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """State of a connector; 0 is the whole charge point. A timestamp of None means the time of receipt."""

    connector_id: int
    status: ConnectorStatus
    error_code: ErrorCode = ErrorCode.NO_ERROR
    info: str | None = None
    timestamp: datetime | None = None
    vendor_id: str | None = None
    vendor_error_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTransfer:
    """Something of a vendor's own; not in 1.2."""

    vendor_id: str
    message_id: str | None = None
    data: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTransferResult:
    """Answer to a DataTransfer."""

    status: DataTransferStatus
    data: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingSchedulePeriod:
    """A limit that holds from `start_period_s` after the start of the schedule; W or A as the schedule says."""

    start_period_s: int
    limit: Decimal
    number_phases: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingSchedule:
    """Limits over time; `rate_unit` is `W` or `A`."""

    rate_unit: str
    periods: tuple[ChargingSchedulePeriod, ...]
    duration_s: int | None = None
    start: datetime | None = None
    min_rate: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingProfile:
    """A charging profile; purpose, kind and recurrency in the words of 1.6."""

    profile_id: int
    stack_level: int
    purpose: str
    kind: str
    schedule: ChargingSchedule
    transaction_id: int | None = None
    recurrency: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingProfileFilter:
    """Which profiles to clear; None matches all."""

    profile_id: int | None = None
    connector_id: int | None = None
    purpose: str | None = None
    stack_level: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeScheduleRequest:
    """Which schedule to compose; `rate_unit` is `W`, `A` or None."""

    connector_id: int
    duration_s: int
    rate_unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeSchedule:
    """The limits that result from all profiles, or Rejected."""

    status: CommandStatus
    connector_id: int | None = None
    start: datetime | None = None
    schedule: ChargingSchedule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteStart:
    """Start a transaction, on a connector of the charge point's choice if none is named; profiles in 1.6 only."""

    id_tag: str
    connector_id: int | None = None
    charging_profile: ChargingProfile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationKey:
    """One configuration key; the value is None if it has none that can be shown."""

    key: str
    readonly: bool
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Answer to GetConfiguration."""

    keys: tuple[ConfigurationKey, ...]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticsRequest:
    """Upload one file of diagnostics to a folder."""

    location: str
    start_time: datetime | None = None
    stop_time: datetime | None = None
    retries: int | None = None
    retry_interval_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareUpdate:
    """Fetch and install a firmware, not before `retrieve_date`."""

    location: str
    retrieve_date: datetime
    retries: int | None = None
    retry_interval_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Keep a connector for an idTag; 0 is any connector."""

    reservation_id: int
    connector_id: int
    id_tag: str
    expiry_date: datetime
    parent_id_tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalListEntry:
    """An idTag of the local list; without info a differential update deletes it."""

    id_tag: str
    info: IdTagInfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalListUpdate:
    """A new local list, or changes to it; `list_version` is the version after the update."""

    update_type: UpdateType
    list_version: int
    entries: tuple[LocalListEntry, ...] = ()
    hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalListResult:
    """Answer to SendLocalList."""

    status: UpdateStatus
    hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """Send a message now; for one connector, or for all that apply."""

    message: MessageTrigger
    connector_id: int | None = None
