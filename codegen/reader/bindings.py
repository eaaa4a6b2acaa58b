"""Reads the SOAP 1.2 half of a binding, and refuses all that is not document/literal over HTTP."""

from __future__ import annotations

from typing import Final

from xsdata.formats.dataclass.models.generics import AnyElement
from xsdata.models import wsdl

from codegen.errors import UnsupportedError
from codegen.model import QName
from codegen.reader.files import Source

__all__ = ["SOAP12", "check_binding", "check_body", "header_part", "soap_action"]

SOAP12: Final = "{http://schemas.xmlsoap.org/wsdl/soap12/}"
_TRANSPORTS: Final = frozenset(
    {"http://schemas.xmlsoap.org/soap/http", "http://www.w3.org/2003/05/soap/bindings/HTTP/"}
)


def check_binding(source: Source, binding: wsdl.Binding) -> None:
    """Refuse a binding of another style or transport.

    Raises:
        UnsupportedError: it is not document style over HTTP.
    """
    (soap,) = _soap(binding, "binding")[:1]
    _check_style(source, soap)
    transport = source.attribute(soap, "transport")
    if transport not in _TRANSPORTS:
        what = f"transport {transport} is not supported"
        raise UnsupportedError(source.place(soap), what, "use http://schemas.xmlsoap.org/soap/http")


def check_body(source: Source, operation: wsdl.BindingOperation) -> None:
    """Refuse an operation that is not document/literal in both directions.

    Raises:
        UnsupportedError: the style is rpc, the use encoded, or the reply has headers.
    """
    for soap in _soap(operation, "operation"):
        _check_style(source, soap)
    for side in (operation.input, operation.output):
        for element in _extensions(side):
            use = source.attribute(element, "use")
            if (element.qname or "").startswith(SOAP12) and (use or "literal") != "literal":
                todo = "declare use=literal"
                raise UnsupportedError(source.place(element), f"use {use} is not supported", todo)
    if headers := _soap(operation.output, "header"):
        what = f"a header in the reply of {operation.name} is not supported"
        raise UnsupportedError(source.place(headers[0]), what, "declare headers on the input only")


def header_part(source: Source, operation: wsdl.BindingOperation) -> tuple[QName, str] | None:
    """Return message and part of the header of a request.

    Raises:
        UnsupportedError: there is more than one.
    """
    headers = _soap(operation.input, "header")
    if len(headers) > 1:
        what = f"operation {operation.name} has {len(headers)} headers"
        raise UnsupportedError(source.place(headers[1]), what, "declare the one that identifies the sender")
    for header in headers:
        message = source.attribute(header, "message") or ""
        return source.resolve(header, message), source.attribute(header, "part") or ""
    return None


def soap_action(source: Source, operation: wsdl.BindingOperation) -> str:
    """Return the SOAP action of an operation, empty if it has none."""
    for soap in _soap(operation, "operation"):
        return source.attribute(soap, "soapAction") or ""
    return ""


def _extensions(made: wsdl.ExtensibleElement | None) -> list[AnyElement]:
    """Return what extends WSDL; xsdata leaves None where an input or output is not bound."""
    return list(made.extended_elements) if made is not None else []


def _soap(made: wsdl.ExtensibleElement | None, name: str) -> list[AnyElement]:
    return [element for element in _extensions(made) if element.qname == f"{SOAP12}{name}"]


def _check_style(source: Source, soap: AnyElement) -> None:
    style = source.attribute(soap, "style") or "document"
    if style != "document":
        raise UnsupportedError(source.place(soap), f"style {style} is not supported", "declare style=document")
