"""Requests and replies, from bytes and to bytes, as client and server use them."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from ocpp_sdk.deviation import DeviationKind
from ocpp_sdk.errors import (
    DeviationError,
    EnvelopeError,
    FaultError,
    InternalError,
    InvalidTextError,
    LimitExceededError,
    MissingFieldError,
    ProtocolError,
    UnexpectedPayloadError,
    UnknownOperationError,
)
from ocpp_sdk.operation import AnyOperation, Service
from ocpp_sdk.soap.exchange import (
    decode_reply,
    decode_request,
    encode_fault,
    encode_reply,
    encode_request,
    fault_for,
    http_status_for,
)
from ocpp_sdk.soap.limits import Limits
from ocpp_sdk.soap.namespaces import ANONYMOUS, SOAP, SOAP11, UNSPECIFIED, WSA

from .messages import ACTION, CP15_NS, CP16_NS, CS12_NS, CS15_NS, IDENTITY, TO, USUAL, envelope, heartbeat
from .schema import assert_valid
from .services import CP12, CP15, CP16, CS12, CS15, CS16, EVERYTHING, VENDOR, answer, message

K = DeviationKind
TIME = "2026-01-01T00:00:00Z"
ANSWERS: dict[str, dict[str, str]] = {
    "Heartbeat": {"currentTime": TIME},
    "DataTransfer": {"status": "Accepted", "data": "<&>\r\n\t é"},
    "Reset": {"status": "Accepted"},
    "ClearCache": {"status": "Rejected"},
}
REQUESTS: dict[str, dict[str, str]] = {
    "BootNotification": {"chargePointVendor": "A & B", "chargePointModel": "<M>"},
    "DiagnosticsStatusNotification": {"status": "Uploaded"},
    "FirmwareStatusNotification": {"status": "Installed"},
    "DataTransfer": {"vendorId": "v", "data": "]]>\r"},
    "Reset": {"type": "Soft"},
}
OPERATIONS = [
    operation for service in (CS12, CP12, CS15, CP15, CS16, CP16) for operation in service.operations.values()
]


def boot_answer(operation: AnyOperation) -> dict[str, str]:
    name = "interval" if operation.service is CS16 else "heartbeatInterval"
    return {"status": "Accepted", "currentTime": TIME, name: "300"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=repr)
def test_encoded_request_is_read_strictly_and_valid(operation: AnyOperation) -> None:
    """What is written needs no tolerance, and fits the schema of the WSDL."""
    request = message(operation, **REQUESTS.get(operation.name, {}))
    data = encode_request(
        operation,
        request,
        charge_box_identity="CP <1>",
        message_id="urn:uuid:1",
        to="http://192.0.2.1/?a&b",
        from_address="http://192.0.2.7:80/cp",
    )
    assert_valid(data, operation.service)
    incoming = decode_request(data, EVERYTHING, strict=True)
    assert (incoming.operation, incoming.message, incoming.charge_box_identity) == (operation, request, "CP <1>")
    addressing = incoming.addressing
    assert (addressing.action, addressing.message_id, addressing.to) == (
        f"/{operation.name}",
        "urn:uuid:1",
        "http://192.0.2.1/?a&b",
    )
    assert (addressing.from_address, addressing.reply_to, addressing.relates_to) == (
        "http://192.0.2.7:80/cp",
        ANONYMOUS,
        None,
    )


@pytest.mark.parametrize("operation", OPERATIONS, ids=repr)
def test_encoded_reply_is_read_strictly_and_valid(operation: AnyOperation) -> None:
    """With the headers that strict WS-Addressing stacks want."""
    fields = boot_answer(operation) if operation.name == "BootNotification" else ANSWERS.get(operation.name, {})
    value = answer(operation, **fields)
    data = encode_reply(operation, value, message_id="urn:uuid:2", relates_to="urn:uuid:1")
    assert_valid(data, operation.service)
    reply = decode_reply(data, operation, message_id="urn:uuid:1", strict=True)
    assert reply.message == value
    header = etree.fromstring(data)[0]
    assert {str(block.tag): block.text for block in header} == {
        f"{{{WSA}}}Action": operation.response_action,
        f"{{{WSA}}}MessageID": "urn:uuid:2",
        f"{{{WSA}}}RelatesTo": "urn:uuid:1",
        f"{{{WSA}}}To": ANONYMOUS,
    }


def test_encoded_messages_begin_with_a_declaration_of_utf8() -> None:
    """OCPP-S 1.6 section 3.1."""
    heartbeat_15 = CS15.operations["Heartbeat"]
    data = encode_reply(heartbeat_15, answer(heartbeat_15, currentTime=TIME), message_id="é", relates_to=None)
    assert data.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    assert "é".encode() in data


def test_encoded_reply_to_a_request_without_message_id_relates_to_unspecified() -> None:
    """WS-Addressing has a name for it."""
    clear = CP15.operations["ClearCache"]
    data = encode_reply(clear, answer(clear, status="Accepted"), message_id="m", relates_to=None)
    assert decode_reply(data, clear, message_id="").addressing.relates_to == UNSPECIFIED


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("chargeBoxIdentity", {"charge_box_identity": "CP\x00"}),
        ("MessageID", {"message_id": "\x1b"}),
        ("To", {"to": "\ud800"}),
        ("From", {"from_address": "\uffff"}),
        ("ReplyTo", {"reply_to": "\x07"}),
    ],
)
def test_encode_request_with_a_character_that_xml_forbids_names_the_header(name: str, changed: dict[str, str]) -> None:
    """Nothing is written that no peer could parse."""
    reset = CP15.operations["Reset"]
    fields: dict[str, Any] = {"charge_box_identity": "CP1", "message_id": "m", "to": "http://x", **changed}
    with pytest.raises(InvalidTextError) as caught:
        encode_request(reset, message(reset, type="Soft"), **fields)
    assert caught.value.path == name


def test_encode_request_without_an_identity_is_refused_where_the_service_has_one() -> None:
    """A vendor's service may have none."""
    reset, read = CP15.operations["Reset"], VENDOR.operations["ReadMeter"]
    with pytest.raises(MissingFieldError, match="chargeBoxIdentity"):
        encode_request(reset, message(reset, type="Soft"), charge_box_identity=" ", message_id="m", to="x")
    data = encode_request(
        read, message(read, serial="1"), charge_box_identity="", message_id="m", to="x", reply_to=None
    )
    incoming = decode_request(data, EVERYTHING, strict=True)
    assert (incoming.operation, incoming.charge_box_identity, incoming.addressing.reply_to) == (read, "", None)


