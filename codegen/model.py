"""What a WSDL declares, and what is generated from it: plain dataclasses, nothing of xsdata.

The reader fills the declared half of `Interface`. The passes work on it one after the other; the last ones fill
`classes`, `enumerations` and `calls`, which is all that the renderers of Python look at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import NamedTuple, TypeAlias

from codegen.errors import Place

__all__ = [
    "Attribute",
    "Call",
    "Class",
    "ComplexType",
    "Element",
    "Enumeration",
    "Enumerator",
    "FacetValue",
    "Facets",
    "Field",
    "FieldKind",
    "Interface",
    "Message",
    "MessageReference",
    "Operation",
    "Part",
    "QName",
    "SimpleType",
    "Value",
]


FacetValue: TypeAlias = int | float | str | Decimal


class QName(NamedTuple):
    """A name in a namespace; the namespace is empty for none."""

    namespace: str
    local: str

    def __str__(self) -> str:
        return f"{{{self.namespace}}}{self.local}" if self.namespace else self.local


@dataclass(kw_only=True)
class Facets:
    """Restrictions of a simple type, as far as they are declared; numbers keep their text."""

    length: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    min_inclusive: str | None = None
    max_inclusive: str | None = None
    min_exclusive: str | None = None
    max_exclusive: str | None = None
    total_digits: int | None = None
    fraction_digits: int | None = None
    white_space: str | None = None
    patterns: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Enumerator:
    """One value of an enumeration; `name` is given by a pass."""

    value: str
    doc: str = ""
    name: str = ""


@dataclass(kw_only=True)
class SimpleType:
    """A restriction of another simple type; without a name it is declared in place."""

    name: QName | None
    base: QName | SimpleType
    facets: Facets
    enumerators: list[Enumerator]
    doc: str
    place: Place


@dataclass(kw_only=True)
class Attribute:
    """An attribute of a complex type."""

    name: str
    type: QName | SimpleType
    required: bool
    default: str | None
    doc: str
    place: Place


@dataclass(kw_only=True)
class Element:
    """A global or local element, or a reference to a global one (`ref` set, `name` and `type` then not)."""

    name: QName
    type: QName | SimpleType | ComplexType | None
    ref: QName | None = None
    min_occurs: int = 1
    max_occurs: int | None = 1
    nillable: bool = False
    doc: str
    place: Place


@dataclass(kw_only=True)
class ComplexType:
    """A type with child elements, or with text, or empty; attributes in each case.

    Attributes:
        unordered: whether the children stand in an xsd:all.
        base: the complex type that it extends.
        content: the simple type of its text (or, before the passes, a complex type that has one).
    """

    name: QName | None
    elements: list[Element]
    attributes: list[Attribute]
    unordered: bool
    base: QName | None
    content: QName | SimpleType | None
    abstract: bool
    doc: str
    place: Place


@dataclass(kw_only=True)
class Part:
    """A part of a message, always an element."""

    name: str
    element: QName


@dataclass(kw_only=True)
class Message:
    """A wsdl:message."""

    name: QName
    parts: list[Part]
    place: Place


@dataclass(kw_only=True)
class MessageReference:
    """An input, output or fault of an operation."""

    name: str | None
    message: QName
    action: str | None
    place: Place


@dataclass(kw_only=True)
class Operation:
    """An operation of the port type together with its binding."""

    name: str
    doc: str
    input: MessageReference
    output: MessageReference
    faults: list[MessageReference]
    soap_action: str
    header: tuple[QName, str] | None
    place: Place


class FieldKind(Enum):
    """Where a field stands in XML; the values are xsdata's."""

    ELEMENT = "Element"
    ATTRIBUTE = "Attribute"
    TEXT = "Text"


@dataclass(kw_only=True)
class Value:
    """The Python side of a simple type.

    Attributes:
        kind: which reader and writer of the runtime serve it: `string`, `integer`, `boolean`, `decimal`, `float`,
            `time`, `date`, `base64`, `hex` or `enumeration`.
        type: the Python type.
        facets: restrictions by the metadata key of xsdata; patterns in the dialect of Python.
        enumeration: the class of an enumeration.
    """

    kind: str
    type: str
    facets: dict[str, FacetValue] = field(default_factory=dict)
    enumeration: Enumeration | None = None


@dataclass(kw_only=True)
class Field:
    """A field of a class; `type` is a value or another class."""

    name: str
    xml_name: str
    namespace: str
    kind: FieldKind
    type: Value | Class
    min_occurs: int
    max_occurs: int | None
    nillable: bool
    default: str | None
    doc: str
    place: Place

    @property
    def many(self) -> bool:
        """Whether it is a list."""
        return self.max_occurs is None or self.max_occurs > 1

    @property
    def required(self) -> bool:
        """Whether one value at least must be there."""
        return self.min_occurs > 0


@dataclass(kw_only=True)
class Class:
    """A dataclass.

    Attributes:
        element: the payload element, for the class of a message.
        recursive: whether an instance can hold another one at some depth.
    """

    name: str
    namespace: str
    source: str
    element: QName | None
    fields: list[Field]
    unordered: bool
    recursive: bool
    doc: str
    place: Place


@dataclass(kw_only=True)
class Enumeration:
    """A StrEnum."""

    name: str
    source: str
    enumerators: list[Enumerator]
    doc: str
    place: Place


@dataclass(kw_only=True)
class Call:
    """An operation as generated code shows it."""

    name: str
    method: str
    constant: str
    soap_action: str
    request_action: str
    response_action: str
    request: Class
    response: Class
    doc: str


@dataclass(kw_only=True)
class Interface:
    """One service of one WSDL.

    Attributes:
        source: the file, relative to the folder of all WSDLs and with that folder's name in front.
        package: the dotted name of its generated package.
        identity_header: local name of the header element of requests.
    """

    source: str
    package: str
    name: str
    namespace: str
    doc: str
    service: str
    port: str
    port_type: str
    binding: str
    address: str
    place: Place
    simple_types: dict[QName, SimpleType] = field(default_factory=dict)
    complex_types: dict[QName, ComplexType] = field(default_factory=dict)
    elements: dict[QName, Element] = field(default_factory=dict)
    messages: dict[QName, Message] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    identity_header: str | None = None
    enumerations: list[Enumeration] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    def type_names(self) -> list[str]:
        """Return the names of all classes and enumerations."""
        return sorted([*(made.name for made in self.classes), *(made.name for made in self.enumerations)])
