"""Simple types, read with every tolerance and checked with every facet."""

# ruff: noqa: ARG001 - the readers of one table share one signature

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Final

from ocpp_sdk.codec.exact import BOOLEANS
from ocpp_sdk.codec.fields import Facets, FieldSpec
from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import (
    InvalidBooleanError,
    InvalidNumberError,
    InvalidTextError,
    InvalidTimeError,
    MissingFieldError,
    UnknownValueError,
)

__all__ = ["digits_of", "read_value"]

Note = Callable[[DeviationKind, str], None]

_SHOWN: Final = 40
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,40}").fullmatch
_WHOLE_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,40}\.0*").fullmatch
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})").fullmatch
_FLOAT: Final = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,4})?").fullmatch
_TIME: Final = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?P<time>[0-9]{2}:[0-9]{2})(?P<seconds>:[0-9]{2})?"
    r"(?:[.,](?P<fraction>[0-9]{1,20}))?(?P<zone>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?",
    re.ASCII,
).fullmatch
_PLAIN_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII
).fullmatch
_DATE: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII).fullmatch


def read_value(field: FieldSpec, text: str, path: str, deviations: list[Deviation]) -> object:
    """Read the text of one simple value.

    Args:
        field: what it should be.
        text: what was found.
        path: how errors and deviations call it.
        deviations: receives what is odd.

    Raises:
        MessageError: it cannot be read.
    """

    def note(kind: DeviationKind, detail: str) -> None:
        deviations.append(Deviation(kind, path, detail))

    if field.type is str:
        _check_text(field.facets, text, note)
        return text
    stripped = text.strip(" \t\r\n")
    if not stripped and not _may_be_empty(field):
        raise MissingFieldError(path, "empty; a value is required")
    if stripped != text and issubclass(field.type, Enum):
        note(DeviationKind.BLANKS, "blanks around the value")
    if issubclass(field.type, Enum):
        return _read_enum(field.type, stripped, path, note)
    return _READERS[field.type](field, stripped, path, note)


def _may_be_empty(field: FieldSpec) -> bool:
    """Whether the empty text is a value: no bytes, or a member of an enumeration."""
    return field.type is bytes or (issubclass(field.type, Enum) and any(member.value == "" for member in field.type))


def digits_of(value: Decimal) -> tuple[int, int]:
    """Return how many digits a decimal has in all and after the point, trailing zeros left out."""
    _, digits, exponent = value.normalize().as_tuple()
    places = max(0, -int(exponent))
    return max(len(digits) + max(0, int(exponent)), places), places


def _check_text(facets: Facets, text: str, note: Note) -> None:
    if facets.max_length is not None and len(text) > facets.max_length:
        note(DeviationKind.TEXT_TOO_LONG, f"{len(text)} characters, {facets.max_length} at most")
    elif facets.min_length is not None and len(text) < facets.min_length:
        note(DeviationKind.FACET, f"{len(text)} characters, {facets.min_length} at least")
    elif facets.length is not None and len(text) != facets.length:
        note(DeviationKind.FACET, f"{len(text)} characters, not {facets.length}")
    elif facets.pattern is not None and facets.pattern.fullmatch(text) is None:
        note(DeviationKind.FACET, f"{text[:_SHOWN]!r} does not match {facets.pattern.pattern}")


def _read_enum(kind: type[Enum], text: str, path: str, note: Note) -> Enum:
    try:
        return kind(text)
    except ValueError:
        folded = text.casefold()
    for member in kind:
        if str(member.value).casefold() == folded:
            note(DeviationKind.ENUM_CASE, f"spelled {text}, not {member.value}")
            return member
    allowed = ", ".join(str(member.value) for member in kind)
    raise UnknownValueError(path, f"{text[:_SHOWN]!r} is none of {allowed}")


def _read_int(field: FieldSpec, text: str, path: str, note: Note) -> int:
    if not _INTEGER(text):
        if not _WHOLE_DECIMAL(text):
            raise InvalidNumberError(path, f"{text[:_SHOWN]!r} is no whole number")
        note(DeviationKind.NUMBER_FORM, f"{text[:_SHOWN]!r} has a decimal point")
        text = text.partition(".")[0]
    value = int(text)
    _check_range(field.facets, value, path)
    return value


