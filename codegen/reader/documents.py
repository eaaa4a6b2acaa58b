"""Collects a WSDL and every local file that it imports or includes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from xsdata.models.wsdl import Definitions
from xsdata.models.xsd import Schema

from codegen.errors import UnsupportedError
from codegen.reader.files import Source, load_definitions, load_schema

__all__ = ["Documents", "collect"]

_XML_NAMESPACE: Final = "http://www.w3.org/XML/1998/namespace"


@dataclass
class Documents:
    """What one WSDL consists of."""

    definitions: list[tuple[Source, Definitions]] = field(default_factory=list)
    schemas: list[tuple[Source, Schema]] = field(default_factory=list)


def collect(path: Path) -> Documents:
    """Load a WSDL with all that it imports.

    Raises:
        UnsupportedError: a file is missing, not local or not readable.
    """
    documents = Documents()
    _Collector(documents).definitions(*load_definitions(path))
    return documents


class _Collector:
    """Follows imports, each file once."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._seen: set[tuple[Path, str]] = set()

    def definitions(self, source: Source, made: Definitions) -> None:
        self._seen.add((source.path.resolve(), ""))
        self._documents.definitions.append((source, made))
        for schema in made.schemas:
            self._schema(replace(source, namespace=schema.target_namespace or ""), schema)
        for item in made.imports:
            path = _locate(source, item, source.attribute(item, "location"))
            if path is not None and (path.resolve(), "") not in self._seen:
                self.definitions(*load_definitions(path, source.place(item)))

    def _schema(self, source: Source, made: Schema) -> None:
        self._documents.schemas.append((source, made))
        for item in made.imports:
            path = _locate(source, item, item.schema_location)
            if path is not None and item.namespace != _XML_NAMESPACE:
                self._file(source, item, path, item.namespace or "", chameleon=False)
        for inclusion in made.includes:
            path = _locate(source, inclusion, inclusion.schema_location)
            if path is None:
                todo = "add schemaLocation"
                raise UnsupportedError(source.place(inclusion), "xsd:include names no file", todo)
            self._file(source, inclusion, path, source.namespace, chameleon=True)

    def _file(self, source: Source, item: object, path: Path, namespace: str, *, chameleon: bool) -> None:
        if (path.resolve(), namespace) in self._seen:
            return
        self._seen.add((path.resolve(), namespace))
        loaded, schema = load_schema(path, source.place(item))
        declared = schema.target_namespace or ""
        if declared != namespace and (declared or not chameleon):
            found = f"{path} declares the namespace {declared!r}, not {namespace!r}"
            raise UnsupportedError(source.place(item), found, "make both the same")
        self._schema(replace(loaded, namespace=namespace, unprefixed="" if declared else namespace), schema)


def _locate(source: Source, item: object, location: str | None) -> Path | None:
    if not location:
        return None
    if "://" in location or location.startswith(("urn:", "file:")):
        todo = "save it beside this file and name it relatively"
        raise UnsupportedError(source.place(item), f"import of {location} is not local", todo)
    return source.path.parent / location
