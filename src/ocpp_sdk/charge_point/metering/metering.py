"""The meters of a charge point: samples, slots of the clock, and what a StopTransaction says of its transaction.

What is sampled goes out at start + k * MeterValueSampleInterval of each transaction. What is aligned to the clock goes
out at the end of each slot under the time of its start (1.5 section 6.9.1): energy per interval as it was counted, all
else as the average over the slot, and of a register the one at that start, since the reading bears that time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ocpp_sdk.charge_point.configuration import ConfigurationTable
from ocpp_sdk.charge_point.connection.link import Report
from ocpp_sdk.charge_point.hardware import ENERGY, Transaction
from ocpp_sdk.charge_point.metering.accumulation import Accumulation
from ocpp_sdk.charge_point.metering.connector import CLOCK, ConnectorMetering, SendReading
from ocpp_sdk.charge_point.metering.counters import MeteringCounters
from ocpp_sdk.charge_point.metering.reader import MeterReader, ReadMeter
from ocpp_sdk.charge_point.metering.sampling import SampleTimes
from ocpp_sdk.charge_point.metering.selection import select, with_register
from ocpp_sdk.charge_point.metering.session import MeteredTransaction
from ocpp_sdk.charge_point.metering.slots import slot_at
from ocpp_sdk.charge_point.metering.transaction_data import ALIGNED, BEGIN, SAMPLED, TransactionData
from ocpp_sdk.charge_point.metering.transaction_store import MemoryTransactionDataStore, TransactionDataStore
from ocpp_sdk.charge_point.metering.watch import MAX_POWER_W, RegisterWatch
from ocpp_sdk.charge_point.metering.words import MeteringKeys
from ocpp_sdk.clock import Clock
from ocpp_sdk.errors import ConfigurationError, StorageError
from ocpp_sdk.versions.domain import MeterReading, SampledValue

__all__ = ["Metering", "MeteringSettings"]

_TRANSACTION_BEGIN: Final = "Transaction.Begin"
_TRANSACTION_END: Final = "Transaction.End"


def _ignore(_: str) -> None:
    """Report to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteringSettings:
    """What is fixed about metering.

    Attributes:
        deadline_s: after how many seconds a meter that does not answer is given up.
        averaging_s: how often a meter is read for the average over a slot, in s.
        most_readings: how many readings are kept for one StopTransaction, at least 2; of more, every second one.
        most_values: how many values they may have together, likewise; 5,000 are 1 MB of XML.
        max_power_w: what a connector can give at most; a register that counts more is reported.
    """

    deadline_s: float = 10.0
    averaging_s: float = 10.0
    most_readings: int = 1000
    most_values: int = 5000
    max_power_w: float = MAX_POWER_W

    def __post_init__(self) -> None:
        for name in ("deadline_s", "averaging_s", "max_power_w"):
            if not getattr(self, name) > 0:
                raise ConfigurationError(f"{name}: must be more than 0, not {getattr(self, name)}")
        for name in ("most_readings", "most_values"):
            if getattr(self, name) < 2:
                raise ConfigurationError(f"{name}: must be at least 2, not {getattr(self, name)}")


