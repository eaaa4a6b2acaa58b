"""Requests that go past ASGI: nobody outside can tell them from those that go by it."""

from __future__ import annotations

import asyncio
import base64
import gc
import gzip
import logging
import re
import socket
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext, suppress
from typing import Any

import pytest

from ocpp_sdk.call import Call
from ocpp_sdk.errors import NotSupportedError
from ocpp_sdk.generated.v15 import central_system as cs15
from ocpp_sdk.server import BasicAuth, PeerFacts, ServerSettings, SoapServer, direct
from ocpp_sdk.server.asgi import Message, Receive, Scope, Send
from ocpp_sdk.server.connection import Connection
from ocpp_sdk.server.run import ServerAddress, serve
from ocpp_sdk.soap.limits import Limits

from .serving import SERVICES, accepted, handled_by, run_by_uvicorn, tapped
from .wire import PATH, envelope, exchange, head, post, read_reply, request

pytestmark = pytest.mark.anyio

UPGRADING = request(Connection="Upgrade, HTTP2-Settings", HTTP2_Settings="AAEAAEAAAAIAAAAA", Upgrade="h2c")


def chunked(**headers: str) -> bytes:
    """Write a request in one chunk."""
    return request(b"%x\r\n%s\r\n0\r\n\r\n" % (len(envelope()), envelope()), Transfer_Encoding="chunked", **headers)


