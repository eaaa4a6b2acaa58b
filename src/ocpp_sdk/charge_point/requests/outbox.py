"""The charge point's side of its durable queue: what is put into it, how it is sent, and what follows an answer.

Starts, stops and readings are ordered and never dropped. A status is worth sending while it is the present one: without
a connection none is queued, those that wait are passed over, and when the connection is back each connector's present
status is sent if the central system knows another one (1.6 section 4.9).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Final, Protocol
from uuid import uuid4

from ocpp_sdk.charge_point.configuration import ConfigurationTable
from ocpp_sdk.charge_point.connection.link import Link, Report
from ocpp_sdk.charge_point.connection.registration import Registration
from ocpp_sdk.charge_point.requests.delivery import deliver
from ocpp_sdk.charge_point.requests.messages import (
    OPERATION_OF,
    Message,
    ReadingMessage,
    StartMessage,
    StartReply,
    StatusMessage,
    StopMessage,
    StopReply,
    read_json,
    write_json,
)
from ocpp_sdk.charge_point.requests.start_numbers import StartNumbers
from ocpp_sdk.client.queue import DurableQueue, RetryRules
from ocpp_sdk.clock import Clock
from ocpp_sdk.errors import GivenUpError, OcppError
from ocpp_sdk.storage import CallState, NewCall, QueuedCall, Store
from ocpp_sdk.versions.domain import StatusReport

__all__ = ["Answers", "Outbox"]

_DEFAULT_ATTEMPTS: Final = 3
_DEFAULT_RETRY_S: Final = 60
_KIND_OF: Final = {operation: kind for kind, operation in OPERATION_OF.items()}
_PASSED_OVER: Final = '{"superseded":true}'


class Answers(Protocol):
    """Who hears of the ends of messages, once these are on disk."""

    async def start_answered(self, number: int, reply: StartReply) -> None:
        """Hear what was answered to a start."""
        ...

    async def start_given_up(self, number: int) -> None:
        """Hear that a start will not be sent again by itself."""
        ...

    async def stop_answered(self, stop: StopMessage, reply: StopReply) -> None:
        """Hear what was answered to a stop."""
        ...

    async def stop_given_up(self, stop: StopMessage) -> None:
        """Hear that a stop will not be sent again by itself."""
        ...


class Outbox:
    """The queue of one charge point.

    Args:
        store: where it is kept.
        identity: of the charge point.
        link: the way to the central system.
        registration: nothing is sent before it is accepted.
        configuration: how often a refused message is sent.
        clock: drives the waits.
        report: hears of each answer.
        answers: hears of the ends of messages.

    Attributes:
        queue: where they wait.
        newest: the last place of the queue that is known.
        given_up: how many were given up since the start of the program.
        start_numbers: knows the numbers of transactions.
    """

    def __init__(
        self,
        store: Store,
        identity: str,
        link: Link,
        registration: Registration,
        configuration: ConfigurationTable,
        clock: Clock,
        report: Report,
        answers: Callable[[], Answers],
    ) -> None:
        self._identity = identity
        self._link = link
        self._registration = registration
        self._configuration = configuration
        self._clock = clock
        self._report = report
        self._answers = answers
        self.newest = self._stale_to = 0
        self.given_up = 0
        self.start_numbers = StartNumbers(store, identity)
        self._known_there: dict[int, StatusReport] = {}
        self.queue = DurableQueue(
            store=store,
            identity=identity,
            sender=self,
            gate=self,
            rules=self._rules,
            clock=clock,
            report=report,
        )

    async def add(
        self, message: Message, *, key: str | None = None, ordered: bool = True, expires_s: float | None = None
    ) -> QueuedCall:
        """Let a message wait for its turn; it is on disk when this returns.

        Args:
            message: what to send.
            key: unique for ever, so that the same message is never queued twice; a new one if it is left out.
            ordered: whether it may not be sent before an earlier ordered one has ended.
            expires_s: after how many seconds it is not worth sending; None for never.

        Raises:
            StorageError: it is not on disk.
        """
        now = self._clock.now()
        call = await self.queue.put(
            NewCall(
                key=key or uuid4().hex,
                identity=self._identity,
                operation=OPERATION_OF[type(message)],
                request=write_json(message),
                ordered=ordered,
                created_at=now,
                expires_at=None if expires_s is None else now + timedelta(seconds=expires_s),
            )
        )
        self.newest = max(self.newest, call.number)
        return call

    async def add_status(self, report: StatusReport) -> None:
        """Let a status wait, if it may be sent now; a storage that fails costs the status, and is reported."""
        if not self._registration.accepted.is_set() or not self._link.online.is_set():
            return
        try:
            await self.add(StatusMessage(report=report), ordered=False)
        except OcppError as error:
            self._report(f"StatusNotification: connector {report.connector_id} is {report.status}: {error}")

    def forget_statuses(self) -> None:
        """Take it that the central system knows no status, as after a boot; those that wait are not sent."""
        self._known_there.clear()
        self._stale_to = self.newest

    async def add_present(self, numbers: Iterable[int], report_of: Callable[[int], StatusReport]) -> None:
        """Let those statuses wait that the central system does not know yet.

        Args:
            numbers: of connectors.
            report_of: returns the status of one; asked just before it is added, since it may change meanwhile.
        """
        self._stale_to = self.newest
        for number in numbers:
            report, known = report_of(number), self._known_there.get(number)
            if known is None or (known.status, known.error_code) != (report.status, report.error_code):
                await self.add_status(report)

    def begin_after(self, number: int) -> None:
        """Take note of the last place of the queue from before a restart; statuses from then are not sent any more."""
        self.newest = self._stale_to = number

    async def send(self, call: QueuedCall) -> str:
        """Send a message; what the queue calls."""
        message = read_json(_KIND_OF[call.operation], call.request)
        if isinstance(message, StatusMessage) and call.number <= self._stale_to:
            return _PASSED_OVER
        numbered = await self._numbered(message)
        try:
            reply, line = await self._link.send(lambda central_system: deliver(numbered, central_system))
        except OcppError as error:
            if isinstance(message, StatusMessage) and not error.retry_safe:
                # It may have come, so what the central system takes for the status is not known.
                self._known_there.pop(message.report.connector_id, None)
            raise
        if isinstance(message, StatusMessage):
            self._known_there[message.report.connector_id] = message.report
        self._report(line)
        return reply

    async def ended(self, call: QueuedCall) -> None:
        """Let the rest of the charge point hear of the end of a message; what the queue calls."""
        kind = _KIND_OF.get(call.operation)
        self.given_up += call.state is CallState.GIVEN_UP
        if kind is StartMessage:
            if call.state is CallState.ANSWERED and call.reply is not None:
                await self._answers().start_answered(call.number, read_json(StartReply, call.reply))
            else:
                await self._answers().start_given_up(call.number)
        elif kind is StopMessage:
            stop = read_json(StopMessage, call.request)
            if call.state is CallState.ANSWERED and call.reply is not None:
                await self._answers().stop_answered(stop, read_json(StopReply, call.reply))
            else:
                await self._answers().stop_given_up(stop)

    @property
    def is_open(self) -> bool:
        """Whether something may be sent; what the queue asks."""
        # Before it is settled which statuses still hold, one from before an outage would be told as the present one.
        return self._registration.accepted.is_set() and self._link.settled.is_set()

    async def open(self) -> None:
        """Wait until something may be sent; what the queue calls."""
        while not self.is_open:
            await self._registration.accepted.wait()
            await self._link.settled.wait()

    def lost(self, error: OcppError) -> None:
        """Take note that there is no connection, which the link knows already; what the queue calls."""

    async def _numbered(self, message: Message) -> Message:
        """Return a message with the number that the central system gave its transaction.

        Raises:
            GivenUpError: there is none, and will be none.
        """
        if not isinstance(message, StopMessage | ReadingMessage):
            return message
        if message.transaction_id is not None or message.start_number is None:
            return message
        number = await self.start_numbers.find(message.start_number)
        if number is None:
            raise GivenUpError("the start of its transaction has no answer; send the start again first")
        return replace(message, transaction_id=number)

    def _rules(self) -> RetryRules:
        return RetryRules(
            attempts=self._configuration.integer("TransactionMessageAttempts", _DEFAULT_ATTEMPTS),
            retry_s=self._configuration.integer("TransactionMessageRetryInterval", _DEFAULT_RETRY_S),
        )
