"""The metering of one connector: one loop that waits until something is due, reads once, and says what was wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from ocpp_sdk.charge_point.connection.link import Report
from ocpp_sdk.charge_point.hardware import Transaction
from ocpp_sdk.charge_point.metering.accumulation import Accumulation
from ocpp_sdk.charge_point.metering.counters import MeteringCounters
from ocpp_sdk.charge_point.metering.reader import MeterReader
from ocpp_sdk.charge_point.metering.sampling import SampleTimes
from ocpp_sdk.charge_point.metering.selection import select
from ocpp_sdk.charge_point.metering.session import MeteredTransaction
from ocpp_sdk.charge_point.metering.slots import NOTHING, Slot, SlotTimes, Turn
from ocpp_sdk.charge_point.metering.transaction_data import ALIGNED, SAMPLED
from ocpp_sdk.charge_point.metering.words import MeteringKeys
from ocpp_sdk.clock import Clock, wait_within
from ocpp_sdk.errors import OcppError, StorageError
from ocpp_sdk.versions.domain import MeterReading, SampledValue

__all__ = ["CLOCK", "PERIODIC", "ConnectorMetering", "SendReading"]

PERIODIC: Final = "Sample.Periodic"
CLOCK: Final = "Sample.Clock"
_LONGEST_WAIT_S: Final = 300.0
"""A clock that is set without a word is seen after this time at the latest."""

SendReading: TypeAlias = Callable[[int, MeterReading, Transaction | None], Awaitable[None]]
"""Takes connector, reading and the transaction that it belongs to; returns when it is kept."""


class ConnectorMetering:
    """One connector, or with 0 the main meter.

    Args:
        connector_id: which one.
        reader: of its meter.
        keys: what is wanted.
        clock: drives the loop.
        session: returns the transaction that runs on the connector.
        charging: tells whether any transaction runs.
        send: takes readings.
        keep_slot: keeps the registers at the start of a slot.
        averaging_s: how often a meter is read for the average over a slot, in s.
        counters: of all meters.
        report: hears of slots that are skipped, and of readings that were not taken.

    Attributes:
        wake: to be set when configuration or transactions have changed.
        remembered: the registers at the start of the slot that was open when the program before ended.
    """

    def __init__(  # noqa: PLR0913 - what one loop needs of the charge point
        self,
        connector_id: int,
        reader: MeterReader,
        keys: MeteringKeys,
        clock: Clock,
        *,
        session: Callable[[], MeteredTransaction | None],
        charging: Callable[[], bool],
        send: SendReading,
        keep_slot: Callable[[int, MeterReading], Awaitable[None]],
        averaging_s: float,
        counters: MeteringCounters,
        report: Report,
    ) -> None:
        self.connector_id = connector_id
        self.reader = reader
        self._keys = keys
        self._clock = clock
        self._session = session
        self._charging = charging
        self._send = send
        self._keep_slot = keep_slot
        self._averaging_s = averaging_s
        self._counters = counters
        self._report = report
        self._idle_times = SampleTimes(clock.monotonic())
        self._slots = SlotTimes()
        self._slot = Accumulation(clock.now())
        self._since_sample = Accumulation(clock.now())
        self._read_s = clock.monotonic()
        self.wake = asyncio.Event()
        self.remembered: MeterReading | None = None

    async def run(self) -> None:
        """Meter until cancelled."""
        while True:
            self.wake.clear()
            session = self._session()
            turn = self._slots.look(self._clock.now(), self._keys.slot_interval_s(in_transaction=session is not None))
            wait_s = self._wait_s(session)
            if turn is not NOTHING or (wait_s is not None and wait_s <= 0):
                await self._do_what_is_due(turn, session)
            elif wait_s is None:
                await self.wake.wait()
            else:
                await wait_within(self._clock, self.wake, wait_s)

    def _wait_s(self, session: MeteredTransaction | None) -> float | None:
        """Return for how long nothing is due, None if nothing will be until something changes."""
        now_s, waits = self._clock.monotonic(), []
        if (due_s := self._sample_due_s(session, now_s)) is not None:
            waits.append(due_s - now_s)
        if self._slots.open is not None:
            waits += [self._slots.wait_s(self._clock.now()), _LONGEST_WAIT_S]
            if self._keys.averages(in_transaction=session is not None):
                waits.append(self._read_s + self._averaging_s - now_s)
        return min(waits, default=None)

    def _sample_due_s(self, session: MeteredTransaction | None, now_s: float) -> float | None:
        if session is not None:
            # What would have been due without a transaction is not made up for after it.
            self._idle_times.due_s(0, now_s)
        wanted = session is not None or not self._keys.only_in_transactions
        # The main meter belongs to no transaction, and is sampled while there is any.
        wanted = wanted or (self.connector_id == 0 and self._charging())
        interval_s = self._keys.sample_interval_s(in_transaction=session is not None)
        return self._times(session).due_s(interval_s if wanted else 0, now_s)

    def _times(self, session: MeteredTransaction | None) -> SampleTimes:
        return self._idle_times if session is None else session.times

    async def _do_what_is_due(self, turn: Turn, session: MeteredTransaction | None) -> None:
        now_s = self._clock.monotonic()
        due_s = self._sample_due_s(session, now_s)
        sampled = due_s is not None and due_s <= now_s
        if sampled:
            self._counters.missed_samples += self._times(session).take(now_s)
        self._tell(turn)
        if turn.opened or turn.restarted:
            self._begin_slot(session, anew=turn.restarted)
            self._go_on(now_s)
        values = await self.reader.read()
        self._read_s = self._clock.monotonic()
        if session is not None and self._session() is not session:
            # It has ended meanwhile, and its StopTransaction is on its way; a sample of it would come too late.
            session, sampled = None, False
        self._take(values or (), session)
        if sampled and values:
            await self._say_sample(values, session)
        if turn.closed is not None:
            await self._say_slot(turn.closed, session, values or ())
        if turn.closed is not None or turn.opened or turn.restarted:
            await self._keep_registers()

    def _take(self, values: tuple[SampledValue, ...], session: MeteredTransaction | None) -> None:
        self._slot.add(values, self._read_s)
        self._since_sample.add(values, self._read_s)
        if session is not None:
            session.part.add(values, self._read_s)
            session.since_sample.add(values, self._read_s)

    async def _say_sample(self, values: tuple[SampledValue, ...], session: MeteredTransaction | None) -> None:
        now = self._clock.now()
        given = (self._since_sample if session is None else session.since_sample).with_intervals(values)
        self._since_sample = Accumulation(now)
        self._since_sample.add(values, self._read_s)
        if session is not None:
            session.since_sample = Accumulation(now)
            session.since_sample.add(values, self._read_s)
            await self._collect(session, SAMPLED, MeterReading(now, select(given, self._keys.stop_sampled, PERIODIC)))
        await self._say(MeterReading(now, select(given, self._keys.sampled, PERIODIC)), session)

    async def _say_slot(
        self, closed: Slot, session: MeteredTransaction | None, values: tuple[SampledValue, ...]
    ) -> None:
        measured, part = self._slot.values(), None if session is None else session.part
        self._begin_slot(session, anew=True)
        self._take(values, session)
        if session is not None and part is not None:
            # Of a slot in which the transaction began it is the part since then.
            reading = MeterReading(
                max(closed.start, part.opened_at), select(part.values(), self._keys.stop_aligned, CLOCK)
            )
            await self._collect(session, ALIGNED, reading)
        await self._say(MeterReading(closed.start, select(measured, self._keys.aligned, CLOCK)), session)

    def _begin_slot(self, session: MeteredTransaction | None, *, anew: bool) -> None:
        if self._slots.open is None:
            return
        start = self._slots.open.start
        self._slot = Accumulation(start)
        if session is not None and (anew or session.part.opened_at < start):
            session.part = Accumulation(max(start, session.transaction.started_at))

    def _go_on(self, now_s: float) -> None:
        """Take the open slot over from the program before, if that has begun it."""
        before, self.remembered = self.remembered, None
        if before is not None and before.timestamp == self._slot.opened_at:
            self._slot.add(before.values, now_s)
        elif before is not None:
            self._report(
                f"connector {self.connector_id}: slots from {before.timestamp:%Y-%m-%dT%H:%M:%SZ} on were not "
                "measured to their end, since the charge point did not run"
            )

    async def _keep_registers(self) -> None:
        registers = self._slot.registers()
        if registers:
            try:
                await self._keep_slot(self.connector_id, MeterReading(self._slot.opened_at, registers))
            except StorageError as error:
                self._report(f"connector {self.connector_id}: the registers of a slot were not kept: {error}")

    async def _collect(self, session: MeteredTransaction, series: str, reading: MeterReading) -> None:
        if reading.values:
            await session.data.add(series, reading)

    async def _say(self, reading: MeterReading, session: MeteredTransaction | None) -> None:
        if not reading.values:
            return
        try:
            await self._send(self.connector_id, reading, None if session is None else session.transaction)
        except OcppError as error:
            self._counters.unsent += 1
            self._report(f"a reading of connector {self.connector_id} was not taken: {error}")
        else:
            self._counters.sent += 1

    def _tell(self, turn: Turn) -> None:
        if turn.skipped:
            self._counters.skipped_slots += turn.skipped
            self._report(
                f"connector {self.connector_id}: {turn.skipped} slots were not measured, since the clock went forward"
            )
        if turn.went_back and self._slots.open is not None:
            self._report(
                f"connector {self.connector_id}: the clock went back; slots before "
                f"{self._slots.open.start:%Y-%m-%dT%H:%M:%SZ} were reported already and are not again"
            )
