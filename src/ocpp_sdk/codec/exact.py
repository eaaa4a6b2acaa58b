"""What generated codecs stand on: the exact way, which gives up at the first surprise.

A generated reader takes a payload only if it is to the letter as its schema says (see `ocpp_sdk.codec.scanning`). A
surprise of any kind raises one of `EXACT_ERRORS`, and the payload is then read by `ocpp_sdk.codec.tolerant`, which
knows every tolerance and names each error. Likewise a generated writer raises, and `ocpp_sdk.codec.explain` finds the
field. So generated code needs no message texts.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite, isnan
from typing import TYPE_CHECKING, Final, TypeVar, cast

__all__ = [
    "BOOLEANS",
    "EXACT_ERRORS",
    "UTC_TEXTS",
    "NotExact",
    "escape_attribute",
    "escape_text",
    "new",
    "read_base64",
    "read_date",
    "read_decimal",
    "read_float",
    "read_hex",
    "read_int",
    "read_int32",
    "read_time",
    "write_base64",
    "write_bool",
    "write_date",
    "write_decimal",
    "write_float",
    "write_hex",
    "write_int",
    "write_int32",
    "write_time",
]

T = TypeVar("T")


class NotExact(Exception):  # noqa: N818 - a signal inside the codec, never seen outside
    """The payload or the value is not exactly as the schema says."""


EXACT_ERRORS: Final = (NotExact, LookupError, AttributeError, ValueError, TypeError, ArithmeticError)
"""What generated code may raise to say that the exact way ends here."""


_from_iso: Final = datetime.fromisoformat
_MINUTES: Final = tuple(f"T{hour:02}:{minute:02}:" for hour in range(24) for minute in range(60))
_SECONDS: Final = tuple(f"{number:02}" for number in range(60))
_days: Final[dict[int, str]] = {}
# Peers may send any days, but those of one time are few.
_MOST_DAYS: Final = 1000
_MOST_TIMES: Final = 1024
_INT32_MIN: Final = -(2**31)
_INT32_MAX: Final = 2**31 - 1
_SPECIAL: Final = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]").search
_SPECIAL_ATTRIBUTE: Final = re.compile('[&<>"\r\n\t\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]').search
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]").search
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)").fullmatch
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
_ZONE: Final = re.compile(r"[+-](?:0[0-9]|1[0-4]):[0-5][0-9]").fullmatch
_FRACTION: Final = re.compile(r"\.[0-9]{1,6}").fullmatch

BOOLEANS: Final[Mapping[str, bool]] = {"true": True, "false": False, "1": True, "0": False}
"""The four lexical forms of xsd:boolean."""


def new(kind: type[T]) -> T:
    """Make an instance without its initializer; the reader then sets every field."""
    return object.__new__(kind)


if not TYPE_CHECKING:
    new = object.__new__


def read_int32(text: str) -> int:
    """Read xsd:int as written without blanks and plus sign; those go the tolerant way."""
    digits = text[1:] if text[:1] == "-" else text
    if digits.isdecimal() and digits.isascii() and len(digits) < 12:
        value = int(text)
        if _INT32_MIN <= value <= _INT32_MAX:
            return value
    raise NotExact


def read_int(text: str, low: int | None, high: int | None) -> int:
    """Read an integer type with its range."""
    digits = text[1:] if text[:1] == "-" else text
    if not digits.isdecimal() or not digits.isascii() or len(digits) > 40:
        raise NotExact
    value = int(text)
    if (low is not None and value < low) or (high is not None and value > high):
        raise NotExact
    return value


class _Times(dict[str, datetime]):
    """Times by their texts, whole seconds only; others seldom come again.

    Charge points read their meters in step, and tell one moment for many values; besides, a time that is the same
    object is found in `UTC_TEXTS` at once.
    """

    def __missing__(self, text: str) -> datetime:
        time = _read_time(text)
        if not time.microsecond:
            if len(self) >= _MOST_TIMES:
                self.clear()
            self[text] = time
        return time


read_time: Final[Callable[[str], datetime]] = _Times().__getitem__
"""Read xsd:dateTime with a zone; other forms go the tolerant way."""


def _read_time(text: str) -> datetime:
    # The marks that are looked at leave `fromisoformat` only the form of XML Schema among those that it reads.
    if text[7] != "-" or text[10] != "T" or text[13] != ":":
        raise NotExact
    if text[-1] == "Z":
        if len(text) != 20 and not _FRACTION(text, 19, len(text) - 1):
            raise NotExact
    elif not _ZONE(text, len(text) - 6) or (len(text) != 25 and not _FRACTION(text, 19, len(text) - 6)):
        raise NotExact
    return _from_iso(text)


def read_date(text: str) -> date:
    """Read xsd:date without a zone."""
    if not _DATE(text):
        raise NotExact
    return date.fromisoformat(text)


def read_decimal(text: str) -> Decimal:
    """Read xsd:decimal; no exponent, no infinity."""
    if len(text) > 60 or not _DECIMAL(text):
        raise NotExact
    return Decimal(text)


def read_float(text: str) -> float:
    """Read xsd:float or xsd:double in its plain finite forms."""
    if "_" in text or len(text) > 60 or not text.isascii():
        raise NotExact
    value = float(text)
    if not isfinite(value):
        raise NotExact
    return value


def read_base64(text: str) -> bytes:
    """Read xsd:base64Binary without blanks."""
    if not text:
        raise NotExact
    return b64decode(text, validate=True)


def read_hex(text: str) -> bytes:
    """Read xsd:hexBinary without blanks."""
    if not text.isalnum():
        raise NotExact
    return bytes.fromhex(text)


def escape_text(value: str) -> str:
    """Escape element content; characters that XML cannot carry raise `NotExact`."""
    if not isinstance(value, str):
        raise NotExact
    if value.isalnum() or _SPECIAL(value) is None:
        return value
    if _FORBIDDEN(value) is not None:
        raise NotExact
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def escape_attribute(value: str) -> str:
    """Escape the content of a double-quoted attribute, line ends and tabs included."""
    if not isinstance(value, str):
        raise NotExact
    if value.isalnum() or _SPECIAL_ATTRIBUTE(value) is None:
        return value
    text = escape_text(value)
    return text.replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def write_int32(value: int) -> int:
    """Check xsd:int; a bool is none."""
    if value.__class__ is not int or not _INT32_MIN <= value <= _INT32_MAX:
        raise NotExact
    return value


def write_int(value: int, low: int | None, high: int | None) -> int:
    """Check an integer type with its range."""
    if value.__class__ is not int or (low is not None and value < low) or (high is not None and value > high):
        raise NotExact
    return value


def write_time(value: datetime, *, always_fraction: bool = False) -> str:
    """Write xsd:dateTime in UTC, with the fraction it has, or always to the microsecond."""
    zone = value.tzinfo
    if zone is None:
        raise NotExact
    if zone is not UTC:
        value = value.astimezone(UTC)
    # A fifth of the time of isoformat, which asks the zone for its offset and formats that as well.
    day = _days.get(value.toordinal()) or _day(value)
    minute = _MINUTES[value.hour * 60 + value.minute]
    fraction = value.microsecond
    if fraction or always_fraction:
        return f"{day}{minute}{_SECONDS[value.second]}.{fraction:06}Z"
    return f"{day}{minute}{_SECONDS[value.second]}Z"


class _UtcTexts(dict[datetime, tuple[str, str]]):
    def __missing__(self, value: datetime) -> tuple[str, str]:
        text = write_time(value)
        if value.microsecond:
            return text, text
        texts = text, f"{text[:-1]}.000000Z"
        if len(self) >= _MOST_TIMES:
            self.clear()
        self[value] = texts
        return texts


UTC_TEXTS: Final = _UtcTexts()
"""What `write_time` gives, with the fraction that a time has and to the microsecond.

