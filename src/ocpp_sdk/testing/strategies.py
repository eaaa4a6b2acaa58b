"""Hypothesis strategies for messages: every value that the schema of a generated class allows, and no other.

Needs hypothesis, which is no dependency of this package.

    from hypothesis import given
    from ocpp_sdk import v15
    from ocpp_sdk.testing.strategies import messages

    @given(messages(v15.BootNotificationRequest))
    def test_boot(request: v15.BootNotificationRequest) -> None: ...
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, Final, TypeVar

from hypothesis import strategies as st

from ocpp_sdk.codec import patterns
from ocpp_sdk.codec.fields import FieldSpec, spec_of
from ocpp_sdk.codec.lexical import digits_of

__all__ = ["messages"]

T = TypeVar("T")

_MANY: Final = 3
_LONG: Final = 60
_TEXT: Final = st.characters(
    exclude_categories=["Cs"], exclude_characters=[*map(chr, (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF))]
)
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]").search
_ZONES: Final = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_DAY: Final = timedelta(days=1)
_URIS: Final = st.builds(
    "{}://{}/{}".format,
    st.sampled_from(["ftp", "ftps", "http", "https"]),
    st.sampled_from(["user:pass@host.example:2121", "host.example", "[::1]:8080", "127.0.0.1"]),
    st.text(st.sampled_from("abcXYZ019-._~/é"), max_size=20),
)
_NAMES: Final = st.text(st.sampled_from("abcXYZ_éж"), min_size=1, max_size=20)
_NUMBERS: Final = st.integers(0, 999_999_999)
_BUILT_IN: Final[dict[str, st.SearchStrategy[str]]] = {
    patterns.ANY_URI: _URIS,
    patterns.NCNAME: _NAMES,
    patterns.NAME: _NAMES,
    patterns.NMTOKEN: _NAMES,
    patterns.LANGUAGE: st.sampled_from(["de", "en-US", "zh-Hant-TW"]),
    patterns.DURATION: st.builds("P{}Y{}DT{}H{}.5S".format, _NUMBERS, _NUMBERS, _NUMBERS, _NUMBERS),
    patterns.TIME: st.times().map(lambda moment: moment.isoformat()),
    patterns.G_YEAR: st.integers(1000, 9999).map(str),
    patterns.G_YEAR_MONTH: st.dates().map(lambda day: day.isoformat()[:7]).filter(lambda text: text > "0001"),
    patterns.G_MONTH: st.integers(1, 12).map("--{:02}".format),
    patterns.G_MONTH_DAY: st.dates().map(lambda day: f"-{day.isoformat()[4:]}"),
    patterns.G_DAY: st.integers(1, 31).map("---{:02}".format),
}


def messages(kind: type[T]) -> st.SearchStrategy[T]:
    """Return a strategy for valid instances of a generated class.

    Args:
        kind: a message class or a class within one.
    """
    return _instances(kind, ())


def _instances(kind: type[T], above: tuple[type, ...]) -> st.SearchStrategy[T]:
    metadata = {item.name: item.metadata for item in dataclasses.fields(kind)}  # type: ignore[arg-type]  # T is one
    chosen = {
        field.attribute: _field(field, metadata[field.attribute], (*above, kind)) for field in spec_of(kind).fields
    }
    return st.builds(kind, **chosen)


def _field(field: FieldSpec, metadata: Mapping[str, Any], above: tuple[type, ...]) -> st.SearchStrategy[Any]:
    least, most = metadata.get("min_occurs", 0), metadata.get("max_occurs")
    if field.type in above and not field.required:
        return st.just([]) if field.many else st.none()
    value = _value(field, above)
    if field.many:
        return st.lists(value, min_size=least, max_size=most if most is not None else least + _MANY)
    if field.default is None and (field.nillable or not metadata.get("required")):
        return st.none() | value
    return value


def _value(field: FieldSpec, above: tuple[type, ...]) -> st.SearchStrategy[Any]:
    kind = field.type
    if dataclasses.is_dataclass(kind):
        return _instances(kind, above)
    if issubclass(kind, Enum):
        return st.sampled_from(kind)
    if kind is str:
        return _texts(field)
    if kind is datetime:
        return st.datetimes(datetime.min + _DAY, datetime.max - _DAY, timezones=st.just(UTC) | _ZONES)
    if kind is date:
        return st.dates()
    if kind is bool:
        return st.booleans()
    return _numbers(field) if kind is not bytes else st.binary(**_sizes(field))


def _sizes(field: FieldSpec) -> dict[str, int]:
    facets = field.facets
    if facets.length is not None:
        return {"min_size": facets.length, "max_size": facets.length}
    least = facets.min_length or 0
    return {"min_size": least, "max_size": least + _LONG if facets.max_length is None else facets.max_length}


def _texts(field: FieldSpec) -> st.SearchStrategy[str]:
    pattern, sizes = field.facets.pattern, _sizes(field)
    if pattern is None:
        return st.text(_TEXT, **sizes)
    known = _BUILT_IN.get(pattern.pattern)
    found = known if known is not None else st.from_regex(pattern, fullmatch=True)
    return found.filter(lambda text: _matches(field, text))


def _matches(field: FieldSpec, text: str) -> bool:
    """Tell whether a text made from a pattern has the right length, and only characters that XML can carry."""
    sizes, pattern = _sizes(field), field.facets.pattern
    if not sizes["min_size"] <= len(text) <= sizes["max_size"] or _FORBIDDEN(text) is not None:
        return False
    return pattern is None or pattern.fullmatch(text) is not None


def _numbers(field: FieldSpec) -> st.SearchStrategy[Any]:
    facets = field.facets
    low = facets.min_inclusive if facets.min_inclusive is not None else facets.min_exclusive
    high = facets.max_inclusive if facets.max_inclusive is not None else facets.max_exclusive
    if field.type is int:
        return st.integers(int(low) if low is not None else None, int(high) if high is not None else None)
    found: st.SearchStrategy[Any]
    if field.type is float:
        found = st.floats(low, high, allow_nan=False)
    else:
        places = facets.fraction_digits
        found = st.decimals(low, high, allow_nan=False, allow_infinity=False, places=places)
        found = found.filter(lambda value: _fits(field, value))
    return found.filter(lambda value: value not in (facets.min_exclusive, facets.max_exclusive))


def _fits(field: FieldSpec, value: Decimal) -> bool:
    total, _ = digits_of(value)
    return total <= (field.facets.total_digits or _LONG)
