"""The bridge as a process of its own, with a SQLite file between it and the charge point; it is killed at any point."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ocpp_sdk.charge_point.hardware import ENERGY
from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.modbus.settings import TcpAddress
from ocpp_sdk.modbus.station import bridging, plc_hardware, run_bridge, seam
from ocpp_sdk.versions.enumerations import StopReason, UnlockStatus
from tests.integration.modbus.station import Chain, RecordingStation, eventually, open_chain, running, settings_of
from tests.unit.cli.running import COMMAND, environment

pytestmark = pytest.mark.anyio


class BridgeProcess:
    """`ocpp-sdk modbus bridge` that can be killed and started again."""

    def __init__(self, address: TcpAddress, url: str) -> None:
        self._command = ("modbus", "bridge", "--plc", str(address), "--storage", url, "--period", "0.05")
        self.process: Process | None = None

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            *COMMAND, *self._command, "--timeout", "1", stdout=PIPE, stderr=PIPE, env=environment()
        )
        assert self.process.stderr is not None
        for expected in (b"bridges the PLC", b"the PLC answers"):
            line = await self.process.stderr.readline()
            assert expected in line, line

    async def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        await self.process.communicate()

    async def end(self) -> bytes:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.terminate()
        return (await self.process.communicate())[1]


@asynccontextmanager
async def bridged(tmp_path: Path, **changes: float | bool) -> AsyncIterator[tuple[Chain, BridgeProcess]]:
    """Run a charge point and a bridge in two processes."""
    url = f"sqlite:///{tmp_path / 'box.db'}"
    lines: list[str] = []
    async with (
        open_chain(url) as (plc, address, store, station),
        running(address, store, station, lines, own_process=True, **changes) as hardware,
    ):
        bridge = BridgeProcess(address, url)
        await bridge.start()
        try:
            await station.until(lambda: "ready" in station.said)
            yield Chain(plc, address, hardware, station, store, lines), bridge
        finally:
            said = await bridge.end()
            assert b"Traceback" not in said, said


async def test_session_and_commands_pass_between_two_processes(tmp_path: Path) -> None:
    """Everything that one process can do, two can."""
    async with bridged(tmp_path) as (chained, _):
        box, station, hardware = chained.plc.connectors[1], chained.station, chained.hardware
        box.power_w = 3_600_000
        assert await hardware.unlock(2) is UnlockStatus.UNLOCKED
        await chained.begin()
        assert box.transaction_id == 100

        async def drawn() -> bool:
            return await chained.energy_wh() >= 50

        await eventually(drawn)
        assert (await hardware.read_meter(1))[0].measurand == ENERGY
        assert await hardware.stop(station.begun[0], StopReason.REMOTE)
        await station.until(lambda: len(station.ended) == 1)
        assert station.infos[0].model == "Simulator"
        assert station.said == ["ready"]


@pytest.mark.parametrize("answered_meanwhile", [False, True], ids=["answered later", "answered while it is dead"])
async def test_bridge_killed_in_a_start_and_in_a_stop_leaves_one_of_each(
    tmp_path: Path, *, answered_meanwhile: bool
) -> None:
    """A request that the PLC holds over the death of the bridge is the same one for the next bridge."""
    async with bridged(tmp_path, offline_start_s=60, stop_answer_s=60) as (chained, bridge):
        box, station = chained.plc.connectors[1], chained.station

        async def answered() -> bool:
            return await chained.states("start") == ["ReceivedFromOCPP"]

        station.online.clear()
        box.plug()
        await station.until(lambda: all(asking.idle for asking in box._asking.values()))
        box.swipe("TAG1")
        await station.until(lambda: len(station.begun) == 1)
        await bridge.kill()
        if answered_meanwhile:
            station.online.set()
            await eventually(answered)
        await bridge.start()
        station.online.set()
        await station.until(lambda: box.charging)
        assert box.transaction_id == 100
        station.online.clear()
        box.swipe("TAG1")
        await station.until(lambda: len(station.ended) == 1)
        await bridge.kill()
        if answered_meanwhile:
            station.online.set()
        await bridge.start()
        station.online.set()
        await station.until(lambda: all(asking.idle for asking in box._asking.values()))
        await chained.until_ended("stop")
        assert (len(station.begun), len(station.ended)) == (1, 1)
        assert await chained.until_ended("start") == ["AcceptedToModbus"]
        assert station.said.count("ready") == 1


async def test_bridge_killed_at_any_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Sessions go on through a row of deaths: as many starts and stops reach the station as vehicles charged."""
    async with bridged(tmp_path, offline_start_s=60) as (chained, bridge):
        box, station = chained.plc.connectors[1], chained.station

        async def die() -> None:
            for life_s in (0.1, 0.5, 0.3):
                await asyncio.sleep(life_s)
                await bridge.kill()
                await bridge.start()

        dying = asyncio.ensure_future(die())
        numbers: list[int] = []
        while not dying.done() or not numbers:
            await chained.begin()
            numbers.append(box.transaction_id)
            box.swipe("TAG1")
            await station.until(lambda: all(asking.idle for asking in box._asking.values()))
        await dying
        assert numbers == list(range(100, 100 + len(numbers)))
        assert [one.transaction_id for one in station.begun] == numbers
        assert [one.transaction_id for one, _ in station.ended] == numbers