def credentials(user: str, password: str) -> str:
    """Write a header of HTTP basic authentication."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def tagged(tag: str) -> bytes:
    """Write a message of a tag."""
    return envelope().replace(b"ABC", tag.encode())


TRANSFER = envelope(
    '<dataTransferRequest xmlns="urn://Ocpp/Cs/2012/06/"><vendorId>x</vendorId></dataTransferRequest>',
    action="/DataTransfer",
)
"""A message with a long reply."""


class Fatal(BaseException):
    """An error beyond those that a handler may raise."""


class Held:
    """A server whose handler waits where the tag of a request says so, and remembers what it saw."""

    def __init__(self, settings: ServerSettings | None = None) -> None:
        self.server = SoapServer(SERVICES, settings=settings)
        self.entered, self.release = asyncio.Event(), asyncio.Event()
        self.tags: list[str] = []
        self.ended: list[str] = []
        self.tasks: list[asyncio.Task[object] | None] = []

        @self.server.on(cs15.AUTHORIZE)
        async def authorize(asked: cs15.AuthorizeRequest, call: Call) -> cs15.AuthorizeResponse:
            self.tags.append(asked.id_tag)
            self.tasks.append(asyncio.current_task())
            if asked.id_tag.startswith("HOLD"):
                self.entered.set()
                await self.release.wait()
            if asked.id_tag == "FATAL":
                raise Fatal
            if asked.id_tag == "FAULT":
                raise NotSupportedError("not here")
            self.ended.append(asked.id_tag)
            return accepted()

        @self.server.on(cs15.DATA_TRANSFER)
        async def transfer(_: cs15.DataTransferRequest, __: Call) -> cs15.DataTransferResponse:
            return cs15.DataTransferResponse(status=cs15.DataTransferStatus.ACCEPTED, data="P" * 100_000)


@pytest.fixture
def by_asgi(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Methods of the requests that any server has got by ASGI."""
    seen: list[str] = []
    called = SoapServer.__call__

    async def spied(self: SoapServer, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            seen.append(scope["method"])
        await called(self, scope, receive, send)

    monkeypatch.setattr(SoapServer, "__call__", spied)
    return seen


@asynccontextmanager
async def known(server: SoapServer, by_asgi: list[str], drain_s: float = 10.0) -> AsyncIterator[ServerAddress]:
    """Serve, with one request before, by which the path is known to be SOAP."""
    async with serve(server, drain_s=drain_s) as address:
        await post(address, b"<")
        by_asgi.clear()
        yield address


@asynccontextmanager
async def connected(address: ServerAddress) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something holds."""
    while not condition():  # noqa: ASYNC110 - the server has no event for it
        await asyncio.sleep(0.01)


async def turns() -> None:
    """Let the event loop, which is that of the server too, do all that can be done."""
    for _ in range(30):
        await asyncio.sleep(0)


async def raw_reply(reader: asyncio.StreamReader, *, bodiless: bool = False) -> bytes:
    """Read one reply as it came, but for its date."""
    start = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", start)
    body = b"" if length is None or bodiless else await reader.readexactly(int(length[1]))
    return re.sub(rb"date: [^\r]+", b"date: now", start) + body


async def test_requests_over_one_connection_go_past_asgi_from_the_second_on(by_asgi: list[str]) -> None:
    """The first tells that the path is one of SOAP; a fault between the others changes nothing."""
    server = SoapServer(SERVICES)
    handled_by(server)
    bodies = [envelope(), envelope(), b"<", envelope(), b""]
    async with serve(server) as address, connected(address) as (reader, writer):
        statuses = []
        for body in bodies:
            writer.write(request(body) if body else head("POST", PATH, {"Content-Length": "0"}))
            statuses.append((await read_reply(reader)).status)
        assert (await post(address, envelope())).status == 200
    assert (statuses, by_asgi) == ([200, 200, 400, 200, 400], ["POST"])
    assert server.in_flight == 0


PACKETS: dict[str, tuple[list[bytes], int, int]] = {
    # Packets, replies to them, and how many of the requests go by ASGI.
    "usual": ([request()], 1, 0),
    "usual, thrice": ([request(), request(), request()], 3, 0),
    "keep-alive told": ([request(Connection="keep-alive")], 1, 0),
    "header in two packets, the body with the second": ([request()[:60], request()[60:]], 1, 0),
    "empty": ([head("POST", PATH, {"Content-Length": "0"})], 1, 0),
    "fault": ([request(tagged("FAULT")), request()], 2, 0),
    "not XML": ([request(b"<"), request()], 2, 0),
    "handler fails": ([request(tagged("FATAL"))], 1, 0),
    "other media type": ([request(Content_Type="application/json"), request()], 2, 0),
    "compressed": ([request(gzip.compress(envelope()), Content_Encoding="gzip"), request()], 2, 0),
    "badly compressed": ([request(envelope()[:9], Content_Encoding="gzip"), request()], 2, 0),
    "reply compressed": ([request(TRANSFER, Accept_Encoding="gzip"), request()], 2, 0),
    "long reply": ([request(TRANSFER), request()], 2, 0),
    "body in a packet of its own": ([request()[: -len(envelope())], envelope(), request()], 2, 1),
    "body in pieces": ([request()[:-60], request()[-60:-30], request()[-30:], request()], 2, 1),
    "byte by byte": ([bytes([byte]) for byte in request()], 1, 1),
    "chunked": ([chunked(), request()], 2, 1),
    "chunked, with a trailer": ([chunked()[:-2] + b"Content-Type: text/plain\r\n\r\n", request()], 2, 1),
    "to be closed": ([request(Connection="close")], 1, 1),
    "HTTP/1.0": ([request().replace(b"HTTP/1.1", b"HTTP/1.0")], 1, 1),
    "HTTP/1.0, kept": ([request(Connection="keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0")], 1, 1),
    "expecting": ([request(Expect="100-continue"), request()], 3, 1),
    "offering another protocol": ([UPGRADING, request()], 2, 1),
    "too long": ([request(b"x" * 5001)], 1, 1),
    "no length": ([head("POST", PATH, {"Host": "x"}), request()], 2, 1),
    "length given twice": ([request(Content_length="5")], 1, 0),
    "GET": ([head("GET", PATH, {"Host": "x"}), request()], 2, 1),
    "HEAD": ([head("HEAD", PATH, {"Host": "x"})], 1, 1),
    "PUT": ([request().replace(b"POST", b"PUT"), request()], 2, 1),
    "other path": ([request().replace(PATH.encode(), b"/other"), request()], 2, 1),
    "other spelling": ([request().replace(PATH.encode(), PATH.encode() + b"/%3F/")] * 2, 2, 2),
    "with a query": ([request().replace(PATH.encode(), PATH.encode() + b"?a=b")] * 2, 2, 1),
    "two in one packet": ([request() + request(b"<")], 2, 1),
    "unusual before usual": ([chunked() + request(b"<") + request()], 3, 3),
    "one and a half": ([request() + request()[:200], request()[200:] + request(b"<")], 3, 2),
    "garbage after it": ([request() + b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], 1, 0),
}


async def replies_to(
    serving: AbstractAsyncContextManager[ServerAddress], packets: list[bytes], count: int, by_asgi: list[str]
) -> tuple[list[bytes], bytes]:
    """Send packets one after the other over a connection; return the replies, and what came until a close."""
    async with serving as address:
        await post(address, b"<")
        by_asgi.clear()
        async with connected(address) as (reader, writer):
            for packet in packets:
                writer.write(packet)
                await turns()
            found = [await raw_reply(reader, bodiless=packets[0].startswith(b"HEAD")) for _ in range(count)]
            closes = b"connection: close" in found[-1]
            return found, await reader.read() if closes else b""


@pytest.mark.parametrize(("packets", "count", "expected"), PACKETS.values(), ids=PACKETS.keys())
async def test_replies_are_the_same_bytes_on_every_way(
    packets: list[bytes], count: int, expected: int, by_asgi: list[str]
) -> None:
    """What is not usual goes by ASGI; and a server behind a middleware, or one that uvicorn runs, answers the same."""
    servers = [Held(ServerSettings(limits=Limits(max_bytes=5000))).server for _ in range(3)]
    for server in servers:
        server._responder._new_id = lambda: "urn:uuid:1"
    found = await replies_to(serve(servers[0]), packets, count, by_asgi)
    assert len(by_asgi) == expected
    assert found == await replies_to(serve(tapped(servers[1], [])), packets, count, by_asgi)
    if packets[0] != UPGRADING:
        # That is beyond uvicorn's own protocol.
        plain = run_by_uvicorn(servers[2], "httptools", bare=True)
        assert found == await replies_to(plain, packets, count, by_asgi)
    assert [server.in_flight for server in servers] == [0, 0, 0]


@pytest.mark.parametrize(("packets", "count", "expected"), PACKETS.values(), ids=PACKETS.keys())
async def test_replies_are_the_same_bytes_when_heads_are_known(
    packets: list[bytes], count: int, expected: int, by_asgi: list[str]
) -> None:
    """Nothing changes for whom the same was sent before, over another connection or over the same."""
    server = Held(ServerSettings(limits=Limits(max_bytes=5000))).server
    server._responder._new_id = lambda: "urn:uuid:1"
    async with serve(server) as address:
        found = [await replies_to(nullcontext(address), packets, count, by_asgi) for _ in range(3)]
        assert found[0] == found[1] == found[2]
        assert len(by_asgi) <= expected
        if all(reply.startswith(b"HTTP/1.1 200") and b"connection: close" not in reply for reply in found[0][0]):
            twice, _ = await replies_to(nullcontext(address), packets * 2, 2 * count, by_asgi)
            assert twice == found[0][0] * 2


async def test_head_that_is_known_is_not_parsed_again(by_asgi: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A head is known by its bytes; another length of the body, or one more byte after it, makes it another one."""
    parsed: list[bytes] = []
    on_url = Connection.on_url

    def spied(self: Connection, url: bytes) -> None:
        parsed.append(url)
        on_url(self, url)

    monkeypatch.setattr(Connection, "on_url", spied)
    held = Held()
    async with known(held.server, by_asgi) as address:
        parsed.clear()
        for tag in ("AAA", "BBB", "CCCC", "DDDD", "AAA", "CCCC"):
            await exchange(address, request(tagged(tag)), replies=1)
        assert len(parsed) == 2
        await exchange(address, request(tagged("EEE")) + request(tagged("FFF")), replies=2)
        assert len(parsed) == 4
    assert held.ended == ["AAA", "BBB", "CCCC", "DDDD", "AAA", "CCCC", "EEE", "FFF"]


async def test_body_that_looks_like_a_known_request_is_a_body(by_asgi: list[str]) -> None:
    """What comes in a packet of its own is a request only where one may begin."""
    held = Held()
    inner, after = request(tagged("INNER")), request(tagged("AFTER"))
    outer = request(inner)[: -len(inner)]
    async with known(held.server, by_asgi) as address:
        await exchange(address, inner, replies=1)
        assert any(inner.startswith(head) for head in held.server.known_heads)
        for packets in (
            [outer, inner, after],
            [outer + inner[:9], inner[9:], after],
            # As a chunk, and as what follows an offer of another protocol.
            [chunked()[: chunked().index(b"\r\n\r\n") + 4] + b"%x\r\n" % len(inner), inner, b"\r\n0\r\n\r\n", after],
            [
                head("POST", PATH, {"Upgrade": "h2c", "Connection": "Upgrade", "Content-Length": f"{len(inner)}"}),
                inner,
                after,
            ],
        ):
            held.tags.clear()
            replies, _ = await replies_to(nullcontext(address), packets, 2, by_asgi)
            assert [reply[:12] for reply in replies] == [b"HTTP/1.1 400", b"HTTP/1.1 200"]
            assert held.tags == ["AFTER"]


async def test_requests_that_are_read_together_are_answered_as_if_alone(
    by_asgi: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each gets its own reply, and one that cannot be read a fault that relates to it."""
    ahead: list[bool] = []
    read_ahead = SoapServer.read_ahead

    def spied(self: SoapServer, *given: Any) -> bool:  # noqa: ANN401 - as they came
        ahead.append(read_ahead(self, *given))
        return ahead[-1]

    monkeypatch.setattr(SoapServer, "read_ahead", spied)
    held = Held()
    held.server._responder._new_id = lambda: "urn:uuid:1"
    bad = envelope().replace(b"authorizeRequest", b"authoriseRequest")
    packets = [request(), request(bad), request(tagged("FAULT")), request(bad[:-20])] * 4
    async with known(held.server, by_asgi) as address:
        alone = [(await replies_to(nullcontext(address), [packet], 1, by_asgi))[0] for packet in packets[:4]]
        assert b"RelatesTo" in alone[1][0]
        assert b"Fault" in alone[1][0]
        async with AsyncExitStack() as stack:
            links = [await stack.enter_async_context(connected(address)) for _ in packets]
            _, holder = await stack.enter_async_context(connected(address))
            holder.write(request(tagged("HOLD")))
            await held.entered.wait()
            for _ in range(3):
                ahead.clear()
                for packet, (_, writer) in zip(packets, links, strict=True):
                    writer.write(packet)
                found = [[await raw_reply(reader)] for reader, _ in links]
                assert found == alone * 4
                assert ahead == [True] * len(packets)
            held.release.set()


async def test_heads_do_not_fill_the_memory(by_asgi: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A few are known at a time, and none that is long; all requests are answered."""
    monkeypatch.setattr(direct, "_MOST_HEADS", 3)
    server = SoapServer(SERVICES)
    handled_by(server)
    async with known(server, by_asgi) as address:
        for number in range(10):
            for _ in range(2):
                replies, _ = await exchange(address, request(X_Number=str(number)), replies=1)
                assert replies[0].status == 200
            assert 0 < len(server.known_heads) <= 3
        await exchange(address, request(X_Long="x" * 2000), replies=1)
        assert all(len(head) <= 1024 for head in server.known_heads)


@pytest.mark.parametrize("authorization", ["", credentials("CP001", "wrong"), credentials("CP001", "secret")])
async def test_credentials_are_asked_for_in_the_same_bytes_on_both_ways(authorization: str, by_asgi: list[str]) -> None:
    """A policy is asked on each way, and a challenge looks the same."""
    found = []
    packet = request(Authorization=authorization)
    for wrap in (lambda server: server, lambda server: tapped(server, [])):
        server = SoapServer(SERVICES, identity=BasicAuth({"CP001": "secret"}), new_id=lambda: "urn:uuid:1")
        handled_by(server)
        found.append(await replies_to(serve(wrap(server)), [packet, packet], 2, by_asgi))
    assert found[0] == found[1]
    expected = b"HTTP/1.1 200 " if "c2VjcmV0" in authorization else b"HTTP/1.1 401 "
    assert found[0][0][0].startswith(expected)


async def test_policy_sees_the_same_facts_on_both_ways(by_asgi: list[str]) -> None:
    """The peer is the one that a trusted proxy names, and the credentials are those of the request."""
    seen: list[tuple[str | None, PeerFacts]] = []

    class Asking:
        def check(self, call: Call, facts: PeerFacts, /) -> None:
            seen.append((call.peer_host, facts))

    settings = ServerSettings(trusted_proxies=("127.0.0.1",))
    packet = request(Authorization=credentials("u", "p"), X_Forwarded_For="1.1.1.1, 10.9.8.7")
    for wrap in (lambda server: server, lambda server: tapped(server, [])):
        server = SoapServer(SERVICES, identity=Asking(), settings=settings)
        handled_by(server)
        await replies_to(serve(wrap(server)), [packet], 1, by_asgi)
    assert seen == [("10.9.8.7", PeerFacts(host="10.9.8.7", username="u", password="p"))] * 2


async def test_middleware_sees_every_event(by_asgi: list[str]) -> None:
    """Where something is around the server nothing goes past it."""
    server, events = SoapServer(SERVICES), list[Message]()
    handled_by(server)
    async with serve(tapped(server, events)) as address:
        await exchange(address, request(), replies=1)
        await exchange(address, request(), replies=1)
    assert [event["type"] for event in events] == ["http.response.start", "http.response.body"] * 2
    assert by_asgi == ["POST", "POST"]


async def test_server_that_answers_asgi_in_its_own_way_is_asked(by_asgi: list[str]) -> None:
    """A subclass may have another `__call__`."""

    class Own(SoapServer):
        pass

    server = Own(SERVICES)
    handled_by(server)
    async with known(server, by_asgi) as address:
        assert (await post(address, envelope())).status == 200
    assert by_asgi == ["POST"]


async def test_uvicorn_that_keeps_something_else_is_asked(by_asgi: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a request has state that is not known here all go by ASGI."""
    monkeypatch.setattr(direct, "_STATE", direct._STATE | {"nothing_of_that_name"})
    server = SoapServer(SERVICES)
    handled_by(server)
    async with known(server, by_asgi) as address:
        assert (await post(address, envelope())).status == 200
    assert by_asgi == ["POST"]


@pytest.mark.parametrize(
    "options",
    [
        {"root_path": "/x"},
        {"limit_concurrency": 9},
        {"reset_contextvars": True},
        {"access_log": True},
        {"ws": asyncio.Protocol},
    ],
    ids=lambda options: next(iter(options)),
)
async def test_uvicorn_that_has_more_to_do_is_asked(
    options: dict[str, Any], by_asgi: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an operator sets on uvicorn holds."""
    monkeypatch.setattr(logging.getLogger("uvicorn.access"), "handlers", [logging.NullHandler()])
    server = SoapServer(SERVICES)
    handled_by(server)
    async with run_by_uvicorn(server, Connection, bare=True, options=options) as address:
        for _ in range(3):
            assert (await post(address, envelope())).status == 200
    assert by_asgi == ["POST"] * 3


async def test_connection_that_is_over_is_forgotten(by_asgi: list[str]) -> None:
    """Nothing is left for the collector, which runs seldom in a server."""
    kept: list[weakref.ref[Connection]] = []

    class Watched(Connection):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
            kept.append(weakref.ref(self))
            super().connection_made(transport)

    held = Held()
    gc.disable()
    try:
        async with run_by_uvicorn(held.server, Watched, bare=True) as address:
            for _ in range(3):
                await exchange(address, request(), replies=1)
            await turns()
            assert (len(kept), by_asgi) == (3, ["POST"])
            assert [connection() for connection in kept] == [None] * 3
    finally:
        gc.enable()


async def test_spellings_of_the_path_do_not_fill_the_memory(by_asgi: list[str]) -> None:
    """They are forgotten when there are too many, and long ones are not kept; all are answered."""
    server = SoapServer(SERVICES)
    handled_by(server)
    spellings = [PATH + "/" * number for number in range(70)]
    async with known(server, by_asgi) as address:
        for path in (*spellings, PATH + "/" * 1000, PATH):
            assert (await post(address, envelope(), path=path)).status == 200
    assert 0 < len(server.soap_urls) <= 64
    assert max(len(url) for url in server.soap_urls) < 200


async def test_url_that_is_no_soap_is_not_taken_for_it(by_asgi: list[str]) -> None:
    """A POST elsewhere and a GET of the path go to where they belong each time."""
    async with known(SoapServer(SERVICES), by_asgi) as address:
        statuses = [(await post(address, envelope(), path="/other")).status for _ in range(2)]
        replies, _ = await exchange(address, head("GET", PATH + "?wsdl", {"Host": "x"}) * 2, replies=2)
    assert (statuses, [reply.status for reply in replies]) == ([404, 404], [200, 200])


async def test_request_is_worked_on_in_a_task_of_its_own(by_asgi: list[str]) -> None:
    """Each has another one, which a time-out within the handler can cancel."""
    held = Held()

    async def timed(_: cs15.HeartbeatRequest, __: Call) -> cs15.HeartbeatResponse:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.01):
                await asyncio.sleep(10)
        raise NotSupportedError("too slow")

    held.server.on(cs15.HEARTBEAT)(timed)
    beat = '<heartbeatRequest xmlns="urn://Ocpp/Cs/2012/06/"/>'
    async with known(held.server, by_asgi) as address:
        for _ in range(2):
            assert (await post(address, envelope())).status == 200
        reply = await post(address, envelope(beat, action="/Heartbeat"))
    assert reply.subcode == "NotSupported"
    assert len(set(held.tasks)) == 2
    assert None not in held.tasks
    assert by_asgi == []


async def test_handler_that_takes_too_long_is_given_up(by_asgi: list[str]) -> None:
    """The deadline holds, and the connection goes on."""
    held = Held(ServerSettings(handler_timeout_s=0.05))
    async with known(held.server, by_asgi) as address:
        replies, _ = await exchange(address, request(tagged("HOLD")), request(), replies=2)
    assert [replies[0].subcode, replies[1].status] == ["InternalError", 200]
    assert held.ended == ["ABC"]


@pytest.mark.parametrize("there", [0, 1, 100], ids=["head only", "one byte", "half"])
async def test_body_that_does_not_come_is_given_up(there: int, by_asgi: list[str]) -> None:
    """A request that is waited for has its place, and its time."""
    held = Held(ServerSettings(receive_timeout_s=0.2))
    async with known(held.server, by_asgi) as address, connected(address) as (reader, writer):
        writer.write(request()[: there - len(envelope())])
        await turns()
        assert held.server.in_flight == 1
        reply = await read_reply(reader)
        assert await reader.read() == b""
    assert (reply.status, reply.headers["connection"], by_asgi) == (408, "close", ["POST"])
    assert held.server.in_flight == 0


async def test_second_request_waits_for_the_first(by_asgi: list[str]) -> None:
    """It may come in the same packet or while the first one is worked on; their order is kept."""
    held = Held()
    async with known(held.server, by_asgi) as address, connected(address) as (reader, writer):
        writer.write(request(tagged("HOLD")) + request(tagged("TWO")))
        await held.entered.wait()
        writer.write(request(tagged("THREE")) + request(tagged("FAULT")))
        await turns()
        assert (held.tags, held.server.in_flight, by_asgi) == (["HOLD"], 1, [])
        held.release.set()
        statuses = [(await read_reply(reader)).status for _ in range(4)]
        writer.write(request(tagged("LAST")))
        assert (await read_reply(reader)).status == 200
    assert held.tags == ["HOLD", "TWO", "THREE", "FAULT", "LAST"]
    assert statuses == [200, 200, 200, 500]


async def test_peer_that_leaves_while_the_handler_runs_harms_nobody(by_asgi: list[str]) -> None:
    """The handler is not disturbed, its reply goes nowhere, and uvicorn waits for it when it ends."""
    held = Held()
    async with run_by_uvicorn(held.server, Connection, bare=True) as address:
        assert (await post(address, envelope())).status == 200
        async with connected(address) as (_, writer):
            writer.write(request(tagged("HOLD")))
            await held.entered.wait()
            writer.transport.abort()
        assert (await post(address, envelope())).status == 200
        assert (held.server.in_flight, by_asgi) == (1, ["POST"])
        asyncio.get_running_loop().call_later(0.3, held.release.set)
    assert held.ended == ["ABC", "ABC", "HOLD"]
    assert held.server.in_flight == 0


async def test_peer_that_leaves_in_the_middle_of_its_request_harms_nobody(by_asgi: list[str]) -> None:
    """Its place is given back, and no handler hears of it."""
    held = Held()
    async with known(held.server, by_asgi) as address:
        async with connected(address) as (_, writer):
            writer.write(request()[:-10])
            await turns()
            assert held.server.in_flight == 1
        await eventually(lambda: held.server.in_flight == 0)
        assert (await post(address, envelope())).status == 200
    assert held.tags == ["ABC"]


async def test_peer_that_has_left_before_the_work_begins_is_not_worked_for() -> None:
    """As by ASGI, which would tell of it in the place of the body."""
    held = Held()

    class Losing(Connection):
        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if b"LOST" in data:
                self.connection_lost(ConnectionResetError())

    async with run_by_uvicorn(held.server, Losing, bare=True) as address:
        await post(address, envelope())
        async with connected(address) as (_, writer):
            writer.write(request(tagged("LOST")))
            await turns()
            writer.transport.abort()
        assert (await post(address, envelope())).status == 200
    assert held.tags == ["ABC", "ABC"]


async def test_stop_of_the_server_waits_for_the_request_in_flight(by_asgi: list[str]) -> None:
    """It is answered, and told that the connection ends."""
    held = Held()
    async with known(held.server, by_asgi) as address:
        asking = asyncio.create_task(exchange(address, request(tagged("HOLD"))))
        await held.entered.wait()
        asyncio.get_running_loop().call_later(0.2, held.release.set)
    (reply,), rest = await asking
    assert (reply.status, reply.headers["connection"], rest, by_asgi) == (200, "close", b"", [])


async def test_request_that_outlasts_the_stop_is_answered_503(by_asgi: list[str]) -> None:
    """The peer is told to come back."""
    held = Held()
    async with known(held.server, by_asgi, drain_s=0.3) as address:
        asking = asyncio.create_task(exchange(address, request(tagged("HOLD"))))
        await held.entered.wait()
    (reply,), rest = await asking
    assert (reply.status, reply.headers["connection"], rest, by_asgi) == (503, "close", b"", [])
    assert held.server.in_flight == 0


async def test_idle_connection_is_closed_at_the_stop_of_the_server(by_asgi: list[str]) -> None:
    """A request that was answered does not count as one in flight."""
    held = Held()
    async with known(held.server, by_asgi) as address:
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(request())
        assert (await read_reply(reader)).status == 200
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 2
    assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize(
    "settings",
    [ServerSettings(max_in_flight=1, retry_after_s=7), ServerSettings(max_in_flight_per_peer=1, retry_after_s=7)],
    ids=["in all", "per peer"],
)
async def test_request_beyond_the_bound_is_answered_503(settings: ServerSettings, by_asgi: list[str]) -> None:
    """The connection is closed, and there is room again when the first request is answered."""
    held = Held(settings)
    async with known(held.server, by_asgi) as address:
        first = asyncio.create_task(exchange(address, request(tagged("HOLD"))))
        await held.entered.wait()
        (refused,), rest = await exchange(address, request())
        held.release.set()
        await first
        assert (await post(address, envelope())).status == 200
    assert (refused.status, refused.headers["retry-after"], refused.headers["connection"]) == (503, "7", "close")
    assert (held.tags, rest, by_asgi) == (["HOLD", "ABC"], b"", [])


async def test_draining_server_refuses_new_requests(by_asgi: list[str]) -> None:
    """Also over a connection that it has."""
    held = Held()
    async with known(held.server, by_asgi) as address, connected(address) as (reader, writer):
        writer.write(request())
        assert (await read_reply(reader)).status == 200
        await held.server.drain()
        writer.write(request())
        assert (await read_reply(reader)).status == 503
        assert await reader.read() == b""
    assert by_asgi == []


async def test_connection_is_closed_after_a_pause_but_not_during_a_request(by_asgi: list[str]) -> None:
    """The keep-alive time begins with the reply."""
    held = Held()
    loop = asyncio.get_running_loop()
    async with (
        run_by_uvicorn(held.server, Connection, keep_alive_s=1, bare=True) as address,
        connected(address) as (reader, writer),
    ):
        writer.write(request())
        assert (await read_reply(reader)).status == 200
        by_asgi.clear()
        writer.write(request(tagged("HOLD")))
        loop.call_later(1.5, held.release.set)
        assert (await read_reply(reader)).status == 200
        replied = loop.time()
        assert await reader.read() == b""
        assert 0.8 < loop.time() - replied < 3
    assert by_asgi == []


async def test_peer_that_does_not_read_its_replies_holds_the_server_back(by_asgi: list[str]) -> None:
    """Where the transport is full requests go by ASGI, which waits; no reply is lost."""
    held = Held()
    count = 0
    async with known(held.server, by_asgi) as address:
        with socket.create_connection((address.host, address.port)) as link:
            link.setblocking(False)
            loop = asyncio.get_running_loop()
            while not by_asgi:
                await loop.sock_sendall(link, request(TRANSFER))
                count += 1
                await turns()
            await asyncio.sleep(0.05)
            assert held.server.in_flight == 1
            received = b""
            while received.count(b"</soap:Envelope>") < count:
                received += await loop.sock_recv(link, 1 << 20)
    assert (received.count(b"HTTP/1.1 200 OK"), received.count(b"P" * 100_000)) == (count, count)
    assert held.server.in_flight == 0
