"""Names classes and enumerations, and the members of enumerations."""

from __future__ import annotations

from codegen.model import Class, Enumeration, Interface
from codegen.names import constant_name, pascal_name, unique

__all__ = ["name_types"]


def name_types(interface: Interface) -> None:
    """Give each class and enumeration a name of its own: messages choose first, then other classes, then enumerations.

    What comes later and finds its name taken gets a number. Names of the client stub and of the handler are taken.
    """
    stem = pascal_name(interface.port_type.removesuffix("Service") or interface.port_type)
    taken = {f"{stem}Client", f"{stem}Handler"}
    messages = [made for made in interface.classes if made.element is not None]
    others = [made for made in interface.classes if made.element is None]
    everything: list[Class | Enumeration] = [*_ordered(messages), *_ordered(others), *interface.enumerations]
    for made in everything:
        made.name = unique(pascal_name(made.source), taken)
        taken.add(made.name)
    for enumeration in interface.enumerations:
        _name_members(enumeration)
    interface.classes.sort(key=lambda made: made.name)
    interface.enumerations.sort(key=lambda made: made.name)
    for made in interface.enumerations:
        made.enumerators.sort(key=lambda enumerator: enumerator.name)


def _ordered(classes: list[Class]) -> list[Class]:
    return sorted(classes, key=lambda made: (made.namespace, made.source))


def _name_members(enumeration: Enumeration) -> None:
    taken: set[str] = set()
    for member in enumeration.enumerators:
        member.name = unique(constant_name(member.value), taken)
        taken.add(member.name)