@pytest.mark.parametrize(
    ("action", "kinds"),
    [
        ("/Heartbeat", []),
        ("Heartbeat", [K.ACTION_FORM]),
        ("/heartbeat", [K.ACTION_FORM]),
        (f"{CS15_NS}CentralSystemService/Heartbeat", [K.ACTION_FORM]),
        ("urn:ocpp:Heartbeat", [K.ACTION_FORM]),
        ("/Authorize", [K.ACTION_MISMATCH]),
        ("/HeartbeatResponse", [K.ACTION_MISMATCH]),
        ("/", [K.ACTION_MISMATCH]),
    ],
)
def test_action_of_a_request_is_only_compared(action: str, kinds: list[DeviationKind]) -> None:
    """The payload decides what is called."""
    incoming = decode_request(heartbeat(USUAL.replace("/Heartbeat", action)), EVERYTHING)
    assert incoming.operation is CS15.operations["Heartbeat"]
    assert [deviation.kind for deviation in incoming.deviations] == kinds


@pytest.mark.parametrize(
    "data", [heartbeat(USUAL.replace("/Heartbeat", "/Reset")), heartbeat(IDENTITY), b"\xef\xbb\xbf" + heartbeat()]
)
def test_decode_request_in_strict_mode_makes_a_deviation_an_error(data: bytes) -> None:
    """Answered with ProtocolError."""
    assert decode_request(data, EVERYTHING).deviations
    with pytest.raises(DeviationError) as caught:
        decode_request(data, EVERYTHING, strict=True)
    assert type(fault_for(caught.value)) is ProtocolError


def test_decode_request_in_strict_mode_reads_what_12_and_15_do_not_demand() -> None:
    """Identity and action are all that they describe."""
    for namespace in (CS12_NS, CS15_NS):
        assert (
            decode_request(heartbeat(IDENTITY + ACTION, namespace=namespace), EVERYTHING, strict=True).deviations == []
        )


