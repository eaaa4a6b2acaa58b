"""The central system of 1.2: as served, and as called by a charge point."""

from __future__ import annotations

from ocpp_sdk.call import Call
from ocpp_sdk.generated.v12 import central_system as cs
from ocpp_sdk.versions.calling import BasicGateway, not_in_version
from ocpp_sdk.versions.domain import (
    BootAnswer,
    BootData,
    DataTransfer,
    DataTransferResult,
    IdTagInfo,
    MeterReading,
    MeterValues,
    SampledValue,
    StartResult,
    StartTransaction,
    StatusReport,
    StopTransaction,
)
from ocpp_sdk.versions.enumerations import (
    ConnectorStatus,
    DiagnosticsStatus,
    ErrorCode,
    FirmwareStatus,
    RegistrationStatus,
)
from ocpp_sdk.versions.reading import read_boot, read_id_tag_info, read_start_result
from ocpp_sdk.versions.roles import CentralSystemDomain
from ocpp_sdk.versions.wording import (
    DIAGNOSTICS_BEFORE_1_6,
    FIRMWARE_BEFORE_1_6,
    error_of_1_2,
    readings_in_wh,
    registration_before_1_6,
    status_of_1_2,
)

__all__ = ["Gateway12", "ServedCentralSystem12"]


def _write_info(info: IdTagInfo) -> cs.IdTagInfo:
    return cs.IdTagInfo(
        status=cs.AuthorizationStatus(info.status), expiry_date=info.expiry_date, parent_id_tag=info.parent_id_tag
    )


class ServedCentralSystem12(cs.CentralSystemHandler):
    """Answers requests of 1.2.

    Args:
        domain: what the central system does.
    """

    def __init__(self, domain: CentralSystemDomain) -> None:
        self._domain = domain

    async def boot_notification(self, request: cs.BootNotificationRequest, call: Call) -> cs.BootNotificationResponse:
        """Pending becomes Rejected."""
        result = await self._domain.boot_notification(call, read_boot(request))
        return cs.BootNotificationResponse(
            status=cs.RegistrationStatus(registration_before_1_6(result.status)),
            current_time=result.current_time,
            heartbeat_interval=result.interval_s,
        )

    async def heartbeat(self, request: cs.HeartbeatRequest, call: Call) -> cs.HeartbeatResponse:
        """Answer with the time."""
        return cs.HeartbeatResponse(current_time=await self._domain.heartbeat(call))

    async def authorize(self, request: cs.AuthorizeRequest, call: Call) -> cs.AuthorizeResponse:
        """Say whether an idTag may charge."""
        return cs.AuthorizeResponse(id_tag_info=_write_info(await self._domain.authorize(call, request.id_tag)))

    async def start_transaction(self, request: cs.StartTransactionRequest, call: Call) -> cs.StartTransactionResponse:
        """Take a start; there are no reservations."""
        start = StartTransaction(
            connector_id=request.connector_id,
            id_tag=request.id_tag,
            timestamp=request.timestamp,
            meter_start_wh=request.meter_start,
        )
        result = await self._domain.start_transaction(call, start)
        return cs.StartTransactionResponse(
            transaction_id=result.transaction_id, id_tag_info=_write_info(result.id_tag_info)
        )

    async def stop_transaction(self, request: cs.StopTransactionRequest, call: Call) -> cs.StopTransactionResponse:
        """Take a stop; there is neither a reason nor transactionData."""
        stop = StopTransaction(
            transaction_id=request.transaction_id,
            timestamp=request.timestamp,
            meter_stop_wh=request.meter_stop,
            id_tag=request.id_tag or None,
        )
        info = await self._domain.stop_transaction(call, stop)
        return cs.StopTransactionResponse(id_tag_info=None if info is None else _write_info(info))

    async def meter_values(self, request: cs.MeterValuesRequest, call: Call) -> cs.MeterValuesResponse:
        """Take readings, which are imported energy in Wh and name no transaction."""
        readings = tuple(
            MeterReading(timestamp=value.timestamp, values=(SampledValue(value=str(value.value)),))
            for value in request.values
        )
        await self._domain.meter_values(call, MeterValues(connector_id=request.connector_id, readings=readings))
        return cs.MeterValuesResponse()

    async def status_notification(
        self, request: cs.StatusNotificationRequest, call: Call
    ) -> cs.StatusNotificationResponse:
        """Take a status, which has no time of its own."""
        report = StatusReport(
            connector_id=request.connector_id,
            status=ConnectorStatus(request.status),
            error_code=ErrorCode(request.error_code),
        )
        await self._domain.status_notification(call, report)
        return cs.StatusNotificationResponse()

    async def firmware_status_notification(
        self, request: cs.FirmwareStatusNotificationRequest, call: Call
    ) -> cs.FirmwareStatusNotificationResponse:
        """Take the progress of an update."""
        await self._domain.firmware_status_notification(call, FirmwareStatus(request.status))
        return cs.FirmwareStatusNotificationResponse()

    async def diagnostics_status_notification(
        self, request: cs.DiagnosticsStatusNotificationRequest, call: Call
    ) -> cs.DiagnosticsStatusNotificationResponse:
        """Take the progress of an upload."""
        await self._domain.diagnostics_status_notification(call, DiagnosticsStatus(request.status))
        return cs.DiagnosticsStatusNotificationResponse()


