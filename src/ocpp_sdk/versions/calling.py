"""Calls in the words of the domain, where versions agree on the fields; a version adds what it has of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, TypeAlias

from ocpp_sdk.errors import NotSupportedError
from ocpp_sdk.versions.domain import (
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
    RemoteStart,
    Reservation,
    StartResult,
    StartTransaction,
    Trigger,
)
from ocpp_sdk.versions.enumerations import (
    ChargingProfileStatus,
    ClearChargingProfileStatus,
    CommandStatus,
    ConfigurationStatus,
    ReservationStatus,
    TriggerStatus,
    UnlockStatus,
)
from ocpp_sdk.versions.reading import read_id_tag_info, read_start_result, read_transfer_result

if TYPE_CHECKING:
    from datetime import datetime

    from ocpp_sdk.generated.v12 import central_system as cs12
    from ocpp_sdk.generated.v12 import charge_point as cp12
    from ocpp_sdk.generated.v15 import central_system as cs15
    from ocpp_sdk.generated.v15 import charge_point as cp15
    from ocpp_sdk.generated.v16 import central_system as cs16
    from ocpp_sdk.generated.v16 import charge_point as cp16

    AnyCentralSystemClient: TypeAlias = cs12.CentralSystemClient | cs15.CentralSystemClient | cs16.CentralSystemClient
    AnyChargePointClient: TypeAlias = cp12.ChargePointClient | cp15.ChargePointClient | cp16.ChargePointClient

__all__ = ["BasicCommands", "BasicGateway", "LaterCommands", "LaterGateway", "not_in_version"]


def not_in_version(version: str, operation: str) -> NoReturn:
    """Refuse what a version does not have, before anything is sent.

    Raises:
        NotSupportedError: always.
    """
    raise NotSupportedError(f"OCPP {version} has no {operation}")


class BasicGateway:
    """A central system of any version, as a charge point calls it.

    Args:
        client: the stub of one version.
    """

    def __init__(self, client: AnyCentralSystemClient) -> None:
        self._client = client

    async def heartbeat(self) -> datetime:
        """Say that the charge point is alive."""
        return (await self._client.heartbeat()).current_time

    async def authorize(self, id_tag: str, /) -> IdTagInfo:
        """Ask whether an idTag may charge."""
        return read_id_tag_info((await self._client.authorize(id_tag=id_tag)).id_tag_info)


class LaterGateway(BasicGateway):
    """A central system of 1.5 or 1.6.

    Args:
        client: the stub of one version.
    """

    def __init__(self, client: cs15.CentralSystemClient | cs16.CentralSystemClient) -> None:
        super().__init__(client)
        self._later = client

    async def start_transaction(self, start: StartTransaction, /) -> StartResult:
        """Say that a transaction began."""
        response = await self._later.start_transaction(
            connector_id=start.connector_id,
            id_tag=start.id_tag,
            timestamp=start.timestamp,
            meter_start=start.meter_start_wh,
            reservation_id=start.reservation_id,
        )
        return read_start_result(response)

    async def data_transfer(self, transfer: DataTransfer, /) -> DataTransferResult:
        """Send something of the vendor's own."""
        response = await self._later.data_transfer(
            vendor_id=transfer.vendor_id, message_id=transfer.message_id, data=transfer.data
        )
        return read_transfer_result(response)


