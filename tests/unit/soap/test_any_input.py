"""Whatever comes in, only named errors come out."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ocpp_sdk.errors import FaultError, OcppError
from ocpp_sdk.soap.exchange import decode_reply, decode_request, encode_fault, fault_for, salvage
from ocpp_sdk.soap.inflate import deflate, inflate
from ocpp_sdk.soap.limits import Limits
from ocpp_sdk.soap.namespaces import SOAP, SOAP11, WSA

from .messages import CP15_NS, CS15_NS, heartbeat
from .services import CP15, EVERYTHING

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"


def failure_of(data: bytes, *, strict: bool) -> OcppError | None:
    """Return the error of reading a request, None if it can be read."""
    try:
        decode_request(data, EVERYTHING, strict=strict)
    except OcppError as error:
        return error
    return None


def swallow(data: bytes) -> None:
    """Read bytes in every way; a request that fails must be answerable."""
    for strict in (False, True):
        error = failure_of(data, strict=strict)
        if error is not None:
            assert "\n" not in str(error)
            found = salvage(data, EVERYTHING)
            fault = encode_fault(
                fault_for(error), service=found.service, message_id="m", relates_to=found.addressing.message_id
            )
            with pytest.raises(FaultError):
                decode_reply(fault, CP15.operations["ClearCache"], message_id="", strict=True)
        with contextlib.suppress(OcppError):
            decode_reply(data, CP15.operations["ClearCache"], message_id="r", strict=strict)


@given(st.binary(max_size=300))
@example(b"<?xml")
@example(b"\xff\xfe<\x00")
@example(b"<a xmlns='http://['/>")
def test_any_bytes_are_refused_by_name(data: bytes) -> None:
    """And answered with a fault that reads well."""
    swallow(data)


@given(st.data())
def test_any_damage_to_a_message_is_refused_by_name_or_read(data: st.DataObject) -> None:
    """A few bytes cut out and others put in."""
    message = heartbeat()
    start = data.draw(st.integers(0, len(message)))
    end = data.draw(st.integers(start, min(start + 40, len(message))))
    swallow(message[:start] + data.draw(st.binary(max_size=20)) + message[end:])


NAMES = [
    "Envelope",
    "Header",
    "Body",
    "Fault",
    "Code",
    "Value",
    "Subcode",
    "Reason",
    "Text",
    "detail",
    "Action",
    "MessageID",
]
NAMES += ["RelatesTo", "To", "From", "ReplyTo", "FaultTo", "Address", "chargeBoxIdentity", "heartbeatRequest"]
NAMES += ["clearCacheResponse", "status", "dataTransferRequest", "vendorId", "x"]
TEXTS = st.sampled_from(
    ["", " ", "x", "http://192.0.2.1/", "/Heartbeat", "s:Sender", "\u00e9\u2028", "&#x1F600;", "&lt;"]
)


def element(name: str, prefix: str, attributes: str, text: str, children: list[str]) -> str:
    tag = f"{prefix}:{name}" if prefix else name
    return f"<{tag}{attributes}>{text}{''.join(children)}</{tag}>"


PREFIXES = st.sampled_from(["s", "a", "cs", "cp", "old", ""])
ATTRIBUTES = st.sampled_from(["", ' s:mustUnderstand="1"', ' RelationshipType="x"', ' s:role="y"', ' xml:lang="en"'])
TREES = st.recursive(
    st.builds(element, st.sampled_from(NAMES), PREFIXES, ATTRIBUTES, TEXTS, st.just([])),
    lambda inner: st.builds(element, st.sampled_from(NAMES), PREFIXES, ATTRIBUTES, TEXTS, st.lists(inner, max_size=4)),
    max_leaves=12,
)
NAMESPACES = f'xmlns:s="{SOAP}" xmlns:a="{WSA}" xmlns:cs="{CS15_NS}" xmlns:cp="{CP15_NS}" xmlns:old="{SOAP11}"'


@given(st.lists(TREES, max_size=3), st.lists(TREES, max_size=3), st.booleans())
def test_any_tree_in_an_envelope_is_refused_by_name_or_read(header: list[str], body: list[str], framed: bool) -> None:
    """Known names in unknown places."""
    inner = (
        f"<s:Header>{''.join(header)}</s:Header><s:Body>{''.join(body)}</s:Body>" if framed else "".join(header + body)
    )
    swallow(f"<s:Envelope {NAMESPACES}>{inner}</s:Envelope>".encode())


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "x-gzip", "", "br"]))
def test_any_bytes_in_any_coding_are_refused_by_name_or_inflated(data: bytes, coding: str) -> None:
    """Never beyond the bound."""
    with contextlib.suppress(OcppError):
        assert len(inflate(data, coding, Limits(max_inflated_bytes=1000), [])) <= 1000


@given(st.binary(max_size=2000), st.sampled_from(["gzip", "deflate"]))
def test_any_bytes_survive_a_coding(data: bytes, coding: str) -> None:
    """Whatever is written is read again."""
    assert inflate(deflate(data, coding), coding, Limits(), []) == data


@pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus beside the checkout")
def test_every_message_of_the_corpus_is_read_or_refused_by_name() -> None:
    """Real messages, whole and cut at every tenth byte."""
    for path in sorted(CORPUS.glob("*.xml")):
        data = path.read_bytes()
        swallow(data)
        for end in range(0, len(data), 97):
            swallow(data[:end])
