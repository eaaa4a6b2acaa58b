"""Sorts all whose order has no meaning, so that equal WSDLs give equal code."""

from __future__ import annotations

from codegen.model import Interface

__all__ = ["sort_declarations"]


def sort_declarations(interface: Interface) -> None:
    """Sort operations, declarations, attributes, enumeration values and the children of xsd:all by name."""
    interface.operations.sort(key=lambda operation: operation.name)
    interface.elements = dict(sorted(interface.elements.items()))
    interface.messages = dict(sorted(interface.messages.items()))
    interface.complex_types = dict(sorted(interface.complex_types.items()))
    interface.simple_types = dict(sorted(interface.simple_types.items()))
    for declared in interface.complex_types.values():
        declared.attributes.sort(key=lambda attribute: attribute.name)
        if declared.unordered:
            declared.elements.sort(key=lambda element: element.name)
    for simple in interface.simple_types.values():
        simple.enumerators.sort(key=lambda enumerator: enumerator.value)
