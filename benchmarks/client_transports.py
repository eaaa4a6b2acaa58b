"""Which way to send a SOAP request is fastest: `python -m benchmarks.client_transports [--seconds 0.5] [--rounds 5]`.

Starts a server process of its own (uvicorn, fixed bytes) and measures every way in turns, round after round, so that
what else the machine does falls on all alike. Prints medians with 1 and with 32 calls in flight: calls per second,
their ratio to that of zeep, and the processor time that one call costs the client.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

REQUEST = (
    b'<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" '
    b'xmlns:a="http://www.w3.org/2005/08/addressing"><e:Header><chargeBoxIdentity xmlns="urn://Ocpp/Cs/2012/06/">CP1'
    b"</chargeBoxIdentity><a:Action>/Authorize</a:Action><a:MessageID>urn:uuid:9a1b</a:MessageID></e:Header><e:Body>"
    b'<authorizeRequest xmlns="urn://Ocpp/Cs/2012/06/"><idTag>TAG1</idTag></authorizeRequest></e:Body></e:Envelope>'
)
REPLY = (
    b'<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" '
    b'xmlns:a="http://www.w3.org/2005/08/addressing"><e:Header><a:Action>/AuthorizeResponse</a:Action>'
    b"<a:MessageID>urn:uuid:77</a:MessageID><a:RelatesTo>urn:uuid:9a1b</a:RelatesTo></e:Header><e:Body>"
    b'<authorizeResponse xmlns="urn://Ocpp/Cs/2012/06/"><idTagInfo><status>Accepted</status></idTagInfo>'
    b"</authorizeResponse></e:Body></e:Envelope>"
)
HEADERS = {"content-type": 'application/soap+xml; charset=utf-8; action="/Authorize"'}
SERVER = """
import sys, uvicorn
REPLY = sys.stdin.buffer.read()
START = {"type": "http.response.start", "status": 200,
         "headers": [(b"content-type", b"application/soap+xml"), (b"content-length", str(len(REPLY)).encode())]}
async def app(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    await send(START)
    await send({"type": "http.response.body", "body": REPLY})
uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", lifespan="off", log_level="error",
            access_log=False)
"""
Send = Callable[[], Awaitable[object]]
Way = Callable[[str], contextlib.AbstractAsyncContextManager[Send]]


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Run the server process and yield its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(port)], stdin=subprocess.PIPE)
    assert process.stdin
    process.stdin.write(REPLY)
    process.stdin.close()
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/Ocpp/CentralSystemService"
    finally:
        process.terminate()
        process.wait(10)


def httpx_client(transport: Callable[[], httpx.AsyncBaseTransport]) -> Way:
    """Through the client layer of httpx: cookies, redirects, hooks, authentication."""

    @asynccontextmanager
    async def way(url: str) -> AsyncIterator[Send]:
        async with httpx.AsyncClient(transport=transport()) as client:

            async def send() -> bytes:
                return (await client.post(url, content=REQUEST, headers=HEADERS)).content

            yield send

    return way


def direct(transport: Callable[[], httpx.AsyncBaseTransport]) -> Way:
    """Right into the transport with a request built by hand."""

    @asynccontextmanager
    async def way(url: str) -> AsyncIterator[Send]:
        target = httpx.URL(url)
        headers = [(b"host", target.netloc), *((k.encode(), v.encode()) for k, v in HEADERS.items())]
        length = [(b"content-length", str(len(REQUEST)).encode())]
        async with transport() as pool:

            async def send() -> bytes:
                request = httpx.Request("POST", target, headers=[*headers, *length], content=REQUEST)
                response = await pool.handle_async_request(request)
                assert isinstance(response.stream, httpx.AsyncByteStream)
                try:
                    return b"".join([chunk async for chunk in response.stream])
                finally:
                    await response.aclose()

            yield send

    return way


@asynccontextmanager
async def bare_aiohttp(url: str) -> AsyncIterator[Send]:
    """No httpx at all."""
    async with aiohttp.ClientSession() as session:

        async def send() -> bytes:
            async with session.post(url, data=REQUEST, headers=HEADERS) as response:
                return await response.read()

        yield send


@asynccontextmanager
async def zeep_client(url: str) -> AsyncIterator[Send]:
    """zeep's AsyncClient, which also writes and reads XML."""
    zeep = importlib.import_module("zeep")
    wsdl = Path(__file__).parents[1] / "wsdl" / "v15" / "central_system.wsdl"
    async with httpx.AsyncClient() as client:
        with httpx.Client() as loader:
            peer = zeep.AsyncClient(
                str(wsdl), transport=zeep.transports.AsyncTransport(client=client, wsdl_client=loader)
            )
        binding = next(iter(peer.wsdl.bindings))
        service = zeep.proxy.AsyncServiceProxy(peer, peer.wsdl.bindings[binding], address=url)

        async def send() -> object:
            return await service.Authorize(idTag="TAG1", _soapheaders={"ChargeBoxIdentity": "CP1"})

        yield send


