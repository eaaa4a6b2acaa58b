"""Turns xsdata's WSDL objects into the messages and operations of the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from xsdata.formats.dataclass.models.generics import AnyElement
from xsdata.models import wsdl

from codegen.errors import UnsupportedError
from codegen.model import Interface, Message, MessageReference, Operation, Part, QName
from codegen.reader.bindings import SOAP12, check_binding, check_body, header_part, soap_action
from codegen.reader.files import Source

__all__ = ["declare_service"]

_ACTIONS: Final = (
    "{http://www.w3.org/2006/05/addressing/wsdl}Action",
    "{http://www.w3.org/2007/05/addressing/metadata}Action",
)
_WSDL: Final = "http://schemas.xmlsoap.org/wsdl/"

Loaded = list[tuple[Source, wsdl.Definitions]]
T = TypeVar("T", wsdl.Message, wsdl.PortType, wsdl.Binding)
_Index = dict[QName, tuple[Source, T]]


def declare_service(loaded: Loaded, *, source: str, package: str) -> Interface:
    """Find the one service with a SOAP 1.2 port, and declare its messages and operations.

    Args:
        loaded: the WSDL first, then what it imports.
        source: how generated code calls the file.
        package: the dotted name of the package to generate.

    Raises:
        UnsupportedError: there is no such service, or a part of it is not supported.
    """
    main, definitions = loaded[0]
    bindings: _Index[wsdl.Binding] = _index(loaded, lambda made: made.bindings)
    port_types: _Index[wsdl.PortType] = _index(loaded, lambda made: made.port_types)
    messages: _Index[wsdl.Message] = _index(loaded, lambda made: made.messages)
    service, port_source, port = _port(loaded, bindings)
    binding_source, binding = _find(bindings, port_source, port, port.binding, "binding")
    type_source, port_type = _find(port_types, binding_source, binding, binding.type, "portType")
    check_binding(binding_source, binding)
    interface = Interface(
        source=source,
        package=package,
        name=definitions.name or service.name,
        namespace=definitions.target_namespace or "",
        doc=_doc(definitions.documentation),
        service=service.name,
        port=port.name,
        port_type=port_type.name,
        binding=binding.name,
        address=_address(port),
        place=main.place(definitions),
    )
    for key, (message_source, message) in messages.items():
        interface.messages[key] = _message(message_source, message, key)
    interface.operations = list(_operations(type_source, port_type, binding_source, binding))
    if not interface.operations:
        raise UnsupportedError(type_source.place(port_type), f"portType {port_type.name} is empty", "add operations")
    return interface


def _index(loaded: Loaded, pick: Callable[[wsdl.Definitions], list[T]]) -> _Index[T]:
    found: _Index[T] = {}
    for source, definitions in loaded:
        for item in pick(definitions):
            name = QName(definitions.target_namespace or "", item.name)
            if name in found:
                raise UnsupportedError(source.place(item), f"{name} is declared twice", "keep one of both")
            found[name] = (source, item)
    return found


def _find(items: _Index[T], source: Source, made: object, text: str, what: str) -> tuple[Source, T]:
    name = source.resolve(made, text or "")
    if name not in items:
        raise UnsupportedError(source.place(made), f"{what} {name} is not declared", "declare it or correct the name")
    return items[name]


def _port(loaded: Loaded, bindings: _Index[wsdl.Binding]) -> tuple[wsdl.Service, Source, wsdl.ServicePort]:
    ports = [(service, source, port) for source, made in loaded for service in made.services for port in service.ports]
    main, definitions = loaded[0]
    if not ports:
        raise UnsupportedError(main.place(definitions), "no wsdl:service with a port", "add one")
    found = [item for item in ports if _is_soap12(_find(bindings, item[1], item[2], item[2].binding, "binding")[1])]
    if not found:
        what = "no SOAP 1.2 binding among the ports"
        raise UnsupportedError(ports[0][1].place(ports[0][2]), what, "bind the service with soap12:binding")
    if len(found) > 1:
        names = " and ".join(sorted(port.name for _, _, port in found))
        todo = "put each service into a WSDL of its own"
        raise UnsupportedError(found[1][1].place(found[1][2]), f"more than one SOAP 1.2 port ({names})", todo)
    return found[0]


def _is_soap12(binding: wsdl.Binding) -> bool:
    return any(element.qname == f"{SOAP12}binding" for element in binding.extended_elements)


def _address(port: wsdl.ServicePort) -> str:
    for element in port.extended_elements:
        if element.qname == f"{SOAP12}address":
            return element.attributes.get("location", "")
    return ""


def _message(source: Source, made: wsdl.Message, name: QName) -> Message:
    parts = []
    for part in made.parts:
        if not part.element:
            todo = "name an element with element="
            raise UnsupportedError(source.place(part), f"part {part.name} of {made.name} names no element", todo)
        parts.append(Part(name=part.name, element=source.resolve(part, part.element)))
    return Message(name=name, parts=parts, place=source.place(made))


def _operations(
    type_source: Source, port_type: wsdl.PortType, binding_source: Source, binding: wsdl.Binding
) -> Iterator[Operation]:
    bound: dict[str, wsdl.BindingOperation] = {}
    for made in binding.operations:
        if made.name in bound:
            raise UnsupportedError(binding_source.place(made), f"operation {made.name} is bound twice", "keep one")
        bound[made.name] = made
    names: set[str] = set()
    for operation in port_type.operations:
        place = type_source.place(operation)
        if operation.name in names:
            raise UnsupportedError(place, f"operation {operation.name} is declared twice", "rename one of both")
        names.add(operation.name)
        # xsdata leaves None where there is no such side, whatever its annotations say.
        sides: list[wsdl.PortTypeMessage | None] = [operation.input, operation.output]
        if None in sides:
            what = f"operation {operation.name} is no request with a reply"
            raise UnsupportedError(place, what, "declare wsdl:input and wsdl:output")
        if operation.name not in bound:
            raise UnsupportedError(place, f"operation {operation.name} has no binding", "bind it or remove it")
        yield _operation(type_source, operation, binding_source, bound[operation.name])
    for name in sorted(bound.keys() - names):
        place = binding_source.place(bound[name])
        raise UnsupportedError(place, f"operation {name} is not in the portType", "declare it or remove the binding")


def _operation(
    source: Source, made: wsdl.PortTypeOperation, binding_source: Source, bound: wsdl.BindingOperation
) -> Operation:
    check_body(binding_source, bound)
    return Operation(
        name=made.name,
        doc=_doc(made.documentation),
        input=_reference(source, made.input),
        output=_reference(source, made.output),
        faults=[_reference(source, fault) for fault in made.faults],
        soap_action=soap_action(binding_source, bound),
        header=header_part(binding_source, bound),
        place=source.place(made),
    )


def _reference(source: Source, made: wsdl.PortTypeMessage) -> MessageReference:
    actions = (source.attribute(made, name) for name in _ACTIONS)
    return MessageReference(
        name=made.name,
        message=source.resolve(made, made.message or ""),
        action=next((action for action in actions if action is not None), None),
        place=source.place(made),
    )


def _doc(made: wsdl.Documentation | None) -> str:
    return " ".join(" ".join(_text(part) for part in made.elements).split()) if made else ""


def _text(part: object) -> str:
    if isinstance(part, AnyElement):
        inner = " ".join(_text(child) for child in part.children)
        return f"{part.text or ''} {inner} {part.tail or ''}"
    return str(part)
