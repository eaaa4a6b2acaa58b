"""Sends what waits, in order, and keeps what must not be lost.

The queue lives in memory. Starts and stops stay at its head until they are answered:

- without a connection they wait, however long that takes;
- after an outcome that is not known they are sent again exactly as before, which central systems recognise, because a
  stop that is missing is worse than one that comes twice;
- after a fault or an HTTP error they are sent again as often as TransactionMessageAttempts allows (1.6 section 3.7.1),
  and then given up, so that what comes later is not held back for ever.

Readings are not sent again when they may have arrived. Statuses that could not be sent are forgotten; when the
connection is back, each connector's present status is sent (1.6 section 4.9).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from ocpp_sdk.charge_point.clock import Clock, wait_within
from ocpp_sdk.charge_point.configuration import ConfigurationTable
from ocpp_sdk.charge_point.link import Link, Report
from ocpp_sdk.charge_point.messages import Message, ReadingMessage, StartMessage, StatusMessage, StopMessage
from ocpp_sdk.charge_point.registration import Registration, backoff_s
from ocpp_sdk.charge_point.settings import ChargePointSettings
from ocpp_sdk.errors import CallError, ConfigurationError, HttpStatusError, OcppError
from ocpp_sdk.versions.domain import StatusReport

__all__ = ["Outbox"]

_MAX_WAITING = 10_000
_DEFAULT_ATTEMPTS = 3
_DEFAULT_RETRY_S = 60


class Outbox:
    """The queue of one charge point and the loop that empties it.

    Args:
        settings: the waits without a connection.
        link: the way to the central system.
        registration: nothing is sent before it is accepted.
        configuration: how often a refused message is sent.
        clock: drives the waits.
        random: returns numbers from 0 to 1.
        report: hears of each answer.
        present: returns the present status of every connector.
    """

    def __init__(
        self,
        settings: ChargePointSettings,
        link: Link,
        registration: Registration,
        configuration: ConfigurationTable,
        clock: Clock,
        random: Callable[[], float],
        report: Report,
        present: Callable[[], Iterable[StatusReport]],
    ) -> None:
        self._settings = settings
        self._link = link
        self._registration = registration
        self._configuration = configuration
        self._clock = clock
        self._random = random
        self._report = report
        self._present = present
        self._waiting: deque[Message] = deque()
        self._filled = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._offline = False

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, message: Message) -> None:
        """Let a message wait for its turn; when far too many wait, the oldest reading makes room."""
        if isinstance(message, StatusMessage) and (self._offline or not self._registration.accepted.is_set()):
            return
        if len(self._waiting) >= _MAX_WAITING:
            # The head may be under way.
            oldest = next((old for old in list(self._waiting)[1:] if isinstance(old, ReadingMessage)), None)
            if oldest is not None:
                self._waiting.remove(oldest)
        self._waiting.append(message)
        self._empty.clear()
        self._filled.set()

    async def flush(self, seconds: float) -> bool:
        """Wait until nothing waits, for so many seconds at most; returns whether nothing does."""
        return await wait_within(self._clock, self._empty, seconds)

    async def run(self) -> None:
        """Send what waits until cancelled."""
        failures = refusals = 0
        while True:
            await self._filled.wait()
            await self._registration.accepted.wait()
            message = self._waiting[0]
            try:
                line = await self._link.send(message.deliver)
            except ConfigurationError:
                raise
            except OcppError as error:
                self._report(f"{_name(message)}: {error}")
                if _is_connection(error):
                    failures += 1
                    await self._without_connection(message, error, failures)
                    continue
                refusals += 1
                if not self._final(message, refusals):
                    await self._clock.sleep(self._retry_s() * refusals)
                    continue
                if isinstance(message, StartMessage):
                    message.transaction.given_up = True
            else:
                self._report(line)
            failures = refusals = 0
            self._drop(message)
            self._back()

    def _final(self, message: Message, refusals: int) -> bool:
        attempts = self._configuration.integer("TransactionMessageAttempts", _DEFAULT_ATTEMPTS)
        return not isinstance(message, StartMessage | StopMessage) or refusals >= attempts

    def _retry_s(self) -> int:
        return self._configuration.integer("TransactionMessageRetryInterval", _DEFAULT_RETRY_S)

    async def _without_connection(self, message: Message, error: OcppError, failures: int) -> None:
        self._offline = True
        for waiting in list(self._waiting):
            stale = isinstance(waiting, StatusMessage)
            perhaps_sent = waiting is message and isinstance(waiting, ReadingMessage) and not error.retry_safe
            if stale or perhaps_sent:
                self._drop(waiting)
        wait = backoff_s(self._settings, failures, self._random())
        await self._clock.sleep(wait)
        if self._offline and not self._waiting:
            # Nothing is left that would show that the connection is back: the statuses themselves have to.
            self._back()

    def _back(self) -> None:
        if self._offline:
            self._offline = False
            for report in self._present():
                self.add(StatusMessage(report=report))

    def _drop(self, message: Message) -> None:
        self._waiting.remove(message)
        if not self._waiting:
            self._filled.clear()
            self._empty.set()


def _is_connection(error: OcppError) -> bool:
    """Tell whether the central system did not come to answer; an HTTP status is an answer, but for 429 and 503."""
    return isinstance(error, CallError) and (error.retry_safe or not isinstance(error, HttpStatusError))


def _name(message: Message) -> str:
    match message:
        case StartMessage():
            return "StartTransaction"
        case StopMessage():
            return "StopTransaction"
        case ReadingMessage():
            return "MeterValues"
        case _:
            return "StatusNotification"
