"""A machine that gets another address: the central system hears of it, and can call it there."""

import asyncio

import pytest

from ocpp_sdk.central_system import CentralSystem
from ocpp_sdk.charge_point import ChargePointSettings, SimulatedHardware, running, service
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.server import DEFAULT_PATH
from ocpp_sdk.server.run import serve
from tests.unit.charge_point.fakes import FakeClock

pytestmark = pytest.mark.anyio


async def test_charge_point_whose_address_changes_boots_again_with_the_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """First there is no way to the central system to be seen, then one address of the machine, then another one."""
    hosts = [None, "127.0.0.2", "127.0.0.2", None, "127.0.0.3"]

    async def host(_: str) -> str | None:
        return hosts.pop(0) if hosts else "127.0.0.3"

    monkeypatch.setattr(service, "own_host", host)
    central_system, clock = CentralSystem("memory:"), FakeClock()
    settings = ChargePointSettings(identity="CP1", version=OcppVersion.V16, sample_interval_s=0)
    async with (
        serve(central_system.app) as address,
        running(settings, address.url + DEFAULT_PATH, SimulatedHardware(), host="0.0.0.0", clock=clock) as run,
    ):
        await run.charge_point.registered()
        heard = []
        for _ in range(4):
            await clock.pass_time(60)
            await run.charge_point.registered()
            async with asyncio.timeout(20):
                while not await advertises(central_system, run.address):  # noqa: ASYNC110 - nobody tells of it
                    await asyncio.sleep(0.01)
            heard.append(run.address.split(":")[1])
            assert await (await central_system.commands("CP1")).clear_cache() == "Accepted"
        assert heard == ["//127.0.0.2", "//127.0.0.2", "//127.0.0.2", "//127.0.0.3"]
        messages = await central_system.store.messages("CP1", limit=1000)
        assert [one.operation for one in messages].count("BootNotification") == 3


async def advertises(central_system: CentralSystem, address: str) -> bool:
    """Tell whether a central system would call an address."""
    record = await central_system.store.charge_point("CP1")
    return record is not None and record.advertised_address == address
