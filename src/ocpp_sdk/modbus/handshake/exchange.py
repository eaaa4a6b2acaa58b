"""What passes between a PLC and the OCPP side, and how each record moves through its life."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ocpp_sdk.storage.plc import ExchangeState
from ocpp_sdk.versions.enumerations import ConnectorStatus, ErrorCode

__all__ = [
    "Answer",
    "Asked",
    "CommandDecided",
    "Event",
    "Exchange",
    "PlcAsked",
    "PlcReady",
    "PlcStopped",
    "RecordMoved",
    "StartAsked",
    "StatusAsked",
    "StopAsked",
    "TagAsked",
]


class Exchange(StrEnum):
    """Kinds of records that the handshake moves."""

    AUTHORIZE = "authorize"
    START = "start"
    STOP = "stop"
    STATUS = "status"
    REMOTE_START = "remote_start"
    REMOTE_STOP = "remote_stop"
    RESERVATION = "reservation"
    LOCK = "lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagAsked:
    """A tag was shown and may or may not charge."""

    id_tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAsked:
    """A transaction begins if the tag is accepted.

    Attributes:
        id_tag: who charges.
        meter_wh: energy of the meter.
    """

    id_tag: str
    meter_wh: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAsked:
    """A transaction has ended.

    Attributes:
        id_tag: who ended it, empty if nobody did.
        meter_wh: energy of the meter.
        transaction_id: as it was given with the start, 0 if the PLC knows none.
    """

    id_tag: str
    meter_wh: int
    transaction_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusAsked:
    """The state of a connector has changed and is to be stored."""

    status: ConnectorStatus
    fault: ErrorCode


Asked = TagAsked | StartAsked | StopAsked | StatusAsked


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the PLC is told about its request.

    Attributes:
        accepted: whether the tag may charge; of no meaning for a stop and a status.
        transaction_id: of a start that is accepted.
    """

    accepted: bool = True
    transaction_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlcAsked:
    """The PLC asks for something; the record begins as `ReceivedFromModbus`.

    Attributes:
        record_id: with which it is to be answered.
        kind: of the request.
        connector_id: from 1.
        asked: its data.
        problems: what was odd about them; the request stands all the same.
    """

    record_id: str
    kind: Exchange
    connector_id: int
    asked: Asked
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMoved:
    """A record has come into another state.

    Attributes:
        record_id: of the record.
        kind: of the record.
        connector_id: from 1.
        state: the new one.
        reason: for people, where the state alone does not tell.
    """

    record_id: str
    kind: Exchange
    connector_id: int
    state: ExchangeState
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandDecided:
    """The PLC has decided about a request to it, or did not in time.

    Attributes:
        record_id: as given with the request.
        kind: of the request.
        connector_id: from 1.
        accepted: what it decided; a refusal if it did not.
        reason: why there was no decision, else empty.
    """

    record_id: str
    kind: Exchange
    connector_id: int
    accepted: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlcReady:
    """The PLC runs, and the charge point can boot.

    Attributes:
        software_version: of the PLC, empty if it tells none.
        model: of the charge point, likewise.
    """

    software_version: str
    model: str


@dataclass(frozen=True, slots=True)
class PlcStopped:
    """The PLC says that it does not run any more."""


Event = PlcAsked | RecordMoved | CommandDecided | PlcReady | PlcStopped
