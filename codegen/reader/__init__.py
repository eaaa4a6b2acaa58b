"""Reads WSDL and schema files with xsdata's parser into `codegen.model`."""

from pathlib import Path

from codegen.model import Interface
from codegen.reader.documents import collect
from codegen.reader.schemas import declare_schemas
from codegen.reader.services import declare_service

__all__ = ["read"]


def read(path: Path, *, source: str, package: str) -> Interface:
    """Read one WSDL with everything that it imports.

    Args:
        path: the WSDL file.
        source: how generated code calls the file.
        package: the dotted name of the package to generate.

    Raises:
        UnsupportedError: it cannot be turned into code.
    """
    documents = collect(path)
    interface = declare_service(documents.definitions, source=source, package=package)
    declare_schemas(interface, documents.schemas)
    return interface
