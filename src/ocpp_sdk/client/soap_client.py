"""SoapClient: calls one peer."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from types import TracebackType
from typing import TypeVar
from uuid import uuid4

import httpx

from ocpp_sdk.client.address import PeerAddress
from ocpp_sdk.client.replies import read_reply
from ocpp_sdk.client.retry import retry_after_s, retry_delay_s
from ocpp_sdk.client.settings import ClientSettings
from ocpp_sdk.client.tls import tls_context
from ocpp_sdk.client.transport import HttpReply, new_transport, post
from ocpp_sdk.deviation import Deviation
from ocpp_sdk.errors import CallTimeoutError, ConfigurationError, FaultError, OcppError
from ocpp_sdk.operation import AnyOperation, Operation
from ocpp_sdk.soap.exchange import Reply, encode_request
from ocpp_sdk.soap.inflate import deflate
from ocpp_sdk.soap.limits import Limits
from ocpp_sdk.soap.prefixes import PrefixStyle

__all__ = ["DeviationHook", "SoapClient", "new_message_id"]

Req = TypeVar("Req")
Resp = TypeVar("Resp")

DeviationHook = Callable[[AnyOperation, Sequence[Deviation]], None]
"""Hears of what was odd about a reply or a fault."""

_DEFAULTS = ClientSettings()
_USER_AGENT = f"ocpp-sdk/{version('ocpp-sdk')}".encode()


def new_message_id() -> str:
    """Return a MessageID that nobody used before."""
    return f"urn:uuid:{uuid4()}"


class SoapClient:
    """Calls the operations of one peer, over a connection pool of its own.

    It is a `Caller`, so the generated stubs take it: `v15.CentralSystemClient(SoapClient(url))`. Any number of tasks
    may call at once, all in the event loop of the first call.

    Args:
        url: address of the peer; `user:password@` in it is used for basic authentication and shown nowhere.
        charge_box_identity: the charge point that speaks (to a central system) or is meant (at a charge point).
        settings: time-outs, credentials, TLS, bounds, retry.
        from_address: URL at which the peer can call back, for wsa:From.
        transport: instead of the own connection pool, and not closed by this client. The TLS and connection settings
            are then the transport's matter.
        style: fixed prefixes, for a peer that parses by prefix.
        strict: whether a reply that is not as specified is an error.
        on_deviations: hears of what was odd.
        message_ids: makes the MessageID of each request.

    Raises:
        ConfigurationError: the address or a TLS file cannot work.
    """

    def __init__(  # noqa: PLR0913 - each is an option of its own, all but the address keyword-only
        self,
        url: str,
        *,
        charge_box_identity: str = "",
        settings: ClientSettings | None = None,
        from_address: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        style: PrefixStyle | None = None,
        strict: bool = False,
        on_deviations: DeviationHook | None = None,
        message_ids: Callable[[], str] = new_message_id,
    ) -> None:
        self._settings = settings or _DEFAULTS
        self._address = PeerAddress.parse(url, username=self._settings.username, password=self._settings.password)
        self._identity = charge_box_identity
        self._from_address = from_address
        self._style = style
        self._strict = strict
        self._on_deviations = on_deviations
        self._message_ids = message_ids
        self._limits = Limits(
            max_bytes=self._settings.max_reply_bytes, max_inflated_bytes=self._settings.max_inflated_bytes
        )
        self._headers: dict[AnyOperation, list[tuple[bytes, bytes]]] = {}
        self._transport = transport
        self._owns_transport = transport is None
        self._tls = (
            tls_context(self._settings.tls) if transport is None and self._address.url.scheme == "https" else None
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    def __repr__(self) -> str:
        return f"<SoapClient {self._address.shown} {self._identity!r}>"

    @property
    def url(self) -> str:
        """The address that is called, without credentials."""
        return self._address.to

    @property
    def charge_box_identity(self) -> str:
        """The charge point that speaks or is meant."""
        return self._identity

    @property
    def from_address(self) -> str | None:
        """URL at which the peer can call back, for wsa:From; may be set between calls."""
        return self._from_address

    @from_address.setter
    def from_address(self, address: str | None) -> None:
        self._from_address = address

    async def call(self, operation: Operation[Req, Resp], request: Req, /) -> Resp:
        """Send a request and return its reply.

        Raises:
            FaultError: the peer answered with a fault.
            CallError: there is no usable reply; `retry_safe` says whether to send again can do harm.
            MessageError: the request cannot be written, or the reply does not fit its schema.
            ConfigurationError: this client is closed, or belongs to another event loop.
        """
        return (await self.exchange(operation, request)).message

    async def exchange(self, operation: Operation[Req, Resp], request: Req, /) -> Reply[Resp]:
        """Send a request and return its reply together with its headers and what was odd about it.

        Raises:
            OcppError: as `call`.
        """
        self._check_open()
        message_id = self._message_ids()
        body = encode_request(
            operation,
            request,
            charge_box_identity=self._identity,
            message_id=message_id,
            to=self._address.to,
            from_address=self._from_address,
            style=self._style,
        )
        if self._settings.compress_requests:
            body = deflate(body, "gzip")
        deadline = asyncio.get_running_loop().time() + self._settings.total_timeout_s
        attempt = 0
        while True:
            attempt += 1
            http: HttpReply | None = None
            try:
                http = await self._post(operation, body, deadline)
                reply = self._read(http, operation, message_id)
            except OcppError as error:
                delay = self._delay_s(attempt, error, http)
                if delay is None or asyncio.get_running_loop().time() + delay >= deadline:
                    raise
            else:
                return reply
            await asyncio.sleep(delay)
            self._check_open()

    async def aclose(self) -> None:
        """Close the connections; calls that are under way fail."""
        self._closed = True
        if self._owns_transport and self._transport is not None:
            await self._transport.aclose()

    async def __aenter__(self) -> SoapClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _check_open(self) -> None:
        if self._closed:
            raise ConfigurationError(f"the client for {self._address.shown} is closed")
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise ConfigurationError(
                f"the client for {self._address.shown} belongs to the event loop of its first call; "
                "make one client per event loop"
            )

    async def _post(self, operation: Operation[Req, Resp], body: bytes, deadline: float) -> HttpReply:
        if self._transport is None:
            self._transport = new_transport(self._settings, self._tls)
        headers = self._headers.get(operation) or self._build_headers(operation)
        try:
            async with asyncio.timeout_at(deadline):
                return await post(self._transport, self._address, headers, body, self._settings)
        except TimeoutError as error:
            raise CallTimeoutError(
                f"{self._address.shown}: no complete reply within {self._settings.total_timeout_s:g} s (total)",
                url=self._address.shown,
                phase="total",
            ) from error

    def _read(self, http: HttpReply, operation: Operation[Req, Resp], message_id: str) -> Reply[Resp]:
        try:
            reply = read_reply(
                http,
                operation,
                message_id=message_id,
                address=self._address,
                limits=self._limits,
                strict=self._strict,
            )
        except FaultError as fault:
            if fault.deviations and self._on_deviations is not None:
                self._on_deviations(operation, fault.deviations)
            raise
        if reply.deviations and self._on_deviations is not None:
            self._on_deviations(operation, reply.deviations)
        return reply

    def _delay_s(self, attempt: int, error: OcppError, http: HttpReply | None) -> float | None:
        asked = retry_after_s(http.header(b"retry-after"), datetime.now(UTC)) if http is not None else None
        share = random.random()  # noqa: S311 - spreads callers over time, hides nothing
        return retry_delay_s(self._settings.retry, attempt, error, random=share, asked_s=asked)

    def _build_headers(self, operation: AnyOperation) -> list[tuple[bytes, bytes]]:
        action = operation.soap_action.replace("\\", "\\\\").replace('"', '\\"')
        headers = [
            (b"Host", self._address.url.netloc),
            (b"Content-Type", f'application/soap+xml; charset=utf-8; action="{action}"'.encode()),
            (b"Accept", b"application/soap+xml, text/xml;q=0.9, application/xml;q=0.9"),
            (b"Accept-Encoding", b"gzip, deflate"),
            (b"User-Agent", _USER_AGENT),
        ]
        if self._settings.compress_requests:
            headers.append((b"Content-Encoding", b"gzip"))
        if self._address.authorization is not None:
            headers.append((b"Authorization", self._address.authorization))
        self._headers[operation] = headers
        return headers
