"""A call that works: what goes out, what comes back, which connections are used."""

from __future__ import annotations

import asyncio
import base64
import gzip
import itertools
import zlib
from collections.abc import Sequence

import httpx
import pytest

from ocpp_sdk.client import ClientPool, ClientSettings, SoapClient
from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import ConfigurationError, DeviationError, InvalidTypeError, OcppError
from ocpp_sdk.operation import AnyOperation, Caller
from ocpp_sdk.soap.limits import Limits
from ocpp_sdk.soap.parsing import parse
from ocpp_sdk.soap.prefixes import PrefixStyle
from tests.unit.client.heartbeat import AUTHORIZE, HEARTBEAT, NOW, AuthorizeRequest, HeartbeatRequest, heartbeat_reply
from tests.unit.client.peer import cp1, heartbeat, http, peer, until

pytestmark = pytest.mark.anyio

REPLY = heartbeat_reply()


def texts(body: bytes) -> dict[str, str]:
    """Return the texts of an envelope's elements by local name."""
    root = parse(body, Limits(), [])
    return {str(item.tag).rpartition("}")[2]: item.text or "" for item in root.iter()}


async def test_call_returns_the_decoded_reply() -> None:
    """The reply is a message object, not XML."""
    async with peer() as cs, cp1(cs.url) as client:
        assert (await heartbeat(client)).current_time == NOW


async def test_request_carries_http_and_soap_headers() -> None:
    """What an OCPP peer needs to dispatch is there, in the form of SOAP 1.2."""
    async with peer() as cs:
        from_address = "http://cp:9221/"
        async with cp1(cs.url, from_address=from_address, message_ids=lambda: "urn:uuid:1") as client:
            await heartbeat(client)
        (request,) = cs.requests
    assert request.line == "POST /Ocpp/Service HTTP/1.1"
    assert request.headers["content-type"] == 'application/soap+xml; charset=utf-8; action="/Heartbeat"'
    assert request.headers["accept-encoding"] == "gzip, deflate"
    assert request.headers["user-agent"].startswith("ocpp-sdk/")
    assert request.headers["host"] == cs.url.split("/")[2]
    assert "authorization" not in request.headers
    found = texts(request.body)
    assert (found["chargeBoxIdentity"], found["MessageID"], found["To"]) == ("CP1", "urn:uuid:1", cs.url)
    assert "http://cp:9221/" in request.body.decode()


async def test_message_ids_of_two_calls_differ() -> None:
    """Nobody may take the second request for the first."""
    async with peer(http(heartbeat_reply(""))) as cs, cp1(cs.url) as client:
        await heartbeat(client)
        await heartbeat(client)
        first, second = (texts(request.body)["MessageID"] for request in cs.requests)
    assert first != second
    assert first.startswith("urn:uuid:")


async def test_sequential_calls_share_one_connection() -> None:
    """Keep-alive is used, so that TLS and TCP are set up once."""
    async with peer() as cs, cp1(cs.url) as client:
        for _ in range(5):
            await heartbeat(client)
        assert (len(cs.requests), cs.connections) == (5, 1)


async def test_unused_connection_is_closed_after_keepalive() -> None:
    """A request never meets a connection that the peer has been closing meanwhile."""
    async with peer() as cs, cp1(cs.url, settings=ClientSettings(keepalive_s=0.05)) as client:
        await heartbeat(client)
        await asyncio.sleep(0.2)
        await heartbeat(client)
        assert cs.connections == 2


async def test_calls_at_once_use_no_more_connections_than_allowed() -> None:
    """Further calls wait for a free connection instead of failing."""
    async with peer() as cs, cp1(cs.url, settings=ClientSettings(max_connections=2)) as client:
        await asyncio.gather(*(heartbeat(client) for _ in range(10)))
        assert (len(cs.requests), cs.connections) == (10, 2)


async def test_client_closed_leaves_no_connection_open() -> None:
    """The peer sees the end of the connection right away."""
    async with peer() as cs:
        async with cp1(cs.url) as client:
            await heartbeat(client)
            assert cs.open == 1
        await until(lambda: not cs.open)


async def test_closed_client_refuses_to_call() -> None:
    """One clear line instead of an error of the layers below."""
    async with peer() as cs:
        client = cp1(cs.url)
        await client.aclose()
        with pytest.raises(ConfigurationError, match="is closed"):
            await heartbeat(client)


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(REPLY)),
        ("x-gzip", gzip.compress(REPLY)),
        ("deflate", zlib.compress(REPLY)),
        ("deflate", zlib.compress(REPLY)[2:-4]),
        ("DEFLATE", REPLY),
        ("identity", REPLY),
    ],
)
async def test_compressed_reply_is_read(coding: str, packed: bytes) -> None:
    """gzip, both forms of deflate, and plain bytes that only say so."""
    async with peer(http(packed, content_encoding=coding)) as cs, cp1(cs.url) as client:
        assert (await heartbeat(client)).current_time == NOW


async def test_compressed_request_carries_gzip() -> None:
    """The peer can undo it with what the header says."""
    settings = ClientSettings(compress_requests=True)
    async with peer() as cs:
        async with cp1(cs.url, settings=settings) as client:
            await heartbeat(client)
        (request,) = cs.requests
    assert request.headers["content-encoding"] == "gzip"
    assert b"heartbeatRequest" in gzip.decompress(request.body)


