"""What is true of every single record, whatever happened; `ocpp_sdk.storage.checking` asks for it."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ocpp_sdk.storage.calls import CallState, QueuedCall
from ocpp_sdk.storage.charge_points import ChargePointRecord
from ocpp_sdk.storage.folding import fold
from ocpp_sdk.storage.id_tags import IdTagRecord
from ocpp_sdk.storage.local_list import LocalList
from ocpp_sdk.storage.messages import WireMessage
from ocpp_sdk.storage.metering import MeterSample
from ocpp_sdk.storage.notifications import Notification
from ocpp_sdk.storage.plc import PlcExchange
from ocpp_sdk.storage.reservations import Reservation, ReservationState
from ocpp_sdk.storage.transactions import RefusedStop, TransactionRecord
from ocpp_sdk.storage.transfer import (
    OwnedCachedTag,
    OwnedKey,
    OwnedListedTag,
    SampleRequest,
    SequenceState,
    Setting,
    TransferRecord,
)

__all__ = ["Remark", "identity_of", "key_of", "number_of", "remarks_on", "shown"]

_GREATEST_ID: Final = 2**31 - 1
_DIGEST_LENGTH: Final = 32
_KEY_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a record.

    Attributes:
        text: what it is.
        wrong: whether it must not be; else people may want to know it.
    """

    text: str
    wrong: bool = True


def identity_of(record: TransferRecord) -> str | None:
    """Return the charge point that a record belongs to, None if it belongs to none."""
    if isinstance(record, TransactionRecord):
        return record.start.identity
    if isinstance(record, RefusedStop):
        return record.stop.identity
    if isinstance(record, IdTagRecord | Setting | SequenceState):
        return None
    return record.identity


def number_of(record: TransferRecord) -> int | None:
    """Return the number of a record that was given out of a sequence, None if it has none."""
    if isinstance(record, TransactionRecord):
        return record.transaction_id
    if isinstance(
        record,
        ChargePointRecord
        | IdTagRecord
        | SampleRequest
        | Reservation
        | OwnedKey
        | LocalList
        | OwnedListedTag
        | OwnedCachedTag
        | Setting
        | SequenceState,
    ):
        return None
    # What is dumped has been stored, so a record without its number stands out as number 0.
    return record.number or 0


def key_of(record: TransferRecord) -> Hashable:  # noqa: PLR0911, PLR0912, C901 - one line a kind of record
    """Return by what no other record of its topic may be equal to it, None if it may."""
    match record:
        case TransactionRecord():
            start = record.start
            return start.connector_id, fold(start.id_tag), start.started_at, start.meter_start_wh, fold(start.identity)
        case RefusedStop():
            stop = record.stop
            return fold(stop.identity), stop.transaction_id, stop.stopped_at, stop.meter_stop_wh
        case ChargePointRecord() | LocalList():
            return fold(record.identity)
        case IdTagRecord():
            return fold(record.id_tag)
        case SampleRequest():
            return fold(record.identity), record.sampled_at, record.digest
        case Reservation():
            return fold(record.identity), record.reservation_id
        case QueuedCall():
            return fold(record.identity), record.key
        case PlcExchange():
            return fold(record.identity), record.kind, record.key
        case OwnedKey():
            return fold(record.identity), fold(record.item.key)
        case OwnedListedTag() | OwnedCachedTag():
            return fold(record.identity), fold(record.item.id_tag)
        case Setting():
            return record.key
        case SequenceState():
            return record.name
        case _:
            return None


def shown(record: TransferRecord) -> str:
    """Return a few words by which people find a record."""
    of = identity_of(record)
    owner = "" if of is None else f" of {of}"
    number = number_of(record)
    if number is not None:
        return f"number {number}{owner}"
    match record:
        case Reservation():
            name = str(record.reservation_id)
        case OwnedKey():
            name = record.item.key
        case IdTagRecord():
            name = record.id_tag
        case OwnedListedTag() | OwnedCachedTag():
            name = record.item.id_tag
        case Setting():
            name = record.key
        case SequenceState():
            name = record.name
        case SampleRequest():
            name = record.sampled_at.isoformat()
        case _:
            return str(of)
    return f"{name}{owner}"