@pytest.mark.parametrize("header", [USUAL, USUAL + '<x xmlns="urn:x">y</x>'])
def test_decode_request_deeper_than_allowed_is_refused_wherever_it_is_deep(header: str) -> None:
    """In unknown headers and in unknown fields."""
    deep = "<d>" * 40 + "</d>" * 40
    for data in (
        heartbeat(header + f'<x xmlns="urn:x">{deep}</x>'),
        envelope(header, f"<o:heartbeatRequest>{deep}</o:heartbeatRequest>"),
    ):
        with pytest.raises(LimitExceededError, match="32 deep"):
            decode_request(data, EVERYTHING)
        assert decode_request(data, EVERYTHING, limits=Limits(max_depth=64)).operation is CS15.operations["Heartbeat"]
    with pytest.raises(LimitExceededError, match="2 deep"):
        decode_request(heartbeat(header), EVERYTHING, limits=Limits(max_depth=2))


def test_decode_request_may_be_larger_if_it_was_inflated() -> None:
    """The two sizes are bounded apart."""
    limits = Limits(max_bytes=100)
    with pytest.raises(LimitExceededError):
        decode_request(heartbeat(), EVERYTHING, limits=limits)
    assert decode_request(heartbeat(), EVERYTHING, limits=limits, inflated=True).charge_box_identity == "CP1"


def test_decode_request_of_soap_11_is_answered_with_a_version_mismatch() -> None:
    """The fault names the envelope that is spoken here."""
    with pytest.raises(EnvelopeError) as caught:
        decode_request(envelope(USUAL, "<o:heartbeatRequest/>", soap=SOAP11), EVERYTHING)
    fault = fault_for(caught.value)
    data = encode_fault(fault, service=None, message_id="m", relates_to=None)
    assert http_status_for(fault) == 500
    assert etree.fromstring(data).find(f".//{{{SOAP}}}Upgrade/{{{SOAP}}}SupportedEnvelope") is not None


def test_decode_request_of_an_operation_the_version_lacks_is_not_supported() -> None:
    """DataTransfer came with 1.5."""
    with pytest.raises(UnknownOperationError) as caught:
        decode_request(envelope(USUAL, "<o:dataTransferRequest/>", namespace=CS12_NS), EVERYTHING)
    assert fault_for(caught.value).subcode == "NotSupported"


CLEAR = CP15.operations["ClearCache"]
REPLY_HEADER = "<a:Action>/ClearCacheResponse</a:Action><a:RelatesTo>r</a:RelatesTo>"
STATUS = "<o:status>Accepted</o:status>"


def cleared(body: str, header: str | None = REPLY_HEADER, namespace: str = CP15_NS) -> bytes:
    return envelope(header, body, namespace=namespace)


@pytest.mark.parametrize(
    ("data", "kinds"),
    [
        (cleared(f"<o:clearCacheResponse>{STATUS}</o:clearCacheResponse>"), []),
        (cleared(f"<o:ClearCacheResponse>{STATUS}</o:ClearCacheResponse>"), [K.BODY_ELEMENT_NAME]),
        (cleared(f"<o:clearCachesResponse>{STATUS}</o:clearCachesResponse>"), [K.BODY_ELEMENT_NAME]),
        (cleared(f"<o:clearCacheResponse>{STATUS}</o:clearCacheResponse>", None), [K.ACTION_MISSING]),
        (cleared(f"<o:clearCacheResponse>{STATUS}</o:clearCacheResponse><o:x/>"), [K.BODY_EXTRA_ELEMENT]),
        (
            cleared(f"<o:clearCacheResponse>{STATUS}</o:clearCacheResponse>", REPLY_HEADER.replace(">r<", ">x<")),
            [K.RELATES_TO_MISMATCH],
        ),
        (
            cleared(f"<o:clearCacheResponse>{STATUS}</o:clearCacheResponse>", REPLY_HEADER.replace("Response", "")),
            [K.ACTION_MISMATCH],
        ),
    ],
)
def test_decode_reply_in_an_odd_form_is_read(data: bytes, kinds: list[DeviationKind]) -> None:
    """The HTTP exchange says what is answered."""
    reply = decode_reply(data, CLEAR, message_id="r")
    assert reply.message == answer(CLEAR, status="Accepted")
    assert [deviation.kind for deviation in reply.deviations] == kinds


@pytest.mark.parametrize("namespace", [CS15_NS, "urn://Ocpp/Cp/2012/06", "urn:other"])
def test_decode_reply_in_another_namespace_is_read(namespace: str) -> None:
    """Also in that of the other service."""
    reply = decode_reply(
        cleared(f"<o:clearCacheResponse>{STATUS}</o:clearCacheResponse>", namespace=namespace), CLEAR, message_id="r"
    )
    assert reply.message == answer(CLEAR, status="Accepted")
    assert reply.deviations[0].kind is K.BODY_NAMESPACE


