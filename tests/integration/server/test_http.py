"""HTTP around the SOAP messages: sizes, types, codings, methods, and peers that behave badly."""

from __future__ import annotations

import asyncio
import gzip
import zlib

import pytest

from ocpp_sdk.call import Call
from ocpp_sdk.deviation import DeviationKind
from ocpp_sdk.generated.v15 import central_system as cs15
from ocpp_sdk.server import ServerSettings, SoapServer
from ocpp_sdk.server.run import serve
from ocpp_sdk.soap.limits import Limits

from .serving import SERVICES, accepted, handled_by
from .wire import PATH, SOAP_TYPE, ask, envelope, head, post, read_reply, send_raw

pytestmark = pytest.mark.anyio


def chunked(body: bytes, size: int = 100) -> bytes:
    """Write a body in chunks."""
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


async def in_flight(server: SoapServer, count: int) -> None:
    """Wait until a server works on so many requests."""
    while server.in_flight != count:  # noqa: ASYNC110 - the server has no event for it
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("path", [PATH, PATH + "/", PATH.lower(), PATH + "/v15"])
async def test_post_to_a_spelling_of_the_path_is_answered(path: str) -> None:
    """Charge points add slashes and lower-case the URL that was typed into them."""
    server = SoapServer(SERVICES)
    handled_by(server)
    async with serve(server) as address:
        assert (await post(address, envelope(), path=path)).status == 200


async def test_post_to_another_path_is_not_found() -> None:
    """SOAP is served at its paths only."""
    async with serve(SoapServer(SERVICES)) as address:
        assert (await post(address, envelope(), path="/other")).status == 404


async def test_two_requests_over_one_connection_are_both_answered() -> None:
    """The connection is kept alive, after a fault as well."""
    server = SoapServer(SERVICES)
    handled_by(server)
    async with serve(server) as address:
        reader, writer = await asyncio.open_connection(address.host, address.port)
        statuses = []
        for body in (envelope(), b"<", envelope()):
            headers = {"Host": "x", "Content-Type": SOAP_TYPE, "Content-Length": str(len(body))}
            writer.write(head("POST", PATH, headers) + body)
            statuses.append((await read_reply(reader)).status)
        writer.close()
        await writer.wait_closed()
    assert statuses == [200, 400, 200]


async def test_chunked_request_is_answered() -> None:
    """A body may come without a length and in pieces."""
    server = SoapServer(SERVICES)
    handled_by(server)
    async with serve(server) as address:
        start = head("POST", PATH, {"Host": "x", "Content-Type": SOAP_TYPE, "Transfer-Encoding": "chunked"})
        assert (await send_raw(address, start + chunked(envelope()))).status == 200


async def test_too_large_request_is_refused_before_it_is_sent() -> None:
    """The announced length is enough to say no; nothing of the body is waited for."""
    async with serve(SoapServer(SERVICES, settings=ServerSettings(limits=Limits(max_bytes=2000)))) as address:
        start = head("POST", PATH, {"Host": "x", "Content-Type": SOAP_TYPE, "Content-Length": "2001"})
        reply = await send_raw(address, start)
    assert (reply.status, reply.headers["connection"]) == (413, "close")


async def test_too_large_chunked_request_is_refused_while_it_arrives() -> None:
    """Without a length the bound holds all the same, and the reply survives the bytes that still come."""
    async with serve(SoapServer(SERVICES, settings=ServerSettings(limits=Limits(max_bytes=2000)))) as address:
        start = head("POST", PATH, {"Host": "x", "Content-Type": SOAP_TYPE, "Transfer-Encoding": "chunked"})
        reply = await send_raw(address, start + chunked(b"x" * 6000))
    assert reply.status == 413


@pytest.mark.parametrize(
    ("content_type", "status", "deviations"),
    [
        ('application/soap+xml; charset=utf-8; action="/Authorize"', 200, 0),
        ("APPLICATION/SOAP+XML", 200, 0),
        ("text/xml", 200, 1),
        ("application/xml;charset=utf-8", 200, 1),
        (None, 200, 1),
        ("", 200, 1),
        ("application/json", 415, 0),
        ("multipart/form-data; boundary=application/soap+xml", 415, 0),
    ],
)
async def test_content_type_that_can_carry_soap_is_accepted(
    content_type: str | None, status: int, deviations: int
) -> None:
    """XML under another name is read and noted; what is no XML is refused."""
    server = SoapServer(SERVICES)
    handler = handled_by(server)
    async with serve(server) as address:
        reply = await post(address, envelope(), {"Content-Type": content_type})
    assert reply.status == status
    kinds = [deviation.kind for call in handler.calls for deviation in call.deviations]
    assert kinds.count(DeviationKind.CONTENT_TYPE) == deviations


@pytest.mark.parametrize("content_type", ["text/xml", None])
async def test_strict_server_refuses_another_content_type(content_type: str | None) -> None:
    """Strict mode knows one content type."""
    async with serve(SoapServer(SERVICES, settings=ServerSettings(strict=True))) as address:
        assert (await post(address, envelope(), {"Content-Type": content_type})).status == 415


