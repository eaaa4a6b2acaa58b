"""Renders `types.py`: enumerations and message classes."""

from __future__ import annotations

from dataclasses import dataclass

from codegen.builtins import pattern_name
from codegen.model import Class, Enumeration, Field, FieldKind, Interface, Value
from codegen.render.docs import described, docstring, section, sentence
from codegen.render.environment import render
from codegen.render.fields import field_line

__all__ = ["render_types"]


@dataclass(frozen=True, slots=True)
class _Class:
    """What the template shows of a class."""

    name: str
    doc: str
    namespace: str
    element: str | None
    unordered: bool
    fields: list[str]


@dataclass(frozen=True, slots=True)
class _Enumeration:
    """What the template shows of an enumeration."""

    name: str
    doc: str
    members: list[tuple[str, str]]


def render_types(interface: Interface) -> str:
    """Return the source of `types.py`."""
    namespaces = _namespaces(interface)
    fields = [field for made in interface.classes for field in made.fields]
    lines = [line for field in fields for line in [field_line(field, namespaces)]]
    return render(
        "types.py.jinja",
        source=interface.source,
        doc=docstring([[f"Messages and types of {interface.service} ({interface.namespace})."]], 0),
        imports=_imports(fields, lines, interface),
        patterns=sorted({name for field in fields if (name := _pattern(field))}),
        names=interface.type_names(),
        namespaces=[(constant, uri) for uri, constant in namespaces.items()],
        enumerations=[_enumeration(made) for made in interface.enumerations],
        classes=[_class(made, interface, namespaces) for made in interface.classes],
    )


def _namespaces(interface: Interface) -> dict[str, str]:
    """Return a constant for each namespace in use, that of the service first."""
    used = {made.namespace for made in interface.classes}
    used |= {field.namespace for made in interface.classes for field in made.fields}
    used -= {""}
    ordered = sorted(used, key=lambda uri: (uri != interface.namespace, uri))
    return {uri: "_NS" if position == 1 else f"_NS_{position}" for position, uri in enumerate(ordered, 1)}


def _imports(fields: list[Field], lines: list[str], interface: Interface) -> list[str]:
    found = ["from dataclasses import dataclass, field"] if fields else ["from dataclasses import dataclass"]
    types = {field.type.type for field in fields if isinstance(field.type, Value)}
    moments = sorted(types & {"date", "datetime"})
    if moments:
        found.append(f"from datetime import {', '.join(moments)}")
    if "Decimal" in types or any("Decimal(" in line for line in lines):
        found.append("from decimal import Decimal")
    if interface.enumerations:
        found.append("from enum import StrEnum")
    return found


def _pattern(field: Field) -> str | None:
    return pattern_name(str(field.type.facets.get("pattern"))) if isinstance(field.type, Value) else None


def _enumeration(made: Enumeration) -> _Enumeration:
    doc = docstring([[sentence(made.doc) or f"Values of {made.source}."], section("Attributes", _members(made))], 4)
    return _Enumeration(made.name, doc, [(member.name, member.value) for member in made.enumerators])


def _members(made: Enumeration) -> list[str]:
    return [f"{member.name}: {sentence(member.doc)}" for member in made.enumerators if member.doc]


def _class(made: Class, interface: Interface, namespaces: dict[str, str]) -> _Class:
    attributes = section("Attributes", [described(field) for field in made.fields])
    return _Class(
        name=made.name,
        doc=docstring([[_summary(made, interface)], attributes], 4),
        namespace=namespaces[made.namespace] if made.namespace else '""',
        element=made.element.local if made.element else None,
        unordered=made.unordered,
        fields=[field_line(field, namespaces) for field in made.fields],
    )


def _summary(made: Class, interface: Interface) -> str:
    roles = [f"Request of {call.name}." for call in interface.calls if call.request is made]
    roles += [f"Reply of {call.name}." for call in interface.calls if call.response is made]
    plain = "" if made.fields else "Has no fields."
    return " ".join(text for text in (*roles, sentence(made.doc), plain) if text) or f"Type {_readable(made)}."


def _readable(made: Class) -> str:
    kinds = {field.kind for field in made.fields}
    content = "text with attributes" if FieldKind.TEXT in kinds else "elements"
    return f"{made.source.strip('/')}: {content}"
