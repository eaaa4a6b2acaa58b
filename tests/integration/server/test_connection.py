"""Connections as uvicorn keeps them, and the shorter way of a reply: nobody outside can tell it from ASGI's."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Literal

import pytest

from ocpp_sdk.call import Call
from ocpp_sdk.generated.v15 import central_system as cs15
from ocpp_sdk.server import SoapServer, shortcut
from ocpp_sdk.server.asgi import ASGIApp, Message, Receive, Scope, Send
from ocpp_sdk.server.connection import Connection
from ocpp_sdk.server.run import ServerAddress, serve
from ocpp_sdk.server.shortcut import cycle_of

from .serving import SERVICES, accepted, handled_by, run_by_uvicorn, tapped
from .wire import envelope, exchange, post, read_reply, request

pytestmark = pytest.mark.anyio


def streaming(pieces: list[bytes], sent: list[int]) -> ASGIApp:
    """Answer with pieces, one after the other as fast as they are taken."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while (event := (await receive())["type"]) != "lifespan.shutdown":
                await send({"type": f"{event}.complete"})
            await send({"type": f"{event}.complete"})
            return
        length = sum(len(piece) for piece in pieces)
        headers = [(b"content-length", b"%d" % length)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for number, piece in enumerate(pieces, 1):
            await send({"type": "http.response.body", "body": piece, "more_body": number < len(pieces)})
            sent.append(len(piece))

    return app


@asynccontextmanager
async def served(wrap: Callable[[SoapServer], ASGIApp] = lambda server: server) -> AsyncIterator[ServerAddress]:
    """Serve a central system that accepts every tag."""
    server = SoapServer(SERVICES)
    handled_by(server)
    async with serve(wrap(server)) as address:
        yield address


async def test_middleware_around_the_server_sees_every_event() -> None:
    """The shorter way is taken only where nobody stands between server and connection."""
    events: list[Message] = []
    async with served(lambda server: tapped(server, events)) as address:
        reply = await post(address, envelope())
    assert reply.status == 200
    assert [event["type"] for event in events] == ["http.response.start", "http.response.body"]


async def test_reply_is_the_same_on_both_ways() -> None:
    """Status, headers and texts do not tell which way a reply went, but for the id and the date."""
    found = []
    for wrap in (lambda server: server, lambda server: tapped(server, [])):
        async with served(wrap) as address:
            reply = await post(address, envelope())
        headers = {name: value for name, value in reply.headers.items() if name != "date"}
        assert "date" in reply.headers
        texts = {name: text for name, text in reply.texts().items() if name != "MessageID"}
        found.append((reply.status, headers, texts))
    assert found[0] == found[1]


async def test_server_run_by_uvicorn_takes_the_shorter_way() -> None:
    """Both functions that uvicorn hands over belong to one cycle, which has all that is needed."""
    seen = []

    def spied(server: SoapServer) -> ASGIApp:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                seen.append(cycle_of(receive, send) is not None)
            await server(scope, receive, send)

        return app

    async with served(spied) as address:
        assert (await post(address, envelope())).status == 200
    assert seen == [True]


@pytest.mark.parametrize("http", ["httptools", "h11"])
async def test_server_answers_below_any_protocol_of_uvicorn(http: Literal["httptools", "h11"]) -> None:
    """Whoever runs the application by uvicorn's own command gets the same replies."""
    server = SoapServer(SERVICES)
    handled_by(server)
    async with run_by_uvicorn(server, http) as address:
        replies, _ = await exchange(address, request(), request(), replies=2)
    assert [reply.texts()["status"] for reply in replies] == ["Accepted", "Accepted"]


async def test_server_goes_by_asgi_where_uvicorn_is_another_within(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of uvicorn that lacks what the shorter way stands on does not break it."""
    seen = []

    def spied(server: SoapServer) -> ASGIApp:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                seen.append(cycle_of(receive, send))
            await server(scope, receive, send)

        return app

    monkeypatch.setattr(shortcut, "_STANDS_ON", (*shortcut._STANDS_ON, "nothing_of_that_name"))
    monkeypatch.setattr(shortcut, "_classes", {})
    async with served(spied) as address:
        assert (await post(address, envelope())).status == 200
    assert seen == [None]


@pytest.mark.parametrize(
    "packets",
    [
        [request(Connection="close")],
        [request(Connection="close")[:-40], request(Connection="close")[-40:]],
        [
            request(
                b"%x\r\n%s\r\n0\r\n\r\n" % (len(envelope()), envelope()),
                Connection="close",
                Transfer_Encoding="chunked",
            )
        ],
        [request().replace(b"HTTP/1.1", b"HTTP/1.0")],
    ],
    ids=["whole", "in two packets", "in chunks", "HTTP 1.0"],
)
async def test_connection_that_is_not_kept_is_closed_after_the_reply(packets: list[bytes]) -> None:
    """The reply says so and is complete, and nothing follows."""
    async with served() as address:
        (reply,), rest = await exchange(address, *packets)
    assert (reply.status, reply.headers["connection"], rest) == (200, "close", b"")
    assert reply.texts()["status"] == "Accepted"


async def test_pipelined_requests_are_answered_in_their_order() -> None:
    """Requests that lie in one packet are worked on one after the other, and each reply relates to its own."""
    ids = [f"urn:uuid:{number}" for number in range(5)]
    known = "urn:uuid:6f7f49c2-f87d-45ca-a347-fb1ed691925c"
    async with served() as address:
        bodies = [envelope().replace(known.encode(), each.encode()) for each in ids]
        replies, _ = await exchange(address, b"".join(request(body) for body in bodies), replies=len(ids))
    assert [reply.texts()["RelatesTo"] for reply in replies] == ids


async def test_peer_that_expects_to_be_told_is_told_to_go_on() -> None:
    """The body is sent only after 100 Continue, and the reply follows."""
    async with served() as address:
        reader, writer = await asyncio.open_connection(address.host, address.port)
        body = envelope()
        whole = request(body, Expect="100-continue")
        writer.write(whole[: -len(body)])
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(body)
        assert (await read_reply(reader)).status == 200
        writer.close()
        await writer.wait_closed()


async def test_peer_that_leaves_before_its_answer_harms_nobody() -> None:
    """The answer goes nowhere, the server takes no harm, and the next peer is answered."""
    began, go = asyncio.Event(), asyncio.Event()
    server = SoapServer(SERVICES)

    @server.on(cs15.AUTHORIZE)
    async def authorize(_: cs15.AuthorizeRequest, __: Call) -> cs15.AuthorizeResponse:
        began.set()
        await go.wait()
        return accepted()

    async with serve(server) as address:
        _, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(request())
        await began.wait()
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()
        go.set()
        assert (await post(address, envelope())).status == 200
    assert server.in_flight == 0


async def test_connection_is_closed_after_a_pause_but_not_during_a_request() -> None:
    """The timer of the first pause goes off while the second request is worked on, and only the next one closes."""
    server = SoapServer(SERVICES)
    slow = asyncio.Event()

    @server.on(cs15.AUTHORIZE)
    async def authorize(_: cs15.AuthorizeRequest, __: Call) -> cs15.AuthorizeResponse:
        if slow.is_set():
            await asyncio.sleep(1.5)
        return accepted()

    async with run_by_uvicorn(server, Connection, keep_alive_s=1) as address:
        reader, writer = await asyncio.open_connection(address.host, address.port)
        for _ in range(2):
            writer.write(request())
            assert (await read_reply(reader)).status == 200
            slow.set()
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


async def test_reply_of_any_application_leaves_in_one_piece() -> None:
    """What one turn of the event loop writes is one packet, head and body and all."""
    async with serve(streaming([b"one ", b"two ", b"three"], [])) as address:
        with socket.create_connection((address.host, address.port)) as link:
            link.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(link, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await loop.sock_recv(link, 65536)).endswith(b"\r\n\r\none two three")


async def test_application_is_held_back_by_a_peer_that_does_not_read() -> None:
    """Bytes are not gathered without end, and none is lost when the peer reads at last."""
    pieces = [bytes([number]) * 65536 for number in range(250)]
    sent: list[int] = []
    async with serve(streaming(pieces, sent)) as address:
        with socket.create_connection((address.host, address.port)) as link:
            link.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(link, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            while not sent:  # noqa: ASYNC110 - the application has no event for it
                await asyncio.sleep(0.01)
            assert len(sent) < len(pieces)
            received = b""
            while data := await loop.sock_recv(link, 1 << 20):
                received += data
    assert received.partition(b"\r\n\r\n")[2] == b"".join(pieces)
    assert len(sent) == len(pieces)


async def test_reply_that_was_ready_when_the_peer_ended_its_side_arrives() -> None:
    """The event loop closes its transport then, past the one that gathers."""
    ended: list[Callable[[], None]] = []

    class Ending(Connection):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
            super().connection_made(transport)

            def end() -> None:
                self.eof_received()
                transport.close()

            ended.append(end)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await streaming([b"ready"], [])(scope, receive, send)
        ended[0]()

    async with run_by_uvicorn(app, Ending) as address:
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.read()).endswith(b"ready")
        writer.close()
        await writer.wait_closed()