def _check_range(facets: Facets, value: int | float | Decimal, path: str) -> None:
    if facets.min_inclusive is not None and value < facets.min_inclusive:
        raise InvalidNumberError(path, f"{value} is below {facets.min_inclusive}")
    if facets.max_inclusive is not None and value > facets.max_inclusive:
        raise InvalidNumberError(path, f"{value} is above {facets.max_inclusive}")
    if facets.min_exclusive is not None and value <= facets.min_exclusive:
        raise InvalidNumberError(path, f"{value} is not above {facets.min_exclusive}")
    if facets.max_exclusive is not None and value >= facets.max_exclusive:
        raise InvalidNumberError(path, f"{value} is not below {facets.max_exclusive}")


def _read_bool(field: FieldSpec, text: str, path: str, note: Note) -> bool:
    value = BOOLEANS.get(text)
    if value is None:
        value = BOOLEANS.get(text.casefold())
        if value is None:
            raise InvalidBooleanError(path, f"{text[:_SHOWN]!r} is neither true nor false")
        note(DeviationKind.BOOLEAN_CASE, f"spelled {text}")
    return value


def _read_decimal(field: FieldSpec, text: str, path: str, note: Note) -> Decimal:
    if not _DECIMAL(text):
        if not _DECIMAL(text.replace(",", ".", 1)):
            raise InvalidNumberError(path, f"{text[:_SHOWN]!r} is no decimal number")
        note(DeviationKind.NUMBER_FORM, f"{text[:_SHOWN]!r} has a comma")
        text = text.replace(",", ".", 1)
    value = Decimal(text)
    _check_range(field.facets, value, path)
    total, places = digits_of(value)
    facets = field.facets
    if facets.fraction_digits is not None and places > facets.fraction_digits:
        note(DeviationKind.FACET, f"{places} digits after the point, {facets.fraction_digits} at most")
    if facets.total_digits is not None and total > facets.total_digits:
        note(DeviationKind.FACET, f"{total} digits, {facets.total_digits} at most")
    return value


def _read_float(field: FieldSpec, text: str, path: str, note: Note) -> float:
    if text in {"INF", "-INF", "NaN"}:
        return float(text)
    if not _FLOAT(text):
        raise InvalidNumberError(path, f"{text[:_SHOWN]!r} is no number")
    value = float(text)
    _check_range(field.facets, value, path)
    return value


def _read_time(field: FieldSpec, text: str, path: str, note: Note) -> datetime:
    found = _TIME(text)
    if found is None:
        raise InvalidTimeError(path, f"{text[:_SHOWN]!r} is no point in time")
    if not _PLAIN_TIME(text):
        note(DeviationKind.TIME_FORM, f"{text!r} is not written as xsd:dateTime")
    clock = found["time"] + (found["seconds"] or ":00")
    fraction = (found["fraction"] or "").ljust(6, "0")[:6]
    next_day = clock == "24:00:00" and not fraction.strip("0")
    try:
        value = datetime.fromisoformat(f"{found['date']}T{'00:00:00' if next_day else clock}.{fraction}")
        if next_day:
            value += timedelta(days=1)
        zone = found["zone"]
        if zone is None:
            note(DeviationKind.TIME_ZONE_MISSING, f"{text!r} has no time zone, read as UTC")
        return value.replace(tzinfo=_zone(zone))
    except (ValueError, OverflowError):
        raise InvalidTimeError(path, f"{text[:_SHOWN]!r} is no point in time") from None


def _zone(text: str | None) -> timezone:
    if text is None or text in {"Z", "z"}:
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:]) if len(text) > 3 else 0
    offset = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or offset > timedelta(hours=14):
        raise ValueError(text)
    if not offset:
        return UTC
    return timezone(-offset if text[0] == "-" else offset)


def _read_date(field: FieldSpec, text: str, path: str, note: Note) -> date:
    found = _DATE(text)
    try:
        return date.fromisoformat(found[1] if found else text)
    except ValueError:
        raise InvalidTimeError(path, f"{text[:_SHOWN]!r} is no date") from None


def _read_bytes(field: FieldSpec, text: str, path: str, note: Note) -> bytes:
    try:
        if field.encoding == "base16":
            return bytes.fromhex(text)
        return b64decode("".join(text.split()), validate=True)
    except (ValueError, Base64Error):
        raise InvalidTextError(path, f"no {field.encoding or 'base64'}: {text[:_SHOWN]!r}") from None


_READERS: Final[dict[type, Callable[[FieldSpec, str, str, Note], object]]] = {
    int: _read_int,
    bool: _read_bool,
    Decimal: _read_decimal,
    float: _read_float,
    datetime: _read_time,
    date: _read_date,
    bytes: _read_bytes,
}
