"""The simple types that XML Schema brings, and what each is in Python."""

from __future__ import annotations

from typing import Final

from codegen.model import Value

__all__ = ["XSD", "builtin_value", "is_builtin"]

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
_ZONE: Final = "(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_YEAR: Final = "-?(?:[1-9][0-9]{3,}|0[0-9]{3})"
_MONTH: Final = "(?:0[1-9]|1[0-2])"
_DAY: Final = "(?:0[1-9]|[12][0-9]|3[01])"
_NCNAME: Final = r"[^\W\d][\w.\-\u00b7]*"
_NAME: Final = r"(?:[^\W\d]|:)[\w.\-:\u00b7]*"
_URI: Final = r"(?:[^%\[\]#:/?]|%[0-9A-Fa-f]{2})"
_STRINGS: Final = {
    "string": None,
    "normalizedString": None,
    "token": None,
    "anyURI": (
        rf"(?:(?:[A-Za-z][A-Za-z0-9+.\-]*:(?=.)|(?={_URI}*(?:[/?#]|$)))"
        rf"(?://(?:[^%\[\]#/?@]*@)?(?:\[[0-9A-Fa-f:.]+\](?::[0-9]*)?)?(?=.|$))?"
        rf"(?:{_URI}|[:/?])*)?(?:#(?:{_URI}|[:/?])*)?"
    ),
    "language": "[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*",
    "Name": _NAME,
    "NCName": _NCNAME,
    "ID": _NCNAME,
    "IDREF": _NCNAME,
    "ENTITY": _NCNAME,
    "NMTOKEN": r"[\w.\-:\u00b7]+",
    "duration": (
        r"-?P(?=[0-9T])(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?"
        r"(?:T(?=[0-9])(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?)?"
    ),
    "time": rf"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?){_ZONE}",
    "gYear": f"{_YEAR}{_ZONE}",
    "gYearMonth": f"{_YEAR}-{_MONTH}{_ZONE}",
    "gMonth": f"--{_MONTH}{_ZONE}",
    "gMonthDay": f"--{_MONTH}-{_DAY}{_ZONE}",
    "gDay": f"---{_DAY}{_ZONE}",
}


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
