"""A charge point meters: samples, slots, and what a StopTransaction says, in time that the test moves."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from ocpp_sdk.charge_point.hardware import ENERGY
from ocpp_sdk.charge_point.metering import MeteringSettings
from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.wording import readings_in_wh
from tests.unit.charge_point.fakes import NOON, settle
from tests.unit.charge_point.metering.fakes import Box, SteppedClock, Texts, running, values_of

pytestmark = pytest.mark.anyio
V12, V15, V16 = OcppVersion
INTERVAL = "Energy.Active.Import.Interval"
POWER = "Power.Active.Import"
DAY_S = 86_400


@pytest.mark.parametrize("version", list(OcppVersion))
async def test_transaction_is_sampled_at_its_interval_from_its_start(version: OcppVersion) -> None:
    """1.2 has no key for the measurands, and samples the energy; nothing is said before and after."""
    async with running(Box(version, {"MeterValueSampleInterval": "60"})) as box:
        await box.clock.pass_time(1000)
        transaction = await box.start()
        await box.clock.pass_time(200)
        await box.stop(transaction)
        await box.clock.pass_time(1000)
        assert [(one.timestamp, values_of(one)) for one in box.readings()] == [
            (NOON + timedelta(seconds=1000 + passed), {ENERGY: str(passed)}) for passed in (60, 120, 180)
        ]
        assert {one.context for reading in box.readings() for one in reading.values} == {"Sample.Periodic"}
        assert {key for _, _, key in box.sent} == {"T1"}
        assert [wh for _, wh in readings_in_wh(tuple(box.readings()))] == [60, 120, 180], "1.2 can say all of it"


async def test_week_of_charging_has_every_sample_and_every_slot_once() -> None:
    """None is late, none is missed, and the energy of the slots is what the meter counted."""
    keys = {
        "MeterValueSampleInterval": "600",
        "MeterValuesSampledData": ENERGY,
        "ClockAlignedDataInterval": "900",
        "MeterValuesAlignedData": f"{ENERGY},{INTERVAL}",
    }
    async with running(Box(V16, keys)) as box:
        await box.clock.pass_time(7)
        transaction = await box.start()
        await box.clock.pass_time(7 * DAY_S)
        await box.stop(transaction)
        samples = [one for one in box.readings() if one.values[0].context == "Sample.Periodic"]
        slots = [one for one in box.readings() if one.values[0].context == "Sample.Clock"]
        begun = NOON + timedelta(seconds=7)
        assert [one.timestamp for one in samples] == [begun + timedelta(seconds=600 * k) for k in range(1, 1009)]
        assert [one.timestamp for one in slots] == [NOON + timedelta(seconds=900 * k) for k in range(672)]
        assert [values_of(one)[ENERGY] for one in samples] == [str(600 * k) for k in range(1, 1009)]
        assert [values_of(one)[INTERVAL] for one in slots] == ["893", *["900"] * 671]
        assert values_of(slots[2])[ENERGY] == "1793", "the register at the start of the slot, whose time it bears"
        assert box.metering.counters.missed_samples == box.metering.counters.skipped_slots == 0
        assert box.lines == []


async def test_idle_charge_point_reads_no_meter() -> None:
    """Nothing is configured, so nothing wakes up."""
    async with running(Box(V16, {"ClockAlignedDataInterval": "0"}, connectors=20)) as box:
        await box.clock.pass_time(DAY_S)
        assert box.reads == 0


async def test_interval_that_is_changed_counts_at_once_for_the_transaction_that_runs() -> None:
    """At the next multiple from its start; 0 is off."""
    async with running(Box(V15, {"MeterValueSampleInterval": "0"})) as box:
        await box.start()
        await box.clock.pass_time(100)
        box.configuration.change("MeterValueSampleInterval", "30")
        await box.clock.pass_time(50)
        box.configuration.change("MeterValueSampleInterval", "7")
        await box.clock.pass_time(5)
        box.configuration.change("MeterValueSampleInterval", "0")
        await box.clock.pass_time(1000)
        assert box.times() == ["01 12:02:00", "01 12:02:30", "01 12:02:34"]


async def test_measurands_that_are_changed_count_at_once() -> None:
    """All phases are said, in the order of the list."""
    async with running(Box(V16, {"MeterValueSampleInterval": "60"})) as box:
        await box.start()
        await box.clock.pass_time(60)
        box.configuration.change("MeterValuesSampledData", "Voltage,Power.Active.Import,Voltage.L2")
        await box.clock.pass_time(60)
        box.configuration.change("MeterValuesSampledData", "")
        await box.clock.pass_time(600)
        assert [list(values_of(one).items()) for one in box.readings()] == [
            [(ENERGY, "60")],
            [("Voltage.L1", "231"), ("Voltage.L2", "232"), ("Voltage.L3", "233"), (POWER, "3600")],
        ]


async def test_meters_are_sampled_without_a_transaction_if_the_vendor_key_says_so() -> None:
    """The transaction is then absent; the main meter belongs to none."""
    keys = {"MeterValueSampleInterval": "60", "SampleOnTransaction": "false"}
    async with running(Box(V15, keys, main_meter=True)) as box:
        await box.clock.pass_time(90)
        transaction = await box.start()
        await box.clock.pass_time(60)
        await box.stop(transaction)
        await box.clock.pass_time(30)
        assert [(number, key) for number, _, key in box.sent if number] == [(1, None), (1, "T1"), (1, None)]
        assert box.times(1) == ["01 12:01:00", "01 12:02:30", "01 12:03:00"]
        assert box.times(0) == ["01 12:01:00", "01 12:02:00", "01 12:03:00"]


async def test_main_meter_is_sampled_while_any_transaction_runs() -> None:
    """1.6 section 3.16.3 reports connector 0 besides."""
    async with running(Box(V16, {"MeterValueSampleInterval": "60"}, main_meter=True, connectors=2)) as box:
        await box.clock.pass_time(600)
        transaction = await box.start(connector_id=2)
        await box.clock.pass_time(120)
        await box.stop(transaction)
        await box.clock.pass_time(600)
        assert [len(box.readings(number)) for number in (0, 1, 2)] == [2, 0, 2]


async def test_slot_averages_what_is_no_energy() -> None:
    """The power of a slot in which charging took a third of the time is a third."""
    keys = {"ClockAlignedDataInterval": "900", "MeterValuesAlignedData": f"{POWER},Voltage.L1"}
    async with running(Box(V16, keys)) as box:
        await box.clock.pass_time(900 + 595)
        transaction = await box.start()
        await box.clock.pass_time(300)
        await box.stop(transaction)
        await box.clock.pass_time(5)
        first, second = map(values_of, box.readings())
        assert first == {POWER: "0", "Voltage.L1": "231"}
        assert float(second[POWER]) == pytest.approx(1200, rel=0.02)
        assert box.times() == ["01 12:00:00", "01 12:15:00"]


async def test_slots_are_said_of_every_connector_and_the_main_meter() -> None:
    """With the transaction that runs at the end of the slot, if one does."""
    keys = {"ClockAlignedDataInterval": "3600"}
    async with running(Box(V15, keys, connectors=2, main_meter=True)) as box:
        await box.start(connector_id=2)
        await box.clock.pass_time(3600)
        assert sorted(((number, key) for number, _, key in box.sent)) == [(0, None), (1, None), (2, "T1")]


async def test_clock_that_goes_forward_skips_slots_that_nobody_measured() -> None:
    """The open one is said with what is known, and a line says how many are missing."""
    clock = SteppedClock()
    async with running(Box(V16, {"ClockAlignedDataInterval": "900"}, clock=clock)) as box:
        await clock.pass_time(300)
        clock.step_s = 3600
        box.metering.clock_was_set()
        await clock.pass_time(0)
        assert box.times() == ["01 12:00:00"]
        await clock.pass_time(1800)
        assert box.times() == ["01 12:00:00", "01 13:00:00", "01 13:15:00"]
        clock.step_s = 7200
        await clock.pass_time(300)
        assert box.times()[3:] == ["01 13:30:00"], "a step that nobody told of"
        assert [line for line in box.lines if "connector 1:" in line] == [
            "connector 1: 3 slots were not measured, since the clock went forward"
        ] * 2
        assert box.metering.counters.skipped_slots == 2 * 2 * 3, "of connector 1 and of the main meter"


async def test_clock_that_goes_back_says_no_slot_twice() -> None:
    """Slots go on when the clock is where it was; samples do not mind."""
    clock = SteppedClock()
    keys = {
        "ClockAlignedDataInterval": "900",
        "MeterValuesAlignedData": INTERVAL,
        "MeterValueSampleInterval": "600",
        "MeterValuesSampledData": POWER,
    }
    async with running(Box(V16, keys, clock=clock)) as box:
        await box.start()
        await clock.pass_time(1000)
        clock.step_s = -2000
        await clock.pass_time(3800)
        slots = [one for one in box.readings() if INTERVAL in values_of(one)]
        assert [(f"{one.timestamp:%H:%M}", values_of(one)[INTERVAL]) for one in slots] == [
            ("12:00", "900"),
            ("12:15", "900"),
            ("12:30", "900"),
        ]
        assert len(box.readings()) - len(slots) == 8
        assert any("the clock went back; slots before 2026-03-01T12:15:00Z" in line for line in box.lines)


async def test_meter_that_hangs_is_given_up_and_the_next_slot_goes_on() -> None:
    """It is said once, and once when it works again; other connectors are not held up."""
    keys = {"MeterValueSampleInterval": "60", "ClockAlignedDataInterval": "900"}
    async with running(Box(V16, keys, connectors=2)) as box:
        for number in (1, 2):
            await box.start(f"T{number}", number)

        async def hang(connector_id: int) -> None:
            if connector_id == 1:
                await asyncio.Event().wait()

        await box.clock.pass_time(1)
        box.reading = hang
        await box.clock.pass_time(899)
        box.reading = None
        await box.clock.pass_time(900)
        assert len(box.readings(2)) == 30 + 2
        assert box.times(1)[:3] == ["01 12:00:00", "01 12:16:00", "01 12:17:00"]
        assert values_of(box.readings(1)[0]) == {ENERGY: "0"}, "the slot that hung, with what was known of it"
        assert box.times(1)[-1] == "01 12:15:00", "the slot after"
        assert box.lines == [
            "meter of connector 1: could not be read: not done within 10 s",
            "meter of connector 1: can be read again",
        ]
        assert box.metering.counters.failed == 15


async def test_meter_that_raises_or_a_reading_that_is_not_taken_ends_nothing() -> None:
    """Hardware is somebody else's code, and a store may be full."""
    async with running(Box(V16, {"MeterValueSampleInterval": "60"})) as box:
        await box.start()

        async def fail(_: int) -> None:
            raise RuntimeError("fuse")

        box.reading = fail
        await box.clock.pass_time(60)
        box.reading = None
        box.refuses = True
        await box.clock.pass_time(60)
        box.refuses = False
        await box.clock.pass_time(60)
        assert box.times() == ["01 12:03:00"]
        counters = box.metering.counters
        assert (counters.failed, counters.unsent, counters.sent) == (1, 1, 1)
        assert [line for line in box.lines if "fuse" in line or "full" in line] == [
            "meter of connector 1: could not be read: fuse",
            "a reading of connector 1 was not taken: full",
        ]


