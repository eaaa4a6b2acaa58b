"""The headers, each oddity by name, and the same values on both ways of reading."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from ocpp_sdk.call import Addressing
from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import EnvelopeError
from ocpp_sdk.operation import Service
from ocpp_sdk.soap.addressing import read_headers, settle
from ocpp_sdk.soap.limits import Limits
from ocpp_sdk.soap.namespaces import ANONYMOUS, SOAP, WSA
from ocpp_sdk.soap.scanning import scan_envelope

from .messages import (
    ACTION,
    CP15_NS,
    CS12_NS,
    CS15_NS,
    CS16_NS,
    FROM,
    IDENTITY,
    MESSAGE_ID,
    REPLY_TO,
    TO,
    USUAL,
    heartbeat,
)
from .services import CS12, CS15, CS16, VENDOR

K = DeviationKind
SERVICES = {CS12_NS: CS12, CS15_NS: CS15, CS16_NS: CS16}


def read(
    header: str | None, namespace: str = CS15_NS, *, reply: bool = False, strict: bool = False, wsa: str = WSA
) -> tuple[str, Addressing, list[DeviationKind]]:
    deviations: list[Deviation] = []
    service: Service = SERVICES[namespace]
    root = etree.fromstring(heartbeat(header, namespace=namespace, wsa=wsa))
    block = root[0] if header is not None else None
    values = read_headers(block, service, deviations, strict=strict)
    identity, addressing = settle(values, service, deviations, reply=reply)
    return identity, addressing, [deviation.kind for deviation in deviations]


@pytest.mark.parametrize("namespace", [CS12_NS, CS15_NS, CS16_NS])
def test_headers_as_specified_have_no_deviation_in_any_version(namespace: str) -> None:
    """All values arrive."""
    identity, addressing, kinds = read(USUAL, namespace, strict=True)
    assert (identity, kinds) == ("CP1", [])
    assert addressing == Addressing(
        action="/Heartbeat",
        message_id="urn:uuid:1",
        to="http://192.0.2.1/cs",
        from_address="http://192.0.2.7:8080/cp",
        reply_to=ANONYMOUS,
    )


@pytest.mark.parametrize(
    ("namespace", "reply", "kinds"),
    [
        (CS12_NS, False, [K.IDENTITY_MISSING, K.ACTION_MISSING]),
        (CS15_NS, False, [K.IDENTITY_MISSING, K.ACTION_MISSING]),
        (CS16_NS, False, [K.IDENTITY_MISSING, K.ACTION_MISSING, K.MESSAGE_ID_MISSING, K.FROM_MISSING, K.TO_MISSING]),
        (CS12_NS, True, []),
        (CS15_NS, True, [K.ACTION_MISSING]),
        (CS16_NS, True, [K.ACTION_MISSING, K.MESSAGE_ID_MISSING, K.RELATES_TO_MISSING]),
    ],
)
@pytest.mark.parametrize("header", [None, ""])
def test_headers_that_are_missing_deviate_where_the_version_describes_them(
    namespace: str, reply: bool, kinds: list[DeviationKind], header: str | None
) -> None:
    """What 1.2 and 1.5 do not describe cannot be missing."""
    assert read(header, namespace, reply=reply) == ("", Addressing(), kinds)


@pytest.mark.parametrize(
    ("header", "kinds"),
    [
        ("<o:ChargeBoxIdentity>CP1</o:ChargeBoxIdentity>", []),
        ("<o:CHARGEBOXIDENTITY>CP1</o:CHARGEBOXIDENTITY>", []),
        (f'<x:chargeBoxIdentity xmlns:x="{CP15_NS}">CP1</x:chargeBoxIdentity>', [K.IDENTITY_NAMESPACE]),
        ("<a:chargeBoxIdentity>CP1</a:chargeBoxIdentity>", [K.IDENTITY_NAMESPACE]),
        ("<chargeBoxIdentity>CP1</chargeBoxIdentity>", [K.IDENTITY_NAMESPACE]),
        ("<o:chargeBoxIdentity>\n CP1\t</o:chargeBoxIdentity>", [K.HEADER_BLANKS]),
        (IDENTITY + IDENTITY, [K.HEADER_REPEATED]),
        (IDENTITY + "<a:chargeBoxIdentity>CP1</a:chargeBoxIdentity>", [K.HEADER_REPEATED]),
    ],
)
def test_identity_in_an_odd_form_is_read(header: str, kinds: list[DeviationKind]) -> None:
    """1.5 says that the letter case of the name is free."""
    identity, _, found = read(header + ACTION)
    assert (identity, found) == ("CP1", kinds)


def test_identity_in_version_12_may_have_blanks_but_not_another_case() -> None:
    """The example of its specification has blanks; the free letter case came with 1.5."""
    assert read("<o:chargeBoxIdentity> CP1 </o:chargeBoxIdentity>" + ACTION, CS12_NS)[2] == []
    assert read("<o:chargeboxidentity>CP1</o:chargeboxidentity>" + ACTION, CS12_NS)[2] == [K.HEADER_CASE]


@pytest.mark.parametrize("header", ["<o:chargeBoxIdentity/>", "<o:chargeBoxIdentity> \n</o:chargeBoxIdentity>"])
def test_identity_that_is_empty_is_missing(header: str) -> None:
    """An empty text names nobody."""
    assert read(header + ACTION)[::2] == ("", [K.IDENTITY_MISSING])


@pytest.mark.parametrize(
    "second", ["<o:chargeBoxIdentity>CP2</o:chargeBoxIdentity>", "<chargeBoxIdentity>CP2</chargeBoxIdentity>"]
)
def test_identity_given_twice_with_different_values_is_refused(second: str) -> None:
    """Nobody can tell which one was checked before."""
    for header in (IDENTITY + second, second + IDENTITY):
        with pytest.raises(EnvelopeError, match="two different"):
            read(header + ACTION)


@pytest.mark.parametrize(
    ("sender", "address", "kinds"),
    [
        ("<a:From>http://192.0.2.7/cp</a:From>", "http://192.0.2.7/cp", [K.ADDRESS_BARE]),
        (
            "<a:From>\n<a:Address>\nhttps://cp.example/x\n</a:Address></a:From>",
            "https://cp.example/x",
            [K.HEADER_BLANKS],
        ),
        ("<a:From><Address>http://192.0.2.7</Address></a:From>", "http://192.0.2.7", [K.ADDRESSING_NAMESPACE]),
        ("<a:From><a:Address>http://[2001:db8::1]:80/</a:Address></a:From>", "http://[2001:db8::1]:80/", []),
        ("<a:From><a:Address>http://:8082/</a:Address></a:From>", None, [K.ADDRESS_INVALID]),
        ("<a:From><a:Address>source</a:Address></a:From>", None, [K.ADDRESS_INVALID]),
        ("<a:From><a:Address>ftp://192.0.2.7/</a:Address></a:From>", None, [K.ADDRESS_INVALID]),
        ("<a:From><a:Address>http://192.0.2.7/a b</a:Address></a:From>", None, [K.ADDRESS_INVALID]),
        (f"<a:From><a:Address>http://192.0.2.7/{'x' * 600}</a:Address></a:From>", None, [K.ADDRESS_INVALID]),
        ("<a:From><a:Address/></a:From>", None, [K.ADDRESS_INVALID]),
        ("<a:From/>", None, [K.ADDRESS_INVALID]),
        (f"<a:From><a:Address>{ANONYMOUS}</a:Address></a:From>", None, []),
    ],
)
def test_from_is_an_address_that_can_be_called_or_none(
    sender: str, address: str | None, kinds: list[DeviationKind]
) -> None:
    """Nobody is called at an address that is none."""
    _, addressing, found = read(IDENTITY + ACTION + sender)
    assert (addressing.from_address, found) == (address, kinds)


def test_from_in_a_16_request_must_not_be_anonymous() -> None:
    """OCPP-S 1.6 section 3.7 wants the address at which the sender listens."""
    header = USUAL.replace("http://192.0.2.7:8080/cp", ANONYMOUS)
    assert read(header, CS16_NS)[2] == [K.ADDRESS_INVALID]
    assert read(header + "<a:RelatesTo>x</a:RelatesTo>", CS16_NS, reply=True)[2] == []


@pytest.mark.parametrize(
    ("address", "value", "kinds"),
    [
        ("http://host.example", "http://host.example", [K.REPLY_TO_NOT_ANONYMOUS]),
        ("invalid", None, [K.ADDRESS_INVALID]),
        (ANONYMOUS, ANONYMOUS, []),
    ],
)
def test_reply_to_elsewhere_is_a_deviation(address: str, value: str | None, kinds: list[DeviationKind]) -> None:
    """The reply goes into the HTTP response all the same."""
    _, addressing, found = read(IDENTITY + ACTION + f"<a:ReplyTo><a:Address>{address}</a:Address></a:ReplyTo>")
    assert (addressing.reply_to, found) == (value, kinds)


@pytest.mark.parametrize("wsa", ["http://schemas.xmlsoap.org/ws/2004/08/addressing", "urn:other"])
def test_addressing_in_another_namespace_is_read_with_one_deviation(wsa: str) -> None:
    """One for all headers."""
    identity, addressing, kinds = read(IDENTITY + ACTION + MESSAGE_ID + FROM, wsa=wsa)
    assert (identity, addressing.message_id, addressing.from_address) == (
        "CP1",
        "urn:uuid:1",
        "http://192.0.2.7:8080/cp",
    )
    assert kinds == [K.ADDRESSING_NAMESPACE]


def test_addressing_in_the_right_namespace_wins_over_a_namesake() -> None:
    """A vendor's own To is none of ours."""
    header = IDENTITY + ACTION + '<To xmlns="urn:vendor">elsewhere</To>' + TO
    _, addressing, kinds = read(header)
    assert (addressing.to, kinds) == ("http://192.0.2.1/cs", [])


