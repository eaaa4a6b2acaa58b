"""The frame of a message, as usual and not."""

from __future__ import annotations

import pytest
from lxml import etree

from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import EnvelopeError
from ocpp_sdk.soap.envelope import open_envelope
from ocpp_sdk.soap.namespaces import SOAP, SOAP11


def opened(data: bytes) -> tuple[str | None, str, list[DeviationKind]]:
    deviations: list[Deviation] = []
    header, payload = open_envelope(etree.fromstring(data), deviations)
    name = None if header is None else etree.QName(header).localname
    return name, etree.QName(payload).localname, [deviation.kind for deviation in deviations]


def frame(children: str) -> bytes:
    return f'<s:Envelope xmlns:s="{SOAP}">{children}</s:Envelope>'.encode()


@pytest.mark.parametrize(
    ("data", "result"),
    [
        (frame("<s:Header/><s:Body><x/></s:Body>"), ("Header", "x", [])),
        (frame("<s:Body><x/></s:Body>"), (None, "x", [])),
        (frame("<s:Header/><s:Body><x/></s:Body><y/>"), ("Header", "x", [DeviationKind.ENVELOPE_EXTRA_ELEMENT])),
        (frame("<s:Body><x/></s:Body><s:Header/>"), (None, "x", [DeviationKind.ENVELOPE_EXTRA_ELEMENT])),
        (frame("<Header/><s:Body><x/></s:Body>"), (None, "x", [DeviationKind.ENVELOPE_EXTRA_ELEMENT])),
        (frame("<s:Body><x/></s:Body><s:Body><z/></s:Body>"), (None, "x", [DeviationKind.ENVELOPE_EXTRA_ELEMENT])),
        (frame("<s:Header/><s:Body><x/><y/></s:Body>"), ("Header", "x", [DeviationKind.BODY_EXTRA_ELEMENT])),
    ],
)
def test_open_envelope_finds_header_and_payload(
    data: bytes, result: tuple[str | None, str, list[DeviationKind]]
) -> None:
    """Whatever stands beside them is a deviation."""
    assert opened(data) == result


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"<html><body/></html>", "html"),
        (frame("<s:Header/>"), "no Body"),
        (frame("<s:Header/><s:Body/>"), "empty"),
        (frame("<s:Header/><s:Body>text</s:Body>"), "empty"),
    ],
)
def test_open_envelope_of_no_envelope_says_what_is_missing(data: bytes, text: str) -> None:
    """In one line."""
    with pytest.raises(EnvelopeError, match=text) as caught:
        opened(data)
    assert not caught.value.version_mismatch


@pytest.mark.parametrize("namespace", [SOAP11, "urn:other", ""])
def test_open_envelope_of_another_version_is_a_version_mismatch(namespace: str) -> None:
    """Any other namespace is another version."""
    with pytest.raises(EnvelopeError) as caught:
        opened(f'<Envelope xmlns="{namespace}"><Body><x/></Body></Envelope>'.encode())
    assert caught.value.version_mismatch
