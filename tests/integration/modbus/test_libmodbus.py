"""libmodbus on the other side: as a server for our device, on TCP and RTU, and as a client of our simulator."""

import asyncio
import ctypes
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ocpp_sdk.errors import ModbusConnectError, ModbusExceptionError, ModbusLostError
from ocpp_sdk.modbus.device import ModbusDevice
from ocpp_sdk.modbus.map import default_map
from ocpp_sdk.modbus.registers import Side, Value
from ocpp_sdk.modbus.settings import SerialAddress, TcpAddress
from ocpp_sdk.modbus.simulator.server import SimulatedPlc, serve_plc
from ocpp_sdk.modbus.words import encode
from tests.integration.modbus import libmodbus
from tests.integration.modbus.plc import serial_line

MAP = default_map(2)
LIBRARY = libmodbus.load()
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(LIBRARY is None, reason="libmodbus is not installed (Debian: libmodbus5)"),
]
HELD: dict[str, Value] = {
    "BN_PLC_RUNNING": True,
    "BN_PLC_SW_VERSION": "2.1",
    "AUTH_CON2_IDTAG": "TAG42",
    "MV_CONNECTOR1_WHMETER": 1_234_567,
}


@asynccontextmanager
async def server(address: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Run the server of libmodbus; yields the process, and the line it says when it is ready."""
    words = [0] * 135
    for name, value in HELD.items():
        register = MAP.registers[name]
        words[register.address - 200 : register.end - 200] = encode(register, value)
    program = str(Path(libmodbus.__file__))
    process = await asyncio.create_subprocess_exec(sys.executable, program, address, json.dumps(words), stdout=PIPE)
    try:
        assert process.stdout is not None
        yield process, (await process.stdout.readline()).decode().strip()
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@asynccontextmanager
async def target(kind: str) -> AsyncIterator[tuple[TcpAddress | SerialAddress, asyncio.subprocess.Process]]:
    """Serve on TCP or on a serial line."""
    if kind == "tcp":
        async with server("tcp") as (process, port):
            yield TcpAddress("127.0.0.1", int(port)), process
        return
    async with serial_line() as (theirs, ours), server(theirs) as (process, ready):
        assert ready == "ready"
        yield SerialAddress(ours, baud_rate=115200), process


@pytest.mark.parametrize("kind", ["tcp", "rtu"])
async def test_device_reads_and_writes_a_server_of_libmodbus(kind: str) -> None:
    """All 135 registers, and every kind of value that is written."""
    written: dict[str, Value] = {
        "HB_CS_DATETIME": datetime(2026, 11, 22, 15, 0, 5, tzinfo=UTC),
        "RMT_START_CON1_IDTAG": "ABC",
        "START_CON2_TRANSACTION_ID": 70_000,
        "CONTROL_CON1_LOCK_ALLOW": True,
    }
    async with target(kind) as (address, _), ModbusDevice(MAP, address) as device:
        found = await device.read()
        assert {name: found.values[name] for name in HELD} == HELD
        assert await device.write(written) == 4
        held = await device.read_back()
        assert {name: held.values[name] for name in written} == written


async def test_registers_that_libmodbus_does_not_have_and_its_death_are_named() -> None:
    """Another implementation refuses and dies as ours does."""
    async with target("tcp") as (address, process), ModbusDevice(default_map(9), address) as device:
        with pytest.raises(ModbusExceptionError, match="exception 2"):
            await device.read()
        process.kill()
        await process.wait()
        with pytest.raises((ModbusLostError, ModbusConnectError)):
            await device.read()


async def test_client_of_libmodbus_reads_and_writes_the_simulator() -> None:
    """Who has no PLC can try any software against ours."""
    plc = SimulatedPlc(MAP)
    async with serve_plc(plc) as address:
        words = await asyncio.to_thread(read_and_write, address)
    meter = MAP.registers["MV_CONNECTOR1_VOLTAGE"].address - 200
    assert words[0] == 1
    assert words[meter] == 230
    assert MAP.of(Side.WRITE)[0].name == "BN_CS_DATETIME"


def read_and_write(address: TcpAddress) -> list[int]:
    """Write one register, and read the first 100 of the PLC until it runs."""
    context = ctypes.c_void_p(LIBRARY.modbus_new_tcp(address.host.encode(), address.port))
    words = (ctypes.c_uint16 * 100)()
    try:
        assert LIBRARY.modbus_connect(context) == 0
        assert LIBRARY.modbus_set_slave(context, 1) == 0
        for _ in range(50):
            assert LIBRARY.modbus_read_input_registers(context, 200, 100, words) == 100
            if words[0]:
                break
        assert LIBRARY.modbus_write_registers(context, 0, 1, (ctypes.c_uint16 * 1)(7)) == 1
        assert LIBRARY.modbus_read_input_registers(context, 900, 1, words) == -1
        assert LIBRARY.modbus_read_input_registers(context, 200, 100, words) == 100
    finally:
        LIBRARY.modbus_close(context)
        LIBRARY.modbus_free(context)
    return list(words)
