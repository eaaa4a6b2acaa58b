"""The frame of a message: Envelope, Header, Body, and the one payload within."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import EnvelopeError
from ocpp_sdk.soap.excerpt import excerpt
from ocpp_sdk.soap.namespaces import SOAP, split_tag

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["body_of", "open_envelope"]

_ENVELOPE: Final = f"{{{SOAP}}}Envelope"
_HEADER: Final = f"{{{SOAP}}}Header"
_BODY: Final = f"{{{SOAP}}}Body"


def open_envelope(root: _Element, deviations: list[Deviation]) -> tuple[_Element | None, _Element]:
    """Return the header, None if there is none, and the payload, which is the first child of the body.

    Args:
        root: the document element.
        deviations: receives what does not belong into an envelope.

    Raises:
        EnvelopeError: no SOAP 1.2 envelope, no body, or an empty body.
    """
    if len(root) == 2 and root.tag == _ENVELOPE:
        header, body = root
        if header.tag == _HEADER and body.tag == _BODY and len(body) == 1:
            return header, body[0]
    return _open_tolerantly(root, deviations)


def body_of(root: _Element) -> _Element | None:
    """Return the body of an envelope of any SOAP version, None if there is none."""
    for child in root:
        if split_tag(str(child.tag))[1] == "Body":
            return child
    return None


def _open_tolerantly(root: _Element, deviations: list[Deviation]) -> tuple[_Element | None, _Element]:
    if root.tag != _ENVELOPE:
        namespace, name = split_tag(str(root.tag))
        if name != "Envelope":
            raise EnvelopeError(f"no SOAP envelope, the root element is {excerpt(name)}")
        # SOAP 1.2 part 1, section 5.4.7: an Envelope in any other namespace is another version.
        raise EnvelopeError(f"no SOAP 1.2 envelope, its namespace is {excerpt(namespace)!r}", version_mismatch=True)
    header: _Element | None = None
    body: _Element | None = None
    for child in root:
        if child.tag == _BODY and body is None:
            body = child
        elif child.tag == _HEADER and header is None and body is None:
            header = child
        else:
            name = split_tag(str(child.tag))[1]
            deviations.append(Deviation(DeviationKind.ENVELOPE_EXTRA_ELEMENT, "Envelope", excerpt(name)))
    if body is None:
        raise EnvelopeError("the SOAP envelope has no Body")
    if not len(body):
        raise EnvelopeError("the SOAP Body is empty, it must hold one payload element")
    if len(body) > 1:
        extra = split_tag(str(body[1].tag))[1]
        deviations.append(Deviation(DeviationKind.BODY_EXTRA_ELEMENT, "Body", excerpt(extra)))
    return header, body[0]
