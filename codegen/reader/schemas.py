"""Turns xsdata's schema objects into the declared types and elements of the model."""

from __future__ import annotations

import sys
from typing import Final

from xsdata.models import xsd
from xsdata.models.enums import FormType, UseType

from codegen.errors import UnsupportedError
from codegen.model import (
    Attribute,
    ComplexType,
    Element,
    Enumerator,
    Facets,
    Interface,
    QName,
    SimpleType,
)
from codegen.reader.files import Source

__all__ = ["declare_schemas"]

_XSD: Final = "http://www.w3.org/2001/XMLSchema"
_NUMBERS: Final = ("length", "min_length", "max_length", "total_digits", "fraction_digits")
_TEXTS: Final = ("min_inclusive", "max_inclusive", "min_exclusive", "max_exclusive", "white_space")


def declare_schemas(interface: Interface, schemas: list[tuple[Source, xsd.Schema]]) -> None:
    """Fill in the types and elements that schemas declare.

    Raises:
        UnsupportedError: a declaration is not supported, or made twice.
    """
    for source, schema in schemas:
        _Declarer(source).declare(interface, schema)


class _Declarer:
    """Reads one schema."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def declare(self, interface: Interface, schema: xsd.Schema) -> None:
        for simple in schema.simple_types:
            name = self._own(simple.name)
            self._refuse_twice(name, simple, interface.simple_types, interface.complex_types)
            interface.simple_types[name] = self._simple(simple, name)
        for complex_ in schema.complex_types:
            name = self._own(complex_.name)
            self._refuse_twice(name, complex_, interface.simple_types, interface.complex_types)
            interface.complex_types[name] = self._complex(complex_, name)
        for element in schema.elements:
            name = self._own(element.name)
            self._refuse_twice(name, element, interface.elements)
            interface.elements[name] = self._element(element)

    def _own(self, name: str | None) -> QName:
        return QName(self._source.namespace, name or "")

    def _refuse_twice(self, name: QName, made: object, *declared: object) -> None:
        if not name.local:
            raise UnsupportedError(self._source.place(made), "a global declaration without a name", "give it one")
        if any(isinstance(names, dict) and name in names for names in declared):
            raise UnsupportedError(self._source.place(made), f"{name} is declared twice", "keep one of both")

    def _simple(self, made: xsd.SimpleType, name: QName | None = None) -> SimpleType:
        if made.restriction is None:
            raise UnsupportedError(self._source.place(made), "simpleType without xsd:restriction", "restrict a type")
        return self._restricted(made.restriction, name, _doc(made), made)

    def _restricted(self, made: xsd.Restriction, name: QName | None, doc: str, owner: object) -> SimpleType:
        base: QName | SimpleType
        if made.simple_type is not None:
            base = self._simple(made.simple_type)
        elif made.base:
            base = self._source.resolve(made, made.base)
        else:
            raise UnsupportedError(self._source.place(made), "xsd:restriction without a base", "name the base type")
        facets = Facets(patterns=[pattern.value for pattern in made.patterns])
        for key in (*_NUMBERS, *_TEXTS):
            facet = getattr(made, key)
            if facet is not None:
                if facet.value is None:
                    raise UnsupportedError(self._source.place(facet), "a facet without a value", "give it one")
                setattr(facets, key, facet.value)
        enumerators = [Enumerator(value=item.value, doc=_doc(item)) for item in made.enumerations]
        return SimpleType(
            name=name, base=base, facets=facets, enumerators=enumerators, doc=doc, place=self._source.place(owner)
        )

    def _complex(self, made: xsd.ComplexType, name: QName | None = None) -> ComplexType:
        declared = ComplexType(
            name=name,
            elements=[],
            attributes=[self._attribute(attribute) for attribute in made.attributes],
            unordered=False,
            base=None,
            content=None,
            abstract=made.abstract,
            doc=_doc(made),
            place=self._source.place(made),
        )
        self._particles(declared, made)
        content = made.simple_content or made.complex_content
        if content is not None:
            if content.extension is None or not content.extension.base:
                kind = "simpleContent" if made.simple_content else "complexContent"
                todo = "extend a type, or declare the type by itself"
                raise UnsupportedError(self._source.place(content), f"xsd:{kind} by restriction is not supported", todo)
            extension = content.extension
            base = self._source.resolve(extension, extension.base or "")
            declared.base, declared.content = (None, base) if made.simple_content else (base, None)
            declared.attributes += [self._attribute(attribute) for attribute in extension.attributes]
            self._particles(declared, extension)
        return declared

    def _particles(self, declared: ComplexType, made: xsd.ComplexType | xsd.Extension) -> None:
        if made.all is not None:
            declared.unordered = True
            declared.elements = [self._element(element) for element in made.all.elements]
        elif made.sequence is not None:
            declared.elements = self._sequence(made.sequence)

    def _sequence(self, made: xsd.Sequence) -> list[Element]:
        children: list[tuple[int, list[Element]]] = [(item.index, [self._element(item)]) for item in made.elements]
        children += [(item.index, self._sequence(item)) for item in made.sequences]
        return [element for _, group in sorted(children, key=lambda child: child[0]) for element in group]

    def _element(self, made: xsd.Element) -> Element:
        place = self._source.place(made)
        reference = self._source.resolve(made, made.ref) if made.ref else None
        qualified = made.form is FormType.QUALIFIED
        most = None if made.max_occurs == sys.maxsize else int(made.max_occurs)
        return Element(
            name=reference or QName(self._source.namespace if qualified else "", made.name or ""),
            type=None if reference else self._type(made),
            ref=reference,
            min_occurs=made.min_occurs,
            max_occurs=most,
            nillable=made.nillable,
            doc=_doc(made),
            place=place,
        )

    def _type(self, made: xsd.Element) -> QName | SimpleType | ComplexType:
        if made.complex_type is not None:
            return self._complex(made.complex_type)
        if made.simple_type is not None:
            return self._simple(made.simple_type)
        return self._source.resolve(made, made.type) if made.type else QName(_XSD, "anyType")

    def _attribute(self, made: xsd.Attribute) -> Attribute:
        place = self._source.place(made)
        if made.form is FormType.QUALIFIED:
            raise UnsupportedError(
                place, f"qualified attribute {made.name} is not supported", "declare it with form unqualified"
            )
        kind: QName | SimpleType = QName(_XSD, "string")
        if made.simple_type is not None:
            kind = self._simple(made.simple_type)
        elif made.type:
            kind = self._source.resolve(made, made.type)
        return Attribute(
            name=made.name or "",
            type=kind,
            required=made.use is UseType.REQUIRED,
            default=made.default,
            doc=_doc(made),
            place=place,
        )


def _doc(made: xsd.AnnotationBase) -> str:
    texts = [_text(part) for note in made.annotations for item in note.documentations for part in item.content]
    return " ".join(" ".join(texts).split())


def _text(part: object) -> str:
    if isinstance(part, str):
        return part
    pieces = [getattr(part, "text", None) or "", *(_text(child) for child in getattr(part, "children", []))]
    return " ".join((*pieces, getattr(part, "tail", None) or ""))
