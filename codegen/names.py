"""From names of XML to names of Python.

A name is cut into words where the case changes and at everything that is neither letter nor digit. A single letter is
no word: it joins the next one, or the one before if it is the last (`kWh` is `KWH`, `SoC` is `SOC`), unless a separator
stands before it (`L1-N` is `L1_N`).
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from typing import Final
from unicodedata import normalize

__all__ = ["constant_name", "field_name", "pascal_name", "snake_name", "unique"]

_CHUNK: Final = re.compile(r"[^\W_]+")
_WORD: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[A-Z]+[0-9]*|[0-9]+|[^\W_A-Za-z0-9]+")
_ANNOTATIONS: Final = frozenset(
    {"bool", "bytes", "dataclass", "date", "datetime", "field", "float", "int", "list", "self", "str"}
)
_CLASSES: Final = frozenset(
    {
        *("Call", "Caller", "Decimal", "Element", "MessageCodec", "NotExact", "NotSupportedError", "OcppVersion"),
        *("Operation", "Role", "Sequence", "Service", "StrEnum"),
    }
)


def _chunks(name: str) -> list[str]:
    """Cut a name at everything that cannot stand in an identifier, which Python takes in its NFKC form."""
    text = "".join(letter if f"a{letter}".isidentifier() else " " for letter in normalize("NFKC", name))
    return _CHUNK.findall(text)


def _words(name: str) -> list[str]:
    """Cut a name into words."""
    return [word for chunk in _chunks(name) for word in _join(_WORD.findall(chunk))]


def _join(words: list[str]) -> list[str]:
    joined: list[str] = []
    lone = ""
    for word in words:
        if len(word) == 1 and word.isalpha():
            lone += word
        else:
            joined.append(lone + word)
            lone = ""
    if lone and joined:
        joined[-1] += lone
    elif lone:
        joined.append(lone)
    return joined


def snake_name(name: str) -> str:
    """Return a name in snake_case: `chargePointVendor` is `charge_point_vendor`."""
    text = "_".join(word.lower() for word in _words(name)) or "value"
    return text if text.isidentifier() else f"n{text}"


def field_name(name: str) -> str:
    """Return the name of a field, argument or method, with an underscore behind what Python or its types use."""
    text = snake_name(name)
    return f"{text}_" if keyword.iskeyword(text) or text in _ANNOTATIONS else text


def pascal_name(name: str) -> str:
    """Return the name of a class: `authorizeRequest` is `AuthorizeRequest`; capitals inside of words stay."""
    text = "".join(chunk[0].upper() + chunk[1:] for chunk in _chunks(name)) or "Value"
    text = text if text.isidentifier() else f"N{text}"
    return f"{text}_" if keyword.iskeyword(text) or text in _CLASSES else text


def constant_name(value: str) -> str:
    """Return the name of an enumeration member or a constant: `Energy.Active` is `ENERGY_ACTIVE`."""
    words = _words(value)
    if not words:
        return "_".join(["VALUE", *(f"{ord(character):02X}" for character in value)]) if value else "EMPTY"
    text = "_".join(word.upper() for word in words)
    return text if text.isidentifier() else f"N{text}"


def unique(name: str, taken: Iterable[str]) -> str:
    """Return the name, or with the first number from 2 that makes it free."""
    used = frozenset(taken)
    if name not in used:
        return name
    return next(candidate for number in range(2, len(used) + 3) if (candidate := f"{name}_{number}") not in used)
