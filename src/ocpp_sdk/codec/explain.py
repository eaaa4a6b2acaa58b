"""Writes with care, by metadata: where generated code gave up, this finds the field and says what is wrong.

It writes the same text as generated code, so that a schema for which no exact writer is generated is served too.
"""

# ruff: noqa: ARG001, ARG005 - the writers of one table share one signature

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from ocpp_sdk.codec import exact
from ocpp_sdk.codec.fields import Facets, FieldKind, FieldSpec, MessageSpec, spec_of
from ocpp_sdk.codec.lexical import digits_of
from ocpp_sdk.errors import (
    InvalidNumberError,
    InvalidTextError,
    InvalidTimeError,
    InvalidTypeError,
    MissingFieldError,
    RepeatedFieldError,
    UnknownValueError,
)

__all__ = ["write_carefully"]

_NIL: Final = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>'


def write_carefully(message: object, namespace: str, element: str) -> str:
    """Write a message by its metadata.

    Args:
        message: a dataclass with xsdata metadata.
        namespace: namespace of its element.
        element: local name of its element.

    Raises:
        MessageError: a field has a value that the schema does not allow.
    """
    return _element(spec_of(type(message)), message, element, namespace, None, element)


def _element(spec: MessageSpec, value: object, name: str, namespace: str, outer: str | None, path: str) -> str:
    opening = f"<{name}" if namespace == (outer or "") else f'<{name} xmlns="{exact.escape_attribute(namespace)}"'
    content: list[str] = []
    for field in spec.fields:
        item = getattr(value, field.attribute, None)
        here = f"{path}/{'@' if field.kind is FieldKind.ATTRIBUTE else ''}{field.name}".rstrip("/")
        if field.many:
            content.append(_many(field, item, namespace, here))
        elif item is None:
            if field.required:
                raise MissingFieldError(here, "missing; it is required")
            if field.nil_for_none:
                content.append(f"<{field.name}{_xmlns(field, namespace)}{_NIL}")
        elif field.kind is FieldKind.ELEMENT:
            content.append(_one(field, item, namespace, here))
        elif field.kind is FieldKind.ATTRIBUTE:
            opening += f' {field.name}="{_simple(field, item, here, exact.escape_attribute)}"'
        else:
            content.append(_simple(field, item, here, exact.escape_text))
    inner = "".join(content)
    return f"{opening}>{inner}</{name}>" if inner else f"{opening}/>"


def _many(field: FieldSpec, items: object, namespace: str, path: str) -> str:
    if not isinstance(items, (list, tuple)):
        raise InvalidTypeError(path, f"expected a list, not {type(items).__name__}")
    if field.required and not items:
        raise MissingFieldError(path, "missing; at least one is required")
    if len(items) < field.min_occurs:
        raise MissingFieldError(path, f"{len(items)} values, {field.min_occurs} at least")
    if field.max_occurs is not None and len(items) > field.max_occurs:
        raise RepeatedFieldError(path, f"{len(items)} values, {field.max_occurs} at most")
    return "".join(_one(field, item, namespace, f"{path}[{index}]") for index, item in enumerate(items, 1))


def _one(field: FieldSpec, value: object, namespace: str, path: str) -> str:
    if hasattr(field.type, "__dataclass_fields__"):
        if value.__class__ is not field.type:
            raise _wrong_type(field, value, path)
        return _element(spec_of(field.type), value, field.name, field.namespace, namespace, path)
    text = _simple(field, value, path, exact.escape_text)
    return f"<{field.name}{_xmlns(field, namespace)}>{text}</{field.name}>"


def _xmlns(field: FieldSpec, namespace: str) -> str:
    return "" if field.namespace == namespace else f' xmlns="{exact.escape_attribute(field.namespace)}"'


def _wrong_type(field: FieldSpec, value: object, path: str) -> InvalidTypeError:
    return InvalidTypeError(path, f"expected {field.type.__name__}, not {type(value).__name__}")


