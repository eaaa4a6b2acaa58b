"""A load generator that costs little: one epoll loop, raw sockets, requests written beforehand."""

from __future__ import annotations

import math
import re
import select
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE).search
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE).search
_SAMPLE_EVERY = 97
_SILENCE_S = 10.0


class LoadError(Exception):
    """A reply that is wrong, or none at all."""


@dataclass
class LoadResult:
    """What one run measured.

    Attributes:
        rate: replies per second.
        latencies_s: from sending to the complete reply, sorted.
        samples: number of the request and the body of its reply, every so many replies.
    """

    rate: float
    latencies_s: list[float]
    samples: list[tuple[int, bytes]]

    def percentile(self, share: float) -> float:
        """Return the latency that so large a share of the replies did not exceed."""
        return self.latencies_s[min(len(self.latencies_s) - 1, math.ceil(share * len(self.latencies_s)) - 1)]


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    received: bytes = b""
    sent_at: float = 0.0
    request: int = 0


@dataclass
class LoadGenerator:
    """Keep-alive connections to one server; each sends its next request as soon as its reply is complete.

    Attributes:
        port: on 127.0.0.1.
        requests: whole HTTP requests, sent in turns.
        marker: what every good reply holds.
        connections: how many.
    """

    port: int
    requests: Sequence[bytes]
    marker: bytes
    connections: int
    _open: dict[int, _Connection] = field(default_factory=dict, repr=False)
    _next: int = 0

    def __enter__(self) -> LoadGenerator:
        for _ in range(self.connections):
            link = socket.create_connection(("127.0.0.1", self.port), timeout=5)
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link.setblocking(False)
            self._open[link.fileno()] = _Connection(link)
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._open.values():
            connection.socket.close()

    def run(self, seconds: float) -> LoadResult:
        """Send for so long, then wait for the last replies.

        Raises:
            LoadError: a reply is wrong, a connection is closed, or nothing comes.
        """
        latencies: list[float] = []
        samples: list[tuple[int, bytes]] = []
        poll = select.epoll()
        try:
            for descriptor in self._open:
                poll.register(descriptor, select.EPOLLIN)
            start = perf_counter()
            end = start + seconds
            for connection in self._open.values():
                self._send(connection, perf_counter())
            waiting = len(self._open)
            while waiting:
                ready = poll.poll(_SILENCE_S)
                if not ready:
                    raise LoadError(f"no reply for {_SILENCE_S:g} s")
                for descriptor, _ in ready:
                    connection = self._open[descriptor]
                    body = self._receive(connection)
                    if body is None:
                        continue
                    now = perf_counter()
                    latencies.append(now - connection.sent_at)
                    if len(latencies) % _SAMPLE_EVERY == 1:
                        samples.append((connection.request, body))
                    if now < end:
                        self._send(connection, now)
                    else:
                        waiting -= 1
            elapsed = perf_counter() - start
        finally:
            poll.close()
        latencies.sort()
        return LoadResult(len(latencies) / elapsed, latencies, samples)

    def _send(self, connection: _Connection, now: float) -> None:
        connection.request = self._next
        connection.sent_at = now
        self._next = (self._next + 1) % len(self.requests)
        data = self.requests[connection.request]
        if connection.socket.send(data) != len(data):
            raise LoadError("the socket did not take a whole request")

    def _receive(self, connection: _Connection) -> bytes | None:
        """Return the reply if it is complete."""
        piece = connection.socket.recv(65536)
        if not piece:
            raise LoadError("the server closed a connection")
        data = connection.received + piece
        body = complete_body(data)
        if body is None:
            connection.received = data
            return None
        connection.received = b""
        if not data.startswith(b"HTTP/1.1 200") or self.marker not in body:
            raise LoadError(f"a wrong reply: {data[:300]!r}")
        return body


def complete_body(data: bytes) -> bytes | None:
    """Return the body of an HTTP reply, None as long as it is not complete; chunks are left as they are."""
    at = data.find(b"\r\n\r\n")
    if at < 0:
        return None
    length = _LENGTH(data, 0, at)
    if length is not None:
        end = at + 4 + int(length[1])
        return data[at + 4 : end] if len(data) >= end else None
    if _CHUNKED(data, 0, at) is None:
        raise LoadError(f"a reply without a length: {data[:300]!r}")
    return data[at + 4 :] if data.endswith(b"\r\n0\r\n\r\n") else None


def unchunked(body: bytes) -> bytes:
    """Put the chunks of a body together."""
    whole = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        whole, body = whole + rest[:length], rest[length + 2 :]
        if not length:
            break
    return whole