async def test_chunked_reply_is_read() -> None:
    """The length of a reply need not be known."""
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (REPLY[:7], REPLY[7:300], REPLY[300:]))
    answer = http(content_length="", transfer_encoding="chunked") + chunks + b"0\r\n\r\n"
    async with peer(answer) as cs, cp1(cs.url) as client:
        assert (await heartbeat(client)).current_time == NOW
        await heartbeat(client)
        assert cs.connections == 1


@pytest.mark.parametrize("in_url", [True, False])
async def test_basic_authentication_is_sent_and_kept_out_of_to(in_url: bool) -> None:
    """Credentials from the address or the settings travel in the one header made for them."""
    async with peer() as cs:
        url = cs.url.replace("http://", "http://us%40er:pa%20ss@") if in_url else cs.url
        settings = ClientSettings() if in_url else ClientSettings(username="us@er", password="pa ss")
        async with cp1(url, settings=settings) as client:
            await heartbeat(client)
            assert client.url == cs.url
            assert "pa" not in repr(client)
        (request,) = cs.requests
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"us@er:pa ss").decode()
    assert texts(request.body)["To"] == cs.url


async def test_exchange_gives_headers_and_deviations() -> None:
    """What `call` leaves out is there for who asks, and the hook hears of it."""
    heard: list[Deviation] = []

    def hook(operation: AnyOperation, deviations: Sequence[Deviation]) -> None:
        assert operation is HEARTBEAT
        heard.extend(deviations)

    answer = http(REPLY, content_type="text/plain")
    ids = itertools.repeat("urn:uuid:1").__next__
    async with peer(answer) as cs, cp1(cs.url, on_deviations=hook, message_ids=ids) as client:
        reply = await client.exchange(HEARTBEAT, HeartbeatRequest())
    assert reply.addressing.relates_to == "urn:uuid:1"
    assert [item.kind for item in reply.deviations] == [DeviationKind.CONTENT_TYPE]
    assert heard == reply.deviations


async def test_odd_reply_is_refused_in_strict_mode() -> None:
    """Strict turns the same oddity into an error."""
    async with peer(http(REPLY, content_type="text/plain")) as cs, cp1(cs.url, strict=True) as client:
        with pytest.raises(DeviationError, match="Content-Type"):
            await heartbeat(client)


async def test_reply_with_a_status_of_failure_is_read_and_reported() -> None:
    """The peer did what was asked; to throw its reply away would lose a transaction number."""
    async with peer(http(REPLY, "500 Oops")) as cs, cp1(cs.url, message_ids=lambda: "urn:uuid:1") as client:
        reply = await client.exchange(HEARTBEAT, HeartbeatRequest())
    assert reply.message.current_time == NOW
    assert [item.kind for item in reply.deviations] == [DeviationKind.FAULT_STATUS]


async def test_prefix_style_is_used() -> None:
    """A peer that parses by prefix finds the one it knows."""
    async with peer() as cs:
        async with cp1(cs.url, style=PrefixStyle(payload="ns1")) as client:
            await heartbeat(client)
        assert b"<ns1:heartbeatRequest" in cs.requests[0].body


async def test_request_that_cannot_be_written_is_never_sent() -> None:
    """A wrong class is the caller's mistake and costs no connection."""
    async with peer() as cs, cp1(cs.url) as client:
        with pytest.raises(InvalidTypeError):
            await client.call(HEARTBEAT, AuthorizeRequest(id_tag="T"))  # type: ignore[misc]  # the mistake
        with pytest.raises(OcppError):
            await client.call(AUTHORIZE, AuthorizeRequest(id_tag="\x00"))
        assert cs.connections == 0


async def test_client_and_peer_client_are_callers() -> None:
    """Both fit what generated stubs take; mypy reads this test as well."""
    async with ClientPool() as pool:
        callers: list[Caller] = [cp1("http://cs/"), pool.client("http://cp/")]
    assert len(callers) == 2


async def test_transport_of_the_user_is_used_and_left_open() -> None:
    """Any httpx transport fits, and who opened it closes it."""
    seen: list[httpx.Request] = []

    class Canned(httpx.AsyncBaseTransport):
        closed = False

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return httpx.Response(200, headers={"content-type": "application/soap+xml"}, content=REPLY)

        async def aclose(self) -> None:
            self.closed = True

    transport = Canned()
    async with cp1("http://cs/x", transport=transport) as client:
        assert (await heartbeat(client)).current_time == NOW
    assert (str(seen[0].url), transport.closed) == ("http://cs/x", False)


async def test_asgi_app_is_called_without_a_socket() -> None:
    """httpx's ASGI transport works, as does its own pool."""

    async def app(scope: object, receive: object, send: object) -> None:
        assert callable(send)
        headers = [(b"content-type", b"application/soap+xml")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": REPLY})

    async with httpx.ASGITransport(app=app) as transport, cp1("http://app/", transport=transport) as client:
        assert (await heartbeat(client)).current_time == NOW
    async with peer() as cs, httpx.AsyncHTTPTransport() as pool, cp1(cs.url, transport=pool) as client:
        assert (await heartbeat(client)).current_time == NOW


def test_client_in_a_second_event_loop_says_so() -> None:
    """Connections belong to a loop; a clear line is better than a hang in a dead one."""

    async def first() -> SoapClient:
        async with peer() as cs:
            client = cp1(cs.url)
            await heartbeat(client)
            await client.aclose()
            client = cp1(cs.url, transport=httpx.MockTransport(lambda _: httpx.Response(200, content=REPLY)))
            await heartbeat(client)
            return client

    client = asyncio.run(first())
    with pytest.raises(ConfigurationError, match="event loop of its first call"):
        asyncio.run(heartbeat(client))
