"""The charge point of 1.6: as served, and as called by a central system."""

from __future__ import annotations

from ocpp_sdk.call import Call
from ocpp_sdk.generated.v16 import charge_point as cp
from ocpp_sdk.versions.calling import LaterCommands
from ocpp_sdk.versions.domain import (
    ChargingProfile,
    ChargingProfileFilter,
    CompositeSchedule,
    CompositeScheduleRequest,
    LocalListEntry,
    LocalListResult,
    LocalListUpdate,
    RemoteStart,
    Trigger,
)
from ocpp_sdk.versions.enumerations import (
    AvailabilityStatus,
    AvailabilityType,
    ChargingProfileStatus,
    ClearChargingProfileStatus,
    CommandStatus,
    MessageTrigger,
    ResetType,
    TriggerStatus,
    UpdateStatus,
    UpdateType,
)
from ocpp_sdk.versions.reading import read_diagnostics, read_firmware, read_id_tag_info, read_reservation, read_transfer
from ocpp_sdk.versions.roles import ChargePointDomain
from ocpp_sdk.versions.v16.profiles import read_profile, read_schedule, write_profile, write_schedule
from ocpp_sdk.versions.wording import update_of_1_6

__all__ = ["Commands16", "ServedChargePoint16"]


def _read_entry(entry: cp.AuthorizationData) -> LocalListEntry:
    info = entry.id_tag_info
    return LocalListEntry(id_tag=entry.id_tag, info=None if info is None else read_id_tag_info(info))


def _write_entry(entry: LocalListEntry) -> cp.AuthorizationData:
    info = entry.info
    if info is None:
        return cp.AuthorizationData(id_tag=entry.id_tag)
    written = cp.IdTagInfo(
        status=cp.AuthorizationStatus(info.status), expiry_date=info.expiry_date, parent_id_tag=info.parent_id_tag
    )
    return cp.AuthorizationData(id_tag=entry.id_tag, id_tag_info=written)


