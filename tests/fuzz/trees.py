"""Hypothesis strategies for messages: those of the corpus, damaged, and trees of the words of the services."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from hypothesis import strategies as st
from lxml import etree

from ocpp_sdk.codec.fields import spec_of
from ocpp_sdk.soap.namespaces import ANONYMOUS, SOAP, SOAP11, WSA
from tests.conformance.corpus import SERVICES, field_cases, field_folders, own_cases
from tests.conformance.samples import samples

XSI = "http://www.w3.org/2001/XMLSchema-instance"
NAMESPACES = [SOAP, SOAP11, WSA, XSI, "urn:x", "", *(service.namespace for service in SERVICES)]
TEXTS = [
    "", " ", "0", "1", "-1", "+1", "1.0", "1,5", "1e9", "NaN", "INF", "9" * 50, "2147483648", "true", "TRUE", "yes",
    "2024-05-16T15:42:05Z", "2024-05-16T15:42:05", "0001-01-01T00:00:00+14:00", "9999-12-31T24:00:00Z",
    "2024-02-30T00:00:00Z",
    "Accepted", "accepted", " Hard ", "kWh", "KWH", "Wh", "http://192.0.2.1/", "http://[::1]:1/", "http://[", ANONYMOUS,
    "s:Sender", "x" * 3000, "\u00e9\u2028\u202e", "\U0001f50c", "<&>\"'", "/Heartbeat", "urn:uuid:1",
]  # fmt: skip


@cache
def corpus() -> tuple[bytes, ...]:
    """Return every message there is."""
    cases = [*own_cases(), *(case for folder in field_folders() for case in field_cases(folder))]
    return (*(case.data for case in cases), *(sample.path.read_bytes() for sample in samples()))


@cache
def well_formed() -> tuple[bytes, ...]:
    """Return the messages that can be parsed."""
    return tuple(data for data in corpus() if _parsed(data) is not None)


@cache
def words() -> tuple[str, ...]:
    """Return the name of every element and attribute that a service or an envelope has."""
    names = {"Envelope", "Header", "Body", "Fault", "Code", "Value", "Subcode", "Reason", "Text", "Detail", "Address"}
    names |= {"Action", "MessageID", "RelatesTo", "To", "From", "ReplyTo", "FaultTo", "chargeBoxIdentity"}
    for service in SERVICES:
        for operation in service.operations.values():
            for codec in (operation.request, operation.response):
                names |= {codec.element, *_names(codec.type)}
    return tuple(sorted(names))


def _names(kind: type) -> Iterator[str]:
    for field in spec_of(kind).fields:
        if field.name:
            yield field.name
        if hasattr(field.type, "__dataclass_fields__") and field.type is not kind:
            yield from _names(field.type)


def _parsed(data: bytes) -> etree._Element | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(data.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return None if root.getroottree().docinfo.internalDTD is not None else root


@st.composite
def damaged_bytes(draw: st.DrawFn) -> bytes:
    """A message with a few bytes cut out and others put in."""
    data = draw(st.sampled_from(corpus()))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(start + 60, len(data))))
        data = data[:start] + draw(st.binary(max_size=20)) + data[end:]
    return data


@st.composite
def damaged_trees(draw: st.DrawFn) -> bytes:
    """A message that is well-formed still: elements are lost, doubled, moved, renamed or filled with something else."""
    root = _parsed(draw(st.sampled_from(well_formed())))
    assert root is not None
    for _ in range(draw(st.integers(1, 5))):
        elements = [element for element in root.iter("*") if element is not root]
        if elements:
            _damage(draw, draw(st.sampled_from(elements)), elements)
    return etree.tostring(root)


def _damage(draw: st.DrawFn, element: etree._Element, elements: list[etree._Element]) -> None:
    parent = element.getparent()
    assert parent is not None
    match draw(st.integers(0, 9)):
        case 0:
            parent.remove(element)
        case 1:
            parent.append(etree.fromstring(etree.tostring(element, with_tail=False)))
        case 2:
            parent.insert(draw(st.integers(0, len(parent))), element)
        case 3:
            element.tag = _name(draw, etree.QName(element).localname)
        case 4:
            element.tag = _name(draw, draw(st.sampled_from(words())))
        case 5:
            element.tag = (
                f"{{{etree.QName(element).namespace or 'urn:x'}}}{draw(_cased(etree.QName(element).localname))}"
            )
        case 6:
            element.text = draw(st.sampled_from(TEXTS))
        case 7:
            name = draw(st.sampled_from(words()) | st.just(f"{{{XSI}}}nil") | st.just(f"{{{SOAP}}}mustUnderstand"))
            element.set(name, draw(st.sampled_from(TEXTS)))
        case 8:
            element.tail = draw(st.sampled_from(TEXTS))
        case _:
            target = draw(st.sampled_from(elements))
            if element not in list(target.iterancestors()) and target is not element:
                target.append(element)


def _name(draw: st.DrawFn, local: str) -> str:
    namespace = draw(st.sampled_from(NAMESPACES))
    return f"{{{namespace}}}{local}" if namespace else local


def _cased(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from([name.lower(), name.upper(), name.capitalize(), name.swapcase()])


@st.composite
def random_trees(draw: st.DrawFn) -> bytes:
    """An envelope of a real operation whose payload is a tree of the words of all services."""
    service = draw(st.sampled_from(SERVICES))
    operation = draw(st.sampled_from(tuple(service.operations.values())))
    codec = draw(st.sampled_from([operation.request, operation.response]))
    own = sorted({*_names(codec.type)}) or ["x"]
    payload = etree.Element(codec.tag, nsmap={"o": service.namespace})
    _grow(draw, payload, own, service.namespace, 3)
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP, "a": WSA})
    if draw(st.booleans()):
        header = etree.SubElement(root, f"{{{SOAP}}}Header")
        etree.SubElement(header, f"{{{service.namespace}}}chargeBoxIdentity").text = "CP1"
        _grow(draw, header, words(), WSA, 1)
    etree.SubElement(root, f"{{{SOAP}}}Body").append(payload)
    return etree.tostring(root)


def _grow(
    draw: st.DrawFn, element: etree._Element, names: list[str] | tuple[str, ...], namespace: str, depth: int
) -> None:
    for name in draw(st.lists(st.sampled_from(names), max_size=6)):
        right = draw(st.integers(0, 9)) > 0
        child = etree.SubElement(element, f"{{{namespace}}}{name}" if right else _name(draw, name))
        if depth and draw(st.booleans()):
            _grow(draw, child, names, namespace, depth - 1)
        else:
            child.text = draw(st.sampled_from(TEXTS))
        if draw(st.integers(0, 7)) == 0:
            child.set(draw(st.sampled_from(names)), draw(st.sampled_from(TEXTS)))
