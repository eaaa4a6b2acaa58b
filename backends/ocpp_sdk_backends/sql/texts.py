"""Texts that a database cannot hold, and how they are named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass

__all__ = ["unfit_text"]


def unfit_text(subject: object, path: str = "") -> str | None:
    """Say which text within some arguments and records cannot be stored, None if each can.

    Args:
        subject: record, mapping by name, sequence, plain value, or what makes one of these.
        path: its name.
    """
    if isinstance(subject, str):
        return _unfit(subject, path or "text")
    if is_dataclass(subject):
        parts = [(field.name, getattr(subject, field.name)) for field in fields(subject)]
    elif isinstance(subject, Mapping):
        parts = [(str(key), value) for key, value in subject.items()]
    elif isinstance(subject, Sequence):
        parts = [(f"[{number}]", value) for number, value in enumerate(subject, 1)]
    else:
        return unfit_text(subject(), path) if callable(subject) else None
    for name, value in parts:
        dot = "." if path and not name.startswith("[") else ""
        found = unfit_text(value, f"{path}{dot}{name}")
        if found is not None:
            return found
    return None


def _unfit(text: str, name: str) -> str | None:
    if "\x00" in text:
        return f"{name} has the character NUL, which the database cannot hold; leave it out"
    try:
        text.encode()
    except UnicodeEncodeError:
        return f"{name} has half of a surrogate pair, which is no character; leave it out"
    return None
