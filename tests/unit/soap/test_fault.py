"""Faults of any form, and which fault answers which error."""

from __future__ import annotations

import pytest
from lxml import etree

from ocpp_sdk.deviation import DeviationKind
from ocpp_sdk.errors import (
    ConfigurationError,
    EnvelopeError,
    FaultError,
    IdentityMismatchError,
    InternalError,
    LimitExceededError,
    MalformedXmlError,
    MissingFieldError,
    NotSupportedError,
    OcppError,
    ProtocolError,
    SecurityError,
    UnknownOperationError,
)
from ocpp_sdk.operation import Service
from ocpp_sdk.soap.fault import fault_for, find_fault, http_status_for, read_fault, write_fault
from ocpp_sdk.soap.namespaces import SOAP

from .services import CP16, CS12, CS15, CS16, VENDOR


def read(content: str, tag: str = "s:Fault") -> FaultError:
    namespaces = f'xmlns:s="{SOAP}" xmlns:c="urn:any" xmlns:o="http://schemas.xmlsoap.org/soap/envelope/"'
    body = etree.fromstring(f"<s:Body {namespaces}><{tag}>{content}</{tag}></s:Body>")
    fault = find_fault(body)
    assert fault is not None
    return read_fault(fault)


REASON = '<s:Reason><s:Text xml:lang="en-US">Who are you?</s:Text></s:Reason>'


@pytest.mark.parametrize(
    ("subcode", "kind"),
    [
        ("SecurityError", SecurityError),
        ("IdentityMismatch", IdentityMismatchError),
        ("ProtocolError", ProtocolError),
        ("InternalError", InternalError),
        ("NotSupported", NotSupportedError),
        ("UrlMismatch", FaultError),
    ],
)
def test_read_fault_as_specified_gives_the_class_of_its_subcode(subcode: str, kind: type[FaultError]) -> None:
    """The namespace of the subcode does not matter, an unknown subcode is kept."""
    code = f"<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>c:{subcode}</s:Value></s:Subcode></s:Code>"
    fault = read(f"{code}{REASON}<s:Detail><c:x>more</c:x></s:Detail>")
    assert type(fault) is kind
    assert (fault.code, fault.subcode, fault.reason, fault.detail) == ("Sender", subcode, "Who are you?", "more")
    assert fault.deviations == ()


def test_read_fault_without_subcode_and_detail_is_a_plain_one() -> None:
    """SOAP demands neither."""
    fault = read(f"<s:Code><s:Value>s:Receiver</s:Value></s:Code>{REASON}")
    assert (type(fault), fault.code, fault.subcode, fault.detail) == (FaultError, "Receiver", None, None)
    assert fault.deviations == ()


@pytest.mark.parametrize(
    ("content", "tag", "expected"),
    [
        (
            "<s:Code><s:Value>s:Sender</s:Value><c:SubCode><s:Value>c:SecurityError</s:Value></c:SubCode></s:Code>"
            "<s:Reason><s:Text>no</s:Text></s:Reason><s:Detail><s:Text>x</s:Text></s:Detail>",
            "s:Fault",
            (SecurityError, "Sender", "SecurityError", "no"),
        ),
        (
            "<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ProtocolError</s:Value></s:Subcode></s:Code>"
            + REASON,
            "s:Fault",
            (ProtocolError, "Sender", "ProtocolError", "Who are you?"),
        ),
        (
            "<faultcode>o:Client</faultcode><faultstring>old</faultstring><detail>d</detail>",
            "o:Fault",
            (FaultError, "Sender", None, "old"),
        ),
        ("<Code>Sender</Code><Reason>bare</Reason>", "Fault", (FaultError, "Sender", None, "bare")),
        ("", "s:Fault", (FaultError, "Receiver", None, "no reason given")),
    ],
)
def test_read_fault_in_an_odd_form_is_read_with_a_deviation(
    content: str, tag: str, expected: tuple[type[FaultError], str, str | None, str]
) -> None:
    """Misplaced, unqualified, of SOAP 1.1 or empty."""
    fault = read(content, tag)
    assert (type(fault), fault.code, fault.subcode, fault.reason) == expected
    assert [deviation.kind for deviation in fault.deviations] == [DeviationKind.FAULT_FORM]


