"""Checks that every name leads to a declaration that can be used there."""

from __future__ import annotations

from codegen.builtins import XSD, is_builtin
from codegen.errors import Place, UnsupportedError
from codegen.model import ComplexType, Interface, QName, SimpleType
from codegen.passes.walking import complex_types, simple_chain, type_holders

__all__ = ["check_references"]

_ANY = "use a type of its own for what is sent"


def check_references(interface: Interface) -> None:
    """Follow the types of elements and attributes, bases, and references to elements.

    Raises:
        UnsupportedError: a type or element is not declared, or is none that can be used there.
    """
    for holder in type_holders(interface):
        reference = getattr(holder, "ref", None)
        if reference is not None and reference not in interface.elements:
            raise UnsupportedError(holder.place, f"element {reference} is not declared", "declare or import it")
        if isinstance(holder.type, QName):
            _check_type(interface, holder.type, holder.place, complex_allowed=not hasattr(holder, "required"))
        elif isinstance(holder.type, SimpleType):
            _check_simple(interface, holder.type)
    for declared in complex_types(interface):
        if declared.base is not None:
            _check_base(interface, declared, declared.base)
        if isinstance(declared.content, QName):
            _check_type(interface, declared.content, declared.place, complex_allowed=True)
    for simple in interface.simple_types.values():
        _check_simple(interface, simple)
    _check_circles(interface)


def _check_type(interface: Interface, name: QName, place: Place, *, complex_allowed: bool) -> None:
    if name.namespace == XSD:
        if not is_builtin(name.local):
            raise UnsupportedError(place, f"type xsd:{name.local} is not supported", _ANY)
    elif name in interface.complex_types:
        if not complex_allowed:
            raise UnsupportedError(place, f"{name} is no simple type", "use a simple type here")
        if interface.complex_types[name].abstract:
            raise UnsupportedError(place, f"abstract type {name} is not supported here", "use a type that extends it")
    elif name not in interface.simple_types:
        raise UnsupportedError(place, f"type {name} is not declared", "declare or import it, or correct the name")


def _check_simple(interface: Interface, declared: SimpleType) -> None:
    for step in simple_chain(declared):
        if isinstance(step.base, QName):
            _check_type(interface, step.base, step.place, complex_allowed=False)


def _check_base(interface: Interface, declared: ComplexType, base: QName) -> None:
    if base not in interface.complex_types:
        raise UnsupportedError(declared.place, f"base {base} is no declared complex type", "declare or import it")


def _check_circles(interface: Interface) -> None:
    """Refuse types that are their own base."""
    bases: dict[QName, QName] = {}
    for name, declared in interface.complex_types.items():
        base = declared.base or declared.content
        if isinstance(base, QName):
            bases[name] = base
    for name, simple in interface.simple_types.items():
        *_, last = simple_chain(simple)
        if isinstance(last.base, QName):
            bases[name] = last.base
    for name, first in bases.items():
        seen, step = {name}, first
        while step in bases and step not in seen:
            seen.add(step)
            step = bases[step]
        if step in seen:
            place = (interface.complex_types.get(name) or interface.simple_types[name]).place
            raise UnsupportedError(place, f"type {name} is its own base", "correct the base")