@pytest.mark.parametrize(
    ("body", "namespace"),
    [
        ("<o:resetResponse><o:status>Accepted</o:status></o:resetResponse>", CP15_NS),
        ("<o:ResetResponse><o:status>Accepted</o:status></o:ResetResponse>", CP15_NS),
        ("<o:clearCacheRequest/>", CP15_NS),
        ("<o:bootNotificationResponse/>", CS15_NS),
        ("<html/>", CP15_NS),
    ],
)
def test_decode_reply_to_something_else_is_an_unexpected_payload(body: str, namespace: str) -> None:
    """The element that came is named."""
    with pytest.raises(UnexpectedPayloadError) as caught:
        decode_reply(cleared(body, namespace=namespace), CLEAR, message_id="r")
    assert caught.value.tag == etree.fromstring(cleared(body, namespace=namespace))[1][0].tag


def test_decode_reply_of_16_misses_what_its_specification_demands() -> None:
    """And nothing else does."""
    clear = CP16.operations["ClearCache"]
    data = cleared(f"<o:clearCacheResponse>{STATUS}</o:clearCacheResponse>", None, CP16_NS)
    kinds = [deviation.kind for deviation in decode_reply(data, clear, message_id="r").deviations]
    assert kinds == [K.ACTION_MISSING, K.MESSAGE_ID_MISSING, K.RELATES_TO_MISSING]


def test_decode_reply_of_12_accepts_both_forms_of_the_action() -> None:
    """Its WSDL declares none."""
    beat = CS12.operations["Heartbeat"]
    body = f"<o:heartbeatResponse><o:currentTime>{TIME}</o:currentTime></o:heartbeatResponse>"
    for action in ("/HeartbeatResponse", f"{CS12_NS}CentralSystemService/HeartbeatResponse"):
        data = envelope(f"<a:Action>{action}</a:Action>", body, namespace=CS12_NS)
        assert decode_reply(data, beat, message_id="r", strict=True).deviations == []


@pytest.mark.parametrize(
    ("service", "relates_to"), [(CS12, "r"), (CS15, "r"), (CS16, "r"), (CP16, "r"), (VENDOR, "r"), (None, None)]
)
def test_encoded_fault_is_read_as_the_same_fault(service: Service | None, relates_to: str | None) -> None:
    """With the headers of any reply."""
    data = encode_fault(InternalError("Sorry & <bye>"), service=service, message_id="m", relates_to=relates_to)
    with pytest.raises(InternalError) as caught:
        decode_reply(data, CLEAR, message_id="r", strict=True)
    assert (caught.value.code, caught.value.reason, caught.value.deviations) == ("Receiver", "Sorry & <bye>", ())
    header = {etree.QName(block).localname: block.text for block in etree.fromstring(data)[0]}
    assert header == {
        "Action": f"{WSA}/soap/fault",
        "MessageID": "m",
        "RelatesTo": relates_to or UNSPECIFIED,
        "To": ANONYMOUS,
    }


@pytest.mark.parametrize(
    "data",
    [
        f'<s:Envelope xmlns:s="{SOAP11}"><s:Body><s:Fault><faultcode>x</faultcode></s:Fault></s:Body></s:Envelope>',
        f'<s:Envelope xmlns:s="{SOAP}"><s:Body><x><s:Fault/></x></s:Body></s:Envelope>',
        f'<s:Envelope xmlns:s="{SOAP}"><s:Body><x/><s:Fault/></s:Body></s:Envelope>',
    ],
)
def test_decode_reply_finds_a_fault_of_any_form_anywhere(data: str) -> None:
    """With a deviation that says so."""
    with pytest.raises(FaultError) as caught:
        decode_reply(data.encode(), CLEAR, message_id="r")
    assert caught.value.deviations[-1].kind is K.FAULT_FORM


def test_decode_reply_without_header_or_identity_is_not_odd_about_the_identity() -> None:
    """No version demands one in replies."""
    reply = decode_reply(
        cleared(f"<o:clearCacheResponse>{STATUS}</o:clearCacheResponse>", IDENTITY + REPLY_HEADER + TO),
        CLEAR,
        message_id="r",
    )
    assert (reply.charge_box_identity, reply.deviations) == ("CP1", [])