async def test_two_on_one_machine_wake_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A charge point that never looks by itself hears the bridge at once, also one that has started again."""
    monkeypatch.setattr(seam, "POLL_S", 3600.0)
    monkeypatch.setattr(seam, "BEAT_S", 3600.0)
    async with bridged(tmp_path) as (chained, bridge):
        await chained.begin()
        await bridge.kill()
        await bridge.start()
        chained.plc.connectors[1].swipe("TAG1")
        await chained.station.until(lambda: len(chained.station.ended) == 1)
        assert await chained.hardware.unlock(1) is UnlockStatus.UNLOCKED


async def test_meter_is_never_read_lower_than_the_register_that_came_with_a_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where meters are seldom stored for the other process: each start and stop brings those of its moment."""
    for name in ("PUBLISH_S", "BEAT_S"):
        monkeypatch.setattr(bridging, name, 3600.0)
    url = f"sqlite:///{tmp_path / 'box.db'}"
    async with (
        open_chain(url) as (plc, address, store, station),
        running(address, store, station, [], own_process=True) as hardware,
    ):
        bridge = asyncio.ensure_future(run_bridge(settings_of(address), store, "CP1", report=lambda _: None))
        try:
            await station.until(lambda: "ready" in station.said)
            chained, box = Chain(plc, address, hardware, station, store, []), plc.connectors[1]
            box.power_w = 3_600_000
            for count in range(1, 4):
                await chained.begin()
                assert await chained.energy_wh() >= station.begun[-1].meter_start_wh
                await asyncio.sleep(0.1)
                box.swipe("TAG1")
                await chained.until_ended("stop", count)
                assert await chained.energy_wh() > station.begun[-1].meter_start_wh
        finally:
            bridge.cancel()
            await asyncio.gather(bridge, return_exceptions=True)


async def test_bridge_that_is_gone_shows_as_a_lost_plc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A charge point whose bridge has died says so, and goes on when there is one again."""
    monkeypatch.setattr(seam, "SILENT_AFTER_S", 6.0)
    async with bridged(tmp_path) as (chained, bridge):
        await bridge.kill()
        await chained.station.until(lambda: any("no bridge has been heard" in one for one in chained.station.said))
        await bridge.start()
        await chained.station.until(lambda: "found" in chained.station.said)
        assert chained.station.said.count("ready") == 1


async def test_second_bridge_ends_and_leaves_the_charge_point_to_the_first(tmp_path: Path) -> None:
    """Two bridges would ask everything twice."""
    async with bridged(tmp_path) as (chained, _):
        second = BridgeProcess(chained.address, f"sqlite:///{tmp_path / 'box.db'}")
        await second.start()
        assert second.process is not None
        async with asyncio.timeout(30):
            _, said = await second.process.communicate()
        assert second.process.returncode == 1
        assert b"CP1: another bridge serves this charge point, there must be one" in said
        settings = settings_of(chained.address)
        async with plc_hardware(settings, chained.store, "CP1", report=chained.lines.append) as inside:
            with pytest.raises(ExceptionGroup, match="unhandled errors") as failed:
                await asyncio.wait_for(inside.run(RecordingStation()), 30)
        assert failed.group_contains(ConfigurationError, match="another bridge", depth=None)
        await chained.begin()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--storage", "sqlite:///x.db"], "--plc is missing; it is HOST or HOST:PORT, or the path of a serial port"),
        (["--plc", "10.0.0.7", "--storage", "memory:"], "--storage cannot be memory:, since another process uses it"),
    ],
)
async def test_option_that_cannot_work_is_one_line(tmp_path: Path, arguments: list[str], said: str) -> None:
    """Nothing is guessed."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "modbus", "bridge", *arguments, stdout=PIPE, stderr=PIPE, env=environment(), cwd=tmp_path
    )
    _, err = await process.communicate()
    assert process.returncode == 2
    assert err.decode().startswith(f"ocpp-sdk: {said}")
    assert err.count(b"\n") == 1


async def test_configuration_file_serves_both_processes(tmp_path: Path) -> None:
    """PLC and storage stand in one file; a wrong value is named with its place."""
    (tmp_path / "box.toml").write_text('[plc]\nplc = "10.0.0.7:x"\n[charge-point]\nstorage = "sqlite:///box.db"\n')
    process = await asyncio.create_subprocess_exec(
        sys.executable, *COMMAND[1:], "modbus", "bridge", "--config", "box.toml", stderr=PIPE, env=environment(),
        cwd=tmp_path,
    )  # fmt: skip
    _, err = await process.communicate()
    assert (process.returncode, err.count(b"\n")) == (1, 1)
    assert b"'10.0.0.7:x' is no address" in err
