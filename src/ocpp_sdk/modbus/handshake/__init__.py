"""The handshake between a PLC and the OCPP side, as pure state machines; see docs/modbus.md."""

from __future__ import annotations

from ocpp_sdk.modbus.handshake.asking import START_ANSWER_VALID_S
from ocpp_sdk.modbus.handshake.commanding import DECISION_WITHIN_S
from ocpp_sdk.modbus.handshake.control import UNLOCK_S
from ocpp_sdk.modbus.handshake.exchange import (
    Answer,
    Asked,
    CommandDecided,
    Event,
    Exchange,
    PlcAsked,
    PlcReady,
    PlcStopped,
    RecordMoved,
    StartAsked,
    StatusAsked,
    StopAsked,
    TagAsked,
)
from ocpp_sdk.modbus.handshake.needs import check_handshake
from ocpp_sdk.modbus.handshake.station import StationHandshake

__all__ = [
    "DECISION_WITHIN_S",
    "START_ANSWER_VALID_S",
    "UNLOCK_S",
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
    "StationHandshake",
    "StatusAsked",
    "StopAsked",
    "TagAsked",
    "check_handshake",
]
