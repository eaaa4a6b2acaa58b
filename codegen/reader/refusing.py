"""Finds what this generator does not support, before xsdata's model could lose it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml import etree

from codegen.errors import Place, UnsupportedError

__all__ = ["line_of", "refuse_unsupported"]

_XSD: Final = "{http://www.w3.org/2001/XMLSchema}"
_DOCUMENTATION: Final = frozenset({f"{_XSD}annotation", "{http://schemas.xmlsoap.org/wsdl/}documentation"})
_TRUE: Final = frozenset({"true", "1"})

_SUPPORTED: Final = frozenset(
    {
        *("schema", "import", "include", "annotation"),
        *("element", "complexType", "simpleType", "attribute"),
        *("sequence", "all", "simpleContent", "complexContent", "extension", "restriction"),
        *("enumeration", "length", "minLength", "maxLength", "pattern", "whiteSpace", "totalDigits", "fractionDigits"),
        *("minInclusive", "maxInclusive", "minExclusive", "maxExclusive"),
    }
)
_INSTEAD: Final = {
    "choice": "make the alternatives optional elements of a sequence",
    "any": "declare the elements that are sent",
    "anyAttribute": "declare the attributes that are sent",
    "group": "write its elements where it is used",
    "attributeGroup": "write its attributes where it is used",
    "list": "use a repeated element",
    "union": "use one type that covers all values",
    "redefine": "declare the type once, as it is meant",
}
_REMOVE: Final = "remove it or write the schema without it"


def refuse_unsupported(root: etree._Element, file: str) -> None:
    """Check every element of the schemas in a document.

    Args:
        root: the document, a WSDL or a schema.
        file: its name for the error.

    Raises:
        UnsupportedError: something is not supported.
    """
    for element in _schema_elements(root):
        name = etree.QName(element).localname
        place = Place(file, line_of(element))
        if name not in _SUPPORTED:
            raise UnsupportedError(place, f"xsd:{name} is not supported", _INSTEAD.get(name, _REMOVE))
        for what, todo in _unsupported_attributes(element, name):
            raise UnsupportedError(place, f"{what} is not supported", todo)


def line_of(element: etree._Element) -> int:
    """Return the line on which the start tag of an element ends, 0 if it is not known."""
    line: object = element.sourceline
    return line if isinstance(line, int) else 0


def _schema_elements(element: etree._Element) -> Iterator[etree._Element]:
    tag = element.tag
    if tag in _DOCUMENTATION:
        return
    if tag.startswith(_XSD):
        yield element
    for child in element:
        yield from _schema_elements(child)


def _unsupported_attributes(element: etree._Element, name: str) -> Iterator[tuple[str, str]]:
    label = f"{name} {element.get('name') or element.get('ref') or ''}".strip()
    if name == "element":
        if element.get("substitutionGroup"):
            yield f"substitutionGroup of {label}", "declare the elements that are sent"
        if element.get("abstract", "") in _TRUE:
            yield f"abstract {label}", "declare the elements that are sent"
        if element.get("default") is not None:
            yield f"default of {label}", "remove it, and say in the documentation what absence means"
    if name in {"element", "attribute"} and element.get("fixed") is not None:
        yield f"fixed value of {label}", "use a type with one enumeration value"
    if name == "attribute" and element.get("ref") is not None:
        yield f"reference of {label}", "declare the attribute in place"
    if name == "attribute" and element.get("use") == "prohibited":
        yield f"prohibited {label}", "leave the attribute out"
    if element.get("mixed", "") in _TRUE:
        yield f"mixed content of {label}", "use xsd:string for text"
    if name in {"sequence", "all"} and (element.get("minOccurs", "1"), element.get("maxOccurs", "1")) != ("1", "1"):
        yield f"an optional or repeated xsd:{name}", "put minOccurs and maxOccurs on its elements"
