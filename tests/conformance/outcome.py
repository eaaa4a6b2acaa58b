"""What one message comes to, as JSON that an expectation can be held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ocpp_sdk.call import Addressing
from ocpp_sdk.codec.json import to_json
from ocpp_sdk.deviation import Deviation
from ocpp_sdk.errors import FaultError, MessageError, OcppError
from ocpp_sdk.soap.exchange import (
    Incoming,
    Reply,
    decode_reply,
    decode_request,
    encode_fault,
    fault_for,
    http_status_for,
    salvage,
)
from tests.conformance.corpus import INDEX, Asked, Json, name_of

MESSAGE_ID = "urn:uuid:00000000-0000-4000-8000-000000000001"

Read = Incoming | Reply[Any] | OcppError


def read(data: bytes, asked: Asked | None, *, strict: bool = False) -> Read:
    """Read a request, or the reply to what was asked; only errors of the SDK are outcomes."""
    try:
        if asked is None:
            return decode_request(data, INDEX, strict=strict)
        return decode_reply(data, asked.operation, message_id=asked.message_id, strict=strict)
    except OcppError as error:
        return error


def outcome_of(data: bytes, asked: Asked | None) -> Json:
    """Describe what a message comes to, tolerantly and strictly."""
    found = read(data, asked)
    outcome: Json = {"read_as": "request" if asked is None else "reply"}
    if asked is not None:
        outcome["asked"] = {"operation": name_of(asked.operation), "message_id": asked.message_id}
    outcome |= _refused(data, found, asked) if isinstance(found, OcppError) else _accepted(found)
    strictly = read(data, asked, strict=True)
    outcome["strict"] = _named(strictly) if isinstance(strictly, OcppError) else "accepted"
    return outcome


def _accepted(found: Incoming | Reply[Any]) -> Json:
    outcome: Json = {"operation": name_of(found.operation)} if isinstance(found, Incoming) else {}
    return outcome | {
        "charge_box_identity": found.charge_box_identity,
        "headers": _headers(found.addressing),
        "message": to_json(found.message),
        "deviations": _deviations(found.deviations),
    }


def _refused(data: bytes, error: OcppError, asked: Asked | None) -> Json:
    if isinstance(error, FaultError):
        told = {
            "code": error.code,
            "subcode": error.subcode,
            "reason": error.reason,
            "detail": error.detail,
            "deviations": _deviations(error.deviations),
        }
        return {"error": _named(error), "fault": told}
    outcome: Json = {"error": _named(error)}
    if asked is None:
        fault = fault_for(error)
        found = salvage(data, INDEX)
        outcome["answer"] = {
            "code": fault.code,
            "subcode": fault.subcode,
            "http_status": http_status_for(fault),
            "relates_to": found.addressing.message_id,
            "subcode_namespace_of": found.service and f"{found.service.version} {found.service.role}",
            "charge_box_identity": found.charge_box_identity,
            "operation": found.operation and name_of(found.operation),
        }
    return outcome


def fault_bytes(data: bytes, error: OcppError) -> bytes:
    """Write the fault that answers a request which could not be read."""
    found = salvage(data, INDEX)
    return encode_fault(
        fault_for(error), service=found.service, message_id=MESSAGE_ID, relates_to=found.addressing.message_id
    )


def _named(error: OcppError) -> str:
    name = type(error).__name__
    return f"{name} at {error.path}" if isinstance(error, MessageError) else name


def _headers(addressing: Addressing) -> Json:
    return {name: value for name, value in asdict(addressing).items() if value is not None}


def _deviations(deviations: Sequence[Deviation]) -> list[str]:
    return [f"{deviation.kind} at {deviation.path}" for deviation in deviations]
