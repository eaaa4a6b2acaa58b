"""How each message is sent, and what is kept of its answer."""

from __future__ import annotations

from ocpp_sdk.charge_point.requests.messages import (
    DiagnosticsMessage,
    FirmwareMessage,
    Message,
    ReadingMessage,
    StartMessage,
    StartReply,
    StatusMessage,
    StopMessage,
    StopReply,
    write_json,
)
from ocpp_sdk.errors import GivenUpError
from ocpp_sdk.versions.domain import MeterReading, MeterValues, StopTransaction
from ocpp_sdk.versions.roles import CentralSystemGateway

__all__ = ["deliver"]

_NOTHING = "{}"


async def deliver(message: Message, central_system: CentralSystemGateway) -> tuple[str, str]:
    """Send a message.

    Args:
        message: what to send; a stop has its transaction id.
        central_system: to whom.

    Returns:
        What is kept of the answer, a JSON text, and one line for people.

    Raises:
        OcppError: as `Caller.call`, or the message can never be sent.
    """
    match message:
        case StartMessage():
            return await _start(message, central_system)
        case StopMessage():
            return await _stop(message, central_system)
        case ReadingMessage():
            return await _reading(message, central_system)
        case StatusMessage(report=report):
            await central_system.status_notification(report)
            return _NOTHING, f"StatusNotification: connector {report.connector_id} is {report.status}"
        case FirmwareMessage(status=firmware):
            await central_system.firmware_status_notification(firmware)
            return _NOTHING, f"FirmwareStatusNotification: {firmware}"
        case DiagnosticsMessage(status=diagnostics):
            await central_system.diagnostics_status_notification(diagnostics)
            return _NOTHING, f"DiagnosticsStatusNotification: {diagnostics}"


async def _start(message: StartMessage, central_system: CentralSystemGateway) -> tuple[str, str]:
    start = message.start
    result = await central_system.start_transaction(start)
    info = result.id_tag_info
    reply = StartReply(
        transaction_id=result.transaction_id,
        status=info.status,
        expiry_date=info.expiry_date,
        parent_id_tag=info.parent_id_tag,
    )
    line = (
        f"StartTransaction: transaction {result.transaction_id} on connector {start.connector_id} at "
        f"{start.meter_start_wh} Wh, {start.id_tag} is {info.status}"
    )
    return write_json(reply), line


async def _stop(message: StopMessage, central_system: CentralSystemGateway) -> tuple[str, str]:
    number = message.transaction_id
    if number is None:
        raise GivenUpError("a stop cannot be sent without the number of its transaction")
    stop = StopTransaction(
        transaction_id=number,
        timestamp=message.timestamp,
        meter_stop_wh=message.meter_stop_wh,
        id_tag=message.id_tag,
        reason=message.reason,
        readings=message.readings,
    )
    info = await central_system.stop_transaction(stop)
    reply = StopReply(transaction_id=number)
    if info is not None:
        reply = StopReply(
            transaction_id=number,
            status=info.status,
            expiry_date=info.expiry_date,
            parent_id_tag=info.parent_id_tag,
        )
    return write_json(reply), f"StopTransaction: transaction {number} at {message.meter_stop_wh} Wh, {message.reason}"


async def _reading(message: ReadingMessage, central_system: CentralSystemGateway) -> tuple[str, str]:
    values = MeterValues(
        connector_id=message.connector_id, readings=(message.reading,), transaction_id=message.transaction_id
    )
    await central_system.meter_values(values)
    return _NOTHING, f"MeterValues: connector {message.connector_id}, {_shown(message.reading)}"


def _shown(reading: MeterReading) -> str:
    return ", ".join(f"{value.value} {value.unit}" if value.unit else value.value for value in reading.values)