def raw_deflate(data: bytes) -> bytes:
    """Compress without zlib's frame, as some peers do."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "body", "status", "deviations"),
    [
        ("gzip", gzip.compress(envelope()), 200, 0),
        ("X-GZIP", gzip.compress(envelope()), 200, 0),
        ("deflate", zlib.compress(envelope()), 200, 0),
        ("deflate", raw_deflate(envelope()), 200, 1),
        ("deflate", envelope(), 200, 1),
        ("identity", envelope(), 200, 0),
        ("gzip", gzip.compress(envelope())[:50], 400, 0),
        ("gzip", gzip.compress(b" " * 10_000_000 + envelope()), 413, 0),
        ("br", envelope(), 415, 0),
    ],
    ids=["gzip", "x-gzip", "zlib", "raw", "plain", "identity", "broken", "bomb", "unknown"],
)
async def test_compressed_request_is_read_within_its_bounds(
    coding: str, body: bytes, status: int, deviations: int
) -> None:
    """Every form of gzip and deflate is read, a bomb is refused, an unknown coding is told what is known."""
    server = SoapServer(SERVICES, settings=ServerSettings(limits=Limits(max_inflated_bytes=1_000_000)))
    handler = handled_by(server)
    async with serve(server) as address:
        reply = await post(address, body, {"Content-Encoding": coding})
    assert reply.status == status
    kinds = [deviation.kind for call in handler.calls for deviation in call.deviations]
    assert kinds.count(DeviationKind.CONTENT_ENCODING) == deviations
    if status == 415:
        assert reply.headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize(
    ("accepted_codings", "coding"),
    [("gzip, deflate", "gzip"), ("deflate", "deflate"), ("gzip;q=0, *", "deflate"), ("br", None), (None, None)],
)
async def test_large_reply_is_compressed_as_the_peer_accepts_it(
    accepted_codings: str | None, coding: str | None
) -> None:
    """A reply is compressed only when it is asked for; what comes out is the reply."""
    server = SoapServer(SERVICES, settings=ServerSettings(compress_from_bytes=100))
    handled_by(server)
    async with serve(server) as address:
        reply = await post(address, envelope(), {"Accept-Encoding": accepted_codings})
    assert reply.headers.get("content-encoding") == coding
    body = reply.body
    if coding is not None:
        body = gzip.decompress(body) if coding == "gzip" else zlib.decompress(body)
    assert b"<status>Accepted</status>" in body


async def test_small_reply_is_not_compressed() -> None:
    """Below a size compression only costs."""
    server = SoapServer(SERVICES)
    handled_by(server)
    async with serve(server) as address:
        assert "content-encoding" not in (await post(address, envelope(), {"Accept-Encoding": "gzip"})).headers


async def test_body_that_dribbles_is_given_up() -> None:
    """The time for a whole body is bounded, however often a byte of it arrives."""
    async with serve(SoapServer(SERVICES, settings=ServerSettings(receive_timeout_s=0.3))) as address:
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(head("POST", PATH, {"Host": "x", "Content-Type": SOAP_TYPE, "Content-Length": "1000"}))

        async def dribble() -> None:
            while True:
                writer.write(b" ")
                await asyncio.sleep(0.05)

        dribbling = asyncio.create_task(dribble())
        reply = await read_reply(reader)
        dribbling.cancel()
        writer.close()
    assert (reply.status, reply.headers["connection"]) == (408, "close")


async def test_peer_that_leaves_in_the_middle_of_its_request_harms_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    """A broken connection ends quietly and gives its place back."""
    server = SoapServer(SERVICES)
    handled_by(server)
    async with serve(server) as address:
        _, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(head("POST", PATH, {"Host": "x", "Content-Type": SOAP_TYPE, "Content-Length": "1000"}) + b"<x")
        await writer.drain()
        await in_flight(server, 1)
        writer.close()
        await in_flight(server, 0)
        assert (await post(address, envelope())).status == 200
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "settings",
    [ServerSettings(max_in_flight=1, retry_after_s=7), ServerSettings(max_in_flight_per_peer=1, retry_after_s=7)],
    ids=["in-all", "per-peer"],
)
async def test_request_beyond_the_bound_is_answered_503_until_there_is_room(settings: ServerSettings) -> None:
    """A flood is told when to come back instead of piling up."""
    server = SoapServer(SERVICES, settings=settings)
    entered, release = asyncio.Event(), asyncio.Event()

    @server.on(cs15.AUTHORIZE)
    async def authorize(request: cs15.AuthorizeRequest, call: Call) -> cs15.AuthorizeResponse:
        entered.set()
        await release.wait()
        return accepted()

    async with serve(server) as address:
        first = asyncio.create_task(post(address, envelope()))
        await entered.wait()
        refused = await post(address, envelope())
        release.set()
        assert (await first).status == 200
        assert (await post(address, envelope())).status == 200
    assert (refused.status, refused.headers["retry-after"]) == (503, "7")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_method_on_the_soap_path_is_refused_with_the_allowed_ones(method: str) -> None:
    """The reply names what is possible."""
    async with serve(SoapServer(SERVICES)) as address:
        reply = await ask(address, method, PATH)
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD, POST")


async def test_get_without_wsdl_shows_what_is_served() -> None:
    """A person who opens the address in a browser learns what it is; HEAD says the same without the text."""
    async with serve(SoapServer(SERVICES)) as address:
        page = await ask(address, "GET", PATH)
        short = await ask(address, "HEAD", PATH)
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for text in ("1.5", "1.6", "urn://Ocpp/Cs/2012/06/", f"{address.url}{PATH}/v16?wsdl"):
        assert text.encode() in page.body
    assert (short.status, short.headers["content-length"]) == (200, page.headers["content-length"])
