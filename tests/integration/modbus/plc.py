"""Devices to speak to: pymodbus's own server on a free port, and one that answers with any bytes."""

import asyncio
import os
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from pymodbus import FramerType
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from ocpp_sdk.modbus.registers import RegisterMap, Side
from ocpp_sdk.modbus.settings import SerialAddress, TcpAddress


class Plc:
    """The registers of a device, and what was asked of it.

    Attributes:
        inputs: input registers by address.
        holding: holding registers by address.
        asked: function code, address and number of registers of each request.
    """

    def __init__(self, register_map: RegisterMap, unit_id: int = 1) -> None:
        self.inputs = dict.fromkeys(words(register_map, Side.READ), 0)
        self.holding = dict.fromkeys(words(register_map, Side.WRITE), 0)
        self.asked: list[tuple[int, int, int]] = []
        self.broken = False
        data = [SimData(0, count=1000, values=0, datatype=DataType.REGISTERS)]
        bits = [SimData(0, count=16, values=False, datatype=DataType.BITS)]
        self.device = SimDevice(id=unit_id, simdata=(bits, bits, data, list(data)), action=self._act)

    def set(self, register_map: RegisterMap, name: str, *values: int) -> None:
        """Put words into an input register."""
        register = register_map.registers[name]
        assert len(values) <= register.length
        self.inputs.update({register.address + offset: value for offset, value in enumerate(values)})

    async def _act(
        self,
        function: int,
        start: int,
        address: int,
        count: int,
        current: list[int],
        values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        self.asked.append((function, address, count))
        if self.broken:
            return ExcCodes.DEVICE_FAILURE
        table = self.inputs if function == 4 else self.holding
        asked = range(address, address + count)
        if not set(asked) <= table.keys():
            return ExcCodes.ILLEGAL_ADDRESS
        if values is not None:
            table.update(zip(asked, map(int, values), strict=True))
        current[address - start : address - start + count] = [table[one] for one in asked]
        return None


def words(register_map: RegisterMap, side: Side) -> list[int]:
    """Return the address of every word of one side."""
    return [word for one in register_map.of(side) for word in range(one.address, one.end)]


@asynccontextmanager
async def tcp_server(plc: Plc, port: int = 0) -> AsyncIterator[TcpAddress]:
    """Serve a device on TCP."""
    server = ModbusTcpServer(plc.device, address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    assert isinstance(server.transport, asyncio.Server)
    try:
        yield TcpAddress("127.0.0.1", server.transport.sockets[0].getsockname()[1])
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call] # pymodbus types only a part of itself
        await asyncio.sleep(0)


@asynccontextmanager
async def serial_line() -> AsyncIterator[tuple[str, str]]:
    """Join two pseudo terminals back to back; yields the paths of both ends."""
    masters, slaves = zip(*(os.openpty() for _ in range(2)), strict=True)
    loop = asyncio.get_running_loop()
    for descriptor in (*masters, *slaves):
        tty.setraw(descriptor)

    def pump(source: int, sink: int) -> Callable[[], None]:
        def move() -> None:
            with suppress(OSError):
                os.write(sink, os.read(source, 512))

        return move

    loop.add_reader(masters[0], pump(masters[0], masters[1]))
    loop.add_reader(masters[1], pump(masters[1], masters[0]))
    try:
        yield os.ttyname(slaves[0]), os.ttyname(slaves[1])
    finally:
        for master in masters:
            loop.remove_reader(master)
        for descriptor in (*masters, *slaves):
            os.close(descriptor)


@asynccontextmanager
async def serial_server(plc: Plc) -> AsyncIterator[SerialAddress]:
    """Serve a device on one end of a serial line."""
    async with serial_line() as (theirs, ours):
        server = ModbusSerialServer(plc.device, port=theirs, framer=FramerType.RTU, baudrate=115200)
        await server.serve_forever(background=True)
        try:
            yield SerialAddress(ours, baud_rate=115200)
        finally:
            await server.shutdown()  # type: ignore[no-untyped-call] # pymodbus types only a part of itself


@asynccontextmanager
async def raw_serial(answer: Callable[[bytes], bytes]) -> AsyncIterator[SerialAddress]:
    """Answer each request on a serial line with any bytes; empty ones are silence."""
    master, slave = os.openpty()
    loop = asyncio.get_running_loop()
    for descriptor in (master, slave):
        tty.setraw(descriptor)
    loop.add_reader(master, lambda: os.write(master, answer(os.read(master, 512))))
    try:
        yield SerialAddress(os.ttyname(slave), baud_rate=115200)
    finally:
        loop.remove_reader(master)
        for descriptor in (master, slave):
            os.close(descriptor)


@asynccontextmanager
async def raw_server(answer: Callable[[bytes], bytes | None]) -> AsyncIterator[TcpAddress]:
    """Answer each request with any bytes; empty ones are silence, None closes the connection."""

    handlers: list[asyncio.Task[None] | None] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.append(asyncio.current_task())
        with suppress(ConnectionError):
            while request := await reader.read(512):
                reply = answer(request)
                if reply is None:
                    break
                writer.write(reply)
                await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield TcpAddress("127.0.0.1", server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await asyncio.gather(*(one for one in handlers if one is not None))
        await server.wait_closed()
