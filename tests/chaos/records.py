"""What each side has kept: the queue of a charge point, and what the central system has of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from ocpp_sdk.modbus.station.records import OPEN, REQUESTS
from ocpp_sdk.storage import CallState, Queue, QueuedCall, Store, TransactionRecord
from ocpp_sdk.storage.messages import Direction
from ocpp_sdk.storage.metering import MeterSample

ORDERED: Final = ("StartTransaction", "MeterValues", "StopTransaction")
_PAGE: Final = 500


class _Numbered(Protocol):
    @property
    def number(self) -> int | None: ...


T = TypeVar("T", bound=_Numbered)
Told: TypeAlias = tuple[str, int | None, datetime, int]
"""Operation, transaction of a stop or connector of the others, time and Wh: what tells one message from all others."""


@dataclass(slots=True)
class Kept:
    """What a charge point has kept.

    Attributes:
        calls: of its queue by number, statuses and the like left out.
        unfinished: requests of the PLC that have not come to their end.
    """

    calls: list[QueuedCall] = field(default_factory=list)
    unfinished: int = 0

    def in_state(self, state: CallState) -> list[QueuedCall]:
        """Return the calls in one state."""
        return [call for call in self.calls if call.state is state]

    def told(self) -> list[Told]:
        """Return what was to be told, in order."""
        numbers = self.numbers()
        return [_told_by(call, json.loads(call.request), numbers) for call in self.calls]

    def numbers(self) -> dict[int, int]:
        """Return the transaction numbers by the places of their starts in the queue."""
        return {
            call.number: json.loads(call.reply)["transaction_id"]
            for call in self.calls
            if call.operation == "StartTransaction" and call.reply is not None
        }

    def readings(self) -> list[tuple[int, int | None]]:
        """Return connector and transaction of each reading, in order; None for one that belongs to none."""
        numbers = self.numbers()
        found = [json.loads(call.request) for call in self.calls if call.operation == "MeterValues"]
        return [(one["connector_id"], numbers.get(one.get("start_number", 0))) for one in found]


@dataclass(slots=True)
class Received:
    """What the central system has of one charge point.

    Attributes:
        transactions: by number.
        samples: of all its transactions, in the order in which they came.
        heard: what was answered, in the order in which it came the first time.
        refused_stops: how many stops ended nothing.
        commanded: how many commands of the central system were accepted.
    """

    transactions: list[TransactionRecord]
    samples: list[MeterSample]
    heard: list[Told]
    refused_stops: int
    commanded: int = 0


async def kept_by(store: Store, identity: str) -> Kept:
    """Read what a charge point has kept."""
    calls = [
        call
        async for call in _pages(
            lambda after: store.calls(Queue.REQUESTS, identity, after=after, limit=_PAGE)  # by number
        )
        if call.operation in ORDERED
    ]
    waiting = await store.exchanges(identity, states=OPEN, limit=_PAGE)
    return Kept(calls, sum(record.kind in REQUESTS for record in waiting))


async def received_from(store: Store, identity: str) -> Received:
    """Read what the central system has of a charge point."""
    transactions: list[TransactionRecord] = []
    while page := await store.transactions(
        identity, before=transactions[-1].transaction_id if transactions else None, limit=_PAGE
    ):
        transactions += page
    samples = [one async for one in _pages(lambda after: store.samples(identity, after=after, limit=_PAGE))]
    heard: dict[str, Told] = {}
    commanded = 0
    async for message in _pages(lambda after: store.messages(identity, after=after, limit=_PAGE)):
        commanded += message.direction is Direction.TO_CHARGE_POINT and "Accepted" in (message.reply or "")
        asked = message.direction is Direction.FROM_CHARGE_POINT and message.operation in ORDERED
        if asked and message.reply is not None:
            heard.setdefault(message.operation + message.request, _told(message.operation, json.loads(message.request)))
    refused = await store.refused_stops(identity, limit=_PAGE)
    return Received(transactions[::-1], samples, list(heard.values()), len(refused), commanded)


async def resend(store: Store, identity: str) -> set[int]:
    """Let all that was given up be sent again, as somebody would who has repaired the cause; returns their numbers."""
    given_up = [call async for call in _given_up(store, identity)]
    for call in given_up:
        await store.resend_call(Queue.REQUESTS, call.number, expires_at=None)
    return {call.number for call in given_up if call.operation in ORDERED}


async def _given_up(store: Store, identity: str) -> AsyncIterator[QueuedCall]:
    state = CallState.GIVEN_UP
    async for call in _pages(
        lambda after: store.calls(Queue.REQUESTS, identity, state=state, after=after, limit=_PAGE)
    ):
        yield call


async def _pages(read: Callable[[int], Awaitable[list[T]]]) -> AsyncIterator[T]:
    after = 0
    while page := await read(after):
        for one in page:
            yield one
        after = page[-1].number or 0


def _told_by(call: QueuedCall, request: dict[str, Any], numbers: dict[int, int]) -> Told:
    """Return what a call says."""
    if call.operation == "StartTransaction":
        start = request["start"]
        return call.operation, start["connector_id"], _time(start["timestamp"]), start["meter_start_wh"]
    if call.operation == "StopTransaction":
        number = numbers.get(request["start_number"])
        return call.operation, number, _time(request["timestamp"]), request["meter_stop_wh"]
    at, values = request["reading"]
    return call.operation, request["connector_id"], _time(at), int(values[0][0])


def _told(operation: str, request: dict[str, Any]) -> Told:
    """Return what a request on the wire says, in whichever version."""
    if operation == "StartTransaction":
        return operation, request["connectorId"], _time(request["timestamp"]), request["meterStart"]
    if operation == "StopTransaction":
        return operation, request["transactionId"], _time(request["timestamp"]), request["meterStop"]
    reading = next(value for value in request.values() if isinstance(value, list))[0]
    sampled = reading.get("sampledValue", reading.get("value"))
    value = sampled[0]["value"] if isinstance(sampled, list) else sampled
    return operation, request["connectorId"], _time(reading["timestamp"]), int(value)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
