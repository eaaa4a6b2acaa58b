"""Old requests are forgotten, but none that somebody still needs."""

import pytest

from ocpp_sdk.charge_point import ChargePointSettings
from ocpp_sdk.errors import InternalError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.storage import Queue
from tests.unit.charge_point.fake_hardware import FakeHardware
from tests.unit.charge_point.fakes import Bench, memory_store, on_bench
from tests.unit.charge_point.heard import no_connection, starts, stops

pytestmark = pytest.mark.anyio
_, V15, V16 = OcppVersion
HOUR_S = 3600


def forgetful(version: OcppVersion, identity: str = "CP1") -> ChargePointSettings:
    """Return settings with which answers are kept for two hours."""
    return ChargePointSettings(identity=identity, version=version, sample_interval_s=0, keep_answered_s=2 * HOUR_S)


async def test_stop_that_was_given_up_long_ago_can_still_be_sent() -> None:
    """It was kept without the number of its start, whose answer is forgotten by then."""
    hardware = FakeHardware()
    async with on_bench(V15, hardware=hardware, settings=forgetful(V15)) as bench:
        bench.central_system.fail("any", *[no_connection()] * 2)
        bench.central_system.fail("StopTransaction", *[InternalError("no")] * 3)
        await hardware.station.start(1, "TAG", 0, key="k")
        await hardware.station.stop(1, 10)
        await bench.clock.pass_time(600)
        (kept,) = await bench.charge_point.outbox.queue.given_up()
        await bench.clock.pass_time(5 * HOUR_S)
        assert await bench.store.call(kept.queue, kept.number - 1) is None
        assert await bench.charge_point.outbox.queue.resend(kept.number)
        await bench.clock.pass_time(10)
        assert [one.transaction_id for one in stops(bench)] == [101]


async def test_start_whose_stop_waits_longer_than_answers_are_kept_is_not_forgotten() -> None:
    """The connection is lost between the two."""
    hardware = FakeHardware()
    async with on_bench(V15, hardware=hardware, settings=forgetful(V15)) as bench:
        bench.central_system.fail("any", *[no_connection()] * 2)
        await hardware.station.start(1, "TAG", 0, key="k")
        await hardware.station.stop(1, 10)
        bench.central_system.fail("StopTransaction", *[no_connection()] * 20_000)
        await bench.clock.pass_time(60)
        assert len(starts(bench)) == 1
        await bench.clock.pass_time(5 * HOUR_S)
        bench.central_system.failures.clear()
        await bench.clock.pass_time(600)
        assert [one.transaction_id for one in stops(bench)] == [101]


async def test_answered_requests_are_forgotten_after_their_time_but_not_the_start_of_what_runs() -> None:
    """A restart needs it, also that of another charge point in the same store."""
    store, hardware = memory_store(), FakeHardware()
    async with on_bench(V16, hardware=hardware, store=store, settings=forgetful(V16)) as bench:
        await hardware.station.start(2, "OLD", 0, key="old")
        await hardware.station.stop(2, 5)
        await bench.clock.pass_time(HOUR_S)
        calls = await store.calls(Queue.REQUESTS, "CP1", limit=10_000)
        assert [one.key for one in calls if one.operation == "StartTransaction"] == ["start/old"]
        await hardware.station.start(1, "TAG", 0, key="k")
        await bench.clock.pass_time(5 * HOUR_S)
        calls = await store.calls(Queue.REQUESTS, "CP1", limit=10_000)
        assert [one.key for one in calls if one.operation == "StartTransaction"] == ["start/k"]
        await hardware.station.stop(1, 10)
        await bench.clock.pass_time(4 * HOUR_S)
        calls = await store.calls(Queue.REQUESTS, "CP1", limit=10_000)
        assert [one for one in calls if one.operation == "StartTransaction"] == []


async def test_charge_points_that_share_a_store_keep_what_the_others_need() -> None:
    """Each forgets its own only."""
    store = memory_store()
    one, two = FakeHardware(), FakeHardware()
    async with on_bench(V16, hardware=one, store=store, settings=forgetful(V16)) as bench:
        other = Bench(V16, forgetful(V16, "CP2"), store, before=bench, hardware=two)
        async with other.charge_point:
            await bench.clock.pass_time()
            await two.station.start(1, "TAG", 0, key="k")
            await bench.clock.pass_time(5 * HOUR_S)
            calls = await store.calls(Queue.REQUESTS, "CP2", limit=10_000)
            assert "start/k" in [call.key for call in calls]
