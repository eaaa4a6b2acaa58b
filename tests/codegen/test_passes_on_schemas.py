"""The passes that straighten the declared schema, each by itself."""

from __future__ import annotations

from pathlib import Path

from codegen.model import Interface, QName, SimpleType
from codegen.passes.drop_unreachable import drop_unreachable
from codegen.passes.flatten_extensions import flatten_extensions
from codegen.passes.lift_anonymous import lift_anonymous
from codegen.passes.replace_references import replace_references
from codegen.passes.sort_declarations import sort_declarations
from tests.codegen.building import ITEM, changed, interface_of, with_schema


def shop(local: str) -> QName:
    return QName("urn:shop", local)


def field_names(interface: Interface, name: str) -> list[str]:
    return [element.name.local for element in interface.complex_types[shop(name)].elements]


def test_replace_references_local_reference_becomes_an_element(tmp_path: Path) -> None:
    """Name, type, nillability and documentation come from the global element, occurrence from the reference."""
    interface = interface_of(
        tmp_path,
        with_schema(
            '<x:element ref="t:extra" minOccurs="0" maxOccurs="3"/>',
            '<x:element name="extra" type="x:int" nillable="true"><x:annotation><x:documentation>More.'
            "</x:documentation></x:annotation></x:element>",
        ),
    )
    replace_references(interface)
    (element,) = interface.complex_types[shop("Buy")].elements
    assert element.ref is None
    assert (element.name, element.nillable, element.doc) == (shop("extra"), True, "More.")
    assert (element.min_occurs, element.max_occurs) == (0, 3)


def test_replace_references_type_declared_in_place_is_shared(tmp_path: Path) -> None:
    """A global element with a type of its own gives that type a name, which no declared name can be."""
    interface = interface_of(
        tmp_path,
        with_schema(
            '<x:element ref="t:extra"/>',
            f'<x:element name="extra"><x:complexType><x:sequence>{ITEM}</x:sequence></x:complexType></x:element>',
        ),
    )
    replace_references(interface)
    assert interface.complex_types[shop("Buy")].elements[0].type == shop("/extra")
    assert field_names(interface, "/extra") == ["item"]


def test_flatten_extensions_base_comes_first(tmp_path: Path) -> None:
    """Elements and attributes of all bases stand in front of the type's own."""
    interface = interface_of(
        tmp_path,
        with_schema(
            ITEM,
            '<x:complexType name="C"><x:complexContent><x:extension base="t:B"><x:sequence>'
            '<x:element name="c" type="x:int"/></x:sequence><x:attribute name="z"/></x:extension></x:complexContent>'
            '</x:complexType><x:complexType name="B"><x:complexContent><x:extension base="t:A"><x:sequence>'
            '<x:element name="b" type="x:int"/></x:sequence></x:extension></x:complexContent></x:complexType>'
            '<x:complexType name="A" abstract="true"><x:sequence><x:element name="a" type="x:int"/></x:sequence>'
            '<x:attribute name="y"/></x:complexType>',
        ),
    )
    flatten_extensions(interface)
    assert field_names(interface, "C") == ["a", "b", "c"]
    assert [attribute.name for attribute in interface.complex_types[shop("C")].attributes] == ["y", "z"]
    assert interface.complex_types[shop("C")].base is None
    assert field_names(interface, "A") == ["a"]


def test_flatten_extensions_of_text_keeps_the_simple_type(tmp_path: Path) -> None:
    """A type that extends one with text has that text, with the attributes of both."""
    interface = interface_of(
        tmp_path,
        with_schema(
            ITEM,
            '<x:complexType name="A"><x:simpleContent><x:extension base="x:int"><x:attribute name="a"/></x:extension>'
            '</x:simpleContent></x:complexType><x:complexType name="B"><x:simpleContent><x:extension base="t:A">'
            '<x:attribute name="b"/></x:extension></x:simpleContent></x:complexType>',
        ),
    )
    flatten_extensions(interface)
    declared = interface.complex_types[shop("B")]
    assert declared.content == QName("http://www.w3.org/2001/XMLSchema", "int")
    assert [attribute.name for attribute in declared.attributes] == ["a", "b"]


def test_lift_anonymous_types_are_named_after_owner_and_field(tmp_path: Path) -> None:
    """Nested types get a path for a name; a mere restriction stays where it is."""
    interface = interface_of(
        tmp_path,
        with_schema(
            f'<x:element name="outer"><x:complexType><x:sequence><x:element name="inner"><x:complexType><x:sequence>'
            f"{ITEM}</x:sequence></x:complexType></x:element></x:sequence></x:complexType></x:element>"
            '<x:element name="kind"><x:simpleType><x:restriction base="x:string"><x:enumeration value="a"/>'
            '</x:restriction></x:simpleType></x:element><x:element name="short"><x:simpleType>'
            '<x:restriction base="x:string"><x:maxLength value="1"/></x:restriction></x:simpleType></x:element>',
        ),
    )
    lift_anonymous(interface)
    assert field_names(interface, "Buy/outer/inner") == ["item"]
    assert interface.complex_types[shop("Buy/outer")].elements[0].type == shop("Buy/outer/inner")
    assert shop("Buy/kind") in interface.simple_types
    assert isinstance(interface.complex_types[shop("Buy")].elements[2].type, SimpleType)


