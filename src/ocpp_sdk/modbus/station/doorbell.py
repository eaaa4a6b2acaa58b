"""How the two processes of one charge point wake each other, so that storage need not be asked all the time.

On one machine they send each other datagrams over its loopback interface. Storage tells where the charge point listens,
and a token, so that nobody rings who cannot read it. Each ring is confirmed. What is to be done is never in a datagram,
only in storage: one that is lost delays, and who does not hear the other one looks often, as on two machines.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from hmac import compare_digest
from secrets import token_hex
from typing import Final

from ocpp_sdk.clock import Timer

__all__ = ["Doorbell"]

HEARD_FOR_S: Final = 15.0
"""For how long one that was heard counts as there; it rings more often than that."""

_HOST: Final = "127.0.0.1"
_RING: Final = b" ring"
_HEARD: Final = b" heard"
_MOST_BYTES: Final = 128
_Address = tuple[str, int]


class Doorbell(asyncio.DatagramProtocol):
    """The bell of one of the two.

    Args:
        clock: what time is.
        rung: called when the other one has rung.
    """

    def __init__(self, clock: Timer, rung: Callable[[], None]) -> None:
        self._clock = clock
        self._rung = rung
        self._token = token_hex(16).encode()
        self._transport: asyncio.DatagramTransport | None = None
        self._other: _Address | None = None
        self._heard_at = float("-inf")

    @property
    def address(self) -> str:
        """Where it can be rung, for the other one to find; empty while it is closed."""
        if self._transport is None:
            return ""
        return f"{self._transport.get_extra_info('sockname')[1]} {self._token.decode()}"

    @property
    def works(self) -> bool:
        """Whether the other one was heard of late, and so will be heard when it rings."""
        return self._clock.monotonic() - self._heard_at < HEARD_FOR_S

    async def open(self) -> None:
        """Listen, where the machine allows it."""
        try:
            await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, (_HOST, 0))
        except OSError:
            # No loopback interface: it goes by looking.
            return

    def close(self) -> None:
        """Listen no more."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def find(self, address: str) -> None:
        """Ring from now on what has told this `address`; what cannot be read is nobody."""
        port, _, token = address.partition(" ")
        if not (port.isascii() and port.isdigit() and 0 < int(port) <= 0xFFFF and token.isascii() and token):
            return
        if token.encode() != self._token:
            # Who was heard before is not there any more.
            self._heard_at = float("-inf")
        self._other, self._token = (_HOST, int(port)), token.encode()

    def ring(self) -> None:
        """Wake the other one, if it is known where that is."""
        self._send(_RING, self._other)

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override] # it is one
        """Take note of the socket."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: _Address) -> None:
        """Take a ring, or the confirmation of one."""
        token, blank, verb = data[:_MOST_BYTES].partition(b" ")
        if not compare_digest(token, self._token):
            return
        self._heard_at = self._clock.monotonic()
        self._other = addr
        if blank + verb == _RING:
            self._send(_HEARD, addr)
            self._rung()

    def error_received(self, exc: Exception) -> None:
        """Take note of nobody being there, which shows by nobody being heard."""

    def _send(self, verb: bytes, to: _Address | None) -> None:
        if to is not None and self._transport is not None:
            self._transport.sendto(self._token + verb, to)
