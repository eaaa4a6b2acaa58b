"""Bytes to tree, for bytes of anybody.

The encoding is decided here and then forced upon the parser, so that no encoding can hide a document type
declaration from the look at the bytes. Declarations of document types and entities are refused unread; as a second
fence the parser resolves no entity and reads nothing from anywhere else.

The parser stops at a depth of 256. The lower limit is the caller's to check, since a message that was read the exact
way has the depth of its schema, whatever the limit. Attributes are looked at only where there are equals signs enough.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from lxml import etree

from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import LimitExceededError, MalformedXmlError, UnsafeXmlError, WireError
from ocpp_sdk.soap.excerpt import excerpt

if TYPE_CHECKING:
    from lxml.etree import _Element

    from ocpp_sdk.soap.limits import Limits

__all__ = ["check_depth", "parse"]

_PARSER: Final = etree.XMLParser(
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    remove_comments=True,
    remove_pis=True,
    huge_tree=False,
    collect_ids=False,
    encoding="utf-8",
)

# An attribute takes five bytes at least: a blank, a name, an equals sign and two quotes.
_ATTRIBUTE_BYTES: Final = 5
_FEW_ATTRIBUTES: Final = 128
# An element takes four bytes at least: two brackets, a name and a slash.
_ELEMENT_BYTES: Final = 4
_VALUES: Final = re.compile(rb"=[ \t\r\n]*+[\"']").finditer
_BLANKS: Final = b" \t\r\n"
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_ENCODING: Final = re.compile(rb"""<\?xml\s[^>]{0,200}?\sencoding\s{0,9}=\s{0,9}["']([A-Za-z][\w.-]{0,40})["']""").match
_TRANSCODED: Final = {
    "iso-8859-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
}
# What may stand before the root element; possessive, so that it is read once, left to right.
_DECLARATION: Final = re.compile(rb"(?:\s++|<\?.*?\?>|<!--.*?-->)*+<!(?:DOCTYPE|ENTITY)", re.DOTALL).match
_USUAL: Final = (b'<?xml version="1.0" encoding="UTF-8"?>', b'<?xml version="1.0" encoding="utf-8"?>')
_SMALL: Final = 4096


def parse(data: bytes, limits: Limits, deviations: list[Deviation], inflated: bool = False) -> _Element:
    """Parse a message.

    Args:
        data: the message, not compressed.
        limits: what is refused.
        deviations: receives oddities of the encoding.
        inflated: whether the message was compressed, so that `limits.max_inflated_bytes` holds.

    Raises:
        MalformedXmlError: not well-formed, or in an encoding that is not read.
        UnsafeXmlError: a document type or entity declaration.
        LimitExceededError: too large, deeper than the parser allows, or too many attributes.
    """
    most = limits.max_inflated_bytes if inflated else limits.max_bytes
    if len(data) > most:
        raise LimitExceededError(f"message of {len(data)} bytes, {most} are allowed")
    start = data[:5]
    if start[:1] != b"<" or (start == b"<?xml" and not data.startswith(_USUAL)):
        data = _as_utf8(data, deviations)
    # The mark alone is rare and found much faster than what it begins.
    declared = b"!" in data and (b"<!DOCTYPE" in data or b"<!ENTITY" in data)
    if declared and _DECLARATION(data):
        raise UnsafeXmlError("document type and entity declarations are not allowed; send the message without")
    if len(data) > limits.max_elements * _ELEMENT_BYTES:
        _check_count(data, limits.max_elements)
    try:
        root = etree.fromstring(data, _PARSER)
    except etree.XMLSyntaxError as error:
        raise _syntax_error(error, declared) from None
    if declared and root.getroottree().docinfo.internalDTD is not None:
        raise UnsafeXmlError("document type and entity declarations are not allowed; send the message without")
    most = limits.max_attributes
    # In a small message the equals signs are counted faster than long tags are looked for, and settle it nearly always.
    suspect = len(data) > _SMALL or data.count(b"=") > most
    if suspect and most >= _FEW_ATTRIBUTES:
        suspect = _has_long_run(data, most * _ATTRIBUTE_BYTES // 2)
    if suspect and _more_attributes_than(most)(root):
        raise LimitExceededError(f"an element with more than {most} attributes")
    return root


def _check_count(data: bytes, most: int) -> None:
    """Refuse too many elements or attributes before they are made, since made they take far more than their bytes."""
    if data.count(b"<") > most and data.count(b"<") - data.count(b"</") > most:
        raise LimitExceededError(f"more than {most} elements")
    if data.count(b"=") > most and sum(1 for _ in _VALUES(data)) > most:
        raise LimitExceededError(f"more than {most} attributes")


def check_depth(root: _Element, most: int) -> None:
    """Refuse a message that is too deep.

    Raises:
        LimitExceededError: elements are nested more than `most` deep.
    """
    if _deeper_than(most)(root):
        raise LimitExceededError(f"elements nested more than {most} deep")


def _has_long_run(data: bytes, step: int) -> bool:
    """Whether `step` bytes on end have no beginning of a tag, as in every tag of twice that length."""
    find = data.find
    for start in range(0, len(data) - step, step):  # noqa: SIM110 - a generator costs more than what it looks at
        if find(b"<", start, start + step) < 0:
            return True
    return False


def _as_utf8(data: bytes, deviations: list[Deviation]) -> bytes:
    """Return the message in UTF-8, without what must not stand before an XML declaration."""
    if data.startswith(_UTF16_MARKS):
        deviations.append(Deviation(DeviationKind.ENCODING, "message", "UTF-16"))
        data = _transcode(data, "utf-16")
    stripped = data.lstrip(_BLANKS)
    if stripped.startswith(_UTF8_MARK):
        deviations.append(Deviation(DeviationKind.BYTE_ORDER_MARK, "message", "a byte order mark before UTF-8"))
        stripped = stripped[3:].lstrip(_BLANKS)
    if not stripped:
        raise MalformedXmlError("the message is empty")
    if not stripped.startswith(b"<?xml"):
        return stripped
    if data[:1] in {b" ", b"\t", b"\r", b"\n"}:
        deviations.append(Deviation(DeviationKind.LEADING_BLANKS, "message", "blanks before the XML declaration"))
    return _from_declared(stripped, deviations)


def _from_declared(data: bytes, deviations: list[Deviation]) -> bytes:
    match = _ENCODING(data, 0, 400)
    if match is None:
        return data
    name = match[1].decode("ascii", "replace").lower().replace("_", "-")
    if name in {"utf-8", "utf8", "us-ascii", "ascii"}:
        return data
    if name.startswith("utf-16"):
        # The declaration was read byte by byte, so the bytes are no UTF-16, whatever it says.
        if not deviations or deviations[-1].kind is not DeviationKind.ENCODING:
            deviations.append(Deviation(DeviationKind.ENCODING, "message", "declared as UTF-16, but is not"))
        return data
    codec = _TRANSCODED.get(name)
    if codec is None:
        raise MalformedXmlError(f"encoding {name} is not supported; use UTF-8")
    deviations.append(Deviation(DeviationKind.ENCODING, "message", name))
    return _transcode(data, codec)


def _transcode(data: bytes, codec: str) -> bytes:
    try:
        return data.decode(codec).encode()
    except UnicodeError:
        raise MalformedXmlError(f"the message is no valid {codec}; use UTF-8") from None


def _syntax_error(error: etree.XMLSyntaxError, declared: bool) -> WireError:
    text = excerpt(" ".join((error.msg or "no XML").split()), 200)
    if declared:
        return UnsafeXmlError("document type and entity declarations are not allowed; send the message without")
    if "XML_PARSE_HUGE" in text or "Excessive depth" in text:
        return LimitExceededError(f"the parser stopped: {text}")
    return MalformedXmlError(f"not well-formed XML: {text}")


@lru_cache(maxsize=64)
def _deeper_than(depth: int) -> etree.XPath:
    return etree.XPath("boolean(" + "/*" * (depth + 1) + ")")


@lru_cache(maxsize=64)
def _more_attributes_than(count: int) -> etree.XPath:
    return etree.XPath(f"boolean(//@*[{count + 1}])")
