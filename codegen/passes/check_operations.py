"""Checks that every operation has one body each way and a header that names the sender, and finds that header."""

from __future__ import annotations

from codegen.builtins import XSD
from codegen.errors import UnsupportedError
from codegen.model import Interface, MessageReference, Operation, QName, SimpleType

__all__ = ["check_operations"]


def check_operations(interface: Interface) -> None:
    """Follow operations to messages, parts and elements; set `identity_header`.

    Raises:
        UnsupportedError: a message or element is missing, a message has not one part, two requests look the same, or
            the headers cannot be written as one identity.
    """
    requests: dict[QName, str] = {}
    headers: set[QName] = set()
    for operation in interface.operations:
        for side in (operation.input, operation.output, *operation.faults):
            _check_message(interface, side)
        body = interface.messages[operation.input.message].parts[0].element
        if body in requests:
            what = f"operations {requests[body]} and {operation.name} both take {body}"
            raise UnsupportedError(operation.place, what, "give each a request element of its own")
        requests[body] = operation.name
        if operation.header is not None:
            headers.add(_header_element(interface, operation, operation.header))
    if len(headers) > 1:
        what = f"different header elements ({', '.join(sorted(map(str, headers)))})"
        raise UnsupportedError(interface.place, what, "use one for all operations")
    for header in headers:
        interface.identity_header = header.local


def _check_message(interface: Interface, side: MessageReference) -> None:
    message = interface.messages.get(side.message)
    if message is None:
        raise UnsupportedError(side.place, f"message {side.message} is not declared", "declare it or correct the name")
    if len(message.parts) != 1:
        what = f"message {message.name.local} has {len(message.parts)} parts"
        raise UnsupportedError(message.place, what, "give it exactly one, with an element that holds all values")
    element = message.parts[0].element
    if element not in interface.elements:
        what = f"element {element} of message {message.name.local} is not declared"
        raise UnsupportedError(message.place, what, "declare or import it, or correct the name")


def _header_element(interface: Interface, operation: Operation, header: tuple[QName, str]) -> QName:
    name, part_name = header
    message = interface.messages.get(name)
    parts = [part for part in message.parts if part.name == part_name] if message else []
    if not parts or parts[0].element not in interface.elements:
        what = f"header part {part_name} of message {name} is not declared"
        raise UnsupportedError(operation.place, what, "declare the message, the part and its element")
    element = interface.elements[parts[0].element]
    if element.name.namespace != interface.namespace:
        what = f"header {element.name} is not in the namespace of the service"
        raise UnsupportedError(element.place, what, "declare it in the target namespace of the WSDL")
    if not _is_text(interface, element.type):
        raise UnsupportedError(element.place, f"header {element.name} is no text", "declare it as xsd:string")
    return element.name


def _is_text(interface: Interface, kind: object) -> bool:
    if isinstance(kind, SimpleType):
        return _is_text(interface, kind.base)
    if isinstance(kind, QName) and kind in interface.simple_types:
        return _is_text(interface, interface.simple_types[kind].base)
    return isinstance(kind, QName) and kind.namespace == XSD and kind.local in {"string", "normalizedString", "token"}
