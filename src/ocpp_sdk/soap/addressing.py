"""The headers: WS-Addressing and the one that names the charge point.

`scanning` reads what is as usual; here is the careful way, which names each oddity, and the judgement that both ways
share: which headers a version requires, and which addresses can be called.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from ocpp_sdk.call import Addressing
from ocpp_sdk.codec.exact import new
from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import EnvelopeError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.soap.excerpt import excerpt
from ocpp_sdk.soap.headers import HEADERS, SENDER, Values
from ocpp_sdk.soap.namespaces import ANONYMOUS, BLANKS, SOAP, WSA, fold, split_tag

if TYPE_CHECKING:
    from lxml.etree import _Element

    from ocpp_sdk.operation import Service

__all__ = ["is_identity", "read_headers", "settle"]

_IDENTITY, _ACTION, _MESSAGE_ID, _RELATES_TO, _TO = range(SENDER)
_BY_LOCAL_NAME: Final = {name.lower(): slot for slot, name in enumerate(HEADERS) if slot}

_MUST_UNDERSTAND: Final = f"{{{SOAP}}}mustUnderstand"
_ROLE: Final = f"{{{SOAP}}}role"
_OWN_ROLES: Final = {None, "", f"{SOAP}/role/next", f"{SOAP}/role/ultimateReceiver"}

_LONGEST_ADDRESS: Final = 512
_CALLABLE: Final = re.compile(
    r"https?://(?:[^\s/?#@<>\"]*@)?(?:[^\s/?#@:\[\]<>\"]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?(?:[/?#][^\s<>\"]*)?",
    re.IGNORECASE,
).fullmatch


@dataclass(frozen=True, slots=True)
class _Rules:
    """What one service says about headers; made once per service."""

    identity_name: str
    identity_tag: str
    request: tuple[tuple[int, DeviationKind], ...]
    reply: tuple[tuple[int, DeviationKind], ...]
    from_required: bool


@cache
def _rules(service: Service) -> _Rules:
    """Only OCPP-S 1.6 describes MessageID, RelatesTo, From and To as required (sections 3.4 to 3.9).

    OCPP 1.2 and 1.5 have the action in their WSDL alone, 1.2 for requests only.
    """
    version = service.version
    name = service.identity_header or HEADERS[_IDENTITY]
    request: list[tuple[int, DeviationKind]] = []
    reply: list[tuple[int, DeviationKind]] = []
    if service.identity_header is not None:
        request.append((_IDENTITY, DeviationKind.IDENTITY_MISSING))
    if version is not None:
        request.append((_ACTION, DeviationKind.ACTION_MISSING))
        if version is not OcppVersion.V12:
            reply.append((_ACTION, DeviationKind.ACTION_MISSING))
    if version is OcppVersion.V16:
        message_id = (_MESSAGE_ID, DeviationKind.MESSAGE_ID_MISSING)
        request += [message_id, (SENDER, DeviationKind.FROM_MISSING), (_TO, DeviationKind.TO_MISSING)]
        reply += [message_id, (_RELATES_TO, DeviationKind.RELATES_TO_MISSING)]
    tag = f"{{{service.namespace}}}{name}"
    return _Rules(name, tag, tuple(request), tuple(reply), version is OcppVersion.V16)


def is_identity(tag: str | None, service: Service) -> bool:
    """Whether a header is the one that names the charge point; no header at all is as good."""
    return tag is None or tag == _rules(service).identity_tag


def read_headers(
    header: _Element | None, service: Service | None, deviations: list[Deviation], *, strict: bool
) -> Values:
    """Read the headers with care: by local name, those in the right namespace first.

    Args:
        header: the Header element, None if the envelope has none.
        service: the service that is spoken, None if unknown.
        deviations: receives what is odd.
        strict: whether a header that must be understood, and is not, is an error.

    Raises:
        EnvelopeError: two different identities; or strict, and a header must be understood that is not known.
    """
    if header is None:
        return [None] * len(HEADERS)
    name = HEADERS[_IDENTITY] if service is None else _rules(service).identity_name
    return _HeaderReader(service, name, deviations, strict).read(header)


def settle(
    values: Values, service: Service | None, deviations: list[Deviation], *, reply: bool
) -> tuple[str, Addressing]:
    """Judge the headers together, and drop addresses that are none.

    Args:
        values: the headers.
        service: the service that is spoken; None if unknown, then no header is missed.
        deviations: receives which headers are missing that the version requires, and odd addresses.
        reply: whether the message is a reply.

    Returns:
        The chargeBoxIdentity, empty if missing, and the addresses.
    """
    identity, action, message_id, relates_to, to, sender, reply_to, fault_to = values
    from_required = False
    if service is not None:
        rules = _rules(service)
        from_required = rules.from_required and not reply
        for slot, kind in rules.reply if reply else rules.request:
            # An empty address is not missing but invalid, which is told below.
            if not values[slot] and (slot < SENDER or values[slot] is None):
                name = rules.identity_name if slot == _IDENTITY else HEADERS[slot]
                deviations.append(Deviation(kind, name, "missing or empty"))
    if sender is not None:
        if sender == ANONYMOUS:
            if from_required:
                odd = Deviation(DeviationKind.ADDRESS_INVALID, "From", "anonymous, so it cannot be called")
                deviations.append(odd)
            sender = None
        else:
            sender = _checked(sender, "From", deviations)
    if reply_to is not None and reply_to != ANONYMOUS:
        reply_to = _checked(reply_to, "ReplyTo", deviations)
        if reply_to is not None and not reply:
            deviations.append(Deviation(DeviationKind.REPLY_TO_NOT_ANONYMOUS, "ReplyTo", excerpt(reply_to)))
    if fault_to is not None and fault_to != ANONYMOUS:
        fault_to = _checked(fault_to, "FaultTo", deviations)
    addressing = new(Addressing)
    addressing.action = action
    addressing.message_id = message_id
    addressing.relates_to = relates_to
    addressing.to = to
    addressing.from_address = sender
    addressing.reply_to = reply_to
    addressing.fault_to = fault_to
    return identity or "", addressing


def _checked(address: str, path: str, deviations: list[Deviation]) -> str | None:
    """Return an address that can be called, None for anything else."""
    if len(address) <= _LONGEST_ADDRESS and _is_callable(address):
        return address
    deviations.append(Deviation(DeviationKind.ADDRESS_INVALID, path, excerpt(address) or "empty"))
    return None


@lru_cache(maxsize=4096)
def _is_callable(address: str) -> bool:
    return _CALLABLE(address) is not None


class _HeaderReader:
    """The tolerant way: by local name, the right namespace first."""

    def __init__(self, service: Service | None, identity_name: str, deviations: list[Deviation], strict: bool) -> None:
        self._service = service
        self._identity_name = identity_name
        self._deviations = deviations
        self._strict = strict
        self._values: Values = [None] * 8
        self._pre_release: set[str] = set()

    def read(self, header: _Element) -> Values:
        """Read all header blocks, those in the right namespace before all others."""
        others: list[tuple[_Element, str, int | None]] = []
        for element in header:
            namespace, local = split_tag(str(element.tag))
            slot = self._slot(local)
            if slot is not None and self._is_right(namespace, slot):
                self._take(element, slot, local)
            else:
                others.append((element, namespace, slot))
        for element, namespace, slot in others:
            self._take_other(element, namespace, slot)
        return self._values

    def _slot(self, local: str) -> int | None:
        if local == self._identity_name or local.lower() == self._identity_name.lower():
            return _IDENTITY
        return _BY_LOCAL_NAME.get(local.lower())

    def _is_right(self, namespace: str, slot: int) -> bool:
        if slot == _IDENTITY:
            return self._service is None or namespace == self._service.namespace
        return namespace == WSA

    def _take_other(self, element: _Element, namespace: str, slot: int | None) -> None:
        local = split_tag(str(element.tag))[1]
        if slot == _IDENTITY and self._values[slot] is not None:
            self._take(element, slot, local)
            return
        if slot is None or self._values[slot] is not None:
            self._refuse_unknown(element, local)
            return
        if slot == _IDENTITY:
            self._odd(DeviationKind.IDENTITY_NAMESPACE, local, excerpt(namespace) or "no namespace")
        elif namespace not in self._pre_release:
            self._pre_release.add(namespace)
            self._odd(DeviationKind.ADDRESSING_NAMESPACE, local, excerpt(namespace) or "no namespace")
        self._take(element, slot, local)

    def _refuse_unknown(self, element: _Element, local: str) -> None:
        must = element.get(_MUST_UNDERSTAND, "").strip(BLANKS).lower()
        if must not in {"true", "1"} or element.get(_ROLE) not in _OWN_ROLES:
            return
        if self._strict:
            raise EnvelopeError(f"header {excerpt(local)} must be understood, but is not known", not_understood=True)
        self._odd(DeviationKind.HEADER_NOT_UNDERSTOOD, excerpt(local), "marked mustUnderstand, but not known")

    def _take(self, element: _Element, slot: int, local: str) -> None:
        if slot == _RELATES_TO and not element.get("RelationshipType", "reply").lower().endswith("reply"):
            return
        name = self._identity_name if slot == _IDENTITY else HEADERS[slot]
        if self._values[slot] is not None:
            if slot == _IDENTITY and (element.text or "").strip(BLANKS) != self._values[slot]:
                # Whoever checked the identity before us may have looked at the other one.
                raise EnvelopeError(f"two different {name} headers, send one")
            self._odd(DeviationKind.HEADER_REPEATED, name, "given more than once; the first is taken")
            return
        if local != name and not self._any_case(slot):
            self._odd(DeviationKind.HEADER_CASE, name, excerpt(local))
        if slot < SENDER and len(element):
            self._odd(DeviationKind.NESTED_CONTENT, name, "elements within a text, ignored")
        text = self._party(element, name) if slot >= SENDER else (element.text or "")
        trimmed = text.strip(BLANKS)
        if trimmed != text and trimmed and not self._blanks_allowed(slot):
            self._odd(DeviationKind.HEADER_BLANKS, name, "blanks around the text")
        self._values[slot] = trimmed

    def _any_case(self, slot: int) -> bool:
        """OCPP 1.5 and 1.6 say that the name of the identity header is not case-sensitive."""
        version = self._service.version if self._service else None
        return slot == _IDENTITY and version in {OcppVersion.V15, OcppVersion.V16}

    def _blanks_allowed(self, slot: int) -> bool:
        """The example in OCPP 1.2 section 8.1 has blanks around the identity."""
        return slot == _IDENTITY and self._service is not None and self._service.version is OcppVersion.V12

    def _party(self, element: _Element, name: str) -> str:
        for child in element:
            namespace, local = split_tag(str(child.tag))
            if local.lower() == "address":
                if fold(namespace) != fold(split_tag(str(element.tag))[0]):
                    self._odd(DeviationKind.ADDRESSING_NAMESPACE, f"{name}/Address", excerpt(namespace))
                return child.text or ""
        text = (element.text or "").strip(BLANKS)
        if text:
            self._odd(DeviationKind.ADDRESS_BARE, name, "the address is not in an Address element")
        return text

    def _odd(self, kind: DeviationKind, path: str, detail: str) -> None:
        self._deviations.append(Deviation(kind, path, detail))
