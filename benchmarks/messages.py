"""The four messages that the benchmarks read and write, as a real charge point and a real central system send them.

They are written once by this SDK, with all WS-Addressing headers, and every contender gets the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from ocpp_sdk import v15
from ocpp_sdk.operation import AnyOperation
from ocpp_sdk.soap.exchange import encode_request

IDENTITY = "DE*ABC*E0012345"
CENTRAL_SYSTEM = "http://central.example.com:8080/Ocpp/CentralSystemService"
CHARGE_POINT = "http://192.0.2.17:8080/Ocpp/ChargePointService"
MESSAGE_ID = "urn:uuid:5d6e7f80-91a2-4b3c-8d4e-5f60718293a4"
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WSDLS = Path(__file__).parents[1] / "wsdl" / "v15"


@dataclass(frozen=True, eq=False)
class Message:
    """One message.

    Attributes:
        name: for the table.
        operation: of which it is the request.
        request: the request as this SDK's dataclass.
        wsdl: of the service.
        to: where it goes.
        xml: the whole envelope.
    """

    name: str
    operation: AnyOperation
    request: object
    wsdl: Path
    to: str
    xml: bytes


def encode(operation: AnyOperation, request: object, to: str) -> bytes:
    """Write a request as a client would."""
    sender = CHARGE_POINT if to == CENTRAL_SYSTEM else None
    return encode_request(
        operation, request, charge_box_identity=IDENTITY, message_id=MESSAGE_ID, to=to, from_address=sender
    )


def _message(name: str, operation: AnyOperation, request: object) -> Message:
    of_charge_point = operation.service is v15.charge_point.SERVICE
    to = CHARGE_POINT if of_charge_point else CENTRAL_SYSTEM
    wsdl = WSDLS / ("charge_point.wsdl" if of_charge_point else "central_system.wsdl")
    return Message(name, operation, request, wsdl, to, encode(operation, request, to))


def boot() -> v15.BootNotificationRequest:
    """A boot with every field."""
    return v15.BootNotificationRequest(
        charge_point_vendor="Example Charging AG",
        charge_point_model="Twin 22 kW",
        charge_point_serial_number="CP-2026-000012345",
        charge_box_serial_number="CB-2026-000012345",
        firmware_version="2.14.3-r1+build.20260114",
        iccid="89490200001234567890",
        imsi="262021234567890",
        meter_type="MID 3-phase 65 A",
        meter_serial_number="MTR-7700123456",
    )


def readings(count: int, context: v15.ReadingContext | None = None) -> list[v15.MeterValue]:
    """Register readings, five minutes apart."""
    location = None if context is None else v15.Location.OUTLET
    return [
        v15.MeterValue(
            timestamp=NOON + timedelta(minutes=5 * number),
            value=[
                v15.MeterValueValue(
                    value=str(1_204_300 + 61 * number),
                    context=context,
                    measurand=v15.Measurand.ENERGY_ACTIVE_IMPORT_REGISTER,
                    location=location,
                    unit=v15.UnitOfMeasure.WH,
                )
            ],
        )
        for number in range(count)
    ]


def meter_values() -> v15.MeterValuesRequest:
    """Eight readings of a running transaction."""
    return v15.MeterValuesRequest(connector_id=1, transaction_id=48213, values=readings(8))


def stop() -> v15.StopTransactionRequest:
    """The end of a long transaction, with 200 readings."""
    data = [v15.TransactionData(values=[reading]) for reading in readings(200, v15.ReadingContext.SAMPLE_CLOCK)]
    return v15.StopTransactionRequest(
        transaction_id=48213,
        id_tag="04A1B2C3D4E5F6",
        timestamp=NOON + timedelta(hours=17),
        meter_stop=1_216_561,
        transaction_data=data,
    )


def local_list() -> v15.SendLocalListRequest:
    """A full local list of 1,000 entries."""
    types = v15.charge_point
    entries = [
        types.AuthorisationData(
            id_tag=f"04A1B2C3D4E5F6{number:06X}",
            id_tag_info=types.IdTagInfo(
                status=types.AuthorizationStatus.ACCEPTED,
                expiry_date=NOON + timedelta(days=365, minutes=number),
                parent_id_tag=f"FLEET-2026-GROUP{number // 20:04d}",
            ),
        )
        for number in range(1000)
    ]
    return v15.SendLocalListRequest(
        update_type=types.UpdateType.FULL, list_version=17, local_authorisation_list=entries, hash=None
    )


@cache
def messages() -> tuple[Message, ...]:
    """Return the four messages, small to large."""
    return (
        _message("boot", v15.BOOT_NOTIFICATION, boot()),
        _message("8 meter values", v15.METER_VALUES, meter_values()),
        _message("200 transactionData", v15.STOP_TRANSACTION, stop()),
        _message("1,000 list entries", v15.SEND_LOCAL_LIST, local_list()),
    )
