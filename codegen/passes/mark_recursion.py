"""Finds the classes that straight-line code cannot serve, since their depth has no bound."""

from __future__ import annotations

from codegen.model import Class, Interface

__all__ = ["mark_recursion"]


def mark_recursion(interface: Interface) -> None:
    """Set `recursive` on every class that holds itself, or a class that does, at any depth."""
    for made in interface.classes:
        made.recursive = _has_no_end(made, ())


def _has_no_end(made: Class, above: tuple[str, ...]) -> bool:
    if made.name in above:
        return True
    below = (*above, made.name)
    return any(_has_no_end(field.type, below) for field in made.fields if isinstance(field.type, Class))
