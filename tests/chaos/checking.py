"""Whether the meters of the PLCs, the queues of the charge points and the central system agree, one for one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ocpp_sdk.storage import CallState, TransactionRecord
from tests.chaos.customers import Delivered
from tests.chaos.records import Kept, Received, Told

_SHOWN = 5
Row: TypeAlias = tuple[str, int, int]
"""Tag and both registers of a transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """All that is known of one charge point.

    Attributes:
        identity: its own.
        delivered: what the meter of its PLC says, per connector in order.
        kept: by the charge point.
        received: by the central system.
        given_up: numbers of the messages that had to be sent again by hand, which came later than in their order.
    """

    identity: str
    delivered: tuple[Delivered, ...]
    kept: Kept
    received: Received
    given_up: frozenset[int] = frozenset()

    def late(self) -> set[Told]:
        """Return the messages that came later than in their order."""
        return {
            one for one, call in zip(self.kept.told(), self.kept.calls, strict=True) if call.number in self.given_up
        }


def disagreements(sides: Sides) -> list[str]:
    """Return what is not as it must be, a line each; nothing if all agrees."""
    found = [*_queue(sides), *_transactions(sides), *_messages(sides), *_samples(sides)]
    return [f"{sides.identity}: {line}" for line in found]


def energy_wh(delivered: Sequence[Delivered]) -> int:
    """Return what meters have delivered."""
    return sum(one.meter_stop_wh - one.meter_start_wh for one in delivered if one.meter_stop_wh is not None)


def _queue(sides: Sides) -> Iterator[str]:
    left = [call for call in sides.kept.calls if call.state is not CallState.ANSWERED]
    for call in left[:_SHOWN]:
        yield f"{call.operation} {call.number} is {call.state} after {call.attempts} attempts: {call.error}"
    if sides.kept.unfinished:
        yield f"{sides.kept.unfinished} requests of the PLC have not come to their end"
    if sides.received.refused_stops:
        yield f"{sides.received.refused_stops} stops ended nothing at the central system"


def _transactions(sides: Sides) -> Iterator[str]:
    """Compare each connector's transactions, in order, by tag and both registers."""
    of_connector: defaultdict[int, list[TransactionRecord]] = defaultdict(list)
    numbers = sides.kept.numbers()
    late = {numbers[number] for number in sides.given_up if number in numbers}
    for transaction in sides.received.transactions:
        of_connector[transaction.start.connector_id].append(transaction)
        if transaction.stop is None:
            yield f"transaction {transaction.transaction_id} is open"
        elif transaction.problem is not None:
            yield f"transaction {transaction.transaction_id}: {transaction.problem}"
    for connector_id in sorted({one.connector_id for one in sides.delivered} | set(of_connector)):
        ended = [one for one in of_connector[connector_id] if one.stop is not None]
        here = [one for one in sides.delivered if one.connector_id == connector_id]
        there, there_late = [_row(one) for one in ended], [_row(one) for one in ended if one.transaction_id in late]
        yield from (f"connector {connector_id}: {line}" for line in _compared(here, there, there_late))
    energy = sum(
        one.stop.meter_stop_wh - one.start.meter_start_wh for one in sides.received.transactions if one.stop is not None
    )
    if energy != energy_wh(sides.delivered):
        yield f"the meters delivered {energy_wh(sides.delivered)} Wh, the central system has {energy} Wh"


def _row(transaction: TransactionRecord) -> Row:
    """Return what a transaction says that has ended."""
    assert transaction.stop is not None
    return transaction.start.id_tag, transaction.start.meter_start_wh, transaction.stop.meter_stop_wh


def _compared(here: Sequence[Delivered], there: Sequence[Row], late: Sequence[Row]) -> Iterator[str]:
    """Compare what flowed, in order; a start that the PLC was refused is there with no energy, or not at all."""
    flowed = [(one.id_tag, one.meter_start_wh, one.meter_stop_wh) for one in here if one.meter_stop_wh is not None]
    refused = Counter((one.id_tag, one.meter_start_wh, one.meter_start_wh) for one in here if one.meter_stop_wh is None)
    extra = Counter(there) - Counter(flowed)
    for one, count in (Counter(flowed) - Counter(there)).items():
        yield f"{one} is missing at the central system ({count})"
    for one, count in (extra - refused).items():
        yield f"{one} is at the central system and was not delivered ({count})"
    apart = {*late, *extra}
    if not extra - refused and [one for one in there if one not in apart] != [
        one for one in flowed if one not in apart
    ]:
        yield "the transactions are not in their order"


def _messages(sides: Sides) -> Iterator[str]:
    """Compare what was to be told with what was heard for the first time, in order."""
    told, heard = list(dict.fromkeys(sides.kept.told())), sides.received.heard
    missing, extra = _differ(told, heard), _differ(heard, told)
    for one in missing[:_SHOWN]:
        yield f"{one} was never heard ({len(missing)} in all)"
    for one in extra[:_SHOWN]:
        yield f"{one} was heard and not kept ({len(extra)} in all)"
    late = sides.late()
    in_order = zip((one for one in told if one not in late), (one for one in heard if one not in late), strict=False)
    if not (missing or extra):
        wrong = next(((one, other) for one, other in in_order if one != other), None)
        if wrong is not None:
            yield f"{wrong[1]} was heard before {wrong[0]}"


def _differ(these: list[Told], those: list[Told]) -> list[Told]:
    return list((Counter(these) - Counter(those)).elements())


def _samples(sides: Sides) -> Iterator[str]:
    """See that each reading is there once, in order, and lies between the registers of its transaction."""
    readings = [one for one in sides.kept.told() if one[0] == "MeterValues"]
    kept = list(dict.fromkeys((one[1], one[2], one[3]) for one in readings))
    there = [(one.connector_id, one.sampled_at, int(one.value)) for one in sides.received.samples]
    if Counter(kept) != Counter(there):
        yield f"{len(kept)} samples were kept, {len(there)} are at the central system"
    late = {(one[1], one[2], one[3]) for one in sides.late()}
    if [one for one in kept if one not in late] != [one for one in there if one not in late]:
        yield "the samples are not in their order"
    registers = {
        one.transaction_id: (one.start.meter_start_wh, one.stop.meter_stop_wh)
        for one in sides.received.transactions
        if one.stop is not None
    }
    last: dict[int, int] = {}
    for (_, number), (_, _, _, value) in zip(sides.kept.readings(), readings, strict=True):
        if number is None or number not in registers:
            continue
        low, high = registers[number]
        if not max(low, last.get(number, low)) <= value <= high:
            yield f"a sample of transaction {number} is {value} Wh, outside of {low} to {high} Wh or not in order"
        last[number] = value
