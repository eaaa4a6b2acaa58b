"""Transactions are told once each, whole and in order, whatever is cut off or starts again."""

import asyncio

import pytest

from ocpp_sdk.charge_point import ConnectorFacts, HardwareInfo, SessionRefusedError
from ocpp_sdk.errors import InternalError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.storage import NewCall, Queue
from ocpp_sdk.versions.enumerations import ErrorCode, StopReason
from tests.unit.charge_point.fake_hardware import FakeHardware
from tests.unit.charge_point.fakes import NOON, memory_store, on_bench
from tests.unit.charge_point.heard import no_answer, no_connection, samples, starts, stops

pytestmark = pytest.mark.anyio
V12, V15, V16 = OcppVersion
each_version = pytest.mark.parametrize("version", list(OcppVersion))


@each_version
async def test_start_without_connection_gives_its_late_number_to_all_that_follows(version: OcppVersion) -> None:
    """Readings and stop were kept without a number, and are sent with the one of the answer."""
    hardware = FakeHardware()
    async with on_bench(version, hardware=hardware) as bench:
        bench.central_system.fail("any", *[no_connection()] * 6)
        transaction = await hardware.station.start(1, "TAG", 100, key="a")
        hardware.meters[1] = 160
        await bench.clock.pass_time(60)
        assert transaction.transaction_id is None
        await hardware.station.stop(1, 200, id_tag="TAG")
        second = await hardware.station.start(1, "TAG", 200, key="b")
        await bench.clock.pass_time(600)
        assert [one.meter_start_wh for one in starts(bench)] == [100, 200]
        assert [transaction.transaction_id, second.transaction_id] == [101, 102]
        assert [(one.transaction_id, one.meter_stop_wh, one.id_tag) for one in stops(bench)] == [(101, 200, "TAG")]
        assert samples(bench)[0] == (60, 101, "160")
        names = [name for name in bench.central_system.operations if name.endswith("Transaction")]
        assert names == ["StartTransaction", "StopTransaction", "StartTransaction"]


@each_version
@pytest.mark.parametrize("resuming", [True, False])
@pytest.mark.parametrize("moment", ["before the start is sent", "after it is sent", "after it is answered"])
async def test_restart_in_the_middle_tells_each_message_once(
    version: OcppVersion, moment: str, *, resuming: bool
) -> None:
    """Hardware that charges on ends the transaction by itself; for other hardware it has ended by the power cut."""
    hardware, store = FakeHardware(), memory_store()
    async with on_bench(version, hardware=hardware, store=store, killed=True) as bench:
        if moment == "before the start is sent":
            bench.central_system.fail("any", *[no_connection()] * 3)
        elif moment == "after it is sent":
            bench.central_system.lose_answer("StartTransaction", no_answer())
        await hardware.station.start(1, "TAG", 100, key="k")
        hardware.meters[1] = 150
        await bench.clock.pass_time(30 if moment == "after it is answered" else 1)
    first = bench
    again = FakeHardware()
    again.resuming, again.meters = resuming, {1: 180, 2: 0}
    async with on_bench(version, hardware=again, before=first) as bench:
        await bench.clock.pass_time(30)
        assert again.asked_for("resumes") == [("TAG",)]
        running = again.station.running(1)
        if resuming:
            assert running is not None
            assert running.key == "k"
            await again.station.stop(1, 250)
        assert running is None or resuming
        await bench.clock.pass_time(60)
    assert len({(one.timestamp, one.meter_start_wh) for one in starts(bench)}) == 1
    assert len(starts(bench)) == (2 if moment == "after it is sent" else 1)
    (stop,) = stops(bench)
    assert stop.meter_stop_wh == (250 if resuming else 180)
    assert stop.transaction_id == bench.central_system.transactions
    assert stop.reason == ("Local" if resuming else "PowerLoss")
    times = [at for at, *_ in samples(bench)]
    assert len(times) == len(set(times))


@each_version
async def test_restart_after_the_stop_is_kept_tells_it_once(version: OcppVersion) -> None:
    """The hardware is not asked, since nothing runs."""
    hardware = FakeHardware()
    async with on_bench(version, hardware=hardware, killed=True) as bench:
        await hardware.station.start(1, "TAG", 0, key="k")
        await bench.clock.pass_time(10)
        bench.central_system.fail("any", *[no_connection()] * 3)
        await hardware.station.stop(1, 10)
    again = FakeHardware()
    async with on_bench(version, hardware=again, before=bench) as bench:
        await bench.clock.pass_time(60)
        assert again.asked_for("resumes") == []
        assert again.station.running(1) is None
        assert [one.meter_stop_wh for one in stops(bench)] == [10]
        # Who repeats what was kept gets the same transaction, and nothing is told twice.
        known = await again.station.start(1, "TAG", 0, key="k")
        assert known.meter_stop_wh == 10
        await bench.clock.pass_time()
        assert len(starts(bench)) == 1


async def test_restart_with_less_connectors_ends_the_transactions_of_the_others() -> None:
    """With the energy that was noted last; the charge point runs on."""
    hardware = FakeHardware()
    async with on_bench(V16, hardware=hardware, killed=True) as bench:
        await hardware.station.start(2, "TAG", 5, key="k")
        hardware.meters[2] = 77
        await bench.clock.pass_time(60)
    one = FakeHardware()
    one.connectors, one.meters = 1, {1: 0}
    async with on_bench(V16, hardware=one, before=bench) as bench:
        await bench.clock.pass_time(10)
        (stop,) = stops(bench)
        assert (stop.meter_stop_wh, stop.reason) == (77, "PowerLoss")


