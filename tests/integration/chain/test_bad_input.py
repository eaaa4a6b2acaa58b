"""What may be wrong with a PLC, at the command and its metrics: a clear line, a count, nothing lost."""

import asyncio
import socket
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from ocpp_sdk.modbus.settings import TcpAddress
from ocpp_sdk.modbus.simulator.server import SimulatedPlc, serve_plc
from ocpp_sdk.operation import OcppVersion
from tests.integration.chain.box import box_in, write_box
from tests.integration.chain.chain import central_system
from tests.integration.chain.plc import MAP, running_plc
from tests.integration.chain.programs import Program
from tests.integration.chain.waiting import until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


async def metric(port: int, name: str) -> float:
    """Return a metric by name and labels as Prometheus writes them; 0 if there is none."""

    def fetch() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            text: str = answer.read().decode()
            return text

    lines = (await asyncio.to_thread(fetch)).splitlines()
    return next((float(line.removeprefix(name)) for line in lines if line.startswith(f"{name} ")), 0.0)


def failures(kind: str) -> str:
    """Return the name of a count of failures."""
    return f'ocpp_hardware_total{{kind="{kind}",what="failures"}}'


async def counted(port: int, name: str, told: Callable[[], str], least: float = 1) -> None:
    """Wait until a metric is as great as that."""

    async def look() -> bool:
        return await metric(port, name) >= least

    await until(look, told)


@asynccontextmanager
async def answering(address: TcpAddress, answer: Callable[[bytes], bytes]) -> AsyncIterator[None]:
    """Answer each request with any bytes."""
    open_now: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_now.add(writer)
        with suppress(ConnectionError):
            while request := await reader.read(512):
                writer.write(answer(request))
        open_now.discard(writer)
        writer.close()

    server = await asyncio.start_server(serve, address.host, address.port)
    try:
        yield
    finally:
        server.close()
        for writer in open_now:
            writer.transport.abort()
        await server.wait_closed()


def two_registers(request: bytes) -> bytes:
    """Answer with two registers, however many are asked for."""
    return request[:4] + b"\x00\x07" + request[6:8] + b"\x04" + b"\x00\x01\x00\x02"


def half_an_answer(request: bytes) -> bytes:
    """Announce more bytes than come."""
    return request[:4] + b"\x00\xfd" + request[6:8] + b"\xfa" + b"\x00\x01"


async def test_plc_that_is_dead_wrong_and_broken_is_said_and_counted_until_it_is_well(tmp_path: Path) -> None:
    """Nothing listens, another unit answers, short reads, silence: each has its line and its count; then it boots."""
    address, port = TcpAddress("127.0.0.1", free_port()), free_port()
    async with central_system() as central:
        write_box(tmp_path, OcppVersion.V16, central_system=central.url, plc=str(address), metrics_port=port)
        async with box_in(tmp_path, ready="metrics at") as box:
            await counted(port, failures("ModbusConnectError"), box.told)
            line = await box.charge_point.said(str(address))
            assert "no connection" in line
            async with serve_plc(SimulatedPlc(MAP, unit_id=9), port=address.port):
                await counted(port, failures("ModbusUnitError"), box.told)
            async with answering(address, two_registers):
                await counted(port, failures("ShortReadError"), box.told)
            shorts = await metric(port, failures("ShortReadError"))
            async with answering(address, half_an_answer):
                await until(lambda: _grown(port, shorts), box.told)
            async with answering(address, lambda _: b""):
                await counted(port, failures("ModbusTimeoutError"), box.told)
            assert await metric(port, 'ocpp_registration{state="hardware offline"}') == 1
            assert await central.store.messages() == []
            assert box.charge_point.runs
            async with serve_plc(SimulatedPlc(MAP), port=address.port):
                await box.charge_point.said("the PLC answers")
                await central.shows(1, "Available")
                assert await metric(port, 'ocpp_registration{state="accepted"}') == 1
                assert await metric(port, 'ocpp_hardware_total{kind="",what="cycles"}') >= 1


