"""Loads one XML file safely and hands it to xsdata, remembering where everything stood."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lxml import etree
from xsdata.codegen.parsers import DefinitionsParser
from xsdata.exceptions import ConverterError, ParserError, XmlContextError
from xsdata.formats.dataclass.parsers.bases import Parsed
from xsdata.formats.dataclass.parsers.config import ParserConfig
from xsdata.formats.dataclass.parsers.mixins import XmlNode
from xsdata.models.wsdl import Definitions
from xsdata.models.xsd import Schema

from codegen.errors import Place, UnsupportedError
from codegen.model import QName
from codegen.reader.refusing import line_of, refuse_unsupported

__all__ = ["Record", "Source", "load_definitions", "load_schema"]

T = TypeVar("T", Definitions, Schema)


@dataclass(frozen=True, slots=True)
class Record:
    """The start tag of an object: its line, its attributes as written, and the prefixes in scope."""

    line: int
    attributes: dict[str, str]
    prefixes: dict[str | None, str]


class _RecordingParser(DefinitionsParser):
    """xsdata's parser, which keeps the start tag of every object that it makes."""

    def __init__(self, lines: list[int]) -> None:
        config = ParserConfig(fail_on_unknown_properties=False, fail_on_converter_warnings=True)
        super().__init__(config=config)
        self.records: dict[int, Record] = {}
        self.line = 0
        self._lines = iter(lines)
        self._open: list[Record] = []

    def start(
        self,
        clazz: type[object] | None,
        queue: list[XmlNode],
        objects: list[Parsed],
        qname: str,
        attrs: dict[str, str],
        ns_map: dict[str | None, str],
    ) -> None:
        self.line = next(self._lines)
        self._open.append(Record(self.line, {str(k): str(v) for k, v in attrs.items()}, dict(ns_map)))
        super().start(clazz, queue, objects, qname, attrs, ns_map)

    def end(  # what it returns is declared differently by the classes of xsdata
        self, queue: list[XmlNode], objects: list[Parsed], qname: str, text: str | None, tail: str | None
    ) -> Any:  # noqa: ANN401
        made = super().end(queue, objects, qname, text, tail)
        self.records.setdefault(id(made), self._open.pop())
        return made


@dataclass(eq=False)
class Source:
    """One parsed file.

    Attributes:
        path: the file.
        records: the start tag of every object of xsdata's model, by identity.
        namespace: the namespace of what is declared here, perhaps taken from the schema that includes this one.
        unprefixed: the namespace of names without a prefix where no default namespace is declared.
    """

    path: Path
    records: dict[int, Record]
    namespace: str = ""
    unprefixed: str = ""

    def place(self, made: object) -> Place:
        """Return where an object of xsdata's model stands."""
        record = self.records.get(id(made))
        return Place(str(self.path), record.line if record else 0)

    def attribute(self, made: object, name: str) -> str | None:
        """Return an attribute as it is written, also one that xsdata's model has no field for."""
        record = self.records.get(id(made))
        return record.attributes.get(name) if record else None

    def resolve(self, made: object, text: str) -> QName:
        """Return what a prefixed name in an attribute of an object means."""
        prefix, _, local = text.strip().rpartition(":")
        record = self.records.get(id(made))
        prefixes = record.prefixes if record else {}
        namespace = prefixes.get(prefix or None)
        if namespace is None:
            if prefix:
                raise UnsupportedError(self.place(made), f"prefix {prefix!r} of {text!r} is unknown", "declare it")
            namespace = self.unprefixed
        return QName(namespace, local)


def load_definitions(path: Path, place: Place | None = None) -> tuple[Source, Definitions]:
    """Load a WSDL file.

    Args:
        path: the file.
        place: where it is imported, None for one that the user named.

    Raises:
        UnsupportedError: the file is missing, unsafe, not well-formed or no WSDL.
    """
    return _load(path, place, Definitions, "{http://schemas.xmlsoap.org/wsdl/}definitions", "WSDL 1.1")


def load_schema(path: Path, place: Place) -> tuple[Source, Schema]:
    """Load a schema file.

    Raises:
        UnsupportedError: the file is missing, unsafe, not well-formed or no schema.
    """
    return _load(path, place, Schema, "{http://www.w3.org/2001/XMLSchema}schema", "XML schema")


def _load(path: Path, place: Place | None, kind: type[T], tag: str, what: str) -> tuple[Source, T]:
    root = _parse(path, place)
    if root.tag != tag:
        raise UnsupportedError(Place(str(path), line_of(root)), f"{root.tag} is no {what}", "give a " + what)
    refuse_unsupported(root, str(path))
    parser = _RecordingParser([line_of(element) for element in root.iter()])
    try:
        made = parser.parse(root.getroottree(), kind)
    except (ParserError, ConverterError, XmlContextError, ValueError, TypeError, AssertionError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UnsupportedError(Place(str(path), parser.line), reason, f"correct this {what}") from error
    return Source(path, parser.records), made


def _parse(path: Path, place: Place | None) -> etree._Element:
    here = Place(str(path))
    try:
        data = path.read_bytes()
    except OSError as error:
        todo = "add the file or correct the path"
        raise UnsupportedError(place or here, f"cannot read {path} ({error.strerror})", todo) from error
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise UnsupportedError(
            Place(str(path), error.lineno or 1), f"not well-formed XML ({error.msg})", "correct the file"
        ) from error
    if root.getroottree().docinfo.internalDTD is not None:
        line = data[: max(data.find(b"<!DOCTYPE"), 0)].count(b"\n") + 1
        raise UnsupportedError(Place(str(path), line), "has a DOCTYPE", "remove it")
    return root
