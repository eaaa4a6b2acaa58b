"""What is fed with anything: each target takes bytes and lets nothing out but what it must not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any, Final

from ocpp_sdk.codec.json import from_json, json_text
from ocpp_sdk.codec.message import MessageCodec
from ocpp_sdk.errors import OcppError
from ocpp_sdk.operation import AnyOperation
from ocpp_sdk.server import DEFAULT_PATH, ServerSettings, SoapServer
from ocpp_sdk.server.asgi import Message
from ocpp_sdk.soap.exchange import salvage
from ocpp_sdk.soap.inflate import inflate
from ocpp_sdk.soap.limits import Limits
from tests.conformance.corpus import INDEX, SERVICES, Asked
from tests.conformance.invariants import check

OPERATIONS: Final[tuple[AnyOperation, ...]] = tuple(
    operation for service in SERVICES for operation in service.operations.values()
)
CODECS: Final[tuple[MessageCodec[Any], ...]] = tuple(
    codec for operation in OPERATIONS for codec in (operation.request, operation.response)
)
_LIMITS: Final = Limits(max_bytes=64 * 1024, max_inflated_bytes=256 * 1024)
_CODINGS: Final = ("gzip", "deflate", "x-gzip", "identity", "br")
_SERVERS: Final = {
    strict: SoapServer(SERVICES, settings=ServerSettings(strict=strict, limits=_LIMITS)) for strict in (False, True)
}
_STATUSES: Final = {200, 400, 413, 415, 500}


def read_request(data: bytes, _: int) -> None:
    """Read a request with all its rules."""
    check(data, None)


def read_reply(data: bytes, choice: int) -> None:
    """Read the reply to any operation with all its rules."""
    check(data, Asked(OPERATIONS[choice % len(OPERATIONS)], "urn:uuid:1"))


def salvage_anything(data: bytes, _: int) -> None:
    """What is salvaged can always be written again, and is short."""
    found = salvage(data, INDEX)
    for text in (found.addressing.message_id, found.addressing.action, found.addressing.to, found.charge_box_identity):
        assert text is None or text.encode() is not None


def inflate_anything(data: bytes, choice: int) -> None:
    """Nothing inflates beyond the bound."""
    with suppress(OcppError):
        result = inflate(data, _CODINGS[choice % len(_CODINGS)], _LIMITS, [])
        assert len(result) <= _LIMITS.max_inflated_bytes


def serve_anything(data: bytes, choice: int) -> None:
    """The server answers once, with a status that a POST can have."""
    coding = (*_CODINGS, None)[choice % (len(_CODINGS) + 1)]
    content_type = (b"application/soap+xml", b"text/xml", data[:20] or b"x", None)[choice // 8 % 4]
    headers = [(b"content-type", content_type)] if content_type is not None else []
    if coding is not None:
        headers.append((b"content-encoding", coding.encode()))
    status, body = post(data, headers, strict=choice >= 128)
    assert status in _STATUSES
    assert body


def read_json(data: bytes, choice: int) -> None:
    """A message made of JSON can be shown as JSON."""
    codec = CODECS[choice % len(CODECS)]
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    with suppress(OcppError):
        json_text(from_json(codec.type, value, path=codec.element))


TARGETS: Final[Sequence[Callable[[bytes, int], None]]] = (
    read_request,
    read_reply,
    salvage_anything,
    inflate_anything,
    serve_anything,
    read_json,
)


def post(
    data: bytes, headers: Sequence[tuple[bytes, bytes]], *, strict: bool = False, cut: Sequence[int] = ()
) -> tuple[int, bytes]:
    """Call the server as an ASGI server does, with a body in pieces; return status and body of its one answer."""
    edges = [0, *sorted(min(place, len(data)) for place in cut), len(data)]
    pieces = [data[start:end] for start, end in pairwise(edges)]
    events = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
        for number, piece in enumerate(pieces, 1)
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return events.pop(0) if events else {"type": "http.disconnect"}

    async def send(event: Message) -> None:
        sent.append(dict(event))

    scope = {
        "type": "http",
        "method": "POST",
        "path": DEFAULT_PATH,
        "root_path": "",
        "query_string": b"",
        "scheme": "http",
        "headers": list(headers),
        "client": ("192.0.2.1", 1234),
        "server": ("127.0.0.1", 9220),
    }
    _loop().run_until_complete(_SERVERS[strict](scope, receive, send))
    starts = [event for event in sent if event["type"] == "http.response.start"]
    assert len(starts) == 1, sent
    ends = [event for event in sent if event["type"] == "http.response.body" and not event.get("more_body")]
    assert len(ends) == 1, sent
    body = b"".join(event.get("body", b"") for event in sent if event["type"] == "http.response.body")
    return int(starts[0]["status"]), body


_loops: list[asyncio.AbstractEventLoop] = []


def _loop() -> asyncio.AbstractEventLoop:
    """One loop for all examples: to make one takes longer than to answer."""
    if not _loops:
        _loops.append(asyncio.new_event_loop())
    return _loops[0]


def close() -> None:
    """Close the loop."""
    while _loops:
        _loops.pop().close()
