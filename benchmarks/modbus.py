"""A cycle of the Modbus side against a bare read of the same registers by pymodbus.

The cycle is all that is done every 500 ms for a PLC with two connectors: 135 registers read and made into values, the
handshake stepped on, and what it wants compared with what the PLC holds. The meters count on with every read.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import count
from time import perf_counter

from pymodbus.client import AsyncModbusTcpClient

from benchmarks.measuring import Pace, Series, rotated, steady_gc
from benchmarks.processes import ROOT, choose_cores, pinned
from benchmarks.report import Row, costs
from ocpp_sdk.modbus.device import ModbusDevice
from ocpp_sdk.modbus.handshake import StationHandshake
from ocpp_sdk.modbus.map import default_map
from ocpp_sdk.modbus.planning import plan_reads
from ocpp_sdk.modbus.settings import TcpAddress

TARGET = 1.3
CYCLES = 40
MAP = default_map(2)
SERVER = """
import asyncio
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

async def count_on(function, start, address, count, current, values):
    if function == 4 and address <= 268 < address + count:
        current[268 - start] = (current[268 - start] + 1) & 0xFFFF

async def main():
    bits = [SimData(0, count=16, values=False, datatype=DataType.BITS)]
    words = [SimData(0, count=400, values=0, datatype=DataType.REGISTERS)]
    device = SimDevice(id=1, simdata=(bits, bits, words, list(words)), action=count_on)
    server = ModbusTcpServer(device, address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    print(server.transport.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().create_future()

asyncio.run(main())
"""
Cycle = Callable[[], Awaitable[None]]


@contextmanager
def server() -> Iterator[TcpAddress]:
    """Run a PLC in a process of its own."""
    process = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, cwd=ROOT, text=True)
    try:
        assert process.stdout is not None
        yield TcpAddress("127.0.0.1", int(process.stdout.readline()))
    finally:
        process.kill()
        process.communicate()


def ours(device: ModbusDevice) -> Cycle:
    """Return the whole cycle."""
    numbers = count()
    handshake = StationHandshake(MAP, lambda: str(next(numbers)))

    async def cycle() -> None:
        snapshot = await device.read()
        handshake.step(snapshot, snapshot.at)
        values = handshake.wanted()
        handshake.writing(values)
        await device.write(values)
        handshake.written(values, snapshot.at)

    return cycle


def bare(client: AsyncModbusTcpClient) -> Cycle:
    """Return the same requests without anything around them."""
    requests = [(one.address, one.count) for one in plan_reads(MAP)]

    async def cycle() -> None:
        for address, words in requests:
            answer = await client.read_input_registers(address, count=words)
            assert len(answer.registers) == words

    return cycle


async def measure(address: TcpAddress, rounds: int) -> dict[str, Series]:
    """Measure both in turns, each round beginning with the other one."""
    client = AsyncModbusTcpClient(address.host, port=address.port)
    await client.connect()
    async with ModbusDevice(MAP, address) as device:
        contenders = {"ours": ours(device), "bare": bare(client)}
        found: dict[str, list[float]] = {name: [] for name in contenders}
        with steady_gc():
            for turn in range(rounds + 1):
                for name in rotated(list(contenders), turn):
                    taken = await slice_s(contenders[name])
                    if turn:
                        found[name].append(taken)
    client.close()
    return {name: Series(tuple(values)) for name, values in found.items()}


async def slice_s(cycle: Cycle) -> float:
    """Return how long one cycle takes."""
    start = perf_counter()
    for _ in range(CYCLES):
        await cycle()
    return (perf_counter() - start) / CYCLES


def run(pace: Pace, notes: list[str]) -> list[Row]:
    """Measure the cycle on a core of its own."""
    cores = choose_cores()
    with pinned(cores.servers), server() as address, pinned(cores.callers):
        series = asyncio.run(measure(address, pace.rounds))
    notes.append(f"modbus: {cores}; 135 registers in 2 requests on the loopback, pymodbus on both ends")
    return [
        costs("modbus", "cycle of 2 connectors", "bare pymodbus read", series["ours"], series["bare"], "µs", TARGET)
    ]