@pytest.mark.parametrize(
    ("header", "kinds"),
    [
        ("<a:messageID>x</a:messageID>", [K.HEADER_CASE]),
        ("<a:MessageID>x\n </a:MessageID>", [K.HEADER_BLANKS]),
        ("<a:MessageID>x</a:MessageID><a:MessageID>y</a:MessageID>", [K.HEADER_REPEATED]),
    ],
)
def test_message_id_in_an_odd_form_is_read_and_trimmed(header: str, kinds: list[DeviationKind]) -> None:
    """The first one counts."""
    _, addressing, found = read(IDENTITY + ACTION + header)
    assert (addressing.message_id, found) == ("x", kinds)


def test_relates_to_of_another_relationship_is_passed_over() -> None:
    """WS-Addressing allows several; only the reply relationship says what is answered."""
    other = '<a:RelatesTo RelationshipType="urn:other">x</a:RelatesTo>'
    reply = f'<a:RelatesTo RelationshipType="{WSA}/reply">y</a:RelatesTo>'
    _, addressing, kinds = read(ACTION + other + reply, reply=True)
    assert (addressing.relates_to, kinds) == ("y", [])


@pytest.mark.parametrize(
    ("attributes", "kinds"),
    [
        ('s:mustUnderstand="true"', [K.HEADER_NOT_UNDERSTOOD]),
        ('s:mustUnderstand="1"', [K.HEADER_NOT_UNDERSTOOD]),
        ('s:mustUnderstand="0"', []),
        (f's:mustUnderstand="1" s:role="{SOAP}/role/next"', [K.HEADER_NOT_UNDERSTOOD]),
        ('s:mustUnderstand="1" s:role="urn:somebody-else"', []),
        ("", []),
    ],
)
def test_unknown_header_deviates_if_it_must_be_understood_here(attributes: str, kinds: list[DeviationKind]) -> None:
    """Strict mode refuses it, as SOAP 1.2 wants."""
    header = USUAL + f'<Sequence xmlns="urn:rm" {attributes}><Identifier>1</Identifier></Sequence>'
    assert read(header)[2] == kinds
    if kinds:
        with pytest.raises(EnvelopeError) as caught:
            read(header, strict=True)
        assert caught.value.not_understood


