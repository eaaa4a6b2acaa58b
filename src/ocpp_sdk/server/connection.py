"""uvicorn's connection, sparing the system and the event loop what many small requests make it do for nothing.

uvicorn writes head and body of a reply one after the other, each by a system call in the midst of the work for other
requests, and each wakes its reader. Here what one turn of the event loop writes goes out together, when the turn is
over; a reply waits that long at most.

uvicorn also arms a timer after each reply and takes it down at the next request. With peers that send one request after
the other, that is a handle of the event loop made and closed for each, and none ever goes off. Here one timer runs on.
"""

from __future__ import annotations

import asyncio
from typing import cast

from ocpp_sdk.server.direct import DirectProtocol

__all__ = ["Connection"]

# Beyond this the transport shall know what waits to be written, so that it can hold the writer back.
_MOST_GATHERED = 65536


class _Gathering:
    """A transport that writes what it is given in one turn of the event loop as one piece, or before it closes.

    All that uvicorn writes goes through it, so nothing overtakes anything.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._pieces: list[bytes] = []
        self._size = 0
        self.is_closing = transport.is_closing
        self.get_extra_info = transport.get_extra_info
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading
        self.set_protocol = transport.set_protocol

    def write(self, data: bytes) -> None:
        if not self._pieces:
            self._loop.call_soon(self.flush)
        self._pieces.append(data)
        self._size += len(data)
        if self._size > _MOST_GATHERED:
            self.flush()

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def flush(self) -> None:
        if not self._pieces:
            return
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        if not self._transport.is_closing():
            self._transport.write(data)


class Connection(DirectProtocol):
    """Closes when nothing comes for the keep-alive time; the timer runs on while requests come and is then set anew."""

    _idle_since: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take the connection, and gather what is written to it."""
        self._gathering = _Gathering(transport, self.loop)
        super().connection_made(cast("asyncio.Transport", self._gathering))

    def eof_received(self) -> None:
        """Write what is gathered, since the event loop closes its transport now."""
        self._gathering.flush()

    def on_response_complete(self) -> None:
        """Begin the next request if it is here already; else wait for it."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
            return
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._wait(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        """Close, if the pause is long enough; the next reply sets the timer anew if there is no pause."""
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._wait(left)
        elif not self.transport.is_closing():
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the timer down, which would keep the connection in memory."""
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = None

    def _wait(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)