async def test_message_in_the_queue_that_cannot_be_read_is_reported_and_passed_over() -> None:
    """It must not keep the charge point from starting."""
    store = memory_store()
    for number, request in enumerate(["{}", "no JSON"]):
        for operation in ("StartTransaction", "MeterValues", "StopTransaction"):
            call = NewCall(
                key=f"{operation}{number}", identity="CP1", operation=operation, request=request, created_at=NOON
            )
            await store.enqueue(Queue.REQUESTS, call)
    async with on_bench(V15, store=store) as bench:
        assert bench.charge_point.registration.accepted.is_set()
        assert len([line for line in bench.lines if "cannot be read" in line]) >= 4
        assert len(await bench.charge_point.outbox.queue.given_up()) == 6


@each_version
async def test_meter_that_does_not_answer_after_a_restart_costs_no_energy(version: OcppVersion) -> None:
    """The last reading is what is known."""
    hardware = FakeHardware()
    async with on_bench(version, hardware=hardware, killed=True) as bench:
        await hardware.station.start(1, "TAG", 0, key="k")
        hardware.meters[1] = 60
        await bench.clock.pass_time(60)
    again = FakeHardware()
    again.resuming = False
    again.hanging.add("read_meter")
    async with on_bench(version, hardware=again, before=bench) as bench:
        await bench.clock.pass_time(60)
        assert [one.meter_stop_wh for one in stops(bench)] == [60]


async def test_two_transactions_at_once_on_a_connector_are_refused() -> None:
    """The other connector is free; the same key is the same transaction."""
    hardware = FakeHardware()
    async with on_bench(V16, hardware=hardware):
        first = await hardware.station.start(1, "A", 0, key="a")
        with pytest.raises(SessionRefusedError, match="connector 1: the transaction of A runs"):
            await hardware.station.start(1, "B", 0, key="b")
        assert await hardware.station.start(1, "A", 0, key="a") is first
        await hardware.station.start(2, "B", 0, key="b")
        with pytest.raises(SessionRefusedError, match="there is no connector 3"):
            await hardware.station.start(3, "C", 0, key="c")


async def test_two_stops_at_the_same_time_are_one() -> None:
    """Whoever comes second finds it ended."""
    hardware = FakeHardware()
    async with on_bench(V16, hardware=hardware) as bench:
        transaction = await hardware.station.start(1, "A", 0, key="a")
        ended = await asyncio.gather(*(hardware.station.stop(1, meter, transaction=transaction) for meter in (7, 9)))
        assert ended == [transaction, transaction]
        assert await hardware.station.stop(1, 11) is None
        await bench.clock.pass_time()
        assert [one.meter_stop_wh for one in stops(bench)] == [7]


async def test_two_short_transactions_in_the_same_second_stay_two() -> None:
    """A central system knows a repeated start by connector, idTag, time and meter, so the times differ."""
    hardware = FakeHardware()
    async with on_bench(V16, hardware=hardware) as bench:
        for key in "abc":
            await hardware.station.start(1, "TAG", 0, key=key)
            await hardware.station.stop(1, 0)
        await bench.clock.pass_time()
        assert [(one.timestamp - NOON).total_seconds() for one in starts(bench)] == [0, 1, 2]
        assert all(stop.timestamp >= start.timestamp for start, stop in zip(starts(bench), stops(bench), strict=True))


@each_version
async def test_stop_that_is_answered_is_told_to_whoever_waits_for_it(version: OcppVersion) -> None:
    """A PLC releases the vehicle then; one that is given up is told as well."""
    hardware = FakeHardware()
    async with on_bench(version, hardware=hardware) as bench:
        first = await hardware.station.start(1, "TAG", 0, key="a")
        await hardware.station.stop(1, 1)
        await bench.clock.pass_time()
        assert first.stop_answered.is_set()
        bench.central_system.fail("StopTransaction", *[InternalError("no")] * 3)
        second = await hardware.station.start(1, "TAG", 1, key="b")
        await hardware.station.stop(1, 2)
        await bench.clock.pass_time(179)
        assert not second.stop_answered.is_set()
        await bench.clock.pass_time(1)
        assert second.stop_answered.is_set()


async def test_status_that_changes_while_others_are_queued_is_the_last_one_told() -> None:
    """After an outage the present status counts, not the one of when the telling began."""
    hardware = FakeHardware()
    async with on_bench(V16, hardware=hardware) as bench:
        bench.central_system.fail("any", *[no_connection()] * 2)
        await bench.charge_point.authorization.authorize("TAG")
        await hardware.station.observe(2, ConnectorFacts(plugged=True))
        await bench.clock.pass_time(14)
        await hardware.station.observe(2, ConnectorFacts(error=ErrorCode.GROUND_FAILURE))
        await bench.clock.pass_time(60)
        assert bench.statuses(2) == ["Available", "Faulted"]


async def test_hardware_that_comes_back_goes_on_with_its_transaction() -> None:
    """A PLC that restarts alone is asked, and told all limits and availabilities again."""
    hardware = FakeHardware()
    async with on_bench(V16, hardware=hardware) as bench:
        transaction = await hardware.station.start(1, "TAG", 0, key="k")
        await hardware.station.lost("no answer")
        await bench.clock.pass_time(10)
        assert bench.statuses(1)[-1] == bench.statuses(2)[-1] == "Faulted"
        await hardware.station.found()
        await bench.clock.pass_time(10)
        assert bench.statuses(1)[-1] == "Charging"
        await hardware.station.ready(HardwareInfo())
        await bench.clock.pass_time(10)
        assert hardware.station.running(1) is transaction
        assert hardware.asked_for("resumes") == [("TAG",)]
        hardware.resuming = False
        hardware.meters[1] = 33
        await hardware.station.ready(HardwareInfo())
        await bench.clock.pass_time(10)
        assert (transaction.stop_reason, transaction.meter_stop_wh) == (StopReason.POWER_LOSS, 33)