def test_known_headers_may_all_be_marked_must_understand() -> None:
    """Stations mark everything."""
    marked = USUAL
    for name in ("o:chargeBoxIdentity", "a:Action", "a:MessageID", "a:From", "a:ReplyTo", "a:To"):
        marked = marked.replace(f"<{name}>", f'<{name} s:mustUnderstand="true">')
    assert read(marked, strict=True)[2] == []


def test_vendor_service_without_an_identity_misses_none() -> None:
    """Nor any other header."""
    deviations: list[Deviation] = []
    assert settle([None] * 8, VENDOR, deviations, reply=False) == ("", Addressing())
    assert deviations == []


BLOCKS = [
    IDENTITY,
    ACTION,
    MESSAGE_ID,
    FROM,
    REPLY_TO,
    TO,
    "<a:RelatesTo>r</a:RelatesTo>",
    FROM.replace("From", "FaultTo"),
]


@given(st.lists(st.sampled_from(BLOCKS), unique=True), st.sampled_from([CS12_NS, CS15_NS, CS16_NS]))
def test_both_ways_of_reading_agree_on_usual_headers(blocks: list[str], namespace: str) -> None:
    """In any order, whichever are there."""
    data = heartbeat("".join(blocks), namespace=namespace)
    deviations: list[Deviation] = []
    scanned = scan_envelope(data, Limits())
    assert scanned.values == read_headers(etree.fromstring(data)[0], SERVICES[namespace], deviations, strict=False)
    assert deviations == []
