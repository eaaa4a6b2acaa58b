"""A station that keeps what its hardware says, and a central system behind it that is there or not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from ocpp_sdk.charge_point.hardware import ConnectorFacts, HardwareInfo, Transaction
from ocpp_sdk.errors import SessionRefusedError
from ocpp_sdk.modbus.map import default_map
from ocpp_sdk.modbus.settings import DeviceSettings, TcpAddress
from ocpp_sdk.modbus.simulator.server import SimulatedPlc, serve_plc
from ocpp_sdk.modbus.station import PlcHardware, PlcSettings, plc_hardware
from ocpp_sdk.modbus.station.records import ENDED
from ocpp_sdk.modbus.station.seam import SeamStore
from ocpp_sdk.storage import Store, open_store
from ocpp_sdk.storage.plc import ExchangeState
from ocpp_sdk.versions.enumerations import StopReason

MAP = default_map(2)
_PATIENCE_S = 20.0
PATIENCE = DeviceSettings(timeout_s=0.3, first_delay_s=0.05, max_delay_s=0.1)


class RecordingStation:
    """Implements `Station`.

    Attributes:
        online: whether the central system answers starts and stops.
        accepts: which tags may charge.
        refuses: which tags the central system refuses in the answer to a start.
        numbers: what the central system calls the next transactions.
        begun: transactions in order.
        ended: likewise, with who ended them.
        facts: what was observed, by connector, in order.
        said: names of the other verbs, in order.
    """

    def __init__(self) -> None:
        self.online = asyncio.Event()
        self.online.set()
        self.accepts = {"TAG1", "TAG2"}
        self.refuses: set[str] = set()
        self.numbers = count(100)
        self.begun: list[Transaction] = []
        self.ended: list[tuple[Transaction, str | None]] = []
        self.facts: dict[int, list[ConnectorFacts]] = {}
        self.said: list[str] = []
        self.asked: list[tuple[int, str]] = []
        self.infos: list[HardwareInfo] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()

    async def ready(self, info: HardwareInfo) -> None:
        self.infos.append(info)
        self._say("ready")

    async def lost(self, reason: str) -> None:
        self._say(f"lost: {reason}")

    async def found(self) -> None:
        self._say("found")

    async def observe(self, connector_id: int, facts: ConnectorFacts) -> None:
        self.facts.setdefault(connector_id, []).append(facts)
        self._changed.set()

    async def authorize(self, connector_id: int, id_tag: str) -> bool:
        self.asked.append((connector_id, id_tag))
        self._changed.set()
        return id_tag in self.accepts

    async def may_stop(self, connector_id: int, id_tag: str) -> bool:
        self._say("may_stop")
        return id_tag in self.accepts

    def refusal(self, connector_id: int, id_tag: str) -> str:
        return ""

    def authorized(self, connector_id: int) -> str | None:
        return None

    def setting(self, key: str) -> str | None:
        return None

    async def release(self, connector_id: int) -> None:
        self._say(f"release {connector_id}")

    async def start(
        self, connector_id: int, id_tag: str, meter_wh: int, *, key: str, at: datetime | None = None
    ) -> Transaction:
        for known in self.begun:
            if known.key == key:
                return known
        if self.running(connector_id) is not None:
            raise SessionRefusedError("another transaction runs")
        transaction = Transaction(
            key=key, connector_id=connector_id, id_tag=id_tag, started_at=at or self.now(), meter_start_wh=meter_wh
        )
        self.begun.append(transaction)
        self._do(self._answer(transaction))
        return transaction

    async def stop(
        self,
        connector_id: int,
        meter_wh: int,
        *,
        transaction: Transaction | None = None,
        id_tag: str | None = None,
        reason: StopReason | None = None,
        at: datetime | None = None,
    ) -> Transaction | None:
        ending = transaction or self.running(connector_id)
        if ending is None or ending.stop_reason is not None:
            return None
        ending.stop_reason, ending.meter_stop_wh = reason or ending.stopping or StopReason.LOCAL, meter_wh
        ending.ended.set()
        self.ended.append((ending, id_tag))
        self._do(self._answer_stop(ending))
        return ending

    def running(self, connector_id: int) -> Transaction | None:
        return next((one for one in self.begun if one.connector_id == connector_id and one.stop_reason is None), None)

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so, of the station or of the PLC, and say what was heard if it does not come."""
        end = asyncio.get_running_loop().time() + _PATIENCE_S
        while not condition():
            assert asyncio.get_running_loop().time() < end, f"{self.said} {self.begun} {self.ended} {self.facts}"
            self._changed.clear()
            try:
                async with asyncio.timeout(0.02):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _answer(self, transaction: Transaction) -> None:
        await self.online.wait()
        transaction.transaction_id = next(self.numbers)
        transaction.refused = transaction.id_tag in self.refuses
        transaction.answered.set()
        self._changed.set()

    async def _answer_stop(self, transaction: Transaction) -> None:
        await self.online.wait()
        transaction.stop_answered.set()

    def _do(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._changed.set()

    def _say(self, verb: str) -> None:
        self.said.append(verb)
        self._changed.set()


async def eventually(look: Callable[[], Awaitable[bool]]) -> None:
    """Look again and again until something is so that has to be asked for."""
    async with asyncio.timeout(_PATIENCE_S):
        while not await look():  # noqa: ASYNC110 - nobody tells of what is in storage or behind a socket
            await asyncio.sleep(0.02)


@dataclass
class Chain:
    """A simulated PLC, its hardware side, and a station."""

    plc: SimulatedPlc
    address: TcpAddress
    hardware: PlcHardware
    station: RecordingStation
    store: SeamStore
    lines: list[str]

    async def energy_wh(self, connector_id: int = 1) -> int:
        """Return what the charge point reads at a meter."""
        return int((await self.hardware.read_meter(connector_id))[0].value)

    async def states(self, kind: str) -> list[str]:
        """Return the states of the records of one kind."""
        return [one.state.value for one in await self.store.exchanges("CP1", kind=kind)]

    async def until_ended(self, kind: str, count: int = 1) -> list[str]:
        """Wait until all records of a kind have come to their end; returns how each of them ended."""

        async def ended() -> bool:
            found = await self.states(kind)
            return len(found) >= count and all(ExchangeState(one) in ENDED for one in found)

        await eventually(ended)
        return await self.states(kind)

    async def begin(self, id_tag: str = "TAG1", connector_id: int = 1) -> None:
        """Begin a transaction by a tag, and wait until the PLC has it."""
        box = self.plc.connectors[connector_id]
        box.plug()
        await self.station.until(lambda: all(asking.idle for asking in box._asking.values()))
        box.swipe(id_tag)
        await self.station.until(lambda: box.charging)


def settings_of(address: TcpAddress, **changes: float | bool) -> PlcSettings:
    """Return settings for tests, which wait for nothing longer than they must."""
    chosen: dict[str, float | bool] = {"period_s": 0.02, "offline_start_s": 0.3, "stop_answer_s": 0.3, **changes}
    return PlcSettings(address=address, register_map=MAP, device=PATIENCE, **chosen)  # type: ignore[arg-type] # by name


@asynccontextmanager
async def running(
    address: TcpAddress, store: SeamStore, station: RecordingStation, lines: list[str], **changes: float | bool
) -> AsyncIterator[PlcHardware]:
    """Run the hardware side of a station."""
    async with plc_hardware(settings_of(address, **changes), store, "CP1", report=lines.append) as hardware:
        task = asyncio.ensure_future(hardware.run(station))
        try:
            yield hardware
        finally:
            failed = task.done()
            task.cancel()
            (ended,) = await asyncio.gather(task, return_exceptions=True)
            if failed and ended is not None:
                raise ended


@asynccontextmanager
async def open_chain(url: str = "memory:") -> AsyncIterator[tuple[SimulatedPlc, TcpAddress, Store, RecordingStation]]:
    """Serve a simulated PLC beside an open store and a station, without what connects them."""
    plc, store = SimulatedPlc(MAP), await open_store(url)
    try:
        async with serve_plc(plc, cycle_s=0.01) as address:
            yield plc, address, store, RecordingStation()
    finally:
        await store.close()


@asynccontextmanager
async def chain(**changes: float | bool) -> AsyncIterator[Chain]:
    """Run everything in one process, until the station has heard of the PLC."""
    lines: list[str] = []
    async with (
        open_chain() as (plc, address, store, station),
        running(address, store, station, lines, **changes) as hardware,
    ):
        await station.until(lambda: "ready" in station.said)
        yield Chain(plc, address, hardware, station, store, lines)
