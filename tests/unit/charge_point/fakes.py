"""Time that only the test moves, and a central system that answers as it is told."""

import asyncio
import heapq
from collections import deque
from collections.abc import AsyncIterator, Sized
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Literal

from ocpp_sdk.call import Addressing, Call
from ocpp_sdk.charge_point import (
    ChargePoint,
    ChargePointSettings,
    Equipment,
    Hardware,
    SimulatedHardware,
)
from ocpp_sdk.errors import StorageUnavailableError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.storage import NewCall, Queue, QueuedCall, Store
from ocpp_sdk.storage.keyed import KeyedStore, Tables
from ocpp_sdk.storage.memory import _MemoryLedger
from ocpp_sdk.versions import version_of
from ocpp_sdk.versions.domain import (
    BootAnswer,
    BootData,
    DataTransfer,
    DataTransferResult,
    IdTagInfo,
    MeterValues,
    StartResult,
    StartTransaction,
    StatusReport,
    StopTransaction,
)
from ocpp_sdk.versions.enumerations import (
    AuthorizationStatus,
    DataTransferStatus,
    DiagnosticsStatus,
    FirmwareStatus,
    RegistrationStatus,
)
from ocpp_sdk.versions.roles import ChargePointDomain

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
POWER_W = 3600.0
"""1 Wh a second."""
ACCEPTED = IdTagInfo(status=AuthorizationStatus.ACCEPTED)
_MOST_TURNS = 10_000


class FakeClock:
    """A clock that stands still until `pass_time`."""

    def __init__(self) -> None:
        self._passed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    async def sleep(self, seconds: float, /) -> None:
        if seconds <= 0:
            return
        self._count += 1
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._passed + seconds, self._count, woken))
        await woken

    async def pass_time(self, seconds: float = 0) -> None:
        """Let time go by, and everybody do what is due then."""
        until = self._passed + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= until:
            at, _, woken = heapq.heappop(self._sleepers)
            self._passed = max(self._passed, at)
            if not woken.done():
                woken.set_result(None)
                await settle()
        self._passed = until
        await settle()


async def settle() -> None:
    """Let every task run until it waits; a task that is woken is in the loop's list of those that are ready."""
    ready: Sized = getattr(asyncio.get_running_loop(), "_ready")  # noqa: B009 - it is nobody's public name
    quiet = 0
    for _ in range(_MOST_TURNS):
        await asyncio.sleep(0)
        quiet = quiet + 1 if not ready else 0
        if quiet == 3:
            return
    raise AssertionError("there is always somebody who runs")