def test_drop_unreachable_keeps_what_messages_hold(tmp_path: Path) -> None:
    """Types at any depth stay, also through bases of simple types; the header's element and the rest go."""
    interface = interface_of(
        tmp_path,
        with_schema(
            '<x:element name="item" type="t:Deep"/>',
            '<x:complexType name="Deep"><x:sequence><x:element name="k" type="t:Narrow"/></x:sequence></x:complexType>'
            '<x:simpleType name="Wide"><x:restriction base="x:string"/></x:simpleType>'
            '<x:simpleType name="Narrow"><x:restriction base="t:Wide"/></x:simpleType>'
            '<x:simpleType name="Alone"><x:restriction base="x:string"/></x:simpleType>'
            f'<x:complexType name="Lonely"><x:sequence>{ITEM}</x:sequence></x:complexType>',
        ),
    )
    drop_unreachable(interface)
    assert set(interface.elements) == {shop("buy"), shop("bought")}
    assert set(interface.complex_types) == {shop("Buy"), shop("Bought"), shop("Deep")}
    assert set(interface.simple_types) == {shop("Wide"), shop("Narrow")}


def test_sort_declarations_orders_what_has_no_order(tmp_path: Path) -> None:
    """Attributes, values and the children of xsd:all are sorted; a sequence keeps its order."""
    interface = interface_of(
        tmp_path,
        with_schema(
            '<x:element name="z" type="t:Kind"/><x:element name="a" type="t:All"/>',
            '<x:simpleType name="Kind"><x:restriction base="x:string"><x:enumeration value="b"/>'
            '<x:enumeration value="B"/><x:enumeration value="a"/></x:restriction></x:simpleType>'
            '<x:complexType name="All"><x:all><x:element name="y" type="x:int"/><x:element name="b" type="x:int"/>'
            '</x:all><x:attribute name="n"/><x:attribute name="m"/></x:complexType>',
        ),
    )
    sort_declarations(interface)
    assert field_names(interface, "Buy") == ["z", "a"]
    assert field_names(interface, "All") == ["b", "y"]
    assert [attribute.name for attribute in interface.complex_types[shop("All")].attributes] == ["m", "n"]
    assert [value.value for value in interface.simple_types[shop("Kind")].enumerators] == ["B", "a", "b"]
    assert list(interface.complex_types) == [shop("All"), shop("Bought"), shop("Buy")]


def test_read_names_in_several_namespaces_are_resolved(tmp_path: Path) -> None:
    """Default namespaces, prefixes declared inside, and includes without a namespace lead to the right names."""
    (tmp_path / "common.xsd").write_text(
        '<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:common" xmlns:c="urn:common">'
        '<element name="note" type="string"/><simpleType name="Short"><restriction base="string"/></simpleType>'
        "</schema>"
    )
    (tmp_path / "more.xsd").write_text(
        '<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema"><x:complexType name="More"><x:sequence>'
        '<x:element name="again" type="More" minOccurs="0"/></x:sequence></x:complexType></x:schema>'
    )
    text = with_schema(
        '<x:element xmlns:q="urn:common" ref="q:note"/><x:element name="short" xmlns="urn:common" type="Short"/>'
        '<x:element name="more" type="t:More"/>'
    )
    text = changed(
        '<x:element name="buy"',
        '<x:import namespace="urn:common" schemaLocation="common.xsd"/><x:include schemaLocation="more.xsd"/>'
        '<x:element name="buy"',
        text,
    )
    interface = interface_of(tmp_path, text)
    note, short, more = interface.complex_types[shop("Buy")].elements
    assert note.ref == QName("urn:common", "note")
    assert short.type == QName("urn:common", "Short")
    assert more.type == shop("More")
    (again,) = interface.complex_types[shop("More")].elements
    assert (again.name, again.type) == (QName("", "again"), shop("More"))


def test_read_imported_wsdl_is_part_of_the_service(tmp_path: Path) -> None:
    """A WSDL may lie in two files, the interface in one and the binding in another."""
    text = with_schema(ITEM)
    cut = text.index("  <wsdl:binding")
    (tmp_path / "interface.wsdl").write_text(text[:cut] + "</wsdl:definitions>")
    head = text[: text.index("  <wsdl:types>")]
    interface = interface_of(
        tmp_path, f'{head}<wsdl:import namespace="urn:shop" location="interface.wsdl"/>{text[cut:]}'
    )
    assert [operation.name for operation in interface.operations] == ["Buy"]
    assert shop("Buy") in interface.complex_types
