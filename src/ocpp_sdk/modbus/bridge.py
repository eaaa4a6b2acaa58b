"""Keeps a PLC and the OCPP side in step: reads, lets the handshake go on, writes, and does it again.

All of a cycle happens one after the other, so that the handshake never sees a read that was overtaken by a write. An
answer or a command begins the next cycle at once. While the PLC cannot be reached the timers of the handshake run on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol
from uuid import uuid4

from ocpp_sdk.clock import MachineTimer, Timer, until_next_s, wait_within
from ocpp_sdk.errors import ModbusError, ModbusExceptionError
from ocpp_sdk.modbus.counters import ModbusCounters
from ocpp_sdk.modbus.device import POLL_PERIOD_S, ModbusDevice
from ocpp_sdk.modbus.handshake import (
    Answer,
    CommandDecided,
    Event,
    PlcAsked,
    PlcReady,
    PlcStopped,
    RecordMoved,
    StationHandshake,
)
from ocpp_sdk.modbus.snapshot import Snapshot

__all__ = ["Bridge", "OcppSide"]

_TICK_S: Final = 0.5


class OcppSide(Protocol):
    """What a PLC is bridged to."""

    async def asked(self, asked: PlcAsked) -> Answer:
        """Answer a request of the PLC; may take as long as it takes, other requests go on meanwhile.

        After a restart it may come again with the same record id.

        Nothing is told to the PLC before this returns, so what must not be lost is to be stored first.
        """
        ...

    async def told(self, event: RecordMoved | PlcReady | PlcStopped) -> None:
        """Take note of an event; they come in order, and the PLC waits meanwhile."""
        ...

    async def measured(self, snapshot: Snapshot) -> None:
        """Look at what was read; once a cycle, and the PLC waits meanwhile."""
        ...

    async def reached(self, error: ModbusError | None) -> None:
        """Take note that the PLC cannot be reached and why, or that it can be again."""
        ...


class Bridge:
    """A PLC that is kept in step with the OCPP side.

    Args:
        device: the PLC.
        ocpp: the other side.
        new_id: makes the ids of records.
        clock: what time is; the device must go by the same one.
        period_s: from one read to the next.
        counters: counts cycles and failures.

    Raises:
        ConfigurationError: the map of the device lacks a register that the handshake needs.
    """

    def __init__(
        self,
        device: ModbusDevice,
        ocpp: OcppSide,
        *,
        new_id: Callable[[], str] = lambda: uuid4().hex,
        clock: Timer | None = None,
        period_s: float = POLL_PERIOD_S,
        counters: ModbusCounters | None = None,
    ) -> None:
        self.handshake = StationHandshake(device.register_map, new_id)
        self._device = device
        self._ocpp = ocpp
        self._new_id = new_id
        self._clock = clock or MachineTimer()
        self._period_s = period_s
        self._counters = counters or ModbusCounters()
        self._unanswered: list[PlcAsked] = []
        self._awake = asyncio.Event()
        self._deciding: dict[str, asyncio.Future[CommandDecided]] = {}
        self._reached: bool | None = None

    def wake(self) -> None:
        """Begin the next cycle now, after something was changed at the handshake."""
        self._awake.set()

    def resume(self, asked: PlcAsked, answer: Answer | None = None, *, age_s: float = 0, written: bool = True) -> None:
        """Go on with a request from before a restart; before `run`.

        Args:
            asked: the request. Without an answer the other side is asked again, which must know it by its record id.
            answer: what it was answered.
            age_s: how long ago.
            written: whether the PLC may have the answer already.
        """
        now = self._clock.monotonic() - age_s
        self.handshake.resume(
            asked.kind, asked.connector_id, asked.record_id, asked.asked, answer, now, written=written
        )
        if answer is None:
            self._unanswered.append(asked)

    async def remote_start(self, connector_id: int, id_tag: str, *, record_id: str | None = None) -> CommandDecided:
        """Ask the PLC to start; returns its decision, or a refusal after 15 s. `run` must be running."""
        record_id = record_id or self._new_id()
        return await self._decision(
            record_id, lambda now: self.handshake.remote_start(connector_id, record_id, id_tag, now)
        )

    async def remote_stop(
        self, connector_id: int, transaction_id: int, *, record_id: str | None = None
    ) -> CommandDecided:
        """Ask the PLC to stop; returns its decision, or a refusal after 15 s. `run` must be running."""
        record_id = record_id or self._new_id()
        return await self._decision(
            record_id, lambda now: self.handshake.remote_stop(connector_id, record_id, transaction_id, now)
        )

    async def unlock(self, connector_id: int, *, record_id: str | None = None) -> CommandDecided:
        """Let a connector go for a second; returns when that is over, or could not be told. `run` must be running."""
        record_id = record_id or self._new_id()
        return await self._decision(record_id, lambda now: self.handshake.unlock(connector_id, record_id, now))

    async def run(self) -> None:
        """Keep both sides in step until cancelled; what the other side raises ends it."""
        async with asyncio.TaskGroup() as answering:
            for asked in self._unanswered:
                answering.create_task(self._answer(asked, answering))
            self._unanswered = []
            failures = 0
            while True:
                try:
                    await self._cycle(answering)
                except ModbusError as error:
                    failures += 1
                    self._counters.failed(error)
                    if not isinstance(error, ModbusExceptionError):
                        self._device.close()
                    await self._note(error)
                    await self._idle(self._device.pause_s(failures), answering)
                else:
                    failures = 0
                    self._counters.cycles += 1
                    await self._note(None)
                    await wait_within(self._clock, self._awake, until_next_s(self._clock, self._period_s))

    async def _cycle(self, answering: asyncio.TaskGroup) -> None:
        self._awake.clear()
        snapshot = await self._device.read()
        events = self.handshake.step(snapshot, self._clock.monotonic())
        # Before anybody acts on the events, who would else see the meters of a moment before.
        await self._ocpp.measured(snapshot)
        if any(isinstance(event, PlcReady) for event in events):
            # What was written to it before it started may be lost.
            self._device.forget_written()
        await self._take(events, answering)
        values = self.handshake.wanted()
        self.handshake.writing(values)
        await self._device.write(values)
        await self._take(self.handshake.written(values, self._clock.monotonic()), answering)

    async def _idle(self, seconds: float, answering: asyncio.TaskGroup) -> None:
        """Let only time pass."""
        until = self._clock.monotonic() + seconds
        while True:
            now = self._clock.monotonic()
            await self._take(self.handshake.step(None, now), answering)
            if now >= until:
                return
            await self._clock.sleep(min(_TICK_S, until - now))

    async def _take(self, events: Sequence[Event], answering: asyncio.TaskGroup) -> None:
        for event in events:
            if isinstance(event, PlcAsked):
                answering.create_task(self._answer(event, answering))
            elif isinstance(event, CommandDecided):
                self._decide(event)
            else:
                await self._ocpp.told(event)

    async def _answer(self, asked: PlcAsked, answering: asyncio.TaskGroup) -> None:
        answer = await self._ocpp.asked(asked)
        now = self._clock.monotonic()
        events = self.handshake.answer(asked.kind, asked.connector_id, asked.record_id, answer, now)
        self.wake()
        await self._take(events, answering)

    async def _decision(self, record_id: str, begin: Callable[[float], list[Event]]) -> CommandDecided:
        decision: asyncio.Future[CommandDecided] = asyncio.get_running_loop().create_future()
        self._deciding[record_id] = decision
        try:
            for event in begin(self._clock.monotonic()):
                if isinstance(event, CommandDecided):
                    self._decide(event)
            self.wake()
            return await decision
        finally:
            del self._deciding[record_id]

    def _decide(self, decided: CommandDecided) -> None:
        waiting = self._deciding.get(decided.record_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(decided)

    async def _note(self, error: ModbusError | None) -> None:
        reached = error is None
        if reached is not self._reached:
            self._reached = reached
            await self._ocpp.reached(error)