class BasicCommands:
    """A charge point of any version, as a central system calls it: what 1.2 has, and a clear no to the rest.

    Args:
        client: the stub of one version.
        version: for the no.
    """

    def __init__(self, client: AnyChargePointClient, version: str) -> None:
        self._client = client
        self._version = version

    async def remote_start_transaction(self, start: RemoteStart, /) -> CommandStatus:
        """Ask to start a transaction; the charging profile, if there is one, is left out."""
        response = await self._client.remote_start_transaction(id_tag=start.id_tag, connector_id=start.connector_id)
        return CommandStatus(response.status)

    async def remote_stop_transaction(self, transaction_id: int, /) -> CommandStatus:
        """Ask to stop a transaction."""
        return CommandStatus((await self._client.remote_stop_transaction(transaction_id=transaction_id)).status)

    async def unlock_connector(self, connector_id: int, /) -> UnlockStatus:
        """Ask to unlock a connector; before 1.6 the answer is Accepted or Rejected."""
        status = (await self._client.unlock_connector(connector_id=connector_id)).status.value
        return {"Accepted": UnlockStatus.UNLOCKED, "Rejected": UnlockStatus.UNLOCK_FAILED}.get(status) or UnlockStatus(
            status
        )

    async def change_configuration(self, key: str, value: str, /) -> ConfigurationStatus:
        """Ask to set a configuration key."""
        return ConfigurationStatus((await self._client.change_configuration(key=key, value=value)).status)

    async def clear_cache(self) -> CommandStatus:
        """Ask to forget cached authorizations."""
        return CommandStatus((await self._client.clear_cache()).status)

    async def get_diagnostics(self, request: DiagnosticsRequest, /) -> str | None:
        """Ask for an upload of diagnostics."""
        response = await self._client.get_diagnostics(
            location=request.location,
            start_time=request.start_time,
            stop_time=request.stop_time,
            retries=request.retries,
            retry_interval=request.retry_interval_s,
        )
        return response.file_name or None

    async def update_firmware(self, update: FirmwareUpdate, /) -> None:
        """Ask to fetch and install a firmware."""
        await self._client.update_firmware(
            retrieve_date=update.retrieve_date,
            location=update.location,
            retries=update.retries,
            retry_interval=update.retry_interval_s,
        )

    async def get_configuration(self, keys: tuple[str, ...] = (), /) -> Configuration:
        """Not in 1.2."""
        not_in_version(self._version, "GetConfiguration")

    async def data_transfer(self, transfer: DataTransfer, /) -> DataTransferResult:
        """Not in 1.2."""
        not_in_version(self._version, "DataTransfer")

    async def get_local_list_version(self) -> int:
        """Not in 1.2."""
        not_in_version(self._version, "GetLocalListVersion")

    async def send_local_list(self, update: LocalListUpdate, /) -> LocalListResult:
        """Not in 1.2."""
        not_in_version(self._version, "SendLocalList")

    async def reserve_now(self, reservation: Reservation, /) -> ReservationStatus:
        """Not in 1.2."""
        not_in_version(self._version, "ReserveNow")

    async def cancel_reservation(self, reservation_id: int, /) -> CommandStatus:
        """Not in 1.2."""
        not_in_version(self._version, "CancelReservation")

    async def trigger_message(self, trigger: Trigger, /) -> TriggerStatus:
        """1.6 only."""
        not_in_version(self._version, "TriggerMessage")

    async def set_charging_profile(self, connector_id: int, profile: ChargingProfile, /) -> ChargingProfileStatus:
        """1.6 only."""
        not_in_version(self._version, "SetChargingProfile")

    async def clear_charging_profile(self, which: ChargingProfileFilter, /) -> ClearChargingProfileStatus:
        """1.6 only."""
        not_in_version(self._version, "ClearChargingProfile")

    async def get_composite_schedule(self, request: CompositeScheduleRequest, /) -> CompositeSchedule:
        """1.6 only."""
        not_in_version(self._version, "GetCompositeSchedule")


class LaterCommands(BasicCommands):
    """A charge point of 1.5 or 1.6.

    Args:
        client: the stub of one version.
        version: for the no to what 1.5 does not have.
    """

    def __init__(self, client: cp15.ChargePointClient | cp16.ChargePointClient, version: str) -> None:
        super().__init__(client, version)
        self._later = client

    async def get_configuration(self, keys: tuple[str, ...] = (), /) -> Configuration:
        """Ask for configuration keys, all if none is named."""
        response = await self._later.get_configuration(key=list(keys))
        found = tuple(
            ConfigurationKey(key=entry.key, readonly=entry.readonly, value=entry.value)
            for entry in response.configuration_key
        )
        return Configuration(keys=found, unknown=tuple(response.unknown_key))

    async def data_transfer(self, transfer: DataTransfer, /) -> DataTransferResult:
        """Send something of a vendor's own."""
        response = await self._later.data_transfer(
            vendor_id=transfer.vendor_id, message_id=transfer.message_id, data=transfer.data
        )
        return read_transfer_result(response)

    async def get_local_list_version(self) -> int:
        """Ask for the version of the local list."""
        return (await self._later.get_local_list_version()).list_version

    async def reserve_now(self, reservation: Reservation, /) -> ReservationStatus:
        """Ask to keep a connector for an idTag."""
        response = await self._later.reserve_now(
            connector_id=reservation.connector_id,
            expiry_date=reservation.expiry_date,
            id_tag=reservation.id_tag,
            parent_id_tag=reservation.parent_id_tag,
            reservation_id=reservation.reservation_id,
        )
        return ReservationStatus(response.status)

    async def cancel_reservation(self, reservation_id: int, /) -> CommandStatus:
        """Ask to drop a reservation."""
        return CommandStatus((await self._later.cancel_reservation(reservation_id=reservation_id)).status)
