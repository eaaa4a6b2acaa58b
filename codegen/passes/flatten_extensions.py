"""Copies what an extended type has into the type that extends it."""

from __future__ import annotations

from codegen.errors import UnsupportedError
from codegen.model import ComplexType, Interface, QName
from codegen.passes.walking import complex_types

__all__ = ["flatten_extensions"]


def flatten_extensions(interface: Interface) -> None:
    """Put elements and attributes of each base in front of the type's own, and drop the base.

    Raises:
        UnsupportedError: an extension cannot be flattened, such as one of xsd:all.
    """
    done: set[int] = set()
    for declared in complex_types(interface):
        _flatten(interface, declared, done)


def _flatten(interface: Interface, declared: ComplexType, done: set[int]) -> None:
    if id(declared) in done:
        return
    done.add(id(declared))
    base_name = declared.base
    if isinstance(declared.content, QName) and declared.content in interface.complex_types:
        base_name = declared.content
    if base_name is None:
        return
    base = interface.complex_types[base_name]
    _flatten(interface, base, done)
    if (base.unordered and declared.elements) or (declared.unordered and base.elements):
        what = f"extension of {base_name} with xsd:all is not supported"
        raise UnsupportedError(declared.place, what, "use xsd:sequence in both")
    if declared.content is not None and base.content is None:
        what = f"{base_name} has no text that simpleContent could extend"
        raise UnsupportedError(declared.place, what, "extend a simple type")
    declared.base = None
    declared.content = base.content
    declared.unordered = declared.unordered or base.unordered
    declared.elements = [*base.elements, *declared.elements]
    declared.attributes = [*base.attributes, *declared.attributes]