def test_find_fault_at_any_depth_of_a_body() -> None:
    """Some peers wrap it."""
    body = etree.fromstring(f'<s:Body xmlns:s="{SOAP}"><x><y><s:Fault/></y></x></s:Body>')
    assert find_fault(body) is not None
    assert find_fault(body[0][0][0]) is not None
    assert find_fault(etree.fromstring("<Body><x/></Body>")) is None


def test_read_fault_keeps_texts_short() -> None:
    """A peer's essay is no log line."""
    fault = read(f"<s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>{'x' * 99_999}</s:Text></s:Reason>")
    assert len(fault.reason) == 1000


@pytest.mark.parametrize(
    ("error", "code", "subcode", "status"),
    [
        (SecurityError("no"), "Sender", "SecurityError", 400),
        (InternalError("no"), "Receiver", "InternalError", 500),
        (MalformedXmlError("x"), "Sender", "ProtocolError", 400),
        (LimitExceededError("x"), "Sender", "ProtocolError", 400),
        (MissingFieldError("a/b", "missing"), "Sender", "ProtocolError", 400),
        (UnknownOperationError("x"), "Sender", "ProtocolError", 400),
        (UnknownOperationError("x", known_service=True), "Receiver", "NotSupported", 500),
        (EnvelopeError("x"), "Sender", "ProtocolError", 400),
        (EnvelopeError("x", version_mismatch=True), "VersionMismatch", None, 500),
        (EnvelopeError("x", not_understood=True), "MustUnderstand", None, 500),
        (ConfigurationError("x"), "Receiver", "InternalError", 500),
    ],
)
def test_fault_for_an_error_says_whose_mistake_it_was(
    error: OcppError, code: str, subcode: str | None, status: int
) -> None:
    """And the HTTP status follows the code."""
    fault = fault_for(error)
    assert (fault.code, fault.subcode, http_status_for(fault)) == (code, subcode, status)


def test_fault_for_an_inner_error_says_nothing_of_it() -> None:
    """Neither paths nor addresses."""
    assert "/etc" not in fault_for(ConfigurationError("cannot read /etc/secret")).reason


@pytest.mark.parametrize(
    ("service", "namespace"),
    [
        (CS12, "urn://Ocpp/2010/08/"),
        (CS15, "urn://Ocpp/2012/02/"),
        (CS16, "urn://Ocpp/Cs/2015/10"),
        (CP16, "urn://Ocpp/Cp/2015/10"),
        (VENDOR, "urn:vendor:meters"),
        (None, "urn://Ocpp/Cs/2015/10"),
    ],
)
def test_write_fault_gives_the_subcode_the_namespace_of_the_version(service: Service | None, namespace: str) -> None:
    """As a qualified name whose prefix is declared."""
    written = f'<soap:Body xmlns:soap="{SOAP}">{write_fault(SecurityError("no", detail="d"), service)}</soap:Body>'
    fault = etree.fromstring(written)[0]
    value = fault.find(f"{{{SOAP}}}Code/{{{SOAP}}}Subcode/{{{SOAP}}}Value")
    assert value is not None
    assert value.text is not None
    prefix, name = value.text.split(":")
    assert (value.nsmap[prefix], name) == (namespace, "SecurityError")
    again = read_fault(fault)
    assert (type(again), again.reason, again.detail, again.deviations) == (SecurityError, "no", "d", ())


@pytest.mark.parametrize(
    "fault",
    [
        FaultError("a <b> & \x00 \ud800 \uffff", detail="\x01<&"),
        FaultError("x", code="Nonsense", subcode="no name"),
        FaultError("x", subcode='"><x>'),
        FaultError(""),
    ],
)
def test_write_fault_never_fails(fault: FaultError) -> None:
    """Whatever a handler put into it, the peer gets a regular fault."""
    written = f'<soap:Body xmlns:soap="{SOAP}">{write_fault(fault, CS15)}</soap:Body>'.encode()
    again = read_fault(etree.fromstring(written)[0])
    assert (again.code, again.subcode, again.deviations) == ("Receiver", None, ())
