"""The way to the central system: one request at a time, and whether it can be reached.

A request that finds no connection closes the way for what is queued. From then on a probe is sent after growing pauses,
Heartbeat or after a long time BootNotification, until one is answered (OCPP-S 1.6 errata section 3.2).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ocpp_sdk.charge_point.settings import ChargePointSettings, backoff_s
from ocpp_sdk.client.queue import is_out_of_reach
from ocpp_sdk.clock import Clock, wait_within
from ocpp_sdk.errors import CallError, FaultError, MessageError, OcppError, WireError
from ocpp_sdk.versions.roles import CentralSystemGateway

__all__ = ["Link", "Report"]

T = TypeVar("T")

Report = Callable[[str], None]
"""Takes one line that says what happened."""


class Link:
    """Sends requests one after the other, since there are central systems that do not bear two at once.

    Args:
        gateway: the central system.
        settings: the pauses between probes.
        clock: tells when a request went through.
        random: returns numbers from 0 to 1, for the spread of pauses.

    Attributes:
        last_answer: when the central system answered last, on the clock that only grows.
        online: set while it answers.
        settled: set while it answers, and what an outage has changed was taken notice of.
    """

    def __init__(
        self,
        gateway: CentralSystemGateway,
        settings: ChargePointSettings,
        clock: Clock,
        random: Callable[[], float],
    ) -> None:
        self._gateway = gateway
        self._settings = settings
        self._clock = clock
        self._random = random
        self._turn = asyncio.Lock()
        self._offline = asyncio.Event()
        self.last_answer = clock.monotonic()
        self.online = asyncio.Event()
        self.online.set()
        self.settled = asyncio.Event()
        self.settled.set()

    async def send(self, request: Callable[[CentralSystemGateway], Awaitable[T]]) -> T:
        """Send a request and return its answer.

        Raises:
            OcppError: as `Caller.call`.
        """
        async with self._turn:
            try:
                answer = await request(self._gateway)
            except OcppError as error:
                if is_out_of_reach(error):
                    self.online.clear()
                    self.settled.clear()
                    self._offline.set()
                elif _is_answer(error):
                    self._answered()
                raise
            self._answered()
            return answer

    async def run(self, probe: Callable[[float], Awaitable[None]], back: Callable[[], Awaitable[None]]) -> None:
        """Bring the connection back whenever it is lost, until cancelled.

        Args:
            probe: sends a sign of life; told for how many seconds there was no answer.
            back: called when a probe was answered, before what is queued may go out.
        """
        while True:
            await self._offline.wait()
            failures = 0
            while not self.online.is_set():
                failures += 1
                pause = backoff_s(self._settings, failures, self._random())
                if not await wait_within(self._clock, self.online, pause):
                    await probe(self._clock.monotonic() - self.last_answer)
            self._offline.clear()
            await back()
            if self.online.is_set():
                self.settled.set()

    def _answered(self) -> None:
        self.last_answer = self._clock.monotonic()
        self.online.set()


def _is_answer(error: OcppError) -> bool:
    """Tell whether an error comes from the other side, and not from what was to be sent."""
    if isinstance(error, MessageError):
        return not error.path.partition("/")[0].endswith("Request")
    return isinstance(error, FaultError | CallError | WireError)
