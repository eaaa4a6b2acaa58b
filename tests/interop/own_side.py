"""This SDK in the same form as its peers: a server of all services that answers from a desk, calls, and trees."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from anyio.from_thread import BlockingPortal

from ocpp_sdk import Addressing, Call, DeviationKind, FaultError, v12, v15, v16
from ocpp_sdk.client import SoapClient
from ocpp_sdk.codec.fields import FieldKind, FieldSpec, spec_of
from ocpp_sdk.operation import AnyOperation, Service
from ocpp_sdk.server import SoapServer
from ocpp_sdk.server.run import serve
from tests.interop.table import TEXT, Exchange, Node, Tree

SERVICES: dict[tuple[str, str], Service] = {
    (version, service): getattr(module, service).SERVICE
    for version, module in {"v12": v12, "v15": v15, "v16": v16}.items()
    for service in ("central_system", "charge_point")
}
PATHS = {"central_system": "/Ocpp/CentralSystemService", "charge_point": "/Ocpp/ChargePointService"}


def operation_of(exchange: Exchange) -> AnyOperation:
    """The operation of the SDK that an entry of the table is about."""
    return SERVICES[exchange.version, exchange.service].operations[exchange.name]


@dataclass(slots=True)
class Desk:
    """What the handlers of the server answer, and what they got.

    Attributes:
        replies: by operation; a fault is raised, an operation without a reply fails.
        seen: the request that came last and its context.
    """

    replies: dict[AnyOperation, object] = field(default_factory=dict)
    seen: tuple[object, Call] | None = None

    def take(self) -> tuple[Node, Call]:
        """The request that came last, as a tree, and its context; once."""
        assert self.seen is not None, "no request reached a handler"
        (request, call), self.seen = self.seen, None
        return to_tree(request), call


class OwnServer:
    """A running server of all services; `SoapServer` answers, on uvicorn, at a free port.

    Attributes:
        url: scheme, host and port.
        desk: what it answers and got.
    """

    def __init__(self, url: str, desk: Desk) -> None:
        self.url = url
        self.desk = desk

    def wsdl(self, version: str, service: str) -> str:
        """The address of a WSDL."""
        return f"{self.url}{PATHS[service]}/{version}?wsdl"


@contextmanager
def own_server(portal: BlockingPortal) -> Iterator[OwnServer]:
    """Serve all services for the time of the block."""
    desk = Desk()
    server = SoapServer(list(SERVICES.values()), path=list(PATHS.values()))
    for service in SERVICES.values():
        for operation in service.operations.values():
            server.on(operation)(_answering(operation, desk))
    with portal.wrap_async_context_manager(serve(server)) as address:
        yield OwnServer(address.url, desk)


def _answering(operation: AnyOperation, desk: Desk) -> Any:  # noqa: ANN401 - one handler for all types of messages
    async def answer(request: object, call: Call) -> object:
        desk.seen = (request, call)
        reply = desk.replies[operation]
        if isinstance(reply, FaultError):
            raise reply
        return reply

    return answer


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply that the client of the SDK got: its tree, its headers, and what was odd about it."""

    tree: Node
    addressing: Addressing
    deviations: set[DeviationKind]


def call(portal: BlockingPortal, url: str, exchange: Exchange, request: Node, identity: str) -> Answer:
    """Call a peer with the client of the SDK.

    Raises:
        OcppError: as `SoapClient.exchange`.
    """
    operation = operation_of(exchange)

    async def once() -> Answer:
        async with SoapClient(url, charge_box_identity=identity, from_address="http://127.0.0.1:9/") as client:
            reply = await client.exchange(operation, to_message(operation.request.type, request))
        odd = {deviation.kind for deviation in reply.deviations}
        return Answer(to_tree(reply.message), reply.addressing, odd)

    return portal.call(once)


def _key(spec: FieldSpec) -> str:
    match spec.kind:
        case FieldKind.TEXT:
            # A message that is text alone has no attributes that the text could be told from.
            return TEXT
        case FieldKind.ATTRIBUTE:
            return f"@{spec.name}"
        case FieldKind.ELEMENT:
            return spec.name


def to_message(kind: type, tree: Node) -> object:
    """Build a message class from a tree."""
    specs = {_key(spec): spec for spec in spec_of(kind).fields}
    assert tree.keys() <= specs.keys(), f"{kind.__name__} has no {tree.keys() - specs.keys()}"
    values = {}
    for key, value in tree.items():
        spec = specs[key]
        values[spec.attribute] = (
            [_to_value(spec, entry) for entry in value] if isinstance(value, list) else (_to_value(spec, value))
        )
    return kind(**values)


def _to_value(spec: FieldSpec, value: Tree) -> object:
    if isinstance(value, dict):
        return to_message(spec.type, value)
    return spec.type(value) if issubclass(spec.type, StrEnum) and isinstance(value, str) else value


def to_tree(message: object) -> Node:
    """Read a message class as a tree; the type of each value must be the one that the class says."""
    tree: Node = {}
    for spec in spec_of(type(message)).fields:
        value = getattr(message, spec.attribute)
        if value is None or value == []:
            continue
        tree[_key(spec)] = [_to_tree(spec, entry) for entry in value] if spec.many else _to_tree(spec, value)
    return tree


def _to_tree(spec: FieldSpec, value: object) -> Tree:
    assert type(value) is spec.type, f"{spec.attribute} is a {type(value).__name__}, not a {spec.type.__name__}"
    if isinstance(value, StrEnum):
        return value.value
    return value if isinstance(value, str | int | bool | Decimal | datetime) else to_tree(value)
