"""The passes that make and name classes, each seen in what it leaves."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from codegen.model import Class, Interface, Value
from codegen.passes import run
from tests.codegen.building import ITEM, WSDL, changed, interface_of, with_schema


def made_from(folder: Path, text: str) -> Interface:
    interface = interface_of(folder, text)
    run(interface)
    return interface


def class_named(interface: Interface, name: str) -> Class:
    (found,) = (made for made in interface.classes if made.name == name)
    return found


def value_of(folder: Path, base: str, *facets: str) -> Value:
    """Return what comes of a type that restricts `base`."""
    restriction = f'<x:restriction base="x:{base}">{"".join(facets)}</x:restriction>'
    text = with_schema(
        '<x:element name="item" type="t:Kind"/>', f'<x:simpleType name="Kind">{restriction}</x:simpleType>'
    )
    value = class_named(made_from(folder, text), "Buy").fields[0].type
    assert isinstance(value, Value)
    return value


def test_make_classes_element_takes_over_the_type_of_its_name(tmp_path: Path) -> None:
    """`buy` of type `Buy` is one class, with the element's name in it."""
    interface = made_from(tmp_path, WSDL)
    assert [(made.name, made.element and made.element.local) for made in interface.classes] == [
        ("Bought", "bought"),
        ("Buy", "buy"),
    ]


def test_make_classes_type_of_two_messages_is_copied(tmp_path: Path) -> None:
    """Two messages of one type are two classes, and the type none, unless a field has it."""
    text = changed('name="bought" type="t:Bought"', 'name="bought" type="t:Buy"')
    interface = made_from(tmp_path, text)
    assert [made.name for made in interface.classes] == ["Bought", "Buy"]
    assert [field.name for field in class_named(interface, "Bought").fields] == ["item"]


def test_make_classes_type_in_a_field_is_the_class_of_its_message(tmp_path: Path) -> None:
    """A field whose type is also a message has that message's class."""
    text = changed(
        '<x:complexType name="Bought"/>',
        '<x:complexType name="Bought"><x:sequence><x:element name="what" type="t:Buy"/></x:sequence></x:complexType>',
    )
    interface = made_from(tmp_path, text)
    assert class_named(interface, "Bought").fields[0].type is class_named(interface, "Buy")


def test_make_classes_message_of_text_has_one_field(tmp_path: Path) -> None:
    """A message element of a simple type is a class with its text."""
    interface = made_from(tmp_path, changed('name="bought" type="t:Bought"', 'name="bought" type="x:int"'))
    (field,) = class_named(interface, "Bought").fields
    assert (field.name, field.kind.value) == ("value", "Text")


def test_make_classes_element_that_never_occurs_is_no_field(tmp_path: Path) -> None:
    """maxOccurs 0 takes an element away."""
    interface = made_from(
        tmp_path, with_schema(f'{ITEM}<x:element name="n" type="x:int" minOccurs="0" maxOccurs="0"/>')
    )
    assert [field.name for field in class_named(interface, "Buy").fields] == ["item"]


def test_name_types_equal_names_get_numbers(tmp_path: Path) -> None:
    """Messages choose first, then types; Python's and the SDK's own names get an underscore."""
    interface = made_from(
        tmp_path,
        with_schema(
            '<x:element name="a" type="t:bought"/><x:element name="b" type="t:Service"/>'
            '<x:element name="c" type="t:ShopClient"/><x:element name="d" type="t:buy"/>',
            f'<x:complexType name="bought"><x:sequence>{ITEM}</x:sequence></x:complexType>'
            f'<x:complexType name="Service"><x:sequence>{ITEM}</x:sequence></x:complexType>'
            f'<x:complexType name="ShopClient"><x:sequence>{ITEM}</x:sequence></x:complexType>'
            '<x:simpleType name="buy"><x:restriction base="x:string"><x:enumeration value="a"/></x:restriction>'
            "</x:simpleType>",
        ),
    )
    types = [field.type for field in class_named(interface, "Buy").fields]
    names = [kind.name if isinstance(kind, Class) else kind.enumeration and kind.enumeration.name for kind in types]
    assert names == ["Bought_2", "Service_", "ShopClient_2", "Buy_2"]


