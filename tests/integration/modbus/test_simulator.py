"""The simulated PLC against the device and the handshake, over a real socket; only its time is driven by hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import pytest

from ocpp_sdk.errors import ConfigurationError, ModbusTimeoutError, ModbusUnitError
from ocpp_sdk.modbus.device import ModbusDevice
from ocpp_sdk.modbus.handshake import (
    Answer,
    CommandDecided,
    Event,
    Exchange,
    PlcAsked,
    PlcReady,
    StartAsked,
    StationHandshake,
    StatusAsked,
    StopAsked,
)
from ocpp_sdk.modbus.map import default_map
from ocpp_sdk.modbus.registers import Value
from ocpp_sdk.modbus.settings import DeviceSettings, TcpAddress
from ocpp_sdk.modbus.simulator.connector import SimulatedConnector
from ocpp_sdk.modbus.simulator.server import SimulatedPlc, serve_plc
from ocpp_sdk.versions.enumerations import ConnectorStatus

MAP = default_map(2)
pytestmark = pytest.mark.anyio


class Stopped:
    """A clock that leaves all driving to the test."""

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float, /) -> None:
        await asyncio.Event().wait()


class Chain:
    """A simulated PLC, the line to it, the handshake, and a central system that accepts all tags but BAD.

    Attributes:
        told: everything that happened.
        address: where the PLC listens.
    """

    def __init__(self, plc: SimulatedPlc, device: ModbusDevice, address: TcpAddress) -> None:
        numbers = count(1)
        self.plc, self.device, self.address = plc, device, address
        self.handshake = StationHandshake(MAP, lambda: f"r{next(numbers)}")
        self.told: list[Event] = []
        self.now = 0.0
        self._transactions = count(100)

    def connector(self, number: int) -> SimulatedConnector:
        return self.plc.connectors[number]

    async def run(self, seconds: float, *, step: float = 0.5) -> None:
        """Let time go on."""
        for _ in range(round(seconds / step)):
            self.now += step
            self.plc.step(step)
            snapshot = await self.device.read()
            self._take(self.handshake.step(snapshot, self.now))
            values = self.handshake.wanted()
            self.handshake.writing(values)
            await self.device.write(values)
            self._take(self.handshake.written(values, self.now))

    def asked(self, kind: Exchange) -> list[PlcAsked]:
        """Return the requests of one kind."""
        return [one for one in self.told if isinstance(one, PlcAsked) and one.kind is kind]

    def _take(self, events: list[Event]) -> None:
        self.told += events
        for one in events:
            if isinstance(one, PlcAsked):
                number = next(self._transactions) if one.kind is Exchange.START else 0
                answer = Answer(accepted=getattr(one.asked, "id_tag", "") != "BAD", transaction_id=number)
                self._take(self.handshake.answer(one.kind, one.connector_id, one.record_id, answer, self.now))


@asynccontextmanager
async def chain() -> AsyncIterator[Chain]:
    """Serve a PLC, connect to it, and let both sides settle."""
    plc = SimulatedPlc(MAP)
    patient = DeviceSettings(timeout_s=5)
    async with serve_plc(plc, clock=Stopped()) as address, ModbusDevice(MAP, address, patient) as device:
        found = Chain(plc, device, address)
        await found.run(5)
        yield found


async def test_session_from_plug_to_unplug_is_told_once_with_its_energy() -> None:
    """An hour at 11 kW are 11 kWh, between one start and one stop with the same number."""
    async with chain() as found:
        assert PlcReady(software_version="simulated", model="Simulator") in found.told
        box = found.connector(1)
        box.plug()
        box.swipe("TAG1")
        await found.run(5)
        assert box.charging
        await found.run(3600, step=60)
        box.unplug()
        await found.run(5)
        (start,), (stop,) = found.asked(Exchange.START), found.asked(Exchange.STOP)
        assert start.asked == StartAsked(id_tag="TAG1", meter_wh=0)
        assert isinstance(stop.asked, StopAsked)
        assert stop.asked.transaction_id == 100
        assert stop.asked.meter_wh == pytest.approx(11_000, abs=60)
        statuses = [one.asked.status for one in found.asked(Exchange.STATUS) if isinstance(one.asked, StatusAsked)]
        assert statuses == ["Available", "Available", "Occupied", "Available"]
        assert (await found.device.read()).whole("MV_CONNECTOR1_ACTPOW") == 0


async def test_tag_that_is_not_accepted_starts_nothing() -> None:
    """The PLC does as it is told."""
    async with chain() as found:
        found.connector(2).plug()
        found.connector(2).swipe("BAD")
        await found.run(5)
        assert len(found.asked(Exchange.AUTHORIZE)) == 1
        assert found.asked(Exchange.START) == []


async def test_remote_start_and_stop_are_decided_by_the_plc() -> None:
    """A connector without a vehicle refuses, one with a vehicle charges until it is stopped."""
    async with chain() as found:
        found.handshake.remote_start(1, "c1", "TAG1", found.now)
        await found.run(5)
        found.connector(1).plug()
        found.handshake.remote_start(1, "c2", "TAG1", found.now)
        await found.run(5)
        assert found.connector(1).charging
        found.handshake.remote_stop(1, "c3", 100, found.now)
        await found.run(5)
        assert not found.connector(1).charging
        decided = {one.record_id: one.accepted for one in found.told if isinstance(one, CommandDecided)}
        assert decided == {"c1": False, "c2": True, "c3": True}
        assert len(found.asked(Exchange.STOP)) == 1


def test_tag_that_is_accepted_after_a_remote_start_begins_no_second_transaction() -> None:
    """Both come at the same moment, and the first one charges."""
    connector = SimulatedConnector(1)
    connector.plug()
    connector.swipe("TAG1")
    connector.step({}, 0.1)
    remote: dict[str, Value] = {"RMT_START_CON1_CMD": True, "RMT_START_CON1_IDTAG": "TAG2"}
    connector.step(remote, 0.1)
    held = {"AUTH_CON1_COMPLETE": True, "AUTH_CON1_IDTAG_ACCEPTED": True}
    connector.step(held, 0.1)
    assert connector.values()["START_CON1_IDTAG"] == "TAG2"
    connector.step({"START_CON1_COMPLETE": True, "START_CON1_ACCEPTED": True, "START_CON1_TRANSACTION_ID": 7}, 0.1)
    assert connector.charging
    connector.step({}, 0.1)
    assert not connector.values()["START_CON1_CMD"]


async def test_fault_and_unavailability_end_a_transaction_and_are_told() -> None:
    """What forbids to charge is a status and a stop."""
    async with chain() as found:
        box = found.connector(1)
        box.plug()
        box.swipe("TAG1")
        await found.run(5)
        box.fault = 3
        await found.run(5)
        assert len(found.asked(Exchange.STOP)) == 1
        status = found.asked(Exchange.STATUS)[-1].asked
        assert isinstance(status, StatusAsked)
        assert (status.status, status.fault.value) == (ConnectorStatus.UNAVAILABLE, "GroundFailure")
        found.handshake.set_available(2, False)
        await found.run(5)
        assert found.asked(Exchange.STATUS)[-1].connector_id == 2


async def test_silent_plc_is_a_time_out_and_comes_back() -> None:
    """A PLC that hangs is told, and nothing is lost when it goes on."""
    async with chain() as found:
        found.plc.answers.clear()
        async with ModbusDevice(MAP, found.address, DeviceSettings(timeout_s=0.1)) as other:
            with pytest.raises(ModbusTimeoutError):
                await other.read()
            found.plc.answers.set()
            assert (await other.read()).flag("BN_PLC_RUNNING")


async def test_unit_that_is_not_there_is_named() -> None:
    """A wrong unit id is found out at once."""
    async with chain() as found, ModbusDevice(MAP, found.address, DeviceSettings(unit_id=5)) as other:
        with pytest.raises(ModbusUnitError, match="there is no unit 5"):
            await other.read()


async def test_port_in_use_is_one_line() -> None:
    """Two simulators on one port are a mistake."""
    async with chain() as found:
        with pytest.raises(ConfigurationError, match=r"cannot listen on 127\.0\.0\.1:\d+"):
            async with serve_plc(SimulatedPlc(MAP), port=found.address.port):
                pass