class ServedChargePoint16(cp.ChargePointHandler):
    """Answers commands of 1.6.

    Args:
        domain: what the charge point does.
    """

    def __init__(self, domain: ChargePointDomain) -> None:
        self._domain = domain

    async def remote_start_transaction(
        self, request: cp.RemoteStartTransactionRequest, call: Call
    ) -> cp.RemoteStartTransactionResponse:
        """Start a transaction."""
        profile = request.charging_profile
        start = RemoteStart(
            id_tag=request.id_tag,
            connector_id=request.connector_id,
            charging_profile=None if profile is None else read_profile(profile),
        )
        status = await self._domain.remote_start_transaction(call, start)
        return cp.RemoteStartTransactionResponse(status=cp.RemoteStartStopStatus(status))

    async def remote_stop_transaction(
        self, request: cp.RemoteStopTransactionRequest, call: Call
    ) -> cp.RemoteStopTransactionResponse:
        """Stop a transaction."""
        status = await self._domain.remote_stop_transaction(call, request.transaction_id)
        return cp.RemoteStopTransactionResponse(status=cp.RemoteStartStopStatus(status))

    async def unlock_connector(self, request: cp.UnlockConnectorRequest, call: Call) -> cp.UnlockConnectorResponse:
        """Unlock a connector."""
        status = await self._domain.unlock_connector(call, request.connector_id)
        return cp.UnlockConnectorResponse(status=cp.UnlockStatus(status))

    async def reset(self, request: cp.ResetRequest, call: Call) -> cp.ResetResponse:
        """Start again."""
        status = await self._domain.reset(call, ResetType(request.type))
        return cp.ResetResponse(status=cp.ResetStatus(status))

    async def change_availability(
        self, request: cp.ChangeAvailabilityRequest, call: Call
    ) -> cp.ChangeAvailabilityResponse:
        """Take a connector out of operation or into it."""
        status = await self._domain.change_availability(call, request.connector_id, AvailabilityType(request.type))
        return cp.ChangeAvailabilityResponse(status=cp.AvailabilityStatus(status))

    async def change_configuration(
        self, request: cp.ChangeConfigurationRequest, call: Call
    ) -> cp.ChangeConfigurationResponse:
        """Set a configuration key."""
        status = await self._domain.change_configuration(call, request.key, request.value)
        return cp.ChangeConfigurationResponse(status=cp.ConfigurationStatus(status))

    async def clear_cache(self, request: cp.ClearCacheRequest, call: Call) -> cp.ClearCacheResponse:
        """Forget cached authorizations."""
        return cp.ClearCacheResponse(status=cp.ClearCacheStatus(await self._domain.clear_cache(call)))

    async def get_diagnostics(self, request: cp.GetDiagnosticsRequest, call: Call) -> cp.GetDiagnosticsResponse:
        """Upload diagnostics."""
        return cp.GetDiagnosticsResponse(file_name=await self._domain.get_diagnostics(call, read_diagnostics(request)))

    async def update_firmware(self, request: cp.UpdateFirmwareRequest, call: Call) -> cp.UpdateFirmwareResponse:
        """Fetch and install a firmware."""
        await self._domain.update_firmware(call, read_firmware(request))
        return cp.UpdateFirmwareResponse()

    async def get_configuration(self, request: cp.GetConfigurationRequest, call: Call) -> cp.GetConfigurationResponse:
        """Read configuration keys."""
        found = await self._domain.get_configuration(call, tuple(request.key))
        return cp.GetConfigurationResponse(
            configuration_key=[cp.KeyValue(key=key.key, readonly=key.readonly, value=key.value) for key in found.keys],
            unknown_key=list(found.unknown),
        )

    async def data_transfer(self, request: cp.DataTransferRequest, call: Call) -> cp.DataTransferResponse:
        """Take something of a vendor's own."""
        result = await self._domain.data_transfer(call, read_transfer(request))
        return cp.DataTransferResponse(status=cp.DataTransferStatus(result.status), data=result.data)

    async def get_local_list_version(
        self, request: cp.GetLocalListVersionRequest, call: Call
    ) -> cp.GetLocalListVersionResponse:
        """Tell the version of the local list."""
        return cp.GetLocalListVersionResponse(list_version=await self._domain.get_local_list_version(call))

    async def send_local_list(self, request: cp.SendLocalListRequest, call: Call) -> cp.SendLocalListResponse:
        """Change the local list."""
        update = LocalListUpdate(
            update_type=UpdateType(request.update_type),
            list_version=request.list_version,
            entries=tuple(_read_entry(entry) for entry in request.local_authorization_list),
        )
        result = await self._domain.send_local_list(call, update)
        return cp.SendLocalListResponse(status=cp.UpdateStatus(update_of_1_6(result.status)))

    async def reserve_now(self, request: cp.ReserveNowRequest, call: Call) -> cp.ReserveNowResponse:
        """Keep a connector for an idTag."""
        status = await self._domain.reserve_now(call, read_reservation(request))
        return cp.ReserveNowResponse(status=cp.ReservationStatus(status))

    async def cancel_reservation(
        self, request: cp.CancelReservationRequest, call: Call
    ) -> cp.CancelReservationResponse:
        """Drop a reservation."""
        status = await self._domain.cancel_reservation(call, request.reservation_id)
        return cp.CancelReservationResponse(status=cp.CancelReservationStatus(status))

    async def trigger_message(self, request: cp.TriggerMessageRequest, call: Call) -> cp.TriggerMessageResponse:
        """Send a message now."""
        trigger = Trigger(message=MessageTrigger(request.requested_message), connector_id=request.connector_id)
        status = await self._domain.trigger_message(call, trigger)
        return cp.TriggerMessageResponse(status=cp.TriggerMessageStatus(status))

    async def set_charging_profile(
        self, request: cp.SetChargingProfileRequest, call: Call
    ) -> cp.SetChargingProfileResponse:
        """Take a charging profile."""
        profile = read_profile(request.cs_charging_profiles)
        status = await self._domain.set_charging_profile(call, request.connector_id, profile)
        return cp.SetChargingProfileResponse(status=cp.ChargingProfileStatus(status))

    async def clear_charging_profile(
        self, request: cp.ClearChargingProfileRequest, call: Call
    ) -> cp.ClearChargingProfileResponse:
        """Drop charging profiles."""
        purpose = request.charging_profile_purpose
        which = ChargingProfileFilter(
            profile_id=request.id,
            connector_id=request.connector_id,
            purpose=None if purpose is None else purpose.value,
            stack_level=request.stack_level,
        )
        status = await self._domain.clear_charging_profile(call, which)
        return cp.ClearChargingProfileResponse(status=cp.ClearChargingProfileStatus(status))

    async def get_composite_schedule(
        self, request: cp.GetCompositeScheduleRequest, call: Call
    ) -> cp.GetCompositeScheduleResponse:
        """Tell the limits that result from all profiles."""
        unit = request.charging_rate_unit
        asked = CompositeScheduleRequest(
            connector_id=request.connector_id,
            duration_s=request.duration,
            rate_unit=None if unit is None else unit.value,
        )
        result = await self._domain.get_composite_schedule(call, asked)
        return cp.GetCompositeScheduleResponse(
            status=cp.GetCompositeScheduleStatus(result.status),
            connector_id=result.connector_id,
            schedule_start=result.start,
            charging_schedule=None if result.schedule is None else write_schedule(result.schedule),
        )


