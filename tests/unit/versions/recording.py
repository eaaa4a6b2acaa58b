"""Both sides in the words of the domain: each keeps what it was asked and answers as it was told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from ocpp_sdk.call import Call
from ocpp_sdk.client import SoapClient
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.server import SoapServer
from ocpp_sdk.server.run import serve
from ocpp_sdk.versions import version_of
from ocpp_sdk.versions.domain import (
    BootData,
    BootResult,
    ChargingProfile,
    ChargingProfileFilter,
    CompositeSchedule,
    CompositeScheduleRequest,
    Configuration,
    ConfigurationKey,
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
    AuthorizationStatus,
    AvailabilityStatus,
    AvailabilityType,
    ChargingProfileStatus,
    ClearChargingProfileStatus,
    CommandStatus,
    ConfigurationStatus,
    DataTransferStatus,
    DiagnosticsStatus,
    FirmwareStatus,
    RegistrationStatus,
    ReservationStatus,
    ResetType,
    TriggerStatus,
    UnlockStatus,
    UpdateStatus,
)
from ocpp_sdk.versions.roles import CentralSystemGateway, ChargePointCommands

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
INFO = IdTagInfo(status=AuthorizationStatus.BLOCKED, expiry_date=NOW, parent_id_tag="GROUP")


class RecordingCentralSystem:
    """Keeps what charge points said; implements `CentralSystemDomain`."""

    def __init__(self) -> None:
        self.heard: list[object] = []
        self.registration = RegistrationStatus.ACCEPTED
        self.stop_info: IdTagInfo | None = INFO

    async def boot_notification(self, call: Call, boot: BootData, /) -> BootResult:
        self.heard.append(boot)
        return BootResult(status=self.registration, current_time=NOW, interval_s=120)

    async def heartbeat(self, call: Call, /) -> datetime:
        self.heard.append("heartbeat")
        return NOW

    async def authorize(self, call: Call, id_tag: str, /) -> IdTagInfo:
        self.heard.append(id_tag)
        return INFO

    async def start_transaction(self, call: Call, start: StartTransaction, /) -> StartResult:
        self.heard.append(start)
        return StartResult(transaction_id=17, id_tag_info=INFO)

    async def stop_transaction(self, call: Call, stop: StopTransaction, /) -> IdTagInfo | None:
        self.heard.append(stop)
        return self.stop_info

    async def meter_values(self, call: Call, meter_values: MeterValues, /) -> None:
        self.heard.append(meter_values)

    async def status_notification(self, call: Call, report: StatusReport, /) -> None:
        self.heard.append(report)

    async def firmware_status_notification(self, call: Call, status: FirmwareStatus, /) -> None:
        self.heard.append(status)

    async def diagnostics_status_notification(self, call: Call, status: DiagnosticsStatus, /) -> None:
        self.heard.append(status)

    async def data_transfer(self, call: Call, transfer: DataTransfer, /) -> DataTransferResult:
        self.heard.append(transfer)
        return DataTransferResult(status=DataTransferStatus.UNKNOWN_MESSAGE_ID, data="why")


class RecordingChargePoint:
    """Keeps what it was told to do; implements `ChargePointDomain`."""

    def __init__(self) -> None:
        self.heard: list[object] = []
        self.unlock = UnlockStatus.UNLOCKED
        self.setting = ConfigurationStatus.ACCEPTED
        self.update = LocalListResult(status=UpdateStatus.ACCEPTED)
        self.schedule = CompositeSchedule(status=CommandStatus.REJECTED)

    async def remote_start_transaction(self, call: Call, start: RemoteStart, /) -> CommandStatus:
        self.heard.append(start)
        return CommandStatus.ACCEPTED

    async def remote_stop_transaction(self, call: Call, transaction_id: int, /) -> CommandStatus:
        self.heard.append(transaction_id)
        return CommandStatus.REJECTED

    async def unlock_connector(self, call: Call, connector_id: int, /) -> UnlockStatus:
        self.heard.append(connector_id)
        return self.unlock

    async def reset(self, call: Call, reset_type: ResetType, /) -> CommandStatus:
        self.heard.append(reset_type)
        return CommandStatus.ACCEPTED

    async def change_availability(
        self, call: Call, connector_id: int, availability: AvailabilityType, /
    ) -> AvailabilityStatus:
        self.heard.append((connector_id, availability))
        return AvailabilityStatus.SCHEDULED

    async def change_configuration(self, call: Call, key: str, value: str, /) -> ConfigurationStatus:
        self.heard.append((key, value))
        return self.setting

    async def get_configuration(self, call: Call, keys: tuple[str, ...], /) -> Configuration:
        self.heard.append(keys)
        found = (
            ConfigurationKey(key="Known", readonly=True, value="1"),
            ConfigurationKey(key="Secret", readonly=False),
        )
        return Configuration(keys=found, unknown=("Other",))

    async def clear_cache(self, call: Call, /) -> CommandStatus:
        self.heard.append("clear cache")
        return CommandStatus.REJECTED

    async def get_diagnostics(self, call: Call, request: DiagnosticsRequest, /) -> str | None:
        self.heard.append(request)
        return "diagnostics.zip"

    async def update_firmware(self, call: Call, update: FirmwareUpdate, /) -> None:
        self.heard.append(update)

    async def data_transfer(self, call: Call, transfer: DataTransfer, /) -> DataTransferResult:
        self.heard.append(transfer)
        return DataTransferResult(status=DataTransferStatus.ACCEPTED, data="done")

    async def get_local_list_version(self, call: Call, /) -> int:
        self.heard.append("version")
        return 9

    async def send_local_list(self, call: Call, update: LocalListUpdate, /) -> LocalListResult:
        self.heard.append(update)
        return self.update

    async def reserve_now(self, call: Call, reservation: Reservation, /) -> ReservationStatus:
        self.heard.append(reservation)
        return ReservationStatus.OCCUPIED

    async def cancel_reservation(self, call: Call, reservation_id: int, /) -> CommandStatus:
        self.heard.append(reservation_id)
        return CommandStatus.ACCEPTED

    async def trigger_message(self, call: Call, trigger: Trigger, /) -> TriggerStatus:
        self.heard.append(trigger)
        return TriggerStatus.NOT_IMPLEMENTED

    async def set_charging_profile(
        self, call: Call, connector_id: int, profile: ChargingProfile, /
    ) -> ChargingProfileStatus:
        self.heard.append((connector_id, profile))
        return ChargingProfileStatus.ACCEPTED

    async def clear_charging_profile(self, call: Call, which: ChargingProfileFilter, /) -> ClearChargingProfileStatus:
        self.heard.append(which)
        return ClearChargingProfileStatus.UNKNOWN

    async def get_composite_schedule(self, call: Call, request: CompositeScheduleRequest, /) -> CompositeSchedule:
        self.heard.append(request)
        return self.schedule


@asynccontextmanager
async def gateway_to(
    central_system: RecordingCentralSystem, version: OcppVersion
) -> AsyncIterator[CentralSystemGateway]:
    """Serve a central system in one version, and call it as a charge point does."""
    translation = version_of(version)
    server = SoapServer([translation.central_system])
    server.serve(translation.central_system, translation.serve_central_system(central_system))
    async with serve(server) as address:
        url = f"{address.url}/Ocpp/CentralSystemService"
        async with SoapClient(url, charge_box_identity="CP1", strict=True) as caller:
            yield translation.call_central_system(caller)


@asynccontextmanager
async def commands_to(charge_point: RecordingChargePoint, version: OcppVersion) -> AsyncIterator[ChargePointCommands]:
    """Serve a charge point in one version, and call it as a central system does."""
    translation = version_of(version)
    server = SoapServer([translation.charge_point])
    server.serve(translation.charge_point, translation.serve_charge_point(charge_point))
    async with serve(server) as address:
        url = f"{address.url}/Ocpp/CentralSystemService"
        async with SoapClient(url, charge_box_identity="CP1", strict=True) as caller:
            yield translation.call_charge_point(caller)
