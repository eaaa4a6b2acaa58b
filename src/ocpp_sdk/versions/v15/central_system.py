"""The central system of 1.5: as served, and as called by a charge point."""

from __future__ import annotations

from ocpp_sdk.call import Call
from ocpp_sdk.generated.v15 import central_system as cs
from ocpp_sdk.versions.calling import LaterGateway
from ocpp_sdk.versions.domain import (
    BootAnswer,
    BootData,
    IdTagInfo,
    MeterValues,
    StatusReport,
    StopTransaction,
)
from ocpp_sdk.versions.enumerations import (
    DiagnosticsStatus,
    FirmwareStatus,
    RegistrationStatus,
)
from ocpp_sdk.versions.reading import read_boot, read_id_tag_info, read_start, read_status, read_transfer
from ocpp_sdk.versions.roles import CentralSystemDomain
from ocpp_sdk.versions.v15.metering import read_readings, write_readings
from ocpp_sdk.versions.wording import (
    DIAGNOSTICS_BEFORE_1_6,
    FIRMWARE_BEFORE_1_6,
    error_of_1_5,
    registration_before_1_6,
    status_of_1_5,
)

__all__ = ["Gateway15", "ServedCentralSystem15"]


def _write_info(info: IdTagInfo) -> cs.IdTagInfo:
    return cs.IdTagInfo(
        status=cs.AuthorizationStatus(info.status), expiry_date=info.expiry_date, parent_id_tag=info.parent_id_tag
    )


class ServedCentralSystem15(cs.CentralSystemHandler):
    """Answers requests of 1.5.

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
        """Take a start."""
        result = await self._domain.start_transaction(call, read_start(request))
        return cs.StartTransactionResponse(
            transaction_id=result.transaction_id, id_tag_info=_write_info(result.id_tag_info)
        )

    async def stop_transaction(self, request: cs.StopTransactionRequest, call: Call) -> cs.StopTransactionResponse:
        """Take a stop; the readings of all transactionData become one list."""
        stop = StopTransaction(
            transaction_id=request.transaction_id,
            timestamp=request.timestamp,
            meter_stop_wh=request.meter_stop,
            id_tag=request.id_tag or None,
            readings=read_readings([value for data in request.transaction_data for value in data.values]),
        )
        info = await self._domain.stop_transaction(call, stop)
        return cs.StopTransactionResponse(id_tag_info=None if info is None else _write_info(info))

    async def meter_values(self, request: cs.MeterValuesRequest, call: Call) -> cs.MeterValuesResponse:
        """Take readings."""
        values = MeterValues(
            connector_id=request.connector_id,
            readings=read_readings(request.values),
            transaction_id=request.transaction_id,
        )
        await self._domain.meter_values(call, values)
        return cs.MeterValuesResponse()

    async def status_notification(
        self, request: cs.StatusNotificationRequest, call: Call
    ) -> cs.StatusNotificationResponse:
        """Take a status."""
        await self._domain.status_notification(call, read_status(request))
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

    async def data_transfer(self, request: cs.DataTransferRequest, call: Call) -> cs.DataTransferResponse:
        """Take something of a vendor's own."""
        result = await self._domain.data_transfer(call, read_transfer(request))
        return cs.DataTransferResponse(status=cs.DataTransferStatus(result.status), data=result.data)


class Gateway15(LaterGateway):
    """A central system of 1.5.

    Args:
        client: its stub.
    """

    def __init__(self, client: cs.CentralSystemClient) -> None:
        super().__init__(client)
        self._stub = client

    async def boot_notification(self, boot: BootData, /) -> BootAnswer:
        """Say that the charge point started."""
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

    async def stop_transaction(self, stop: StopTransaction, /) -> IdTagInfo | None:
        """Say that a transaction ended; the reason is left out."""
        values = write_readings(stop.readings)
        response = await self._stub.stop_transaction(
            transaction_id=stop.transaction_id,
            timestamp=stop.timestamp,
            meter_stop=stop.meter_stop_wh,
            id_tag=stop.id_tag,
            transaction_data=[cs.TransactionData(values=values)] if values else [],
        )
        return None if response.id_tag_info is None else read_id_tag_info(response.id_tag_info)

    async def meter_values(self, meter_values: MeterValues, /) -> None:
        """Send the readings; without any, nothing is sent."""
        values = write_readings(meter_values.readings)
        if values:
            await self._stub.meter_values(
                connector_id=meter_values.connector_id, transaction_id=meter_values.transaction_id, values=values
            )

    async def status_notification(self, report: StatusReport, /) -> None:
        """Say in which state a connector is."""
        await self._stub.status_notification(
            connector_id=report.connector_id,
            status=cs.ChargePointStatus(status_of_1_5(report.status)),
            error_code=cs.ChargePointErrorCode(error_of_1_5(report.error_code)),
            info=report.info,
            timestamp=report.timestamp,
            vendor_id=report.vendor_id,
            vendor_error_code=report.vendor_error_code,
        )

    async def firmware_status_notification(self, status: FirmwareStatus, /) -> None:
        """Say how an update goes on, if there is a word for it."""
        if status in FIRMWARE_BEFORE_1_6:
            await self._stub.firmware_status_notification(status=cs.FirmwareStatus(status))

    async def diagnostics_status_notification(self, status: DiagnosticsStatus, /) -> None:
        """Say how an upload goes on, if there is a word for it."""
        if status in DIAGNOSTICS_BEFORE_1_6:
            await self._stub.diagnostics_status_notification(status=cs.DiagnosticsStatus(status))
