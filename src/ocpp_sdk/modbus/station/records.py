"""The records that pass between a PLC and a charge point, as JSON in storage. Pure.

Records of the PLC's requests carry what it asked, and later the answer. Records of what the PLC is asked or told carry
that, and later what it decided. The life cycles, in the words of `ExchangeState`:

    request   ReceivedFromModbus ─▶ TransmittedToOCPP ─▶ ReceivedFromOCPP ─▶ TransmittedToModbus ─▶ AcceptedToModbus
    command   ReceivedFromOCPP ─▶ TransmittedToModbus ─▶ ReceivedFromModbus ─▶ AcceptedToModbus
    both      … ─▶ FieldsError or ExpiredToModbus

A command that says how things shall be (`availability`, `reservation`, `boot`) stays TransmittedToModbus until another
takes its place, so that a bridge that starts again knows it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Final, cast

from ocpp_sdk.modbus.handshake import Answer, Asked, Exchange, StartAsked, StatusAsked, StopAsked, TagAsked
from ocpp_sdk.storage.plc import ExchangeState, PlcExchange
from ocpp_sdk.versions.enumerations import ConnectorStatus, ErrorCode

__all__ = [
    "COMMANDS",
    "ENDED",
    "OPEN",
    "REQUESTS",
    "Kind",
    "answer_of",
    "asked_of",
    "asked_text",
    "data_of",
    "number_in",
    "text_in",
    "text_of",
    "time_in",
    "with_answer",
]


class Kind(StrEnum):
    """Kinds of records in storage: those of the handshake, and those that need no handshake."""

    AUTHORIZE = Exchange.AUTHORIZE.value
    START = Exchange.START.value
    STOP = Exchange.STOP.value
    STATUS = Exchange.STATUS.value
    UNDONE = "start_undone"
    REMOTE_START = Exchange.REMOTE_START.value
    REMOTE_STOP = Exchange.REMOTE_STOP.value
    LOCK = Exchange.LOCK.value
    RESERVATION = Exchange.RESERVATION.value
    AVAILABILITY = "availability"
    BOOT = "boot"
    HEARTBEAT = "heartbeat"


REQUESTS: Final = frozenset({Kind.AUTHORIZE, Kind.START, Kind.STOP, Kind.STATUS, Kind.UNDONE})
"""What the PLC asks; `UNDONE` is a start whose answer it never took, which the charge point ends."""
COMMANDS: Final = frozenset(Kind) - REQUESTS
"""What the PLC is asked or told."""
OPEN: Final = (
    ExchangeState.RECEIVED_FROM_MODBUS,
    ExchangeState.TRANSMITTED_TO_OCPP,
    ExchangeState.RECEIVED_FROM_OCPP,
    ExchangeState.TRANSMITTED_TO_MODBUS,
)
"""States of records that somebody still has to do something about."""
ENDED: Final = (ExchangeState.ACCEPTED_TO_MODBUS, ExchangeState.FIELDS_ERROR, ExchangeState.EXPIRED_TO_MODBUS)
"""States that are left no more."""

_Data = dict[str, object]


def text_of(data: Mapping[str, object]) -> str:
    """Return data as a record carries them."""
    return json.dumps(data, separators=(",", ":"), sort_keys=True)


def data_of(record: PlcExchange) -> _Data:
    """Return the data of a record; empty if they are no JSON object, as of a program that is not ours."""
    try:
        found = json.loads(record.data)
    except ValueError:
        return {}
    return cast("_Data", found) if isinstance(found, dict) else {}


def asked_text(asked: Asked, problems: tuple[str, ...] = ()) -> str:
    """Return the data of a new request."""
    data: _Data = asdict(asked)
    return text_of({**data, "problems": list(problems)} if problems else data)


def asked_of(record: PlcExchange) -> Asked:
    """Return what the PLC asked.

    Raises:
        ValueError: the record is of another kind, or its data cannot be used.
    """
    data = data_of(record)
    if record.kind == Kind.AUTHORIZE:
        return TagAsked(id_tag=text_in(data, "id_tag"))
    if record.kind in {Kind.START, Kind.UNDONE}:
        return StartAsked(id_tag=text_in(data, "id_tag"), meter_wh=number_in(data, "meter_wh"))
    if record.kind == Kind.STOP:
        return StopAsked(
            id_tag=text_in(data, "id_tag"),
            meter_wh=number_in(data, "meter_wh"),
            transaction_id=number_in(data, "transaction_id"),
        )
    if record.kind == Kind.STATUS:
        return StatusAsked(
            status=ConnectorStatus(text_in(data, "status")),
            fault=ErrorCode(text_in(data, "fault")),
        )
    raise ValueError(f"a record of kind {record.kind} is no request of a PLC")


def answer_of(record: PlcExchange) -> Answer | None:
    """Return the answer that a request was given, None if it has none yet."""
    found = data_of(record).get("answer")
    if not isinstance(found, dict):
        return None
    number = found.get("transaction_id")
    return Answer(
        accepted=found.get("accepted") is True,
        transaction_id=number if isinstance(number, int) and not isinstance(number, bool) else 0,
    )


def with_answer(record: PlcExchange, answer: Answer) -> str:
    """Return the data of a request together with its answer."""
    return text_of({**data_of(record), "answer": asdict(answer)})


def text_in(data: Mapping[str, object], name: str) -> str:
    """Return a text out of data.

    Raises:
        ValueError: there is none.
    """
    found = data.get(name)
    if not isinstance(found, str):
        raise ValueError(f"{name} is {found!r}, which is no text")  # noqa: TRY004 - a value from outside, no mistake of ours
    return found


def number_in(data: Mapping[str, object], name: str) -> int:
    """Return a whole number out of data.

    Raises:
        ValueError: there is none.
    """
    found = data.get(name)
    if not isinstance(found, int) or isinstance(found, bool):
        raise ValueError(f"{name} is {found!r}, which is no whole number")  # noqa: TRY004 - likewise
    return found


def time_in(data: Mapping[str, object], name: str) -> datetime:
    """Return a time out of data, aware.

    Raises:
        ValueError: there is none.
    """
    found = datetime.fromisoformat(text_in(data, name))
    if found.tzinfo is None:
        raise ValueError(f"{name} is {found.isoformat()}, which has no zone")
    return found
