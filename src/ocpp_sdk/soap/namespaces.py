"""Namespaces and well-known URIs of SOAP, WS-Addressing and OCPP."""

from __future__ import annotations

from typing import Final

from ocpp_sdk.errors import LimitExceededError
from ocpp_sdk.operation import OcppVersion, Role

__all__ = [
    "ANONYMOUS",
    "BLANKS",
    "FAULT_ACTION",
    "NONE",
    "OCPP_NAMESPACES",
    "SOAP",
    "SOAP11",
    "UNSPECIFIED",
    "WSA",
    "XML",
    "fold",
    "split_tag",
    "subcode_namespace",
]

SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"
SOAP11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
WSA: Final = "http://www.w3.org/2005/08/addressing"
XML: Final = "http://www.w3.org/XML/1998/namespace"

BLANKS: Final = " \t\r\n"
"""What XML calls white space."""

ANONYMOUS: Final = WSA + "/anonymous"
"""The address of whoever waits for the HTTP response."""
NONE: Final = WSA + "/none"
UNSPECIFIED: Final = WSA + "/unspecified"
"""What RelatesTo says when the request had no MessageID (WS-Addressing 1.0 SOAP binding)."""
FAULT_ACTION: Final = WSA + "/soap/fault"
"""wsa:Action of a fault that the WSDL does not declare; no OCPP WSDL declares one."""

OCPP_NAMESPACES: Final = {
    "urn://Ocpp/Cs/2010/08/": (OcppVersion.V12, Role.CENTRAL_SYSTEM),
    "urn://Ocpp/Cp/2010/08/": (OcppVersion.V12, Role.CHARGE_POINT),
    "urn://Ocpp/Cs/2012/06/": (OcppVersion.V15, Role.CENTRAL_SYSTEM),
    "urn://Ocpp/Cp/2012/06/": (OcppVersion.V15, Role.CHARGE_POINT),
    "urn://Ocpp/Cs/2015/10/": (OcppVersion.V16, Role.CENTRAL_SYSTEM),
    "urn://Ocpp/Cp/2015/10/": (OcppVersion.V16, Role.CHARGE_POINT),
}

# A namespace is declared once and costs its length again in each element that is looked at.
_LONGEST_TAG: Final = 1000

# OCPP 1.2 and 1.5 section 8.2 (2012/02 is no slip of ours), OCPP-S 1.6 section 4.
_SUBCODES: Final = {
    "urn://Ocpp/Cs/2010/08/": "urn://Ocpp/2010/08/",
    "urn://Ocpp/Cp/2010/08/": "urn://Ocpp/2010/08/",
    "urn://Ocpp/Cs/2012/06/": "urn://Ocpp/2012/02/",
    "urn://Ocpp/Cp/2012/06/": "urn://Ocpp/2012/02/",
    "urn://Ocpp/Cs/2015/10/": "urn://Ocpp/Cs/2015/10",
    "urn://Ocpp/Cp/2015/10/": "urn://Ocpp/Cp/2015/10",
}


def subcode_namespace(service_namespace: str | None) -> str:
    """Return the namespace of fault subcodes.

    Args:
        service_namespace: target namespace of the service; None if the request did not tell, which gets the
            one of OCPP 1.6, since receivers accept any.

    Returns:
        The namespace that the version specifies; for a service that is not OCPP's own, its own namespace.
    """
    if service_namespace is None:
        return "urn://Ocpp/Cs/2015/10"
    return _SUBCODES.get(service_namespace, service_namespace)


def split_tag(tag: str) -> tuple[str, str]:
    """Split `{namespace}name` as lxml spells it; the namespace is empty if there is none.

    Raises:
        LimitExceededError: a name so long that to read it for each of many elements would take too long.
    """
    if len(tag) > _LONGEST_TAG:
        raise LimitExceededError(f"a name of {len(tag)} characters with its namespace, {_LONGEST_TAG} are allowed")
    if tag[0] != "{":
        return "", tag
    namespace, _, name = tag[1:].partition("}")
    return namespace, name


def fold(namespace: str) -> str:
    """Return what namespaces have in common that peers confuse: letter case and the final slash."""
    return namespace.rstrip("/").lower()
