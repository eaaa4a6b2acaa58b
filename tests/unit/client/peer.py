"""A peer that answers what a test tells it to, byte by byte, over a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

from ocpp_sdk.client import SoapClient
from tests.unit.client.heartbeat import HEARTBEAT, HeartbeatRequest, HeartbeatResponse, heartbeat_reply

cp1 = partial(SoapClient, charge_box_identity="CP1")
Script = Callable[[asyncio.StreamWriter], Awaitable[None]]
Answer = bytes | Script


@dataclass
class Request:
    """One request as it came over the wire."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Peer:
    """What a peer has seen so far, and where it listens."""

    url: str = ""
    connections: int = 0
    open: int = 0
    requests: list[Request] = field(default_factory=list)


def http(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """Return a whole HTTP reply; a header's underscores become hyphens."""
    lines = {"content_type": "application/soap+xml; charset=utf-8", "content_length": str(len(body)), **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items() if value)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


async def hang(writer: asyncio.StreamWriter) -> None:
    """Answer nothing until the client has gone."""
    await writer.wait_closed()


def then_close(data: bytes) -> Script:
    """Answer some bytes and close."""

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        writer.close()

    return script


async def _read_request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *rest = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (item.partition(":") for item in rest)}
    return Request(line, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


@contextlib.asynccontextmanager
async def peer(*answers: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[Peer]:
    """Listen on a free port; the n-th request gets the n-th answer, all further ones the last."""
    state = Peer()
    writers: set[asyncio.StreamWriter] = set()
    tasks: set[asyncio.Task[None]] = set()
    script = answers or (http(heartbeat_reply()),)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        writers.add(writer)
        state.connections += 1
        state.open += 1
        try:
            while not writer.is_closing():
                request = await _read_request(reader)
                answer = script[min(len(state.requests), len(script) - 1)]
                state.requests.append(request)
                if isinstance(answer, bytes):
                    writer.write(answer)
                    await writer.drain()
                else:
                    watch = asyncio.ensure_future(_close_at_end(reader, writer))
                    try:
                        await answer(writer)
                    finally:
                        watch.cancel()
                        await asyncio.wait({watch})
        except (asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            pass
        finally:
            state.open -= 1
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    state.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}/Ocpp/Service"
    try:
        yield state
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def _close_at_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close our end when the client closes its own, so that a script notices."""
    with contextlib.suppress(OSError):
        await reader.read()
    writer.close()


async def until(condition: Callable[[], object]) -> None:
    """Wait until a function says yes."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - often the peer's view of a socket, which sets no event
            await asyncio.sleep(0.01)


async def heartbeat(client: SoapClient) -> HeartbeatResponse:
    """Send a heartbeat."""
    return await client.call(HEARTBEAT, HeartbeatRequest())
