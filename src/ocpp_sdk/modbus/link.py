"""One connection to a device by pymodbus, with every failure under its name.

pymodbus logs why a connection was not made and keeps it to itself, waits for an answer after the connection is gone,
and passes over answers of other units as if nothing had come. All three are found out here, by its own hooks.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from pymodbus import FramerType, ModbusException
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ConnectionException

from ocpp_sdk.errors import (
    ConfigurationError,
    ModbusConnectError,
    ModbusError,
    ModbusExceptionError,
    ModbusLostError,
    ModbusTimeoutError,
    ModbusUnitError,
    ShortReadError,
)
from ocpp_sdk.modbus.planning import ReadRequest, WriteRequest
from ocpp_sdk.modbus.settings import DeviceSettings, SerialAddress, TcpAddress

if TYPE_CHECKING:
    from pymodbus.pdu import ModbusPDU

__all__ = ["Link"]

T = TypeVar("T")
_INPUT_REGISTERS: Final = 4
_SINGLE_WRITE: Final = 6
_MBAP_BYTES: Final = 7
_NO_UNIT: Final = {10: "gateway path unavailable", 11: "no answer behind the gateway"}
_EXCEPTIONS: Final = {
    1: "function is not supported",
    2: "no such registers",
    3: "value or number of registers not allowed",
    4: "device failure",
    5: "acknowledged, takes longer",
    6: "busy",
    7: "refused",
    8: "memory error",
}


class Link:
    """A connection that is made, used and lost; it never comes back by itself."""

    def __init__(self, address: TcpAddress | SerialAddress, settings: DeviceSettings) -> None:
        self._address = address
        self._settings = settings
        self._heard = b""
        self._waiting = False
        self._turn = asyncio.Lock()
        self._reason = ""
        self._client = self._make_client()
        # pymodbus only logs what this raises, and it is the one thing that a user needs to know.
        self._create = self._client.ctx.call_create
        self._client.ctx.call_create = self._create_and_note

    @property
    def connected(self) -> bool:
        """Whether a request can be sent."""
        return self._client.connected

    async def connect(self) -> None:
        """Connect, which does nothing if it is done already.

        Raises:
            ModbusConnectError: it was not made within the time-out.
        """
        async with self._turn:
            if self.connected:
                return
            self._reason = ""
            if not await _heeding_cancellation(self._client.connect()):
                reason = self._reason or f"no answer within {self._settings.timeout_s:g} s"
                raise ModbusConnectError(f"no connection to {self._address}: {reason}; check the address and the PLC")

    def close(self) -> None:
        """Close the connection; whoever waits for an answer gets a `ModbusLostError`."""
        self._client.close()
        self._on_connection(False)

    async def read(self, request: ReadRequest) -> Sequence[int]:
        """Read the words of a request.

        Raises:
            ModbusError: they were not read; the subclass says why.
        """
        read = (
            self._client.read_input_registers
            if request.function == _INPUT_REGISTERS
            else self._client.read_holding_registers
        )
        what = f"reading {request.count} registers from {request.address}"
        answer = await self._ask(
            lambda: read(request.address, count=request.count, device_id=self._settings.unit_id), request.function, what
        )
        if len(answer.registers) != request.count:
            raise ShortReadError(
                f"{self._address}: {what} gave {len(answer.registers)}; the answer is not used, check the device"
            )
        return answer.registers

    async def write(self, request: WriteRequest) -> None:
        """Write the words of a request.

        Raises:
            ModbusError: whether they were written is not known, except after `ModbusExceptionError`.
        """
        unit = self._settings.unit_id
        what = f"writing {len(request.words)} registers to {request.address}"
        if request.function == _SINGLE_WRITE:
            await self._ask(
                lambda: self._client.write_register(request.address, request.words[0], device_id=unit),
                request.function,
                what,
            )
            return
        await self._ask(
            lambda: self._client.write_registers(request.address, list(request.words), device_id=unit),
            request.function,
            what,
        )

    async def _ask(self, send: Callable[[], Awaitable[ModbusPDU]], function: int, what: str) -> ModbusPDU:
        # pymodbus would wait for the answer to a request that it could not send, so each has its turn here.
        async with self._turn:
            if not self.connected:
                raise ModbusLostError(f"{self._address}: the connection was lost before {what}")
            answer = await self._exchange(send, what)
        if answer.isError():
            raise self._refusal(answer.exception_code, what)
        if answer.function_code != function:
            self.close()
            raise ShortReadError(f"{self._address}: {what} was answered with function {answer.function_code}")
        return answer

    async def _exchange(self, send: Callable[[], Awaitable[ModbusPDU]], what: str) -> ModbusPDU:
        self._heard = b""
        self._waiting = True
        try:
            return await _heeding_cancellation(send())
        except ConnectionException:
            self.close()
            raise ModbusLostError(f"{self._address}: the connection was lost while {what}") from None
        except ModbusException:
            self.close()
            raise self._silence(what) from None
        except asyncio.CancelledError:
            # The answer is still under way and would be taken for that to the next request on a serial line.
            self.close()
            raise
        finally:
            self._waiting = False

    def _refusal(self, code: int, what: str) -> ModbusError:
        if code in _NO_UNIT:
            return ModbusUnitError(
                f"{self._address}: there is no unit {self._settings.unit_id} (exception {code}, {_NO_UNIT[code]}); "
                "check the unit id"
            )
        meaning = _EXCEPTIONS.get(code, "unknown")
        return ModbusExceptionError(
            f"{self._address}: {what} was refused with exception {code} ({meaning}); check the register map", code=code
        )

    def _silence(self, what: str) -> ModbusError:
        """Say what it means that no usable answer came in time."""
        heard, unit = self._heard, self._settings.unit_id
        within = f"within {self._settings.timeout_s:g} s"
        if not heard:
            return ModbusTimeoutError(
                f"{self._address}: no answer {within} while {what}; check that the PLC runs and has unit {unit}"
            )
        serial = isinstance(self._address, SerialAddress)
        other = heard[0] if serial else heard[_MBAP_BYTES - 1] if len(heard) >= _MBAP_BYTES else unit
        if other != unit and (serial or heard[2:4] == b"\0\0"):
            return ModbusUnitError(f"{self._address}: unit {other} answered instead of {unit}; check the unit id")
        return ShortReadError(
            f"{self._address}: no whole answer {within} while {what}, only {len(heard)} bytes: {heard[:16].hex(' ')}"
        )

    def _make_client(self) -> AsyncModbusTcpClient | AsyncModbusSerialClient:
        address, timeout = self._address, self._settings.timeout_s
        if isinstance(address, TcpAddress):
            return AsyncModbusTcpClient(
                address.host,
                port=address.port,
                timeout=timeout,
                retries=0,
                reconnect_delay=0,
                trace_packet=self._on_packet,
                trace_connect=self._on_connection,
            )
        try:
            return AsyncModbusSerialClient(
                address.path,
                framer=FramerType.RTU,
                baudrate=address.baud_rate,
                parity=address.parity,
                stopbits=address.stop_bits,
                timeout=timeout,
                retries=0,
                reconnect_delay=0,
                trace_packet=self._on_packet,
                trace_connect=self._on_connection,
            )
        except RuntimeError as error:
            raise ConfigurationError("a serial port needs pyserial; install ocpp-sdk[modbus]") from error

    async def _create_and_note(self) -> object:
        try:
            return await self._create()
        except OSError as error:
            # asyncio and pyserial put the address into the text, which is said already; those of names are below zero.
            number = error.errno or 0
            self._reason = os.strerror(number) if number > 0 else " ".join((error.strerror or str(error)).split())
            raise

    def _on_packet(self, sending: bool, data: bytes) -> bytes:
        if not sending:
            self._heard = data
        return data

    def _on_connection(self, connected: bool) -> None:
        if connected or not self._waiting:
            return
        answer = self._client.ctx.response_future
        if not answer.done():
            answer.set_exception(ConnectionException("closed"))


async def _heeding_cancellation(work: Awaitable[T]) -> T:
    """Wait for pymodbus, which waits by `asyncio.wait_for`.

    In Python 3.11 that keeps a cancellation to itself if what it waits for is done at the same moment, and whoever was
    cancelled would go on for ever.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    done = await work
    if task and task.cancelling() > before:
        raise asyncio.CancelledError
    return done
