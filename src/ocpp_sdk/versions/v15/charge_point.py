"""The charge point of 1.5: as served, and as called by a central system."""

from __future__ import annotations

from ocpp_sdk.call import Call
from ocpp_sdk.generated.v15 import charge_point as cp
from ocpp_sdk.versions.calling import LaterCommands
from ocpp_sdk.versions.domain import LocalListEntry, LocalListResult, LocalListUpdate, RemoteStart
from ocpp_sdk.versions.enumerations import (
    AvailabilityStatus,
    AvailabilityType,
    CommandStatus,
    ResetType,
    UpdateStatus,
    UpdateType,
)
from ocpp_sdk.versions.reading import read_diagnostics, read_firmware, read_id_tag_info, read_reservation, read_transfer
from ocpp_sdk.versions.roles import ChargePointDomain
from ocpp_sdk.versions.wording import setting_before_1_6, unlock_before_1_6

__all__ = ["Commands15", "ServedChargePoint15"]


def _read_entry(entry: cp.AuthorisationData) -> LocalListEntry:
    info = entry.id_tag_info
    return LocalListEntry(id_tag=entry.id_tag, info=None if info is None else read_id_tag_info(info))


def _write_entry(entry: LocalListEntry) -> cp.AuthorisationData:
    info = entry.info
    if info is None:
        return cp.AuthorisationData(id_tag=entry.id_tag)
    written = cp.IdTagInfo(
        status=cp.AuthorizationStatus(info.status), expiry_date=info.expiry_date, parent_id_tag=info.parent_id_tag
    )
    return cp.AuthorisationData(id_tag=entry.id_tag, id_tag_info=written)


class ServedChargePoint15(cp.ChargePointHandler):
    """Answers commands of 1.5.

    Args:
        domain: what the charge point does.
    """

    def __init__(self, domain: ChargePointDomain) -> None:
        self._domain = domain

    async def remote_start_transaction(
        self, request: cp.RemoteStartTransactionRequest, call: Call
    ) -> cp.RemoteStartTransactionResponse:
        """Start a transaction."""
        start = RemoteStart(id_tag=request.id_tag, connector_id=request.connector_id)
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
        return cp.UnlockConnectorResponse(status=cp.UnlockStatus(unlock_before_1_6(status)))

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
        return cp.ChangeConfigurationResponse(status=cp.ConfigurationStatus(setting_before_1_6(status)))

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
            entries=tuple(_read_entry(entry) for entry in request.local_authorisation_list),
            hash=request.hash,
        )
        result = await self._domain.send_local_list(call, update)
        return cp.SendLocalListResponse(status=cp.UpdateStatus(result.status), hash=result.hash)

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


class Commands15(LaterCommands):
    """A charge point of 1.5.

    Args:
        client: its stub.
    """

    def __init__(self, client: cp.ChargePointClient) -> None:
        super().__init__(client, "1.5")
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
            local_authorisation_list=[_write_entry(entry) for entry in update.entries],
            hash=update.hash,
        )
        return LocalListResult(status=UpdateStatus(response.status), hash=response.hash)