async def test_register_that_goes_back_is_kept_and_told() -> None:
    """Nobody knows better than the meter."""
    async with running(Box(V16, {"MeterValueSampleInterval": "60"})) as box:
        await box.start()
        await box.clock.pass_time(60)
        box.offset_wh = -100
        await box.clock.pass_time(60)
        box.offset_wh = 10_000_000
        await box.clock.pass_time(60)
        assert [values_of(one)[ENERGY] for one in box.readings()] == ["60", "20", "10000180"]
        assert box.lines == [
            "meter of connector 1: the register went back from 60 to 20 Wh; kept as it is",
            "meter of connector 1: the register jumped from 20 to 10000180 Wh in 60.0 s; kept as it is",
        ]
        assert box.metering.counters.absurd == 2


STOP_KEYS = {
    "MeterValueSampleInterval": "60",
    "MeterValuesSampledData": "",
    "StopTxnSampledData": POWER,
    "ClockAlignedDataInterval": "900",
    "MeterValuesAlignedData": "",
    "StopTxnAlignedData": INTERVAL,
}


async def test_stop_says_begin_samples_slots_and_end_in_order() -> None:
    """Parts of slots at begin and end bear the time at which the part began."""
    async with running(Box(V16, STOP_KEYS)) as box:
        await box.clock.pass_time(800)
        transaction = await box.start()
        await box.clock.pass_time(130)
        data = await box.stop(transaction)
        said = [((one.timestamp - NOON).seconds, one.values[0].context, values_of(one)) for one in data]
        assert said == [
            (800, "Transaction.Begin", {POWER: "3600"}),
            (800, "Sample.Clock", {INTERVAL: "100"}),
            (860, "Sample.Periodic", {POWER: "3600"}),
            (900, "Sample.Clock", {INTERVAL: "30"}),
            (920, "Sample.Periodic", {POWER: "3600"}),
            (930, "Transaction.End", {POWER: "0"}),
        ]
        assert box.sent == []


