"""A few operations of each version, made by hand from the WSDL, so that these tests need no generated code.

Every field is a text here: what fields mean is the codec's business, not that of the envelope around them.
"""

from __future__ import annotations

from dataclasses import Field, field, make_dataclass
from typing import Any

from ocpp_sdk.codec.message import MessageCodec
from ocpp_sdk.operation import AnyOperation, OcppVersion, Operation, Role, Service
from ocpp_sdk.soap.dispatch import OperationIndex

REQUIRED, OPTIONAL = True, False
Fields = dict[str, bool]

_BOOT: Fields = {"chargePointVendor": REQUIRED, "chargePointModel": REQUIRED, "chargePointSerialNumber": OPTIONAL}
_BOOTED_12: Fields = {"status": REQUIRED, "currentTime": OPTIONAL, "heartbeatInterval": OPTIONAL}
_BOOTED_16: Fields = {"status": REQUIRED, "currentTime": REQUIRED, "interval": REQUIRED}
_DATA: Fields = {"vendorId": REQUIRED, "messageId": OPTIONAL, "data": OPTIONAL}
_DATA_REPLY: Fields = {"status": REQUIRED, "data": OPTIONAL}
_STATUS: Fields = {"status": REQUIRED}
_TYPE: Fields = {"type": REQUIRED}
_TIME: Fields = {"currentTime": REQUIRED}


def make_message(name: str, namespace: str, fields: Fields) -> type[Any]:
    """Make a message class of text fields."""
    specs: list[tuple[str, Any, Field[Any]]] = []
    for wire, required in fields.items():
        metadata = {"name": wire, "type": "Element", "namespace": namespace}
        if required:
            specs.append((wire, str, field(metadata={**metadata, "required": True})))
        else:
            optional: Any = field(default=None, metadata=metadata)
            specs.append((wire, str | None, optional))
    return make_dataclass(name, specs, slots=True, kw_only=True)


def _codec(element: str, namespace: str, fields: Fields) -> MessageCodec[Any]:
    kind = make_message(element[0].upper() + element[1:], namespace, fields)
    return MessageCodec(type=kind, namespace=namespace, element=element, scan=None, write=None)


def make_operation(service: Service, name: str, request: Fields, response: Fields) -> AnyOperation:
    """Make an operation as the WSDLs of OCPP do; it adds itself to its service."""
    start = name[0].lower() + name[1:]
    long_form = service.version is OcppVersion.V12
    return Operation(
        service=service,
        name=name,
        method=name.lower(),
        soap_action=f"/{name}",
        request_action=f"/{name}",
        response_action=f"{service.namespace}{service.name}/{name}Response" if long_form else f"/{name}Response",
        request=_codec(f"{start}Request", service.namespace, request),
        response=_codec(f"{start}Response", service.namespace, response),
    )


def make_service(version: OcppVersion | None, role: Role | None, namespace: str, identity: str | None) -> Service:
    """Make a service without operations."""
    name = "ChargePointService" if role is Role.CHARGE_POINT else "CentralSystemService"
    return Service(
        name=name,
        port=f"{name}Soap12",
        namespace=namespace,
        package=__name__,
        identity_header=identity,
        version=version,
        role=role,
    )


def _central_system(version: OcppVersion, date: str) -> Service:
    made = make_service(version, Role.CENTRAL_SYSTEM, f"urn://Ocpp/Cs/{date}/", "chargeBoxIdentity")
    make_operation(made, "Heartbeat", {}, _TIME)
    make_operation(made, "BootNotification", _BOOT, _BOOTED_16 if version is OcppVersion.V16 else _BOOTED_12)
    make_operation(made, "DiagnosticsStatusNotification", _STATUS, {})
    make_operation(made, "FirmwareStatusNotification", _STATUS, {})
    if version is not OcppVersion.V12:
        make_operation(made, "DataTransfer", _DATA, _DATA_REPLY)
    return made


def _charge_point(version: OcppVersion, date: str) -> Service:
    made = make_service(version, Role.CHARGE_POINT, f"urn://Ocpp/Cp/{date}/", "chargeBoxIdentity")
    make_operation(made, "Reset", _TYPE, _STATUS)
    make_operation(made, "ClearCache", {}, _STATUS)
    if version is not OcppVersion.V12:
        make_operation(made, "DataTransfer", _DATA, _DATA_REPLY)
    return made


CS12, CP12 = _central_system(OcppVersion.V12, "2010/08"), _charge_point(OcppVersion.V12, "2010/08")
CS15, CP15 = _central_system(OcppVersion.V15, "2012/06"), _charge_point(OcppVersion.V15, "2012/06")
CS16, CP16 = _central_system(OcppVersion.V16, "2015/10"), _charge_point(OcppVersion.V16, "2015/10")
VENDOR = make_service(None, None, "urn:vendor:meters", None)
make_operation(VENDOR, "ReadMeter", {"serial": REQUIRED}, {"reading": REQUIRED})

EVERYTHING = OperationIndex((CS12, CP12, CS15, CP15, CS16, CP16, VENDOR))
CENTRAL_SYSTEM = OperationIndex((CS12, CS15, CS16))


def message(operation: AnyOperation, /, **fields: str | None) -> object:
    """Make a request of an operation."""
    kind: Any = operation.request.type
    return kind(**fields)


def answer(operation: AnyOperation, /, **fields: str | None) -> object:
    """Make a reply to an operation."""
    kind: Any = operation.response.type
    return kind(**fields)
