"""The bridge between the simulated PLC and an OCPP side, over a real socket."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count

import pytest

from ocpp_sdk.errors import ModbusError, ModbusTimeoutError
from ocpp_sdk.modbus.bridge import Bridge
from ocpp_sdk.modbus.device import ModbusDevice
from ocpp_sdk.modbus.handshake import Answer, Exchange, PlcAsked, PlcReady, PlcStopped, RecordMoved, StopAsked
from ocpp_sdk.modbus.map import default_map
from ocpp_sdk.modbus.settings import DeviceSettings
from ocpp_sdk.modbus.simulator.connector import SimulatedConnector
from ocpp_sdk.modbus.simulator.server import SimulatedPlc, serve_plc
from ocpp_sdk.modbus.snapshot import Snapshot

MAP = default_map(2)
PATIENCE = DeviceSettings(timeout_s=0.3, first_delay_s=0.05, max_delay_s=0.1)
pytestmark = pytest.mark.anyio


class CentralSystem:
    """Accepts all tags, counts transactions, and keeps what it hears.

    Attributes:
        requests: of the PLC.
        events: all others.
        energy_wh: of the meter of connector 1, as last seen.
    """

    def __init__(self) -> None:
        self.requests: list[PlcAsked] = []
        self.events: list[object] = []
        self.errors: list[ModbusError | None] = []
        self.energy_wh = 0
        self._numbers = count(100)
        self._changed = asyncio.Event()

    async def asked(self, asked: PlcAsked) -> Answer:
        self.requests.append(asked)
        self._changed.set()
        return Answer(transaction_id=next(self._numbers) if asked.kind is Exchange.START else 0)

    async def told(self, event: RecordMoved | PlcReady | PlcStopped) -> None:
        self.events.append(event)
        self._changed.set()

    async def measured(self, snapshot: Snapshot) -> None:
        self.energy_wh = snapshot.whole("MV_CONNECTOR1_WHMETER")
        self._changed.set()

    async def reached(self, error: ModbusError | None) -> None:
        self.errors.append(error)
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so; the time-out of the test is the limit."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    def kinds(self, kind: Exchange) -> list[PlcAsked]:
        return [one for one in self.requests if one.kind is kind]


@asynccontextmanager
async def bridged() -> AsyncIterator[tuple[SimulatedPlc, CentralSystem, Bridge]]:
    """Run a bridge that has connected."""
    plc, central = SimulatedPlc(MAP), CentralSystem()
    async with serve_plc(plc, cycle_s=0.01) as address, ModbusDevice(MAP, address, PATIENCE) as device:
        bridge = Bridge(device, central, period_s=0.02)
        running = asyncio.create_task(bridge.run())
        try:
            await central.until(lambda: any(isinstance(one, PlcReady) for one in central.events))
            yield plc, central, bridge
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def charging(box: SimulatedConnector, central: CentralSystem) -> None:
    """Begin a transaction by a tag."""
    box.power_w = 3_600_000
    box.plug()
    box.swipe("TAG1")
    await central.until(lambda: box.charging)


async def test_session_is_told_once_with_its_energy_and_its_records_end() -> None:
    """Tag, start, energy and stop, each once; every record comes to its end."""
    async with bridged() as (plc, central, _):
        box = plc.connectors[1]
        await charging(box, central)
        await central.until(lambda: central.energy_wh >= 50)
        box.unplug()
        await central.until(lambda: len(central.kinds(Exchange.STOP)) == 1)

        def ended() -> set[str]:
            moved = [one for one in central.events if isinstance(one, RecordMoved)]
            return {one.record_id for one in moved if one.state == "AcceptedToModbus"}

        await central.until(lambda: {one.record_id for one in central.requests} == ended())
        (stop,) = central.kinds(Exchange.STOP)
        assert isinstance(stop.asked, StopAsked)
        assert stop.asked.transaction_id == 100
        assert stop.asked.meter_wh == int(box.energy_wh) >= 50
        assert len(central.kinds(Exchange.START)) == len(central.kinds(Exchange.AUTHORIZE)) == 1


async def test_remote_commands_return_the_decision_of_the_plc() -> None:
    """The caller waits for the hardware, not for a time."""
    async with bridged() as (plc, central, bridge):
        assert not (await bridge.remote_start(1, "TAG1")).accepted
        plc.connectors[1].plug()
        assert (await bridge.remote_start(1, "TAG1")).accepted
        await central.until(lambda: plc.connectors[1].charging)
        assert not (await bridge.remote_stop(1, 7)).accepted
        assert (await bridge.remote_stop(1, 100)).accepted
        assert (await bridge.unlock(2)).accepted
        refused = await bridge.remote_start(1, "X" * 21)
        assert "20 fit" in refused.reason


async def test_plc_that_starts_again_behind_the_same_connection_is_told_everything_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has lost what was written to it, and shows zeros until it runs."""
    async with bridged() as (plc, central, _):
        await central.until(lambda: plc._held().get("CONTROL_CON1_AUTH_ALLOW") == 1)
        with monkeypatch.context() as stopped:
            stopped.setattr(plc, "step", lambda _: None)
            plc._tables[True] = dict.fromkeys(plc._tables[True], 0)
            await central.until(lambda: PlcStopped() in central.events)
            plc._tables[False] = dict.fromkeys(plc._tables[False], 0)
        await central.until(lambda: plc._held().get("CONTROL_CON1_AUTH_ALLOW") == 1)
        assert len([event for event in central.events if isinstance(event, PlcReady)]) == 2


async def test_silent_plc_is_told_once_and_charging_goes_on_afterwards() -> None:
    """An outage is one event at its begin and one at its end, and loses nothing."""
    async with bridged() as (plc, central, _):
        await charging(plc.connectors[1], central)
        plc.answers.clear()
        await central.until(lambda: central.errors[-1] is not None)
        assert isinstance(central.errors[-1], ModbusTimeoutError)
        plc.connectors[1].unplug()
        plc.answers.set()
        await central.until(lambda: len(central.kinds(Exchange.STOP)) == 1)
        await central.until(lambda: central.errors[-1] is None)
        assert len(central.errors) == 3
        assert len(central.kinds(Exchange.START)) == 1
