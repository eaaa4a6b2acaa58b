"""What the tests of transfers share: short time-outs, certificates, and a web server over a folder."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import trustme
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from ocpp_sdk.charge_point.maintenance.address import FileAddress
from ocpp_sdk.charge_point.maintenance.files import NetworkFiles
from ocpp_sdk.charge_point.maintenance.settings import TransferSettings
from ocpp_sdk.client.settings import TlsSettings
from ocpp_sdk.server.run import serve

USER = "cp1:p%40ss%2Fw%3Ard@"
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
AUTHORIZATION = "Basic " + base64.b64encode(b"cp1:p@ss/w:rd").decode()


@dataclass
class Certificates:
    """An authority and a certificate of 127.0.0.1, on disk and for a server."""

    ca_file: Path
    server_file: Path
    server: ssl.SSLContext


def certificates(folder: Path) -> Certificates:
    """Make them."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    found = Certificates(folder / "ca.pem", folder / "server.pem", ssl.create_default_context(ssl.Purpose.CLIENT_AUTH))
    authority.cert_pem.write_to_path(found.ca_file)
    issued.private_key_and_cert_chain_pem.write_to_path(found.server_file)
    issued.configure_cert(found.server)
    return found


def files(*, ca_file: Path | None = None, **limits: float) -> NetworkFiles:
    """Return the subject, impatient."""
    values = {"connect_timeout_s": 2.0, "silence_timeout_s": 2.0, "total_timeout_s": 20.0, **limits}
    most = int(values.pop("max_download_bytes", 64 * 1024 * 1024))
    return NetworkFiles(TransferSettings(max_download_bytes=most, tls=TlsSettings(ca_file=ca_file), **values))


def at(url: str) -> FileAddress:
    """Return an address."""
    return FileAddress.parse(url)


@dataclass
class Web:
    """A web server over a folder: PUT stores, GET answers with ranges, credentials as those of the FTP server.

    Attributes:
        folder: what it serves, under /files/.
        url: where it is, without a slash at the end.
        requests: method, path and headers of each request.
    """

    folder: Path
    url: str = ""
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def at(self, path: str, user: str = USER) -> FileAddress:
        """Return an address on the server."""
        scheme, rest = self.url.split("://")
        return at(f"{scheme}://{user}{rest}{path}")


@contextlib.asynccontextmanager
async def web_server(folder: Path, tls: ssl.SSLContext | None = None) -> AsyncIterator[Web]:
    """Serve a folder."""
    web = Web(folder)

    async def file(request: Request) -> Response:
        web.requests.append((request.method, request.url.path, dict(request.headers)))
        if request.headers.get("authorization") != AUTHORIZATION:
            return PlainTextResponse("who are you, cp1:p@ss/w:rd?", 401)
        path = folder / request.path_params["name"]
        if request.method == "GET":
            return FileResponse(path) if path.exists() else Response(status_code=404)
        if not path.parent.is_dir():
            return Response(status_code=409)
        with path.open("wb") as out:
            async for block in request.stream():
                out.write(block)
        return Response(status_code=201)

    async def away(request: Request) -> Response:
        return RedirectResponse("file:///etc/passwd", 302)

    app = Starlette(
        routes=[Route("/files/{name:path}", file, methods=["GET", "PUT"]), Route("/away", away, methods=["GET", "PUT"])]
    )
    async with serve(app, tls=tls) as address:
        web.url = address.url
        yield web


@contextlib.asynccontextmanager
async def scripted(
    script: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """Listen on a free port and do with each connection what a test says."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError, asyncio.IncompleteReadError):
                await script(reader, writer)
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve_one, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def until(condition: Callable[[], object]) -> None:
    """Wait until a function says yes; for what threads, sockets and processes do, which no fake clock drives."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - they set no event
            await asyncio.sleep(0.01)