async def _grown(port: int, before: float) -> bool:
    # Half an answer is a short read when the rest does not come in time.
    return await metric(port, failures("ShortReadError")) + await metric(port, failures("ModbusTimeoutError")) > before


@pytest.mark.parametrize("version", [OcppVersion.V12, OcppVersion.V16])
async def test_absurd_meter_is_kept_and_flagged(version: OcppVersion, tmp_path: Path) -> None:
    """A jump of 10 MWh and a step back are told and counted; the transaction ends with what the meter says."""
    port = free_port()
    async with running_plc() as plc, central_system() as central:
        write_box(tmp_path, version, central_system=central.url, plc=str(plc.address), metrics_port=port)
        async with box_in(tmp_path) as box:
            connector = plc.connector()
            connector.power_w = 11_000
            connector.plug()
            await until(lambda: connector.quiet, box.told)
            connector.swipe("TAG1")
            await until(lambda: connector.charging, box.told)
            # What jumps must have been read before.
            await counted(port, 'ocpp_metering_total{what="read"}', box.told, 2)
            connector.energy_wh += 10_000_000
            await box.charge_point.said("MV_CONNECTOR1_WHMETER: the register jumped from")
            await counted(port, 'ocpp_hardware_total{kind="",what="meter_anomalies"}', box.told)
            await counted(port, 'ocpp_metering_total{what="absurd"}', box.told)
            connector.unplug()
            (record,) = await central.ended(1)
            assert record.stop is not None
            assert (record.start.meter_start_wh, record.stop.meter_stop_wh) == (0, int(connector.energy_wh))
            connector.energy_wh = 5.0
            await box.charge_point.said("MV_CONNECTOR1_WHMETER: the register went back from")
            await counted(port, 'ocpp_hardware_total{kind="",what="meter_anomalies"}', box.told, 2)

            async def all_sent() -> bool:
                return await metric(port, "ocpp_queue_waiting") == 0

            await until(all_sent, box.told)
            await central.check()


READ = "connectors = 1\n[read]\nfunction = 4\n[read.registers]\n"
WRITE = "[write]\nfunction = 16\n"


@pytest.mark.parametrize(
    ("registers", "said"),
    [
        ('A = { address = 1, type = "u32" }\nB = { address = 2, type = "u16" }\n', "overlap"),
        ('A = { address = 1, type = "u31" }\n', "u31"),
        ('BN_PLC_RUNNING = { address = 1, type = "bool" }\n', "START_CON1"),
    ],
    ids=["overlap", "unknown type", "registers missing"],
)
async def test_map_that_cannot_work_ends_the_command_with_one_line(tmp_path: Path, registers: str, said: str) -> None:
    """The line names the file and what is wrong; nothing was sent and nothing begun."""
    (tmp_path / "map.toml").write_text(READ + registers + WRITE)
    async with central_system() as central:
        write_box(tmp_path, OcppVersion.V15, central_system=central.url, plc="127.0.0.1:1", of_plc='map = "map.toml"')
        run = Program(tmp_path, "charge-point", "--config", "box.toml")
        await run.start()
        await until(lambda: not run.runs, lambda: "\n".join(run.lines))
        await run.end()
        assert run.code == 1
        (line,) = run.lines
        assert line.startswith("ocpp-sdk: map.toml")
        assert said in line
        assert await central.store.messages() == []


async def test_metrics_port_in_use_ends_the_command_with_one_line(tmp_path: Path) -> None:
    """The line names address and port."""
    async with running_plc() as plc, central_system() as central:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            write_box(tmp_path, OcppVersion.V15, central_system=central.url, plc=str(plc.address), metrics_port=port)
            run = Program(tmp_path, "charge-point", "--config", "box.toml")
            await run.start()
            await until(lambda: not run.runs, lambda: "\n".join(run.lines))
            await run.end()
        assert run.code == 1
        assert f"metrics: cannot listen at 127.0.0.1 port {port}" in run.lines[-1]
        assert "Traceback" not in "\n".join(run.lines)