def test_name_types_equal_members_get_numbers(tmp_path: Path) -> None:
    """Values that come out the same are told apart, in the order of the values."""
    value = value_of(tmp_path, "string", *(f'<x:enumeration value="{v}"/>' for v in ("a b", "A-B", "a.b")))
    assert value.enumeration is not None
    assert [(member.name, member.value) for member in value.enumeration.enumerators] == [
        ("A_B", "A-B"),
        ("A_B_2", "a b"),
        ("A_B_3", "a.b"),
    ]


def test_name_fields_equal_names_get_underscores(tmp_path: Path) -> None:
    """Elements choose before attributes, attributes before the text."""
    interface = made_from(
        tmp_path,
        with_schema(
            '<x:element name="fooBar" type="x:int"/><x:element name="FooBar" type="x:int"/>'
            '<x:element name="text" type="t:Text"/>',
            '<x:complexType name="Text"><x:simpleContent><x:extension base="x:int"><x:attribute name="value"/>'
            '<x:attribute name="type"/></x:extension></x:simpleContent></x:complexType>',
        ),
    )
    assert [field.name for field in class_named(interface, "Buy").fields] == ["foo_bar", "foo_bar_", "text"]
    assert [(field.kind.value, field.name) for field in class_named(interface, "Text").fields] == [
        ("Text", "value_"),
        ("Attribute", "type"),
        ("Attribute", "value"),
    ]


def test_mark_recursion_finds_what_holds_itself(tmp_path: Path) -> None:
    """A class with such a class at any depth has no bound; others have."""
    interface = made_from(
        tmp_path,
        with_schema(
            '<x:element name="a" type="t:A"/>',
            '<x:complexType name="A"><x:sequence><x:element name="b" type="t:B" minOccurs="0"/></x:sequence>'
            '</x:complexType><x:complexType name="B"><x:sequence><x:element name="a" type="t:A" minOccurs="0"/>'
            "</x:sequence></x:complexType>",
        ),
    )
    assert {made.name: made.recursive for made in interface.classes} == {
        "A": True,
        "B": True,
        "Bought": False,
        "Buy": True,
    }


@pytest.mark.parametrize(
    ("old", "new", "request_action", "response_action"),
    [
        ('soapAction="/Buy"', 'soapAction="/Buy"', "/Buy", "urn:shop:ShopService:BuyResponse"),
        ('soapAction="/Buy"', "", "urn:shop:ShopService:BuyRequest", "urn:shop:ShopService:BuyResponse"),
        ('message="t:In"', 'name="ask" message="t:In"', "/Buy", "urn:shop:ShopService:BuyResponse"),
        ('message="t:Out"', 'name="answer" message="t:Out"', "/Buy", "urn:shop:ShopService:answer"),
        (
            'message="t:Out"',
            'message="t:Out" xmlns:w="http://www.w3.org/2006/05/addressing/wsdl" w:Action="/Said"',
            "/Buy",
            "/Said",
        ),
    ],
)
def test_derive_calls_actions_follow_ws_addressing(
    old: str, new: str, request_action: str, response_action: str, tmp_path: Path
) -> None:
    """What the WSDL states counts; then the SOAP action of a request; then the default pattern."""
    (call,) = made_from(tmp_path, changed(old, new)).calls
    assert (call.request_action, call.response_action) == (request_action, response_action)


