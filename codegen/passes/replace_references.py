"""Replaces each reference to a global element by an element of that name and type."""

from __future__ import annotations

from codegen.builtins import XSD
from codegen.model import ComplexType, Element, Interface, QName
from codegen.passes.walking import complex_types

__all__ = ["replace_references"]


def replace_references(interface: Interface) -> None:
    """Give every referring element name, type and nillability of the global one; occurrence stays its own.

    A type that the global element declares in place gets a name, since several places share it from now on.
    """
    for name, element in interface.elements.items():
        if isinstance(element.type, ComplexType):
            named = QName(name.namespace, f"/{name.local}")
            element.type.name = named
            interface.complex_types[named] = element.type
            element.type = named
    for declared in list(complex_types(interface)):
        declared.elements = [_replaced(interface, element) for element in declared.elements]


def _replaced(interface: Interface, element: Element) -> Element:
    if element.ref is None:
        return element
    target = interface.elements[element.ref]
    return Element(
        name=target.name,
        type=target.type or QName(XSD, "string"),
        min_occurs=element.min_occurs,
        max_occurs=element.max_occurs,
        nillable=target.nillable,
        doc=element.doc or target.doc,
        place=element.place,
    )
