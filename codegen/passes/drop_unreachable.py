"""Drops what no request and no reply leads to: nobody could send or receive it."""

from __future__ import annotations

from codegen.model import Attribute, ComplexType, Element, Interface, QName, SimpleType
from codegen.passes.walking import body_elements, simple_chain

__all__ = ["drop_unreachable"]


def drop_unreachable(interface: Interface) -> None:
    """Keep the body elements of all operations and every type that they hold, at whatever depth."""
    elements = body_elements(interface)
    reached: set[QName] = set()
    for name in elements:
        _reach(interface, interface.elements[name].type, reached)
    interface.elements = {name: interface.elements[name] for name in elements}
    interface.complex_types = {name: kind for name, kind in interface.complex_types.items() if name in reached}
    interface.simple_types = {name: kind for name, kind in interface.simple_types.items() if name in reached}


def _reach(interface: Interface, kind: QName | SimpleType | ComplexType | None, reached: set[QName]) -> None:
    if isinstance(kind, SimpleType):
        *_, last = simple_chain(kind)
        _reach(interface, last.base, reached)
        return
    if not isinstance(kind, QName) or kind in reached:
        return
    if kind in interface.simple_types:
        reached.add(kind)
        _reach(interface, interface.simple_types[kind], reached)
    elif kind in interface.complex_types:
        reached.add(kind)
        declared = interface.complex_types[kind]
        holders: list[Element | Attribute] = [*declared.elements, *declared.attributes]
        for holder in holders:
            _reach(interface, holder.type, reached)
        _reach(interface, declared.content, reached)