async def test_stop_with_empty_lists_says_nothing() -> None:
    """1.6 section 3.16.5, also if they were not empty when the transaction began."""
    async with running(Box(V16, STOP_KEYS)) as box:
        transaction = await box.start()
        await box.clock.pass_time(130)
        box.configuration.change("StopTxnSampledData", "")
        box.configuration.change("StopTxnAlignedData", "")
        assert await box.stop(transaction) == ()


async def test_begin_and_end_have_the_energy_of_start_and_stop() -> None:
    """Even if nobody asked for it when the transaction began."""
    async with running(Box(V15, {})) as box:
        transaction = await box.start()
        await box.clock.pass_time(130)
        box.configuration.change("StopTxnSampledData", ENERGY)
        reads = box.reads
        begin, end = await box.stop(transaction)
        assert (begin.timestamp, values_of(begin)) == (NOON, {ENERGY: "0"})
        assert (end.timestamp, values_of(end)) == (NOON + timedelta(seconds=130), {ENERGY: "130"})
        assert box.reads == reads, "what is known is not read again"


async def test_what_was_collected_is_there_after_a_kill() -> None:
    """Samples go on at their times; what belongs to no transaction is removed."""
    clock, texts = SteppedClock(), Texts()
    async with running(Box(V16, STOP_KEYS, clock=clock, texts=texts)) as box:
        transaction = await box.start()
        await box.start("T2", 1)
        box.resume(transaction)
        await clock.pass_time(130)
    again = Box(V16, STOP_KEYS, clock=clock, texts=texts)
    again.resume(transaction)
    await clock.pass_time(10)
    await again.metering.restore([transaction])
    async with running(again):
        await clock.pass_time(60)
        data = await again.stop(transaction)
        periodic = [one for one in data if one.values[0].context == "Sample.Periodic"]
        assert [(one.timestamp - NOON).seconds for one in periodic] == [60, 120, 180]
        assert [one.values[0].context for one in data if one not in periodic] == [
            "Transaction.Begin",
            "Sample.Clock",
            "Transaction.End",
        ]
        assert await again.metering.transaction_ended(transaction, 190), "the same question may be asked again"
        await again.metering.forget(transaction)
        assert [key for key in texts.texts if "transaction_data" in key] == []


