"""What an operation of a service is: names, actions, and the codecs of request and reply."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from importlib import resources
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from ocpp_sdk.codec.message import MessageCodec

__all__ = ["AnyOperation", "Caller", "OcppVersion", "Operation", "Role", "Service"]

Req = TypeVar("Req")
Resp = TypeVar("Resp")


class OcppVersion(StrEnum):
    """The versions of OCPP that exist over SOAP."""

    V12 = "1.2"
    V15 = "1.5"
    V16 = "1.6"


class Role(StrEnum):
    """Who serves a service."""

    CENTRAL_SYSTEM = "central_system"
    CHARGE_POINT = "charge_point"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Service:
    """One service of one WSDL.

    Attributes:
        name: wsdl:service name, as `CentralSystemService`.
        port: wsdl:port name.
        namespace: target namespace, which every payload element carries.
        package: the generated package, which holds `service.wsdl`.
        identity_header: local name of the header that names the charge point, `chargeBoxIdentity`; None if
            the WSDL declares none.
        version: None for a service that is not OCPP's own.
        role: who serves it; None for a service that is not OCPP's own.
        operations: by name; an `Operation` adds itself.
    """

    name: str
    port: str
    namespace: str
    package: str
    identity_header: str | None
    version: OcppVersion | None
    role: Role | None
    operations: dict[str, AnyOperation] = field(default_factory=dict)

    def wsdl(self) -> bytes:
        """Return the WSDL of this service, with the address it was generated with."""
        return resources.files(self.package).joinpath("service.wsdl").read_bytes()

    def __repr__(self) -> str:
        return f"<Service {self.name} {self.namespace}>"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Operation(Generic[Req, Resp]):
    """One operation: what is sent, what is answered, and how both look on the wire.

    Attributes:
        service: the service it belongs to.
        name: as the WSDL spells it, `BootNotification`.
        method: name of the method of stubs and handlers, `boot_notification`.
        soap_action: the action parameter of the content type, `/BootNotification`.
        request_action: wsa:Action of the request.
        response_action: wsa:Action of the reply.
        request: codec of the request.
        response: codec of the reply.
    """

    service: Service
    name: str
    method: str
    soap_action: str
    request_action: str
    response_action: str
    request: MessageCodec[Req]
    response: MessageCodec[Resp]

    def __post_init__(self) -> None:
        self.service.operations[self.name] = self

    def __repr__(self) -> str:
        return f"<Operation {self.name} {self.service.namespace}>"


AnyOperation: TypeAlias = Operation[Any, Any]
"""An operation whose messages are not known statically."""


class Caller(Protocol):
    """What a client stub needs: something that sends a request and returns the reply."""

    async def call(self, operation: Operation[Req, Resp], request: Req, /) -> Resp:
        """Send a request and return its reply.

        Raises:
            FaultError: the peer answered with a fault.
            CallError: there is no usable reply; `retry_safe` says whether to send again can do harm.
            MessageError: the request cannot be written, or the reply does not fit its schema.
        """
        ...
