"""How one simple value is read from text, written as text, and checked, as Python expressions."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from codegen.model import FacetValue, Field, Value
from codegen.straight_line.code import ModuleNeeds

__all__ = ["annotation", "digits_check", "failures", "read_expression", "write_expression", "wrong_number"]

_INT32: Final = (-(2**31), 2**31 - 1)
_READERS: Final = {
    "decimal": "read_decimal",
    "float": "read_float",
    "time": "read_time",
    "date": "read_date",
    "base64": "read_base64",
    "hex": "read_hex",
}
_WRITERS: Final = {
    "boolean": "write_bool",
    "float": "write_float",
    "time": "write_time",
    "date": "write_date",
    "base64": "write_base64",
    "hex": "write_hex",
}


def annotation(value: Value, needs: ModuleNeeds) -> str:
    """Return the Python type of a value."""
    if value.enumeration is not None:
        return needs.type(value.enumeration)
    if value.type in {"Decimal", "date", "datetime"}:
        needs.annotations.add(value.type)
    return value.type


def read_expression(value: Value, text: str, needs: ModuleNeeds) -> str:
    """Return the expression that reads a value from `text`, before its facets are checked."""
    if value.enumeration is not None:
        return f"{needs.table(value.enumeration)}[{text}]"
    if value.kind == "boolean":
        return f"{needs.use('BOOLEANS')}[{text}]"
    if value.kind == "integer":
        low, high = value.facets.get("min_inclusive"), value.facets.get("max_inclusive")
        if (low, high) == _INT32:
            return f"{needs.use('read_int32')}({text})"
        return f"{needs.use('read_int')}({text}, {low}, {high})"
    if value.kind == "string":
        return text
    return f"{needs.use(_READERS[value.kind])}({text})"


def write_expression(value: Value, name: str, needs: ModuleNeeds, *, escape: str) -> str:
    """Return the expression that writes the value in the variable `name`; `escape` is the runtime's for strings."""
    if value.enumeration is not None:
        text = f"{name}._value_"
        return text if _is_plain(value) else f"{needs.use(escape)}({text})"
    if value.kind == "integer":
        low, high = value.facets.get("min_inclusive"), value.facets.get("max_inclusive")
        if (low, high) == _INT32:
            return f"{needs.use('write_int32')}({name})"
        return f"{needs.use('write_int')}({name}, {low}, {high})"
    if value.kind == "decimal":
        return digits_check(value, name, needs) or f"{needs.use('write_decimal')}({name})"
    writer = escape if value.kind == "string" else _WRITERS[value.kind]
    return f"{needs.use(writer)}({name})"


def digits_check(value: Value, name: str, needs: ModuleNeeds) -> str:
    """Return the call that writes a decimal whose digits are limited; empty if they are not."""
    fraction, total = value.facets.get("fraction_digits"), value.facets.get("total_digits")
    if value.kind != "decimal" or (fraction is None and total is None):
        return ""
    return f"{needs.use('write_decimal')}({name}, {fraction}, {total})"


def failures(value: Value, name: str, needs: ModuleNeeds) -> list[str]:
    """Return the conditions under which the value in the variable `name` breaks its facets."""
    facets = value.facets
    found: list[str] = []
    for key, operator in (("length", "!="), ("min_length", "<"), ("max_length", ">")):
        if key in facets:
            found.append(f"len({name}) {operator} {facets[key]}")
    if "pattern" in facets:
        found.append(f"{needs.matcher(str(facets['pattern']))}({name}) is None")
    if value.kind in {"decimal", "float"}:
        for key, operator in (("min_inclusive", ">="), ("min_exclusive", ">")):
            if key in facets:
                found.append(f"not {name} {operator} {_literal(facets[key], needs)}")
        for key, operator in (("max_inclusive", "<="), ("max_exclusive", "<")):
            if key in facets:
                found.append(f"not {name} {operator} {_literal(facets[key], needs)}")
    return found


def wrong_number(field: Field, values: str) -> list[str]:
    """Return the conditions under which the list in the variable `values` has too few items or too many."""
    found: list[str] = []
    if field.min_occurs == 1:
        found.append(f"not {values}")
    elif field.min_occurs:
        found.append(f"len({values}) < {field.min_occurs}")
    if field.max_occurs is not None:
        found.append(f"len({values}) > {field.max_occurs}")
    return found


def _literal(number: FacetValue, needs: ModuleNeeds) -> str:
    if isinstance(number, Decimal):
        needs.decimals = True
        return f'Decimal("{number}")'
    return repr(number)


def _is_plain(value: Value) -> bool:
    members = value.enumeration.enumerators if value.enumeration else []
    return all(character not in '&<>"\r\n\t' for member in members for character in member.value)
