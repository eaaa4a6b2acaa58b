"""Starting and stopping: bound addresses, draining, signals, and what stands against a start."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ocpp_sdk.call import Call
from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.generated.v15 import central_system as cs15
from ocpp_sdk.server import ServerSettings, SoapServer
from ocpp_sdk.server.run import run, serve

from .serving import SERVICES, accepted, handled_by
from .wire import PATH, SOAP_TYPE, envelope, head, post, read_reply

pytestmark = pytest.mark.anyio

PROGRAM = """
import sys
from ocpp_sdk.generated.v15 import central_system as cs15
from ocpp_sdk.server import SoapServer
from ocpp_sdk.server.run import run
run(SoapServer([cs15.SERVICE]), port=0, on_ready=lambda address: print(address.url, flush=True))
print("ended", flush=True)
"""


class Slow:
    """A server whose handler waits until it is told to go on."""

    def __init__(self, settings: ServerSettings | None = None) -> None:
        self.server = SoapServer(SERVICES, settings=settings)
        self.entered, self.release = asyncio.Event(), asyncio.Event()

        @self.server.on(cs15.AUTHORIZE)
        async def authorize(request: cs15.AuthorizeRequest, call: Call) -> cs15.AuthorizeResponse:
            self.entered.set()
            await self.release.wait()
            return accepted()


async def test_draining_server_finishes_what_it_has_and_refuses_the_rest() -> None:
    """A request in flight is answered; a new one is sent away with 503."""
    slow = Slow()
    async with serve(slow.server) as address:
        first = asyncio.create_task(post(address, envelope()))
        await slow.entered.wait()
        draining = asyncio.create_task(slow.server.drain())
        await asyncio.sleep(0)
        refused = await post(address, envelope())
        assert not draining.done()
        slow.release.set()
        assert (await first).status == 200
        await draining
    assert (refused.status, refused.headers["retry-after"]) == (503, "5")
    assert slow.server.in_flight == 0


async def test_drain_gives_up_after_its_time() -> None:
    """A handler that never ends does not keep the server from stopping."""
    slow = Slow(ServerSettings(drain_s=0.05))
    async with serve(slow.server) as address:
        first = asyncio.create_task(post(address, envelope()))
        await slow.entered.wait()
        await slow.server.drain()
        assert slow.server.in_flight == 1
        slow.release.set()
        await first


async def test_stop_of_the_server_waits_for_the_request_in_flight() -> None:
    """Leaving the block ends the server, not the request."""
    slow = Slow()
    async with serve(slow.server) as address:
        first = asyncio.create_task(post(address, envelope()))
        await slow.entered.wait()
        asyncio.get_running_loop().call_later(0.2, slow.release.set)
    assert (await first).status == 200


async def test_request_that_outlasts_the_stop_is_answered_503() -> None:
    """The peer is told to come back, instead of losing its connection."""
    slow = Slow()
    async with serve(slow.server, drain_s=0.3) as address:
        first = asyncio.create_task(post(address, envelope()))
        await slow.entered.wait()
    assert (await first).status == 503


async def test_stopped_server_can_be_started_again() -> None:
    """An application outlives the server that ran it."""
    server = SoapServer(SERVICES)
    handled_by(server)
    for _ in range(2):
        async with serve(server) as address:
            assert (await post(address, envelope())).status == 200


async def test_lifespan_of_the_application_surrounds_its_requests() -> None:
    """What a handler needs is opened first and closed last; an error on opening is the caller's."""
    events: list[str] = []

    @asynccontextmanager
    async def live() -> AsyncIterator[None]:
        events.append("open")
        yield
        events.append("close")

    @asynccontextmanager
    async def fail() -> AsyncIterator[None]:
        if events:
            raise ConfigurationError("storage: no such database")
        yield

    async with serve(SoapServer(SERVICES, lifespan=live)) as address:
        await post(address, envelope())
        events.append("served")
    assert events == ["open", "served", "close"]
    with pytest.raises(ConfigurationError, match="no such database"):
        async with serve(SoapServer(SERVICES, lifespan=fail)):
            raise AssertionError("it must not start")


async def test_port_in_use_is_one_clear_line() -> None:
    """The message names address and reason."""
    async with serve(SoapServer(SERVICES)) as address:
        with pytest.raises(ConfigurationError, match=rf"cannot listen at 127\.0\.0\.1 port {address.port}: .*in use"):
            async with serve(SoapServer(SERVICES), port=address.port):
                raise AssertionError("it must not start")


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70000), ("no such host", 0), ("192.0.2.1", 0)])
def test_address_that_cannot_be_bound_is_one_clear_line(host: str, port: int) -> None:
    """A bad port, a bad name and the address of another machine are configuration, not a traceback."""
    with pytest.raises(ConfigurationError, match=f"cannot listen at {host} port {port}"):
        run(SoapServer(SERVICES), host=host, port=port)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_running_server_ends_quietly_on_a_signal(number: signal.Signals) -> None:
    """Ctrl-C and a service manager both end it with status 0 and without noise, idle connections or not."""
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as idle:
            body = envelope()
            headers = {"Host": "x", "Content-Type": SOAP_TYPE, "Content-Length": str(len(body))}
            idle.sendall(head("POST", PATH, headers) + body)
            assert idle.recv(12) == b"HTTP/1.1 500"
            process.send_signal(number)
            out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "ended\n", "")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate for 127.0.0.1 and its key."""
    folder = tmp_path_factory.mktemp("tls")
    files = str(folder / "cert.pem"), str(folder / "key.pem")
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-out", files[0], "-keyout", files[1]]
    subprocess.run([*command, *names], check=True, capture_output=True)
    return files


async def test_server_with_a_tls_context_answers_https(certificate: tuple[str, str]) -> None:
    """The context of the caller is used as it is, and the WSDL address says https."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    trusting = ssl.create_default_context(cafile=certificate[0])
    async with serve(SoapServer(SERVICES), tls=context) as address:
        assert address.scheme == "https"
        reader, writer = await asyncio.open_connection(address.host, address.port, ssl=trusting)
        writer.write(head("GET", PATH, {"Host": f"127.0.0.1:{address.port}"}))
        reply = await read_reply(reader)
        writer.close()
        await writer.wait_closed()
    assert f"{address.url}{PATH}".encode() in reply.body
