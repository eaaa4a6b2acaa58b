"""Names the fields of classes."""

from __future__ import annotations

from codegen.model import FieldKind, Interface
from codegen.names import field_name

__all__ = ["name_fields"]

_PRIORITY = {FieldKind.ELEMENT: 0, FieldKind.ATTRIBUTE: 1, FieldKind.TEXT: 2}


def name_fields(interface: Interface) -> None:
    """Give each field its name in snake_case; of two that come out the same, elements choose before attributes."""
    for made in interface.classes:
        taken: set[str] = set()
        for field in sorted(made.fields, key=lambda field: _PRIORITY[field.kind]):
            name = field_name(field.xml_name)
            while name in taken:
                name += "_"
            taken.add(name)
            field.name = name
