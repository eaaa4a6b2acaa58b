"""Reads a WSDL into the shape of the fact sheets in tests/facts, so that both can be compared key by key.

The reader is deliberately strict: markup that it does not turn into a fact, apart from documentation and the
service address, is listed in `WsdlReader.unexpected`. So nothing in a WSDL escapes the comparison.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

from lxml import etree

WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP12 = "{http://schemas.xmlsoap.org/wsdl/soap12/}"
XSD = "{http://www.w3.org/2001/XMLSchema}"
WSAW_ACTION = "{http://www.w3.org/2006/05/addressing/wsdl}Action"
HTTP_TRANSPORT = "http://schemas.xmlsoap.org/soap/http"

Facts: TypeAlias = dict[str, object]
"""One service, in the shape of an entry of `services` in a fact sheet."""

_DEFINITIONS = ("types", "message", "portType", "binding", "service")
_SCHEMA = ("simpleType", "complexType", "element")
_GROUPS = ("sequence", "choice", "all")
_FACETS = (
    *("length", "minLength", "maxLength", "pattern", "whiteSpace", "totalDigits", "fractionDigits"),
    *("minInclusive", "maxInclusive", "minExclusive", "maxExclusive"),
)
_ABSENT_MEANS = re.compile(r"\bAbsent means (\S+)\.$")


class WsdlReader:
    """Turns one WSDL into facts.

    Args:
        path: The WSDL file.

    Attributes:
        facts: What the WSDL declares.
        unexpected: Markup that no fact can express, each with its line.
    """

    def __init__(self, path: Path) -> None:
        self.unexpected: list[str] = []
        root = etree.parse(path).getroot()
        self._namespace = root.get("targetNamespace", "")
        self._visit(root, {"name", "targetNamespace"}, {f"{WSDL}{n}" for n in _DEFINITIONS})
        self.facts = self._definitions(root)

    def _definitions(self, root: etree._Element) -> Facts:
        types = self._one(root, f"{WSDL}types")
        self._visit(types, set(), {f"{XSD}schema"})
        schema = self._one(types, f"{XSD}schema")
        self._visit(schema, {"targetNamespace", "elementFormDefault"}, {f"{XSD}{n}" for n in _SCHEMA})
        if schema.get("targetNamespace") != self._namespace:
            self._note(schema, "targetNamespace differs from that of the definitions")
        messages = self._unique(root.iterchildren(f"{WSDL}message"), self._message)
        port_type = self._one(root, f"{WSDL}portType")
        binding = self._one(root, f"{WSDL}binding")
        service = self._one(root, f"{WSDL}service")
        self._visit(port_type, {"name"}, {f"{WSDL}operation"})
        bound = {op.get("name"): op for op in binding.iterchildren(f"{WSDL}operation")}
        declared = list(port_type.iterchildren(f"{WSDL}operation"))
        for name in bound.keys() - {op.get("name") for op in declared}:
            self._note(binding, f"binds the operation {name}, which the portType lacks")
        facts: Facts = {
            "targetNamespace": self._namespace,
            "elementFormDefault": schema.get("elementFormDefault", "unqualified"),
            "types": self._unique(schema.iterchildren(f"{XSD}simpleType", f"{XSD}complexType"), self._type),
            "elements": self._unique(schema.iterchildren(f"{XSD}element"), self._global_element),
            "messages": messages,
            "operations": [
                self._operation(op, bound[op.get("name")], messages) for op in declared if op.get("name") in bound
            ],
            "services": self._ports(service, binding),
            "binding": self._binding(binding, port_type),
            "missing_binding": [op.get("name") for op in declared if op.get("name") not in bound],
        }
        if port_type.get("name") != service.get("name"):
            self._note(port_type, "is not named like the service")
        return facts

    def _type(self, node: etree._Element) -> Facts:
        return self._simple(node) if node.tag == f"{XSD}simpleType" else self._complex(node)

    def _simple(self, node: etree._Element) -> Facts:
        self._visit(node, {"name"}, {f"{XSD}annotation", f"{XSD}restriction"})
        restriction = self._one(node, f"{XSD}restriction")
        self._visit(restriction, {"base"}, {f"{XSD}{n}" for n in ("enumeration", *_FACETS)})
        facts: Facts = {"kind": "simple", "base": self._name(restriction, "base")}
        for facet in restriction.iterchildren(*(f"{XSD}{n}" for n in _FACETS)):
            self._visit(facet, {"value"}, set())
            facts[etree.QName(facet).localname] = facet.get("value")
        values = list(restriction.iterchildren(f"{XSD}enumeration"))
        for value in values:
            self._visit(value, {"value"}, {f"{XSD}annotation"})
        if values:
            facts["enum"] = [value.get("value") for value in values]
        return facts

    def _complex(self, node: etree._Element) -> Facts:
        self._visit(node, {"name"}, {f"{XSD}{n}" for n in ("annotation", "simpleContent", *_GROUPS)})
        facts: Facts = {"kind": "complex", "fields": [], "attributes": []}
        for group in node.iterchildren(*(f"{XSD}{n}" for n in _GROUPS)):
            self._visit(group, set(), {f"{XSD}element"})
            if "group" in facts:
                self._note(group, "is a second content model")
            facts["group"] = etree.QName(group).localname
            facts["fields"] = [self._field(element) for element in group.iterchildren(f"{XSD}element")]
        for content in node.iterchildren(f"{XSD}simpleContent"):
            self._visit(content, set(), {f"{XSD}extension"})
            extension = self._one(content, f"{XSD}extension")
            self._visit(extension, {"base"}, {f"{XSD}attribute"})
            facts["content"] = "simpleContent"
            facts["base"] = self._name(extension, "base")
            facts["attributes"] = [self._attribute(a) for a in extension.iterchildren(f"{XSD}attribute")]
        return facts

    def _field(self, node: etree._Element) -> Facts:
        self._visit(
            node, {"name", "type", "minOccurs", "maxOccurs", "nillable"}, {f"{XSD}annotation", f"{XSD}complexType"}
        )
        most = node.get("maxOccurs", "1")
        inline = node.find(f"{XSD}complexType")
        facts: Facts = {
            "name": node.get("name"),
            "min": int(node.get("minOccurs", "1")),
            "max": most if most == "unbounded" else int(most),
            "nillable": node.get("nillable", "false") in {"true", "1"},
            "type": "(anonymous)" if inline is not None else self._name(node, "type"),
        }
        if inline is not None:
            facts["inline"] = self._complex(inline)
            if "type" in node.attrib or "name" in inline.attrib:
                self._note(node, "names the type that it also declares inline")
        return facts | _comment_default(node)

    def _attribute(self, node: etree._Element) -> Facts:
        self._visit(node, {"name", "type", "use"}, {f"{XSD}annotation"})
        facts: Facts = {
            "name": node.get("name"),
            "type": self._name(node, "type"),
            "use": node.get("use", "optional"),
        }
        return facts | _comment_default(node)

    def _global_element(self, node: etree._Element) -> Facts:
        self._visit(node, {"name", "type"}, {f"{XSD}annotation"})
        return {"type": self._name(node, "type")}

    def _message(self, node: etree._Element) -> list[Facts]:
        self._visit(node, {"name"}, {f"{WSDL}part"})
        parts = list(node.iterchildren(f"{WSDL}part"))
        for part in parts:
            self._visit(part, {"name", "element"}, set())
        return [{"part": part.get("name"), "element": self._name(part, "element")} for part in parts]

    def _operation(self, declared: etree._Element, bound: etree._Element, messages: Facts) -> Facts:
        sides = {f"{WSDL}{n}" for n in ("input", "output", "fault")}
        self._visit(declared, {"name"}, sides)
        self._visit(bound, {"name"}, sides | {f"{SOAP12}operation"})
        soap = self._one(bound, f"{SOAP12}operation")
        self._visit(soap, {"soapAction", "style"}, set())
        if soap.get("style", "document") != "document":
            self._note(soap, "is not of document style")
        facts: Facts = {
            "name": declared.get("name"),
            "soapAction": soap.get("soapAction"),
            "faults": [fault.get("name") for fault in declared.iterchildren(f"{WSDL}fault")],
        }
        for side, element in (("input", "requestElement"), ("output", "responseElement")):
            abstract = self._one(declared, f"{WSDL}{side}")
            self._visit(abstract, {"message", WSAW_ACTION}, set())
            facts[f"{side}Action"] = abstract.get(WSAW_ACTION)
            parts = messages.get(self._name(abstract, "message"))
            facts[element] = parts[0]["element"] if isinstance(parts, list) and len(parts) == 1 else parts
            facts[f"{side}Headers"] = self._headers(self._one(bound, f"{WSDL}{side}"))
        return facts

    def _headers(self, side: etree._Element) -> list[Facts]:
        self._visit(side, set(), {f"{SOAP12}header", f"{SOAP12}body"})
        body = self._one(side, f"{SOAP12}body")
        self._visit(body, {"use"}, set())
        if body.get("use") != "literal":
            self._note(body, "is not literal")
        headers = list(side.iterchildren(f"{SOAP12}header"))
        for header in headers:
            self._visit(header, {"message", "part", "use"}, set())
        return [{"message": self._name(h, "message"), "part": h.get("part"), "use": h.get("use")} for h in headers]

    def _binding(self, binding: etree._Element, port_type: etree._Element) -> Facts:
        self._visit(binding, {"name", "type"}, {f"{SOAP12}binding", f"{WSDL}operation"})
        if self._name(binding, "type") != port_type.get("name"):
            self._note(binding, "is not a binding of the portType")
        soap = self._one(binding, f"{SOAP12}binding")
        self._visit(soap, {"style", "transport"}, set())
        if (soap.get("style", "document"), soap.get("transport")) != ("document", HTTP_TRANSPORT):
            self._note(soap, "is not document style over HTTP")
        return {"name": binding.get("name"), "soap": "1.2" if soap.tag == f"{SOAP12}binding" else None}

    def _ports(self, service: etree._Element, binding: etree._Element) -> list[Facts]:
        self._visit(service, {"name"}, {f"{WSDL}port"})
        ports = list(service.iterchildren(f"{WSDL}port"))
        for port in ports:
            self._visit(port, {"name", "binding"}, {f"{SOAP12}address"})
            self._visit(self._one(port, f"{SOAP12}address"), {"location"}, set())
            if self._name(port, "binding") != binding.get("name"):
                self._note(port, "does not use the binding")
        return [{"service": service.get("name"), "port": port.get("name")} for port in ports]

    def _visit(self, node: etree._Element, attributes: set[str], children: set[str]) -> None:
        """Notes every attribute and child element of `node` that its reader will not look at."""
        for name in {str(key) for key in node.attrib} - attributes:
            self._note(node, f"has the attribute {name}")
        for child in node.iterchildren(etree.Element):
            if child.tag not in children | {f"{WSDL}documentation"}:
                self._note(node, f"has the child {child.tag}")

    def _note(self, node: etree._Element, what: str) -> None:
        label = f"{etree.QName(node).localname} {node.get('name', '')}".strip()
        self.unexpected.append(f"line {node.sourceline}: {label} {what}")

    def _one(self, node: etree._Element, tag: str) -> etree._Element:
        """The only child with that tag; a second one is noted, a missing one is read as an empty element."""
        found = list(node.iterchildren(tag))
        if len(found) != 1:
            self._note(node, f"has {len(found)} children {tag}")
        return found[0] if found else etree.Element(tag)

    def _unique(self, nodes: Iterable[etree._Element], read: Callable[[etree._Element], object]) -> Facts:
        facts: Facts = {}
        for node in nodes:
            name = node.get("name", "")
            if name in facts:
                self._note(node, "is declared twice")
            facts[name] = read(node)
        return facts

    def _name(self, node: etree._Element, attribute: str) -> str:
        """A QName as the fact sheet writes it: bare in the target namespace, `xsd:` for built-in types."""
        prefix, _, local = node.get(attribute, "").rpartition(":")
        namespace = node.nsmap.get(prefix or None, "")
        if namespace == self._namespace:
            return local
        return f"xsd:{local}" if namespace == XSD[1:-1] else f"{{{namespace}}}{local}"


def _comment_default(node: etree._Element) -> Facts:
    """The default that only the documentation states; ours says `Absent means X.` in its last sentence."""
    text = " ".join((node.findtext(f"{XSD}annotation/{XSD}documentation") or "").split())
    stated = _ABSENT_MEANS.search(text)
    return {"comment_default": stated[1]} if stated else {}
