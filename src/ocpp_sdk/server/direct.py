"""The way past ASGI, for a request that is here as a whole when its head is read, to a `SoapServer` itself.

For each request uvicorn takes the URL apart, makes a dict of what ASGI tells, an event for who waits for the body, and
a task with a callback; the application then looks at all that again. Where uvicorn serves a `SoapServer` with nothing
around it, most of that tells nothing: a POST to a URL that was SOAP before is SOAP again, and nobody waits for a body
that came in one packet with its head. So what the parser reports of a head is kept, and once the body is complete the
request is handed to the server as it is.

Peers send the same heads over and over. One that came in one packet with its body, and with nothing else, is known by
its bytes from then on: where a request may begin, a packet that is such a head and as many bytes as it tells is a
request, and is not parsed.

Every other request goes by ASGI. That is known when the head is complete, or at the latest when all that came with it
is read; uvicorn then hears of the head as if the parser reported it just now.

The reply goes by what uvicorn keeps of a request, which is made here without what nobody asks for. It has the
attributes in `_STATE`, as in uvicorn 0.54; where there are others ASGI is the only way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from ocpp_sdk.server.app import SoapServer
from ocpp_sdk.server.asgi import Scope
from ocpp_sdk.server.upgrading import PatientProtocol
from ocpp_sdk.soap.exchange import Incoming

__all__ = ["DirectProtocol"]

# Peers spell a path in a few ways; who makes up more of them shall not fill the memory.
_MOST_URLS = 64
_LONGEST_URL = 256
# The same goes for heads, of which each peer has a few, one for each length of what it sends.
_MOST_HEADS = 2048
_LONGEST_HEAD = 1024

_STATE = {
    "access_log",
    "access_logger",
    "body",
    "chunked_encoding",
    "default_headers",
    "disconnected",
    "expected_content_length",
    "flow",
    "keep_alive",
    "logger",
    "message_event",
    "more_body",
    "on_response",
    "response_complete",
    "response_started",
    "scope",
    "transport",
    "waiting_for_100_continue",
}


class DirectProtocol(PatientProtocol):
    """uvicorn's protocol, which hands usual requests to a `SoapServer` as soon as they are complete."""

    _server: SoapServer | None = None
    _most: int
    _peer: Scope
    _url = b""
    _fields: list[tuple[bytes, bytes]]
    # The headers of a request that is usual so far, and what there is of its body.
    _held: dict[bytes, bytes] | None = None
    _body = b""
    # Whether the parser expects a request to begin, and what came when it last did.
    _is_between = True
    _came = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take the connection, and look whether there is a way past ASGI."""
        super().connection_made(transport)
        config = self.config
        more = (config.root_path, config.limit_concurrency, config.reset_contextvars, self.access_log)
        if not any((*more, self.ws_protocol_class)) and self.app.__class__ is SoapServer and _is_known():
            self._server = self.app
            self._most = self.app.settings.limits.max_bytes
            self._peer = {"method": "POST", "client": self.client}

    def data_received(self, data: bytes) -> None:
        """Take a request whose head is known, or parse what came.

        A request of which more is to come goes by ASGI, where place and time are kept for it.
        """
        server = self._server
        if server is not None and self._is_between:
            at = data.find(b"\r\n\r\n") + 4
            known = server.known_heads.get(data[:at])
            if known is not None and len(data) == at + known[1] and self._has_answered():
                self._unset_keepalive_if_required()
                self._hand_over(server, known[0], data[at:])
                return
            self._came = data
        super().data_received(data)
        self._came = b""
        if self._held is not None:
            self._go_by_asgi()

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._is_between = False
        self._url = b""
        self._fields = []

    def on_url(self, url: bytes) -> None:
        """Keep a piece of the URL."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        self._fields.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Hold the request back if it is usual so far."""
        server = self._server
        if server is not None and self._url in server.soap_urls:
            self._held = self._usual_headers()
        if self._held is None:
            self._go_by_asgi()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body; that of a usual request is not too long."""
        if self._held is None:
            super().on_body(body)
            return
        self._body += body
        if len(self._body) > self._most:
            self._go_by_asgi()

    def on_message_complete(self) -> None:
        """Hand over a request that was usual to its end."""
        headers, body, server = self._held, self._body, self._server
        self._is_between = not self.parser.should_upgrade()
        if headers is None or server is None:
            super().on_message_complete()
            return
        self._held, self._body = None, b""
        self._learn(server, headers, body)
        self._hand_over(server, headers, body)

    def _hand_over(self, server: SoapServer, headers: dict[bytes, bytes], body: bytes) -> None:
        exchange = self.cycle = _Exchange(self, self._peer, server, headers, body)
        if not server.read_ahead(headers, body, exchange.begin):
            exchange.begin()

    def _learn(self, server: SoapServer, headers: dict[bytes, bytes], body: bytes) -> None:
        """Remember the head, if what came is this request and nothing else."""
        came = self._came
        end = came.find(b"\r\n\r\n") + 4
        if end > _LONGEST_HEAD or came[end:] != body:
            return
        known = server.known_heads
        if len(known) >= _MOST_HEADS:
            known.clear()
        known[came[:end]] = headers, len(body)

    def _has_answered(self) -> bool:
        cycle = self.cycle
        return cycle is None or cycle.response_complete  # type: ignore[redundant-expr]  # at first it is None

    def _usual_headers(self) -> dict[bytes, bytes] | None:
        """Return the headers if nothing in the head, and nothing before it, asks for more than a plain answer."""
        parser = self.parser
        if (
            not self._has_answered()
            or parser.get_method() != b"POST"
            or parser.get_http_version() != "1.1"
            or not parser.should_keep_alive()
            or parser.should_upgrade()
        ):
            return None
        headers = dict(self._fields)
        return headers if b"content-length" in headers and b"expect" not in headers else None

    def _go_by_asgi(self) -> None:
        """Tell uvicorn of the head, and of the body as far as it is here."""
        body, self._held, self._body = self._body, None, b""
        super().on_message_begin()
        super().on_url(self._url)
        for name, value in self._fields:
            super().on_header(name, value)
        # The trailer of a chunked body comes as further headers.
        self._fields = self.headers
        super().on_headers_complete()
        if body:
            super().on_body(body)
        if self._server is not None:
            self._remember(self._server)

    def _remember(self, server: SoapServer) -> None:
        """Remember the URL if it is one of SOAP."""
        urls = server.soap_urls
        if self._url in urls or len(self._url) > _LONGEST_URL or not server.takes(dict(self.scope)):
            return
        if len(urls) >= _MOST_URLS:
            urls.clear()
        urls.add(self._url)


class _Exchange(RequestResponseCycle):
    """What uvicorn keeps of a request and its reply, where all of the request is here when it begins."""

    access_log = False
    chunked_encoding = None
    disconnected = False
    expected_content_length = 0
    keep_alive = True
    logger = logging.getLogger("uvicorn.error")
    # For who waits for more of the body, so for nobody.
    message_event = asyncio.Event()
    more_body = False
    response_complete = False
    response_started = False
    waiting_for_100_continue = False

    def __init__(
        self, protocol: DirectProtocol, scope: Scope, server: SoapServer, headers: dict[bytes, bytes], data: bytes
    ) -> None:
        self.default_headers = protocol.server_state.default_headers
        self.flow = protocol.flow
        self.on_response: Callable[..., None] = protocol.on_response_complete
        self.scope: Any = scope
        self.transport = protocol.transport
        self._protocol: DirectProtocol | None = protocol
        self._server = server
        self._headers = headers
        self._data = data
        self._task: asyncio.Task[None] | None = None

    def begin(self, incoming: Incoming | Exception | None = None) -> None:
        """Begin to work on the request."""
        protocol = self._protocol
        if isinstance(incoming, Incoming):
            # All is told by now; of what cannot be read, the headers are still looked for.
            self._data = b""
        if protocol is not None:
            self._task = protocol.loop.create_task(self._run(incoming, protocol.tasks))
            protocol.tasks.add(self._task)

    async def _run(self, incoming: Incoming | Exception | None, tasks: set[asyncio.Task[None]]) -> None:
        """Let the server answer; what goes wrong beyond that is left to uvicorn."""
        cycle: Any = self  # uvicorn has types of its own for the events of ASGI
        try:
            if not self.disconnected:
                await self._server.exchange(
                    self.scope, self._headers, cycle.receive, cycle.send, self, self._data, incoming
                )
        except BaseException as error:
            await self.run_asgi(_raising(error))
        finally:
            # Neither this nor the connection shall keep the other in memory.
            self.on_response = _ignore
            self._protocol = None
            tasks.discard(cycle._task)


def _is_known() -> bool:
    """Whether uvicorn keeps of a request what is known here, and nothing else."""
    return set(RequestResponseCycle.__init__.__code__.co_names) == _STATE | {"bytearray"}


def _raising(error: BaseException) -> ASGI3Application:
    async def app(_: object, __: object, ___: object) -> None:
        raise error

    return app


def _ignore() -> None:
    pass
