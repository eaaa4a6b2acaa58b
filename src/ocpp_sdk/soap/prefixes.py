"""Fixed prefixes, for peers that look for `ns1:resetRequest` instead of a namespace.

Messages for such peers are written as for any other and then built again with the wanted prefixes, which costs
only them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from lxml import etree

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.soap.namespaces import SOAP, WSA, split_tag

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["PrefixStyle", "restyle"]

_PREFIX: Final = re.compile(r"(?!xml)[A-Za-z_][\w.-]{0,63}", re.ASCII | re.IGNORECASE).fullmatch
_VALUE: Final = f"{{{SOAP}}}Value"
_ENVELOPE: Final = "soap"
_QNAME: Final = "qname"
_PARSER: Final = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixStyle:
    """The prefixes that one peer insists on; None leaves a namespace as it is usually written.

    All fixed prefixes are declared on the envelope.

    Attributes:
        envelope: for SOAP.
        addressing: for WS-Addressing.
        payload: for the service, which is the payload and the chargeBoxIdentity header.
    """

    envelope: str | None = None
    addressing: str | None = None
    payload: str | None = None

    def __post_init__(self) -> None:
        envelope = _ENVELOPE if self.envelope is None else self.envelope
        used = [prefix for prefix in (envelope, self.addressing, self.payload) if prefix is not None]
        for prefix in used:
            if not _PREFIX(prefix):
                raise ConfigurationError(f"prefix style: {prefix!r} is no XML prefix")
        if len(set(used)) < len(used):
            raise ConfigurationError(f"prefix style: one prefix for two namespaces in {', '.join(used)}")


def restyle(document: bytes, style: PrefixStyle, payload_namespace: str | None) -> bytes:
    """Write a message again with fixed prefixes.

    Args:
        document: a message that this package wrote.
        style: the prefixes.
        payload_namespace: the namespace of the service, None if unknown.
    """
    source = etree.fromstring(document, _PARSER)
    nsmap = {style.envelope or _ENVELOPE: SOAP}
    if style.addressing is not None:
        nsmap[style.addressing] = WSA
    if style.payload is not None and payload_namespace is not None:
        nsmap[style.payload] = payload_namespace
    root = etree.Element(source.tag, nsmap=nsmap)
    _copy(source, root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _copy(source: _Element, target: _Element) -> None:
    for name, value in ((str(key), str(item)) for key, item in source.attrib.items()):
        target.set(name, _requalified(value, source, target) if name == _QNAME else value)
    target.text = _requalified(source.text or "", source, target) if source.tag == _VALUE else source.text
    for child in source:
        namespace, _ = split_tag(str(child.tag))
        known = set(target.nsmap.values())
        nsmap = {prefix: uri for prefix, uri in child.nsmap.items() if prefix is not None and uri not in known}
        if namespace not in known:
            # The stubs know no default namespace.
            nsmap = cast("dict[str, str]", {None: namespace})
        _copy(child, etree.SubElement(target, child.tag, nsmap=nsmap))


def _requalified(qualified: str, source: _Element, target: _Element) -> str:
    """Give a qualified name, such as a fault code, the prefix that its namespace has now."""
    prefix, _, name = qualified.rpartition(":")
    namespace = source.nsmap.get(prefix)
    for candidate, uri in target.nsmap.items():
        if uri == namespace and candidate is not None:
            return f"{candidate}:{name}"
    return qualified
