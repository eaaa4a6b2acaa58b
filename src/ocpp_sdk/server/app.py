"""The server: one ASGI application for any number of services and versions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, TypeVar

from ocpp_sdk.deviation import Deviation
from ocpp_sdk.errors import LimitExceededError, WireError
from ocpp_sdk.operation import Operation, Service
from ocpp_sdk.server.answering import CallObserver, Responder
from ocpp_sdk.server.asgi import Receive, Scope, Send, own_path, reply
from ocpp_sdk.server.callback import CallbackPolicy
from ocpp_sdk.server.forwarded import peer_of, public_base
from ocpp_sdk.server.handlers import Handler
from ocpp_sdk.server.http_body import (
    BodyTooLargeError,
    HttpError,
    PeerGoneError,
    accepted_coding,
    check_content_type,
    content_coding,
    content_length,
    discard,
    read_body,
)
from ocpp_sdk.server.identity import AllowAll, IdentityPolicy, peer_facts
from ocpp_sdk.server.message_ids import new_message_id
from ocpp_sdk.server.settings import ServerSettings, networks
from ocpp_sdk.server.shortcut import cycle_of, write_reply
from ocpp_sdk.server.stepping import ExpiredError, within
from ocpp_sdk.server.wsdl_pages import ServicePages
from ocpp_sdk.soap.exchange import Incoming
from ocpp_sdk.soap.inflate import deflate, inflate

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.routing import BaseRoute
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

__all__ = ["DEFAULT_PATH", "SoapServer"]

Req = TypeVar("Req")
Resp = TypeVar("Resp")

DEFAULT_PATH = "/Ocpp/CentralSystemService"

_CONTENT_TYPE = (b"content-type", b"application/soap+xml; charset=utf-8")
_USUAL_HEADERS = b"%s: %s\r\ncontent-length: %%d\r\n" % _CONTENT_TYPE
_CLOSE = (b"connection", b"close")
_CHALLENGE = (b"www-authenticate", b'Basic realm="OCPP", charset="UTF-8"')
_DISCARD_S = 2.0
_MOST_TYPES = 256


class SoapServer:
    """Serves OCPP services; an instance is the ASGI application itself.

    Version and service of a request go by the namespace of its payload, the operation by its element.

    Args:
        services: what is served, such as `v15.central_system.SERVICE`.
        path: where SOAP requests are accepted, or several such paths; letter case and a final slash do not matter.
        settings: limits, time-outs and the rest.
        identity: who may speak as which charge_box_identity; everyone may by default.
        callback: which announced addresses may be called.
        on_call: called after each request, for counters.
        new_id: makes message ids.
        routes: Starlette routes that the application has besides SOAP.
        lifespan: entered when the ASGI server starts, left when all requests are answered.
    """

    def __init__(  # noqa: PLR0913 - options of which each stands for itself, all but the first by keyword
        self,
        services: Sequence[Service],
        *,
        path: str | Sequence[str] = DEFAULT_PATH,
        settings: ServerSettings | None = None,
        identity: IdentityPolicy | None = None,
        callback: CallbackPolicy | None = None,
        on_call: CallObserver | None = None,
        new_id: Callable[[], str] = new_message_id,
        routes: Sequence[BaseRoute] = (),
        lifespan: Callable[[], AbstractAsyncContextManager[None]] = nullcontext,
    ) -> None:
        self.settings = settings or ServerSettings()
        self.services = tuple(services)
        paths = (path,) if isinstance(path, str) else tuple(path)
        self._pages = ServicePages(self.services, paths)
        self._paths = self._pages.paths() | set(paths)
        self._responder = Responder(
            self.services,
            settings=self.settings,
            identity=identity or AllowAll(),
            callback=callback or CallbackPolicy(),
            on_call=on_call,
            new_id=new_id,
        )
        self._trusted = networks("trusted_proxies", self.settings.trusted_proxies)
        self._routes = tuple(routes)
        self._lifespan = lifespan
        self._starlette: Starlette | None = None
        self._room = self.settings.max_in_flight
        self._bounds_peers = self.settings.max_in_flight_per_peer is not None
        self._per_peer: dict[str, int] = {}
        self._draining = False
        self._usual_types: set[bytes | None] = set()
        self._idle: asyncio.Event | None = None
        self.start_error: Exception | None = None
        # URLs as they were sent, of SOAP requests; a connection that sees one of them again need not ask.
        self.soap_urls: set[bytes] = set()
        # Heads as they were sent, of usual requests, each with its headers and the length of the body.
        self.known_heads: dict[bytes, tuple[dict[bytes, bytes], int]] = {}

    def on(self, operation: Operation[Req, Resp]) -> Callable[[Handler[Req, Resp]], Handler[Req, Resp]]:
        """Register the decorated coroutine function for an operation: `async def handler(request, call)`.

        It may raise a `FaultError` to answer with that fault; any other exception is logged and answered with
        InternalError.

        Raises:
            ConfigurationError: the operation is not served here, or has a handler already.
        """

        def register(handler: Handler[Req, Resp]) -> Handler[Req, Resp]:
            self._responder.handlers.add(operation, handler)
            return handler

        return register

    def serve(self, service: Service, handler: object) -> None:
        """Let an instance of a generated handler class answer a whole service.

        Raises:
            ConfigurationError: the service is not served here, or the object has none of its methods.
        """
        self._responder.handlers.add_object(service, handler)

    @property
    def in_flight(self) -> int:
        """Number of requests that are worked on."""
        return self.settings.max_in_flight - self._room

    async def drain(self) -> None:
        """Refuse new requests with 503 and wait until those in flight are answered, for `drain_s` at most."""
        self._draining = True
        if self._room < self.settings.max_in_flight:
            self._idle = asyncio.Event()
            with suppress(ExpiredError):
                await within(self._idle.wait(), self.settings.drain_s)

    def takes(self, scope: Scope) -> bool:
        """Tell whether an ASGI event is a SOAP request."""
        if scope["type"] != "http" or scope["method"] != "POST":
            return False
        return scope["path"] in self._paths or own_path(scope) in self._paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI event; SOAP requests go past Starlette."""
        if self.takes(scope):
            await self.exchange(scope, dict(scope["headers"]), receive, send, cycle_of(receive, send))
        else:
            await self._outside()(scope, receive, send)

    def read_ahead(
        self, headers: Mapping[bytes, bytes], data: bytes, take: Callable[[Incoming | Exception], None]
    ) -> bool:
        """Read a message together with others before anything is done for it, if others are on their way.

        Args:
            headers: of the request, their names in lower case.
            data: its body, not longer than a message may be.
            take: called soon with what `exchange` shall be told; not at all if the answer is False.
        """
        reader = self._responder.reader
        if not (reader.is_joint or self.in_flight) or self._room <= reader.waiting or not self._is_usual(headers):
            return False
        reader.add(data, False, take)
        return True

    async def exchange(
        self,
        scope: Scope,
        headers: Mapping[bytes, bytes],
        receive: Receive,
        send: Send,
        cycle: RequestResponseCycle | None,
        data: bytes | None = None,
        incoming: Incoming | Exception | None = None,
    ) -> None:
        """Answer one SOAP request.

        Flat, since each function on the way of a usual request shows in the benchmark of the server.

        Args:
            scope: the request; its method and its client are looked at, and its extensions if there are any.
            headers: of the request, their names in lower case.
            receive: asked for the body.
            send: given a reply.
            cycle: what both functions belong to, if there is a shorter way for a reply than to call `send`.
            data: the body, if all of it is here and it is not longer than a message may be.
            incoming: what `read_ahead` has handed over, if it was asked.
        """
        if self._room <= 0 or self._draining:
            await self._send_busy(send)
            return
        self._room -= 1
        try:
            client = scope.get("client")
            peer_host = peer_of(scope, headers, self._trusted) if self._trusted else client[0] if client else None
            if self._bounds_peers and not self._enter(peer_host):
                await self._send_busy(send)
                return
            settings = self.settings
            responder = self._responder
            try:
                odd: list[Deviation] = []
                coding = None
                if incoming is None or data is None:
                    odd, coding = self._look_at(headers)
                    if data is None or coding is not None:
                        data = await self._read(receive, data, coding, odd)
                facts = peer_facts(scope, headers, peer_host) if responder.asks_for_facts else None
                alone = self._room == settings.max_in_flight - 1
                status, body = await responder.answer(
                    data,
                    peer_host=peer_host,
                    facts=facts,
                    odd=odd,
                    inflated=coding is not None,
                    alone=alone,
                    incoming=incoming,
                )
            except HttpError as error:
                await self._refuse(error, receive, send)
                return
            except PeerGoneError:
                return
            except asyncio.CancelledError:
                # The ASGI server gives up on requests that outlast its shutdown; the peer shall know to come back.
                await self._send_busy(send)
                raise
            finally:
                if self._bounds_peers:
                    self._leave(peer_host)
            usual = status == 200 and len(body) < settings.compress_from_bytes
            if not usual or cycle is None or not write_reply(cycle, _USUAL_HEADERS % len(body), body):
                await self._reply(send, status, body, headers)
        finally:
            self._room += 1
            if self._idle is not None and self._room == self.settings.max_in_flight:
                self._idle.set()

    async def _read(self, receive: Receive, data: bytes | None, coding: str | None, odd: list[Deviation]) -> bytes:
        if data is None:
            data = await read_body(receive, self.settings.limits.max_bytes, self.settings.receive_timeout_s)
        return data if coding is None else self._inflate(data, coding, odd)

    async def _reply(self, send: Send, status: int, body: bytes, headers: Mapping[bytes, bytes]) -> None:
        reply_headers = [_CONTENT_TYPE]
        if len(body) >= self.settings.compress_from_bytes and b"accept-encoding" in headers:
            accepted = accepted_coding(headers[b"accept-encoding"])
            if accepted is not None:
                body = deflate(body, accepted)
                reply_headers.append((b"content-encoding", accepted.encode()))
        reply_headers.append((b"content-length", b"%d" % len(body)))
        if status == 401:
            reply_headers.append(_CHALLENGE)
        await send({"type": "http.response.start", "status": status, "headers": reply_headers})
        await send({"type": "http.response.body", "body": body})

    def _look_at(self, headers: Mapping[bytes, bytes]) -> tuple[list[Deviation], str | None]:
        """Refuse what the headers tell already; return what is odd about them, and the coding of the body."""
        odd: list[Deviation] = []
        content_type = headers.get(b"content-type")
        if content_type not in self._usual_types:
            check_content_type(content_type, odd, strict=self.settings.strict)
            if not odd and len(self._usual_types) < _MOST_TYPES:
                self._usual_types.add(content_type)
        limit = self.settings.limits.max_bytes
        if content_length(headers) > limit:
            raise BodyTooLargeError(limit)
        return odd, content_coding(headers[b"content-encoding"]) if b"content-encoding" in headers else None

    def _is_usual(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether the headers tell nothing, given that the body is not too long."""
        return headers.get(b"content-type") in self._usual_types and b"content-encoding" not in headers

    async def _refuse(self, error: HttpError, receive: Receive, send: Send) -> None:
        too_large = isinstance(error, BodyTooLargeError)
        await reply(send, error.status, error.text, *error.headers, more=too_large)
        if too_large:
            with suppress(ExpiredError):
                await within(discard(receive, 4 * self.settings.limits.max_bytes), _DISCARD_S)
            await send({"type": "http.response.body", "body": b""})

    def _inflate(self, data: bytes, coding: str, odd: list[Deviation]) -> bytes:
        try:
            data = inflate(data, coding, self.settings.limits, odd)
        except LimitExceededError as error:
            raise HttpError(413, str(error)) from error
        except WireError as error:
            raise HttpError(400, str(error)) from error
        if odd and self.settings.strict:
            raise HttpError(400, f"Content-Encoding: {odd[-1].detail}")
        return data

    def _enter(self, peer_host: str | None) -> bool:
        peer = peer_host or ""
        count = self._per_peer.get(peer, 0)
        if count >= (self.settings.max_in_flight_per_peer or 0):
            return False
        self._per_peer[peer] = count + 1
        return True

    def _leave(self, peer_host: str | None) -> None:
        peer = peer_host or ""
        count = self._per_peer.get(peer, 0) - 1
        if count > 0:
            self._per_peer[peer] = count
        else:
            self._per_peer.pop(peer, None)

    async def _send_busy(self, send: Send) -> None:
        retry_after = (b"retry-after", b"%d" % self.settings.retry_after_s)
        text = "too many requests at the same time" if self._room <= 0 else "this server is shutting down"
        await reply(send, 503, text, retry_after, _CLOSE)

    def _outside(self) -> Starlette:
        """Build the Starlette application around the SOAP paths when it is first needed: its import is slow."""
        if self._starlette is None:
            from starlette.applications import Starlette  # noqa: PLC0415

            from ocpp_sdk.server.pages import page_routes  # noqa: PLC0415

            def base_of(scope: Scope) -> str:
                return public_base(
                    scope, dict(scope["headers"]), public_url=self.settings.public_url, trusted=self._trusted
                )

            routes = [*self._routes, page_routes(self._pages, base_of)]
            self._starlette = Starlette(routes=routes, lifespan=self._live)
        return self._starlette

    @asynccontextmanager
    async def _live(self, _: Starlette) -> AsyncIterator[None]:
        self._draining = False
        self._idle = None
        self.start_error = None
        try:
            async with self._lifespan():
                yield
                await self.drain()
        except Exception as error:
            self.start_error = error
            raise