class Commands16(LaterCommands):
    """A charge point of 1.6.

    Args:
        client: its stub.
    """

    def __init__(self, client: cp.ChargePointClient) -> None:
        super().__init__(client, "1.6")
        self._stub = client

    async def reset(self, reset_type: ResetType, /) -> CommandStatus:
        """Ask to start again."""
        return CommandStatus((await self._stub.reset(type=cp.ResetType(reset_type))).status)

    async def change_availability(self, connector_id: int, availability: AvailabilityType, /) -> AvailabilityStatus:
        """Ask to take a connector out of operation or into it."""
        response = await self._stub.change_availability(
            connector_id=connector_id, type=cp.AvailabilityType(availability)
        )
        return AvailabilityStatus(response.status)

    async def send_local_list(self, update: LocalListUpdate, /) -> LocalListResult:
        """Send a local list or changes to it."""
        response = await self._stub.send_local_list(
            update_type=cp.UpdateType(update.update_type),
            list_version=update.list_version,
            local_authorization_list=[_write_entry(entry) for entry in update.entries],
        )
        return LocalListResult(status=UpdateStatus(response.status))

    async def remote_start_transaction(self, start: RemoteStart, /) -> CommandStatus:
        """Ask to start a transaction."""
        profile = start.charging_profile
        response = await self._stub.remote_start_transaction(
            id_tag=start.id_tag,
            connector_id=start.connector_id,
            charging_profile=None if profile is None else write_profile(profile),
        )
        return CommandStatus(response.status)

    async def trigger_message(self, trigger: Trigger, /) -> TriggerStatus:
        """Ask for a message now."""
        response = await self._stub.trigger_message(
            requested_message=cp.MessageTrigger(trigger.message), connector_id=trigger.connector_id
        )
        return TriggerStatus(response.status)

    async def set_charging_profile(self, connector_id: int, profile: ChargingProfile, /) -> ChargingProfileStatus:
        """Send a charging profile."""
        response = await self._stub.set_charging_profile(
            connector_id=connector_id, cs_charging_profiles=write_profile(profile)
        )
        return ChargingProfileStatus(response.status)

    async def clear_charging_profile(self, which: ChargingProfileFilter, /) -> ClearChargingProfileStatus:
        """Ask to drop charging profiles."""
        purpose = which.purpose
        response = await self._stub.clear_charging_profile(
            id=which.profile_id,
            connector_id=which.connector_id,
            charging_profile_purpose=None if purpose is None else cp.ChargingProfilePurposeType(purpose),
            stack_level=which.stack_level,
        )
        return ClearChargingProfileStatus(response.status)

    async def get_composite_schedule(self, request: CompositeScheduleRequest, /) -> CompositeSchedule:
        """Ask for the limits that result from all profiles."""
        unit = request.rate_unit
        response = await self._stub.get_composite_schedule(
            connector_id=request.connector_id,
            duration=request.duration_s,
            charging_rate_unit=None if unit is None else cp.ChargingRateUnitType(unit),
        )
        schedule = response.charging_schedule
        return CompositeSchedule(
            status=CommandStatus(response.status),
            connector_id=response.connector_id,
            start=response.schedule_start,
            schedule=None if schedule is None else read_schedule(schedule),
        )
