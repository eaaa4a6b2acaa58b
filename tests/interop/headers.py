"""What the headers of requests and replies must be, whoever the peer is."""

from xml.sax.saxutils import escape

from lxml import etree

from ocpp_sdk import DeviationKind
from tests.interop.table import Exchange

WSA = "http://www.w3.org/2005/08/addressing"
SOAP = "http://www.w3.org/2003/05/soap-envelope"
ANONYMOUS = f"{WSA}/anonymous"
FAULT_ACTION = f"{WSA}/soap/fault"
"""WS-Addressing 1.0 SOAP Binding, section 6: the action of a fault that WS-Addressing itself does not define."""
IDENTITY = "CP <1> & 'ü'"
SERVICE_NAMES = {"central_system": "CentralSystemService", "charge_point": "ChargePointService"}

BARE_REQUEST = {
    "v12": {DeviationKind.ACTION_MISSING},
    "v15": {DeviationKind.ACTION_MISSING},
    "v16": {
        DeviationKind.ACTION_MISSING,
        DeviationKind.MESSAGE_ID_MISSING,
        DeviationKind.FROM_MISSING,
        DeviationKind.TO_MISSING,
    },
}
"""What is odd about a request with no header but the identity."""

BARE_REPLY: dict[str, set[DeviationKind]] = {
    "v12": set(),
    "v15": {DeviationKind.ACTION_MISSING},
    "v16": {DeviationKind.ACTION_MISSING, DeviationKind.MESSAGE_ID_MISSING, DeviationKind.RELATES_TO_MISSING},
}
"""What is odd about a reply without headers."""


def reply_action(exchange: Exchange) -> str:
    """The wsa:Action of a reply; where the WSDL declares none, the one that WS-Addressing makes of its names."""
    if exchange.reply_action is not None:
        return exchange.reply_action
    # WS-Addressing 1.0 Metadata, section 4.4.4: no second slash after a namespace that ends with one.
    return f"{exchange.namespace}{SERVICE_NAMES[exchange.service]}/{exchange.name}Response"


def identity_header(exchange: Exchange) -> str:
    """The header that names the charge point, as XML."""
    return f'<cbi:chargeBoxIdentity xmlns:cbi="{exchange.namespace}">{escape(IDENTITY)}</cbi:chargeBoxIdentity>'


def request_headers(exchange: Exchange, url: str, message_id: str) -> list[str]:
    """All headers of a request, as XML."""
    party = '<wsa:{0} xmlns:wsa="{1}"><wsa:Address>{2}</wsa:Address></wsa:{0}>'
    return [
        identity_header(exchange),
        f'<wsa:Action xmlns:wsa="{WSA}">/{exchange.name}</wsa:Action>',
        f'<wsa:MessageID xmlns:wsa="{WSA}">{message_id}</wsa:MessageID>',
        f'<wsa:To xmlns:wsa="{WSA}">{escape(url)}</wsa:To>',
        party.format("From", WSA, "http://192.0.2.1:8080/"),
        party.format("ReplyTo", WSA, ANONYMOUS),
    ]


def header_texts(envelope: etree._Element) -> dict[str, str]:
    """The WS-Addressing headers of an envelope with their text; each at most once."""
    found = [
        (etree.QName(element).localname, "".join(str(text) for text in element.itertext()))
        for element in envelope.iterfind(f"{{{SOAP}}}Header/{{{WSA}}}*")
    ]
    texts = dict(found)
    assert len(texts) == len(found), f"a header twice in {found}"
    return texts


def check_reply_headers(envelope: etree._Element, action: str, message_id: str | None) -> None:
    """Check what a strict WS-Addressing stack wants of a reply.

    Args:
        envelope: the reply.
        action: the wsa:Action it must have.
        message_id: MessageID of the request, None if it had none.
    """
    headers = header_texts(envelope)
    own_id = headers.pop("MessageID")
    assert own_id.startswith("urn:uuid:")
    assert own_id != message_id
    # WS-Addressing 1.0 Core, section 3.4: this is what a reply to a message without an id relates to.
    assert headers == {"Action": action, "To": ANONYMOUS, "RelatesTo": message_id or f"{WSA}/unspecified"}