def remarks_on(record: TransferRecord, now: datetime) -> Iterator[Remark]:  # noqa: C901 - one line a kind of record
    """Say what is odd about a record by itself.

    Args:
        record: any one.
        now: to tell what should have ended by now.
    """
    match record:
        case ChargePointRecord():
            yield from _of_charge_point(record)
        case TransactionRecord():
            yield from _of_transaction(record)
        case RefusedStop() if not record.why:
            yield Remark("no reason is kept")
        case MeterSample() if record.connector_id < 0:
            yield Remark(f"connector {record.connector_id}")
        case SampleRequest() if len(record.digest) != _DIGEST_LENGTH or set(record.digest) - set("0123456789abcdef"):
            yield Remark("its digest is none")
        case Reservation() if record.state is ReservationState.ACTIVE and record.expires_at <= now:
            yield Remark(f"expired at {record.expires_at.isoformat()}, and nobody has ended it", wrong=False)
        case QueuedCall():
            yield from _of_call(record, now)
        case PlcExchange() if record.changed_at < record.created_at:
            yield Remark("changed before it was created")
        case Notification() if record.read_at is not None and record.read_at < record.at:
            yield Remark("read before it happened", wrong=False)
        case WireMessage():
            yield from _of_message(record)
        case Setting() if not 0 < len(record.key) <= _KEY_LENGTH:
            yield Remark(f"its key has {len(record.key)} characters, 1 to {_KEY_LENGTH} are allowed")
        case SequenceState() if record.last < 0 or (record.name.endswith("_id") and record.last > _GREATEST_ID):
            yield Remark(f"has come to {record.last}")


def _of_charge_point(record: ChargePointRecord) -> Iterator[Remark]:
    if record.last_seen < record.first_seen:
        yield Remark("seen last before it was seen first")
    if (record.boot is None) != (record.booted_at is None):
        yield Remark("time and data of its last boot do not belong together")
    for kind, times in record.deviations.items():
        if times < 1:
            yield Remark(f"{kind} was counted {times} times")


def _of_transaction(record: TransactionRecord) -> Iterator[Remark]:
    start, stop = record.start, record.stop
    if not 0 < record.transaction_id <= _GREATEST_ID:
        yield Remark(f"an id is 1 to {_GREATEST_ID}")
    if stop is None:
        if record.problem is not None:
            yield Remark("runs, and has a note about its stop")
        return
    if stop.transaction_id != record.transaction_id:
        yield Remark(f"ended by a stop of transaction {stop.transaction_id}")
    if fold(stop.identity) != fold(start.identity):
        yield Remark(f"ended by a stop of {stop.identity}")
    if record.problem is None and stop.stopped_at < start.started_at:
        yield Remark("stopped before it started, and there is no note about it")
    if record.problem is None and stop.meter_stop_wh < start.meter_start_wh:
        yield Remark("the meter went back, and there is no note about it")
    if record.problem is not None:
        yield Remark(record.problem, wrong=False)


def _of_call(record: QueuedCall, now: datetime) -> Iterator[Remark]:
    claimed = record.state is CallState.CLAIMED
    if claimed != (record.lease_until is not None):
        yield Remark(f"is {record.state} {'without' if claimed else 'with'} a lease")
    if claimed and record.attempts < 1:
        yield Remark("is claimed, and was never attempted")
    if (record.state is CallState.ANSWERED) != (record.reply is not None):
        yield Remark(f"is {record.state} {'with' if record.reply is not None else 'without'} a reply")
    if (record.state in {CallState.WAITING, CallState.CLAIMED}) != (record.ended_at is None):
        yield Remark(f"is {record.state} {'without' if record.ended_at is None else 'with'} a time of its end")
    if claimed and record.lease_until is not None and record.lease_until <= now:
        yield Remark(f"its lease ran out at {record.lease_until.isoformat()}; it will be sent again", wrong=False)


def _of_message(record: WireMessage) -> Iterator[Remark]:
    if record.reply is not None and record.fault is not None:
        yield Remark("has a reply and a fault")
    for name, text in (("request", record.request), ("reply", record.reply)):
        try:
            json.loads("null" if text is None else text)
        except (ValueError, RecursionError):
            yield Remark(f"its {name} is no JSON")
