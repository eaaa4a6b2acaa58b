"""Gathers the restrictions of a chain of simple types into one set, as the metadata of a field states them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from codegen.errors import UnsupportedError
from codegen.model import FacetValue, SimpleType, Value
from codegen.patterns import UntranslatableError, all_of, any_of, translate

__all__ = ["restrict"]

_LENGTHS = ("length", "min_length", "max_length")
_RANGES = ("min_inclusive", "max_inclusive", "min_exclusive", "max_exclusive")
_DIGITS = ("total_digits", "fraction_digits")
_ORDER = (*_LENGTHS, "pattern", *_RANGES, *_DIGITS)
_ALLOWED = {
    "string": _LENGTHS,
    "base64": _LENGTHS,
    "hex": _LENGTHS,
    "integer": (*_RANGES, *_DIGITS),
    "decimal": (*_RANGES, *_DIGITS),
    "float": _RANGES,
}


def restrict(value: Value, steps: Sequence[SimpleType]) -> None:
    """Add the facets of restrictions to a value.

    Args:
        value: the built-in type at the end of the chain.
        steps: the restrictions, the one next to the built-in type first.

    Raises:
        UnsupportedError: a facet does not belong to the type, or cannot be checked in Python.
    """
    patterns = [str(value.facets["pattern"])] if "pattern" in value.facets else []
    for step in steps:
        _copy_facets(value, step)
        if step.facets.patterns:
            patterns.append(_pattern(value, step))
    if patterns:
        value.facets["pattern"] = all_of(patterns)
    if value.kind == "integer":
        _bound_integer(value)
    value.facets = {key: value.facets[key] for key in _ORDER if key in value.facets}


def _copy_facets(value: Value, step: SimpleType) -> None:
    for key in (*_LENGTHS, *_RANGES, *_DIGITS):
        facet = getattr(step.facets, key)
        if facet is None:
            continue
        if key not in _ALLOWED.get(value.kind, ()):
            what = f"facet {key} on a type of kind {value.kind} is not supported"
            raise UnsupportedError(step.place, what, "remove it")
        if key in _RANGES:
            value.facets.pop(f"{key[:3]}_inclusive", None)
            value.facets.pop(f"{key[:3]}_exclusive", None)
            facet = _number(value, step, facet)
        value.facets[key] = facet


def _number(value: Value, step: SimpleType, text: str) -> FacetValue:
    try:
        if value.kind == "float":
            return float(text)
        number = Decimal(text)
        return int(number) if number == number.to_integral_value() else number
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise UnsupportedError(step.place, f"facet value {text!r} is no number", "correct it") from error


def _pattern(value: Value, step: SimpleType) -> str:
    if value.kind != "string":
        raise UnsupportedError(step.place, f"a pattern on a type of kind {value.kind} is not supported", "remove it")
    try:
        return any_of([translate(pattern) for pattern in sorted(step.facets.patterns)])
    except UntranslatableError as error:
        what = f"pattern cannot be checked in Python ({error})"
        raise UnsupportedError(step.place, what, "write it without that") from error


def _bound_integer(value: Value) -> None:
    """State the range of an integer type with inclusive bounds only, so that it has one spelling."""
    facets = value.facets
    low, high = facets.pop("min_exclusive", None), facets.pop("max_exclusive", None)
    facets.pop("fraction_digits", None)
    digits = facets.pop("total_digits", None)
    lows = [facets.get("min_inclusive"), None if low is None else int(low) + 1]
    highs = [facets.get("max_inclusive"), None if high is None else int(high) - 1]
    if digits is not None:
        lows.append(1 - 10 ** int(digits))
        highs.append(10 ** int(digits) - 1)
    for key, bounds, narrow in (("min_inclusive", lows, max), ("max_inclusive", highs, min)):
        known = [int(bound) for bound in bounds if bound is not None]
        if known:
            facets[key] = narrow(known)