@pytest.mark.parametrize("begun_s", [100, 1000])
async def test_slot_that_is_open_at_a_kill_goes_on_after_it(begun_s: int) -> None:
    """Neither its energy nor its start is lost, of the connector as of the transaction."""
    clock, texts = SteppedClock(), Texts()
    keys = {
        "ClockAlignedDataInterval": "900",
        "MeterValuesAlignedData": f"{INTERVAL},{ENERGY}",
        "StopTxnAlignedData": f"{INTERVAL},{ENERGY}",
    }
    async with running(Box(V16, keys, clock=clock, texts=texts)) as box:
        await clock.pass_time(begun_s)
        transaction = await box.start()
        await clock.pass_time(1200 - begun_s)
    again = Box(V16, keys, clock=clock, texts=texts)
    again.take_over(box)
    await clock.pass_time(50)
    await again.metering.restore([transaction])
    async with running(again):
        await clock.pass_time(550)
        (reading,) = again.readings()
        energy_wh = 1800 - max(begun_s, 900)
        assert reading.timestamp == NOON + timedelta(seconds=900)
        assert values_of(reading) == {INTERVAL: str(energy_wh), ENERGY: str(max(0, 900 - begun_s))}
        data = [one for one in await again.stop(transaction) if one.values[0].context == "Sample.Clock"]
        assert sum(int(values_of(one)[INTERVAL]) for one in data) == 1800 - begun_s
        assert data[-1].timestamp == NOON + timedelta(seconds=max(begun_s, 900))
        assert again.lines == []


