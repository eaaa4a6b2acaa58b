"""A PLC as the rest of the program sees it: snapshots to read, values to write, connections that come back.

    async with ModbusDevice(default_map(), TcpAddress("10.0.0.7")) as device:
        async for polled in device.poll():
            match polled:
                case Snapshot(): ...
                case ModbusError(): ...

A device belongs to one event loop. Any number of tasks may read and write; their requests go one after the other.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, Self

from ocpp_sdk.clock import MachineTimer, Timer
from ocpp_sdk.errors import ModbusError, ModbusExceptionError
from ocpp_sdk.modbus.link import Link
from ocpp_sdk.modbus.planning import plan_reads, plan_writes
from ocpp_sdk.modbus.registers import RegisterMap, Side, Value
from ocpp_sdk.modbus.settings import DeviceSettings, SerialAddress, TcpAddress, reconnect_delay_s
from ocpp_sdk.modbus.snapshot import Snapshot, reader_of

__all__ = ["POLL_PERIOD_S", "ModbusDevice"]

POLL_PERIOD_S: Final = 0.5
"""How often stations in the field are read."""

_HOLDING_REGISTERS: Final = 3


class ModbusDevice:
    """A device with a register map.

    Args:
        register_map: what it holds.
        address: where it is.
        settings: how it is spoken to.
        clock: what time is.
        jitter: gives numbers from 0 to 1 for the pauses between attempts to connect.
    """

    def __init__(
        self,
        register_map: RegisterMap,
        address: TcpAddress | SerialAddress,
        settings: DeviceSettings | None = None,
        *,
        clock: Timer | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.register_map = register_map
        self.address = address
        self._settings = settings or DeviceSettings()
        self._clock = clock or MachineTimer()
        self._jitter = jitter
        self._link: Link | None = None
        self._requests = plan_reads(register_map)
        self._reader = reader_of(self._requests)
        self._written: dict[str, Sequence[int]] = {}
        # Most cycles want what they wanted before, which is seen without encoding it.
        self._last_written: dict[str, Value] | None = None
        self._writing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        return self._link is not None and self._link.connected

    async def connect(self) -> None:
        """Connect once, unless that is done; what was written on a connection before is taken for unknown.

        Raises:
            ModbusConnectError: no connection was made.
        """
        await self._ready()

    def close(self) -> None:
        """Close the connection."""
        if self._link is not None:
            self._link.close()
        self.forget_written()

    def forget_written(self) -> None:
        """Write everything the next time, since the device may have lost what it was told."""
        self._written.clear()
        self._last_written = None

    async def read(self) -> Snapshot:
        """Read everything that the PLC writes; connects if there is no connection.

        Raises:
            ModbusError: nothing was read; the subclass says why.
        """
        link = await self._ready()
        return self._reader(self._clock.monotonic(), [await link.read(request) for request in self._requests])

    async def read_back(self) -> Snapshot:
        """Read the registers that we write, for commissioning; connects if there is no connection.

        Raises:
            ModbusError: nothing was read; a device need not allow to read what is written to it.
        """
        link = await self._ready()
        held = [replace(one, function=_HOLDING_REGISTERS) for one in self.register_map.of(Side.WRITE)]
        requests = plan_reads(self.register_map, held)
        return reader_of(requests)(self._clock.monotonic(), [await link.read(request) for request in requests])

    async def write(self, values: Mapping[str, Value]) -> int:
        """Write the values that the device does not hold already; connects if there is no connection.

        Args:
            values: by name of the register. Data come before the signals that announce them.

        Returns:
            How many requests were sent.

        Raises:
            RegisterValueError: a register cannot hold its value; nothing was written.
            ModbusError: some of it may have been written, and the next call writes all that is not known.
        """
        async with self._writing:
            link = await self._ready()
            if values == self._last_written:
                return 0
            requests = plan_writes(self.register_map, values, self._written)
            self._last_written = None
            for request in requests:
                position = 0
                for register in request.registers:
                    self._written.pop(register.name, None)
                await link.write(request)
                for register in request.registers:
                    self._written[register.name] = request.words[position : position + register.length]
                    position += register.length
            self._last_written = dict(values)
            return len(requests)

    async def poll(self, period_s: float = POLL_PERIOD_S) -> AsyncGenerator[Snapshot | ModbusError, None]:
        """Read again and again, for ever.

        After a failure the connection is made anew, after pauses that grow and are partly random.

        Args:
            period_s: from one read to the next; reads that are late are left out, not caught up.

        Yields:
            A snapshot, or why there is none.
        """
        failures = 0
        due = self._clock.monotonic()
        while True:
            try:
                snapshot = await self.read()
            except ModbusError as error:
                failures += 1
                if not isinstance(error, ModbusExceptionError):
                    self.close()
                yield error
                await self._clock.sleep(self.pause_s(failures))
                due = self._clock.monotonic()
                continue
            failures = 0
            yield snapshot
            now = self._clock.monotonic()
            due = max(due + period_s, now)
            await self._clock.sleep(due - now)

    def pause_s(self, failures: int) -> float:
        """Return how many seconds to wait after so many failures on end, from 1; partly random."""
        return reconnect_delay_s(self._settings, failures, random=self._jitter())

    async def _ready(self) -> Link:
        link = self._link
        if link is None:
            link = self._link = Link(self.address, self._settings)
        if not link.connected:
            self.forget_written()
            await link.connect()
        return link