@pytest.mark.parametrize(
    ("namespace", "action"),
    [
        ("http://shop.example/a", "http://shop.example/a/ShopService/BuyResponse"),
        ("http://shop.example/a/", "http://shop.example/a/ShopService/BuyResponse"),
        ("urn://Shop/2010/", "urn://Shop/2010/ShopService/BuyResponse"),
        ("urn:a:", "urn:a:ShopService:BuyResponse"),
    ],
)
def test_derive_calls_default_action_joins_namespace_port_type_and_message(
    namespace: str, action: str, tmp_path: Path
) -> None:
    """The delimiter is a slash, in a URN a colon, and it is not doubled."""
    (call,) = made_from(tmp_path, WSDL.replace("urn:shop", namespace)).calls
    assert call.response_action == action


@pytest.mark.parametrize(
    ("base", "facets", "expected"),
    [
        ("int", (), {"min_inclusive": -(2**31), "max_inclusive": 2**31 - 1}),
        ("integer", (), {}),
        (
            "integer",
            ('<x:minExclusive value="0"/>', '<x:maxExclusive value="10"/>'),
            {"min_inclusive": 1, "max_inclusive": 9},
        ),
        ("unsignedByte", ('<x:totalDigits value="2"/>',), {"min_inclusive": 0, "max_inclusive": 99}),
        ("integer", ('<x:totalDigits value="2"/>',), {"min_inclusive": -99, "max_inclusive": 99}),
        ("decimal", ('<x:fractionDigits value="1"/>',), {"fraction_digits": 1}),
        (
            "decimal",
            ('<x:minInclusive value="0.5"/>', '<x:maxExclusive value="10"/>'),
            {"min_inclusive": Decimal("0.5"), "max_exclusive": 10},
        ),
        ("double", ('<x:maxInclusive value="1.5"/>',), {"max_inclusive": 1.5}),
        ("string", ('<x:length value="3"/>', '<x:pattern value="a"/>'), {"length": 3, "pattern": "a"}),
        ("hexBinary", ('<x:maxLength value="3"/>',), {"max_length": 3}),
        ("string", ('<x:whiteSpace value="collapse"/>',), {}),
    ],
)
def test_facets_of_a_restriction_become_metadata(
    base: str, facets: tuple[str, ...], expected: dict[str, object], tmp_path: Path
) -> None:
    """Ranges of integers are inclusive, numbers are numbers."""
    assert value_of(tmp_path, base, *facets).facets == expected


def test_facets_of_a_chain_are_joined(tmp_path: Path) -> None:
    """The nearest bound counts, and every pattern on the way."""
    text = with_schema(
        '<x:element name="item" type="t:Narrow"/>',
        '<x:simpleType name="Wide"><x:restriction base="x:string"><x:maxLength value="9"/><x:pattern value="a.*"/>'
        '</x:restriction></x:simpleType><x:simpleType name="Narrow"><x:restriction base="t:Wide">'
        '<x:maxLength value="3"/><x:pattern value=".*z"/></x:restriction></x:simpleType>',
    )
    value = class_named(made_from(tmp_path, text), "Buy").fields[0].type
    assert isinstance(value, Value)
    assert value.facets == {"max_length": 3, "pattern": r"(?=(?:a[^\n\r]*)\Z)[^\n\r]*z"}


def test_enumeration_without_own_values_is_that_of_its_base(tmp_path: Path) -> None:
    """A restriction that names no values has those of its base; one that does has its own."""
    text = with_schema(
        '<x:element name="a" type="t:Same"/><x:element name="b" type="t:Less"/>',
        '<x:simpleType name="All"><x:restriction base="x:string"><x:enumeration value="a"/><x:enumeration value="b"/>'
        '</x:restriction></x:simpleType><x:simpleType name="Same"><x:restriction base="t:All"/></x:simpleType>'
        '<x:simpleType name="Less"><x:restriction base="t:All"><x:enumeration value="a"/></x:restriction>'
        "</x:simpleType>",
    )
    interface = made_from(tmp_path, text)
    kinds = [field.type for field in class_named(interface, "Buy").fields]
    names = [kind.enumeration.name for kind in kinds if isinstance(kind, Value) and kind.enumeration]
    assert names == ["All", "Less"]
