"""A request of the PLC, from its _CMD to the end: pure, driven by snapshots, answers and a clock given as argument.

    none ──_CMD──▶ held ──answer──▶ answered ──written──▶ told ──_CMD dropped──▶ none
                    │                  │ 20 s, start only
                    │ _CMD dropped     ▼
                    ▼               refused ──_CMD dropped──▶ none
                 withdrawn ──the same request again──▶ held, or answered at once

What is withdrawn before it was answered is kept for start and stop, since the central system may have acted on it: the
same request again is the same record, which is never sent twice. An answer to a start that finds nobody who asks for
its tag expires after 20 s, as does one that cannot be written so long; the record says so, and whoever moves the
records ends that transaction. An answer whose write was tried may be with the PLC already: it is taken back first, and
expires when the PLC is seen to ask on after _COMPLETE went back to 0. If it asks no more by then, it took the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ocpp_sdk.modbus.handshake.exchange import Answer, Asked, Event, Exchange, PlcAsked, RecordMoved
from ocpp_sdk.modbus.registers import Value
from ocpp_sdk.modbus.snapshot import Snapshot
from ocpp_sdk.storage.plc import ExchangeState

__all__ = ["START_ANSWER_VALID_S", "Asking", "RequestKind"]

START_ANSWER_VALID_S: Final = 20.0
_REFUSAL: Final = Answer(accepted=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKind:
    """What differs between the requests of a PLC.

    Attributes:
        kind: of its records.
        command: name of the register by which the PLC asks.
        complete: name of the register by which it is told that it is answered.
        read: makes the data of a snapshot, and what is odd about them.
        refuse: whether data with this that is wrong are refused; returns why, empty if they can be used.
        same: whether two requests are the same one.
        results: what is written beside `complete`; given None, what is written when there is no answer.
        kept: whether a request is remembered after the PLC has withdrawn it.
        valid_s: for how long an answer can be given; None for ever.
    """

    kind: Exchange
    command: str
    complete: str
    read: Callable[[Snapshot], tuple[Asked, tuple[str, ...]]]
    refuse: Callable[[Asked, tuple[str, ...]], str]
    same: Callable[[Asked, Asked], bool]
    results: Callable[[Answer | None], dict[str, Value]]
    kept: bool = False
    valid_s: float | None = None


@dataclass(slots=True)
class _Record:
    record_id: str
    asked: Asked
    held: bool = True
    answer: Answer | None = None
    answered_at: float = 0.0
    tried: bool = False
    told: bool = False
    taking_back: bool = False
    taken_back: bool = False
    final: bool = False


class Asking:
    """The requests of one kind at one connector."""

    def __init__(self, kind: RequestKind, connector_id: int, new_id: Callable[[], str]) -> None:
        self._kind = kind
        self._connector_id = connector_id
        self._new_id = new_id
        self._record: _Record | None = None
        self._unanswered: set[str] = set()

    def wanted(self) -> dict[str, Value]:
        """Return what the registers of this request shall hold now."""
        record = self._record
        if record is None or not record.held or record.answer is None:
            return {**self._kind.results(None), self._kind.complete: False}
        # The results stay while an answer is taken back: a PLC that still sees it complete never sees half of it.
        return {**self._kind.results(record.answer), self._kind.complete: not record.taking_back}

    def step(self, snapshot: Snapshot | None, now: float) -> list[Event]:
        """Go on with what the PLC shows; None if it cannot be read, and only time has passed."""
        record = self._record
        events = [] if record is not None and record.held else self._expire(now)
        if snapshot is not None:
            events += self._hold(snapshot, now) if snapshot.flag(self._kind.command) else self._drop()
        elif record is not None and record.tried:
            # Whether the PLC has it is not known before it can be read again.
            return events
        return events + self._expire(now)

    def answer(self, record_id: str, answer: Answer, now: float) -> list[Event]:
        """Take the answer to a record; one to a record that nobody asks for any more expires."""
        record = self._record
        if record is not None and record.record_id == record_id:
            if record.answer is not None:
                return []
            record.answer, record.answered_at = answer, now
            return [self._moved(record_id, ExchangeState.RECEIVED_FROM_OCPP)]
        if record_id in self._unanswered:
            self._unanswered.discard(record_id)
            return [self._moved(record_id, ExchangeState.EXPIRED_TO_MODBUS, "the PLC has withdrawn its request")]
        return []

    def refuse(self, record_id: str, reason: str, now: float) -> list[Event]:
        """Refuse a record, since what it was answered cannot be given to the PLC."""
        record = self._record
        if record is not None and record.record_id == record_id and record.answer is None:
            record.answer, record.answered_at, record.final = _REFUSAL, now, True
        elif record_id in self._unanswered:
            self._unanswered.discard(record_id)
        else:
            return []
        return [self._moved(record_id, ExchangeState.FIELDS_ERROR, reason)]

    def writing(self, values: Mapping[str, Value]) -> None:
        """Take note of what is about to be written: if that fails, the PLC may have it all the same."""
        record = self._record
        if record is not None and self._is_answered_by(values):
            record.tried = True

    def written(self, values: Mapping[str, Value]) -> list[Event]:
        """Take note of what the device holds now."""
        record = self._record
        if record is not None and record.taking_back and values.get(self._kind.complete) is False:
            record.taken_back = True
        if record is None or record.told or not self._is_answered_by(values):
            return []
        record.told = True
        return [] if record.final else [self._moved(record.record_id, ExchangeState.TRANSMITTED_TO_MODBUS)]

    def resume(
        self, record_id: str, asked: Asked, answer: Answer | None, answered_at: float, *, written: bool = True
    ) -> None:
        """Go on with a record from before a restart, so that a _CMD that is still held is not taken for a new one.

        One whose answer may have been written is accepted if the PLC does not ask any more; one whose answer surely was
        not is as any that was withdrawn.
        """
        tried = answer is not None and written
        self._record = _Record(record_id, asked, answer=answer, answered_at=answered_at, tried=tried)

    def _is_answered_by(self, values: Mapping[str, Value]) -> bool:
        wanted = self.wanted()
        return bool(wanted[self._kind.complete]) and all(values.get(name) == value for name, value in wanted.items())

    def _hold(self, snapshot: Snapshot, now: float) -> list[Event]:
        asked, problems = self._kind.read(snapshot)
        record = self._record
        if record is not None and self._kind.same(record.asked, asked):
            record.held = True
            return []
        events = [] if record is None else self._leave(record)
        record_id = self._new_id()
        record = self._record = _Record(record_id, asked)
        refused = self._kind.refuse(asked, problems)
        if refused:
            record.answer, record.answered_at, record.final = _REFUSAL, now, True
            return [*events, self._moved(record_id, ExchangeState.FIELDS_ERROR, refused)]
        return [
            *events,
            PlcAsked(
                record_id=record_id,
                kind=self._kind.kind,
                connector_id=self._connector_id,
                asked=asked,
                problems=problems,
            ),
        ]

    def _drop(self) -> list[Event]:
        record = self._record
        if record is None or not record.held:
            return []
        if record.tried or record.final or not self._kind.kept:
            return self._leave(record)
        record.held = False
        return []

    def _leave(self, record: _Record) -> list[Event]:
        """Be done with a record, since the PLC is."""
        self._record = None
        if record.final:
            return []
        if record.answer is None:
            self._unanswered.add(record.record_id)
            return []
        if record.tried:
            # A PLC drops its command because it has seen the answer, also when the write was never confirmed.
            return [self._moved(record.record_id, ExchangeState.ACCEPTED_TO_MODBUS)]
        return [self._moved(record.record_id, ExchangeState.EXPIRED_TO_MODBUS, "the PLC has withdrawn its request")]

    def _expire(self, now: float) -> list[Event]:
        record, valid_s = self._record, self._kind.valid_s
        if record is None or record.answer is None or record.told or record.final or valid_s is None:
            return []
        if now - record.answered_at < valid_s:
            return []
        if record.tried and not record.taken_back:
            record.taking_back = True
            return []
        if record.held:
            record.answer, record.final, record.taking_back = _REFUSAL, True, False
        else:
            self._record = None
        reason = f"the answer could not be given within {valid_s:g} s"
        return [self._moved(record.record_id, ExchangeState.EXPIRED_TO_MODBUS, reason)]

    def _moved(self, record_id: str, state: ExchangeState, reason: str = "") -> RecordMoved:
        return RecordMoved(
            record_id=record_id,
            kind=self._kind.kind,
            connector_id=self._connector_id,
            state=state,
            reason=reason,
        )
