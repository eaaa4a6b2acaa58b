"""What a peer repeats is not read again, and no request comes out otherwise for it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocpp_sdk import v12, v15, v16
from ocpp_sdk.errors import OcppError
from ocpp_sdk.operation import AnyOperation
from ocpp_sdk.soap import repeated
from ocpp_sdk.soap.dispatch import OperationIndex
from ocpp_sdk.soap.exchange import Incoming, decode_request, encode_request
from ocpp_sdk.soap.limits import Limits
from ocpp_sdk.testing.strategies import messages

from .messages import ACTION, IDENTITY, MESSAGE_ID, USUAL, envelope, heartbeat

SERVICES = [service for face in (v12, v15, v16) for service in (face.central_system.SERVICE, face.charge_point.SERVICE)]
LIMITS = Limits()
SENT = 40
"""Requests alike that a server must have seen more than enough of."""


def authorize(id_tag: str = "TAG", header: str = USUAL) -> bytes:
    """A request with a payload."""
    payload = f"<o:authorizeRequest><o:idTag>{id_tag}</o:idTag></o:authorizeRequest>"
    return envelope(header.replace("Heartbeat", "Authorize"), payload)


def numbered(data: bytes, number: int) -> bytes:
    """Give a request another MessageID."""
    return data.replace(b"urn:uuid:1<", b"urn:uuid:%d<" % number)


def outcome(data: bytes, index: OperationIndex, limits: Limits = LIMITS) -> Incoming | str:
    """Return what a request is, or how it fails."""
    try:
        return decode_request(data, index, limits=limits)
    except OcppError as error:
        return f"{type(error).__name__}: {error}"


def used_to(*requests: bytes) -> OperationIndex:
    """Return an index that has seen some requests often."""
    index = OperationIndex(SERVICES)
    for number in range(SENT):
        for data in requests:
            decode_request(numbered(data, number), index, limits=LIMITS)
    return index


@pytest.mark.parametrize(
    "data",
    [
        heartbeat(),
        authorize(),
        authorize().replace(b"><", b">\r\n  <"),
        b'<?xml version="1.0" encoding="UTF-8"?>\r\n' + authorize(),
        authorize(header=MESSAGE_ID + ACTION + IDENTITY),
        authorize(header=IDENTITY + ACTION.replace("Heartbeat", "Other") + MESSAGE_ID),
        authorize(header=USUAL.replace("anonymous", "elsewhere")),
    ],
    ids=["empty payload", "payload", "indented", "declared", "id first", "other action", "odd ReplyTo"],
)
def test_repeated_request_is_found_and_read_like_the_first_one(data: bytes) -> None:
    """Its own MessageID and payload, everything else as ever, and nothing that two requests share."""
    index = used_to(data)
    again = numbered(data, 4711).replace(b"TAG", b"OTHER")
    assert index.repeated.find(again, LIMITS) is not None
    first, second = decode_request(again, index, limits=LIMITS), decode_request(again, index, limits=LIMITS)
    assert first == outcome(again, OperationIndex(SERVICES)) == second
    assert first.addressing.message_id == "urn:uuid:4711"
    assert first.addressing is not second.addressing
    assert first.deviations is not second.deviations


@pytest.mark.parametrize(
    "text",
    ["", " ", "a b", " a", "a\n", "a&amp;b", "&#65;", "Ü", "\u2028", "\x7f", "\x01", "\ufffe", "a>b", "]]>", "&"],
)
def test_unusual_message_id_is_judged_as_ever(text: str) -> None:
    """Only a text that means itself is taken without a look."""
    data = authorize().replace(b"urn:uuid:1", text.encode())
    assert outcome(data, used_to(authorize())) == outcome(data, OperationIndex(SERVICES))


@pytest.mark.parametrize(
    "put", [b"", b"<", b">", b"&", b" ", b"\n", b"\x00", b"/", b"x", b"\xff", b"<!--x-->", b"<o:a/>"]
)
@pytest.mark.parametrize("over", [0, 1])
def test_request_bent_anywhere_is_read_as_if_it_was_the_first(put: bytes, over: int) -> None:
    """Whatever stands at any place of a known request, it leads to the same message or the same error."""
    data = authorize(header=IDENTITY + ACTION + MESSAGE_ID)
    index, fresh = used_to(data), OperationIndex(SERVICES)
    for at in range(data.index(b"<s:Header"), len(data) + 1):
        bent = data[:at] + put + data[at + over :]
        assert outcome(bent, index) == outcome(bent, fresh), bent


@pytest.mark.parametrize(
    "data",
    [
        authorize(header=USUAL.replace("CP1", "MessageID")),
        authorize(header=USUAL.replace("/Heartbeat", "MessageID")),
        authorize("MessageID"),
        authorize("Body&gt;"),
        authorize(header=IDENTITY + ACTION),
        heartbeat(IDENTITY),
    ],
    ids=["as identity", "as action", "as tag", "end of a tag", "none", "identity alone"],
)
def test_names_within_texts_lead_nobody_astray(data: bytes) -> None:
    """Where the names stand that places are found by, a request reads the same, kept or not."""
    index = used_to(data)
    for number, identity in ((7, b"CP1"), (8, b"CP2")):
        again = numbered(data, number).replace(b"CP1", identity)
        assert outcome(again, index) == outcome(again, OperationIndex(SERVICES))


def test_other_limits_hold_for_a_request_that_is_known() -> None:
    """What was kept was judged by the limits of then."""
    index = used_to(authorize())
    for limits in (Limits(max_elements=3), Limits(max_bytes=100), Limits(max_depth=3)):
        assert outcome(authorize(), index, limits) == outcome(authorize(), OperationIndex(SERVICES), limits)
        assert isinstance(outcome(authorize(), index, limits), str)


def test_elements_of_the_whole_request_count_when_it_is_known() -> None:
    """The bound is that of the first reading, to the element."""
    tags = authorize().count(b">")
    for most in (tags - 1, tags):
        limits = Limits(max_elements=most)
        index = OperationIndex(SERVICES)
        for _ in range(SENT):
            decode_request(authorize(), index, limits=limits)
        assert (index.repeated.find(authorize(), limits) is not None) == (most == tags)


def test_what_peers_make_a_server_keep_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """More peers than are kept are read all the same; so is one whose headers are too long to be kept."""
    monkeypatch.setattr(repeated, "_MOST", 3)
    index = OperationIndex(SERVICES)
    peers = [authorize(header=USUAL.replace("CP1", f"CP{number}")) for number in range(9)]
    long = authorize(header=USUAL.replace("/cs", "/" + "c" * 3000))
    for _ in range(SENT):
        for data in (*peers, long):
            assert outcome(data, index) == outcome(data, OperationIndex(SERVICES))
    kept = [data for data in (*peers, long) if index.repeated.find(data, LIMITS)]
    assert 0 < len(kept) <= 3
    assert long not in kept


OPERATIONS = [operation for service in SERVICES for operation in service.operations.values()]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_request_comes_out_the_same_when_its_like_is_known(data: st.DataObject) -> None:
    """Every message of every version, whatever its fields hold."""
    operation: AnyOperation = data.draw(st.sampled_from(OPERATIONS))
    index = OperationIndex(SERVICES)
    written = [
        encode_request(
            operation,
            data.draw(messages(operation.request.type)),
            charge_box_identity="CP1",
            message_id=f"urn:uuid:{number}",
            to="http://192.0.2.1/cs",
            from_address="http://192.0.2.7:8080/cp",
        )
        for number in range(2)
    ]
    for _ in range(16):
        decode_request(written[0], index, limits=LIMITS)
    assert outcome(written[1], index) == outcome(written[1], OperationIndex(SERVICES))