def _simple(field: FieldSpec, value: object, path: str, escape: Callable[[str], str]) -> str:
    if field.type is str:
        return _text(field, value, path, escape)
    if issubclass(field.type, Enum):
        if value.__class__ is not field.type:
            allowed = ", ".join(str(member.value) for member in field.type)
            raise UnknownValueError(path, f"{value!r} is no {field.type.__name__}; use one of {allowed}")
        return escape(str(value.value))
    if value.__class__ is not field.type and not (field.type is datetime and isinstance(value, datetime)):
        raise _wrong_type(field, value, path)
    return _WRITERS[field.type](field, value, path)


def _text(field: FieldSpec, value: object, path: str, escape: Callable[[str], str]) -> str:
    if not isinstance(value, str):
        raise _wrong_type(field, value, path)
    facets = field.facets
    _check_length(facets, len(value), "characters", path)
    if facets.pattern is not None and facets.pattern.fullmatch(value) is None:
        raise InvalidTextError(path, f"does not match {facets.pattern.pattern}")
    try:
        return escape(value)
    except exact.NotExact:
        raise InvalidTextError(path, "has a character that XML cannot carry") from None


def _check_length(facets: Facets, length: int, unit: str, path: str) -> None:
    if facets.max_length is not None and length > facets.max_length:
        raise InvalidTextError(path, f"{length} {unit}, {facets.max_length} at most")
    if facets.min_length is not None and length < facets.min_length:
        raise InvalidTextError(path, f"{length} {unit}, {facets.min_length} at least")
    if facets.length is not None and length != facets.length:
        raise InvalidTextError(path, f"{length} {unit}, not {facets.length}")


def _integer(field: FieldSpec, value: int, path: str) -> str:
    _check_range(field.facets, value, path)
    return str(value)


def _check_range(facets: Facets, value: int | float | Decimal, path: str) -> None:
    low_ok = facets.min_inclusive is None or value >= facets.min_inclusive
    above_ok = facets.min_exclusive is None or value > facets.min_exclusive
    high_ok = facets.max_inclusive is None or value <= facets.max_inclusive
    below_ok = facets.max_exclusive is None or value < facets.max_exclusive
    if not (low_ok and above_ok and high_ok and below_ok):
        raise InvalidNumberError(path, f"{value} is outside of the range of its type")


def _decimal(field: FieldSpec, value: Decimal, path: str) -> str:
    if not value.is_finite():
        raise InvalidNumberError(path, f"{value} cannot be written")
    _check_range(field.facets, value, path)
    total, places = digits_of(value)
    facets = field.facets
    if facets.fraction_digits is not None and places > facets.fraction_digits:
        raise InvalidNumberError(path, f"{value} has {places} digits after the point, {facets.fraction_digits} at most")
    if facets.total_digits is not None and total > facets.total_digits:
        raise InvalidNumberError(path, f"{value} has {total} digits, {facets.total_digits} at most")
    return exact.write_decimal(value, facets.fraction_digits, facets.total_digits)


def _float(field: FieldSpec, value: float, path: str) -> str:
    _check_range(field.facets, value, path)
    return exact.write_float(value)


def _time(field: FieldSpec, value: datetime, path: str) -> str:
    if value.tzinfo is None:
        raise InvalidTimeError(path, f"{value.isoformat()} has no time zone; give it one, best datetime.timezone.utc")
    try:
        return exact.write_time(value)
    except OverflowError:
        raise InvalidTimeError(path, f"{value.isoformat()} is outside of the years 1 to 9999 in UTC") from None


def _bytes(field: FieldSpec, value: bytes, path: str) -> str:
    _check_length(field.facets, len(value), "bytes", path)
    return exact.write_hex(value) if field.encoding == "base16" else exact.write_base64(value)


_WRITERS: Final[dict[type, Callable[[FieldSpec, Any, str], str]]] = {
    int: _integer,
    bool: lambda field, value, path: exact.write_bool(value),
    Decimal: _decimal,
    float: _float,
    datetime: _time,
    date: lambda field, value, path: exact.write_date(value),
    bytes: _bytes,
}
