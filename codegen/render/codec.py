"""Renders `codec.py`: for each message a scanner, a writer, a `MessageCodec`, and a reader of rows if it has them."""

from __future__ import annotations

from dataclasses import dataclass

from codegen.builtins import pattern_name
from codegen.model import Interface
from codegen.names import constant_name, snake_name, unique
from codegen.render.docs import docstring
from codegen.render.environment import render
from codegen.straight_line.code import ModuleNeeds
from codegen.straight_line.reading import attribute_function, can_be_scanned, scan_function
from codegen.straight_line.rows import has_rows, rows_function
from codegen.straight_line.writing import write_function

__all__ = ["codec_names", "render_codec"]


@dataclass(frozen=True, slots=True)
class _Codec:
    """What the template shows of one message."""

    constant: str
    type: str
    namespace: str
    element: str
    scan: str | None
    rows: str | None
    write: str | None


def codec_names(interface: Interface) -> dict[str, str]:
    """Return the constant of each message's codec by the name of its class."""
    taken: list[str] = []
    found = {}
    for made in interface.classes:
        if made.element is not None:
            found[made.name] = unique(constant_name(made.name), taken)
            taken.append(found[made.name])
    return found


def render_codec(interface: Interface) -> str:
    """Return the source of `codec.py`; a message without a bound on its depth has a codec without the exact way."""
    needs = ModuleNeeds()
    functions: list[str] = []
    codecs: list[_Codec] = []
    for made in interface.classes:
        if made.element is None:
            continue
        constant = codec_names(interface)[made.name]
        name = unique(snake_name(made.name), [codec.constant.lower() for codec in codecs])
        scan = f"_scan_{name}" if can_be_scanned(made) else None
        rows = f"_rows_of_{name}" if has_rows(made) else None
        write = None if made.recursive else f"_write_{name}"
        if scan:
            needs.scanning.add("Scan")
            functions.append("\n".join(scan_function(made, scan, needs)))
        if rows:
            functions.append("\n".join(rows_function(made, rows, needs)))
        if write:
            functions.append("\n".join(write_function(made, write, needs)))
        needs.type(made)
        codecs.append(_Codec(constant, made.name, made.element.namespace, made.element.local, scan, rows, write))
    readers = sorted(needs.attribute_readers.items())
    functions[:0] = ["\n".join(attribute_function(made, name, needs)) for name, made in readers]
    return render(
        "codec.py.jinja",
        source=interface.source,
        doc=docstring([[f"Codecs of the messages of {interface.service} ({interface.namespace})."]], 0),
        needs=needs,
        annotations=_annotation_imports(needs),
        tables=[(f"_{constant_name(name)}", name) for name in sorted(needs.enumerations)],
        functions=functions,
        named=sorted({known for pattern in needs.patterns if (known := pattern_name(pattern))}),
        patterns=[(pattern_name(pattern) or repr(pattern), name) for pattern, name in needs.patterns.items()],
        codecs=codecs,
    )


def _annotation_imports(needs: ModuleNeeds) -> list[str]:
    moments = sorted(needs.annotations & {"date", "datetime"})
    found = [f"from datetime import {', '.join(moments)}"] if moments else []
    if "Decimal" in needs.annotations and not needs.decimals:
        found.append("from decimal import Decimal")
    return found
