"""Whole messages as bytes, from payloads that are written already.

Each header declares its own default namespace and none is marked mustUnderstand: so writes the most common central
system, and so every charge point in the field can read it, while some peers refuse a message over a mustUnderstand
that they do not know. OCPP-S 1.6 shows the mark in examples, but demands it nowhere.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ocpp_sdk.codec.exact import NotExact, escape_attribute, escape_text
from ocpp_sdk.errors import InvalidTextError, MissingFieldError
from ocpp_sdk.soap.namespaces import SOAP, WSA
from ocpp_sdk.soap.prefixes import restyle

if TYPE_CHECKING:
    from ocpp_sdk.operation import Service
    from ocpp_sdk.soap.prefixes import PrefixStyle

__all__ = ["escape_header", "party", "upgrade", "write_identity", "write_message"]

_START: Final = f'<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="{SOAP}"><soap:Header>'
_UPGRADE: Final = f'<soap:Upgrade><soap:SupportedEnvelope qname="soap:Envelope" xmlns:soap="{SOAP}"/></soap:Upgrade>'


def write_message(
    action: str,
    message_id: str,
    to: str,
    relates_to: str | None,
    extra: str,
    payload: str,
    namespace: str | None,
    style: PrefixStyle | None,
) -> bytes:
    """Frame a payload.

    Args:
        action: wsa:Action.
        message_id: wsa:MessageID.
        to: wsa:To.
        relates_to: wsa:RelatesTo, None in requests.
        extra: further headers, as XML.
        payload: the payload element, as XML.
        namespace: of the service, for `style`.
        style: fixed prefixes, if the peer needs them.

    Raises:
        InvalidTextError: a header has a character that XML cannot carry; the path names it.
    """
    related = ""
    if relates_to is not None:
        related = f'<RelatesTo xmlns="{WSA}">{escape_header("RelatesTo", relates_to)}</RelatesTo>'
    document = (
        f"{_START}{extra}{_block('Action', action)}"
        f'<MessageID xmlns="{WSA}">{escape_header("MessageID", message_id)}</MessageID>{related}'
        f"{_block('To', to)}</soap:Header>"
        f"<soap:Body>{payload}</soap:Body></soap:Envelope>"
    ).encode()
    return document if style is None else restyle(document, style, namespace)


@lru_cache(maxsize=4096)
def _block(name: str, value: str) -> str:
    """Write a header block that many messages have alike."""
    return f'<{name} xmlns="{WSA}">{escape_header(name, value)}</{name}>'


@lru_cache(maxsize=4096)
def write_identity(service: Service, identity: str) -> str:
    """Write the header that names the charge point; empty if the service has none.

    Raises:
        MissingFieldError: the service wants an identity, and there is none.
        InvalidTextError: a character that XML cannot carry.
    """
    name = service.identity_header
    if name is None:
        return ""
    if not identity.strip():
        raise MissingFieldError(name, "empty; set the identity of the charge point")
    return f'<{name} xmlns="{escape_attribute(service.namespace)}">{escape_header(name, identity)}</{name}>'


@lru_cache(maxsize=4096)
def party(name: str, address: str | None) -> str:
    """Write `From` or `ReplyTo`; empty if there is no address.

    Raises:
        InvalidTextError: a character that XML cannot carry.
    """
    if address is None:
        return ""
    return f'<{name} xmlns="{WSA}"><Address>{escape_header(name, address)}</Address></{name}>'


def upgrade() -> str:
    """Write the header that tells which SOAP version is spoken here (SOAP 1.2 part 1, section 5.4.7)."""
    return _UPGRADE


def escape_header(name: str, value: str) -> str:
    """Escape the text of a header.

    Raises:
        InvalidTextError: a character that XML cannot carry.
    """
    try:
        return escape_text(value)
    except NotExact:
        raise InvalidTextError(name, "has a character that XML cannot carry") from None
