"""The schema of a service, taken out of its WSDL, to hold written messages against."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path

from lxml import etree

from ocpp_sdk.operation import Role, Service
from ocpp_sdk.soap.namespaces import SOAP

_WSDL = Path(__file__).parents[3] / "wsdl"
_XSD = "{http://www.w3.org/2001/XMLSchema}schema"


@cache
def schema_of(service: Service) -> etree.XMLSchema:
    """Return the schema within the WSDL of a service of OCPP."""
    assert service.version is not None
    name = "central_system" if service.role is Role.CENTRAL_SYSTEM else "charge_point"
    path = _WSDL / f"v{service.version.replace('.', '')}" / f"{name}.wsdl"
    (schema,) = etree.parse(path).getroot().iter(_XSD)
    return etree.XMLSchema(copy.deepcopy(schema))


def assert_valid(document: bytes, service: Service) -> None:
    """Hold the payload of a message, and its chargeBoxIdentity, against the schema."""
    root = etree.fromstring(document)
    schema = schema_of(service)
    (payload,) = root.iterfind(f"{{{SOAP}}}Body/*")
    schema.assertValid(etree.fromstring(etree.tostring(payload)))
    identity = root.find(f"{{{SOAP}}}Header/{{{service.namespace}}}chargeBoxIdentity")
    if identity is not None:
        schema.assertValid(etree.fromstring(etree.tostring(identity)))
