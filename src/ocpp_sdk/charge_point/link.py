"""The way to the central system: one request at a time, and a note of when the last one went through."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ocpp_sdk.charge_point.clock import Clock
from ocpp_sdk.errors import FaultError
from ocpp_sdk.versions.roles import CentralSystemGateway

__all__ = ["Link", "Report", "describe"]

T = TypeVar("T")

Report = Callable[[str], None]
"""Takes one line that says what happened."""


def describe(result: object) -> str:
    """Return a result in few words."""
    return "ok" if result is None else str(result)


class Link:
    """Sends requests one after the other, since there are central systems that do not bear two at once.

    Args:
        gateway: the central system.
        clock: tells when a request went through.
    """

    def __init__(self, gateway: CentralSystemGateway, clock: Clock) -> None:
        self._gateway = gateway
        self._clock = clock
        self._turn = asyncio.Lock()
        self.last_answer = clock.monotonic()

    async def send(self, request: Callable[[CentralSystemGateway], Awaitable[T]]) -> T:
        """Send a request and return its answer.

        Raises:
            OcppError: as `Caller.call`.
        """
        async with self._turn:
            try:
                answer = await request(self._gateway)
            except FaultError:
                self.last_answer = self._clock.monotonic()
                raise
            self.last_answer = self._clock.monotonic()
            return answer
