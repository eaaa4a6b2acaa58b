"""A WSDL that cannot be supported stops with one line that names file, place and what to do, and exit code 2."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from codegen.cli import main
from tests.codegen.building import ITEM, WSDL, changed, with_schema, write_tree

SIMPLE = '<x:simpleType name="Kind"><x:restriction base="x:string">{}</x:restriction></x:simpleType>'
KIND = '<x:element name="item" type="t:Kind"/>'

# name, WSDL, what the line at the place holds, what the error says
CASES: dict[str, tuple[str, str, str]] = {
    "rpc-style": (changed('style="document"', 'style="rpc"'), "<s:binding", "style rpc is not supported"),
    "rpc-style-of-operation": (
        changed('soapAction="/Buy"', 'soapAction="/Buy" style="rpc"'),
        "<s:operation",
        "style rpc is not supported",
    ),
    "encoded-use": (changed('<s:body use="literal"', '<s:body use="encoded"'), "<s:body", "use encoded"),
    "encoded-header": (
        changed('part="who" use="literal"', 'part="who" use="encoded"'),
        "<s:header",
        "use encoded",
    ),
    "soap-11-only": (changed("wsdl/soap12/", "wsdl/soap/"), "<wsdl:port ", "no SOAP 1.2 binding"),
    "other-transport": (changed("soap/http", "soap/smtp"), "<s:binding", "transport"),
    "no-service": (
        re.sub(r"<wsdl:service.*</wsdl:service>", "", WSDL, flags=re.DOTALL),
        'xmlns:x="http://www.w3.org/2001/XMLSchema">',
        "no wsdl:service with a port",
    ),
    "two-ports": (
        changed("</wsdl:service>", '\n<wsdl:port name="Second" binding="t:ShopSoap"/></wsdl:service>'),
        "Second",
        "more than one SOAP 1.2 port (Second and ShopPort)",
    ),
    "unknown-binding": (changed('binding="t:ShopSoap"', 'binding="t:Other"'), "<wsdl:port ", "binding {urn:shop}Other"),
    "unknown-port-type": (
        changed('type="t:ShopService"', 'type="t:Other"'),
        "<wsdl:binding",
        "portType {urn:shop}Other",
    ),
    "empty-port-type": (
        re.sub(r"<wsdl:operation.*?</wsdl:operation>", "", WSDL, flags=re.DOTALL),
        "<wsdl:portType",
        "portType ShopService is empty",
    ),
    "unbound-operation": (
        changed(
            "</wsdl:portType>",
            '\n<wsdl:operation name="Sell"><wsdl:input message="t:In"/>'
            '<wsdl:output message="t:Out"/></wsdl:operation></wsdl:portType>',
        ),
        "Sell",
        "operation Sell has no binding",
    ),
    "undeclared-operation": (
        changed("</wsdl:binding>", '\n<wsdl:operation name="Sell"/></wsdl:binding>'),
        "Sell",
        "operation Sell is not in the portType",
    ),
    "operation-twice": (
        changed(
            "</wsdl:portType>",
            '\n<wsdl:operation name="Buy"><wsdl:input message="t:In"/>'
            '<wsdl:output message="t:Out"/></wsdl:operation></wsdl:portType>',
        ),
        'name="Buy"><wsdl:input',
        "operation Buy is declared twice",
    ),
    "bound-twice": (
        changed("</wsdl:binding>", '\n<wsdl:operation name="Buy"/></wsdl:binding>'),
        '<wsdl:operation name="Buy"/>',
        "operation Buy is bound twice",
    ),
    "one-way": (
        changed('<wsdl:output message="t:Out"/>', ""),
        '<wsdl:operation name="Buy">',
        "is no request with a reply",
    ),
    "notification": (
        changed('<wsdl:input message="t:In"/>', ""),
        '<wsdl:operation name="Buy">',
        "is no request with a reply",
    ),
    "unknown-message": (changed('message="t:In"', 'message="t:Other"'), "<wsdl:input", "message {urn:shop}Other"),
    "unknown-prefix": (changed('message="t:In"', 'message="z:In"'), "<wsdl:input", "prefix 'z' of 'z:In' is unknown"),
    "message-twice": (
        changed("<wsdl:portType", '<wsdl:message name="In"/>\n<wsdl:portType'),
        '<wsdl:message name="In"/>',
        "{urn:shop}In is declared twice",
    ),
    "two-parts": (
        changed('element="t:buy"/>', 'element="t:buy"/><wsdl:part name="more" element="t:bought"/>'),
        "more",
        "message In has 2 parts",
    ),
    "no-part": (changed('<wsdl:part name="body" element="t:buy"/>', ""), 'name="In"', "message In has 0 parts"),
    "part-with-type": (changed('element="t:buy"', 'type="t:Buy"'), 'type="t:Buy"/></wsdl', "names no element"),
    "unknown-element": (changed('element="t:buy"', 'element="t:other"'), "t:other", "element {urn:shop}other"),
    "same-request-twice": (
        changed(
            "</wsdl:portType>",
            '\n<wsdl:operation name="Sell"><wsdl:input message="t:In"/><wsdl:output message="t:Out"/></wsdl:operation>'
            "</wsdl:portType>",
            changed("</wsdl:binding>", '<wsdl:operation name="Sell"/></wsdl:binding>'),
        ),
        'name="Sell"><wsdl:input',
        "operations Buy and Sell both take {urn:shop}buy",
    ),
    "header-of-reply": (
        changed("<wsdl:output>", '<wsdl:output>\n<s:header message="t:Head" part="who"/>'),
        "<s:header",
        "a header in the reply of Buy",
    ),
    "two-headers": (
        changed("<s:body", '<s:header message="t:Head" part="who"/>\n<s:body'),
        '<s:header message="t:Head" part="who"/>',
        "operation Buy has 2 headers",
    ),
    "unknown-header-part": (changed('part="who"', 'part="which"'), '<wsdl:operation name="Buy">', "header part which"),
    "header-of-numbers": (
        changed('name="shopper" type="x:string"', 'name="shopper" type="x:int"'),
        'name="shopper"',
        "is no text",
    ),
    "header-of-other-namespace": (
        changed(
            "<wsdl:types>",
            '<wsdl:types><x:schema targetNamespace="urn:other">\n<x:element name="guest" type="x:string"/></x:schema>',
            changed('element="t:shopper"', 'xmlns:o="urn:other" element="o:guest"'),
        ),
        'name="guest"',
        "is not in the namespace of the service",
    ),
    "choice": (with_schema(f"</x:sequence>\n<x:choice>{ITEM}</x:choice><x:sequence>"), "<x:choice>", "xsd:choice"),
    "any": (with_schema('<x:any processContents="lax"/>'), "<x:any", "xsd:any is not supported"),
    "any-attribute": (
        changed('<x:complexType name="Bought"/>', '<x:complexType name="Bought"><x:anyAttribute/></x:complexType>'),
        "<x:anyAttribute",
        "xsd:anyAttribute",
    ),
    "group": (with_schema('<x:group ref="t:g"/>'), "<x:group", "xsd:group"),
    "substitution-group": (
        with_schema(ITEM, '\n<x:element name="more" substitutionGroup="t:buy"/>'),
        "substitutionGroup",
        "substitutionGroup of element more",
    ),
    "abstract-element": (
        with_schema(ITEM, '\n<x:element name="more" abstract="true" type="x:string"/>'),
        'name="more"',
        "abstract element more",
    ),
    "element-default": (
        with_schema('<x:element name="item" type="x:string" default="a"/>'),
        "default=",
        "default of element item",
    ),
    "element-fixed": (
        with_schema('<x:element name="item" type="x:string" fixed="a"/>'),
        "fixed=",
        "fixed value of element item",
    ),
    "mixed-content": (
        changed('<x:complexType name="Bought"/>', '<x:complexType name="Bought" mixed="true"/>'),
        "mixed=",
        "mixed content of complexType Bought",
    ),
    "list": (
        with_schema(KIND, '<x:simpleType name="Kind">\n<x:list itemType="x:int"/></x:simpleType>'),
        "<x:list",
        "xsd:list",
    ),
    "union": (
        with_schema(KIND, '<x:simpleType name="Kind">\n<x:union memberTypes="x:int x:string"/></x:simpleType>'),
        "<x:union",
        "xsd:union",
    ),
    "key": (
        changed('type="t:Buy"/>', 'type="t:Buy">\n<x:key name="k"/></x:element>'),
        "<x:key",
        "xsd:key",
    ),
    "repeated-sequence": (
        changed("<x:sequence>", '<x:sequence maxOccurs="2">'),
        "<x:sequence",
        "an optional or repeated xsd:sequence",
    ),
    "restricted-content": (
        with_schema(
            ITEM,
            '<x:complexType name="Less">\n<x:complexContent><x:restriction base="t:Buy"/></x:complexContent>'
            "</x:complexType>",
        ),
        "<x:complexContent>",
        "xsd:complexContent by restriction",
    ),
    "qualified-attribute": (
        changed(
            '<x:complexType name="Bought"/>',
            '<x:complexType name="Bought">\n<x:attribute name="a" form="qualified" type="x:int"/></x:complexType>',
        ),
        "<x:attribute",
        "qualified attribute a",
    ),
    "attribute-reference": (
        changed(
            '<x:complexType name="Bought"/>',
            '<x:complexType name="Bought">\n<x:attribute ref="t:a"/></x:complexType>',
        ),
        "<x:attribute",
        "reference of attribute t:a",
    ),
    "prohibited-attribute": (
        changed(
            '<x:complexType name="Bought"/>',
            '<x:complexType name="Bought">\n<x:attribute name="a" use="prohibited"/></x:complexType>',
        ),
        "<x:attribute",
        "prohibited attribute a",
    ),
    "fixed-attribute": (
        changed(
            '<x:complexType name="Bought"/>',
            '<x:complexType name="Bought">\n<x:attribute name="a" fixed="1"/></x:complexType>',
        ),
        "<x:attribute",
        "fixed value of attribute a",
    ),
    "complex-attribute": (
        changed(
            '<x:complexType name="Bought"/>',
            '<x:complexType name="Bought">\n<x:attribute name="a" type="t:Buy"/></x:complexType>',
        ),
        "<x:attribute",
        "{urn:shop}Buy is no simple type",
    ),
    "bad-default": (
        changed(
            '<x:complexType name="Bought"/>',
            '<x:complexType name="Bought">\n<x:attribute name="a" type="x:int" default="b"/></x:complexType>',
        ),
        "<x:attribute",
        "default 'b' of a",
    ),
    "unknown-type": (with_schema('<x:element name="item" type="t:Nothing"/>'), 't:Nothing"', "type {urn:shop}Nothing"),
    "unknown-reference": (with_schema('<x:element ref="t:nothing"/>'), "t:nothing", "element {urn:shop}nothing"),
    "unknown-base": (
        with_schema(
            ITEM,
            '\n<x:complexType name="M"><x:complexContent><x:extension base="t:No"/></x:complexContent></x:complexType>',
        ),
        'name="M"',
        "base {urn:shop}No",
    ),
    "any-type": (with_schema('<x:element name="item" type="x:anyType"/>'), "x:anyType", "type xsd:anyType"),
    "no-type": (with_schema('<x:element name="item"/>'), '<x:element name="item"/>', "type xsd:anyType"),
    "qname-type": (with_schema('<x:element name="item" type="x:QName"/>'), "x:QName", "type xsd:QName"),
    "abstract-type": (
        with_schema(KIND, '<x:complexType name="Kind" abstract="true"/>'),
        't:Kind"/>',
        "abstract type {urn:shop}Kind",
    ),
    "type-twice": (
        with_schema(ITEM, '\n<x:complexType name="Buy"/>'),
        '"Buy"/></x:schema>',
        "{urn:shop}Buy is declared twice",
    ),
    "type-without-name": (with_schema(ITEM, "\n<x:complexType/>"), "<x:complexType/>", "without a name"),
    "own-base": (
        with_schema(ITEM, '\n<x:simpleType name="A"><x:restriction base="t:A"/></x:simpleType>'),
        'name="A"',
        "type {urn:shop}A is its own base",
    ),
    "element-twice": (with_schema(f"{ITEM}\n{ITEM}"), ITEM, "element item stands twice in"),
    "extended-all": (
        with_schema(
            '<x:element name="item" type="t:More"/>',
            f'<x:complexType name="One"><x:all>{ITEM}</x:all></x:complexType>\n<x:complexType name="More">'
            '<x:complexContent><x:extension base="t:One"><x:sequence><x:element name="b" type="x:int"/></x:sequence>'
            "</x:extension></x:complexContent></x:complexType>",
        ),
        'name="More"',
        "extension of {urn:shop}One with xsd:all",
    ),
    "text-of-elements": (
        with_schema(
            ITEM,
            '\n<x:complexType name="M"><x:simpleContent><x:extension base="t:Buy"/></x:simpleContent></x:complexType>',
        ),
        'name="M"',
        "has no text that simpleContent could extend",
    ),
    "repeated-nillable": (
        with_schema('<x:element name="item" type="x:int" nillable="true" maxOccurs="2"/>'),
        "nillable",
        "repeated element item with nillable",
    ),
    "enumerated-numbers": (
        with_schema(
            KIND,
            '\n<x:simpleType name="Kind"><x:restriction base="x:int"><x:enumeration value="1"/>'
            "</x:restriction></x:simpleType>",
        ),
        'name="Kind"',
        "enumeration of type int",
    ),
    "enumerated-twice": (
        with_schema(KIND, "\n" + SIMPLE.format('<x:enumeration value="a"/><x:enumeration value="a"/>')),
        'name="Kind"',
        "has a value twice",
    ),
    "odd-facet": (
        with_schema(KIND, "\n" + SIMPLE.format('<x:totalDigits value="1"/>')),
        'name="Kind"',
        "facet total_digits on a type of kind string",
    ),
    "bad-facet": (
        with_schema(
            KIND,
            '\n<x:simpleType name="Kind"><x:restriction base="x:int"><x:maxInclusive value="many"/>'
            "</x:restriction></x:simpleType>",
        ),
        'name="Kind"',
        "facet value 'many' is no number",
    ),
    "facet-of-text-for-length": (
        with_schema(KIND, SIMPLE.format('\n<x:maxLength value="many"/>')),
        "<x:maxLength",
        "many",
    ),
    "untranslatable-pattern": (
        with_schema(KIND, "\n" + SIMPLE.format(r'<x:pattern value="\p{L}+"/>')),
        'name="Kind"',
        "pattern cannot be checked in Python",
    ),
    "pattern-of-numbers": (
        with_schema(
            KIND,
            '\n<x:simpleType name="Kind"><x:restriction base="x:int"><x:pattern value="1+"/>'
            "</x:restriction></x:simpleType>",
        ),
        'name="Kind"',
        "a pattern on a type of kind integer",
    ),
    "missing-schema": (
        with_schema(ITEM).replace("<x:element", '<x:import namespace="urn:o" schemaLocation="o.xsd"/>\n<x:element', 1),
        "<x:import",
        "cannot read",
    ),
    "remote-schema": (
        with_schema(ITEM).replace(
            "<x:element", '<x:import namespace="urn:o" schemaLocation="http://a.example/o.xsd"/>\n<x:element', 1
        ),
        "<x:import",
        "import of http://a.example/o.xsd is not local",
    ),
    "remote-wsdl": (
        changed("<wsdl:types>", '<wsdl:import namespace="urn:o" location="https://a.example/o.wsdl"/>\n<wsdl:types>'),
        "<wsdl:import",
        "import of https://a.example/o.wsdl is not local",
    ),
    "include-without-file": (
        with_schema(ITEM).replace("<x:element", "<x:include/>\n<x:element", 1),
        "<x:include",
        "xsd:include names no file",
    ),
    "not-well-formed": (changed("</wsdl:types>", "</wsdl:type>"), "</wsdl:type>", "not well-formed XML"),
    "doctype": (changed("<wsdl:definitions", "<!DOCTYPE a>\n<wsdl:definitions"), "<!DOCTYPE", "has a DOCTYPE"),
    "entity": (
        changed("<wsdl:definitions", '<!DOCTYPE a [<!ENTITY e "x">]>\n<wsdl:definitions'),
        "<!DOCTYPE",
        "has a DOCTYPE",
    ),
    "no-wsdl": ("\n<html/>", "<html/>", "html is no WSDL 1.1"),
    "bad-occurrence": (
        with_schema('<x:element name="item" type="x:int" minOccurs="few"/>'),
        "minOccurs",
        "few",
    ),
}


def refusal(capsys: pytest.CaptureFixture[str], wsdl_dir: Path, out: Path) -> str:
    """Return the one line on stderr of a generation that must not succeed."""
    code = main(["generate", "--wsdl-dir", str(wsdl_dir), "--out", str(out), "--package", "made"])
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert not out.exists()
    return captured.err.rstrip("\n")


@pytest.mark.parametrize("name", CASES)
def test_generate_unsupported_wsdl_stops_with_one_line(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line names the file, the line in it, what is wrong and what to do."""
    text, at, what = CASES[name]
    wsdl_dir = write_tree(tmp_path / "wsdl", {"service.wsdl": text})
    line = refusal(capsys, wsdl_dir, tmp_path / "out")
    found = re.fullmatch(rf"{re.escape(str(wsdl_dir))}/service\.wsdl:(\d+): (.+): (.+)", line)
    assert found, line
    assert what in line
    assert at in text.splitlines()[int(found[1]) - 1]


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({"readme.txt": ""}, "holds no *.wsdl: give the folder"),
        ({"a-b.wsdl": WSDL, "a_b.wsdl": WSDL}, "a-b.wsdl: rename one of both"),
        ({"a.wsdl": WSDL, "a/b.wsdl": WSDL}, "a.wsdl: is named like a folder of WSDLs: rename one of both"),
        (
            {
                "a.wsdl": WSDL.replace(
                    "<x:element", '<x:import namespace="urn:o" schemaLocation="o.xsd"/><x:element', 1
                ),
                "o.xsd": '<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:p"/>',
            },
            "declares the namespace 'urn:p', not 'urn:o': make both the same",
        ),
        (
            {
                "a.wsdl": WSDL.replace("<x:element", '<x:include schemaLocation="o.xsd"/><x:element', 1),
                "o.xsd": '<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema"><x:choice/></x:schema>',
            },
            "o.xsd:1: xsd:choice is not supported",
        ),
    ],
    ids=["no-wsdl", "same-package", "folder-and-file", "namespace-of-import", "choice-in-include"],
)
def test_generate_unsupported_tree_stops_with_one_line(
    files: dict[str, str], what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Trouble with the files themselves is named as well."""
    assert what in refusal(capsys, write_tree(tmp_path / "wsdl", files), tmp_path / "out")


def test_generate_missing_folder_stops_with_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that is not there is no traceback."""
    assert "is no folder: give the folder" in refusal(capsys, tmp_path / "nowhere", tmp_path / "out")


def test_command_unsupported_wsdl_exits_with_2(tmp_path: Path) -> None:
    """`python -m codegen` itself answers with the line and the code."""
    wsdl_dir = write_tree(tmp_path / "wsdl", {"service.wsdl": CASES["choice"][0]})
    command = [sys.executable, "-m", "codegen", "check", "--wsdl-dir", str(wsdl_dir), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r".*service\.wsdl:\d+: xsd:choice is not supported: make the .*\n", done.stderr)
