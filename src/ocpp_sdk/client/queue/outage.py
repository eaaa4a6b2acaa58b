"""Asking a storage until it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from ocpp_sdk.client.queue.policy import pause_s
from ocpp_sdk.client.queue.roles import Report
from ocpp_sdk.clock import Clock
from ocpp_sdk.errors import StorageError

__all__ = ["Outage"]

T = TypeVar("T")


class Outage:
    """Whether the storage fails at present, told once when it begins and once when it is over.

    Args:
        what: does not go on meanwhile, for people.
        clock: drives the pauses.
        report: hears of both.
    """

    def __init__(self, what: str, clock: Clock, report: Report) -> None:
        self._what = what
        self._clock = clock
        self._report = report
        self._failures = 0
        self._since = 0.0

    async def outlast(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask again and again, with growing pauses, until there is an answer.

        Args:
            ask: a verb that may be repeated.
        """
        while True:
            try:
                found = await ask()
            except StorageError as error:
                await self.failed(error)
            else:
                self.over()
                return found

    async def failed(self, error: StorageError) -> None:
        """Note a failure, and wait before the storage is asked again."""
        if not self._failures:
            self._since = self._clock.monotonic()
            self._report(f"{self._what} waits for its storage: {error}")
        self._failures += 1
        await self._clock.sleep(pause_s(self._failures))

    def over(self) -> None:
        """Note that the storage has answered."""
        if self._failures:
            self._failures = 0
            self._report(f"{self._what} goes on, after {self._clock.monotonic() - self._since:.0f} s without storage")
