"""How a version says what only another version has a word for."""

from __future__ import annotations

from collections.abc import Sequence

from ocpp_sdk.versions.domain import MeterReading, SampledValue
from ocpp_sdk.versions.enumerations import (
    CommandStatus,
    ConfigurationStatus,
    ConnectorStatus,
    DiagnosticsStatus,
    ErrorCode,
    FirmwareStatus,
    RegistrationStatus,
    UnlockStatus,
    UpdateStatus,
)

__all__ = [
    "DIAGNOSTICS_BEFORE_1_6",
    "FIRMWARE_BEFORE_1_6",
    "UNITS_OF_1_5",
    "error_of_1_2",
    "error_of_1_5",
    "error_of_1_6",
    "readings_in_wh",
    "registration_before_1_6",
    "setting_before_1_6",
    "status_of_1_2",
    "status_of_1_5",
    "status_of_1_6",
    "unlock_before_1_6",
    "update_of_1_6",
]

_OCCUPIED = {
    ConnectorStatus.PREPARING,
    ConnectorStatus.CHARGING,
    ConnectorStatus.SUSPENDED_EV,
    ConnectorStatus.SUSPENDED_EVSE,
    ConnectorStatus.FINISHING,
}
_ERRORS_OF_1_2 = {
    ErrorCode.NO_ERROR,
    ErrorCode.CONNECTOR_LOCK_FAILURE,
    ErrorCode.HIGH_TEMPERATURE,
    ErrorCode.MODE3_ERROR,
    ErrorCode.POWER_METER_FAILURE,
    ErrorCode.POWER_SWITCH_FAILURE,
    ErrorCode.READER_FAILURE,
    ErrorCode.RESET_FAILURE,
}
_ERRORS_OF_1_6_ONLY = {
    ErrorCode.EV_COMMUNICATION_ERROR,
    ErrorCode.INTERNAL_ERROR,
    ErrorCode.LOCAL_LIST_CONFLICT,
    ErrorCode.OVER_VOLTAGE,
}
DIAGNOSTICS_BEFORE_1_6 = frozenset({DiagnosticsStatus.UPLOADED, DiagnosticsStatus.UPLOAD_FAILED})
"""How far an upload can be; only 1.6 has words for what comes before the outcome."""
FIRMWARE_BEFORE_1_6 = frozenset(
    {
        FirmwareStatus.DOWNLOADED,
        FirmwareStatus.DOWNLOAD_FAILED,
        FirmwareStatus.INSTALLATION_FAILED,
        FirmwareStatus.INSTALLED,
    }
)
"""How far an update can be; only 1.6 has words for what lies between."""
UNITS_OF_1_5 = {"A": "Amp", "V": "Volt"}
"""Units that 1.5 spells in another way than 1.6."""


def registration_before_1_6(status: RegistrationStatus) -> RegistrationStatus:
    """Say Rejected for Pending: both mean that the charge point has to boot again later."""
    return RegistrationStatus.REJECTED if status is RegistrationStatus.PENDING else status


def setting_before_1_6(status: ConfigurationStatus) -> ConfigurationStatus:
    """Say Accepted for RebootRequired: the value was taken."""
    return ConfigurationStatus.ACCEPTED if status is ConfigurationStatus.REBOOT_REQUIRED else status


def unlock_before_1_6(status: UnlockStatus) -> CommandStatus:
    """Say Accepted only for a connector that was unlocked."""
    return CommandStatus.ACCEPTED if status is UnlockStatus.UNLOCKED else CommandStatus.REJECTED


def update_of_1_6(status: UpdateStatus) -> UpdateStatus:
    """Say Failed for HashError: 1.6 has no hash."""
    return UpdateStatus.FAILED if status is UpdateStatus.HASH_ERROR else status


def status_of_1_2(status: ConnectorStatus) -> ConnectorStatus:
    """Say Occupied for a reserved connector too: it cannot be used by just anybody."""
    return ConnectorStatus.OCCUPIED if status is ConnectorStatus.RESERVED else status_of_1_5(status)


def status_of_1_5(status: ConnectorStatus) -> ConnectorStatus:
    """Say Occupied for each of the five states of a connector in use."""
    return ConnectorStatus.OCCUPIED if status in _OCCUPIED else status


def status_of_1_6(status: ConnectorStatus) -> ConnectorStatus:
    """Say Preparing for Occupied, of which no more is known."""
    return ConnectorStatus.PREPARING if status is ConnectorStatus.OCCUPIED else status


def error_of_1_2(error: ErrorCode) -> ErrorCode:
    """Say Mode3Error for an error towards the vehicle, and PowerSwitchFailure for others that 1.2 has no word for."""
    if error in _ERRORS_OF_1_2:
        return error
    return ErrorCode.MODE3_ERROR if error is ErrorCode.EV_COMMUNICATION_ERROR else ErrorCode.POWER_SWITCH_FAILURE


def error_of_1_5(error: ErrorCode) -> ErrorCode:
    """Say Mode3Error for an error towards the vehicle, and OtherError for others that only 1.6 has a word for."""
    if error is ErrorCode.EV_COMMUNICATION_ERROR:
        return ErrorCode.MODE3_ERROR
    return ErrorCode.OTHER_ERROR if error in _ERRORS_OF_1_6_ONLY else error


def error_of_1_6(error: ErrorCode) -> ErrorCode:
    """Say EVCommunicationError for Mode3Error, which it replaces."""
    return ErrorCode.EV_COMMUNICATION_ERROR if error is ErrorCode.MODE3_ERROR else error


def _energy_wh(value: SampledValue) -> int | None:
    """Return a value as 1.2 can say it, the imported energy in whole Wh; None for any other value."""
    if value.phase is not None or value.format not in {None, "Raw"} or value.location not in {None, "Outlet"}:
        return None
    if value.measurand not in {None, "Energy.Active.Import.Register"} or value.unit not in {None, "Wh", "kWh"}:
        return None
    try:
        return round(float(value.value) * (1000 if value.unit == "kWh" else 1))
    except (ValueError, OverflowError):
        return None


def readings_in_wh(readings: Sequence[MeterReading]) -> list[tuple[MeterReading, int]]:
    """Return each energy that 1.2 can say, with the reading it is from."""
    found = ((reading, _energy_wh(value)) for reading in readings for value in reading.values)
    return [(reading, wh) for reading, wh in found if wh is not None]
