"""What can still be told about a request that could not be read, so that its fault says what it answers."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ocpp_sdk.call import Addressing
from ocpp_sdk.errors import OcppError, UnknownOperationError
from ocpp_sdk.soap.addressing import read_headers, settle
from ocpp_sdk.soap.envelope import open_envelope
from ocpp_sdk.soap.limits import Limits
from ocpp_sdk.soap.parsing import parse

if TYPE_CHECKING:
    from ocpp_sdk.operation import AnyOperation, Service
    from ocpp_sdk.soap.dispatch import OperationIndex

__all__ = ["Salvaged", "salvage"]

_LOOKED_AT: Final = 64 * 1024
_LONGEST: Final = 512
_ELEMENT: Final = re.compile(
    rb"<(?:[\w.-]{1,64}:)?(MessageID|Action|To|(?i:chargeBoxIdentity))(?:\s[^<>]{0,512})?>([^<]{1,600})<"
)
_BODY: Final = re.compile(rb"<(?:[\w.-]{1,64}:)?Body[\s>]")
_ENTITY: Final = re.compile(r"&(?!(?:lt|gt|quot|apos|amp);)").search
_NAMESPACE: Final = re.compile(rb"""=\s?["']([^"'<>\s]{1,200})["']""")
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffd\ufffe\uffff]").search
_ENTITIES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))
_DEFAULT_LIMITS: Final = Limits()


@dataclass(slots=True)
class Salvaged:
    """What is known about a request that could not be read.

    Attributes:
        addressing: the headers that were found.
        charge_box_identity: empty if not found; never a proof of who speaks.
        service: whose namespace was found, None if none that is served.
        operation: what was probably asked, None if unknown.
    """

    addressing: Addressing = field(default_factory=Addressing)
    charge_box_identity: str = ""
    service: Service | None = None
    operation: AnyOperation | None = None


def salvage(
    data: bytes, index: OperationIndex | None = None, *, limits: Limits = _DEFAULT_LIMITS, inflated: bool = False
) -> Salvaged:
    """Find out what a request that could not be read was about; this never fails.

    Args:
        data: the message, not compressed.
        index: the operations that are served, to find service and operation.
        limits: as for `decode_request`.
        inflated: as for `decode_request`.
    """
    found = Salvaged()
    try:
        header, payload = open_envelope(parse(data, limits, [], inflated=inflated), [])
    except OcppError:
        return _from_bytes(data[:_LOOKED_AT], index)
    try:
        if index is not None:
            found.service = index.service_of(payload)
            with suppress(UnknownOperationError):
                found.operation = index.find(payload, [])
                found.service = found.operation.service
        values = read_headers(header, found.service, [], strict=False)
    except OcppError:
        found.addressing = _from_bytes(data[:_LOOKED_AT], None).addressing
        return found
    found.charge_box_identity, found.addressing = settle(values, found.service, [], reply=False)
    return found


def _from_bytes(data: bytes, index: OperationIndex | None) -> Salvaged:
    """Look for headers in bytes that are no XML; each text is bounded, and taken only if it can be written again."""
    found = Salvaged()
    body = _BODY.search(data)
    for match in _ELEMENT.finditer(data, 0, body.start() if body else len(data)):
        text = _readable(match[2])
        if text is None:
            continue
        match match[1].lower():
            case b"messageid":
                found.addressing.message_id = found.addressing.message_id or text
            case b"action":
                found.addressing.action = found.addressing.action or text
            case b"to":
                found.addressing.to = found.addressing.to or text
            case _:
                found.charge_box_identity = found.charge_box_identity or text
    if index is None:
        return found
    spoken = {match[1].decode("utf-8", "replace") for match in _NAMESPACE.finditer(data)}
    services = [service for service in index.services if service.namespace in spoken]
    if len(services) == 1:
        found.service = services[0]
        name = (found.addressing.action or "").rpartition("/")[2]
        found.operation = found.service.operations.get(name)
    return found


def _readable(raw: bytes) -> str | None:
    text = raw.decode("utf-8", "replace").strip()
    if _ENTITY(text):
        return None
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text if 0 < len(text) <= _LONGEST and not _ILLEGAL(text) else None
