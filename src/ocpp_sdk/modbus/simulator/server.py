"""A simulated PLC on the network, by pymodbus's server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from ocpp_sdk.clock import MachineTimer, Timer
from ocpp_sdk.errors import ConfigurationError, RegisterValueError
from ocpp_sdk.modbus.registers import RegisterMap, Side, Value
from ocpp_sdk.modbus.settings import TcpAddress
from ocpp_sdk.modbus.simulator.connector import SimulatedConnector
from ocpp_sdk.modbus.words import decode, encode

__all__ = ["SimulatedPlc", "serve_plc"]

_INPUT_REGISTERS: Final = 4
_CYCLE_S: Final = 0.1


class SimulatedPlc:
    """The registers of a charge point, and its connectors behind them.

    Attributes:
        connectors: by number.
        answers: whether it answers requests; when it is cleared, the PLC is there and silent.
    """

    def __init__(self, register_map: RegisterMap, *, unit_id: int = 1) -> None:
        self._map = register_map
        self._unit_id = unit_id
        self._tables: dict[bool, dict[int, int]] = {True: {}, False: {}}
        for register in register_map.registers.values():
            table = self._tables[register.function == _INPUT_REGISTERS]
            table.update(dict.fromkeys(range(register.address, register.end), 0))
        self._touched: set[int] = set()
        self.answers = asyncio.Event()
        self.answers.set()
        self.connectors = {number: SimulatedConnector(number) for number in range(1, register_map.connectors + 1)}

    def step(self, seconds: float) -> None:
        """Go on by so many seconds: the PLC reads what was written to it, acts, and sets its registers."""
        held = self._held()
        values: dict[str, Value] = {
            "BN_PLC_RUNNING": True,
            "BN_PLC_SW_VERSION": "simulated",
            "BN_EVCHST_MODEL": "Simulator",
        }
        for connector in self.connectors.values():
            connector.step(held, seconds)
            values.update(connector.values())
        for register in self._map.of(Side.READ):
            table = self._tables[register.function == _INPUT_REGISTERS]
            words = encode(register, values[register.name]) if register.name in values else [0] * register.length
            table.update(zip(range(register.address, register.end), words, strict=True))

    def devices(self) -> list[SimDevice]:
        """Return it as pymodbus serves it, and a stand-in for all units that are not there."""
        bits = [SimData(0, count=16, values=False, datatype=DataType.BITS)]
        size = max(register.end for register in self._map.registers.values())
        words = [SimData(0, count=size, values=0, datatype=DataType.REGISTERS)]
        simdata = (bits, bits, words, list(words))
        if self._unit_id == 0:
            return [SimDevice(id=0, simdata=simdata, action=self._act)]
        return [
            SimDevice(id=self._unit_id, simdata=simdata, action=self._act),
            SimDevice(id=0, simdata=simdata, action=_not_there),
        ]

    def _held(self) -> dict[str, Value]:
        """Return what was written; a register that nobody wrote to is not in it."""
        table = self._tables[False]
        found: dict[str, Value] = {}
        for register in self._map.of(Side.WRITE):
            if register.address in self._touched:
                with contextlib.suppress(RegisterValueError):
                    found[register.name] = decode(
                        register, [table[one] for one in range(register.address, register.end)]
                    )
        return found

    async def _act(
        self,
        function: int,
        start: int,
        address: int,
        count: int,
        current: list[int],
        values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Answer a request out of our registers, as pymodbus asks it before it looks at its own."""
        await self.answers.wait()
        table = self._tables[function == _INPUT_REGISTERS]
        asked = range(address, address + count)
        if any(one not in table for one in asked):
            return ExcCodes.ILLEGAL_ADDRESS
        if values is not None:
            self._touched.update(asked)
            table.update(zip(asked, map(int, values), strict=True))
        current[address - start : address - start + count] = [table[one] for one in asked]
        return None


@asynccontextmanager
async def serve_plc(
    plc: SimulatedPlc, *, host: str = "127.0.0.1", port: int = 0, clock: Timer | None = None, cycle_s: float = _CYCLE_S
) -> AsyncIterator[TcpAddress]:
    """Serve a simulated PLC on Modbus TCP, and let its time go on.

    Args:
        plc: to be served.
        host: address to listen on.
        port: to listen on, 0 for a free one.
        clock: what time is.
        cycle_s: seconds between two looks of the PLC at its registers.

    Yields:
        Where it listens.

    Raises:
        ConfigurationError: the port is in use.
    """
    clock = clock or MachineTimer()
    server = ModbusTcpServer(plc.devices(), address=(host, port))
    try:
        await server.serve_forever(background=True)
    except RuntimeError:
        raise ConfigurationError(f"cannot listen on {host}:{port}; another program may use the port") from None
    cycling = asyncio.create_task(_cycle(plc, clock, cycle_s))
    try:
        assert isinstance(server.transport, asyncio.Server)  # noqa: S101 - what pymodbus makes of a TCP server
        yield TcpAddress(host, server.transport.sockets[0].getsockname()[1])
    finally:
        cycling.cancel()
        await asyncio.gather(cycling, return_exceptions=True)
        await server.shutdown()  # type: ignore[no-untyped-call] # pymodbus types only a part of itself


async def _not_there(
    _function: int, _start: int, _address: int, _count: int, _current: list[int], _values: list[int] | list[bool] | None
) -> ExcCodes | None:
    return ExcCodes.GATEWAY_NO_RESPONSE


async def _cycle(plc: SimulatedPlc, clock: Timer, cycle_s: float) -> None:
    before = clock.monotonic()
    while True:
        now = clock.monotonic()
        plc.step(now - before)
        before = now
        await clock.sleep(cycle_s)
