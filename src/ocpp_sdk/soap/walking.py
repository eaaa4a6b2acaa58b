"""The exact way through a message: one flat walk over envelope and header, given up at the first surprise.

A flat walk in document order is the fastest that lxml offers. It finds header blocks by their tags alone, and their
number tells that none of them stands within another. Whatever is not as usual makes it give up, and `envelope` and
`addressing` read the message again with care.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ocpp_sdk.soap.namespaces import SOAP, WSA

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["HEADERS", "SENDER", "Values", "walk"]

Values = list[str | None]
"""The text of each header, trimmed, in the order of `HEADERS`; for the last three, the address."""

HEADERS: Final = ("chargeBoxIdentity", "Action", "MessageID", "RelatesTo", "To", "From", "ReplyTo", "FaultTo")
SENDER: Final = 5
"""Position of the first header that holds an address in an element of its own."""

_SLOTS: Final = {f"{{{WSA}}}{name}": slot for slot, name in enumerate(HEADERS) if slot}
_ADDRESS: Final = f"{{{WSA}}}Address"
_ENVELOPE: Final = f"{{{SOAP}}}Envelope"
_HEADER: Final = f"{{{SOAP}}}Header"
_BODY: Final = f"{{{SOAP}}}Body"


def walk(root: _Element) -> tuple[_Element, str | None, Values] | None:
    """Read a message that is exactly as usual.

    Returns:
        The payload, the tag of the one header that is not WS-Addressing's, and the headers, that one first; None if
        anything is not as usual.
    """
    if root.tag != _ENVELOPE or len(root) != 2:
        return None
    values: Values = [None] * 8
    identity_tag: str | None = None
    party = 0
    slots = _SLOTS
    elements = root.iter()
    next(elements)
    header = next(elements)
    if header.tag != _HEADER:
        return None
    for element in elements:
        tag = element.tag
        slot = slots.get(tag)
        if slot is None:
            if tag == _ADDRESS:
                slot, party = party, 0
            elif tag == _BODY:
                if party or len(element) != 1 or element.getparent() is not root:
                    return None
                # One header within another would be one too many: nobody else takes it for a header.
                if len(header) != len(values) - values.count(None):
                    return None
                return next(elements), identity_tag, values
            else:
                slot = 0
                identity_tag = tag
        elif slot >= SENDER:
            if party or values[slot] is not None:
                return None
            party = slot
            continue
        text = element.text
        # strip gives the very same text back where there is nothing to strip; if not, the careful way finds out.
        if party or values[slot] is not None or text is None or text.strip() is not text:
            return None
        values[slot] = text
    return None
