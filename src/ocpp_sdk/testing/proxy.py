"""A TCP proxy whose connections can be lost at will, for tests of clients of any server.

async with TcpProxy("127.0.0.1", 5432) as proxy:
    ...  # talk to proxy.host, proxy.port
    await proxy.cut()      # all connections break, new ones are refused
    await proxy.restore()  # as if nothing had been
"""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Final, Self, cast

__all__ = ["TcpProxy"]

_CHUNK: Final = 65_536


class TcpProxy:
    """Forwards connections to a server, until it is told otherwise; an asynchronous context manager.

    Attributes:
        host: to connect to, on this machine.
        port: to connect to; the same after `cut` and `restore`.
    """

    def __init__(self, server_host: str, server_port: int) -> None:
        self.host = "127.0.0.1"
        self.port = 0
        self._target = server_host, server_port
        self._listener: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._forwarders: set[asyncio.Task[None]] = set()
        self._mute = False

    async def __aenter__(self) -> Self:
        await self.restore()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.cut()

    async def cut(self) -> None:
        """Break all connections and refuse new ones."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        await self._break()

    async def restore(self) -> None:
        """Accept connections again, and forward what the server says."""
        self._mute = False
        if self._listener is None:
            self._listener = await asyncio.start_server(self._accept, self.host, self.port)
            self.port = self._listener.sockets[0].getsockname()[1]

    def mute(self) -> None:
        """Keep back what the server says, so that it acts on what it is asked and nobody learns of it."""
        self._mute = True

    async def _break(self) -> None:
        for writer in tuple(self._open):
            writer.transport.abort()
        for task in tuple(self._forwarders):
            task.cancel()
        await asyncio.gather(*self._forwarders, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._forwarders.add(task)
        try:
            await self._connect(reader, writer)
        except asyncio.CancelledError:
            # The task belongs to the listener, which would report a cancelled one as an error of ours.
            pass
        finally:
            self._forwarders.discard(task)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with contextlib.suppress(OSError):
                theirs, there = await asyncio.open_connection(*self._target)
                self._open.add(there)
                try:
                    await self._forward(reader, writer, theirs, there)
                finally:
                    there.transport.abort()
                    self._open.discard(there)
        finally:
            writer.transport.abort()
            self._open.discard(writer)

    async def _forward(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        theirs: asyncio.StreamReader,
        there: asyncio.StreamWriter,
    ) -> None:
        """Copy both ways until either end has closed."""
        ways = [
            asyncio.ensure_future(self._copy(reader, there, replies=False)),
            asyncio.ensure_future(self._copy(theirs, writer, replies=True)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, replies: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                if replies and self._mute:
                    continue
                writer.write(data)
                await writer.drain()
