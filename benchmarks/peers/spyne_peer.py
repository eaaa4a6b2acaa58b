"""spyne: its SOAP 1.2 protocol in process, reading as a server reads and writing as a server answers.

The service is an echo, so that the message that is read is also written. Its models are made from this SDK's classes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from spyne import Application, DateTime, Enum, Integer32, MethodContext, ServiceBase, Unicode, rpc
from spyne.model.complex import ComplexModel, XmlAttribute, XmlData
from spyne.protocol.soap import Soap12
from spyne.server import ServerBase

from benchmarks.messages import CHARGE_POINT, Message
from ocpp_sdk.soap.namespaces import WSA

NAME = "spyne"
logging.getLogger("spyne").setLevel(logging.ERROR)


def _model(kind: type, namespace: str, name: str) -> Any:  # noqa: ANN401 - spyne has no types
    """Make spyne's model of a dataclass, an enumeration or a plain type."""
    if issubclass(kind, StrEnum):
        return Enum(*[member.value for member in kind], type_name=name)
    if not is_dataclass(kind):
        return {str: Unicode, int: Integer32, datetime: DateTime}[kind]
    hints = get_type_hints(kind)
    members = []
    for item in fields(kind):
        hint = hints[item.name]
        optional = get_origin(hint) in {Union, UnionType}
        if optional:
            hint = next(part for part in get_args(hint) if part is not type(None))
        many = get_origin(hint) is list
        inner = get_args(hint)[0] if many else hint
        model = _model(inner, namespace, inner.__name__)
        if "max_length" in item.metadata:
            model = model.customize(max_len=item.metadata["max_length"])
        match item.metadata.get("type", "Text"):
            case "Attribute":
                members.append((item.metadata["name"], XmlAttribute(model)))
            case "Text":
                members.append((item.name, XmlData(model)))
            case _:
                least = 0 if optional or many else 1
                most = "unbounded" if many else 1
                members.append((item.metadata["name"], model.customize(min_occurs=least, max_occurs=most)))
    return ComplexModel.produce(namespace, name, members)


def _header(namespace: str, name: str, kind: Any = Unicode) -> Any:  # noqa: ANN401 - spyne has no types
    if kind is Unicode:
        return type(Unicode)(name, (Unicode,), {"__namespace__": namespace, "__type_name__": name})
    return ComplexModel.produce(namespace, name, [("Address", Unicode)])


@cache
def _server(message: Message) -> Any:  # noqa: ANN401 - spyne has no types
    codec = message.operation.request
    model = _model(codec.type, codec.namespace, codec.element)
    names = ["From"] if message.to != CHARGE_POINT else []
    headers = (
        _header(codec.namespace, "chargeBoxIdentity"),
        *(_header(WSA, name, ComplexModel) for name in (*names, "ReplyTo")),
        *(_header(WSA, name) for name in ("Action", "MessageID", "To")),
    )

    def echo(_: object, request: object) -> object:
        return request

    decorate = rpc(
        model,
        _returns=model,
        _body_style="bare",
        _in_message_name=codec.element,
        _out_message_name=codec.element,
        _in_header=headers,
        _out_header=headers,
    )
    service = type(ServiceBase)("Echo", (ServiceBase,), {"echo": decorate(echo)})
    protocol = {"in_protocol": Soap12(validator="soft"), "out_protocol": Soap12()}
    return ServerBase(Application([service], tns=codec.namespace, name="Echo", **protocol))


def _read(server: Any, data: bytes) -> Any:  # noqa: ANN401 - spyne has no types
    context = MethodContext(server, MethodContext.SERVER)
    context.in_string = [data]
    (context,) = server.generate_contexts(context)
    server.get_in_object(context)
    return context


def decoder(message: Message) -> Callable[[], object]:
    """Return the call that reads the message."""
    server = _server(message)

    def decode() -> object:
        return _read(server, message.xml).in_object

    return decode


def encoder(message: Message) -> Callable[[], bytes]:
    """Return the call that writes the message."""
    server = _server(message)
    read = _read(server, message.xml)
    if read.in_error is not None:
        raise read.in_error

    def encode() -> bytes:
        context = MethodContext(server, MethodContext.SERVER)
        context.descriptor = read.descriptor
        context.out_object = [read.in_object]
        context.out_header = read.in_header
        server.get_out_string(context)
        return b"".join(context.out_string)

    return encode
