"""Running an ASGI application on uvicorn, inside of an event loop or as the whole program."""

from __future__ import annotations

import asyncio
import gc
import math
import signal
import socket
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from ssl import SSLContext
from types import FrameType

import uvicorn

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.server.app import SoapServer
from ocpp_sdk.server.asgi import ASGIApp
from ocpp_sdk.server.connection import Connection

__all__ = ["ServerAddress", "run", "serve"]

_BACKLOG = 2048
_KEEP_ALIVE_S = 75
_GC_THRESHOLD = 50_000
_TICK_S = 1.0


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a server listens.

    Attributes:
        host: the address it is bound to.
        port: the port, also when port 0 was asked for.
        scheme: `http` or `https`.
    """

    host: str
    port: int
    scheme: str = "http"

    @property
    def url(self) -> str:
        """The address as a URL without a path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


class _Server(uvicorn.Server):
    """A uvicorn server that says when it accepts requests, leaves signals to its caller, and wakes seldom."""

    def __init__(self, app: ASGIApp, tls: SSLContext | None, drain_s: float) -> None:
        config = uvicorn.Config(
            app,
            access_log=False,
            backlog=_BACKLOG,
            http=Connection,
            log_config=None,
            # What goes wrong is logged where it is understood; uvicorn would add tracebacks to a Ctrl-C.
            log_level="critical",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=math.ceil(drain_s),
            timeout_keep_alive=_KEEP_ALIVE_S,
            ssl_context_factory=None if tls is None else lambda *_: tls,
            ws="none",
        )
        super().__init__(config)
        self.accepting = asyncio.Event()
        self._app = app
        self._ending = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit:
            error = self._app.start_error if isinstance(self._app, SoapServer) else None
            raise error or ConfigurationError("the application did not start") from None
        self.accepting.set()

    async def main_loop(self) -> None:
        """Set the date of replies each second; uvicorn looks ten times whether it shall end."""
        loop = self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            # Always at the same moments, as others do, so that an idle process wakes once for all of them.
            with suppress(TimeoutError):
                async with asyncio.timeout(_TICK_S - loop.time() % _TICK_S):
                    await self._ending.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End, from within a handler of signals."""
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ending.set)

    def end(self) -> None:
        """End soon."""
        self.should_exit = True
        self._ending.set()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


@asynccontextmanager
async def serve(
    app: ASGIApp, host: str = "127.0.0.1", port: int = 0, *, tls: SSLContext | None = None, drain_s: float = 10.0
) -> AsyncIterator[ServerAddress]:
    """Serve an application inside of the running event loop, until the block is left.

    Args:
        app: a `SoapServer` or any other ASGI application.
        host: address to bind.
        port: port to bind; 0 takes a free one.
        tls: context for HTTPS.
        drain_s: time that requests in flight are given at the end, in seconds.

    Raises:
        ConfigurationError: the address cannot be bound, or the application does not start.
    """
    async with _started(app, host, port, tls, drain_s) as (_, _, address):
        yield address


def run(
    app: ASGIApp,
    host: str = "127.0.0.1",
    port: int = 9220,
    *,
    tls: SSLContext | None = None,
    drain_s: float = 10.0,
    on_ready: Callable[[ServerAddress], None] | None = None,
) -> None:
    """Serve an application until SIGINT or SIGTERM; a second SIGINT does not wait for requests in flight.

    Args:
        app: a `SoapServer` or any other ASGI application.
        host: address to bind.
        port: port to bind; 0 takes a free one.
        tls: context for HTTPS.
        drain_s: time that requests in flight are given at the end, in seconds.
        on_ready: called with the bound address when requests are accepted.

    Raises:
        ConfigurationError: the address cannot be bound, or the application does not start.
    """

    async def main() -> None:
        async with _started(app, host, port, tls, drain_s) as (server, serving, address):
            with _stop_signals(server):
                _tune_collector()
                if on_ready is not None:
                    on_ready(address)
                await serving

    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(main())
    except KeyboardInterrupt:
        return


@asynccontextmanager
async def _started(
    app: ASGIApp, host: str, port: int, tls: SSLContext | None, drain_s: float
) -> AsyncIterator[tuple[_Server, asyncio.Task[None], ServerAddress]]:
    with _bind(host, port) as listener:
        bound = listener.getsockname()
        server = _Server(app, tls, drain_s)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        accepting = asyncio.create_task(server.accepting.wait())
        try:
            await asyncio.wait({serving, accepting}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
            yield server, serving, ServerAddress(bound[0], bound[1], "https" if tls else "http")
        finally:
            accepting.cancel()
            server.end()
            if not serving.done():
                await serving


def _bind(host: str, port: int) -> socket.socket:
    """Open the listening socket, so that what stands against it is said in one line."""
    if not 0 <= port <= 65535:
        # The resolver of the system would take it modulo 65536.
        raise ConfigurationError(f"cannot listen at {host} port {port}: a port is 0 to 65535")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            # Another process that is bound here, but does not listen yet, shows only now.
            listener.listen(_BACKLOG)
        except BaseException:
            listener.close()
            raise
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(f"cannot listen at {host} port {port}: {reason}") from error
    return listener


@contextmanager
def _stop_signals(server: uvicorn.Server) -> Generator[None, None, None]:
    """Stop the server on SIGINT and SIGTERM and give the signals back afterwards."""
    previous = {number: signal.signal(number, server.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _tune_collector() -> None:
    """Spare the collector what lives as long as the process; requests leave few cycles behind."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD, 20, 20)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return None
    return uvloop.new_event_loop
