"""The enumerations that both runtimes speak: the union of what the versions define, in the words of the newest.

Values are spelled as on the wire, so that a member that a version has converts by its value alone.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "AuthorizationStatus",
    "AvailabilityStatus",
    "AvailabilityType",
    "ChargingProfileStatus",
    "ClearChargingProfileStatus",
    "CommandStatus",
    "ConfigurationStatus",
    "ConnectorStatus",
    "DataTransferStatus",
    "DiagnosticsStatus",
    "ErrorCode",
    "FirmwareStatus",
    "MessageTrigger",
    "RegistrationStatus",
    "ReservationStatus",
    "ResetType",
    "StopReason",
    "TriggerStatus",
    "UnlockStatus",
    "UpdateStatus",
    "UpdateType",
]


class RegistrationStatus(StrEnum):
    """Answer to a BootNotification; Pending exists in 1.6 only."""

    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"


class AuthorizationStatus(StrEnum):
    """Whether an idTag may charge."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    CONCURRENT_TX = "ConcurrentTx"


class ConnectorStatus(StrEnum):
    """State of a connector or of the charge point; Occupied is what 1.2 and 1.5 say for the five states of 1.6."""

    AVAILABLE = "Available"
    OCCUPIED = "Occupied"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"
    FINISHING = "Finishing"
    RESERVED = "Reserved"
    FAULTED = "Faulted"
    UNAVAILABLE = "Unavailable"


class ErrorCode(StrEnum):
    """Error of a connector or of the charge point."""

    NO_ERROR = "NoError"
    CONNECTOR_LOCK_FAILURE = "ConnectorLockFailure"
    EV_COMMUNICATION_ERROR = "EVCommunicationError"
    GROUND_FAILURE = "GroundFailure"
    HIGH_TEMPERATURE = "HighTemperature"
    INTERNAL_ERROR = "InternalError"
    LOCAL_LIST_CONFLICT = "LocalListConflict"
    MODE3_ERROR = "Mode3Error"
    OTHER_ERROR = "OtherError"
    OVER_CURRENT_FAILURE = "OverCurrentFailure"
    OVER_VOLTAGE = "OverVoltage"
    POWER_METER_FAILURE = "PowerMeterFailure"
    POWER_SWITCH_FAILURE = "PowerSwitchFailure"
    READER_FAILURE = "ReaderFailure"
    RESET_FAILURE = "ResetFailure"
    UNDER_VOLTAGE = "UnderVoltage"
    WEAK_SIGNAL = "WeakSignal"


class StopReason(StrEnum):
    """Why a transaction ended; only 1.6 can say it."""

    DE_AUTHORIZED = "DeAuthorized"
    EMERGENCY_STOP = "EmergencyStop"
    EV_DISCONNECTED = "EVDisconnected"
    HARD_RESET = "HardReset"
    LOCAL = "Local"
    OTHER = "Other"
    POWER_LOSS = "PowerLoss"
    REBOOT = "Reboot"
    REMOTE = "Remote"
    SOFT_RESET = "SoftReset"
    UNLOCK_COMMAND = "UnlockCommand"


class FirmwareStatus(StrEnum):
    """Progress of an update of the firmware."""

    DOWNLOADED = "Downloaded"
    DOWNLOAD_FAILED = "DownloadFailed"
    DOWNLOADING = "Downloading"
    IDLE = "Idle"
    INSTALLATION_FAILED = "InstallationFailed"
    INSTALLED = "Installed"
    INSTALLING = "Installing"


class DiagnosticsStatus(StrEnum):
    """Progress of an upload of diagnostics."""

    IDLE = "Idle"
    UPLOADED = "Uploaded"
    UPLOAD_FAILED = "UploadFailed"
    UPLOADING = "Uploading"


class DataTransferStatus(StrEnum):
    """Answer to a DataTransfer."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    UNKNOWN_MESSAGE_ID = "UnknownMessageId"
    UNKNOWN_VENDOR_ID = "UnknownVendorId"


class CommandStatus(StrEnum):
    """Answer to a command that is either taken or not."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"


class UnlockStatus(StrEnum):
    """Answer to UnlockConnector; 1.2 and 1.5 say Accepted for Unlocked and Rejected for the others."""

    UNLOCKED = "Unlocked"
    UNLOCK_FAILED = "UnlockFailed"
    NOT_SUPPORTED = "NotSupported"


class ResetType(StrEnum):
    """How a charge point starts again."""

    HARD = "Hard"
    SOFT = "Soft"


class AvailabilityType(StrEnum):
    """Which availability is asked for."""

    INOPERATIVE = "Inoperative"
    OPERATIVE = "Operative"


class AvailabilityStatus(StrEnum):
    """Answer to ChangeAvailability."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    SCHEDULED = "Scheduled"


class ConfigurationStatus(StrEnum):
    """Answer to ChangeConfiguration; RebootRequired exists in 1.6 only."""

    ACCEPTED = "Accepted"
    NOT_SUPPORTED = "NotSupported"
    REBOOT_REQUIRED = "RebootRequired"
    REJECTED = "Rejected"


class ReservationStatus(StrEnum):
    """Answer to ReserveNow."""

    ACCEPTED = "Accepted"
    FAULTED = "Faulted"
    OCCUPIED = "Occupied"
    REJECTED = "Rejected"
    UNAVAILABLE = "Unavailable"


class UpdateType(StrEnum):
    """How a local list is changed."""

    DIFFERENTIAL = "Differential"
    FULL = "Full"


class UpdateStatus(StrEnum):
    """Answer to SendLocalList; HashError exists in 1.5 only."""

    ACCEPTED = "Accepted"
    FAILED = "Failed"
    HASH_ERROR = "HashError"
    NOT_SUPPORTED = "NotSupported"
    VERSION_MISMATCH = "VersionMismatch"


class MessageTrigger(StrEnum):
    """The message that TriggerMessage asks for."""

    BOOT_NOTIFICATION = "BootNotification"
    DIAGNOSTICS_STATUS_NOTIFICATION = "DiagnosticsStatusNotification"
    FIRMWARE_STATUS_NOTIFICATION = "FirmwareStatusNotification"
    HEARTBEAT = "Heartbeat"
    METER_VALUES = "MeterValues"
    STATUS_NOTIFICATION = "StatusNotification"


class TriggerStatus(StrEnum):
    """Answer to TriggerMessage."""

    ACCEPTED = "Accepted"
    NOT_IMPLEMENTED = "NotImplemented"
    REJECTED = "Rejected"


class ChargingProfileStatus(StrEnum):
    """Answer to SetChargingProfile."""

    ACCEPTED = "Accepted"
    NOT_SUPPORTED = "NotSupported"
    REJECTED = "Rejected"


class ClearChargingProfileStatus(StrEnum):
    """Answer to ClearChargingProfile."""

    ACCEPTED = "Accepted"
    UNKNOWN = "Unknown"
