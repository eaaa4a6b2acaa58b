"""A simulated PLC with a memory that survives a power cut, and its registers read over the socket."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from ocpp_sdk.errors import ModbusError
from ocpp_sdk.modbus.device import ModbusDevice
from ocpp_sdk.modbus.map import default_map
from ocpp_sdk.modbus.registers import Value
from ocpp_sdk.modbus.settings import DeviceSettings, TcpAddress
from ocpp_sdk.modbus.simulator.connector import Held, SimulatedConnector
from ocpp_sdk.modbus.simulator.server import SimulatedPlc, serve_plc
from tests.integration.chain.waiting import until

MAP = default_map(2)
POWER_W = 3_600_000
"""1 kWh a second, so that short sessions have energies that can be told apart."""


def _nothing() -> None:
    return


@dataclass(slots=True)
class AskingConnector(SimulatedConnector):
    """A connector that asks who may stop: another tag than the one that began must be authorized first.

    Attributes:
        asked: tags that were shown, and whether each was accepted.
        on_start: called just before the PLC asks for a start.
        on_stop: called just before it asks for a stop.
    """

    asked: list[tuple[str, bool]] = field(default_factory=list)
    on_start: Callable[[], None] = _nothing
    on_stop: Callable[[], None] = _nothing
    _began: str = ""

    @property
    def quiet(self) -> bool:
        """Whether no request is under way."""
        return all(asking.idle for asking in self._asking.values())

    @property
    def holds(self) -> set[str]:
        """The groups whose command the PLC holds."""
        return {group for group, asking in self._asking.items() if asking.held is not None}

    def swipe(self, id_tag: str) -> None:
        """Show a tag."""
        if self.charging and id_tag != self._began:
            self._asking["AUTH"].raise_with(IDTAG=id_tag)
        else:
            SimulatedConnector.swipe(self, id_tag)

    def _start(self, id_tag: str) -> None:
        # A tag that is accepted while a transaction runs is one that may end it.
        if not self.charging:
            self.on_start()
            self._began = id_tag
            SimulatedConnector._start(self, id_tag)

    def _stop(self, id_tag: str) -> None:
        if self.charging:
            self.on_stop()
        SimulatedConnector._stop(self, id_tag)

    def _step_requests(self, held: Held) -> None:
        auth = self._asking["AUTH"]
        before, charging = auth.held, self.charging
        SimulatedConnector._step_requests(self, held)
        if before is not None and auth.held is None:
            tag, accepted = str(before["IDTAG"]), bool(held.get(f"AUTH_CON{self.number}_IDTAG_ACCEPTED"))
            self.asked.append((tag, accepted))
            if charging and accepted:
                self._stop(tag)


class Plc:
    """A PLC on a port that stays the same; what its connectors know survives a power cut, its registers do not.

    Attributes:
        unit_id: of it, from the next start on.
        address: where it answers.
    """

    def __init__(self, unit_id: int = 1) -> None:
        self.unit_id = unit_id
        self.address = TcpAddress("127.0.0.1", 1)
        self._connectors: dict[int, SimulatedConnector] = {
            number: AskingConnector(number, power_w=POWER_W) for number in (1, 2)
        }
        self._simulated: SimulatedPlc | None = None
        self._stack = AsyncExitStack()
        self._port = 0

    def connector(self, number: int = 1) -> AskingConnector:
        """Return a connector."""
        found = self._connectors[number]
        assert isinstance(found, AskingConnector)
        return found

    async def start(self) -> None:
        """Let it run."""
        self._simulated = SimulatedPlc(MAP, unit_id=self.unit_id)
        self._simulated.connectors = self._connectors
        self._simulated.step(0)
        self._stack = AsyncExitStack()
        self.address = await self._stack.enter_async_context(serve_plc(self._simulated, port=self._port, cycle_s=0.02))
        self._port = self.address.port

    async def stop(self) -> None:
        """Take its power away."""
        await self._stack.aclose()

    def be_silent(self) -> None:
        """Answer nothing any more."""
        assert self._simulated is not None
        self._simulated.answers.clear()

    def answer(self) -> None:
        """Answer again."""
        assert self._simulated is not None
        self._simulated.answers.set()

    async def registers(self) -> dict[str, Value]:
        """Return what its registers hold, those that it writes and those that are written to it."""
        async with ModbusDevice(MAP, self.address, DeviceSettings(unit_id=self.unit_id, timeout_s=1)) as device:
            return {**(await device.read()).values, **(await device.read_back()).values}

    async def held(self, **wanted: Value) -> None:
        """Wait until registers hold some values."""
        found: dict[str, Value] = {}

        async def look() -> bool:
            try:
                registers = await self.registers()
            except ModbusError as error:
                found["error"] = str(error)
                return False
            found.update({name: registers[name] for name in wanted})
            return all(registers[name] == value for name, value in wanted.items())

        await until(look, lambda: f"wanted {wanted}, but found {found}")

    async def time_in(self, name: str) -> datetime | None:
        """Return a time that a register holds."""
        found = (await self.registers())[name]
        assert found is None or isinstance(found, datetime)
        return found


@asynccontextmanager
async def running_plc(unit_id: int = 1) -> AsyncIterator[Plc]:
    """Serve a PLC until the block is left."""
    plc = Plc(unit_id)
    await plc.start()
    try:
        yield plc
    finally:
        await plc.stop()
