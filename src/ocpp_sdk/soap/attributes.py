"""Attributes where the schema has none, such as a unit that is not an element of its own.

The exact way does not look at the attributes of a message that has none in its schema. What the bytes show costs
next to nothing, and leaves few messages whose tree must be asked.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from ocpp_sdk.codec.fields import spec_of
from ocpp_sdk.codec.message import MessageCodec

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["has_stray_attributes"]

_ANY: Final = etree.XPath("boolean(.//@*)")


def has_stray_attributes(data: bytes, payload: _Element, codec: MessageCodec[Any]) -> bool:
    """Whether a payload has attributes although its schema has none at all.

    Args:
        data: the message that the payload is part of, as it was received.
        payload: the payload element.
        codec: what reads it.
    """
    name = _name_if_none(codec)
    if name is None:
        return False
    # Behind the last equals sign stand both tags of a payload that has none, or the second of one that has a few.
    last = data.rfind(b"=")
    if data.count(name, last) == 2:
        return False
    tag = data[data.rfind(b"<", 0, last) : last + 1]
    if name in tag and tag.count(b"=") == tag.count(b"xmlns"):
        return False
    return bool(_ANY(payload))


@cache
def _name_if_none(codec: MessageCodec[Any]) -> bytes | None:
    """The name of a payload element whose schema has no attributes, None for any other."""
    return None if _has_attributes(codec.type, frozenset()) else codec.element.encode()


def _has_attributes(kind: type, above: frozenset[type]) -> bool:
    spec = spec_of(kind)
    if spec.attributes:
        return True
    below = {field.type for field in spec.fields if hasattr(field.type, "__dataclass_fields__")}
    return any(_has_attributes(inner, above | {kind}) for inner in below - above - {kind})
