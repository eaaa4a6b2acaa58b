"""What holds for every message of anybody, with or without an expectation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
from lxml import etree

from ocpp_sdk.codec.json import to_json
from ocpp_sdk.codec.message import MessageCodec
from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import FaultError, MessageError, OcppError, WireError
from ocpp_sdk.operation import Service
from ocpp_sdk.soap.exchange import Incoming, decode_reply, decode_request, encode_reply, encode_request, fault_for
from ocpp_sdk.soap.namespaces import ANONYMOUS, SOAP, XML
from tests.conformance.corpus import HERE, INDEX, SERVICES, Asked
from tests.conformance.outcome import MESSAGE_ID, fault_bytes, read
from tests.contract.schemas import schema_of

# What a message may hold although the schema forbids it; it cannot be written again.
_UNWRITABLE = {DeviationKind.TEXT_TOO_LONG, DeviationKind.FACET, DeviationKind.FIELD_REPEATED}


@cache
def soap_schema() -> etree.XMLSchema:
    """Return our own schema of SOAP 1.2."""
    return etree.XMLSchema(file=str(HERE / "soap12.xsd"))


def check(data: bytes, asked: Asked | None) -> None:
    """Hold a message to all that must be true of it, whatever it is."""
    tolerant, strict = read(data, asked), read(data, asked, strict=True)
    if isinstance(tolerant, OcppError):
        assert isinstance(strict, OcppError), "strict reads what is refused otherwise"
        for error in (tolerant, strict):
            _check_error(data, error, asked)
        return
    _check_deviations(tolerant.deviations)
    if tolerant.deviations:
        assert isinstance(strict, OcppError), f"strict accepts in spite of {tolerant.deviations[0]}"
    if isinstance(strict, OcppError):
        _check_error(data, strict, asked)
    else:
        assert strict.message == tolerant.message, "strict reads something else"
        assert strict.addressing == tolerant.addressing
    to_json(tolerant.message)
    if isinstance(tolerant, Incoming):
        _check_written_request(tolerant)
    else:
        assert asked is not None
        _check_written_reply(tolerant.message, tolerant.deviations, asked)


def check_fault(data: bytes, code: str, subcode: str | None) -> None:
    """Hold bytes to be a fault of SOAP 1.2 that reads as it was meant."""
    root = etree.fromstring(data)
    soap_schema().assertValid(root)
    (text,) = root.iter(f"{{{SOAP}}}Text")
    assert text.get(f"{{{XML}}}lang")
    with pytest.raises(FaultError) as caught:
        decode_reply(data, SERVICES[0].operations["Heartbeat"], message_id=MESSAGE_ID)
    assert (caught.value.code, caught.value.subcode, caught.value.deviations) == (code, subcode, ())


def _check_error(data: bytes, error: OcppError, asked: Asked | None) -> None:
    assert isinstance(error, WireError | MessageError | FaultError), f"{type(error).__name__} is no refusal"
    assert 0 < len(str(error)) < 4000
    assert "\n" not in str(error)
    if isinstance(error, FaultError):
        assert asked is not None, "a request is read as a fault"
        _check_deviations(error.deviations)
    elif asked is None:
        fault = fault_for(error)
        check_fault(fault_bytes(data, error), fault.code, fault.subcode)


def _check_deviations(deviations: Sequence[Deviation]) -> None:
    for deviation in deviations:
        assert deviation.kind in DeviationKind
        assert deviation.path
        assert "\n" not in str(deviation)
        assert len(str(deviation)) < 4000


def _check_written_request(incoming: Incoming) -> None:
    operation = incoming.operation
    if not _writable(operation.request, incoming.message, incoming.deviations):
        return
    data = encode_request(
        operation,
        incoming.message,
        charge_box_identity="CP1",
        message_id=MESSAGE_ID,
        to="http://192.0.2.1/",
        from_address="http://192.0.2.2/",
    )
    check_valid(data, operation.service)
    again = decode_request(data, INDEX)
    assert again.message == incoming.message, "written and read again it is another message"
    assert again.deviations == []
    assert decode_request(data, INDEX, strict=True).message == incoming.message


def _check_written_reply(message: object, deviations: Sequence[Deviation], asked: Asked) -> None:
    operation = asked.operation
    if not _writable(operation.response, message, deviations):
        return
    data = encode_reply(operation, message, message_id=MESSAGE_ID, relates_to="r", to=ANONYMOUS)
    check_valid(data, operation.service)
    again = decode_reply(data, operation, message_id="r", strict=True)
    assert again.message == message, "written and read again it is another message"
    assert again.deviations == []


def _writable(codec: MessageCodec[Any], message: object, deviations: Sequence[Deviation]) -> bool:
    """Whether a message can be written; if not, a deviation must have said why."""
    try:
        codec.encode(message)
    except MessageError as error:
        if any(deviation.kind in _UNWRITABLE for deviation in deviations):
            return False
        raise AssertionError(f"read without a word, but cannot be written: {error}") from error
    return True


def check_valid(data: bytes, service: Service) -> None:
    """Hold a whole message against the schema of SOAP, and payload and identity against that of the service."""
    root = etree.fromstring(data)
    soap_schema().assertValid(root)
    (payload,) = root.iterfind(f"{{{SOAP}}}Body/*")
    schema_of(service).assertValid(etree.fromstring(etree.tostring(payload)))
    for identity in root.iterfind(f"{{{SOAP}}}Header/{{{service.namespace}}}{service.identity_header}"):
        schema_of(service).assertValid(etree.fromstring(etree.tostring(identity)))
