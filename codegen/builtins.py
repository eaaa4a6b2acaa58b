"""The simple types that XML Schema brings, and what each is in Python."""

from __future__ import annotations

from typing import Final

from codegen.model import Value
from ocpp_sdk.codec import patterns

__all__ = ["XSD", "builtin_value", "is_builtin", "pattern_name"]

XSD: Final = "http://www.w3.org/2001/XMLSchema"

_INTEGERS: Final[dict[str, tuple[int | None, int | None]]] = {
    "integer": (None, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "long": (-(2**63), 2**63 - 1),
    "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-(2**7), 2**7 - 1),
    "unsignedLong": (0, 2**64 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedByte": (0, 2**8 - 1),
}
_SIMPLE: Final = {
    "boolean": ("boolean", "bool"),
    "decimal": ("decimal", "Decimal"),
    "float": ("float", "float"),
    "double": ("float", "float"),
    "dateTime": ("time", "datetime"),
    "date": ("date", "date"),
    "base64Binary": ("base64", "bytes"),
    "hexBinary": ("hex", "bytes"),
}
_STRINGS: Final = {
    "string": None,
    "normalizedString": None,
    "token": None,
    "anyURI": patterns.ANY_URI,
    "language": patterns.LANGUAGE,
    "Name": patterns.NAME,
    "NCName": patterns.NCNAME,
    "ID": patterns.NCNAME,
    "IDREF": patterns.NCNAME,
    "ENTITY": patterns.NCNAME,
    "NMTOKEN": patterns.NMTOKEN,
    "duration": patterns.DURATION,
    "time": patterns.TIME,
    "gYear": patterns.G_YEAR,
    "gYearMonth": patterns.G_YEAR_MONTH,
    "gMonth": patterns.G_MONTH,
    "gMonthDay": patterns.G_MONTH_DAY,
    "gDay": patterns.G_DAY,
}
_NAMED: Final = {getattr(patterns, name): name for name in sorted(patterns.__all__) if name.isupper()}


def is_builtin(name: str) -> bool:
    """Tell whether a local name is a built-in simple type that this generator supports."""
    return name in _INTEGERS or name in _SIMPLE or name in _STRINGS


def builtin_value(name: str) -> Value:
    """Return the Python side of a built-in type.

    Args:
        name: its local name, one for which `is_builtin` holds.
    """
    if name in _INTEGERS:
        low, high = _INTEGERS[name]
        bounds = {"min_inclusive": low, "max_inclusive": high}
        return Value(kind="integer", type="int", facets={k: v for k, v in bounds.items() if v is not None})
    if name in _SIMPLE:
        kind, python = _SIMPLE[name]
        return Value(kind=kind, type=python)
    pattern = _STRINGS[name]
    return Value(kind="string", type="str", facets={"pattern": pattern} if pattern else {})


def pattern_name(pattern: str) -> str | None:
    """Return the constant of `ocpp_sdk.codec.patterns` that is this pattern, None if none is."""
    return _NAMED.get(pattern)
