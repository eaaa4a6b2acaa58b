"""One HTTP exchange over an httpx transport, without the client layer of httpx.

The layer above the transport (cookies, redirects, hooks, authentication flow) is left out: a SOAP call needs none of
it, and it costs more than the transport itself, see docs/client.md.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import cache

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from ocpp_sdk.client.address import PeerAddress, without_secrets
from ocpp_sdk.client.failures import LOWER_ERRORS, named
from ocpp_sdk.client.settings import ClientSettings
from ocpp_sdk.errors import CallError, ReplyTooLargeError

__all__ = ["EXCERPT_BYTES", "HttpReply", "new_transport", "post"]

EXCERPT_BYTES = 200


@dataclass(slots=True)
class HttpReply:
    """What came back: status, headers by their names in lower case, and the body as it was on the wire."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes

    def header(self, name: bytes) -> str:
        """Return a header by its name in lower case, empty if it is absent."""
        return self.headers.get(name, b"").decode("latin-1")


def new_transport(settings: ClientSettings, context: ssl.SSLContext | None) -> httpx.AsyncBaseTransport:
    """Return a connection pool for one peer; it belongs to the event loop that runs its first request.

    Args:
        settings: how many connections, and for how long.
        context: for https, None for http.
    """

    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=settings.max_connections,
                keepalive_timeout=settings.keepalive_s,
                ssl=context if context is not None else True,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        )

    return AiohttpTransport(verify=context or _unused_context(), client=session)


@cache
def _unused_context() -> ssl.SSLContext:
    """Return what keeps the transport from building a context of its own, which takes long and serves nobody."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


async def post(
    transport: httpx.AsyncBaseTransport,
    address: PeerAddress,
    headers: list[tuple[bytes, bytes]],
    body: bytes,
    settings: ClientSettings,
) -> HttpReply:
    """Send one request and read its reply, but never more than the settings allow.

    Raises:
        OcppError: as `failures.named` says; `ReplyTooLargeError` as soon as the reply is too large.
    """
    # A stream and a complete set of headers spare the request the search for what it should add.
    request = httpx.Request(
        "POST",
        address.url,
        headers=[*headers, (b"Content-Length", str(len(body)).encode())],
        stream=httpx.ByteStream(body),
        extensions={
            # No limit for the wait for a free connection of the pool but that of the whole call.
            "timeout": {
                "connect": settings.connect_timeout_s,
                "read": settings.read_timeout_s,
                "write": settings.read_timeout_s,
                "pool": None,
            }
        },
    )
    request.headers.encoding = "utf-8"
    request.read()
    response: httpx.Response | None = None
    received = bytearray()
    try:
        response = await transport.handle_async_request(request)
        try:
            await _read(response, received, address, settings.max_reply_bytes)
        finally:
            await response.aclose()
    except LOWER_ERRORS as error:
        failure, cause = named(error, address.shown)
        if isinstance(failure, CallError) and response is not None:
            failure.status = response.status_code
            failure.excerpt = without_secrets(bytes(received), address.secrets, EXCERPT_BYTES)
        raise failure from cause
    headers_in = {name.lower(): value for name, value in response.headers.raw}
    return HttpReply(response.status_code, headers_in, bytes(received))


async def _read(response: httpx.Response, received: bytearray, address: PeerAddress, limit: int) -> None:
    stream = response.stream
    if not isinstance(stream, httpx.AsyncByteStream):
        raise TypeError(f"the transport answered with a stream that is not asynchronous: {type(stream).__name__}")
    async for chunk in stream:
        received += chunk
        if len(received) > limit:
            raise ReplyTooLargeError(
                f"{address.shown}: the reply is larger than {limit} bytes (max_reply_bytes)",
                url=address.shown,
                status=response.status_code,
                excerpt=without_secrets(bytes(received[: 4 * EXCERPT_BYTES]), address.secrets, EXCERPT_BYTES),
            )
