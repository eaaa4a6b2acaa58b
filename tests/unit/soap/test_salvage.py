"""What is found in requests that cannot be read."""

from __future__ import annotations

import pytest

from ocpp_sdk.soap.salvage import salvage

from .messages import CS12_NS, CS15_NS, USUAL, envelope, heartbeat
from .services import CS12, CS15, EVERYTHING


def test_salvage_of_xml_with_an_undeclared_prefix_finds_headers_and_operation() -> None:
    """As real charge points send it."""
    found = salvage(heartbeat().replace(b"<o:heartbeatRequest/>", b'<o:heartbeatRequest xsi:nil="true"/>'), EVERYTHING)
    assert found.addressing.message_id == "urn:uuid:1"
    assert (found.charge_box_identity, found.service, found.operation) == ("CP1", CS15, CS15.operations["Heartbeat"])


def test_salvage_of_a_readable_request_reads_it() -> None:
    """Prefixes, character references and all."""
    header = "<MessageID xmlns='http://www.w3.org/2005/08/addressing'>a&#38;b</MessageID>"
    found = salvage(envelope(header, "<o:dataTransferRequest/>", namespace=CS12_NS), EVERYTHING)
    assert (found.addressing.message_id, found.service, found.operation) == ("a&b", CS12, None)


def test_salvage_looks_at_headers_only() -> None:
    """A DataTransfer has a messageId of its own, and may hold anything."""
    data = envelope("", "<o:x><MessageID>inner</MessageID><o:messageId>m</o:messageId><oops></o:x>", namespace=CS15_NS)
    assert salvage(data, EVERYTHING).addressing.message_id is None


@pytest.mark.parametrize("text", ["&xxe;", "a\x01b", "x" * 513, " ", "\ufffd", "&#0;"])
def test_salvage_takes_no_text_that_cannot_be_written_again(text: str) -> None:
    """An answer must never fail because of what was found."""
    data = heartbeat(USUAL.replace("urn:uuid:1", text)) + b"<"
    assert salvage(data, EVERYTHING).addressing.message_id is None


def test_salvage_resolves_the_five_entities_of_xml() -> None:
    """Once only."""
    data = heartbeat(USUAL.replace("urn:uuid:1", "&lt;&amp;amp;&gt;")) + b"<"
    assert salvage(data, EVERYTHING).addressing.message_id == "<&amp;>"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 100,
        b"<" * 100_000,
        b"<MessageID " * 50_000,
        b"<MessageID>" + b"x" * 1_000_000,
        b"<a:" + b"b" * 500_000,
    ],
)
def test_salvage_of_garbage_finds_nothing_and_ends(data: bytes) -> None:
    """Bounded work for any bytes."""
    found = salvage(data, EVERYTHING)
    assert (found.addressing.message_id, found.charge_box_identity, found.service) == (None, "", None)


def test_salvage_without_an_index_still_finds_headers() -> None:
    """The service is then unknown."""
    found = salvage(heartbeat())
    assert (found.addressing.message_id, found.service, found.operation) == ("urn:uuid:1", None, None)


def test_salvage_of_two_namespaces_names_no_service() -> None:
    """A guess would put the fault into the wrong version."""
    data = heartbeat().replace(b"<s:Body>", f'<s:Body xmlns:p="{CS12_NS}">'.encode()) + b"<"
    assert salvage(data, EVERYTHING).service is None
