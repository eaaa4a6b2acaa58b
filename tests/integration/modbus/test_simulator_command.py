"""`ocpp-sdk plc-simulator` as a process, with steps from a file and from stdin."""

import asyncio
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from ocpp_sdk.modbus.device import ModbusDevice
from ocpp_sdk.modbus.map import default_map
from ocpp_sdk.modbus.settings import TcpAddress
from ocpp_sdk.modbus.snapshot import Snapshot
from tests.unit.cli.running import COMMAND, environment

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def simulator(*arguments: str) -> AsyncIterator[tuple[Process, str]]:
    """Run the command; yields the process, and the first line that it says."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "plc-simulator", *arguments, stdin=PIPE, stderr=PIPE, env=environment()
    )
    try:
        assert process.stderr is not None
        yield process, (await process.stderr.readline()).decode().rstrip()
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def seen(device: ModbusDevice, name: str, value: object) -> None:
    """Wait until a register holds a value."""
    async with aclosing(device.poll(0.05)) as polled:
        async for found in polled:
            if isinstance(found, Snapshot) and found.values.get(name) == value:
                return


async def test_steps_of_a_file_and_of_stdin_happen(tmp_path: Path) -> None:
    """The scenario first, then what is typed; a mistake is told, and it goes on."""
    path = tmp_path / "day.txt"
    path.write_text("plug 1\nwait 0.05\nswipe 1 TAG1\n", encoding="utf-8")
    async with simulator("--port", "0", "--connectors", "3", "--scenario", str(path)) as (process, line):
        assert line.startswith("ocpp-sdk: a PLC with 3 connectors answers at 127.0.0.1:")
        port = int(line.split(":")[-1].split()[0])
        async with ModbusDevice(default_map(3), TcpAddress("127.0.0.1", port)) as device:
            await seen(device, "AUTH_CON1_IDTAG", "TAG1")
            assert process.stdin is not None
            assert process.stderr is not None
            assert await process.stderr.readline() == b"ocpp-sdk: the scenario is over\n"
            process.stdin.write(b"jump\nswipe 3 TAG3\n")
            assert b"'jump' is nothing that can happen" in await process.stderr.readline()
            await seen(device, "AUTH_CON3_IDTAG", "TAG3")
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0


async def test_scenario_that_cannot_be_done_is_one_line(tmp_path: Path) -> None:
    """Nothing is served when its end is a mistake."""
    path = tmp_path / "day.txt"
    path.write_text("plug 1\nplug 9\n", encoding="utf-8")
    async with simulator("--port", "0", "--scenario", str(path)) as (process, line):
        assert line == "ocpp-sdk: day.txt:2: there is no connector 9; it is 1 to 2"
        assert await process.wait() == 1
