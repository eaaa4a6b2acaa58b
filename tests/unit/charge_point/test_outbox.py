"""Statuses around an outage: the last thing that the central system hears is what is so."""

import pytest

from ocpp_sdk.errors import ConnectError, ConnectionLostError
from ocpp_sdk.operation import OcppVersion
from tests.unit.charge_point.fakes import on_bench

pytestmark = pytest.mark.anyio
each_version = pytest.mark.parametrize("version", list(OcppVersion))


def lost(error: type[ConnectError] | type[ConnectionLostError]) -> ConnectError | ConnectionLostError:
    """Return a failure without an answer."""
    return error("http://cs: gone", url="http://cs")


@each_version
async def test_status_that_waited_for_a_connection_is_not_told_when_it_has_passed(version: OcppVersion) -> None:
    """A vehicle that came and went while nobody answered leaves a connector that is Available."""
    async with on_bench(version) as bench:
        bench.central_system.fail("any", *[lost(ConnectError)] * 3)
        await bench.hardware.plugged(1)
        await bench.clock.pass_time()
        await bench.hardware.unplugged(1)
        await bench.clock.pass_time(120)
        assert bench.charge_point.online
        assert bench.statuses() == ["Available"]


@each_version
async def test_status_whose_answer_was_lost_is_followed_by_the_present_one(version: OcppVersion) -> None:
    """It may have come, so the central system is told that it is over."""
    async with on_bench(version) as bench:
        bench.central_system.lose_answer("StatusNotification", lost(ConnectionLostError))
        await bench.hardware.plugged(1)
        await bench.clock.pass_time()
        assert bench.statuses()[-1] != "Available"
        await bench.hardware.unplugged(1)
        await bench.clock.pass_time(120)
        assert bench.statuses()[-1] == "Available"
