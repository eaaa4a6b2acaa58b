"""Every message of every service as it stands on the wire, held as a file: a change of the wire shows up as a diff."""

from __future__ import annotations

import json

import pytest
from lxml import etree

from ocpp_sdk.codec.json import from_json, to_json
from ocpp_sdk.soap.exchange import decode_reply, decode_request
from tests.conformance.corpus import INDEX
from tests.conformance.invariants import check_valid
from tests.conformance.samples import EXACT, IDENTITY, REQUEST_ID, Sample, samples

SAMPLES = list(samples())


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_exact_message_is_written_as_its_file(sample: Sample) -> None:
    """To the byte; `python -m tests.conformance exact` writes the files anew after a change that is meant."""
    assert sample.path.read_bytes() == sample.envelope()
    check_valid(sample.path.read_bytes(), sample.operation.service)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_exact_message_is_read_as_its_json_without_a_deviation(sample: Sample) -> None:
    """In strict mode and out of it; and JSON gives the message back."""
    expected = json.loads(sample.path.with_suffix(".json").read_text("utf-8"))
    data = sample.path.read_bytes()
    for strict in (False, True):
        if sample.is_request:
            incoming = decode_request(data, INDEX, strict=strict)
            assert (incoming.operation, incoming.charge_box_identity) == (sample.operation, IDENTITY)
            message, deviations = incoming.message, incoming.deviations
        else:
            reply = decode_reply(data, sample.operation, message_id=REQUEST_ID, strict=strict)
            message, deviations = reply.message, reply.deviations
        assert deviations == []
        assert to_json(message) == expected
        assert from_json(sample.codec.type, expected, path=sample.codec.element) == message


def test_exact_messages_have_no_file_left_over() -> None:
    """A file of a message that is gone proves nothing."""
    wanted = {path for sample in SAMPLES for path in (sample.path, sample.path.with_suffix(".json"))}
    assert {path for path in EXACT.rglob("*") if path.is_file()} == wanted


def test_exact_messages_set_every_field_of_their_schema() -> None:
    """An attribute or element that no file shows is not proven."""
    for sample in SAMPLES:
        payload = etree.fromstring(sample.codec.encode(sample.message()))
        text = etree.tostring(payload, encoding="unicode")
        for name in set(_names(sample.codec.type, ())):
            assert f"<{name}" in text or f' {name}="' in text, f"{sample}: {name}"


def _names(kind: type, above: tuple[type, ...]) -> list[str]:
    from ocpp_sdk.codec.fields import spec_of

    names: list[str] = []
    for field in spec_of(kind).fields:
        if field.name:
            names.append(field.name)
        if hasattr(field.type, "__dataclass_fields__") and field.type not in above:
            names += _names(field.type, (*above, kind))
    return names