async def test_slot_that_ended_while_nobody_ran_is_skipped_with_a_line() -> None:
    """Nobody knows what the meter showed at its end; the slot after the restart begins with it."""
    clock, texts = SteppedClock(), Texts()
    keys = {"ClockAlignedDataInterval": "900", "MeterValuesAlignedData": INTERVAL, "StopTxnAlignedData": INTERVAL}
    async with running(Box(V16, keys, clock=clock, texts=texts)) as box:
        transaction = await box.start()
        await clock.pass_time(1000)
    again = Box(V16, keys, clock=clock, texts=texts)
    again.take_over(box)
    await clock.pass_time(2000)
    await again.metering.restore([transaction])
    async with running(again):
        await clock.pass_time(600)
        assert [(f"{one.timestamp:%H:%M}", values_of(one)) for one in again.readings()] == [
            ("12:45", {INTERVAL: "600"})
        ]
        assert again.lines == [
            "connector 1: slots from 2026-03-01T12:15:00Z on were not measured to their end, since the charge point "
            "did not run"
        ]
        data = await again.stop(transaction)
        assert [f"{one.timestamp:%H:%M}" for one in data if one.values[0].context == "Sample.Clock"] == [
            "12:00",
            "12:50",
        ]


async def test_end_that_is_told_late_leaves_out_what_was_read_after_it() -> None:
    """A PLC that was out of sight says when the transaction really ended."""
    async with running(Box(V16, {"MeterValueSampleInterval": "60", "StopTxnSampledData": ENERGY})) as box:
        transaction = await box.start()
        await box.clock.pass_time(600)
        data = await box.metering.transaction_ended(transaction, 130, at=NOON + timedelta(seconds=130))
        assert [((one.timestamp - NOON).seconds, values_of(one)[ENERGY]) for one in data] == [
            (0, "0"),
            (60, "60"),
            (120, "120"),
            (130, "130"),
        ]


async def test_long_transaction_keeps_a_bounded_number_of_readings_evenly() -> None:
    """The first and the last stay in sight, and the gaps are alike."""
    keys = {"MeterValueSampleInterval": "60", "StopTxnSampledData": ENERGY, "MeterValuesSampledData": ""}
    settings = MeteringSettings(most_readings=50)
    async with running(Box(V16, keys, settings=settings)) as box:
        transaction = await box.start()
        await box.clock.pass_time(60 * 60 * 10)
        assert len(box.texts.texts) <= 51
        data = (await box.stop(transaction))[1:-1]
        gaps = {(after.timestamp - before.timestamp).seconds for before, after in pairwise(data)}
        assert 25 <= len(data) <= 50
        assert gaps == {16 * 60}
        assert next(line for line in box.lines if "StopTransaction" in line) == (
            "more than 50 readings or 5000 values in a transaction: one in 2 is kept for its StopTransaction"
        )


async def test_stop_with_many_values_stays_small_enough_to_be_taken() -> None:
    """Readings of three phases fill a message sooner; samples give way to the fewer slots last."""
    keys = {
        "MeterValueSampleInterval": "60",
        "StopTxnSampledData": "Voltage",
        "ClockAlignedDataInterval": "3600",
        "StopTxnAlignedData": ENERGY,
    }
    async with running(Box(V16, keys, settings=MeteringSettings(most_values=100))) as box:
        transaction = await box.start()
        await box.clock.pass_time(60 * 60 * 10)
        data = await box.stop(transaction)
        aligned = [one for one in data if one.values[0].context == "Sample.Clock"]
        periodic = [one for one in data if one.values[0].context == "Sample.Periodic"]
        assert len(aligned) == 10
        assert 40 <= 3 * len(periodic) <= 90


