"""A TCP proxy whose connections are lost at will."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ocpp_sdk.testing.proxy import TcpProxy


@asynccontextmanager
async def echo(heard: asyncio.Queue[bytes]) -> AsyncIterator[TcpProxy]:
    """Run a proxy before a server that says again what it hears."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(100):
                heard.put_nowait(data)
                writer.write(data)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server, TcpProxy(*server.sockets[0].getsockname()[:2]) as proxy:
        yield proxy


@pytest.mark.anyio
async def test_proxy_forwards_until_it_is_cut_and_again_when_restored() -> None:
    """Connections break, new ones are refused, and the same port serves again."""
    async with asyncio.timeout(30), echo(asyncio.Queue()) as proxy:
        port = proxy.port
        for _ in range(2):
            reader, writer = await asyncio.open_connection(proxy.host, port)
            writer.write(b"ping")
            assert await reader.readexactly(4) == b"ping"
            await proxy.cut()
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(1)
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(proxy.host, port)
            writer.close()
            await proxy.restore()


@pytest.mark.anyio
async def test_proxy_muted_lets_the_server_hear_and_nobody_its_reply() -> None:
    """The request arrives, the reply does not."""
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    async with asyncio.timeout(30), echo(heard) as proxy:
        reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
        proxy.mute()
        writer.write(b"ping")
        assert await heard.get() == b"ping"
        await proxy.cut()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(4)
        writer.close()
