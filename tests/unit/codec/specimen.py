"""A message with every kind of field, written by hand as codegen would write it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from lxml import etree

from ocpp_sdk.codec.message import MessageCodec
from ocpp_sdk.deviation import Deviation

NS = "urn:specimen"
OTHER = "urn:other"


class Colour(StrEnum):
    """Two values."""

    RED = "Red"
    DARK_BLUE = "Dark.Blue"


@dataclass(slots=True, kw_only=True)
class Reading:
    """Text with attributes."""

    class Meta:
        namespace = NS

    value: str = field(metadata={"required": True})
    unit: Colour | None = field(default=None, metadata={"name": "unit", "type": "Attribute"})


@dataclass(slots=True, kw_only=True)
class Group:
    """A complex child whose own children have attributes."""

    class Meta:
        namespace = NS

    at: datetime = field(metadata={"name": "at", "type": "Element", "namespace": NS, "required": True})
    reading: list[Reading] = field(
        default_factory=list, metadata={"name": "reading", "type": "Element", "namespace": NS, "min_occurs": 1}
    )


@dataclass(slots=True, kw_only=True)
class Specimen:
    """One field of each kind."""

    class Meta:
        name = "specimen"
        namespace = NS

    number: int = field(
        metadata={
            "name": "number",
            "type": "Element",
            "namespace": NS,
            "required": True,
            "min_inclusive": -(2**31),
            "max_inclusive": 2**31 - 1,
        }
    )
    tag: str | None = field(default=None, metadata={"name": "tag", "type": "Element", "namespace": NS, "max_length": 5})
    colour: Colour | None = field(default=None, metadata={"name": "colour", "type": "Element", "namespace": NS})
    at: datetime | None = field(default=None, metadata={"name": "at", "type": "Element", "namespace": NS})
    day: date | None = field(default=None, metadata={"name": "day", "type": "Element", "namespace": NS})
    flag: bool | None = field(default=None, metadata={"name": "flag", "type": "Element", "namespace": NS})
    limit: Decimal | None = field(
        default=None, metadata={"name": "limit", "type": "Element", "namespace": NS, "fraction_digits": 1}
    )
    ratio: float | None = field(default=None, metadata={"name": "ratio", "type": "Element", "namespace": NS})
    blob: bytes | None = field(
        default=None, metadata={"name": "blob", "type": "Element", "namespace": NS, "format": "base64"}
    )
    far: str | None = field(
        default=None, metadata={"name": "far", "type": "Element", "namespace": OTHER, "pattern": "[a-z]+"}
    )
    group: list[Group] = field(
        default_factory=list, metadata={"name": "group", "type": "Element", "namespace": NS, "max_occurs": 2}
    )


CODEC: MessageCodec[Specimen] = MessageCodec(type=Specimen, namespace=NS, element="specimen", scan=None, write=None)


def read(content: str, *, strict: bool = False) -> tuple[Specimen, list[Deviation]]:
    """Read the content of a specimen element; `f:` is the prefix of the other namespace."""
    xsi = "http://www.w3.org/2001/XMLSchema-instance"
    text = f'<specimen xmlns="{NS}" xmlns:f="{OTHER}" xmlns:xsi="{xsi}">{content}</specimen>'
    deviations: list[Deviation] = []
    return CODEC.decode(etree.fromstring(text), deviations, strict=strict), deviations
