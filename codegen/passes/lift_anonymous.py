"""Gives the types that are declared in place a name and a place among the others."""

from __future__ import annotations

from codegen.model import Attribute, ComplexType, Element, Interface, QName, SimpleType

__all__ = ["lift_anonymous"]


def lift_anonymous(interface: Interface) -> None:
    """Name each complex type and enumeration that is declared in place after its owner and its field.

    The name holds a slash, so that no declared name can be the same: `MeterValue/value`.
    """
    for name, element in list(interface.elements.items()):
        _lift(interface, element, QName(name.namespace, f"/{name.local}"))
    for name, declared in list(interface.complex_types.items()):
        _lift_fields(interface, declared, name)


def _lift_fields(interface: Interface, declared: ComplexType, owner: QName) -> None:
    holders: list[Element | Attribute] = [*declared.elements, *declared.attributes]
    for holder in holders:
        local = holder.name if isinstance(holder.name, str) else holder.name.local
        _lift(interface, holder, QName(owner.namespace, f"{owner.local}/{local}"))
    if isinstance(declared.content, SimpleType) and declared.content.enumerators:
        name = QName(owner.namespace, f"{owner.local}/text")
        interface.simple_types[name] = declared.content
        declared.content = name


def _lift(interface: Interface, holder: Element | Attribute, name: QName) -> None:
    kind = holder.type
    if isinstance(kind, ComplexType):
        kind.name = name
        interface.complex_types[name] = kind
        holder.type = name
        _lift_fields(interface, kind, name)
    elif isinstance(kind, SimpleType) and kind.enumerators:
        kind.name = name
        interface.simple_types[name] = kind
        holder.type = name
