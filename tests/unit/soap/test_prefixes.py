"""Fixed prefixes for peers that do not know namespaces."""

from __future__ import annotations

import pytest
from lxml import etree

from ocpp_sdk.errors import ConfigurationError, EnvelopeError, SecurityError
from ocpp_sdk.soap.exchange import decode_reply, decode_request, encode_fault, encode_reply, encode_request, fault_for
from ocpp_sdk.soap.namespaces import ANONYMOUS
from ocpp_sdk.soap.prefixes import PrefixStyle

from .services import CP15, CS15, EVERYTHING, answer, message

RESET, HEARTBEAT = CP15.operations["Reset"], CS15.operations["Heartbeat"]


def reset(style: PrefixStyle | None) -> bytes:
    return encode_request(
        RESET,
        message(RESET, type="Hard"),
        charge_box_identity="CP & 1",
        message_id="urn:uuid:1",
        to="http://192.0.2.7/cp?a=1&b=2",
        from_address="http://192.0.2.1/cs",
        style=style,
    )


def test_style_for_peers_that_need_ns1_is_the_prefix_of_the_payload() -> None:
    """Some charge points look for ns1:resetRequest."""
    text = reset(PrefixStyle(payload="ns1")).decode()
    for part in (
        "<ns1:resetRequest>",
        "<ns1:type>Hard</ns1:type>",
        "<ns1:chargeBoxIdentity>CP &amp; 1<",
        "<soap:Body>",
    ):
        assert part in text
    assert '<Action xmlns="http://www.w3.org/2005/08/addressing">/Reset</Action>' in text


def test_style_for_peers_that_split_text_fixes_all_prefixes() -> None:
    """One open central system needs s and a in requests, SOAP-ENV in replies."""
    text = reset(PrefixStyle(envelope="s", addressing="a", payload="cp")).decode()
    for part in (
        "<s:Envelope ",
        "<s:Header>",
        "<s:Body>",
        "<a:Action>/Reset<",
        "<a:From><a:Address>",
        "<cp:resetRequest>",
    ):
        assert part in text
    assert text.count("xmlns") == 3
    reply = encode_reply(
        HEARTBEAT,
        answer(HEARTBEAT, currentTime="2026-01-01T00:00:00Z"),
        message_id="m",
        relates_to="r",
        style=PrefixStyle(envelope="SOAP-ENV", addressing="wsa5", payload="cs"),
    ).decode()
    for part in (
        "<SOAP-ENV:Envelope ",
        "<SOAP-ENV:Body>",
        "<wsa5:RelatesTo>r<",
        "<cs:heartbeatResponse><cs:currentTime>",
    ):
        assert part in reply


@pytest.mark.parametrize(
    "style",
    [
        PrefixStyle(),
        PrefixStyle(envelope="s"),
        PrefixStyle(addressing="a"),
        PrefixStyle(payload="ns1"),
        PrefixStyle(envelope="SOAP-ENV", addressing="wsa5", payload="ocpp"),
    ],
)
def test_style_changes_prefixes_and_nothing_else(style: PrefixStyle) -> None:
    """Read again, the message is the same, and strictly so."""
    plain, styled = (decode_request(data, EVERYTHING, strict=True) for data in (reset(None), reset(style)))
    assert styled == plain
    assert styled.charge_box_identity == "CP & 1"
    assert reset(style).startswith(b"<?xml version=")


@pytest.mark.parametrize("style", [PrefixStyle(envelope="s", payload="ocpp"), PrefixStyle(addressing="env")])
def test_style_of_a_fault_keeps_its_qualified_names_right(style: PrefixStyle) -> None:
    """Code and subcode are names within text, which must follow their prefixes."""
    data = encode_fault(SecurityError("no"), service=CP15, message_id="m", relates_to="r", style=style)
    with pytest.raises(SecurityError) as caught:
        decode_reply(data, RESET, message_id="r", strict=True)
    assert (caught.value.code, caught.value.deviations) == ("Sender", ())
    root = etree.fromstring(data)
    for element in root.iter("{http://www.w3.org/2003/05/soap-envelope}Value"):
        prefix = (element.text or "").partition(":")[0]
        assert element.nsmap[prefix] in {"http://www.w3.org/2003/05/soap-envelope", "urn://Ocpp/2012/02/"}


def test_style_of_a_version_mismatch_keeps_the_upgrade_header_right() -> None:
    """It names the envelope by a qualified name in an attribute."""
    fault = fault_for(EnvelopeError("x", version_mismatch=True))
    style = PrefixStyle(envelope="env")
    for chosen in (None, style):
        data = encode_fault(fault, service=None, message_id="m", relates_to=None, style=chosen)
        (element,) = etree.fromstring(data).iter("{http://www.w3.org/2003/05/soap-envelope}SupportedEnvelope")
        prefix, name = str(element.get("qname")).split(":")
        assert (element.nsmap[prefix], name) == ("http://www.w3.org/2003/05/soap-envelope", "Envelope")


@pytest.mark.parametrize("prefix", ["", "1a", "a:b", "xml", "XMLx", "a b", "é"])
def test_style_with_no_prefix_is_refused(prefix: str) -> None:
    """Names that XML does not allow, or keeps for itself."""
    with pytest.raises(ConfigurationError, match="no XML prefix"):
        PrefixStyle(envelope=prefix)


def test_style_with_one_prefix_for_two_namespaces_is_refused() -> None:
    """It could not be written."""
    with pytest.raises(ConfigurationError, match="two namespaces"):
        PrefixStyle(envelope="a", addressing="a")
    with pytest.raises(ConfigurationError, match="two namespaces"):
        PrefixStyle(payload="soap")


def test_anonymous_is_what_a_styled_request_asks_to_reply_to() -> None:
    """Headers keep their text."""
    assert decode_request(reset(PrefixStyle(addressing="a")), EVERYTHING).addressing.reply_to == ANONYMOUS
