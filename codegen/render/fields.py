"""The line that declares a field: annotation, default, and metadata as xsdata spells it."""

from __future__ import annotations

from decimal import Decimal

from codegen.builtins import pattern_name
from codegen.model import Class, FacetValue, Field, FieldKind, Value
from codegen.straight_line.defaults import default_source

__all__ = ["argument_line", "base_type", "field_line"]

_FORMATS = {"base64": "base64", "hex": "base16"}


def base_type(field: Field) -> str:
    """Return the Python type of one value."""
    if isinstance(field.type, Class):
        return field.type.name
    return field.type.enumeration.name if field.type.enumeration else field.type.type


def field_line(field: Field, namespaces: dict[str, str]) -> str:
    """Return the declaration of a field.

    Args:
        field: the field.
        namespaces: the constant of the module for each namespace.
    """
    entries = ", ".join(f"{key!r}: {source}" for key, source in _metadata(field, namespaces))
    metadata = f"metadata={{{entries}}}"
    kind = base_type(field)
    default = default_source(field)
    if field.many:
        return f"{field.name}: list[{kind}] = field(default_factory=list, {metadata})"
    if default is not None:
        return f"{field.name}: {kind} = field(default={default}, {metadata})"
    if field.required and not field.nillable:
        return f"{field.name}: {kind} = field({metadata})"
    return f"{field.name}: {kind} | None = field(default=None, {metadata})"


def _metadata(field: Field, namespaces: dict[str, str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if field.kind is not FieldKind.TEXT:
        found.append(("name", _quoted(field.xml_name)))
    found.append(("type", _quoted(field.kind.value)))
    if field.kind is FieldKind.ELEMENT:
        found.append(("namespace", namespaces[field.namespace] if field.namespace else '""'))
    if field.many:
        if field.min_occurs:
            found.append(("min_occurs", str(field.min_occurs)))
        if field.max_occurs is not None:
            found.append(("max_occurs", str(field.max_occurs)))
    elif field.required:
        found.append(("required", "True"))
    if field.nillable:
        found.append(("nillable", "True"))
    if isinstance(field.type, Value):
        found += [(key, _literal(key, value)) for key, value in field.type.facets.items()]
        if field.type.kind in _FORMATS:
            found.append(("format", _quoted(_FORMATS[field.type.kind])))
    return found


def argument_line(field: Field) -> tuple[str, str]:
    """Return the keyword argument of a client stub for a field, and the value that is passed on."""
    kind = base_type(field)
    default = default_source(field)
    if field.many:
        return f"{field.name}: Sequence[{kind}]{'' if field.min_occurs else ' = ()'}", f"list({field.name})"
    if default is not None:
        return f"{field.name}: {kind} = {default}", field.name
    if field.required and not field.nillable:
        return f"{field.name}: {kind}", field.name
    return f"{field.name}: {kind} | None = None", field.name


def _literal(key: str, value: FacetValue) -> str:
    if key == "pattern":
        return pattern_name(str(value)) or _quoted(str(value))
    if isinstance(value, Decimal):
        return f'Decimal("{value}")'
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    return repr(text)