async def test_thinning_goes_on_after_a_kill() -> None:
    """The readings stay evenly spread, also if the program died while it was leaving some out."""
    clock, texts, settings = SteppedClock(), Texts(), MeteringSettings(most_readings=20)
    keys = {"MeterValueSampleInterval": "60", "StopTxnSampledData": ENERGY, "MeterValuesSampledData": ""}
    async with running(Box(V16, keys, clock=clock, texts=texts, settings=settings)) as box:
        transaction = await box.start()
        await clock.pass_time(60 * 70)
    again = Box(V16, keys, clock=clock, texts=texts, settings=settings)
    again.resume(transaction)
    await again.metering.restore([transaction])
    async with running(again):
        await clock.pass_time(60 * 70)
        data = (await again.stop(transaction))[1:-1]
        gaps = {(after.timestamp - before.timestamp).seconds for before, after in pairwise(data)}
        assert 10 <= len(data) <= 20
        assert max(gaps) <= 2 * min(gaps)


@pytest.mark.parametrize("name", ["deadline_s", "averaging_s", "max_power_w", "most_readings", "most_values"])
def test_setting_that_cannot_be_is_named(name: str) -> None:
    """Bad input gets a clear answer."""
    with pytest.raises(ConfigurationError, match=f"{name}: must be"):
        MeteringSettings(**{name: 0})


async def test_readings_wait_for_a_store_that_fails() -> None:
    """They are written when it works again, and the failure is said once."""
    async with running(Box(V16, {**STOP_KEYS, "StopTxnAlignedData": ""})) as box:
        transaction = await box.start()
        box.texts.fails = True
        await box.clock.pass_time(180)
        box.texts.fails = False
        await box.clock.pass_time(60)
        data = await box.stop(transaction)
        assert [(one.timestamp - NOON).seconds for one in data] == [0, 60, 120, 180, 240, 240]
        assert box.lines == ["readings of a transaction wait in memory: no store today"]


async def test_stop_without_a_store_says_what_is_known() -> None:
    """A transaction ends whatever else is broken."""
    async with running(Box(V16, {"StopTxnSampledData": ENERGY})) as box:
        transaction = await box.start()
        box.texts.fails = True
        data = await box.stop(transaction)
        assert [one.values[0].context for one in data] == ["Transaction.Begin", "Transaction.End"]
        assert "missing in its StopTransaction: no store today" in box.lines[-1]
        await box.metering.forget(transaction)
        assert "were not removed: no store today" in box.lines[-1]


async def test_sample_that_is_being_read_when_the_transaction_ends_is_not_sent_after_it() -> None:
    """A central system would get a reading of a transaction that it has closed."""
    async with running(Box(V16, {"MeterValueSampleInterval": "60"})) as box:
        transaction = await box.start()
        gate = asyncio.Event()

        async def wait(_: int) -> None:
            await gate.wait()

        box.reading = wait
        await box.clock.pass_time(60)
        await box.stop(transaction)
        gate.set()
        await settle()
        assert box.sent == []


async def test_meter_is_read_on_demand() -> None:
    """As TriggerMessage asks; the energy if nothing is configured."""
    async with running(Box(V16, {"MeterValuesSampledData": ""})) as box:
        reading = await box.metering.read_now(1, "MeterValuesSampledData", "Trigger")
        assert reading is not None
        assert (values_of(reading), reading.values[0].context) == ({ENERGY: "0"}, "Trigger")
        assert await box.metering.read_now(0, "MeterValuesSampledData", "Trigger") is None, "no main meter"
        assert await box.metering.read_now(7, "MeterValuesSampledData", "Trigger") is None, "no such connector"


async def test_metering_that_ended_listens_no_more() -> None:
    """A charge point that is started again has one set of loops."""
    box = Box(V16, {"MeterValueSampleInterval": "60"})
    async with running(box):
        pass
    async with running(box):
        await box.start()
        await box.clock.pass_time(60)
        assert len(box.sent) == 1
