"""Every way to read and write a message gives the same: exact, tolerant, and xsdata's own; and the schema agrees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from xsdata.formats.dataclass.context import XmlContext
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig
from xsdata.formats.dataclass.serializers import XmlSerializer
from xsdata.formats.dataclass.serializers.config import SerializerConfig

from ocpp_sdk import v12, v15, v16
from ocpp_sdk.codec.exact import EXACT_ERRORS
from ocpp_sdk.codec.explain import write_carefully
from ocpp_sdk.codec.message import MessageCodec
from ocpp_sdk.codec.tolerant import read_tolerantly
from ocpp_sdk.codec.xsdata import class_factory, register
from ocpp_sdk.deviation import Deviation
from ocpp_sdk.operation import Service
from ocpp_sdk.soap.limits import Limits
from ocpp_sdk.soap.namespaces import SOAP
from ocpp_sdk.soap.scanning import scan_envelope, scan_payload
from ocpp_sdk.testing.strategies import messages
from tests.contract.schemas import schema_of

register()
CONTEXT = XmlContext()
PARSER = XmlParser(
    context=CONTEXT,
    config=ParserConfig(class_factory=class_factory, fail_on_unknown_attributes=True, fail_on_converter_warnings=True),
)
SERIALIZER = XmlSerializer(context=CONTEXT, config=SerializerConfig(xml_declaration=False))
SERVICES = [
    service for version in (v12, v15, v16) for service in (version.central_system.SERVICE, version.charge_point.SERVICE)
]


@dataclass(frozen=True)
class Case:
    """One message of one service."""

    service: Service
    codec: MessageCodec[object]

    def __str__(self) -> str:
        return f"{self.service.version}-{self.codec.element}"


def cases() -> Iterator[Case]:
    for service in SERVICES:
        for operation in service.operations.values():
            yield Case(service, operation.request)
            yield Case(service, operation.response)


@pytest.mark.parametrize("case", list(cases()), ids=str)
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_codec_any_valid_message_agrees_with_schema_and_oracle(case: Case, data: st.DataObject) -> None:
    """What is written fits the schema, and every reader gives back what was written, without a deviation."""
    message = data.draw(messages(case.codec.type))
    schema = schema_of(case.service)
    for text in (case.codec.encode(message), write_carefully(message, case.codec.namespace, case.codec.element)):
        element = etree.fromstring(text)
        schema.assertValid(element)
        check_readers(case.codec, element, text, message)
    rendered = SERIALIZER.render(message, ns_map={"p": case.codec.namespace})
    check_readers(case.codec, etree.fromstring(rendered.encode()), rendered, message)


@pytest.mark.parametrize("case", list(cases()), ids=str)
@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_codec_message_without_empty_elements_goes_the_exact_way(case: Case, data: st.DataObject) -> None:
    """Generated code reads what it wrote by itself; only an empty element needs the thorough reader."""
    message = data.draw(messages(case.codec.type))
    text = case.codec.encode(message)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ocpp_sdk.codec.message.write_carefully", refuse)
        assert case.codec.encode(message) == text
    if not has_empty_text(message):
        assert scanned(case.codec, text) == message
        assert scanned(case.codec, SERIALIZER.render(message, ns_map={"p": case.codec.namespace})) == message


def refuse(*_arguments: object) -> object:
    """Stand where generated code must not need help."""
    raise AssertionError("generated code gave up")


def scanned(codec: MessageCodec[object], text: str) -> object:
    """Read a payload the exact way."""
    frame = f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{text.strip()}</s:Body></s:Envelope>'
    return scan_payload(codec, scan_envelope(frame.encode(), Limits()))


def has_empty_text(message: object) -> bool:
    """Whether a text is empty, which may also be xsi:nil and so needs the thorough reader."""
    if isinstance(message, list):
        return any(has_empty_text(item) for item in message)
    if is_dataclass(message):
        return any(has_empty_text(getattr(message, field.name)) for field in fields(message))
    return isinstance(message, str) and not message.strip()


def check_readers(codec: MessageCodec[object], element: etree._Element, text: str, message: object) -> None:
    """Hold what all readers make of a text against the message."""
    deviations: list[Deviation] = []
    with suppress(*EXACT_ERRORS):
        assert scanned(codec, text) == message
    assert codec.decode(element, deviations) == message
    assert codec.decode(element, deviations, strict=True) == message
    assert read_tolerantly(codec.type, element, codec.element, deviations) == message
    assert deviations == []
    assert PARSER.from_string(text, codec.type) == message
