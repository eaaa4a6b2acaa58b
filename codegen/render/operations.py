"""Renders `operations.py`: the service, its operations, a client stub and a handler interface."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from codegen.model import Call, Interface, Value
from codegen.names import pascal_name
from codegen.render.codec import codec_names
from codegen.render.docs import described, docstring, section, sentence
from codegen.render.environment import render
from codegen.render.fields import argument_line, base_type

__all__ = ["operation_names", "render_operations", "stem_of"]

_OCPP: Final = re.compile(r"urn://Ocpp/(C[sp])/(2010/08|2012/06|2015/10)/")
_VERSIONS: Final = {"2010/08": "V12", "2012/06": "V15", "2015/10": "V16"}
_ROLES: Final = {"Cs": "CENTRAL_SYSTEM", "Cp": "CHARGE_POINT"}


@dataclass(frozen=True, slots=True)
class _Operation:
    """What the template shows of an operation."""

    call: Call
    request_codec: str
    response_codec: str
    arguments: list[str]
    passed: list[str]
    client_doc: str
    handler_doc: str


def stem_of(interface: Interface) -> str:
    """Return what client stub and handler are named after: `CentralSystem`."""
    return pascal_name(interface.port_type.removesuffix("Service") or interface.port_type)


def operation_names(interface: Interface) -> list[str]:
    """Return the public names of `operations.py`."""
    stem = stem_of(interface)
    return sorted([f"{stem}Client", f"{stem}Handler", "SERVICE", *(call.constant for call in interface.calls)])


def render_operations(interface: Interface) -> str:
    """Return the source of `operations.py`."""
    operations = [_operation(call, interface) for call in interface.calls]
    found = _OCPP.fullmatch(interface.namespace)
    return render(
        "operations.py.jinja",
        source=interface.source,
        doc=docstring([[f"Operations of {interface.service} ({interface.namespace})."], [sentence(interface.doc)]], 0),
        interface=interface,
        stem=stem_of(interface),
        version=f"OcppVersion.{_VERSIONS[found[2]]}" if found else None,
        role=f"Role.{_ROLES[found[1]]}" if found else None,
        names=operation_names(interface),
        standard=_standard_imports(interface),
        decimals=any("Decimal(" in argument for operation in operations for argument in operation.arguments),
        types=_types(interface),
        operations=operations,
    )


def _types(interface: Interface) -> list[str]:
    """Return the names of types that stubs and handlers mention."""
    found = {made.name for call in interface.calls for made in (call.request, call.response)}
    for call in interface.calls:
        for field in call.request.fields:
            if not isinstance(field.type, Value) or field.type.enumeration is not None:
                found.add(base_type(field))
    return sorted(found)


def _standard_imports(interface: Interface) -> list[str]:
    fields = [field for call in interface.calls for field in call.request.fields]
    kinds = {field.type.type for field in fields if isinstance(field.type, Value)}
    found = ["from collections.abc import Sequence"] if any(field.many for field in fields) else []
    moments = sorted(kinds & {"date", "datetime"})
    if moments:
        found.append(f"from datetime import {', '.join(moments)}")
    if "Decimal" in kinds:
        found.append("from decimal import Decimal")
    return found


def _operation(call: Call, interface: Interface) -> _Operation:
    codecs = codec_names(interface)
    lines = [argument_line(field) for field in call.request.fields]
    return _Operation(
        call=call,
        request_codec=codecs[call.request.name],
        response_codec=codecs[call.response.name],
        arguments=[argument for argument, _ in lines],
        passed=[f"{field.name}={value}" for field, (_, value) in zip(call.request.fields, lines, strict=True)],
        client_doc=docstring(_client_doc(call, interface), 8),
        handler_doc=docstring(_handler_doc(call, interface), 8),
    )


def _client_doc(call: Call, interface: Interface) -> list[list[str]]:
    return [
        [sentence(call.doc) or f"Calls {call.name}."],
        [_source(call, interface)],
        section("Args", [described(field) for field in call.request.fields]),
        section("Returns", [_reply(call)]),
        section(
            "Raises",
            [
                "FaultError: The peer answered with a fault; sending the same again does not help.",
                "CallError: There is no usable reply. The peer may have acted, so that only an error with"
                " `retry_safe` set is safe to retry.",
                "MessageError: An argument does not fit the schema and nothing was sent, or the reply does not fit.",
            ],
        ),
    ]


def _reply(call: Call) -> str:
    names = ", ".join(f"`{field.name}`" for field in call.response.fields)
    return f"The reply, with {names}." if names else "The reply, which has no fields."


def _handler_doc(call: Call, interface: Interface) -> list[list[str]]:
    return [
        [sentence(call.doc) or f"Answers {call.name}."],
        [_source(call, interface)],
        section(
            "Args",
            [
                "request: What the peer sent; it fits the schema, with the tolerances that `call.deviations` names.",
                "call: Who sent it, and how.",
            ],
        ),
        section("Returns", ["The reply to send."]),
        section(
            "Raises",
            [
                "FaultError: To answer with a fault. Until it is overridden, this method raises NotSupportedError,"
                " which no retry changes.",
            ],
        ),
    ]


def _source(call: Call, interface: Interface) -> str:
    return f"Source: WSDL operation {call.name} of {interface.namespace}."
