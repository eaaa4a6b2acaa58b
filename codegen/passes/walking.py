"""Where the declared types hold other types; the passes walk along these."""

from __future__ import annotations

from collections.abc import Iterator

from codegen.model import Attribute, ComplexType, Element, Interface, QName, SimpleType

__all__ = ["body_elements", "body_of", "complex_types", "simple_chain", "type_holders"]


def complex_types(interface: Interface) -> Iterator[ComplexType]:
    """Yield every complex type, named or declared in place, outer ones first."""
    for declared in interface.complex_types.values():
        yield from _with_inner(declared)
    for element in interface.elements.values():
        if isinstance(element.type, ComplexType):
            yield from _with_inner(element.type)


def _with_inner(declared: ComplexType) -> Iterator[ComplexType]:
    yield declared
    for element in declared.elements:
        if isinstance(element.type, ComplexType):
            yield from _with_inner(element.type)


def type_holders(interface: Interface) -> Iterator[Element | Attribute]:
    """Yield every element and attribute, global and local."""
    yield from interface.elements.values()
    for declared in complex_types(interface):
        yield from declared.elements
        yield from declared.attributes


def body_of(interface: Interface, message: QName) -> QName:
    """Return the element that a message has for a body; the checks have made sure that it has one."""
    return interface.messages[message].parts[0].element


def body_elements(interface: Interface) -> list[QName]:
    """Return the body elements of all requests and replies, by name."""
    sides = (side for operation in interface.operations for side in (operation.input, operation.output))
    return sorted({body_of(interface, side.message) for side in sides})


def simple_chain(declared: SimpleType) -> Iterator[SimpleType]:
    """Yield a simple type and those that it restricts in place."""
    yield declared
    if isinstance(declared.base, SimpleType):
        yield from simple_chain(declared.base)
