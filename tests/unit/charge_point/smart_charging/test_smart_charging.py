"""Hardware hears of each limit when it holds, and the central system of what holds."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from ocpp_sdk.charge_point.hardware import Limit
from ocpp_sdk.charge_point.smart_charging import SmartChargingSettings
from ocpp_sdk.versions.domain import ChargingProfile, ChargingProfileFilter, CompositeScheduleRequest
from tests.unit.charge_point.fakes import NOON
from tests.unit.charge_point.smart_charging.bench import Bench, amperes, running, stored
from tests.unit.charge_point.smart_charging.examples import DEFAULT, HOUR, MAX, TX, after, profile

pytestmark = pytest.mark.anyio


async def test_hardware_hears_all_limits_at_first_and_then_only_changes() -> None:
    """Also that there is no limit, since it may remember one from before; nothing is said twice."""
    bench = Bench()
    async with running(bench):
        assert sorted(bench.news()) == [(0, 0, None), (0, 1, None), (0, 2, None)]
        await bench.smart.set_charging_profile(1, profile(1, DEFAULT, (0, "10"), (HOUR, "20"), (2 * HOUR, "20")))
        await bench.clock.pass_time(4 * HOUR)
        assert bench.news() == [(0, 1, amperes("10.0")), (HOUR, 1, amperes("20.0"))]
        assert [line for line in bench.lines if line.startswith("connector")] == [
            "connector 1: limit 10.0 A",
            "connector 1: limit 20.0 A",
        ]


async def test_limit_of_the_charge_point_reaches_connector_0_and_all_connectors() -> None:
    """The sum is for connector 0; no connector may give more than that by itself."""
    bench = Bench()
    async with running(bench):
        bench.news()
        await bench.smart.set_charging_profile(1, profile(1, DEFAULT, (0, "10")))
        await bench.clock.pass_time(10)
        bench.news()
        assert await bench.smart.set_charging_profile(0, profile(2, MAX, (0, "16", 3))) == "Accepted"
        await bench.clock.pass_time(10)
        sixteen = Limit(rate=Decimal("16.0"), unit="A", phases=3)
        ten = Limit(rate=Decimal("10.0"), unit="A", phases=3)
        assert sorted(bench.news(), key=lambda told: told[1]) == [(10, 0, sixteen), (10, 1, ten), (10, 2, sixteen)]
        assert await bench.smart.clear_charging_profile(ChargingProfileFilter(purpose=MAX)) == "Accepted"
        await bench.clock.pass_time(10)
        assert sorted(bench.news(), key=lambda told: told[1]) == [
            (20, 0, None),
            (20, 1, amperes("10.0")),
            (20, 2, None),
        ]


async def test_transaction_has_its_profile_until_it_ends() -> None:
    """A TxProfile overrules the default, and is gone with its transaction."""
    bench = Bench()
    async with running(bench):
        await bench.smart.set_charging_profile(0, profile(1, DEFAULT, (0, "10")))
        assert await bench.smart.set_charging_profile(1, profile(2, TX, (0, "25"))) == "Rejected"
        await bench.start()
        assert await bench.smart.set_charging_profile(1, profile(2, TX, (0, "25"), transaction_id=8)) == "Rejected"
        assert await bench.smart.set_charging_profile(1, profile(2, TX, (0, "25"), transaction_id=7)) == "Accepted"
        await bench.clock.pass_time(60)
        bench.news()
        await bench.stop()
        await bench.clock.pass_time(60)
        assert bench.news() == [(60, 1, amperes("10.0"))]
        assert bench.ids() == [1]
        assert bench.lines[0] == (
            "SetChargingProfile 2: Rejected: connectorId 1: no transaction runs there, and a TxProfile needs one"
        )


async def test_relative_profile_follows_each_transaction_from_its_start() -> None:
    """Before, the hardware knows the first period already, so that no vehicle begins without a limit."""
    bench = Bench()
    async with running(bench):
        relative = profile(1, DEFAULT, (0, "6"), (HOUR, "16"), kind="Relative", start=None)
        await bench.smart.set_charging_profile(1, relative)
        await bench.clock.pass_time(10 * HOUR)
        assert bench.news()[-1:] == [(0, 1, amperes("6.0"))]
        await bench.start()
        await bench.clock.pass_time(2 * HOUR)
        await bench.stop()
        await bench.clock.pass_time()
        assert bench.news() == [(11 * HOUR, 1, amperes("16.0")), (12 * HOUR, 1, amperes("6.0"))]


async def test_profile_of_a_remote_start_waits_for_its_transaction() -> None:
    """It counts for the transaction of that idTag, whatever its case, and is replaced like any other (5.16.2)."""
    bench = Bench()
    remote = profile(1, TX, (0, "8"), level=2)
    assert bench.smart.refusal(remote) is None
    bench.smart.expect(1, "tag", remote)
    assert bench.ids() == []
    await bench.start(2, "other", id_tag="TAG")
    assert bench.ids() == []
    await bench.start(id_tag="TAG")
    assert bench.ids() == [1]
    assert await bench.smart.set_charging_profile(1, profile(5, TX, (0, "9"), level=2, transaction_id=7)) == "Accepted"
    assert bench.ids() == [5]
    await bench.stop()
    await bench.start(key="next", id_tag="TAG")
    assert bench.ids() == []


async def test_profile_of_a_remote_start_that_does_not_come_is_dropped() -> None:
    """Somebody else charges, it is too late, or the start was taken back."""
    bench = Bench()
    bench.smart.expect(1, "TAG", profile(1, TX))
    await bench.start(id_tag="SOMEBODY")
    await bench.stop()
    await bench.start(key="late", id_tag="TAG")
    await bench.stop()
    bench.smart.expect(1, "TAG", profile(2, TX))
    await bench.clock.pass_time(301)
    await bench.start(key="later", id_tag="TAG")
    await bench.stop()
    bench.smart.expect(1, "TAG", profile(3, TX))
    bench.smart.forget(1)
    await bench.start(key="last", id_tag="TAG")
    assert bench.ids() == []
    assert bench.lines == [
        "charging profile 1 of a remote start: not used: SOMEBODY charges instead",
        "charging profile 2 of a remote start: not used: the transaction came too late",
    ]


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (profile(1, DEFAULT), "chargingProfilePurpose TxDefaultProfile: must be TxProfile"),
        (profile(1, TX, transaction_id=5), "transactionId 5: a RemoteStartTransaction has none yet"),
        (profile(1, TX, level=11), "stackLevel 11: must be 0 to 10"),
    ],
)
async def test_remote_start_with_a_profile_that_cannot_be_taken_is_refused(bad: ChargingProfile, fault: str) -> None:
    """The reason is one line for the log."""
    found = Bench().smart.refusal(bad)
    assert found is not None
    assert found.startswith(fault)


async def test_profile_that_overtakes_the_number_of_its_transaction_waits_for_it() -> None:
    """A central system may send it before its own answer to the start has been read."""
    bench = Bench()
    began = await bench.start(number=None)
    answer = asyncio.ensure_future(bench.smart.set_charging_profile(1, profile(1, TX, transaction_id=42)))
    await bench.clock.pass_time(2)
    assert not answer.done()
    began.transaction_id = 42
    began.answered.set()
    await bench.clock.pass_time()
    assert answer.result() == "Accepted"
    await bench.stop()
    await bench.start(key="offline", number=None)
    answer = asyncio.ensure_future(bench.smart.set_charging_profile(1, profile(1, TX, transaction_id=42)))
    await bench.clock.pass_time(5)
    assert answer.result() == "Rejected"


async def test_profile_beyond_the_number_that_is_allowed_is_refused_but_may_replace() -> None:
    """MaxChargingProfilesInstalled counts what is there afterwards."""
    bench = Bench(settings=SmartChargingSettings(max_profiles=2))
    take = bench.smart.set_charging_profile
    assert await take(0, profile(1, level=1)) == "Accepted"
    assert await take(0, profile(2, level=2)) == "Accepted"
    assert await take(0, profile(3, level=3)) == "Rejected"
    assert await take(0, profile(3, level=2)) == "Accepted"
    assert bench.ids() == [1, 3]
    assert bench.lines == ["SetChargingProfile 3: Rejected: 2 profiles are installed; at most 2"]


async def test_clear_says_whether_anything_matched() -> None:
    """Accepted if there was one, Unknown if not."""
    bench = Bench()
    await bench.smart.set_charging_profile(0, profile(1))
    await bench.smart.set_charging_profile(1, profile(2, level=1))
    clear = bench.smart.clear_charging_profile
    assert await clear(ChargingProfileFilter(profile_id=3)) == "Unknown"
    assert await clear(ChargingProfileFilter(connector_id=1, stack_level=1)) == "Accepted"
    assert bench.ids() == [1]
    assert await clear(ChargingProfileFilter()) == "Accepted"
    assert await clear(ChargingProfileFilter()) == "Unknown"


async def test_profile_is_dropped_when_it_is_over() -> None:
    """It makes room, and is gone from the store as well."""
    async with stored() as store:
        bench = Bench(store)
        async with running(bench):
            await bench.smart.set_charging_profile(1, profile(1, valid_to=after(2 * HOUR)))
            await bench.clock.pass_time(2 * HOUR - 1)
            assert bench.ids() == [1]
            bench.news()
            await bench.clock.pass_time(1)
            assert bench.ids() == []
            assert bench.news() == [(2 * HOUR, 1, None)]
            assert await store.settings("charge_point.profile/") == {}


async def test_hardware_that_fails_is_told_again_and_does_not_stop_the_rest() -> None:
    """A limit is repeated every 10 s until it is taken."""
    bench = Bench(broken=RuntimeError("no answer from the PLC"))
    async with running(bench):
        await bench.clock.pass_time(25)
        assert bench.news() == []
        bench.broken = None
        await bench.clock.pass_time(5)
        assert sorted(bench.news()) == [(30, 0, None), (30, 1, None), (30, 2, None)]
        assert bench.lines[0] == (
            "connector 0: the hardware did not take no limit: RuntimeError: no answer from the PLC"
        )


async def test_connector_that_hangs_does_not_keep_others_from_their_limits() -> None:
    """It has 15 s, then it is asked again."""
    bench = Bench(hangs={1})
    async with running(bench):
        bench.news()
        await bench.smart.set_charging_profile(0, profile(1, DEFAULT, (0, "10")))
        await bench.clock.pass_time(5)
        assert bench.news() == [(0, 2, amperes("10.0"))]
        bench.hangs.clear()
        await bench.clock.pass_time(20)
        assert bench.news() == [(15, 1, amperes("10.0"))]
        assert "connector 1: the hardware did not take no limit: TimeoutError: not done within 15 s" in bench.lines


async def test_hardware_that_restarted_is_told_everything_again() -> None:
    """It may have forgotten."""
    bench = Bench()
    async with running(bench):
        await bench.smart.set_charging_profile(1, profile(1, DEFAULT, (0, "10")))
        await bench.clock.pass_time(5)
        bench.news()
        bench.smart.hardware_restarted()
        await bench.clock.pass_time(5)
        assert sorted(bench.news(), key=lambda told: told[1]) == [(5, 0, None), (5, 1, amperes("10.0")), (5, 2, None)]


async def test_limits_of_a_week_come_at_their_times() -> None:
    """A daily profile gives fourteen changes in seven days, each at its second."""
    bench = Bench()
    periods = ((0, "32"), (8 * HOUR, "10"))
    daily = profile(1, DEFAULT, *periods, kind="Recurring", recurrency="Daily", start=NOON - timedelta(hours=4))
    async with running(bench):
        await bench.smart.set_charging_profile(1, daily)
        await bench.clock.pass_time(1)
        bench.news()
        await bench.clock.pass_time(7 * 24 * HOUR - 1)
        expected = [
            told
            for day in range(7)
            for told in (
                ((day * 24 + 4) * HOUR, 1, amperes("10.0")),
                ((day * 24 + 20) * HOUR, 1, amperes("32.0")),
            )
        ]
        assert bench.news() == expected


async def test_composite_schedule_is_answered_in_the_unit_that_is_asked_for_or_that_of_the_profiles() -> None:
    """It begins when it was asked for, and lasts as long as was asked for."""
    bench = Bench()
    await bench.smart.set_charging_profile(0, profile(1, DEFAULT, (0, "11040"), (HOUR, "0"), unit="W"))
    await bench.clock.pass_time(60)
    found = bench.smart.get_composite_schedule(CompositeScheduleRequest(connector_id=1, duration_s=2 * HOUR))
    assert (found.status, found.connector_id, found.start) == ("Accepted", 1, after(60))
    assert found.schedule is not None
    assert (found.schedule.rate_unit, found.schedule.duration_s, found.schedule.start) == ("W", 2 * HOUR, None)
    periods = [(period.start_period_s, period.limit) for period in found.schedule.periods]
    assert periods == [(0, Decimal("11040.0")), (HOUR - 60, Decimal("0.0"))]
    asked = CompositeScheduleRequest(connector_id=1, duration_s=60, rate_unit="A")
    found = bench.smart.get_composite_schedule(asked)
    assert found.schedule is not None
    assert (found.schedule.rate_unit, found.schedule.periods[0].limit) == ("A", Decimal("16.0"))
    await bench.smart.set_charging_profile(0, profile(2, MAX))
    found = bench.smart.get_composite_schedule(CompositeScheduleRequest(connector_id=0, duration_s=60))
    assert found.schedule is not None
    assert found.schedule.rate_unit == "A"


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        (CompositeScheduleRequest(connector_id=3, duration_s=60), "3: Rejected: there are connectors 0 to 2"),
        (CompositeScheduleRequest(connector_id=-1, duration_s=60), "-1: Rejected: there are connectors 0 to 2"),
        (CompositeScheduleRequest(connector_id=1, duration_s=0), "1: Rejected: duration 0: must be 1 s or more"),
        (
            CompositeScheduleRequest(connector_id=1, duration_s=9, rate_unit="V"),
            "1: Rejected: chargingRateUnit V: must",
        ),
        (CompositeScheduleRequest(connector_id=1, duration_s=60), "1: Rejected: nothing limits it now"),
    ],
)
async def test_composite_schedule_that_cannot_be_told_is_rejected_with_a_reason(
    asked: CompositeScheduleRequest, fault: str
) -> None:
    """The log says what is wrong (section 5.7)."""
    bench = Bench()
    assert bench.smart.get_composite_schedule(asked).status == "Rejected"
    (line,) = bench.lines
    assert line.startswith(f"GetCompositeSchedule {fault}")
