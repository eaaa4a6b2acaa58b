"""xsdata's own parser and serializer on this SDK's own classes, within an envelope of dataclasses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, make_dataclass

from xsdata.formats.dataclass.context import XmlContext
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig
from xsdata.formats.dataclass.serializers import XmlSerializer

from benchmarks.messages import CHARGE_POINT, Message
from ocpp_sdk.codec.xsdata import register
from ocpp_sdk.soap.namespaces import SOAP, WSA

NAME = "xsdata"
CONTEXT = XmlContext()


def _dataclass(name: str, namespace: str, fields: Mapping[str, tuple[str, str, type]]) -> type:
    """Make a class as xsdata generates it; `fields` maps a name to its element's name, namespace and type."""
    meta = type("Meta", (), {"name": name, "namespace": namespace})
    return make_dataclass(
        name,
        [
            (key, kind, field(metadata={"name": element, "namespace": space, "type": "Element", "required": True}))
            for key, (element, space, kind) in fields.items()
        ],
        namespace={"Meta": meta},
        slots=True,
    )


def _envelope(message: Message) -> type:
    service = message.operation.service.namespace
    codec = message.operation.request
    party = _dataclass("Party", WSA, {"address": ("Address", WSA, str)})
    headers: dict[str, tuple[str, str, type]] = {"identity": ("chargeBoxIdentity", service, str)}
    if message.to != CHARGE_POINT:
        headers["from_"] = ("From", WSA, party)
    headers["reply_to"] = ("ReplyTo", WSA, party)
    headers |= {name.lower(): (name, WSA, str) for name in ("Action", "MessageID", "To")}
    header = _dataclass("Header", SOAP, headers)
    body = _dataclass("Body", SOAP, {"payload": (codec.element, codec.namespace, codec.type)})
    return _dataclass("Envelope", SOAP, {"header": ("Header", SOAP, header), "body": ("Body", SOAP, body)})


def decoder(message: Message) -> Callable[[], object]:
    """Return the call that reads the message."""
    register()
    envelope = _envelope(message)
    parser = XmlParser(context=CONTEXT, config=ParserConfig(fail_on_unknown_properties=True))
    return lambda: parser.from_bytes(message.xml, envelope)


def payload(message: Message) -> object:
    """Read the message once, and return what is in its body."""
    return decoder(message)().body.payload  # type: ignore[attr-defined]  # a class that is made at run time


def encoder(message: Message) -> Callable[[], bytes]:
    """Return the call that writes the message."""
    value = decoder(message)()
    serializer = XmlSerializer(context=CONTEXT)
    return lambda: serializer.render(value).encode()
