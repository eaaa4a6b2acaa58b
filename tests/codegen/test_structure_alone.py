"""Output depends on structure alone: an equal WSDL that is written otherwise gives the same bytes."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from codegen.tree import build

ROOT = Path(__file__).parents[2]
WSDL_DIR = ROOT / "wsdl"
VENDOR_DIR = Path(__file__).parent / "vendor"
XSD = "{http://www.w3.org/2001/XMLSchema}"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
UNORDERED = (f"{XSD}schema", f"{WSDL}definitions", f"{WSDL}portType", f"{XSD}all", f"{WSDL}service")
PREFIXED = ("type", "base", "ref", "message", "element", "binding", "itemType")


def shuffled(root: etree._Element) -> None:
    """Shuffle declarations, operations, children of xsd:all, attributes and enumeration values."""
    chance = random.Random(5)
    for parent in root.iter(*UNORDERED):
        fixed = [child for child in parent if child.tag in {f"{XSD}import", f"{XSD}include", f"{WSDL}documentation"}]
        others = [child for child in parent if child not in fixed and child.tag != f"{XSD}annotation"]
        chance.shuffle(others)
        reorder(parent, [*parent.iterchildren(f"{XSD}annotation"), *fixed, *others])
    for parent in root.iter(f"{WSDL}binding"):
        first, *rest = parent
        chance.shuffle(rest)
        reorder(parent, [first, *rest])
    for kind in ("enumeration", "attribute"):
        for holder in [element for element in root.iter(etree.Element) if element.find(f"{XSD}{kind}") is not None]:
            moved = list(holder.iterchildren(f"{XSD}{kind}"))
            chance.shuffle(moved)
            reorder(holder, [*(child for child in holder if child not in moved), *moved])


def reorder(parent: etree._Element, children: list[etree._Element]) -> None:
    for child in children:
        parent.remove(child)
    parent.extend(children)


def renamed(root: etree._Element) -> None:
    """Give every namespace another prefix, in names of elements and in names within attributes."""
    for element in root.iter(etree.Element):
        for name in PREFIXED:
            value = element.get(name)
            if value is not None and not (name == "element" and ":" not in value):
                prefix, _, local = value.rpartition(":")
                uri = element.nsmap.get(prefix or None)
                if uri is not None:
                    element.set(name, f"{{{uri}}}{local}")


def with_prefixes(text: str, prefixes: dict[str, str]) -> str:
    """Write names that `renamed` has resolved with prefixes again."""
    for uri, prefix in prefixes.items():
        text = text.replace(f'"{{{uri}}}', f'"{prefix}:')
    return text


def rewritten(text: bytes) -> bytes:
    """Return an equal document: other order, other prefixes, other layout, comments everywhere."""
    root = etree.fromstring(text, etree.XMLParser(remove_blank_text=True, remove_comments=True))
    shuffled(root)
    uris = sorted({uri for element in root.iter(etree.Element) for uri in element.nsmap.values()})
    prefixes = {uri: f"q{number}" for number, uri in enumerate(uris)}
    renamed(root)
    body = etree.tostring(root, encoding="unicode")
    body = re.sub(r' xmlns(?::[\w.-]+)?="[^"]*"', "", body)
    body = with_prefixes(body, prefixes)
    for prefix, uri in {p: u for element in root.iter(etree.Element) for p, u in element.nsmap.items()}.items():
        if prefix:
            body = re.sub(rf"(</?){re.escape(prefix)}:", rf"\g<1>{prefixes[uri]}:", body)
            body = re.sub(rf"(\s){re.escape(prefix)}:(\w+=)", rf"\g<1>{prefixes[uri]}:\g<2>", body)
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for uri, prefix in prefixes.items())
    body = re.sub(r"^(<[\w:.]+)", rf"\g<1> {declared}", body)
    body = re.sub(r"(<q\d+:(?:element|message|operation|part|sequence)\b)", r"<!-- noise -->\n \g<1>", body)
    return f"<?xml version='1.0'?>\n<!-- head -->\n{body}\n<!-- tail -->\n".encode()


def indented(text: bytes) -> bytes:
    """Return the document with another layout only."""
    root = etree.fromstring(text, etree.XMLParser(remove_blank_text=True))
    for node in root.iter("{*}documentation"):
        node.text = "\n\t\t  ".join((node.text or "").split(" "))
    etree.indent(root, space="\t")
    head = '<?xml version="1.0" encoding="UTF-16"?>\n'
    return (head + etree.tostring(root, encoding="unicode")).encode("UTF-16")


def compact(text: bytes) -> bytes:
    """Return the document without any blank between elements."""
    return etree.tostring(etree.fromstring(text, etree.XMLParser(remove_blank_text=True, remove_comments=True)))


@pytest.mark.parametrize("rewrite", [rewritten, indented, compact], ids=lambda function: str(function.__name__))
def test_generate_equal_wsdl_gives_the_same_bytes(rewrite: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """All six WSDLs, written otherwise, give what they gave before."""
    copy = tmp_path / "wsdl"
    shutil.copytree(WSDL_DIR, copy)
    for path in copy.rglob("*.wsdl"):
        before = path.read_bytes()
        path.write_bytes(rewrite(before))
        assert path.read_bytes() != before
    assert build(copy, "ocpp_sdk.generated") == build(WSDL_DIR, "ocpp_sdk.generated")


@pytest.mark.parametrize("rewrite", [indented, compact], ids=lambda function: str(function.__name__))
def test_generate_equal_schema_files_give_the_same_bytes(rewrite: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """What a WSDL imports may be written otherwise as well."""
    copy = tmp_path / "vendor"
    shutil.copytree(VENDOR_DIR, copy)
    for path in copy.rglob("*.xsd"):
        path.write_bytes(rewrite(path.read_bytes()))
    assert build(copy, "acme") == build(VENDOR_DIR, "acme")


def test_generate_schema_inside_the_wsdl_gives_the_same_classes(tmp_path: Path) -> None:
    """It does not matter whether a schema lies in a file of its own or within the WSDL."""
    generated = build(VENDOR_DIR, "acme")
    inline = tmp_path / "vendor" / "depot"
    inline.mkdir(parents=True)
    (inline / "parking.wsdl").write_bytes(generated["depot/parking/service.wsdl"])
    assert build(tmp_path / "vendor", "acme") == generated


def test_generate_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    """Neither the time nor the place of a run is in its output."""
    copy = tmp_path / "elsewhere" / "wsdl"
    shutil.copytree(WSDL_DIR / "v12", copy / "v12")
    once, again = build(copy, "p"), build(copy, "p")
    assert once == again
    assert not [name for name, content in once.items() if str(tmp_path).encode() in content]
