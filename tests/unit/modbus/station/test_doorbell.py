"""How two processes wake each other, by real datagrams."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from ocpp_sdk.modbus.station.doorbell import HEARD_FOR_S, Doorbell
from tests.unit.charge_point.fakes import FakeClock

pytestmark = pytest.mark.anyio


class End:
    """One of the two, which counts how often it was woken."""

    def __init__(self, clock: FakeClock) -> None:
        self.woken = 0
        self.bell = Doorbell(clock, self._wake)

    def _wake(self) -> None:
        self.woken += 1


@asynccontextmanager
async def two_ends(clock: FakeClock) -> AsyncIterator[tuple[End, End]]:
    """Open the bells of a charge point and of a bridge that has found it."""
    station, bridge = End(clock), End(clock)
    await station.bell.open()
    await bridge.bell.open()
    try:
        bridge.bell.find(station.bell.address)
        yield station, bridge
    finally:
        station.bell.close()
        bridge.bell.close()


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not done():  # noqa: ASYNC110 - a confirmation sets nothing that could be waited for
            await asyncio.sleep(0.005)


async def answer_to(data: bytes, port: int) -> bytes | None:
    """Send a datagram, and return what comes back within a moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.setblocking(False)
        stranger.sendto(data, ("127.0.0.1", port))
        try:
            return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(stranger, 1000), 0.3)
        except TimeoutError:
            return None


async def test_each_wakes_the_other() -> None:
    """The charge point learns from the first ring where the bridge is; a confirmation wakes nobody."""
    async with two_ends(FakeClock()) as (station, bridge):
        station.bell.ring()
        bridge.bell.ring()
        await until(lambda: station.woken == 1 and bridge.bell.works)
        assert station.bell.works
        station.bell.ring()
        await until(lambda: bridge.woken == 1)
        bridge.bell.ring()
        await until(lambda: station.woken == 2)
        assert bridge.woken == 1


async def test_one_that_is_not_heard_for_long_does_not_count_as_there() -> None:
    """Then it must be looked for."""
    clock = FakeClock()
    async with two_ends(clock) as (station, bridge):
        assert (station.bell.works, bridge.bell.works) == (False, False)
        bridge.bell.ring()
        await until(lambda: station.bell.works and bridge.bell.works)
        await clock.pass_time(HEARD_FOR_S - 1)
        assert (station.bell.works, bridge.bell.works) == (True, True)
        await clock.pass_time(1)
        assert (station.bell.works, bridge.bell.works) == (False, False)


async def test_charge_point_that_has_started_again_is_found_again() -> None:
    """It has another port and another token."""
    clock = FakeClock()
    async with two_ends(clock) as (station, bridge):
        bridge.bell.ring()
        await until(lambda: bridge.bell.works)
        station.bell.close()
        again = End(clock)
        await again.bell.open()
        try:
            assert again.bell.address != station.bell.address
            bridge.bell.find(again.bell.address)
            assert not bridge.bell.works
            bridge.bell.ring()
            await until(lambda: again.woken == 1 and bridge.bell.works)
            assert station.woken == 1
        finally:
            again.bell.close()


@pytest.mark.parametrize(
    "data",
    [b"", b" ring", b"0" * 32 + b" ring", b"\xff" * 2000, b"ring", b" "],
    ids=["empty", "no token", "wrong token", "long", "bare", "blank"],
)
async def test_stranger_wakes_nobody_and_gets_no_answer(data: bytes) -> None:
    """Who cannot read the storage does not know the token."""
    async with two_ends(FakeClock()) as (station, _):
        port = int(station.bell.address.partition(" ")[0])
        assert await answer_to(data, port) is None
        assert station.woken == 0
        assert not station.bell.works


async def test_who_knows_the_token_and_says_nonsense_wakes_nobody() -> None:
    """Only a ring is one."""
    async with two_ends(FakeClock()) as (station, _):
        port, _, token = station.bell.address.partition(" ")
        assert await answer_to(f"{token} rings".encode(), int(port)) is None
        assert await answer_to(f"{token} ring".encode(), int(port)) == f"{token} heard".encode()
        assert station.woken == 1


@pytest.mark.parametrize(
    "address", ["", "x", "0 token", "65536 token", "99999999999 token", "80", "80 ", "٣ token", "80 tökén"]
)
async def test_address_that_cannot_be_read_is_nobody(address: str) -> None:
    """Storage may hold what an older or newer version wrote."""
    async with two_ends(FakeClock()) as (station, bridge):
        bridge.bell.find(address)
        bridge.bell.ring()
        await until(lambda: station.woken == 1)


async def test_closed_bell_has_no_address_and_does_nothing() -> None:
    """It rings nobody, and is rung by nobody."""
    async with two_ends(FakeClock()) as (station, bridge):
        bridge.bell.ring()
        await until(lambda: station.woken == 1)
        station.bell.close()
        assert station.bell.address == ""
        station.bell.ring()
        bridge.bell.ring()
        await asyncio.sleep(0.1)
        assert (station.woken, bridge.woken) == (1, 0)
