"""Who does what: the two services in the words of the domain, once as served and once as called.

`CentralSystemDomain` and `ChargePointDomain` are what the runtimes implement; a version's handlers call them.
`CentralSystemGateway` and `ChargePointCommands` are what the runtimes call; a version has them over a client stub.
The methods of both carry the names of the operations.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from ocpp_sdk.call import Call
from ocpp_sdk.versions.domain import (
    BootAnswer,
    BootData,
    BootResult,
    ChargingProfile,
    ChargingProfileFilter,
    CompositeSchedule,
    CompositeScheduleRequest,
    Configuration,
    DataTransfer,
    DataTransferResult,
    DiagnosticsRequest,
    FirmwareUpdate,
    IdTagInfo,
    LocalListResult,
    LocalListUpdate,
    MeterValues,
    RemoteStart,
    Reservation,
    StartResult,
    StartTransaction,
    StatusReport,
    StopTransaction,
    Trigger,
)
from ocpp_sdk.versions.enumerations import (
    AvailabilityStatus,
    AvailabilityType,
    ChargingProfileStatus,
    ClearChargingProfileStatus,
    CommandStatus,
    ConfigurationStatus,
    DiagnosticsStatus,
    FirmwareStatus,
    ReservationStatus,
    ResetType,
    TriggerStatus,
    UnlockStatus,
)

__all__ = ["CentralSystemDomain", "CentralSystemGateway", "ChargePointCommands", "ChargePointDomain"]


class CentralSystemDomain(Protocol):
    """What a central system does with each request; a `FaultError` raised here is answered as a fault."""

    async def boot_notification(self, call: Call, boot: BootData, /) -> BootResult:
        """A charge point started."""
        ...

    async def heartbeat(self, call: Call, /) -> datetime:
        """A charge point is alive; returns the time of the central system."""
        ...

    async def authorize(self, call: Call, id_tag: str, /) -> IdTagInfo:
        """Somebody presented an idTag."""
        ...

    async def start_transaction(self, call: Call, start: StartTransaction, /) -> StartResult:
        """A transaction began."""
        ...

    async def stop_transaction(self, call: Call, stop: StopTransaction, /) -> IdTagInfo | None:
        """A transaction ended; returns what is known of the idTag that stopped it, if one did."""
        ...

    async def meter_values(self, call: Call, meter_values: MeterValues, /) -> None:
        """A meter was read."""
        ...

    async def status_notification(self, call: Call, report: StatusReport, /) -> None:
        """The state of a connector changed."""
        ...

    async def firmware_status_notification(self, call: Call, status: FirmwareStatus, /) -> None:
        """An update of the firmware went on."""
        ...

    async def diagnostics_status_notification(self, call: Call, status: DiagnosticsStatus, /) -> None:
        """An upload of diagnostics went on."""
        ...

    async def data_transfer(self, call: Call, transfer: DataTransfer, /) -> DataTransferResult:
        """A charge point sends something of its vendor's own; not in 1.2."""
        ...


class CentralSystemGateway(Protocol):
    """A central system as a charge point calls it.

    Every method raises what `Caller.call` raises. What the version cannot say is left out; where nothing is left to
    say (`data_transfer` in 1.2) `NotSupportedError` is raised and nothing is sent.
    """

    async def boot_notification(self, boot: BootData, /) -> BootAnswer:
        """Say that the charge point started."""
        ...

    async def heartbeat(self) -> datetime:
        """Say that the charge point is alive; returns the time of the central system."""
        ...

    async def authorize(self, id_tag: str, /) -> IdTagInfo:
        """Ask whether an idTag may charge."""
        ...

    async def start_transaction(self, start: StartTransaction, /) -> StartResult:
        """Say that a transaction began."""
        ...

    async def stop_transaction(self, stop: StopTransaction, /) -> IdTagInfo | None:
        """Say that a transaction ended."""
        ...

    async def meter_values(self, meter_values: MeterValues, /) -> None:
        """Send readings; those that the version cannot say are left out, and without any nothing is sent."""
        ...

    async def status_notification(self, report: StatusReport, /) -> None:
        """Say in which state a connector is."""
        ...

    async def firmware_status_notification(self, status: FirmwareStatus, /) -> None:
        """Say how an update goes on; what only 1.6 can say is not sent in the others."""
        ...

    async def diagnostics_status_notification(self, status: DiagnosticsStatus, /) -> None:
        """Say how an upload goes on; what only 1.6 can say is not sent in the others."""
        ...

    async def data_transfer(self, transfer: DataTransfer, /) -> DataTransferResult:
        """Send something of the vendor's own; not in 1.2."""
        ...


