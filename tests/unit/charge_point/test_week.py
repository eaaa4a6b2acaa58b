"""A week of charging with an outage every night, in seconds, and the same each time."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from ocpp_sdk.errors import ConnectError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.domain import MeterReading, MeterValues, StartTransaction, StopTransaction
from tests.unit.charge_point.fakes import NOON, Bench, on_bench

pytestmark = pytest.mark.anyio
V12, V15, V16 = OcppVersion
HOUR_S = 3600
HOURS = 7 * 24
CHARGING_S = 2500
SAMPLE_S = 600
SLOT_S = 900
# From 02:00 to 05:00; the bench begins at noon.
OUTAGE = range(14, 17)


@dataclass
class Heard:
    """What a central system has heard by the end of a week."""

    starts: list[StartTransaction]
    stops: list[StopTransaction]
    samples: list[tuple[int | None, MeterReading]]
    slots: list[tuple[int, MeterReading]]
    boots: int
    heartbeats: int


async def week(version: OcppVersion) -> tuple[Heard, list[tuple[str, object]]]:
    """Charge for 2,500 s in each hour, a connector after the other."""
    async with on_bench(version) as bench:
        settings = {"MeterValueSampleInterval": str(SAMPLE_S)}
        if version is not V12:
            settings |= {
                "ClockAlignedDataInterval": str(SLOT_S),
                "StopTxnSampledData": "Energy.Active.Import.Register",
            }
        for key, value in settings.items():
            assert await bench.commands.change_configuration(bench.call, key, value) == "Accepted"
        bench.charge_point.authorization.learn("TAG", bench.central_system.info)
        for hour in range(HOURS):
            cut(bench, hour)
            transaction = await bench.hardware.charge("TAG", 1 + hour % 2)
            await bench.clock.pass_time(CHARGING_S)
            await bench.hardware.present("TAG", transaction)
            await bench.clock.pass_time(HOUR_S - CHARGING_S)
        bench.central_system.failures.clear()
        await bench.clock.pass_time(HOUR_S)
        assert await bench.charge_point.outbox.queue.given_up() == []
        assert bench.charge_point.outbox.queue.waiting == 0
        return heard_by(bench), list(bench.central_system.heard)


def cut(bench: Bench, hour: int) -> None:
    """Break the connection at two, and mend it at five."""
    bench.central_system.failures.clear()
    if hour % 24 in OUTAGE:
        bench.central_system.fail("any", *[ConnectError("nobody there", url="http://cs/")] * 10_000)


def heard_by(bench: Bench) -> Heard:
    """Sort what was heard."""
    there = bench.central_system
    said = [
        (one, reading) for one in there.named("MeterValues") if isinstance(one, MeterValues) for reading in one.readings
    ]
    return Heard(
        starts=[one for one in there.named("StartTransaction") if isinstance(one, StartTransaction)],
        stops=[one for one in there.named("StopTransaction") if isinstance(one, StopTransaction)],
        samples=[
            (one.transaction_id, reading) for one, reading in said if reading.values[0].context == "Sample.Periodic"
        ],
        slots=[(one.connector_id, reading) for one, reading in said if reading.values[0].context == "Sample.Clock"],
        boots=len(there.named("BootNotification")),
        heartbeats=len(there.named("Heartbeat")),
    )


@pytest.mark.parametrize("version", list(OcppVersion))
async def test_week_of_charging_is_told_to_the_last_watt_hour(version: OcppVersion) -> None:
    """3,600 W are 1 Wh a second: all counts, sums and times are known before."""
    heard, _ = await week(version)
    assert [one.timestamp for one in heard.starts] == [NOON + timedelta(hours=hour) for hour in range(HOURS)]
    assert [one.timestamp for one in heard.stops] == [one.timestamp + timedelta(seconds=2500) for one in heard.starts]
    assert [one.transaction_id for one in heard.stops] == list(range(101, 101 + HOURS))
    energies = [
        stop.meter_stop_wh - start.meter_start_wh for start, stop in zip(heard.starts, heard.stops, strict=True)
    ]
    assert energies == [CHARGING_S] * HOURS
    meters = [CHARGING_S * (hour // 2) for hour in range(HOURS)]
    assert [one.meter_start_wh for one in heard.starts] == meters
    assert [(number, reading.timestamp, reading.values[0].value) for number, reading in heard.samples] == [
        (101 + hour, NOON + timedelta(hours=hour, seconds=at), str(meters[hour] + at))
        for hour in range(HOURS)
        for at in range(SAMPLE_S, CHARGING_S, SAMPLE_S)
    ]
    # One boot more for each night, after an hour without an answer.
    assert heard.boots == 1 + HOURS // 24
    if version is V12:
        assert heard.slots == []
        return
    for number in (1, 2):
        slots = [reading for connector, reading in heard.slots if connector == number]
        assert [one.timestamp for one in slots] == [
            NOON + timedelta(seconds=SLOT_S * k) for k in range((HOURS + 1) * HOUR_S // SLOT_S)
        ]
        values = [int(one.values[0].value) for one in slots]
        assert values == sorted(values)
        assert values[-1] == CHARGING_S * HOURS // 2
    assert [len(one.readings) for one in heard.stops] == [2 + CHARGING_S // SAMPLE_S] * HOURS


async def test_week_of_charging_is_the_same_each_time() -> None:
    """Message for message, whatever the machine does meanwhile."""
    (_, one), (_, other) = await week(V16), await week(V16)
    assert len(one) > 2000
    assert one == other
