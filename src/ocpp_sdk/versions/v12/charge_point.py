"""The charge point of 1.2: as served, and as called by a central system."""

from __future__ import annotations

from ocpp_sdk.call import Call
from ocpp_sdk.generated.v12 import charge_point as cp
from ocpp_sdk.versions.calling import BasicCommands
from ocpp_sdk.versions.domain import RemoteStart
from ocpp_sdk.versions.enumerations import AvailabilityStatus, AvailabilityType, CommandStatus, ResetType
from ocpp_sdk.versions.reading import read_diagnostics, read_firmware
from ocpp_sdk.versions.roles import ChargePointDomain
from ocpp_sdk.versions.wording import setting_before_1_6, unlock_before_1_6

__all__ = ["Commands12", "ServedChargePoint12"]


class ServedChargePoint12(cp.ChargePointHandler):
    """Answers commands of 1.2.

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


class Commands12(BasicCommands):
    """A charge point of 1.2.

    Args:
        client: its stub.
    """

    def __init__(self, client: cp.ChargePointClient) -> None:
        super().__init__(client, "1.2")
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
