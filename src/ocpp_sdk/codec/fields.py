"""The metadata of message classes, read once per class, as the tolerant reader and the explainer need it."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from enum import StrEnum
from functools import cache
from typing import Any, Final, Union, cast, get_args, get_origin, get_type_hints

__all__ = ["Facets", "FieldKind", "FieldSpec", "MessageSpec", "spec_of"]


class FieldKind(StrEnum):
    """Where a field stands in XML; the values are xsdata's."""

    ELEMENT = "Element"
    ATTRIBUTE = "Attribute"
    TEXT = "Text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """Restrictions of a simple type; None where there is none.

    Attributes:
        min_length: least number of characters.
        max_length: greatest number of characters.
        length: exact number of characters.
        pattern: compiled, matched against the whole text.
        min_inclusive: least number.
        max_inclusive: greatest number.
        min_exclusive: number below the least.
        max_exclusive: number above the greatest.
        fraction_digits: digits after the point at most.
        total_digits: digits at most.
    """

    min_length: int | None = None
    max_length: int | None = None
    length: int | None = None
    pattern: re.Pattern[str] | None = None
    min_inclusive: float | None = None
    max_inclusive: float | None = None
    min_exclusive: float | None = None
    max_exclusive: float | None = None
    fraction_digits: int | None = None
    total_digits: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """One field of a message class.

    Attributes:
        attribute: its Python name.
        name: its name on the wire; empty for text content.
        namespace: its namespace, empty for none.
        kind: where it stands.
        type: the Python type of one value.
        many: whether it is a list.
        required: whether one value at least must be there.
        min_occurs: least number of values of a list.
        max_occurs: greatest number of values, None for no bound.
        nillable: whether xsi:nil is allowed.
        nil_for_none: whether the element must be there all the same, so that None is written as nil.
        encoding: `base64` or `base16` for bytes.
        default: the value of an absent optional field.
        facets: restrictions of one value.
        index: position in the schema's order.
    """

    attribute: str
    name: str
    namespace: str
    kind: FieldKind
    type: type
    many: bool
    required: bool
    min_occurs: int
    max_occurs: int | None
    nillable: bool
    nil_for_none: bool
    encoding: str
    default: object
    facets: Facets
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSpec:
    """All fields of a message class.

    Attributes:
        type: the class.
        fields: in schema order.
        elements: child elements by local name.
        folded: child elements by case-folded local name.
        attributes: attributes by local name.
        text: the text content, if there is any.
        ordered: whether the order of children matters.
    """

    type: type
    fields: tuple[FieldSpec, ...]
    elements: Mapping[str, FieldSpec]
    folded: Mapping[str, FieldSpec]
    attributes: Mapping[str, FieldSpec]
    text: FieldSpec | None
    ordered: bool


_NONE: Final = type(None)


def spec_of(kind: type) -> MessageSpec:
    """Return the fields of a message class.

    Args:
        kind: a dataclass with xsdata metadata.
    """
    return _spec_of(kind)


@cache
def _spec_of(kind: type[Any]) -> MessageSpec:
    hints = get_type_hints(kind)
    specs = tuple(_field_spec(index, item, hints[item.name]) for index, item in enumerate(fields(kind)))
    elements = {spec.name: spec for spec in specs if spec.kind is FieldKind.ELEMENT}
    return MessageSpec(
        type=kind,
        fields=specs,
        elements=elements,
        folded={name.casefold(): spec for name, spec in elements.items()},
        attributes={spec.name: spec for spec in specs if spec.kind is FieldKind.ATTRIBUTE},
        text=next((spec for spec in specs if spec.kind is FieldKind.TEXT), None),
        ordered=not getattr(getattr(kind, "Meta", None), "unordered", False),
    )


def _field_spec(index: int, item: Field[object], hint: object) -> FieldSpec:
    metadata = item.metadata
    kind = FieldKind(metadata.get("type", "Text"))
    many = get_origin(hint) in {list, tuple}
    optional = False
    if many:
        hint = get_args(hint)[0]
    elif get_origin(hint) in {Union, types.UnionType}:
        optional = True
        (hint,) = (arg for arg in get_args(hint) if arg is not _NONE)
    default = None if item.default is MISSING else item.default
    return FieldSpec(
        attribute=item.name,
        name=metadata.get("name", "") if kind is FieldKind.TEXT else metadata.get("name", item.name),
        namespace=metadata.get("namespace", ""),
        kind=kind,
        type=cast("type", hint),
        many=many,
        required=metadata.get("min_occurs", 0) > 0 if many else bool(metadata.get("required")) and not optional,
        min_occurs=metadata.get("min_occurs", 0),
        max_occurs=metadata.get("max_occurs") if many else 1,
        nillable=bool(metadata.get("nillable")),
        nil_for_none=bool(metadata.get("nillable") and metadata.get("required")),
        encoding=metadata.get("format", ""),
        default=default,
        facets=_facets(metadata),
        index=index,
    )


def _facets(metadata: Mapping[str, Any]) -> Facets:
    pattern = metadata.get("pattern")
    return Facets(
        min_length=metadata.get("min_length"),
        max_length=metadata.get("max_length"),
        length=metadata.get("length"),
        pattern=None if pattern is None else re.compile(pattern),
        min_inclusive=metadata.get("min_inclusive"),
        max_inclusive=metadata.get("max_inclusive"),
        min_exclusive=metadata.get("min_exclusive"),
        max_exclusive=metadata.get("max_exclusive"),
        fraction_digits=metadata.get("fraction_digits"),
        total_digits=metadata.get("total_digits"),
    )
