"""Requests with `Upgrade: h2c`, as Java's HTTP client sends them: read to their end, and the connection goes on."""

from __future__ import annotations

import asyncio

import pytest

from ocpp_sdk.server.asgi import Receive, Scope, Send
from ocpp_sdk.server.run import serve

pytestmark = pytest.mark.anyio

OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAEAAEAAAAIAAAAA\r\nUpgrade: h2c\r\n"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the body that came."""
    if scope["type"] == "lifespan":
        while True:
            event = (await receive())["type"]
            await send({"type": f"{event}.complete"})
            if event == "lifespan.shutdown":
                return
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    answer = scope["method"].encode() + b" " + body
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(answer)).encode())]}
    )
    await send({"type": "http.response.body", "body": answer})


def request(body: bytes, offer: bytes = OFFER) -> bytes:
    """Write a request with a length."""
    return b"POST / HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\n\r\n%s" % (offer, len(body), body)


def chunks(body: bytes) -> bytes:
    """Write a request in one chunk."""
    framed = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    return b"POST / HTTP/1.1\r\nHost: x\r\n%sTransfer-Encoding: chunked\r\n\r\n%s" % (OFFER, framed)


GET = b"GET / HTTP/1.1\r\nHost: x\r\n%s\r\n" % OFFER

SENT = {
    "at once": [request(b"one")],
    "body in a packet of its own": [request(b"one")[:-3], b"one"],
    "byte by byte": [bytes([byte]) for byte in request(b"one")],
    "offered again": [request(b"one"), request(b"two")],
    "offered once": [request(b"one"), request(b"two", b"")],
    "offered late": [request(b"one", b""), request(b"two")],
    "chunked": [chunks(b"one"), request(b"two")],
    "without a body": [GET, request(b"two")],
    "pipelined": [request(b"one") + request(b"two") + GET + request(b"three", b"")],
}


@pytest.mark.parametrize("packets", SENT.values(), ids=SENT.keys())
async def test_request_offering_another_protocol_is_answered_in_full(packets: list[bytes]) -> None:
    """Each body arrives whole, whatever the packets, and so do the requests behind it."""
    sent = b"".join(packets)
    expected = [b"GET "] * sent.count(b"GET /") + [b"POST " + b for b in (b"one", b"two", b"three") if b in sent]
    async with serve(echo) as address:
        reader, writer = await asyncio.open_connection(address.host, address.port)
        for packet in packets:
            writer.write(packet)
            await writer.drain()
            await asyncio.sleep(0.001)
        answers = []
        for _ in expected:
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            answers.append(await reader.readexactly(length))
        writer.close()
        await writer.wait_closed()
    assert sorted(answers) == sorted(expected)


async def test_garbage_after_an_offer_is_a_bad_request() -> None:
    """What follows the body must be HTTP/1.1 again."""
    async with serve(echo) as address:
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(request(b"one") + b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert b"HTTP/1.1 400 " in await reader.read()
        writer.close()
        await writer.wait_closed()