class Metering:
    """All meters of a charge point.

    Args:
        read_meter: of the hardware.
        configuration: what is wanted; a change counts at once.
        clock: drives everything.
        running: returns the transaction that runs on a connector.
        connectors: how many there are; 0, the main meter, is read besides.
        send: takes a reading that the central system shall hear; returns when it is kept.
        store: where the readings of a transaction wait for its end; None for memory.
        settings: deadlines and bounds.
        report: hears what people should know.

    Attributes:
        counters: what happened so far.
    """

    def __init__(  # noqa: PLR0913 - what metering needs of the charge point
        self,
        read_meter: ReadMeter,
        configuration: ConfigurationTable,
        clock: Clock,
        *,
        running: Callable[[int], Transaction | None],
        connectors: int,
        send: SendReading,
        store: TransactionDataStore | None = None,
        settings: MeteringSettings | None = None,
        report: Report = _ignore,
    ) -> None:
        self._settings = settings or MeteringSettings()
        self._configuration = configuration
        self._keys = MeteringKeys(configuration)
        self._clock = clock
        self._running = running
        self._store = store or MemoryTransactionDataStore()
        self._report = report
        self._sessions: dict[str, MeteredTransaction] = {}
        self.counters = MeteringCounters()
        self._connectors = {
            number: self._connector(number, connectors, read_meter, send) for number in range(connectors + 1)
        }

    async def run(self) -> None:
        """Meter until cancelled."""
        stop_listening = self._configuration.on_change(lambda _: self._wake())
        try:
            async with asyncio.TaskGroup() as group:
                for connector in self._connectors.values():
                    group.create_task(connector.run())
        finally:
            stop_listening()

    async def restore(self, transactions: Iterable[Transaction]) -> None:
        """Go on with transactions of before a restart, and forget the readings of all others; before `run`.

        Samples go on at the times that they had before, as far as the time of day tells. The slot that is open goes on
        with the registers of its start; of one that has ended meanwhile nobody knows the end, and it is skipped.

        Args:
            transactions: all whose StopTransaction is not stored yet, whether or not they still run.

        Raises:
            StorageError: as the store; may be called again.
        """
        known = list(transactions)
        await self._store.retain(transaction.key for transaction in known)
        slots = await self._store.slots()
        for number, connector in self._connectors.items():
            connector.remembered = slots.get(number)
        for transaction in known:
            session = self._session(transaction)
            session.part = self._part_of(transaction, slots.get(transaction.connector_id))
            await session.data.load()
        self._wake()

    async def transaction_started(self, transaction: Transaction, meter_wh: int) -> None:
        """Begin to meter a transaction: read its Transaction.Begin, and sample from now on.

        To be called after the start is stored, and before it is anybody else's. A meter or a store that fails is
        reported and keeps nobody waiting longer than the deadline.

        Args:
            transaction: runs on its connector from now on.
            meter_wh: the register that the start says, in Wh.
        """
        session = self._session(transaction, start_s=self._clock.monotonic())
        session.part.add(with_register((), meter_wh), self._clock.monotonic())
        session.since_sample.add(with_register((), meter_wh), self._clock.monotonic())
        self._wake()
        words = self._keys.stop
        if words:
            values = await self._values(transaction.connector_id, words, meter_wh)
            chosen = select(values, words, _TRANSACTION_BEGIN)
            if chosen:
                await session.data.add(BEGIN, MeterReading(transaction.started_at, chosen))

    async def transaction_ended(
        self, transaction: Transaction, meter_wh: int, *, at: datetime | None = None
    ) -> tuple[MeterReading, ...]:
        """End to meter a transaction; may be called again, also after a restart.

        The readings stay in the store until `forget`.

        Args:
            transaction: it does not run any more.
            meter_wh: the register that the stop says, in Wh.
            at: when it ended; None for now.

        Returns:
            The transactionData of its StopTransaction, by time; empty if StopTxnSampledData and StopTxnAlignedData are
            (1.6 section 3.16.5).
        """
        now, ended_s = at or self._clock.now(), self._clock.monotonic()
        known = self._sessions.get(transaction.key)
        measured = known is not None and not known.part.is_empty
        session = self._session(transaction)
        self._sessions.pop(transaction.key, None)
        self._wake()
        words = self._keys.stop
        if not words:
            return ()
        values = await self._values(transaction.connector_id, words, meter_wh)
        readings = await self._collected(session, words)
        if measured and session.part.opened_at < now and self._keys.slot_interval_s(in_transaction=True):
            session.part.add(values, ended_s)
            chosen = select(session.part.values(), self._keys.stop_aligned, CLOCK)
            readings.append(MeterReading(session.part.opened_at, chosen))
        if at is not None:
            # Hardware that was out of sight may tell late that the end was before what was read since.
            readings = [reading for reading in readings if reading.timestamp <= at]
        readings.sort(key=lambda reading: reading.timestamp)
        readings.append(MeterReading(now, select(values, words, _TRANSACTION_END)))
        return tuple(reading for reading in readings if reading.values)

    def clock_was_set(self) -> None:
        """Look at the time of day now; a step that nobody tells of is seen after 5 minutes at the latest."""
        self._wake()

    async def forget(self, transaction: Transaction) -> None:
        """Forget the readings of a transaction, once its StopTransaction is stored; a failure is reported.

        What is left by a failure, or by the end of the program before, goes with the next `restore`.
        """
        self._sessions.pop(transaction.key, None)
        try:
            await self._store.forget(transaction.key)
        except StorageError as error:
            self._report(f"readings of a transaction were not removed: {error}")

    async def read_now(self, connector_id: int, key: str, context: str) -> MeterReading | None:
        """Read a meter, as for TriggerMessage.

        Args:
            connector_id: 0 is the main meter.
            key: the configuration key that lists the measurands; the energy is read if it lists none.
            context: such as `Trigger`.

        Returns:
            The reading; None if there is no such connector, its meter cannot be read, or gives nothing of that.
        """
        connector = self._connectors.get(connector_id)
        values = None if connector is None else await connector.reader.read()
        chosen = select(values or (), self._keys.named(key), context)
        return MeterReading(self._clock.now(), chosen) if chosen else None

    def _connector(self, number: int, connectors: int, read_meter: ReadMeter, send: SendReading) -> ConnectorMetering:
        power_w = self._settings.max_power_w * (1 if number else connectors)
        reader = MeterReader(
            number,
            read_meter,
            self._clock,
            deadline_s=self._settings.deadline_s,
            watch=RegisterWatch(max_power_w=power_w),
            counters=self.counters,
            report=self._report,
        )
        return ConnectorMetering(
            number,
            reader,
            self._keys,
            self._clock,
            session=lambda: self._session_on(number),
            charging=self._is_charging,
            send=send,
            keep_slot=self._store.put_slot,
            averaging_s=self._settings.averaging_s,
            counters=self.counters,
            report=self._report,
        )

    def _wake(self) -> None:
        for connector in self._connectors.values():
            connector.wake.set()

    def _is_charging(self) -> bool:
        return any(self._running(number) is not None for number in self._connectors if number)

    def _session_on(self, connector_id: int) -> MeteredTransaction | None:
        """Return the session on a connector; one that nobody has begun or restored is not metered yet."""
        transaction = self._running(connector_id) if connector_id else None
        return None if transaction is None else self._sessions.get(transaction.key)

    def _session(self, transaction: Transaction, start_s: float | None = None) -> MeteredTransaction:
        session = self._sessions.get(transaction.key)
        if session is None:
            passed_s = max(0.0, (self._clock.now() - transaction.started_at).total_seconds())
            begun_s = self._clock.monotonic() - passed_s if start_s is None else start_s
            most = self._settings
            data = TransactionData(self._store, transaction.key, most.most_readings, most.most_values, self._report)
            session = MeteredTransaction(transaction, SampleTimes(begun_s), data)
            self._sessions[transaction.key] = session
        return session

    def _part_of(self, transaction: Transaction, slot: MeterReading | None) -> Accumulation:
        """Return what is known of the present part of a transaction from before a restart."""
        now, interval_s = self._clock.now(), self._keys.slot_interval_s(in_transaction=True)
        start = slot_at(now, interval_s).start if interval_s > 0 else now
        if transaction.started_at >= start:
            part = Accumulation(transaction.started_at)
            part.add(with_register((), transaction.meter_start_wh), self._clock.monotonic())
        elif slot is not None and slot.timestamp == start:
            part = Accumulation(start)
            part.add(slot.values, self._clock.monotonic())
        else:
            part = Accumulation(now)
        return part

    async def _values(self, connector_id: int, words: tuple[str, ...], meter_wh: int) -> tuple[SampledValue, ...]:
        """Return the values at the begin or the end of a transaction; the energy is known without reading."""
        values = None if words == (ENERGY,) else await self._connectors[connector_id].reader.read()
        return with_register(values or (), meter_wh)

    async def _collected(self, session: MeteredTransaction, words: tuple[str, ...]) -> list[MeterReading]:
        """Return what was collected, of the series that are still wanted."""
        wanted = {BEGIN}
        wanted |= {SAMPLED} if self._keys.stop_sampled else set()
        wanted |= {ALIGNED} if self._keys.stop_aligned else set()
        try:
            kept = [one for one in await session.data.readings() if one.series in wanted]
        except StorageError as error:
            self._report(f"the readings of a transaction are missing in its StopTransaction: {error}")
            kept = []
        readings = [one.reading for one in kept]
        if all(one.series != BEGIN for one in kept):
            # The energy at the begin is known even if nobody asked for it then.
            values = with_register((), session.transaction.meter_start_wh)
            chosen = select(values, words, _TRANSACTION_BEGIN)
            readings.insert(0, MeterReading(session.transaction.started_at, chosen))
        return readings