def soap_client(transport: Callable[[], httpx.AsyncBaseTransport] | None = None) -> Way:
    """The SDK's own client, XML included."""

    @asynccontextmanager
    async def way(url: str) -> AsyncIterator[Send]:
        from ocpp_sdk.client import SoapClient
        from ocpp_sdk.generated.v15.central_system.operations import AUTHORIZE
        from ocpp_sdk.generated.v15.central_system.types import AuthorizeRequest

        async with AsyncExitStack() as stack:
            pool = await stack.enter_async_context(transport()) if transport else None
            client = SoapClient(url, charge_box_identity="CP1", transport=pool)
            await stack.enter_async_context(client)

            async def send() -> object:
                return await client.call(AUTHORIZE, AuthorizeRequest(id_tag="TAG1"))

            yield send

    return way


WAYS: dict[str, Way] = {
    "zeep AsyncClient (with XML)": zeep_client,
    "httpx.AsyncClient": httpx_client(httpx.AsyncHTTPTransport),
    "httpx transport direct": direct(httpx.AsyncHTTPTransport),
    "httpx.AsyncClient on httpx-aiohttp": httpx_client(AiohttpTransport),
    "httpx-aiohttp direct": direct(AiohttpTransport),
    "aiohttp alone": bare_aiohttp,
    "SoapClient (with XML)": soap_client(),
    "SoapClient on httpx's transport": soap_client(httpx.AsyncHTTPTransport),
}


class Measured(NamedTuple):
    """Calls per second, and microseconds of the client's own processor time a call."""

    per_second: float
    cpu_us: float


async def rate(send: Send, in_flight: int, seconds: float) -> Measured:
    """Call for about so many seconds."""
    done = 0
    end = time.perf_counter() + seconds

    async def work() -> None:
        nonlocal done
        while time.perf_counter() < end:
            await send()
            done += 1

    start, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(in_flight)))
    return Measured(done / (time.perf_counter() - start), (time.process_time() - cpu) / done * 1e6)


async def measure(url: str, seconds: float, rounds: int, levels: list[int]) -> dict[str, dict[int, Measured]]:
    """Measure every way at every level, interleaved; return the medians."""
    found: dict[str, dict[int, list[Measured]]] = {name: {level: [] for level in levels} for name in WAYS}
    async with AsyncExitStack() as stack:
        senders = {name: await stack.enter_async_context(way(url)) for name, way in WAYS.items()}
        for turn in range(rounds + 1):
            for level in levels:
                for name, send in senders.items():
                    value = await rate(send, level, seconds if turn else 0.1)
                    if turn:
                        found[name][level].append(value)
    return {
        name: {
            level: Measured(*(statistics.median(column) for column in zip(*values, strict=True)))
            for level, values in row.items()
        }
        for name, row in found.items()
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.5, help="of one measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--uvloop", action="store_true", help="run the client on uvloop")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    factory = None
    if options.uvloop:
        import uvloop

        factory = uvloop.new_event_loop
    levels = [1, 32]
    with server() as url, asyncio.Runner(loop_factory=factory) as runner:
        medians = runner.run(measure(url, options.seconds, options.rounds, levels))
    if options.json:
        print(json.dumps(medians, indent=1))
        return
    base = medians["zeep AsyncClient (with XML)"]
    print(f"{'':36}" + "".join(f"{level:>11} in flight: /s, ratio, cpu us" for level in levels))
    for name, row in medians.items():
        cells = (
            f"{row[level].per_second:>18,.0f} {row[level].per_second / base[level].per_second:>7.1f} "
            f"{row[level].cpu_us:>13,.0f}"
            for level in levels
        )
        print(f"{name:36}" + " ".join(cells))


if __name__ == "__main__":
    main()
