"""The exact way through a message: what it takes, what it leaves, and that it never differs from the careful way."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocpp_sdk import v12, v15, v16
from ocpp_sdk.codec.exact import EXACT_ERRORS
from ocpp_sdk.errors import OcppError
from ocpp_sdk.operation import AnyOperation
from ocpp_sdk.soap.dispatch import OperationIndex
from ocpp_sdk.soap.exchange import Incoming, decode_request, encode_request
from ocpp_sdk.soap.limits import Limits
from ocpp_sdk.soap.scanning import scan_envelope, scan_payload
from ocpp_sdk.testing.strategies import messages

from .messages import CS15_NS, USUAL, envelope, heartbeat

INDEX = OperationIndex(
    [service for face in (v12, v15, v16) for service in (face.central_system.SERVICE, face.charge_point.SERVICE)]
)
CAREFUL = Limits(max_depth=23)
"""No message is scanned with so low a bound, since the scan does not count depth; none of ours is that deep."""


def start(id_tag: str = "TAG", namespaces: str = "") -> bytes:
    """A start of a transaction with any tag."""
    fields = f"<o:connectorId>1</o:connectorId><o:idTag>{id_tag}</o:idTag>"
    more = "<o:timestamp>2024-05-01T10:00:00Z</o:timestamp><o:meterStart>0</o:meterStart>"
    body = f"<o:startTransactionRequest{namespaces}>{fields}{more}</o:startTransactionRequest>"
    return envelope(USUAL.replace("Heartbeat", "StartTransaction"), body)


def scan(data: bytes) -> object:
    """Scan a request; the payload is returned."""
    scanned = scan_envelope(data, Limits())
    operation = INDEX.exact(scanned.tag)
    assert operation is not None
    return scan_payload(operation.request, scanned)


def outcome(data: bytes, limits: Limits) -> Incoming | str:
    """Return what a request is, or how it fails."""
    try:
        return decode_request(data, INDEX, limits=limits)
    except OcppError as error:
        return f"{type(error).__name__}: {error}"


def test_scan_reads_envelope_and_headers() -> None:
    """Payload, identity, then the addressing headers."""
    scanned = scan_envelope(heartbeat(), Limits())
    assert (scanned.tag, scanned.prefix) == (f"{{{CS15_NS}}}heartbeatRequest", "o:")
    assert scanned.identity_tag == f"{{{CS15_NS}}}chargeBoxIdentity"
    assert scanned.values[:3] == ["CP1", "/Heartbeat", "urn:uuid:1"]
    assert scanned.values[5] == "http://192.0.2.7:8080/cp"


@pytest.mark.parametrize(
    "data",
    [
        b'<?xml version="1.0" encoding="UTF-8"?>\r\n' + start(),
        b"<?xml version='1.0' encoding='utf-8' standalone='yes'?>" + start(),
        start() + b"\n",
        start().replace(b"><", b">\r\n  <"),
        start().replace(b" xmlns", b"\n\txmlns"),
        start().replace(b"o:", b"ns1:").replace(b"xmlns:o", b"xmlns:ns1"),
        start("A&amp;B&#x41;&#66;"),
        start("Ü€\U0001f50c"),
        start("A]B"),
    ],
)
def test_scan_takes_what_peers_usually_write(data: bytes) -> None:
    """Blanks, prefixes, references and all characters go the exact way."""
    assert scan(data) == decode_request(data, INDEX, limits=CAREFUL).message


@pytest.mark.parametrize(
    "data",
    [
        heartbeat(USUAL + "<x/>"),
        heartbeat(USUAL + "<a:Action>/Heartbeat</a:Action>"),
        heartbeat(USUAL + "<a:FaultTo/>"),
        heartbeat(USUAL.replace("CP1", " CP1")),
        heartbeat(USUAL.replace("<a:From>", "<a:FaultTo><a:From>").replace("</a:From>", "</a:From></a:FaultTo>")),
        heartbeat(USUAL.replace("<a:Address>http", "</a:From><a:From><a:Address>http", 1)),
        heartbeat(USUAL.replace("<a:Action>", "<z:Action>").replace("</a:Action>", "</z:Action>")),
        heartbeat() + b"x",
        heartbeat() + b"<!-- x -->",
        b"\xef\xbb\xbf" + heartbeat(),
        b" " + heartbeat(),
        b'<?xml version="1.0" encoding="ISO-8859-1"?>' + heartbeat(),
        b'<?XML version="1.0"?>' + heartbeat(),
        b"<!DOCTYPE x>" + heartbeat(),
        heartbeat().replace(b"</s:Envelope>", b"</s:Envelop>"),
        heartbeat().replace(b"</s:Body>", b""),
        heartbeat().replace(b"<s:Body>", b"<s:Body>text"),
        heartbeat().replace(b"xmlns:o=", b"xmlns:o2="),
        heartbeat().replace(b"xmlns:o=", b'xmlns:o="urn:x" xmlns:o='),
        heartbeat().replace(b"xmlns:o=", b'xmlns:xml="urn:x" xmlns:o='),
        heartbeat().replace(b"xmlns:o=", b'soap="1" xmlns:o='),
        heartbeat().replace(b"<o:heartbeatRequest/>", b"<o:heartbeatRequest/><o:heartbeatRequest/>"),
        heartbeat().replace(b"<o:heartbeatRequest/>", b"<o:heartbeatRequest>x</o:heartbeatRequest>"),
        heartbeat().replace(b"<o:heartbeatRequest/>", b"<o:heartbeatRequest></o:heartbeatRequest >"),
        start(""),
        start(" "),
        start("A>B"),
        start("A]]>B"),
        start("A\rB"),
        start("A\x01B"),
        start("A&#1;B"),
        start("A&bogus;B"),
        start("A&B"),
        start("A<!-- x -->B"),
        start("<![CDATA[A]]>"),
        start("A" * 21),
        start("￿"),
        start("A", ' xml:lang="en"'),
        start().replace(b"<o:idTag>", b"<o:idTag >"),
        start().replace(b"<o:idTag>", b"<o:idTag a='1'>"),
        start().replace(b"<o:idTag>", b"<o:idTag"),
        start().replace(b"<o:connectorId>", b"<o:connectorId").replace(b">0<", b">>0<"),
        start().replace(b"</o:idTag>", b"</o:idTag"),
        start().replace(b"</o:idTag>", b"</o:idTagg>"),
        start().replace(b"2024-05-01T10:00:00Z", b"2024-05-01T10:00:00"),
        start().replace(b"TAG", b"\xff"),
        start()[:-1],
        b"",
        b"<",
        b">",
    ],
)
def test_scan_leaves_everything_else_to_the_careful_way(data: bytes) -> None:
    """What is not well-formed, odd or rare is not taken, and the careful way says what it is."""
    with pytest.raises(EXACT_ERRORS):
        scan(data)
    assert outcome(data, Limits()) == outcome(data, CAREFUL)


@cache
def seeds() -> tuple[AnyOperation, ...]:
    """The operations whose requests are bent."""
    return (
        v15.METER_VALUES,
        v15.SEND_LOCAL_LIST,
        v16.BOOT_NOTIFICATION,
        v16.SET_CHARGING_PROFILE,
        v12.STOP_TRANSACTION,
    )


BITS = [
    *(
        "<",
        ">",
        '"',
        "'",
        "&",
        "/",
        "=",
        " ",
        "\n",
        "\r",
        "\t",
        "!",
        "?",
        "]]>",
        "\x00",
        "\x1f",
        "a",
        "1",
        ":",
        "é",
        "\ufffe",
    ),
    *("&amp;", "&#65;", "&#0;", "<!---->", "<?x?>", "<![CDATA[", "<x>", "</x>", "<x/>", ' a="1"', ' xmlns=""'),
    *(' xmlns:o="urn:x"', "</values>", "<values>", "<value>", "</value>", ' unit="kWh"', ' unit="Wh"', "<idTag>"),
]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_scan_and_careful_way_never_differ_on_a_bent_message(data: st.DataObject) -> None:
    """Whatever is cut out, put in or moved: the same message, the same headers and deviations, or the same error."""
    operation = data.draw(st.sampled_from(seeds()))
    message = data.draw(messages(operation.request.type))
    text = encode_request(
        operation, message, charge_box_identity="CP1", message_id="urn:uuid:1", to="http://x/", from_address="http://y/"
    ).decode()
    for _ in range(data.draw(st.integers(1, 3))):
        first = data.draw(st.integers(0, len(text)))
        last = data.draw(st.sampled_from([first, first, first + 1, first + 5, text.find("<", first) + 1]))
        bit = data.draw(
            st.one_of(st.sampled_from(BITS), st.just(text[first:last][::-1]), st.just(text[last : last + 20]))
        )
        text = text[:first] + bit + text[last:]
    sent = text.encode("utf-8", "replace")
    assert outcome(sent, Limits()) == outcome(sent, CAREFUL)
