"""The schema of a service, compiled from the WSDL that it serves."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from lxml import etree

from ocpp_sdk.operation import Service

__all__ = ["schema_of"]

_XSD = "{http://www.w3.org/2001/XMLSchema}"


@cache
def schema_of(service: Service) -> etree.XMLSchema:
    """Compile the schemas of a WSDL, each taken out into a file of its own."""
    schemas = list(etree.fromstring(service.wsdl()).iter(f"{_XSD}schema"))
    files = {schema.get("targetNamespace", ""): f"{number}.xsd" for number, schema in enumerate(schemas)}
    with tempfile.TemporaryDirectory() as folder:
        for schema in schemas:
            for item in schema.iterchildren(f"{_XSD}import"):
                item.set("schemaLocation", files[item.get("namespace", "")])
            Path(folder, files[schema.get("targetNamespace", "")]).write_bytes(etree.tostring(schema))
        return etree.XMLSchema(file=str(Path(folder, files[service.namespace])))
