"""A storage that fails, before it has kept something or after, costs neither a transaction nor a reading."""

import asyncio
from typing import Literal

import pytest

from ocpp_sdk.errors import StorageError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.storage import NewCall, Queue, QueuedCall
from ocpp_sdk.versions.domain import MeterReading, SampledValue
from ocpp_sdk.versions.enumerations import ResetType, StopReason
from tests.unit.charge_point.fake_hardware import FakeHardware
from tests.unit.charge_point.fakes import FailingStore, on_bench
from tests.unit.charge_point.heard import samples, starts, stops

pytestmark = pytest.mark.anyio
*_, V16 = OcppVersion
each_version = pytest.mark.parametrize("version", list(OcppVersion))


@each_version
async def test_storage_that_fails_at_the_start_lets_no_power_flow(version: OcppVersion) -> None:
    """Nothing is told, the cable is free, and the next one charges."""
    store = FailingStore()
    async with on_bench(version, store=store) as bench:
        store.fail("StartTransaction", "before")
        await bench.hardware.plugged(1)
        with pytest.raises(StorageError):
            await bench.hardware.tag("TAG", 1)
        await bench.clock.pass_time(100)
        assert bench.charge_point.sessions.running(1) is None
        assert starts(bench) == []
        await bench.hardware.tag("OTHER", 1)
        await bench.clock.pass_time(60)
        await bench.hardware.unplugged(1)
        await bench.clock.pass_time()
        assert [one.id_tag for one in starts(bench)] == ["OTHER"]
        assert [one.meter_stop_wh for one in stops(bench)] == [60]


async def test_start_that_was_kept_although_the_storage_failed_is_ended() -> None:
    """Else the central system would wait for its stop for ever."""
    store = FailingStore()
    async with on_bench(V16, store=store) as bench:
        store.fail("StartTransaction", "after")
        await bench.hardware.plugged(1)
        with pytest.raises(StorageError):
            await bench.hardware.tag("TAG", 1)
        await bench.clock.pass_time(10)
        assert [one.id_tag for one in starts(bench)] == ["TAG"]
        (stop,) = stops(bench)
        assert (stop.transaction_id, stop.meter_stop_wh, stop.reason) == (101, 0, "Other")


async def test_start_that_is_repeated_after_the_storage_failed_is_the_same() -> None:
    """As a PLC does: with the same key."""
    store, hardware = FailingStore(), FakeHardware()
    async with on_bench(V16, store=store, hardware=hardware) as bench:
        store.fail("StartTransaction", "after")
        with pytest.raises(StorageError):
            await hardware.station.start(1, "TAG", 0, key="k")
        transaction = await hardware.station.start(1, "TAG", 0, key="k")
        await bench.clock.pass_time(10)
        assert transaction.transaction_id == 101
        assert (len(starts(bench)), stops(bench)) == (1, [])


@pytest.mark.parametrize("how", ["before", "after"])
async def test_storage_that_fails_at_the_stop_is_asked_again(how: Literal["before", "after"]) -> None:
    """No power flows meanwhile, and the end is told once."""
    store = FailingStore()
    async with on_bench(V16, store=store) as bench:
        transaction = await bench.hardware.charge("TAG", 1)
        await bench.clock.pass_time(30)
        store.fail("StopTransaction", how, how, how)
        assert await bench.commands.remote_stop_transaction(bench.call, 999) == "Rejected"
        stopping = asyncio.ensure_future(bench.commands.remote_stop_transaction(bench.call, 101))
        await bench.clock.pass_time(3)
        assert await stopping == "Accepted"
        assert transaction.ended.is_set()
        await bench.clock.pass_time()
        assert [(one.meter_stop_wh, one.reason) for one in stops(bench)] == [(30, "Remote")]


async def test_stop_that_the_storage_delays_past_the_deadline_is_kept_all_the_same() -> None:
    """The answer is no, but the outlet goes on with what it has begun."""
    store = FailingStore()
    async with on_bench(V16, store=store) as bench:
        transaction = await bench.hardware.charge("TAG", 1)
        await bench.clock.pass_time(30)
        store.fail_often("StopTransaction", 20)
        stopping = asyncio.ensure_future(bench.commands.remote_stop_transaction(bench.call, 101))
        await bench.clock.pass_time(15)
        assert await stopping == "Rejected"
        assert not transaction.ended.is_set()
        await bench.clock.pass_time(5)
        assert transaction.ended.is_set()
        assert transaction.meter_stop_wh == 30


async def test_readings_that_the_storage_refuses_are_told_later_in_their_order() -> None:
    """And before the stop of their transaction."""
    store, hardware = FailingStore(), FakeHardware()
    async with on_bench(V16, store=store, hardware=hardware) as bench:
        await hardware.station.start(1, "TAG", 0, key="k")
        store.fail("MeterValues", "before", "after", "before", "before")
        for minute in range(1, 4):
            hardware.meters[1] = minute
            await bench.clock.pass_time(60)
        assert samples(bench) in ([], [(60, 101, "1")])
        with pytest.raises(StorageError):
            await hardware.station.stop(1, 4)
        await hardware.station.stop(1, 4)
        await bench.clock.pass_time()
        assert samples(bench) == [(60, 101, "1"), (120, 101, "2"), (180, 101, "3")]
        assert bench.central_system.operations[-2:] != ["StopTransaction", "MeterValues"]
        assert len(stops(bench)) == 1


@each_version
async def test_reset_with_a_storage_that_fails_ends_the_transaction_when_it_works_again(version: OcppVersion) -> None:
    """The charge point does not end with it."""
    store, hardware = FailingStore(), FakeHardware()
    hardware.refusing.add("stop")
    async with on_bench(version, store=store, hardware=hardware) as bench:
        transaction = await hardware.station.start(1, "TAG", 0, key="k")
        hardware.meters[1] = 9
        store.fail_often("StopTransaction", 5)
        await bench.commands.reset(bench.call, ResetType.HARD)
        await bench.clock.pass_time(120)
        assert transaction.stop_reason is StopReason.HARD_RESET
        assert [one.meter_stop_wh for one in stops(bench)] == [9]
        assert bench.charge_point.registration.accepted.is_set()


class SlowStore(FailingStore):
    """Keeps a stop when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()

    async def enqueue(self, queue: Queue, call: NewCall) -> QueuedCall:
        if call.operation == "StopTransaction":
            await self.go_on.wait()
        return await super().enqueue(queue, call)


async def test_reading_that_comes_while_the_end_is_kept_is_not_told_after_it() -> None:
    """The stop says the last of the meter."""
    store, hardware = SlowStore(), FakeHardware()
    async with on_bench(V16, store=store, hardware=hardware) as bench:
        transaction = await hardware.station.start(1, "TAG", 0, key="k")
        ending = asyncio.ensure_future(hardware.station.stop(1, 5))
        await bench.clock.pass_time(1)
        assert not ending.done()
        late = MeterReading(bench.clock.now(), (SampledValue(value="4"),))
        await bench.charge_point.transactions.reading(1, late, transaction)
        store.go_on.set()
        await ending
        await bench.charge_point.transactions.reading(1, late, transaction)
        await bench.clock.pass_time(60)
        assert samples(bench) == []
        assert [one.meter_stop_wh for one in stops(bench)] == [5]
