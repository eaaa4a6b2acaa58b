"""From messages to the words of the domain, where versions agree on the fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ocpp_sdk.versions.domain import (
    BootData,
    DataTransfer,
    DataTransferResult,
    DiagnosticsRequest,
    FirmwareUpdate,
    IdTagInfo,
    Reservation,
    StartResult,
    StartTransaction,
    StatusReport,
)
from ocpp_sdk.versions.enumerations import AuthorizationStatus, ConnectorStatus, DataTransferStatus, ErrorCode

if TYPE_CHECKING:
    # For the checker alone: at run time a version brings no other version with it.
    from ocpp_sdk.generated.v12 import central_system as cs12
    from ocpp_sdk.generated.v12 import charge_point as cp12
    from ocpp_sdk.generated.v15 import central_system as cs15
    from ocpp_sdk.generated.v15 import charge_point as cp15
    from ocpp_sdk.generated.v16 import central_system as cs16
    from ocpp_sdk.generated.v16 import charge_point as cp16

    AnyIdTagInfo: TypeAlias = cs12.IdTagInfo | cs15.IdTagInfo | cs16.IdTagInfo | cp15.IdTagInfo | cp16.IdTagInfo
    AnyBootNotificationRequest: TypeAlias = (
        cs12.BootNotificationRequest | cs15.BootNotificationRequest | cs16.BootNotificationRequest
    )
    AnyStartTransactionResponse: TypeAlias = (
        cs12.StartTransactionResponse | cs15.StartTransactionResponse | cs16.StartTransactionResponse
    )
    AnyDataTransferRequest: TypeAlias = (
        cs15.DataTransferRequest | cs16.DataTransferRequest | cp15.DataTransferRequest | cp16.DataTransferRequest
    )
    AnyDataTransferResponse: TypeAlias = (
        cs15.DataTransferResponse | cs16.DataTransferResponse | cp15.DataTransferResponse | cp16.DataTransferResponse
    )
    AnyGetDiagnosticsRequest: TypeAlias = (
        cp12.GetDiagnosticsRequest | cp15.GetDiagnosticsRequest | cp16.GetDiagnosticsRequest
    )
    AnyUpdateFirmwareRequest: TypeAlias = (
        cp12.UpdateFirmwareRequest | cp15.UpdateFirmwareRequest | cp16.UpdateFirmwareRequest
    )


def read_boot(request: AnyBootNotificationRequest) -> BootData:
    """Read a BootNotification."""
    return BootData(
        vendor=request.charge_point_vendor,
        model=request.charge_point_model,
        charge_point_serial_number=request.charge_point_serial_number,
        charge_box_serial_number=request.charge_box_serial_number,
        firmware_version=request.firmware_version,
        iccid=request.iccid,
        imsi=request.imsi,
        meter_type=request.meter_type,
        meter_serial_number=request.meter_serial_number,
    )


def read_id_tag_info(info: AnyIdTagInfo) -> IdTagInfo:
    """Read what is said of an idTag; an empty parent, which charge points do send, is none."""
    return IdTagInfo(
        status=AuthorizationStatus(info.status),
        expiry_date=info.expiry_date,
        parent_id_tag=info.parent_id_tag or None,
    )


def read_start(request: cs15.StartTransactionRequest | cs16.StartTransactionRequest) -> StartTransaction:
    """Read a StartTransaction."""
    return StartTransaction(
        connector_id=request.connector_id,
        id_tag=request.id_tag,
        timestamp=request.timestamp,
        meter_start_wh=request.meter_start,
        reservation_id=request.reservation_id,
    )


def read_start_result(response: AnyStartTransactionResponse) -> StartResult:
    """Read the answer to a StartTransaction."""
    return StartResult(transaction_id=response.transaction_id, id_tag_info=read_id_tag_info(response.id_tag_info))


def read_status(request: cs15.StatusNotificationRequest | cs16.StatusNotificationRequest) -> StatusReport:
    """Read a StatusNotification."""
    return StatusReport(
        connector_id=request.connector_id,
        status=ConnectorStatus(request.status),
        error_code=ErrorCode(request.error_code),
        info=request.info,
        timestamp=request.timestamp,
        vendor_id=request.vendor_id,
        vendor_error_code=request.vendor_error_code,
    )


def read_transfer(request: AnyDataTransferRequest) -> DataTransfer:
    """Read a DataTransfer, of either service."""
    return DataTransfer(vendor_id=request.vendor_id, message_id=request.message_id, data=request.data)


def read_transfer_result(response: AnyDataTransferResponse) -> DataTransferResult:
    """Read the answer to a DataTransfer, of either service."""
    return DataTransferResult(status=DataTransferStatus(response.status), data=response.data)


def read_diagnostics(request: AnyGetDiagnosticsRequest) -> DiagnosticsRequest:
    """Read a GetDiagnostics."""
    return DiagnosticsRequest(
        location=request.location,
        start_time=request.start_time,
        stop_time=request.stop_time,
        retries=request.retries,
        retry_interval_s=request.retry_interval,
    )


def read_firmware(request: AnyUpdateFirmwareRequest) -> FirmwareUpdate:
    """Read an UpdateFirmware."""
    return FirmwareUpdate(
        location=request.location,
        retrieve_date=request.retrieve_date,
        retries=request.retries,
        retry_interval_s=request.retry_interval,
    )


def read_reservation(request: cp15.ReserveNowRequest | cp16.ReserveNowRequest) -> Reservation:
    """Read a ReserveNow."""
    return Reservation(
        reservation_id=request.reservation_id,
        connector_id=request.connector_id,
        id_tag=request.id_tag,
        expiry_date=request.expiry_date,
        parent_id_tag=request.parent_id_tag or None,
    )