Whole seconds are kept, by the moment that they mean; it is for times that came in messages, which are written more than
once.
"""


def _day(value: datetime) -> str:
    if len(_days) >= _MOST_DAYS:
        _days.clear()
    text = _days[value.toordinal()] = f"{value.year:04}-{value.month:02}-{value.day:02}"
    return text


def write_date(value: date) -> str:
    """Write xsd:date without a zone."""
    if value.__class__ is not date:
        raise NotExact
    return value.isoformat()


def write_bool(value: bool) -> str:
    """Write xsd:boolean."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    raise NotExact


def write_decimal(value: Decimal, fraction_digits: int | None = None, total_digits: int | None = None) -> str:
    """Write xsd:decimal in plain notation; more digits than the schema allows raise, nothing is rounded."""
    if value.__class__ is not Decimal or not value.is_finite():
        raise NotExact
    _, digits, exponent = value.normalize().as_tuple()
    places = -cast(int, exponent)
    if (fraction_digits is not None and places > fraction_digits) or (
        total_digits is not None and max(len(digits) - min(places, 0), places) > total_digits
    ):
        raise NotExact
    text = format(value, "f")
    if fraction_digits is not None and "." in text:
        whole, _, fraction = text.partition(".")
        text = f"{whole}.{fraction[:fraction_digits]}" if fraction_digits else whole
    return text


def write_float(value: float) -> str:
    """Write xsd:double."""
    if value.__class__ is not float:
        raise NotExact
    if isfinite(value):
        return repr(value)
    if isnan(value):
        return "NaN"
    return "INF" if value > 0 else "-INF"


def write_base64(value: bytes) -> str:
    """Write xsd:base64Binary."""
    return b64encode(value).decode("ascii")


def write_hex(value: bytes) -> str:
    """Write xsd:hexBinary."""
    return value.hex().upper()
