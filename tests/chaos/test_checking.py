"""What the comparison at the end of a chaos run finds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ocpp_sdk.storage import (
    CallState,
    MeterSample,
    Queue,
    QueuedCall,
    TransactionRecord,
    TransactionStart,
    TransactionStop,
)
from tests.chaos.checking import Sides, disagreements
from tests.chaos.customers import Delivered
from tests.chaos.records import Kept, Received, Told

T0 = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: int) -> datetime:
    """Return a time of the run."""
    return T0 + timedelta(seconds=seconds)


def call(number: int, operation: str, request: dict[str, object], reply: dict[str, object]) -> QueuedCall:
    """Return an answered call."""
    return QueuedCall(
        number=number,
        queue=Queue.REQUESTS,
        key=f"{number}",
        identity="CP1",
        operation=operation,
        request=json.dumps(request),
        ordered=True,
        created_at=T0,
        state=CallState.ANSWERED,
        reply=json.dumps(reply),
    )


def session(number: int) -> tuple[Delivered, list[QueuedCall], TransactionRecord, MeterSample, list[Told]]:
    """Return what all sides have of one session: 100 Wh with one sample in the middle."""
    low, begun, first = 100 * number, at(10 * number), 3 * number + 1
    delivered = Delivered(connector_id=1, id_tag="TAG1", meter_start_wh=low, meter_stop_wh=low + 100)
    start = {"connector_id": 1, "id_tag": "TAG1", "timestamp": begun.isoformat(), "meter_start_wh": low}
    read, stopped = begun + timedelta(seconds=1), begun + timedelta(seconds=2)
    reading = {"connector_id": 1, "reading": [read.isoformat(), [[f"{low + 50}"]]], "start_number": first}
    stop = {"start_number": first, "timestamp": stopped.isoformat(), "meter_stop_wh": low + 100}
    calls = [
        call(first, "StartTransaction", {"start": start}, {"transaction_id": number + 1}),
        call(first + 1, "MeterValues", reading, {}),
        call(first + 2, "StopTransaction", stop, {}),
    ]
    transaction = TransactionRecord(
        transaction_id=number + 1,
        start=TransactionStart(identity="CP1", connector_id=1, id_tag="TAG1", started_at=begun, meter_start_wh=low),
        stop=TransactionStop(identity="CP1", transaction_id=number + 1, stopped_at=stopped, meter_stop_wh=low + 100),
    )
    sample = MeterSample(identity="CP1", connector_id=1, sampled_at=read, value=f"{low + 50}")
    heard: list[Told] = [
        ("StartTransaction", 1, begun, low),
        ("MeterValues", 1, read, low + 50),
        ("StopTransaction", number + 1, stopped, low + 100),
    ]
    return delivered, calls, transaction, sample, heard


@pytest.fixture
def sides() -> Sides:
    """Return two sessions on which all sides agree."""
    first, second = session(0), session(1)
    return Sides(
        identity="CP1",
        delivered=(first[0], second[0]),
        kept=Kept(first[1] + second[1]),
        received=Received([first[2], second[2]], [first[3], second[3]], first[4] + second[4], 0),
    )


def lose_transaction(sides: Sides) -> None:
    del sides.received.transactions[0]


def double_transaction(sides: Sides) -> None:
    sides.received.transactions.append(replace(sides.received.transactions[1], transaction_id=9))


def leave_open(sides: Sides) -> None:
    sides.received.transactions[1] = replace(sides.received.transactions[1], stop=None)


def take_energy(sides: Sides) -> None:
    stop = sides.received.transactions[0].stop
    assert stop is not None
    sides.received.transactions[0] = replace(sides.received.transactions[0], stop=replace(stop, meter_stop_wh=99))


def swap_transactions(sides: Sides) -> None:
    sides.received.transactions.reverse()


def lose_sample(sides: Sides) -> None:
    del sides.received.samples[0]


def double_sample(sides: Sides) -> None:
    sides.received.samples.append(sides.received.samples[-1])


def swap_samples(sides: Sides) -> None:
    sides.received.samples.reverse()


def hear_stop_first(sides: Sides) -> None:
    sides.received.heard[4:] = reversed(sides.received.heard[4:])


def hear_nothing(sides: Sides) -> None:
    sides.received.heard.pop()


def give_up(sides: Sides) -> None:
    sides.kept.calls[-1] = replace(sides.kept.calls[-1], state=CallState.GIVEN_UP, error="refused 3 times")


def refuse_stop(sides: Sides) -> None:
    sides.received.refused_stops = 1


def leave_request(sides: Sides) -> None:
    sides.kept.unfinished = 1


def test_sides_that_agree_have_nothing_against_them(sides: Sides) -> None:
    """The run is good."""
    assert disagreements(sides) == []


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lose_transaction, "('TAG1', 0, 100) is missing at the central system"),
        (double_transaction, "('TAG1', 100, 200) is at the central system and was not delivered"),
        (leave_open, "transaction 2 is open"),
        (take_energy, "the meters delivered 200 Wh, the central system has 199 Wh"),
        (swap_transactions, "the transactions are not in their order"),
        (lose_sample, "2 samples were kept, 1 are at the central system"),
        (double_sample, "2 samples were kept, 3 are at the central system"),
        (swap_samples, "the samples are not in their order"),
        (hear_stop_first, "was heard before"),
        (hear_nothing, "was never heard"),
        (give_up, "StopTransaction 6 is GivenUp"),
        (refuse_stop, "1 stops ended nothing"),
        (leave_request, "1 requests of the PLC have not come to their end"),
    ],
)
def test_sides_that_differ_are_told_apart(sides: Sides, spoil: Callable[[Sides], None], found: str) -> None:
    """Each way in which a transaction can be lost, doubled or moved is a line of its own."""
    spoil(sides)
    assert any(found in line for line in disagreements(sides)), disagreements(sides)


def test_start_that_the_plc_was_refused_may_be_there_without_energy(sides: Sides) -> None:
    """A start is stored before anybody knows whether the PLC takes the answer."""
    refused = Delivered(connector_id=1, id_tag="TAG1", meter_start_wh=200, meter_stop_wh=None)
    tried = replace(sides, delivered=(*sides.delivered, refused))
    assert disagreements(tried) == []
    first = sides.received.transactions[0]
    assert first.stop is not None
    sides.received.transactions.append(
        replace(
            first,
            transaction_id=9,
            start=replace(first.start, meter_start_wh=200),
            stop=replace(first.stop, meter_stop_wh=200),
        )
    )
    assert disagreements(tried) == []
    assert disagreements(sides) != []


def test_message_that_was_sent_again_by_hand_may_be_late_and_no_other(sides: Sides) -> None:
    """Order is held for all that was not given up."""
    hear_stop_first(sides)
    assert disagreements(replace(sides, given_up=frozenset({5}))) == []
    assert disagreements(replace(sides, given_up=frozenset({1}))) != []
