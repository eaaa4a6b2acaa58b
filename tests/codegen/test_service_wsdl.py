"""`service.wsdl` says what the source says, in one canonical form."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from codegen.render.wsdl import render_wsdl
from codegen.tree import build
from tests.codegen.building import WSDL, changed, interface_of, with_schema
from tests.wsdl.reading import WsdlReader

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "wsdl").rglob("*.wsdl"))
GENERATED = ROOT / "src" / "ocpp_sdk" / "generated"


def served(source: Path) -> Path:
    """Return the generated counterpart of a WSDL."""
    return GENERATED / source.relative_to(ROOT / "wsdl").with_suffix("") / "service.wsdl"


def sorted_lists(value: object) -> object:
    """Sort the lists whose order means nothing: operations, enumeration values, attributes."""
    if isinstance(value, dict):
        return {
            key: sorted(map(str, item)) if key in {"enum", "operations", "attributes"} else sorted_lists(item)
            for key, item in value.items()
        }
    return [sorted_lists(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_service_wsdl_of_ocpp_states_the_facts_of_its_source(source: Path) -> None:
    """The same types, elements, messages, operations, actions, headers, bindings and ports."""
    reader, original = WsdlReader(served(source)), WsdlReader(source)
    assert reader.unexpected == []
    assert sorted_lists(reader.facts) == sorted_lists(original.facts)


def test_service_wsdl_generated_from_gives_the_same_bytes(tmp_path: Path) -> None:
    """What is served can be generated from, and gives what the source gave."""
    for source in SOURCES:
        copy = tmp_path / "wsdl" / source.relative_to(ROOT / "wsdl")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(served(source).read_bytes())
    assert build(tmp_path / "wsdl", "ocpp_sdk.generated") == build(ROOT / "wsdl", "ocpp_sdk.generated")


def test_render_wsdl_every_supported_declaration_survives(tmp_path: Path) -> None:
    """Rendering what was read from the rendering changes nothing, and keeps each declaration."""
    text = with_schema(
        '<x:element name="item" nillable="true" minOccurs="0" maxOccurs="1" form="unqualified" type="t:Kind"/>'
        '<x:element ref="t:more" maxOccurs="unbounded"/>',
        '<x:element name="more"><x:complexType><x:simpleContent><x:extension base="t:Kind">'
        '<x:attribute name="a" type="x:int" use="required"/><x:attribute name="b" default="x"/>'
        "</x:extension></x:simpleContent></x:complexType></x:element>"
        '<x:simpleType name="Kind"><x:annotation><x:documentation>Says &lt;a&gt; &amp; b.</x:documentation>'
        '</x:annotation><x:restriction base="x:string"><x:minLength value="1"/><x:pattern value="a&lt;b"/>'
        "</x:restriction></x:simpleType>"
        '<x:complexType name="Base" abstract="true"><x:all><x:element name="z" type="x:int"/></x:all></x:complexType>'
        '<x:complexType name="Derived"><x:complexContent><x:extension base="t:Base"/></x:complexContent>'
        "</x:complexType>",
    )
    text = changed(
        '<wsdl:input message="t:In"/>',
        '<wsdl:input name="ask" message="t:In" xmlns:w="http://www.w3.org/2007/05/'
        'addressing/metadata" w:Action="urn:ask"/>',
        text,
    )
    text = changed("<wsdl:output message", "<wsdl:documentation>Buys.</wsdl:documentation><wsdl:output message", text)
    once = render_wsdl(interface_of(tmp_path / "a", text))
    assert render_wsdl(interface_of(tmp_path / "b", once.decode())) == once
    for fragment in (
        '<xsd:element name="item" form="unqualified" type="tns:Kind" minOccurs="0" nillable="true"/>',
        '<xsd:element ref="tns:more" maxOccurs="unbounded"/>',
        '<xsd:attribute name="a" type="xsd:int" use="required"/>',
        '<xsd:attribute name="b" type="xsd:string" default="x"/>',
        "Says &lt;a&gt; &amp; b.",
        '<xsd:pattern value="a&lt;b"/>',
        '<xsd:complexType name="Base" abstract="true">',
        '<xsd:extension base="tns:Base"/>',
        '<wsdl:input name="ask" message="tns:In" wsaw:Action="urn:ask"/>',
        '<soap12:header message="tns:Head" part="who" use="literal"/>',
        '<soap12:address location="http://localhost/shop"/>',
    ):
        assert fragment in once.decode()


def test_render_wsdl_of_several_namespaces_compiles(tmp_path: Path) -> None:
    """Each namespace has its schema, and the schemas import each other."""
    text = changed(
        "<wsdl:types>",
        '<wsdl:types><x:schema targetNamespace="urn:other"><x:element name="guest" type="x:string"/></x:schema>',
        changed('<x:element name="item" type="x:string"/>', '<x:element xmlns:o="urn:other" ref="o:guest"/>'),
    )
    root = etree.fromstring(render_wsdl(interface_of(tmp_path, text)))
    schemas = root.findall(".//{http://www.w3.org/2001/XMLSchema}schema")
    assert [schema.get("targetNamespace") for schema in schemas] == ["urn:other", "urn:shop"]
    assert root.find(".//*[@ref]").get("ref") == "ns1:guest"  # type: ignore[union-attr]  # a missing one fails here


def test_render_wsdl_faults_survive(tmp_path: Path) -> None:
    """Declared faults are served, although no code comes of them."""
    text = changed(
        "</wsdl:operation>\n  </wsdl:portType>",
        '<wsdl:fault name="no" message="t:Out"/></wsdl:operation>\n  </wsdl:portType>',
        WSDL,
    )
    once = render_wsdl(interface_of(tmp_path, text)).decode()
    assert '<wsdl:fault name="no" message="tns:Out"/>' in once
    assert '<soap12:fault name="no" use="literal"/>' in once
