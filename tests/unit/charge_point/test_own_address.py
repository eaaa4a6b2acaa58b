"""Where a central system can call back, and the boot that follows when that changes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ocpp_sdk.central_system import CentralSystem
from ocpp_sdk.charge_point import ChargePointSettings, Running, SimulatedHardware, running, service
from ocpp_sdk.charge_point.connection.own_address import own_host
from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.server.run import serve
from tests.unit.charge_point.fakes import FakeClock

pytestmark = pytest.mark.anyio
each_version = pytest.mark.parametrize("version", list(OcppVersion))


@pytest.mark.parametrize("url", ["http://127.0.0.1:9220/x", "https://127.0.0.1", "http://127.0.0.1"])
async def test_own_host_is_the_address_towards_the_central_system(url: str) -> None:
    """A port need not be named, and nobody need be there."""
    assert await own_host(url) == "127.0.0.1"


async def test_own_host_towards_nowhere_is_none() -> None:
    """A name that nobody knows is no failure: the next look may find it."""
    assert await own_host("http://no-such-host.invalid/") is None


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1/", "http://", "http:///path", ""])
async def test_own_host_of_no_url_is_refused(url: str) -> None:
    """The line says what a URL must have."""
    with pytest.raises(ConfigurationError, match="must begin with http:// or https:// and name a host"):
        await own_host(url)


class Machine:
    """A machine whose address towards the central system changes.

    Attributes:
        host: the present one; None without a network.
    """

    def __init__(self) -> None:
        self.host: str | None = "127.0.0.1"

    async def own_host(self, url: str) -> str | None:
        return self.host


@asynccontextmanager
async def on_a_machine(
    version: OcppVersion, machine: Machine, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[CentralSystem, Running]]:
    """Run a charge point that serves at all addresses, until it is registered."""
    monkeypatch.setattr(service, "own_host", machine.own_host)
    central_system = CentralSystem("memory:")
    settings = ChargePointSettings(identity="CP1", version=version)
    async with (
        serve(central_system.app) as address,
        running(
            settings,
            f"{address.url}/Ocpp/CentralSystemService",
            SimulatedHardware(clock=clock),
            host="0.0.0.0",
            clock=clock,
            flush_s=0,
        ) as run,
    ):
        await run.charge_point.registered()
        yield central_system, run


async def boots(central_system: CentralSystem) -> list[str | None]:
    """Return the address that each boot told."""
    messages = await central_system.store.messages("CP1", operation="BootNotification")
    return [message.callback_address for message in messages]


async def booted(central_system: CentralSystem, count: int) -> None:
    """Wait for as many boots."""
    async with asyncio.timeout(20):
        while len(await boots(central_system)) < count:  # noqa: ASYNC110 - nobody tells of what is stored
            await asyncio.sleep(0.02)


@each_version
async def test_charge_point_with_another_address_boots_again_and_is_called_there(
    version: OcppVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The central system hears the new address, and commands reach the charge point at it."""
    machine, clock = Machine(), FakeClock()
    async with on_a_machine(version, machine, clock, monkeypatch) as (central_system, run):
        before = run.address
        assert before.startswith("http://127.0.0.1:")
        await clock.pass_time(61)
        assert len(await boots(central_system)) == 1

        machine.host = "127.0.0.2"
        await clock.pass_time(61)
        await booted(central_system, 2)
        await run.charge_point.registered()
        assert run.address == before.replace("127.0.0.1", "127.0.0.2")
        assert await boots(central_system) == [before, run.address]
        record = await central_system.store.charge_point("CP1")
        assert record is not None
        assert record.advertised_address == run.address
        assert await (await central_system.commands("CP1")).clear_cache() == "Accepted"


async def test_charge_point_without_a_network_keeps_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody could hear of another one; when the network is back as it was, nothing has changed."""
    machine, clock = Machine(), FakeClock()
    async with on_a_machine(OcppVersion.V15, machine, clock, monkeypatch) as (central_system, run):
        before, machine.host = run.address, None
        await clock.pass_time(300)
        assert run.address == before
        machine.host = "127.0.0.1"
        await clock.pass_time(61)
        assert (run.address, await boots(central_system)) == (before, [before])


async def test_charge_point_that_starts_without_a_network_tells_its_address_when_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first address is a change as well."""
    machine, clock = Machine(), FakeClock()
    machine.host = None
    async with on_a_machine(OcppVersion.V16, machine, clock, monkeypatch) as (central_system, run):
        machine.host = "127.0.0.1"
        await clock.pass_time(61)
        await booted(central_system, 2)
        assert (await boots(central_system))[-1] == run.address
        assert run.address.startswith("http://127.0.0.1:")
