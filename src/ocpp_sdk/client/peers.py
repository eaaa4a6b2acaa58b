"""ClientPool: many peers, a bounded number of open connection pools."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TypeAlias, TypeVar

import httpx

from ocpp_sdk.client.address import PeerAddress
from ocpp_sdk.client.settings import ClientSettings
from ocpp_sdk.client.soap_client import DeviationHook, SoapClient, new_message_id
from ocpp_sdk.errors import CallTimeoutError, ConfigurationError
from ocpp_sdk.operation import Operation
from ocpp_sdk.soap.exchange import Reply
from ocpp_sdk.soap.prefixes import PrefixStyle

__all__ = ["ClientPool", "PeerClient"]

Req = TypeVar("Req")
Resp = TypeVar("Resp")

_Key: TypeAlias = tuple[str, str, PrefixStyle | None]


@dataclass(slots=True)
class _Busy:
    """An open client and how many calls use it."""

    client: SoapClient
    calls: int = 0


class ClientPool:
    """Calls many peers, such as the charge points of a central system.

    Each address with each identity has a connection pool of its own, which opens with the first call. When `max_open`
    are open, the one that has been unused the longest is closed for a new one; while all of them are in use, a further
    peer waits. The TLS context is shared.

    Args:
        settings: for all peers.
        max_open: how many connection pools may be open at once.
        from_address: URL at which the peers can call back, for wsa:From.
        transport: instead of connection pools; shared by all peers and not closed.
        strict: whether a reply that is not as specified is an error.
        on_deviations: hears of what was odd.
        message_ids: makes the MessageID of each request.
    """

    def __init__(
        self,
        *,
        settings: ClientSettings | None = None,
        max_open: int = 256,
        from_address: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        strict: bool = False,
        on_deviations: DeviationHook | None = None,
        message_ids: Callable[[], str] = new_message_id,
    ) -> None:
        if max_open < 1:
            raise ConfigurationError(f"ClientPool.max_open is {max_open}, it must be 1 or more")
        self._settings = settings or ClientSettings()
        self._max_open = max_open
        self._from_address = from_address
        self._transport = transport
        self._strict = strict
        self._on_deviations = on_deviations
        self._message_ids = message_ids
        self._idle: OrderedDict[_Key, SoapClient] = OrderedDict()
        self._busy: dict[_Key, _Busy] = {}
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False

    @property
    def open_count(self) -> int:
        """How many connection pools are open."""
        return len(self._idle) + len(self._busy)

    def client(self, url: str, *, charge_box_identity: str = "", style: PrefixStyle | None = None) -> PeerClient:
        """Return a caller for one peer; it opens nothing, and two for the same peer share one connection pool.

        Args:
            url: address of the peer; `user:password@` in it is used for basic authentication and shown nowhere.
            charge_box_identity: the charge point that is meant.
            style: fixed prefixes, for a peer that parses by prefix.

        Raises:
            ConfigurationError: the address cannot work.
        """
        PeerAddress.parse(url, username=self._settings.username, password=self._settings.password)
        return PeerClient(self, (url, charge_box_identity, style))

    async def aclose(self) -> None:
        """Close all connections; calls that are under way or waiting fail."""
        self._closed = True
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        clients = [*self._idle.values(), *(busy.client for busy in self._busy.values())]
        self._idle.clear()
        for client in clients:
            await client.aclose()

    async def __aenter__(self) -> ClientPool:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    @asynccontextmanager
    async def _lease(self, key: _Key) -> AsyncIterator[SoapClient]:
        """Keep the connection pool of a peer open for the duration of one call."""
        try:
            async with asyncio.timeout(self._settings.total_timeout_s):
                busy, unused = await self._take(key)
        except TimeoutError as error:
            shown = PeerAddress.parse(key[0]).shown
            text = f"{shown}: none of the {self._max_open} connection pools (max_open) became free"
            raise CallTimeoutError(text, url=shown, phase="connect") from error
        try:
            if unused is not None:
                await unused.aclose()
            yield busy.client
        finally:
            busy.calls -= 1
            if not busy.calls:
                del self._busy[key]
                if not self._closed:
                    self._idle[key] = busy.client
                    self._wake_one()

    async def _take(self, key: _Key) -> tuple[_Busy, SoapClient | None]:
        """Return the client of a peer, marked as used, and the one that had to make room for it."""
        while True:
            if self._closed:
                raise ConfigurationError("this ClientPool is closed")
            unused = None
            busy = self._busy.get(key)
            if busy is None:
                if key not in self._idle and self.open_count >= self._max_open:
                    if not self._idle:
                        await self._wait()
                        continue
                    unused = self._idle.popitem(last=False)[1]
                client = self._idle.pop(key) if key in self._idle else self._open(key)
                busy = self._busy[key] = _Busy(client)
            busy.calls += 1
            return busy, unused

    def _open(self, key: _Key) -> SoapClient:
        url, identity, style = key
        return SoapClient(
            url,
            charge_box_identity=identity,
            settings=self._settings,
            from_address=self._from_address,
            transport=self._transport,
            style=style,
            strict=self._strict,
            on_deviations=self._on_deviations,
            message_ids=self._message_ids,
        )

    async def _wait(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # Woken and cancelled at once: somebody else takes the turn.
                self._wake_one()
            raise
        finally:
            if turn in self._waiting:
                self._waiting.remove(turn)

    def _wake_one(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return


class PeerClient:
    """A caller for one peer of a `ClientPool`; made by `ClientPool.client`."""

    __slots__ = ("_key", "_pool")

    def __init__(self, pool: ClientPool, key: _Key) -> None:
        self._pool = pool
        self._key = key

    @property
    def charge_box_identity(self) -> str:
        """The charge point that is meant."""
        return self._key[1]

    async def call(self, operation: Operation[Req, Resp], request: Req, /) -> Resp:
        """Send a request and return its reply.

        Raises:
            OcppError: as `SoapClient.call`; a `CallTimeoutError` of phase `connect` if no connection pool became free.
        """
        return (await self.exchange(operation, request)).message

    async def exchange(self, operation: Operation[Req, Resp], request: Req, /) -> Reply[Resp]:
        """Send a request and return its reply together with its headers and what was odd about it.

        Raises:
            OcppError: as `call`.
        """
        async with self._pool._lease(self._key) as client:
            return await client.exchange(operation, request)
