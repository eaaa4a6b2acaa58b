"""A device over real sockets and serial lines: what is read and written, and a name for everything that goes wrong."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime

import pytest

from ocpp_sdk.errors import (
    ModbusConnectError,
    ModbusError,
    ModbusExceptionError,
    ModbusLostError,
    ModbusTimeoutError,
    ModbusUnitError,
    RegisterValueError,
    ShortReadError,
)
from ocpp_sdk.modbus.device import ModbusDevice
from ocpp_sdk.modbus.map import default_map
from ocpp_sdk.modbus.registers import Value
from ocpp_sdk.modbus.settings import DeviceSettings, SerialAddress, TcpAddress
from ocpp_sdk.modbus.snapshot import Snapshot
from ocpp_sdk.modbus.words import encode
from tests.integration.modbus.plc import Plc, raw_serial, raw_server, serial_server, tcp_server

MAP = default_map(2)
QUICK = DeviceSettings(timeout_s=0.2)
pytestmark = pytest.mark.anyio


class StepClock:
    """A clock that jumps over every sleep, and remembers them."""

    def __init__(self) -> None:
        self.at = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float, /) -> None:
        self.slept.append(seconds)
        self.at += seconds
        await asyncio.sleep(0)


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def fill(plc: Plc) -> None:
    """Let a device hold a tag, a meter value and a version."""
    held: list[tuple[str, Value]] = [
        ("AUTH_CON2_IDTAG", "TAG42"),
        ("MV_CONNECTOR1_WHMETER", 1_234_567),
        ("BN_PLC_SW_VERSION", "2.1"),
    ]
    for name, value in held:
        plc.set(MAP, name, *encode(MAP.registers[name], value))
    plc.set(MAP, "AUTH_CON2_CMD", 1)


async def test_read_over_tcp_gives_typed_values_in_two_requests() -> None:
    """135 registers in the fewest requests, each value as the map types it."""
    plc = Plc(MAP)
    fill(plc)
    async with tcp_server(plc) as address, ModbusDevice(MAP, address) as device:
        found = await device.read()
    assert plc.asked == [(4, 200, 123), (4, 323, 12)]
    assert found.text("AUTH_CON2_IDTAG") == "TAG42"
    assert found.flag("AUTH_CON2_CMD")
    assert not found.flag("AUTH_CON1_CMD")
    assert found.whole("MV_CONNECTOR1_WHMETER") == 1_234_567
    assert found.text("BN_PLC_SW_VERSION") == "2.1"
    assert found.problems == {}
    assert set(found.values) == {name for name, one in MAP.registers.items() if one.side.value == "read"}


async def test_write_sends_only_what_the_device_does_not_hold() -> None:
    """The same values again cost nothing, after a new connection all are written anew."""
    plc = Plc(MAP)
    values = {"START_CON1_COMPLETE": True, "START_CON1_ACCEPTED": True, "START_CON1_TRANSACTION_ID": 70_000}
    async with tcp_server(plc) as address, ModbusDevice(MAP, address) as device:
        assert await device.write(values) == 1
        assert await device.write(values) == 0
        assert await device.write({**values, "START_CON1_COMPLETE": False}) == 1
        start = MAP.registers["START_CON1_COMPLETE"].address
        assert [plc.holding[start + offset] for offset in range(4)] == [0, 1, 70_000 & 0xFFFF, 1]
        assert plc.asked == [(16, start, 4), (16, start, 1)]
        device.close()
        assert await device.write(values) == 1


async def test_read_back_shows_what_was_written() -> None:
    """Commissioning sees both sides."""
    plc = Plc(MAP)
    at = datetime(2026, 11, 22, 15, 0, 5, tzinfo=UTC)
    async with tcp_server(plc) as address, ModbusDevice(MAP, address) as device:
        await device.write({"HB_CS_DATETIME": at, "RMT_START_CON1_IDTAG": "ABC"})
        found = await device.read_back()
    assert found.time("HB_CS_DATETIME") == at
    assert found.text("RMT_START_CON1_IDTAG") == "ABC"


async def test_serial_line_carries_the_same_values() -> None:
    """Modbus RTU reads and writes as TCP does."""
    plc = Plc(MAP, unit_id=7)
    fill(plc)
    async with serial_server(plc) as address:
        async with ModbusDevice(MAP, address, DeviceSettings(unit_id=7)) as device:
            assert (await device.read()).whole("MV_CONNECTOR1_WHMETER") == 1_234_567
            await device.write({"BN_EVCHST_ACCEPTED": True})
        assert plc.holding[MAP.registers["BN_EVCHST_ACCEPTED"].address] == 1


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (b"", ModbusTimeoutError, "check that the PLC runs and has unit 1"),
        (b"\x09\x84\x02\xc2\xc2", ModbusUnitError, "unit 9 answered instead of 1; check the unit id"),
        (b"\x01\x04\x04\x00\x01", ShortReadError, "only 5 bytes: 01 04 04 00 01"),
    ],
)
async def test_bad_answer_on_a_serial_line_has_its_own_name(answer: bytes, error: type[ModbusError], said: str) -> None:
    """Silence, another unit on the line and a broken frame are told apart."""
    async with raw_serial(lambda request: answer) as address, ModbusDevice(MAP, address, QUICK) as device:
        with pytest.raises(ModbusError) as caught:
            await device.read()
    assert type(caught.value) is error
    assert said in str(caught.value)


async def test_serial_port_that_does_not_exist_is_told() -> None:
    """A wrong path is named with the reason."""
    async with ModbusDevice(MAP, SerialAddress("/dev/absent")) as device:
        with pytest.raises(ModbusConnectError, match=r"no connection to /dev/absent: .*No such file or directory"):
            await device.read()


async def test_words_that_make_no_value_are_told_beside_those_that_do() -> None:
    """One bad register does not take the others away."""
    plc = Plc(MAP)
    fill(plc)
    plc.set(MAP, "START_CON1_IDTAG", 0xFFFF)
    async with tcp_server(plc) as address, ModbusDevice(MAP, address) as device:
        found = await device.read()
    assert "START_CON1_IDTAG" not in found.values
    assert "is no ASCII text" in found.problems["START_CON1_IDTAG"]
    assert found.text("AUTH_CON2_IDTAG") == "TAG42"


async def test_dead_plc_is_told_with_its_address_and_the_reason() -> None:
    """Nobody listens: one line that says so."""
    address = TcpAddress("127.0.0.1", free_port())
    async with ModbusDevice(MAP, address) as device:
        with pytest.raises(ModbusConnectError) as caught:
            await device.read()
    expected = f"no connection to 127.0.0.1:{address.port}: Connection refused; check the address and the PLC"
    assert str(caught.value) == expected
    assert caught.value.retry_safe


async def test_host_that_does_not_exist_is_told() -> None:
    """A name that no one knows is no time-out."""
    async with ModbusDevice(MAP, TcpAddress("plc.invalid"), QUICK) as device:
        with pytest.raises(ModbusConnectError, match=r"no connection to plc\.invalid:502: "):
            await device.read()


async def test_registers_that_the_plc_does_not_have_are_told_with_the_exception() -> None:
    """A map of another device is found out, and the connection stays."""
    async with tcp_server(Plc(default_map(1))) as address, ModbusDevice(MAP, address) as device:
        with pytest.raises(ModbusExceptionError, match=r"reading 123 registers from 200 was refused with exception 2"):
            await device.read()
        assert device.connected


def silent(request: bytes) -> bytes:
    """Say nothing."""
    return b""


def other_unit(request: bytes) -> bytes:
    """Answer as unit 9."""
    return request[:4] + bytes([0, 5, 9, 4, 2, 0, 1])


def gateway(request: bytes) -> bytes:
    """Answer as a gateway that does not reach the unit."""
    return request[:4] + bytes([0, 3, request[6], request[7] | 0x80, 11])


def few(request: bytes) -> bytes:
    """Answer with two registers."""
    return request[:4] + bytes([0, 7, request[6], request[7], 4, 0, 1, 0, 2])


def half(request: bytes) -> bytes:
    """Announce more bytes than come."""
    return request[:4] + bytes([0, 249, request[6], request[7], 246, 0, 1])


def no_modbus(request: bytes) -> bytes:
    """Answer as a web server."""
    return b"HTTP/1.0 400 Bad Request\r\n\r\n"


def other_function(request: bytes) -> bytes:
    """Answer to something else."""
    return request[:4] + bytes([0, 6, request[6], 16, 0, 0, 0, 1])


def hang_up(request: bytes) -> None:
    """Close the connection."""


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (silent, ModbusTimeoutError, "no answer within 0.2 s while reading 123 registers from 200; check that the PLC"),
        (other_unit, ModbusUnitError, "unit 9 answered instead of 1; check the unit id"),
        (
            gateway,
            ModbusUnitError,
            "there is no unit 1 (exception 11, no answer behind the gateway); check the unit id",
        ),
        (few, ShortReadError, "reading 123 registers from 200 gave 2; the answer is not used, check the device"),
        (half, ShortReadError, "no whole answer within 0.2 s while reading 123 registers from 200, only 11 bytes: "),
        (no_modbus, ShortReadError, "only 28 bytes: 48 54 54 50"),
        (other_function, ShortReadError, "was answered with function 16"),
        (hang_up, ModbusLostError, "the connection was lost while reading 123 registers from 200"),
    ],
)
async def test_bad_answer_has_its_own_name_and_line(
    answer: Callable[[bytes], bytes | None], error: type[ModbusError], said: str
) -> None:
    """What a broken device does is told apart, in one line with its address."""
    async with raw_server(answer) as address, ModbusDevice(MAP, address, QUICK) as device:
        with pytest.raises(ModbusError) as caught:
            await device.read()
        assert type(caught.value) is error
        assert said in str(caught.value)
        assert str(address) in str(caught.value)
        assert "\n" not in str(caught.value)


async def test_value_that_does_not_fit_is_refused_before_anything_is_sent() -> None:
    """A write is not begun when it cannot be finished."""
    plc = Plc(MAP)
    async with tcp_server(plc) as address, ModbusDevice(MAP, address) as device:
        with pytest.raises(RegisterValueError, match="RMT_START_CON1_IDTAG"):
            await device.write({"BN_EVCHST_ACCEPTED": True, "RMT_START_CON1_IDTAG": "X" * 21})
    assert plc.asked == []


async def test_failed_write_is_written_again() -> None:
    """After a failure nothing is known, so the same values are sent once more."""
    plc = Plc(MAP)
    async with tcp_server(plc) as address, ModbusDevice(MAP, address) as device:
        assert await device.write({"BN_EVCHST_ACCEPTED": True}) == 1
        plc.broken = True
        with pytest.raises(ModbusExceptionError, match="exception 4"):
            await device.write({"BN_EVCHST_ACCEPTED": False})
        plc.broken = False
        assert await device.write({"BN_EVCHST_ACCEPTED": True}) == 1


async def test_poll_comes_back_after_a_dead_plc_with_growing_pauses() -> None:
    """Failures are told one by one, pauses double up to their limit with jitter, and reading goes on by itself."""
    port, clock, plc = free_port(), StepClock(), Plc(MAP)
    settings = DeviceSettings(first_delay_s=1, max_delay_s=5, jitter=0.5, timeout_s=0.5)
    address = TcpAddress("127.0.0.1", port)
    device = ModbusDevice(MAP, address, settings, clock=clock, jitter=lambda: 0.5)
    async with device, aclosing(device.poll(0.5)) as polled:
        for _ in range(5):
            assert isinstance(await anext(polled), ModbusConnectError)
        assert clock.slept == [0.75, 1.5, 3.0, 3.75]
        async with tcp_server(plc, port):
            for _ in range(3):
                assert isinstance(await anext(polled), Snapshot)
            assert clock.slept[5:] == [0.5, 0.5]
            assert len(plc.asked) == 6
        assert isinstance(await anext(polled), ModbusLostError | ModbusConnectError)
        async with tcp_server(plc, port):
            assert isinstance(await anext(polled), Snapshot)


async def test_tasks_that_read_and_write_at_once_share_one_connection() -> None:
    """Requests take turns, and nobody waits in vain when the connection breaks."""
    plc = Plc(MAP)
    async with tcp_server(plc) as address, ModbusDevice(MAP, address) as device:
        writes = (device.write({"START_CON1_TRANSACTION_ID": number}) for number in range(5))
        await asyncio.gather(*writes, *(device.read() for _ in range(5)))
        assert len(plc.asked) == 15

    async with raw_server(hang_up) as address, ModbusDevice(MAP, address) as device:
        results = await asyncio.gather(*(device.read() for _ in range(4)), return_exceptions=True)
    assert {type(result) for result in results} == {ModbusLostError}


async def test_cancelled_read_leaves_a_device_that_can_be_used() -> None:
    """Whoever gives up waiting does not spoil the next request."""
    waiting, mute = asyncio.Event(), [True]

    def answer(request: bytes) -> bytes:
        waiting.set()
        return b"" if mute[0] else gateway(request)

    async with raw_server(answer) as address, ModbusDevice(MAP, address) as device:
        reading = asyncio.create_task(device.read())
        await waiting.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        mute[0] = False
        with pytest.raises(ModbusUnitError):
            await device.read()


async def test_reader_that_is_cancelled_at_any_moment_ends() -> None:
    """A program that is told to end does, also when an answer comes at the same moment."""

    async def read_on(device: ModbusDevice) -> None:
        while True:
            await device.read()

    async with tcp_server(Plc(MAP)) as address, ModbusDevice(MAP, address) as device:
        for number in range(200):
            reading = asyncio.ensure_future(read_on(device))
            await asyncio.sleep(0.002 + number % 20 / 5000)
            reading.cancel()
            done, _ = await asyncio.wait({reading}, timeout=5)
            assert done, f"attempt {number} reads on"
