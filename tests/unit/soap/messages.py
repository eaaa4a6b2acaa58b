"""Messages as text, to be bent by the tests."""

from __future__ import annotations

from ocpp_sdk.soap.namespaces import ANONYMOUS, SOAP, WSA

CS12_NS, CS15_NS, CS16_NS = "urn://Ocpp/Cs/2010/08/", "urn://Ocpp/Cs/2012/06/", "urn://Ocpp/Cs/2015/10/"
CP12_NS, CP15_NS, CP16_NS = "urn://Ocpp/Cp/2010/08/", "urn://Ocpp/Cp/2012/06/", "urn://Ocpp/Cp/2015/10/"

IDENTITY = "<o:chargeBoxIdentity>CP1</o:chargeBoxIdentity>"
ACTION = "<a:Action>/Heartbeat</a:Action>"
MESSAGE_ID = "<a:MessageID>urn:uuid:1</a:MessageID>"
FROM = "<a:From><a:Address>http://192.0.2.7:8080/cp</a:Address></a:From>"
REPLY_TO = f"<a:ReplyTo><a:Address>{ANONYMOUS}</a:Address></a:ReplyTo>"
TO = "<a:To>http://192.0.2.1/cs</a:To>"
USUAL = IDENTITY + ACTION + MESSAGE_ID + FROM + REPLY_TO + TO


def envelope(header: str | None, body: str, *, namespace: str = CS15_NS, wsa: str = WSA, soap: str = SOAP) -> bytes:
    """Frame a header and a body, both as XML with the prefixes s, a and o."""
    frame = "" if header is None else f"<s:Header>{header}</s:Header>"
    opening = f'<s:Envelope xmlns:s="{soap}" xmlns:a="{wsa}" xmlns:o="{namespace}">'
    return f"{opening}{frame}<s:Body>{body}</s:Body></s:Envelope>".encode()


def heartbeat(header: str | None = USUAL, *, namespace: str = CS15_NS, wsa: str = WSA) -> bytes:
    """A heartbeat request with any header."""
    return envelope(header, "<o:heartbeatRequest/>", namespace=namespace, wsa=wsa)
