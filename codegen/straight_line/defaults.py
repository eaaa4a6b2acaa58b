"""Defaults of attributes, as Python source."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from codegen.errors import UnsupportedError
from codegen.model import Field, Value

__all__ = ["default_source"]


def default_source(field: Field) -> str | None:
    """Return the default of an attribute as Python source, None if it has none.

    Raises:
        UnsupportedError: the default is no value of its type, or of a type for which there is no literal.
    """
    if field.default is None or not isinstance(field.type, Value):
        return None
    source = _source(field.type, field.default)
    if source is None:
        what = f"default {field.default!r} of {field.xml_name} is not supported"
        raise UnsupportedError(field.place, what, f"give a valid value of type {field.type.kind}, or remove it")
    return source


def _source(value: Value, text: str) -> str | None:
    if value.enumeration is not None:
        names = [member.name for member in value.enumeration.enumerators if member.value == text]
        return f"{value.enumeration.name}.{names[0]}" if names else None
    try:
        return {
            "string": lambda: repr(text),
            "integer": lambda: str(int(text)),
            "boolean": lambda: str({"true": True, "1": True, "false": False, "0": False}[text.strip()]),
            "decimal": lambda: f'Decimal("{Decimal(text.strip())}")',
            "float": lambda: repr(float(text)),
        }[value.kind]()
    except (KeyError, ValueError, InvalidOperation):
        return None
