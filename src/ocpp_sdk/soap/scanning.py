"""The exact way through a message: no tree, only text that was cut at each `<`.

Messages of one peer look alike: the same start tags, with the same namespaces. Each of them is taken apart by the
rules of XML once, and then known by its text; what remains is to compare texts. `ocpp_sdk.codec.scanning` says why that
is enough. Whatever is not as usual raises, and `parsing`, `envelope` and `addressing` read the message with care.

Taken are blanks between tags, references to single characters, any prefixes, and all of Unicode. Not taken are
comments, sections, processing instructions, other encodings than UTF-8, carriage returns within texts, and `>` as text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from ocpp_sdk.codec.exact import NotExact
from ocpp_sdk.codec.scanning import split_start_tag
from ocpp_sdk.soap.headers import HEADERS, SENDER, Values
from ocpp_sdk.soap.namespaces import BLANKS, SOAP, WSA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocpp_sdk.codec.message import MessageCodec
    from ocpp_sdk.soap.limits import Limits

__all__ = ["Scanned", "cut_rest", "scan_envelope", "scan_payload"]

T = TypeVar("T")

_CONTROLS: Final = bytes(range(32))
_UNUSUAL: Final = re.compile(r"[\x00-\x08\x0b-\x1f]").search
_USUAL: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_DECLARATION: Final = re.compile(
    r"""<\?xml version=(["'])1\.0\1(?: encoding=(["'])(?i:utf-8)\2)?(?: standalone=(["'])(?:yes|no)\3)? ?\?>""",
).match
_BETWEEN_TAGS: Final = re.compile(r">[ \t\r\n]+<").sub
_REFERENCE: Final = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));|&").sub
_ENTITIES: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_SLOTS: Final = {f"{{{WSA}}}{name}": slot for slot, name in enumerate(HEADERS) if slot}
_MUST_UNDERSTAND: Final = f"{{{SOAP}}}mustUnderstand"
# The parser refuses namespaces that are no URI, so only those are taken that are one without a doubt.
_USUAL_NAMESPACE: Final = re.compile(
    r"(?:https?|urn)://[A-Za-z0-9.-]+(?:/[A-Za-z0-9._~/-]*)?|urn:[A-Za-z0-9][A-Za-z0-9:._-]*"
).fullmatch
_RESERVED: Final = ("xml", "xmlns")
_RESERVED_NAMESPACES: Final = frozenset({"http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/"})
# What a peer makes us keep: so many envelopes, and so many start tags within each.
_MOST: Final = 64
# No message that can be scanned is deeper, nor has a tag with more attributes.
_DEPTH: Final = 24
_ATTRIBUTES: Final = 64


@dataclass(slots=True)
class Scanned:
    """A message whose envelope and headers were scanned.

    Attributes:
        tag: the payload element, as lxml spells tags.
        prefix: its prefix with the colon, empty for a default namespace.
        identity_tag: tag of the one header that is not WS-Addressing's, None if there is none.
        values: the headers.
        pieces: the message, cut at each `<`.
        at: position of what follows the start tag of the payload.
        ending: the pieces that must follow the content of the payload.
    """

    tag: str
    prefix: str
    identity_tag: str | None
    values: Values
    pieces: list[str]
    at: int
    ending: list[str]


@dataclass(slots=True)
class _Element:
    """A start tag that was taken apart: the tag as lxml spells it, its prefix, its end, the namespaces in it."""

    tag: str
    prefix: str
    end: str
    empty: bool
    namespaces: Mapping[str, str]


@dataclass(slots=True)
class _Header(_Element):
    """The start tag of a header block, with the slot of its value and, for a party, the tags of its address."""

    slot: int
    address: str
    address_end: str


@dataclass(slots=True)
class _Frame:
    """What an Envelope start tag says: how header and body are spelt, and the tags within that were seen."""

    namespaces: Mapping[str, str]
    header: str
    header_end: str
    body: str
    ending: list[str]
    headers: dict[str, _Header] = field(default_factory=dict)
    payloads: dict[str, _Element] = field(default_factory=dict)


_frames: dict[str, _Frame] = {}


def scan_envelope(data: bytes, limits: Limits) -> Scanned:
    """Scan a message up to its payload.

    Args:
        data: the message, within the bounds of its size.
        limits: what is refused.

    Raises:
        NotExact: not as usual; as may any other of `EXACT_ERRORS`.
    """
    if limits.max_depth < _DEPTH or limits.max_attributes < _ATTRIBUTES:
        raise NotExact
    pieces = _cut(data, limits)
    frame = _frames.get(pieces[1]) or _new_frame(pieces[1])
    values: Values = [None] * len(HEADERS)
    identity_tag: str | None = None
    at = 2
    if pieces[at] == frame.header:
        at += 1
        known = frame.headers
        while pieces[at] != frame.header_end:
            tag, end, text = pieces[at].partition(">")
            header = known.get(tag) or _new_header(tag, frame)
            if header.slot >= SENDER:
                address, _, inner = pieces[at + 1].partition(">")
                if text or not end or address != header.address or pieces[at + 2] != header.address_end:
                    raise NotExact
                at += 2
                text = inner
            elif not header.slot:
                identity_tag = header.tag
            # strip gives the very same text back where there is nothing to strip.
            if pieces[at + 1] != header.end or not text or text.strip(BLANKS) is not text:
                raise NotExact
            if values[header.slot] is not None:
                raise NotExact
            values[header.slot] = text
            at += 2
        at += 1
    if pieces[at] != frame.body or pieces[at + 1][-1] != ">":
        raise NotExact
    tag = pieces[at + 1][:-1]
    payload = frame.payloads.get(tag) or _new_payload(tag, frame)
    ending = frame.ending if payload.empty else [payload.end, *frame.ending]
    return Scanned(payload.tag, payload.prefix, identity_tag, values, pieces, at + 2, ending)


def scan_payload(codec: MessageCodec[T], scanned: Scanned) -> T:
    """Scan the payload, and see that nothing but the end of the message follows.

    Raises:
        NotExact: not as its schema says; as may any other of `EXACT_ERRORS`.
    """
    message, at = codec.scanner(scanned.prefix)(scanned.pieces, scanned.at)
    if scanned.pieces[at:] != scanned.ending:
        raise NotExact
    return message


def cut_rest(data: bytes, most: int) -> list[str]:
    """Cut what follows a start tag at each `<`, its `>` included; the first piece is that one.

    Args:
        data: the end of a message that was cut before a `>`.
        most: elements that it may have.

    Raises:
        NotExact: not as usual; as may any other of `EXACT_ERRORS`.
    """
    return _cut_text(data.decode(), data, ">", most)


def _cut(data: bytes, limits: Limits) -> list[str]:
    """Cut a message at each `<`, if it is text in which every `>` ends a tag and nothing needs a parser."""
    if data.startswith(_USUAL):
        data = data[len(_USUAL) :]
    text = data.decode()
    if text.startswith("<?"):
        declaration = _DECLARATION(text)
        if declaration is None:
            raise NotExact
        text = text[declaration.end() :].lstrip(BLANKS)
    return _cut_text(text, data, "", limits.max_elements)


def _cut_text(text: str, data: bytes, first: str, most: int) -> list[str]:
    if "> " in text or len(data.translate(None, _CONTROLS)) != len(data):
        text = _BETWEEN_TAGS("><", text.rstrip(BLANKS))
        if _UNUSUAL(text):
            raise NotExact
    if not text.isascii() and ("\ufffe" in text or "\uffff" in text):
        raise NotExact
    ends = text.count(">")
    if ends > most:
        raise NotExact
    pieces = text.split("<")
    if len(pieces) + len(first) != ends + 1 or pieces[0] != first:
        raise NotExact
    if "&" in text:
        pieces = [_resolved(piece) if "&" in piece else piece for piece in pieces]
    return pieces


def _resolved(piece: str) -> str:
    """Put characters in the place of references, in the text behind a tag only."""
    tag, end, text = piece.partition(">")
    if "&" in tag:
        raise NotExact
    return tag + end + _REFERENCE(_character, text)


def _character(found: re.Match[str]) -> str:
    name, decimal, hexadecimal = found.groups()
    if name:
        return _ENTITIES[name]
    if not decimal and not hexadecimal:
        raise NotExact
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if (code < 32 and code not in {9, 10, 13}) or 0xD800 <= code <= 0xDFFF or code in {0xFFFE, 0xFFFF}:
        raise NotExact
    return chr(code)


def _new_frame(piece: str) -> _Frame:
    if piece[-1:] != ">":
        raise NotExact
    envelope, attributes = _open(piece[:-1], {})
    if envelope.tag != f"{{{SOAP}}}Envelope" or envelope.empty or attributes:
        raise NotExact
    q = envelope.prefix
    ending = [f"/{q}Body>", envelope.end]
    frame = _Frame(envelope.namespaces, f"{q}Header>", f"/{q}Header>", f"{q}Body>", ending)
    if len(_frames) >= _MOST:
        _frames.clear()
    _frames[piece] = frame
    return frame


def _new_header(tag: str, frame: _Frame) -> _Header:
    element, attributes = _open(tag, frame.namespaces)
    if element.empty or any(name != _MUST_UNDERSTAND for name in attributes):
        raise NotExact
    if element.tag.startswith(f"{{{WSA}}}"):
        slot = _SLOTS.get(element.tag, 0)
        if not slot:
            raise NotExact
    else:
        slot = 0
    q = element.prefix
    header = _Header(element.tag, q, element.end, False, element.namespaces, slot, f"{q}Address", f"/{q}Address>")
    if len(frame.headers) >= _MOST:
        frame.headers.clear()
    frame.headers[tag] = header
    return header


def _new_payload(tag: str, frame: _Frame) -> _Element:
    element, attributes = _open(tag, frame.namespaces)
    if attributes:
        raise NotExact
    if len(frame.payloads) >= _MOST:
        frame.payloads.clear()
    frame.payloads[tag] = element
    return element


def _open(tag: str, outer: Mapping[str, str]) -> tuple[_Element, dict[str, str]]:
    """Take a start tag apart; attributes come with their namespaces, declarations of namespaces do not."""
    empty = tag.endswith("/")
    name, attributes = split_start_tag(tag[:-1] if empty else tag)
    namespaces = dict(outer)
    others: list[tuple[str, str]] = []
    for key, value in attributes:
        declared, _, of = key.partition(":")
        if declared == "xmlns":
            if of in _RESERVED or (value and not _USUAL_NAMESPACE(value)) or (of and not value):
                raise NotExact
            namespaces[of] = value
        else:
            others.append((key, value))
    if not _RESERVED_NAMESPACES.isdisjoint(namespaces.values()):
        raise NotExact
    prefix, _, local = name.rpartition(":")
    namespace = namespaces[prefix] if prefix else namespaces.get("", "")
    expanded = {_attribute_name(key, namespaces): value for key, value in others}
    if len(expanded) != len(others):
        raise NotExact
    spelt = f"{{{namespace}}}{local}" if namespace else local
    return _Element(spelt, f"{prefix}:" if prefix else "", f"/{name}>", empty, namespaces), expanded


def _attribute_name(key: str, namespaces: Mapping[str, str]) -> str:
    prefix, _, local = key.rpartition(":")
    return f"{{{namespaces[prefix]}}}{local}" if prefix else local
