"""Docstrings in Google form, from the documentation of the WSDL and from what the schema says of a value."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Final

from codegen.model import Field, FieldKind, Value

__all__ = ["described", "docstring", "section", "sentence"]

_WIDTH: Final = 116
_INT32: Final = (-(2**31), 2**31 - 1)
_PLAIN: Final = {
    "decimal": "Decimal number",
    "time": "With a time zone",
    "base64": "Bytes",
    "hex": "Bytes",
}


def docstring(paragraphs: Iterable[list[str]], indent: int) -> str:
    """Return a docstring with its quotes, to stand at an indentation.

    Args:
        paragraphs: lines of each paragraph; a line may be indented and is wrapped with a deeper indentation.
        indent: how many blanks stand before it.
    """
    blocks = ["\n".join(_wrapped(line, indent) for line in lines) for lines in paragraphs if lines]
    text = "\n\n".join(blocks)
    inner = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    inner = f'{inner[:-1]}\\"' if inner.endswith('"') and not inner.endswith('\\"') else inner
    end = f"\n{' ' * indent}" if "\n" in inner or len(inner) > _WIDTH - indent - 6 else ""
    return f'"""{inner.lstrip()}{end}"""'


def _wrapped(line: str, indent: int) -> str:
    inner = len(line) - len(line.lstrip())
    margin = " " * (indent + inner)
    return "\n".join(
        textwrap.wrap(
            line.strip(),
            _WIDTH,
            initial_indent=margin,
            subsequent_indent=margin + ("    " if inner else ""),
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def sentence(text: str) -> str:
    """Return the text with a capital at its start and a full stop at its end."""
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")


def section(title: str, lines: list[str]) -> list[str]:
    """Return a section such as Args, empty if it has no lines."""
    return [f"{title}:", *(f"    {line}" for line in lines)] if lines else []


def described(field: Field) -> str:
    """Return the line of a field: name, documentation, shape and range, and what absence is."""
    parts = [sentence(field.doc or _type_doc(field)), sentence(_shape(field)), _absence(field)]
    text = " ".join(part for part in parts if part)
    return f"{field.name}: {text or f'{field.kind.value} {field.xml_name}.'}"


def _type_doc(field: Field) -> str:
    if isinstance(field.type, Value):
        return field.type.enumeration.doc if field.type.enumeration else ""
    return field.type.doc


def _shape(field: Field) -> str:
    if not isinstance(field.type, Value):
        return ""
    facets = field.type.facets
    found: list[str] = []
    kind = field.type.kind
    unit = "bytes" if kind in {"base64", "hex"} else "characters"
    if "length" in facets:
        found.append(f"exactly {facets['length']} {unit}")
    if "min_length" in facets:
        found.append(f"at least {facets['min_length']} {unit}")
    if "max_length" in facets:
        found.append(f"at most {facets['max_length']} {unit}")
    found += _range(field.type)
    for key, where in (("fraction_digits", " after the point"), ("total_digits", " in all")):
        if key in facets:
            found.append(f"at most {facets[key]} digit{'' if facets[key] == 1 else 's'}{where}")
    return ", ".join([_PLAIN[kind], *found] if kind in _PLAIN and not found else found)


def _range(value: Value) -> list[str]:
    facets = value.facets
    low, high = facets.get("min_inclusive"), facets.get("max_inclusive")
    if value.kind == "integer" and (low, high) == _INT32:
        return []
    found: list[str] = []
    if low is not None and high is not None:
        found.append(f"from {low} to {high}")
    elif low is not None:
        found.append(f"from {low}")
    elif high is not None:
        found.append(f"up to {high}")
    if "min_exclusive" in facets:
        found.append(f"above {facets['min_exclusive']}")
    if "max_exclusive" in facets:
        found.append(f"below {facets['max_exclusive']}")
    return found


def _absence(field: Field) -> str:
    if field.many:
        counts = [f"at least {field.min_occurs}"] if field.min_occurs else []
        counts += [f"at most {field.max_occurs}"] if field.max_occurs is not None else []
        return sentence(f"{' and '.join(counts)} of them") if counts else "May be empty."
    if field.default is not None:
        return f"Absent means {field.default}."
    if field.nillable and field.required:
        return "None is written as nil."
    if not field.required:
        return "" if "absent" in field.doc.lower() else "None if absent."
    return "" if field.kind is not FieldKind.TEXT else "The text of the element."
