"""Makes the classes: one for each message, one for each complex type within, and the enumerations."""

from __future__ import annotations

from codegen.builtins import XSD, builtin_value
from codegen.errors import Place, UnsupportedError
from codegen.model import (
    Attribute,
    Class,
    ComplexType,
    Element,
    Enumeration,
    Field,
    FieldKind,
    Interface,
    QName,
    SimpleType,
    Value,
)
from codegen.names import pascal_name
from codegen.passes.facets import restrict
from codegen.passes.walking import simple_chain

__all__ = ["make_classes"]


def make_classes(interface: Interface) -> None:
    """Fill `classes` and `enumerations`, without names.

    There are no twins: a message element takes over the type that is named like it, so that both are one class;
    a type with another name is copied under the element's name, and is a class of its own only if a field has it.

    Raises:
        UnsupportedError: a facet or an enumeration is not supported.
    """
    maker = _Maker(interface)
    for element in interface.elements.values():
        maker.message(element)
    maker.fill()
    interface.classes = maker.classes
    interface.enumerations = [made for name, made in sorted(maker.enumerations.items())]


class _Maker:
    """Makes classes on demand, so that recursive types end."""

    def __init__(self, interface: Interface) -> None:
        self._interface = interface
        self._by_type: dict[QName, Class] = {}
        self._open: list[tuple[Class, ComplexType]] = []
        self.classes: list[Class] = []
        self.enumerations: dict[QName, Enumeration] = {}

    def message(self, element: Element) -> None:
        declared = self._interface.complex_types.get(element.type) if isinstance(element.type, QName) else None
        doc = element.doc or (declared.doc if declared else "")
        made = self._class(element.name, doc, element.place)
        made.element = element.name
        if declared is None:
            made.fields = [self._text(element.type or QName(XSD, "string"), element.place)]
            return
        self._open.append((made, declared))
        name = declared.name or element.name
        same_name = pascal_name(name.local) == pascal_name(element.name.local)
        if same_name and name.namespace == element.name.namespace:
            self._by_type.setdefault(name, made)

    def fill(self) -> None:
        while self._open:
            made, declared = self._open.pop(0)
            made.unordered = declared.unordered
            if declared.content is not None:
                made.fields.append(self._text(declared.content, declared.place))
            made.fields += [self._attribute(attribute) for attribute in declared.attributes]
            made.fields += [self._element(element) for element in declared.elements if element.max_occurs != 0]
            _refuse_twice(made, declared)

    def _class(self, name: QName, doc: str, place: Place) -> Class:
        made = Class(
            name="",
            namespace=name.namespace,
            source=name.local,
            element=None,
            fields=[],
            unordered=False,
            recursive=False,
            doc=doc,
            place=place,
        )
        self.classes.append(made)
        return made

    def _class_of(self, name: QName) -> Class:
        if name not in self._by_type:
            declared = self._interface.complex_types[name]
            self._by_type[name] = self._class(name, declared.doc, declared.place)
            self._open.append((self._by_type[name], declared))
        return self._by_type[name]

    def _text(self, kind: QName | SimpleType | ComplexType, place: Place) -> Field:
        return _field("value", "", FieldKind.TEXT, self._value(kind, place), "", place)

    def _attribute(self, declared: Attribute) -> Field:
        value = self._value(declared.type, declared.place)
        made = _field(declared.name, "", FieldKind.ATTRIBUTE, value, declared.doc, declared.place)
        made.min_occurs = int(declared.required)
        made.default = declared.default
        return made

    def _element(self, declared: Element) -> Field:
        kind = declared.type
        if isinstance(kind, QName) and kind in self._interface.complex_types:
            value: Value | Class = self._class_of(kind)
        else:
            value = self._value(kind or QName(XSD, "string"), declared.place)
        name = declared.name
        made = _field(name.local, name.namespace, FieldKind.ELEMENT, value, declared.doc, declared.place)
        made.min_occurs = declared.min_occurs
        made.max_occurs = declared.max_occurs
        made.nillable = declared.nillable
        if made.nillable and made.many:
            what = f"repeated element {name.local} with nillable is not supported"
            raise UnsupportedError(declared.place, what, "remove nillable")
        return made

    def _value(self, kind: QName | SimpleType | ComplexType, place: Place) -> Value:
        steps: list[SimpleType] = []
        while not (isinstance(kind, QName) and kind.namespace == XSD):
            simple = self._interface.simple_types[kind] if isinstance(kind, QName) else kind
            if not isinstance(simple, SimpleType):
                raise UnsupportedError(place, "text of a complex type is not supported", "use a simple type")
            if simple.enumerators and simple.name is not None:
                return self._enumeration(simple, simple.name)
            steps.append(simple)
            kind = simple.base
        value = builtin_value(kind.local)
        restrict(value, steps[::-1])
        return value

    def _enumeration(self, declared: SimpleType, name: QName) -> Value:
        *_, last = simple_chain(declared)
        base = self._value(last.base, declared.place)
        if base.kind not in {"string", "enumeration"}:
            what = f"enumeration of type {base.type} is not supported"
            raise UnsupportedError(declared.place, what, "enumerate xsd:string")
        values = [enumerator.value for enumerator in declared.enumerators]
        if len(set(values)) != len(values):
            raise UnsupportedError(declared.place, f"enumeration {name} has a value twice", "keep one of both")
        if name not in self.enumerations:
            self.enumerations[name] = Enumeration(
                name="",
                source=name.local,
                enumerators=declared.enumerators,
                doc=declared.doc,
                place=declared.place,
            )
        return Value(kind="enumeration", type="", enumeration=self.enumerations[name])


def _field(
    name: str, namespace: str, kind: FieldKind, value: Value | Class, doc: str, place: Place
) -> Field:  # one argument for each fact that all kinds of fields have
    return Field(
        name="",
        xml_name=name,
        namespace=namespace,
        kind=kind,
        type=value,
        min_occurs=1,
        max_occurs=1,
        nillable=False,
        default=None,
        doc=doc,
        place=place,
    )


def _refuse_twice(made: Class, declared: ComplexType) -> None:
    seen: set[str] = set()
    for field in made.fields:
        if field.kind is FieldKind.ELEMENT and field.xml_name in seen:
            what = f"element {field.xml_name} stands twice in {declared.name or made.source}"
            raise UnsupportedError(field.place, what, "declare it once, with maxOccurs")
        if field.kind is FieldKind.ELEMENT:
            seen.add(field.xml_name)