class Gateway12(BasicGateway):
    """A central system of 1.2.

    Args:
        client: its stub.
    """

    def __init__(self, client: cs.CentralSystemClient) -> None:
        super().__init__(client)
        self._stub = client

    async def boot_notification(self, boot: BootData, /) -> BootAnswer:
        """Say that the charge point started; time and interval may be left out of the answer."""
        response = await self._stub.boot_notification(
            charge_point_vendor=boot.vendor,
            charge_point_model=boot.model,
            charge_point_serial_number=boot.charge_point_serial_number,
            charge_box_serial_number=boot.charge_box_serial_number,
            firmware_version=boot.firmware_version,
            iccid=boot.iccid,
            imsi=boot.imsi,
            meter_type=boot.meter_type,
            meter_serial_number=boot.meter_serial_number,
        )
        return BootAnswer(
            status=RegistrationStatus(response.status),
            current_time=response.current_time,
            interval_s=response.heartbeat_interval,
        )

    async def start_transaction(self, start: StartTransaction, /) -> StartResult:
        """Say that a transaction began; a reservation cannot be named."""
        response = await self._stub.start_transaction(
            connector_id=start.connector_id,
            id_tag=start.id_tag,
            timestamp=start.timestamp,
            meter_start=start.meter_start_wh,
        )
        return read_start_result(response)

    async def stop_transaction(self, stop: StopTransaction, /) -> IdTagInfo | None:
        """Say that a transaction ended; reason and readings are left out."""
        response = await self._stub.stop_transaction(
            transaction_id=stop.transaction_id,
            timestamp=stop.timestamp,
            meter_stop=stop.meter_stop_wh,
            id_tag=stop.id_tag,
        )
        return None if response.id_tag_info is None else read_id_tag_info(response.id_tag_info)

    async def meter_values(self, meter_values: MeterValues, /) -> None:
        """Send the readings of imported energy; without any, nothing is sent."""
        values = [
            cs.MeterValue(timestamp=reading.timestamp, value=wh)
            for reading, wh in readings_in_wh(meter_values.readings)
        ]
        if values:
            await self._stub.meter_values(connector_id=meter_values.connector_id, values=values)

    async def status_notification(self, report: StatusReport, /) -> None:
        """Say in which state a connector is; time and vendor's words are left out."""
        await self._stub.status_notification(
            connector_id=report.connector_id,
            status=cs.ChargePointStatus(status_of_1_2(report.status)),
            error_code=cs.ChargePointErrorCode(error_of_1_2(report.error_code)),
        )

    async def firmware_status_notification(self, status: FirmwareStatus, /) -> None:
        """Say how an update goes on, if there is a word for it."""
        if status in FIRMWARE_BEFORE_1_6:
            await self._stub.firmware_status_notification(status=cs.FirmwareStatus(status))

    async def diagnostics_status_notification(self, status: DiagnosticsStatus, /) -> None:
        """Say how an upload goes on, if there is a word for it."""
        if status in DIAGNOSTICS_BEFORE_1_6:
            await self._stub.diagnostics_status_notification(status=cs.DiagnosticsStatus(status))

    async def data_transfer(self, transfer: DataTransfer, /) -> DataTransferResult:
        """Not in 1.2."""
        not_in_version("1.2", "DataTransfer")
