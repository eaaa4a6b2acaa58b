"""What a peer repeats is not read again, and no request comes out otherwise for it."""

from __future__ import annotations

import re
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocpp_sdk import v12, v15, v16
from ocpp_sdk.codec.exact import NotExact
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


def meter_values(face: ModuleType, prefix: str = "") -> bytes:
    """A request of rows: two readings, of which the first has two values where the version knows that."""
    service = face.central_system.SERVICE
    start = f' xmlns:{prefix}="{service.namespace}"' if prefix else f' xmlns="{service.namespace}"'
    q = f"{prefix}:" if prefix else ""
    times = [f"<{q}timestamp>2026-03-01T0{hour}:00:00{end}</{q}timestamp>" for hour, end in ((1, "Z"), (2, ".5+01:00"))]
    leaves = f"<{q}connectorId>1</{q}connectorId><{q}transactionId>7</{q}transactionId>"
    name = "values"
    if face is v12:
        leaves = f"<{q}connectorId>1</{q}connectorId>"
        values = [f"<{q}value>5</{q}value>", f"<{q}value>-6</{q}value>"]
    elif face is v15:
        both = f'<{q}value unit="Wh">5</{q}value><{q}value>-6</{q}value>'
        values = [both, f"<{q}value unit='W' context='Trigger'>x</{q}value>".replace("Trigger", "Sample.Clock")]
    else:
        name = "meterValue"
        sampled = (
            f"<{q}sampledValue><{q}value>5</{q}value><{q}phase>L1</{q}phase><{q}unit>Wh</{q}unit></{q}sampledValue>"
        )
        values = [f"{sampled}<{q}sampledValue><{q}value>-6</{q}value></{q}sampledValue>", sampled]
    rows = "".join(f"<{q}{name}>{time}{value}</{q}{name}>" for time, value in zip(times, values, strict=True))
    payload = f"<{q}meterValuesRequest{start}>{leaves}{rows}</{q}meterValuesRequest>"
    return envelope(USUAL.replace("Heartbeat", "MeterValues"), payload, namespace=service.namespace)


ROWS = pytest.mark.parametrize(
    "data",
    [meter_values(face, prefix) for face in (v12, v15, v16) for prefix in ("", "cs")],
    ids=[f"{version} {prefix}" for version in ("1.2", "1.5", "1.6") for prefix in ("", "prefixed")],
)


def read_at_one_go(data: bytes, index: OperationIndex) -> bool:
    """Whether a request that is known is one of rows, and is read as such."""
    found = index.repeated.find(data, LIMITS)
    assert found is not None
    kept = found[0]
    content = data[data.index(b"Request", data.index(b"Body>")) :].partition(b">")[2]
    return kept.rows is not None and kept.rows(content[: content.index(kept.tail)].decode()) == found[1]


@ROWS
@pytest.mark.parametrize("end", [b"", b"\r\n"])
def test_request_of_rows_is_read_at_one_go(data: bytes, end: bytes) -> None:
    """It is what the first reading finds, with other values, more rows and none."""
    data += end
    index = used_to(data)
    assert read_at_one_go(data, index)
    items = re.findall(rb"<(?:cs:)?(?:values|meterValue)>.*?</(?:cs:)?(?:values|meterValue)>", data)
    assert len(items) == 2
    values = data.replace(b">5<", b">0.125<"), data.replace(b"T01:", b"T23:"), data.replace(b">1<", b">0<")
    numbers = data.replace(items[0], items[0] * 99), data.replace(items[1], b""), data.replace(b"".join(items), b"")
    for again in (*values, *numbers):
        found = outcome(again, index)
        assert found == outcome(again, OperationIndex(SERVICES))
        assert isinstance(found, str) or read_at_one_go(again, index)


@ROWS
@pytest.mark.parametrize("put", [b"", b"<", b">", b"&", b" ", b"\x01", b"/", b"1", b"\xc3\xbc"])
def test_rows_bent_anywhere_are_read_as_if_they_were_the_first(data: bytes, put: bytes) -> None:
    """Whatever stands at any place, it leads to the same message or the same error."""
    index, fresh = used_to(data), OperationIndex(SERVICES)
    for at in range(data.index(b"onnectorId"), len(data) + 1):
        bent = data[:at] + put + data[at + (not put) :]
        assert outcome(bent, index) == outcome(bent, fresh), bent


@ROWS
def test_rows_whose_tags_are_in_disorder_are_read_as_if_they_were_the_first(data: bytes) -> None:
    """Tags that are missing, doubled, or stand where others should."""
    begin = data.index(b"<", data.index(b"equest"))
    pieces = [b"<" + piece for piece in data[begin + 1 :].split(b"<")]
    index, fresh = used_to(data), OperationIndex(SERVICES)
    places = range(len(pieces))
    without_two = [(pieces[:a], pieces[a + 1 : b], pieces[b + 1 :]) for a in places for b in range(a + 1, len(pieces))]
    doubled = [(pieces[: a + 1], pieces[b : b + 1], pieces[a + 1 :]) for a in places for b in places]
    moved = [
        (pieces[:a], pieces[a + 1 : b], pieces[a : a + 1], pieces[b:])
        for a in places
        for b in range(a + 1, len(pieces))
    ]
    for parts in (*without_two, *doubled, *moved):
        bent = data[:begin] + b"".join(b"".join(part) for part in parts)
        assert outcome(bent, index) == outcome(bent, fresh), bent


@ROWS
def test_elements_of_rows_count_as_ever(data: bytes) -> None:
    """A known request is taken up to the bound, to the tag, and not beyond it."""
    item = re.search(rb"<(?:cs:)?(?:values|meterValue)>.*?</(?:cs:)?(?:values|meterValue)>", data)
    assert item
    tags = data.count(b">") + 50 * item[0].count(b">")
    for most in (tags - 1, tags):
        limits = Limits(max_elements=most)
        index = OperationIndex(SERVICES)
        for _ in range(SENT):
            decode_request(data, index, limits=limits)
        many = data.replace(item[0], item[0] * 51)
        if most == tags:
            assert index.repeated.find(many, limits) is not None
        else:
            with pytest.raises(NotExact):
                index.repeated.find(many, limits)


def test_messages_of_rows_are_those_with_meter_values() -> None:
    """Of all requests to a central system."""
    found = {
        (service.version, operation.name)
        for service in SERVICES
        for operation in service.operations.values()
        if operation.request.reader_of_rows("") is not None
    }
    expected = {(face.central_system.SERVICE.version, "MeterValues") for face in (v12, v15, v16)}
    assert found >= expected
    assert (v16.central_system.SERVICE.version, "StopTransaction") in found


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
