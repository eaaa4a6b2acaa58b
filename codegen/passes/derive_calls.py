"""Derives what the code of an operation needs: names, actions and classes."""

from __future__ import annotations

from codegen.model import Call, Interface, MessageReference, Operation
from codegen.names import constant_name, field_name, unique
from codegen.passes.walking import body_of

__all__ = ["derive_calls"]


def derive_calls(interface: Interface) -> None:
    """Fill `calls`.

    An action that the WSDL does not state is derived by the default pattern of WS-Addressing (WSDL Binding 4.4.4),
    that of a request from its SOAP action if it has one (4.4.1).
    """
    classes = {made.element: made for made in interface.classes if made.element is not None}
    methods: set[str] = set()
    constants = {"SERVICE"}
    for operation in interface.operations:
        call = Call(
            name=operation.name,
            method=unique(field_name(operation.name), methods),
            constant=unique(constant_name(operation.name), constants),
            soap_action=operation.soap_action,
            request_action=_request_action(interface, operation),
            response_action=_default(interface, operation.output, f"{operation.name}Response"),
            request=classes[body_of(interface, operation.input.message)],
            response=classes[body_of(interface, operation.output.message)],
            doc=operation.doc,
        )
        methods.add(call.method)
        constants.add(call.constant)
        interface.calls.append(call)


def _request_action(interface: Interface, operation: Operation) -> str:
    if operation.input.action is None and operation.soap_action:
        return operation.soap_action
    return _default(interface, operation.input, f"{operation.name}Request")


def _default(interface: Interface, side: MessageReference, name: str) -> str:
    if side.action is not None:
        return side.action
    # The namespaces of OCPP begin with urn:// and are used with slashes, by the stacks that derive actions as well.
    namespace = interface.namespace
    delimiter = ":" if namespace.startswith("urn:") and not namespace.startswith("urn://") else "/"
    start = namespace if namespace.endswith(delimiter) else namespace + delimiter
    return f"{start}{interface.port_type}{delimiter}{side.name or name}"
