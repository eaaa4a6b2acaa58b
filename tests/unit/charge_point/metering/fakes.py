"""A meter, a store and a charge point around `Metering`, in time that the test moves."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from ocpp_sdk.charge_point.configuration import ConfigurationTable
from ocpp_sdk.charge_point.hardware import ENERGY, Transaction
from ocpp_sdk.charge_point.metering import Metering, MeteringSettings, SettingTransactionDataStore
from ocpp_sdk.charge_point.settings import ChargePointSettings
from ocpp_sdk.errors import StorageError, StorageUnavailableError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.domain import MeterReading, SampledValue
from tests.unit.charge_point.fakes import FakeClock, settle

POWER_W = 3600
_TURNS = 30


class SteppedClock(FakeClock):
    """A clock whose time of day can be set, while its seconds go on."""

    def __init__(self) -> None:
        super().__init__()
        self.step_s = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.step_s)

    async def pass_time(self, seconds: float = 0) -> None:
        """Let time go by; a meter settles sooner than a whole charge point, and a week has many wakes."""
        until = self._passed + seconds
        await _settle()
        while self._sleepers and self._sleepers[0][0] <= until:
            at, _, woken = heapq.heappop(self._sleepers)
            self._passed = max(self._passed, at)
            if not woken.done():
                woken.set_result(None)
                await _settle()
        self._passed = until
        await _settle()


async def _settle() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)


class Texts:
    """A `SettingStore` in memory that fails when it is told to."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.fails = False

    def _check(self) -> None:
        if self.fails:
            raise StorageUnavailableError("no store today")

    async def setting(self, key: str) -> str | None:
        self._check()
        return self.texts.get(key)

    async def settings(self, prefix: str = "") -> dict[str, str]:
        self._check()
        return {key: text for key, text in self.texts.items() if key.startswith(prefix)}

    async def put_setting(self, key: str, value: str) -> None:
        self._check()
        assert 0 < len(key) <= 200
        self.texts[key] = value

    async def swap_setting(self, key: str, expected: str | None, value: str | None) -> bool:
        raise NotImplementedError

    async def remove_setting(self, key: str) -> bool:
        self._check()
        return self.texts.pop(key, None) is not None


class Box:
    """Connectors that give 1 Wh a second while a transaction runs, and the metering of them.

    Attributes:
        sent: connector, reading and transaction key of what was handed over, in order.
        lines: what was reported.
        reads: how often a meter was read.
        reading: what happens when a meter is read; None for the values.
        refuses: whether what is handed over is refused.
    """

    def __init__(
        self,
        version: OcppVersion,
        keys: dict[str, str],
        *,
        connectors: int = 1,
        main_meter: bool = False,
        clock: SteppedClock | None = None,
        texts: Texts | None = None,
        settings: MeteringSettings | None = None,
    ) -> None:
        self.clock = clock or SteppedClock()
        self.texts = texts or Texts()
        self.lines: list[str] = []
        self.sent: list[tuple[int, MeterReading, str | None]] = []
        self.reads = 0
        self.reading: Callable[[int], Awaitable[None]] | None = None
        self.refuses = False
        self.offset_wh = 0
        self._main_meter = main_meter
        self._running: dict[int, Transaction] = {}
        self._since: dict[int, float] = {}
        self._counted = dict.fromkeys(range(connectors + 1), 0.0)
        self.configuration = ConfigurationTable(
            ChargePointSettings(identity="CP1", version=version, connectors=connectors, sample_interval_s=0),
            report=self.lines.append,
        )
        for key, value in keys.items():
            assert self.configuration.change(key, value) == "Accepted", self.lines
        self.metering = Metering(
            self.read_meter,
            self.configuration,
            self.clock,
            running=self._running.get,
            connectors=connectors,
            send=self._send,
            store=SettingTransactionDataStore(self.texts, "CP1"),
            settings=settings,
            report=self.lines.append,
        )

    def energy_wh(self, connector_id: int) -> float:
        """Return what a meter has counted."""
        if connector_id == 0:
            return sum(self.energy_wh(number) for number in self._counted if number)
        transaction = self._running.get(connector_id)
        runs_s = 0.0 if transaction is None else self.clock.monotonic() - self._since[connector_id]
        return self._counted[connector_id] + runs_s

    async def read_meter(self, connector_id: int) -> tuple[SampledValue, ...]:
        self.reads += 1
        if connector_id == 0 and not self._main_meter:
            return ()
        if self.reading is not None:
            await self.reading(connector_id)
        power = POWER_W if self._running.get(connector_id) else 0
        phases = tuple(
            SampledValue(value=str(230 + number), measurand="Voltage", phase=f"L{number}", unit="V")
            for number in (1, 2, 3)
        )
        return (
            SampledValue(value=f"{self.energy_wh(connector_id) + self.offset_wh:.0f}", measurand=ENERGY, unit="Wh"),
            SampledValue(value=str(power), measurand="Power.Active.Import", unit="W"),
            *phases,
        )

    async def start(self, key: str = "T1", connector_id: int = 1) -> Transaction:
        """Begin a transaction."""
        energy_wh = round(self.energy_wh(connector_id))
        transaction = Transaction(
            key=key, connector_id=connector_id, id_tag="TAG", started_at=self.clock.now(), meter_start_wh=energy_wh
        )
        self.resume(transaction)
        await self.metering.transaction_started(transaction, energy_wh)
        return transaction

    def resume(self, transaction: Transaction) -> None:
        """Let a transaction run."""
        self._since[transaction.connector_id] = self.clock.monotonic()
        self._running[transaction.connector_id] = transaction

    def take_over(self, before: "Box") -> None:
        """Be the same hardware, which went on while the program did not run."""
        self._since.update(before._since)
        self._counted.update(before._counted)
        self._running.update(before._running)

    async def stop(self, transaction: Transaction) -> tuple[MeterReading, ...]:
        """End a transaction; returns its transactionData."""
        number = transaction.connector_id
        self._counted[number] = self.energy_wh(number)
        del self._running[number]
        return await self.metering.transaction_ended(transaction, round(self.energy_wh(number)))

    def readings(self, connector_id: int = 1) -> list[MeterReading]:
        """Return what was said of a connector."""
        return [reading for number, reading, _ in self.sent if number == connector_id]

    def times(self, connector_id: int = 1) -> list[str]:
        """Return when that was."""
        return [f"{reading.timestamp:%d %H:%M:%S}" for reading in self.readings(connector_id)]

    async def _send(self, connector_id: int, reading: MeterReading, transaction: Transaction | None) -> None:
        if self.refuses:
            raise StorageError("full")
        self.sent.append((connector_id, reading, None if transaction is None else transaction.key))


@asynccontextmanager
async def running(box: Box) -> AsyncIterator[Box]:
    """Run the loops of a box."""
    loop = asyncio.ensure_future(box.metering.run())
    await settle()
    try:
        yield box
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


def values_of(reading: MeterReading) -> dict[str, str]:
    """Return the values of a reading by measurand, and phase if there is one."""
    return {f"{one.measurand}.{one.phase}" if one.phase else str(one.measurand): one.value for one in reading.values}