class ChargePointDomain(Protocol):
    """What a charge point does with each command; a `FaultError` raised here is answered as a fault."""

    async def remote_start_transaction(self, call: Call, start: RemoteStart, /) -> CommandStatus:
        """Start a transaction."""
        ...

    async def remote_stop_transaction(self, call: Call, transaction_id: int, /) -> CommandStatus:
        """Stop a transaction."""
        ...

    async def unlock_connector(self, call: Call, connector_id: int, /) -> UnlockStatus:
        """Unlock a connector; a transaction on it ends first."""
        ...

    async def reset(self, call: Call, reset_type: ResetType, /) -> CommandStatus:
        """Start again."""
        ...

    async def change_availability(
        self, call: Call, connector_id: int, availability: AvailabilityType, /
    ) -> AvailabilityStatus:
        """Take a connector (0: all) out of operation or into it."""
        ...

    async def change_configuration(self, call: Call, key: str, value: str, /) -> ConfigurationStatus:
        """Set a configuration key."""
        ...

    async def get_configuration(self, call: Call, keys: tuple[str, ...], /) -> Configuration:
        """Read configuration keys, all if none is named; not in 1.2."""
        ...

    async def clear_cache(self, call: Call, /) -> CommandStatus:
        """Forget the authorizations that were cached."""
        ...

    async def get_diagnostics(self, call: Call, request: DiagnosticsRequest, /) -> str | None:
        """Upload diagnostics; returns the name of the file, None if there is none."""
        ...

    async def update_firmware(self, call: Call, update: FirmwareUpdate, /) -> None:
        """Fetch and install a firmware."""
        ...

    async def data_transfer(self, call: Call, transfer: DataTransfer, /) -> DataTransferResult:
        """Take something of a vendor's own; not in 1.2."""
        ...

    async def get_local_list_version(self, call: Call, /) -> int:
        """Return the version of the local list, 0 if it is empty, -1 if there can be none; not in 1.2."""
        ...

    async def send_local_list(self, call: Call, update: LocalListUpdate, /) -> LocalListResult:
        """Change the local list; not in 1.2."""
        ...

    async def reserve_now(self, call: Call, reservation: Reservation, /) -> ReservationStatus:
        """Keep a connector for an idTag; not in 1.2."""
        ...

    async def cancel_reservation(self, call: Call, reservation_id: int, /) -> CommandStatus:
        """Drop a reservation; not in 1.2."""
        ...

    async def trigger_message(self, call: Call, trigger: Trigger, /) -> TriggerStatus:
        """Send a message now; 1.6 only."""
        ...

    async def set_charging_profile(
        self, call: Call, connector_id: int, profile: ChargingProfile, /
    ) -> ChargingProfileStatus:
        """Take a charging profile; 1.6 only."""
        ...

    async def clear_charging_profile(self, call: Call, which: ChargingProfileFilter, /) -> ClearChargingProfileStatus:
        """Drop charging profiles; 1.6 only."""
        ...

    async def get_composite_schedule(self, call: Call, request: CompositeScheduleRequest, /) -> CompositeSchedule:
        """Return the limits that result from all profiles; 1.6 only."""
        ...


class ChargePointCommands(Protocol):
    """A charge point as a central system calls it.

    Every method raises what `Caller.call` raises; a command that the version does not have raises
    `NotSupportedError`, and nothing is sent.
    """

    async def remote_start_transaction(self, start: RemoteStart, /) -> CommandStatus:
        """Ask to start a transaction; a charging profile is left out before 1.6."""
        ...

    async def remote_stop_transaction(self, transaction_id: int, /) -> CommandStatus:
        """Ask to stop a transaction."""
        ...

    async def unlock_connector(self, connector_id: int, /) -> UnlockStatus:
        """Ask to unlock a connector."""
        ...

    async def reset(self, reset_type: ResetType, /) -> CommandStatus:
        """Ask to start again."""
        ...

    async def change_availability(self, connector_id: int, availability: AvailabilityType, /) -> AvailabilityStatus:
        """Ask to take a connector (0: all) out of operation or into it."""
        ...

    async def change_configuration(self, key: str, value: str, /) -> ConfigurationStatus:
        """Ask to set a configuration key."""
        ...

    async def get_configuration(self, keys: tuple[str, ...] = (), /) -> Configuration:
        """Ask for configuration keys, all if none is named; not in 1.2."""
        ...

    async def clear_cache(self) -> CommandStatus:
        """Ask to forget cached authorizations."""
        ...

    async def get_diagnostics(self, request: DiagnosticsRequest, /) -> str | None:
        """Ask for an upload of diagnostics; returns the name of the file, None if there is none."""
        ...

    async def update_firmware(self, update: FirmwareUpdate, /) -> None:
        """Ask to fetch and install a firmware."""
        ...

    async def data_transfer(self, transfer: DataTransfer, /) -> DataTransferResult:
        """Send something of a vendor's own; not in 1.2."""
        ...

    async def get_local_list_version(self) -> int:
        """Ask for the version of the local list; not in 1.2."""
        ...

    async def send_local_list(self, update: LocalListUpdate, /) -> LocalListResult:
        """Send a local list or changes to it; not in 1.2."""
        ...

    async def reserve_now(self, reservation: Reservation, /) -> ReservationStatus:
        """Ask to keep a connector for an idTag; not in 1.2."""
        ...

    async def cancel_reservation(self, reservation_id: int, /) -> CommandStatus:
        """Ask to drop a reservation; not in 1.2."""
        ...

    async def trigger_message(self, trigger: Trigger, /) -> TriggerStatus:
        """Ask for a message now; 1.6 only."""
        ...

    async def set_charging_profile(self, connector_id: int, profile: ChargingProfile, /) -> ChargingProfileStatus:
        """Send a charging profile; 1.6 only."""
        ...

    async def clear_charging_profile(self, which: ChargingProfileFilter, /) -> ClearChargingProfileStatus:
        """Ask to drop charging profiles; 1.6 only."""
        ...

    async def get_composite_schedule(self, request: CompositeScheduleRequest, /) -> CompositeSchedule:
        """Ask for the limits that result from all profiles; 1.6 only."""
        ...
