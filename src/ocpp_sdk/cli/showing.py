"""Shows the messages of a call on stderr as they go over the wire."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

import httpx

from ocpp_sdk.client.tls import tls_context
from ocpp_sdk.client.transport import new_transport
from ocpp_sdk.errors import WireError
from ocpp_sdk.soap.inflate import inflate
from ocpp_sdk.soap.limits import Limits

if TYPE_CHECKING:
    from ocpp_sdk.client import ClientSettings

__all__ = ["ShowingTransport"]

_SHOWN_BYTES: Final = 256 * 1024


class ShowingTransport(httpx.AsyncBaseTransport):
    """The client's own transport, with both bodies printed; headers are not, since they may hold a password.

    Args:
        settings: of the client.
        https: whether a TLS context is needed.
    """

    def __init__(self, settings: ClientSettings, *, https: bool) -> None:
        self._below = new_transport(settings, tls_context(settings.tls) if https else None)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and show it; the reply is shown when it has been read."""
        _show(">", f"POST {request.url.path}", request.content, "")
        response = await self._below.handle_async_request(request)
        coding = response.headers.get("content-encoding", "")
        stream = response.stream
        if isinstance(stream, httpx.AsyncByteStream):
            response.stream = _ShownStream(stream, f"HTTP {response.status_code}", coding)
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._below.aclose()


class _ShownStream(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, title: str, coding: str) -> None:
        self._stream = stream
        self._title = title
        self._coding = coding
        self._seen = bytearray()
        self._shown = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            if len(self._seen) < _SHOWN_BYTES:
                self._seen += chunk
            yield chunk

    async def aclose(self) -> None:
        if not self._shown:
            self._shown = True
            _show("<", self._title, bytes(self._seen), self._coding)
        await self._stream.aclose()


def _show(direction: str, title: str, body: bytes, coding: str) -> None:
    if coding:
        try:
            body = inflate(body, coding, Limits(), [])
        except WireError as error:
            body = f"({error})".encode()
    text = body[:_SHOWN_BYTES].decode(errors="backslashreplace")
    safe = "".join(
        character if character.isprintable() or character in "\n\t" else character.encode("unicode_escape").decode()
        for character in text.replace("\r\n", "\n")
    )
    print(f"{direction} {title}\n{safe}", file=sys.stderr)