class FakeCentralSystem:
    """Implements `CentralSystemGateway`: keeps what is said to it, and fails where the test says so.

    Attributes:
        heard: name of the operation and what it carried, in order.
        failures: errors raised by the next calls of an operation, by its name; `any` for whatever comes.
        after_effects: errors raised after the call was taken, as when the answer is lost.
        boots: answers to the next BootNotifications; Accepted with 300 s afterwards.
        info: what is said of every idTag.
    """

    def __init__(self, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.heard: list[tuple[str, object]] = []
        self.failures: dict[str, deque[Exception]] = {}
        self.after_effects: dict[str, deque[Exception]] = {}
        self.boots: deque[BootAnswer] = deque()
        self.info = ACCEPTED
        self.start_info: IdTagInfo | None = None
        self.transactions = 100

    def fail(self, operation: str, *errors: Exception) -> None:
        self.failures.setdefault(operation, deque()).extend(errors)

    def lose_answer(self, operation: str, *errors: Exception) -> None:
        self.after_effects.setdefault(operation, deque()).extend(errors)

    def named(self, operation: str) -> list[object]:
        return [carried for name, carried in self.heard if name == operation]

    @property
    def operations(self) -> list[str]:
        return [name for name, _ in self.heard]

    def _take(self, operation: str, carried: object) -> None:
        for name in (operation, "any"):
            if self.failures.get(name):
                raise self.failures[name].popleft()
        self.heard.append((operation, carried))
        if self.after_effects.get(operation):
            raise self.after_effects[operation].popleft()

    async def boot_notification(self, boot: BootData, /) -> BootAnswer:
        self._take("BootNotification", boot)
        if self.boots:
            return self.boots.popleft()
        return BootAnswer(status=RegistrationStatus.ACCEPTED, current_time=self.clock.now(), interval_s=300)

    async def heartbeat(self) -> datetime:
        self._take("Heartbeat", None)
        return self.clock.now()

    async def authorize(self, id_tag: str, /) -> IdTagInfo:
        self._take("Authorize", id_tag)
        return self.info

    async def start_transaction(self, start: StartTransaction, /) -> StartResult:
        self._take("StartTransaction", start)
        self.transactions += 1
        return StartResult(transaction_id=self.transactions, id_tag_info=self.start_info or self.info)

    async def stop_transaction(self, stop: StopTransaction, /) -> IdTagInfo | None:
        self._take("StopTransaction", stop)
        return None

    async def meter_values(self, meter_values: MeterValues, /) -> None:
        self._take("MeterValues", meter_values)

    async def status_notification(self, report: StatusReport, /) -> None:
        self._take("StatusNotification", report)

    async def firmware_status_notification(self, status: FirmwareStatus, /) -> None:
        self._take("FirmwareStatusNotification", status)

    async def diagnostics_status_notification(self, status: DiagnosticsStatus, /) -> None:
        self._take("DiagnosticsStatusNotification", status)

    async def data_transfer(self, transfer: DataTransfer, /) -> DataTransferResult:
        self._take("DataTransfer", transfer)
        return DataTransferResult(status=DataTransferStatus.ACCEPTED)


class FailingStore(KeyedStore):
    """A store whose queue refuses what the test says.

    Attributes:
        failing: how the next calls of an operation are refused, by its name: `before` they are kept, or `after`, when
            they are kept all the same.
    """

    def __init__(self) -> None:
        super().__init__(Tables(), _MemoryLedger())
        self.failing: dict[str, deque[Literal["before", "after"]]] = {}

    def fail(self, operation: str, *how: Literal["before", "after"]) -> None:
        self.failing.setdefault(operation, deque()).extend(how)

    def fail_often(self, operation: str, times: int) -> None:
        self.failing.setdefault(operation, deque()).extend(["before"] * times)

    async def enqueue(self, queue: Queue, call: NewCall) -> QueuedCall:
        how = self.failing.get(call.operation)
        failure = how.popleft() if how else None
        if failure == "before":
            raise StorageUnavailableError("the disk is full")
        kept = await super().enqueue(queue, call)
        if failure == "after":
            raise StorageUnavailableError("the disk is full")
        return kept


class Bench:
    """A charge point on a bench, with everything around it in the hands of the test."""

    def __init__(
        self,
        version: OcppVersion,
        settings: ChargePointSettings | None = None,
        store: Store | None = None,
        *,
        before: "Bench | None" = None,
        hardware: Hardware | None = None,
        equipment: Equipment | None = None,
        end_transactions: bool = True,
        flush_s: float = 0,
    ) -> None:
        """With a bench before, this is its charge point started again."""
        self.clock: FakeClock = FakeClock() if before is None else before.clock
        self.central_system: FakeCentralSystem = (
            FakeCentralSystem(self.clock) if before is None else before.central_system
        )
        self.store: Store = store or (memory_store() if before is None else before.store)
        self.lines: list[str] = []
        self.simulated = SimulatedHardware(2, POWER_W, self.clock, self.lines.append)
        self.charge_point = ChargePoint(
            settings or settings_of(version),
            self.central_system,
            hardware or self.simulated,
            self.store,
            clock=self.clock,
            random=lambda: 1.0,
            report=self.lines.append,
            equipment=equipment,
            end_transactions=end_transactions,
            flush_s=flush_s,
        )
        operations = version_of(version).charge_point.operations
        self.call = Call(operation=next(iter(operations.values())), charge_box_identity="CP1", addressing=Addressing())

    @property
    def hardware(self) -> SimulatedHardware:
        return self.simulated

    @property
    def commands(self) -> ChargePointDomain:
        return self.charge_point.commands

    def statuses(self, connector_id: int = 1) -> list[str]:
        reports = self.central_system.named("StatusNotification")
        return [
            str(one.status) for one in reports if isinstance(one, StatusReport) and one.connector_id == connector_id
        ]


def settings_of(version: OcppVersion) -> ChargePointSettings:
    """Return settings with round numbers."""
    return ChargePointSettings(identity="CP1", version=version, sample_interval_s=60)


def memory_store() -> Store:
    """Return an empty store."""
    return KeyedStore(Tables(), _MemoryLedger())


@asynccontextmanager
async def on_bench(
    version: OcppVersion,
    *,
    hardware: Hardware | None = None,
    store: Store | None = None,
    before: Bench | None = None,
    equipment: Equipment | None = None,
    settings: ChargePointSettings | None = None,
    killed: bool = False,
    flush_s: float = 0,
) -> AsyncIterator[Bench]:
    """Run a charge point that is registered.

    Args:
        version: of OCPP.
        hardware: what it drives; simulated by default.
        store: where it keeps what must not be lost.
        before: the bench whose charge point is started again.
        equipment: parts that a test brings.
        settings: with round numbers by default.
        killed: whether it is stopped without a farewell.
        flush_s: how long it waits for messages to be sent before it ends or is reset.
    """
    bench = Bench(
        version,
        settings,
        store,
        before=before,
        hardware=hardware,
        equipment=equipment,
        end_transactions=not killed,
        flush_s=flush_s,
    )
    async with bench.charge_point:
        await bench.clock.pass_time()
        yield bench
