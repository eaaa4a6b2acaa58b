"""The headers: WS-Addressing and the one that names the charge point.

Read exactly first: one flat walk over the elements of the header, given up at the first surprise. Then the tolerant
way reads the header again, by local name, and names each oddity.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ocpp_sdk.call import Addressing
from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import EnvelopeError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.soap.namespaces import ANONYMOUS, SOAP, WSA, fold, split_tag

if TYPE_CHECKING:
    from lxml.etree import _Element

    from ocpp_sdk.operation import Service

__all__ = ["read_headers"]

_BLANKS: Final = " \t\r\n"
_IDENTITY: Final = 0
_ACTION, _MESSAGE_ID, _RELATES_TO, _TO, _FROM, _REPLY_TO, _FAULT_TO = range(1, 8)
_NAMES: Final = ("chargeBoxIdentity", "Action", "MessageID", "RelatesTo", "To", "From", "ReplyTo", "FaultTo")
_SLOTS: Final = {f"{{{WSA}}}{name}": slot for slot, name in enumerate(_NAMES) if slot}
_ADDRESS: Final = f"{{{WSA}}}Address"
_BY_LOCAL_NAME: Final = {name.lower(): slot for slot, name in enumerate(_NAMES) if slot}

_MUST_UNDERSTAND: Final = f"{{{SOAP}}}mustUnderstand"
_ROLE: Final = f"{{{SOAP}}}role"
_OWN_ROLES: Final = {None, "", f"{SOAP}/role/next", f"{SOAP}/role/ultimateReceiver"}

_LONGEST_ADDRESS: Final = 2048
_CALLABLE: Final = re.compile(
    r"https?://(?:[^\s/?#@<>\"]*@)?(?:[^\s/?#@:\[\]<>\"]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?(?:[/?#][^\s<>\"]*)?",
    re.IGNORECASE,
).fullmatch

_Values = list[str | None]


def read_headers(
    header: _Element | None,
    service: Service | None,
    deviations: list[Deviation],
    *,
    reply: bool,
    strict: bool = False,
) -> tuple[str, Addressing]:
    """Read the headers of a message.

    Args:
        header: the Header element, None if the envelope has none.
        service: the service that is spoken; None if unknown, then no header is missed.
        deviations: receives what is odd, and which headers are missing that the version requires.
        reply: whether the message is a reply.
        strict: whether a header that must be understood, and is not, is an error.

    Returns:
        The chargeBoxIdentity, trimmed, empty if missing; and the addresses.

    Raises:
        EnvelopeError: strict, and a header must be understood that is not known.
    """
    name = (service.identity_header if service else None) or _NAMES[_IDENTITY]
    values: _Values | None = None
    if header is None:
        values = [None] * 8
    elif service is not None and not strict:
        values = _read_exactly(header, f"{{{service.namespace}}}{name}")
    if values is None and header is not None:
        values = _HeaderReader(service, name, deviations, strict).read(header)
    assert values is not None  # noqa: S101 - one of the three ways above was taken
    identity, action, message_id, relates_to, to, sender, reply_to, fault_to = values
    if service is not None:
        _miss(values, service, name, deviations, reply=reply)
        version = service.version
        if sender is not None:
            required = version is OcppVersion.V16 and not reply
            sender = _checked(sender, "From", deviations, anonymous_is_odd=required)
            if sender == ANONYMOUS:
                sender = None
        if reply_to is not None and reply_to != ANONYMOUS:
            reply_to = _checked(reply_to, "ReplyTo", deviations)
            if reply_to is not None and not reply:
                deviations.append(Deviation(DeviationKind.REPLY_TO_NOT_ANONYMOUS, "ReplyTo", _short(reply_to)))
        if fault_to is not None and fault_to != ANONYMOUS:
            fault_to = _checked(fault_to, "FaultTo", deviations)
    addressing = Addressing(
        action=action,
        message_id=message_id,
        relates_to=relates_to,
        to=to,
        from_address=sender,
        reply_to=reply_to,
        fault_to=fault_to,
    )
    return identity or "", addressing


def _read_exactly(header: _Element, identity_tag: str) -> _Values | None:
    """Return the values by slot, None at the first surprise."""
    values: _Values = [None] * 8
    slots = _SLOTS
    party = 0
    elements = header.iter()
    next(elements)
    for element in elements:
        tag = element.tag
        slot = slots.get(tag)
        if slot is None:
            if tag == _ADDRESS:
                slot, party = party, 0
            elif tag != identity_tag:
                return None
            else:
                slot = _IDENTITY
        elif slot >= _FROM:
            if party or values[slot] is not None:
                return None
            party = slot
            continue
        if party or values[slot] is not None:
            return None
        text = element.text
        if text is None or text.strip(_BLANKS) != text:
            return None
        values[slot] = text
    return None if party else values


def _miss(values: _Values, service: Service, name: str, deviations: list[Deviation], *, reply: bool) -> None:
    """Name the headers that the version requires and the message lacks."""
    version = service.version
    if not reply and service.identity_header is not None and not values[_IDENTITY]:
        deviations.append(Deviation(DeviationKind.IDENTITY_MISSING, name, "missing or empty"))
    # Only OCPP-S 1.6 describes MessageID, RelatesTo, From and To as required (sections 3.4 to 3.9); 1.2 and 1.5 have
    # the action in their WSDL alone, 1.2 for requests only.
    if not values[_ACTION] and (
        version is OcppVersion.V16 or version is OcppVersion.V15 or (version is OcppVersion.V12 and not reply)
    ):
        deviations.append(Deviation(DeviationKind.ACTION_MISSING, "Action", "missing or empty"))
    if version is not OcppVersion.V16:
        return
    if not values[_MESSAGE_ID]:
        deviations.append(Deviation(DeviationKind.MESSAGE_ID_MISSING, "MessageID", "missing or empty"))
    if reply:
        if not values[_RELATES_TO]:
            deviations.append(Deviation(DeviationKind.RELATES_TO_MISSING, "RelatesTo", "missing or empty"))
        return
    if values[_FROM] is None:
        deviations.append(Deviation(DeviationKind.FROM_MISSING, "From", "missing"))
    if not values[_TO]:
        deviations.append(Deviation(DeviationKind.TO_MISSING, "To", "missing or empty"))


def _checked(address: str, path: str, deviations: list[Deviation], *, anonymous_is_odd: bool = False) -> str | None:
    """Return an address that can be called, or is anonymous; None for anything else."""
    if address == ANONYMOUS:
        if anonymous_is_odd:
            deviations.append(Deviation(DeviationKind.ADDRESS_INVALID, path, "anonymous, so it cannot be called"))
        return address
    if len(address) <= _LONGEST_ADDRESS and _CALLABLE(address):
        return address
    deviations.append(Deviation(DeviationKind.ADDRESS_INVALID, path, _short(address) or "empty"))
    return None


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:80] + "…"


class _HeaderReader:
    """The tolerant way: by local name, the right namespace first."""

    def __init__(self, service: Service | None, identity_name: str, deviations: list[Deviation], strict: bool) -> None:
        self._service = service
        self._identity_name = identity_name
        self._deviations = deviations
        self._strict = strict
        self._values: _Values = [None] * 8
        self._pre_release: set[str] = set()

    def read(self, header: _Element) -> _Values:
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
        if slot is None or self._values[slot] is not None:
            self._refuse_unknown(element, local)
            return
        if slot == _IDENTITY:
            self._odd(DeviationKind.IDENTITY_NAMESPACE, local, _short(namespace) or "no namespace")
        elif namespace not in self._pre_release:
            self._pre_release.add(namespace)
            self._odd(DeviationKind.ADDRESSING_NAMESPACE, local, _short(namespace) or "no namespace")
        self._take(element, slot, local)

    def _refuse_unknown(self, element: _Element, local: str) -> None:
        must = element.get(_MUST_UNDERSTAND, "").strip(_BLANKS).lower()
        if must not in {"true", "1"} or element.get(_ROLE) not in _OWN_ROLES:
            return
        if self._strict:
            raise EnvelopeError(f"header {_short(local)} must be understood, but is not known", not_understood=True)
        self._odd(DeviationKind.HEADER_NOT_UNDERSTOOD, _short(local), "marked mustUnderstand, but not known")

    def _take(self, element: _Element, slot: int, local: str) -> None:
        if slot == _RELATES_TO and not element.get("RelationshipType", "reply").lower().endswith("reply"):
            return
        name = self._identity_name if slot == _IDENTITY else _NAMES[slot]
        if self._values[slot] is not None:
            self._odd(DeviationKind.HEADER_REPEATED, name, "given more than once; the first is taken")
            return
        if local != name and not self._any_case(slot):
            self._odd(DeviationKind.HEADER_CASE, name, _short(local))
        text = self._party(element, name) if slot >= _FROM else (element.text or "")
        trimmed = text.strip(_BLANKS)
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
                    self._odd(DeviationKind.ADDRESSING_NAMESPACE, f"{name}/Address", _short(namespace))
                return child.text or ""
        text = (element.text or "").strip(_BLANKS)
        if text:
            self._odd(DeviationKind.ADDRESS_BARE, name, "the address is not in an Address element")
        return text

    def _odd(self, kind: DeviationKind, path: str, detail: str) -> None:
        self._deviations.append(Deviation(kind, path, detail))
