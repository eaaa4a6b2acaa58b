"""A heartbeat and an authorize of 1.5, made by hand, so that these tests need no generated code."""

from __future__ import annotations

from dataclasses import dataclass, field

from ocpp_sdk.codec.message import MessageCodec
from ocpp_sdk.errors import FaultError
from ocpp_sdk.operation import OcppVersion, Operation, Role, Service
from ocpp_sdk.soap.exchange import encode_fault, encode_reply

NAMESPACE = "urn://Ocpp/Cs/2012/06/"
NOW = "2024-05-01T10:00:00Z"
SERVICE = Service(
    name="CentralSystemService",
    port="CentralSystemServiceSoap12",
    namespace=NAMESPACE,
    package=__name__,
    identity_header="chargeBoxIdentity",
    version=OcppVersion.V15,
    role=Role.CENTRAL_SYSTEM,
)


@dataclass(slots=True, kw_only=True)
class HeartbeatRequest:
    """No fields."""


@dataclass(slots=True, kw_only=True)
class HeartbeatResponse:
    """One field, a text here."""

    current_time: str = field(
        metadata={"name": "currentTime", "type": "Element", "namespace": NAMESPACE, "required": True}
    )


@dataclass(slots=True, kw_only=True)
class AuthorizeRequest:
    """One field."""

    id_tag: str = field(metadata={"name": "idTag", "type": "Element", "namespace": NAMESPACE, "required": True})


@dataclass(slots=True, kw_only=True)
class AuthorizeResponse:
    """One field."""

    status: str = field(metadata={"name": "status", "type": "Element", "namespace": NAMESPACE, "required": True})


HEARTBEAT: Operation[HeartbeatRequest, HeartbeatResponse] = Operation(
    service=SERVICE,
    name="Heartbeat",
    method="heartbeat",
    soap_action="/Heartbeat",
    request_action="/Heartbeat",
    response_action="/HeartbeatResponse",
    request=MessageCodec(type=HeartbeatRequest, namespace=NAMESPACE, element="heartbeatRequest", scan=None, write=None),
    response=MessageCodec(
        type=HeartbeatResponse, namespace=NAMESPACE, element="heartbeatResponse", scan=None, write=None
    ),
)
AUTHORIZE: Operation[AuthorizeRequest, AuthorizeResponse] = Operation(
    service=SERVICE,
    name="Authorize",
    method="authorize",
    soap_action="/Authorize",
    request_action="/Authorize",
    response_action="/AuthorizeResponse",
    request=MessageCodec(type=AuthorizeRequest, namespace=NAMESPACE, element="authorizeRequest", scan=None, write=None),
    response=MessageCodec(
        type=AuthorizeResponse, namespace=NAMESPACE, element="authorizeResponse", scan=None, write=None
    ),
)


def heartbeat_reply(message_id: str = "urn:uuid:1", time: str = NOW) -> bytes:
    """Return the envelope of a reply to a heartbeat."""
    return encode_reply(HEARTBEAT, HeartbeatResponse(current_time=time), message_id="urn:uuid:2", relates_to=message_id)


def authorize_reply() -> bytes:
    """Return the envelope of a reply to another operation."""
    return encode_reply(
        AUTHORIZE, AuthorizeResponse(status="Accepted"), message_id="urn:uuid:2", relates_to="urn:uuid:1"
    )


def fault_reply(fault: FaultError) -> bytes:
    """Return the envelope of a fault."""
    return encode_fault(fault, service=SERVICE, message_id="urn:uuid:2", relates_to="urn:uuid:1")
