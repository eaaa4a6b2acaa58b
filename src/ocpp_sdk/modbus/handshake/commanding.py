"""A request to the PLC, remote start or stop: pure, driven by snapshots and a clock given as argument.

    none ──begin──▶ armed ──_COMPLETE is 0──▶ sent ──written──▶ waiting ──_COMPLETE──▶ none
                      └──────────────── 15 s ──┴───────────────────┴──▶ none, a refusal

A _COMPLETE that is left from before, or was read before the command was written, decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ocpp_sdk.modbus.handshake.exchange import CommandDecided, Event, Exchange, RecordMoved
from ocpp_sdk.modbus.registers import Value
from ocpp_sdk.modbus.snapshot import Snapshot
from ocpp_sdk.storage.plc import ExchangeState

__all__ = ["DECISION_WITHIN_S", "Commanding"]

DECISION_WITHIN_S: Final = 15.0


@dataclass(slots=True)
class _Command:
    record_id: str
    data: Mapping[str, Value]
    since: float
    armed: bool = True
    sent_at: float | None = None


class Commanding:
    """The requests of one kind to the PLC at one connector.

    Args:
        kind: of the records.
        connector_id: from 1.
        prefix: of the names of its registers.
        idle: what its data registers hold when there is no request, by name.
    """

    def __init__(self, kind: Exchange, connector_id: int, prefix: str, idle: Mapping[str, Value]) -> None:
        self._kind = kind
        self._connector_id = connector_id
        self._prefix = prefix
        self._idle = dict(idle)
        self._command: _Command | None = None

    def begin(self, record_id: str, data: Mapping[str, Value], now: float) -> list[Event]:
        """Ask the PLC; while another request of the kind is under way, the new one is refused."""
        if self._command is not None:
            return [self._decided(record_id, accepted=False, reason="another request to the PLC is under way")]
        self._command = _Command(record_id, dict(data), now)
        return []

    def wanted(self) -> dict[str, Value]:
        """Return what the registers of this request shall hold now."""
        command = self._command
        sent = command is not None and not command.armed
        data = command.data if command is not None and sent else self._idle
        return {**self._idle, **data, f"{self._prefix}_CMD": sent}

    def step(self, snapshot: Snapshot | None, now: float) -> list[Event]:
        """Go on with what the PLC shows; None if it cannot be read, and only time has passed."""
        command = self._command
        if command is None:
            return []
        if snapshot is not None:
            complete = snapshot.flag(f"{self._prefix}_COMPLETE")
            if complete and command.sent_at is not None and snapshot.at >= command.sent_at:
                self._command = None
                return [
                    self._moved(command.record_id, ExchangeState.RECEIVED_FROM_MODBUS),
                    self._decided(command.record_id, accepted=snapshot.flag(f"{self._prefix}_ACCEPTED")),
                ]
            if not complete:
                command.armed = False
        if now - command.since < DECISION_WITHIN_S:
            return []
        self._command = None
        reason = f"the PLC did not decide within {DECISION_WITHIN_S:g} s"
        return [
            self._moved(command.record_id, ExchangeState.EXPIRED_TO_MODBUS, reason),
            self._decided(command.record_id, accepted=False, reason=reason),
        ]

    def written(self, values: Mapping[str, Value], now: float) -> list[Event]:
        """Take note of what the device holds now."""
        command = self._command
        if command is None or command.armed or command.sent_at is not None:
            return []
        if any(values.get(name) != value for name, value in self.wanted().items()):
            return []
        command.sent_at = now
        return [self._moved(command.record_id, ExchangeState.TRANSMITTED_TO_MODBUS)]

    def _moved(self, record_id: str, state: ExchangeState, reason: str = "") -> RecordMoved:
        return RecordMoved(
            record_id=record_id, kind=self._kind, connector_id=self._connector_id, state=state, reason=reason
        )

    def _decided(self, record_id: str, *, accepted: bool, reason: str = "") -> CommandDecided:
        return CommandDecided(
            record_id=record_id, kind=self._kind, connector_id=self._connector_id, accepted=accepted, reason=reason
        )
