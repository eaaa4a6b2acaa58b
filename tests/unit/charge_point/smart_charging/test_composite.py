"""What several profiles allow together, at each moment and over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp_sdk.charge_point.hardware import Limit, Transaction
from ocpp_sdk.charge_point.smart_charging import InstalledProfile, SmartChargingSettings
from ocpp_sdk.charge_point.smart_charging.composite import compose
from ocpp_sdk.charge_point.smart_charging.outlook import Outlook
from ocpp_sdk.charge_point.smart_charging.timetable import second
from ocpp_sdk.versions.domain import ChargingSchedule
from tests.unit.charge_point.fakes import NOON
from tests.unit.charge_point.smart_charging import naive
from tests.unit.charge_point.smart_charging.examples import (
    DEFAULT,
    HOUR,
    MAX,
    MIDNIGHT,
    TX,
    Period,
    after,
    installed,
    profile,
    transaction,
)

DAY = 24 * HOUR
SETTINGS = SmartChargingSettings()


def composed(
    profiles: Sequence[InstalledProfile],
    connector_id: int = 1,
    *,
    duration_s: int = DAY,
    unit: str = "A",
    running: Sequence[Transaction] = (),
    settings: SmartChargingSettings = SETTINGS,
    connectors: int = 2,
) -> list[Period] | None:
    """Return the composite schedule from noon on as (start, limit, phases), and last its end."""
    schedule = schedule_of(profiles, connector_id, duration_s, unit, running, settings, connectors)
    if schedule is None:
        return None
    assert schedule.rate_unit == unit
    found: list[Period] = [
        (period.start_period_s, str(period.limit))
        if period.number_phases is None
        else (period.start_period_s, str(period.limit), period.number_phases)
        for period in schedule.periods
    ]
    return [*found, (schedule.duration_s or 0, "end")]


def schedule_of(
    profiles: Sequence[InstalledProfile],
    connector_id: int,
    duration_s: int,
    unit: str,
    running: Sequence[Transaction],
    settings: SmartChargingSettings,
    connectors: int,
) -> ChargingSchedule | None:
    """Return the composite schedule from noon on."""
    by_connector = {one.connector_id: one for one in running}
    outlook = Outlook(profiles, connectors, by_connector.get, settings)
    course = outlook.composite(connector_id, unit, second(NOON))
    return compose(course, second(NOON), duration_s, unit, settings.max_periods)


def test_absolute_schedule_counts_from_its_start() -> None:
    """Periods are counted from startSchedule, wherever the schedule that is asked for begins."""
    one = installed(profile(1, DEFAULT, (0, "10"), (HOUR, "20"), (3 * HOUR, "30"), start=after(-2 * HOUR)))
    assert composed([one]) == [(0, "20.0"), (HOUR, "30.0"), (DAY, "end")]


def test_highest_stack_level_counts_while_it_limits_and_the_next_one_after() -> None:
    """A schedule that runs out falls back to the level below it (section 5.16.4)."""
    below = installed(profile(1, DEFAULT, (0, "10")))
    above = installed(profile(2, DEFAULT, (0, "20"), level=5, start=after(HOUR), duration_s=HOUR))
    expected = [(0, "10.0"), (HOUR, "20.0"), (2 * HOUR, "10.0"), (DAY, "end")]
    assert composed([below, above]) == composed([above, below]) == expected


def test_validity_bounds_a_profile_that_would_limit_longer() -> None:
    """From validFrom on, and at validTo no more."""
    below = installed(profile(1, DEFAULT, (0, "10")))
    above = installed(profile(2, DEFAULT, (0, "20"), level=1, valid_from=after(60), valid_to=after(120)))
    assert composed([below, above]) == [(0, "10.0"), (60, "20.0"), (120, "10.0"), (DAY, "end")]


def test_daily_profile_starts_over_each_day() -> None:
    """The example of section 3.13.7: 11 kW, but 6 kW from 8 to 20 o'clock."""
    periods = ((0, "11000"), (8 * HOUR, "6000"), (20 * HOUR, "11000"))
    start = MIDNIGHT - timedelta(days=4000)
    one = installed(profile(1, DEFAULT, *periods, kind="Recurring", recurrency="Daily", start=start, unit="W"))
    assert composed([one], unit="W", duration_s=2 * DAY) == [
        (0, "6000.0"),
        (8 * HOUR, "11000.0"),
        (20 * HOUR, "6000.0"),
        (32 * HOUR, "11000.0"),
        (44 * HOUR, "6000.0"),
        (2 * DAY, "end"),
    ]


def test_recurring_profile_does_not_limit_before_its_first_time_nor_after_its_duration() -> None:
    """Each time it limits for its duration; what is longer than a day is not executed."""
    below = installed(profile(1, DEFAULT, (0, "10"), start=after(-DAY)))
    above = profile(
        2, DEFAULT, (0, "20"), (30 * HOUR, "99"), level=1, kind="Recurring", recurrency="Daily", start=after(HOUR)
    )
    short = replace(above, schedule=replace(above.schedule, duration_s=HOUR))
    assert composed([below, installed(short)], duration_s=30 * HOUR) == [
        (0, "10.0"),
        (HOUR, "20.0"),
        (2 * HOUR, "10.0"),
        (25 * HOUR, "20.0"),
        (26 * HOUR, "10.0"),
        (30 * HOUR, "end"),
    ]
    long = replace(above, schedule=replace(above.schedule, duration_s=40 * HOUR))
    assert composed([below, installed(long)], duration_s=3 * DAY) == [(0, "10.0"), (HOUR, "20.0"), (3 * DAY, "end")]


def test_relative_profile_counts_from_the_start_of_the_transaction() -> None:
    """An hour after the start the second hour begins; an Absolute one without a start counts alike (section 7.13)."""
    periods = ((0, "10"), (HOUR, "20"), (2 * HOUR, "30"))
    runs = [transaction(1, at=after(-HOUR))]
    for kind in ("Relative", "Absolute"):
        one = installed(profile(1, DEFAULT, *periods, kind=kind, start=None))
        assert composed([one], running=runs) == [(0, "20.0"), (HOUR, "30.0"), (DAY, "end")]
        assert composed([one]) == [(0, "10.0"), (HOUR, "20.0"), (2 * HOUR, "30.0"), (DAY, "end")]


def test_relative_limit_of_the_charge_point_counts_from_when_it_came() -> None:
    """There is no transaction that it could count from."""
    one = replace(
        installed(profile(1, MAX, (0, "10"), (HOUR, "20"), kind="Relative", start=None)), installed_at=after(-60)
    )
    assert composed([one], 0, running=[transaction(1, at=after(-DAY))]) == [
        (0, "10.0"),
        (HOUR - 60, "20.0"),
        (DAY, "end"),
    ]


def test_clock_that_was_set_back_does_not_lift_a_limit() -> None:
    """What began, by the clock of that time, in the future has begun."""
    one = installed(profile(1, DEFAULT, (0, "10"), kind="Relative", start=None))
    of_all = replace(installed(profile(2, MAX, (0, "16"), kind="Relative", start=None)), installed_at=after(HOUR))
    assert composed([one], running=[transaction(1, at=after(HOUR))]) == [(0, "10.0"), (DAY, "end")]
    assert composed([of_all], 0) == [(0, "16.0"), (DAY, "end")]


def test_profile_of_the_transaction_counts_before_defaults_and_that_of_the_connector_before_the_common_one() -> None:
    """Whatever the stack levels; a profile of another transaction does not count."""
    common = installed(profile(1, DEFAULT, (0, "10"), level=9), 0)
    own = installed(profile(2, DEFAULT, (0, "20"), level=3, duration_s=2 * HOUR), 1)
    tx = installed(profile(3, TX, (0, "30"), duration_s=HOUR), 1, "key")
    everything = [common, own, tx]
    expected = [(0, "30.0"), (HOUR, "20.0"), (2 * HOUR, "10.0"), (DAY, "end")]
    assert composed(everything, running=[transaction(1)]) == expected
    assert composed(everything, running=[transaction(1, "another")]) == [(0, "20.0"), (2 * HOUR, "10.0"), (DAY, "end")]
    assert composed(everything) == [(0, "20.0"), (2 * HOUR, "10.0"), (DAY, "end")]
    assert composed(everything, 2, running=[transaction(1)]) == [(0, "10.0"), (DAY, "end")]


def test_limit_of_the_charge_point_bounds_each_connector() -> None:
    """The lesser of both holds at each moment."""
    one = installed(profile(1, DEFAULT, (0, "10"), (HOUR, "30")), 1)
    of_all = installed(profile(2, MAX, (0, "20")))
    assert composed([one, of_all]) == [(0, "10.0"), (HOUR, "20.0"), (DAY, "end")]
    assert composed([one, of_all], 2) == [(0, "20.0"), (DAY, "end")]


def test_charge_point_draws_the_sum_of_its_connectors_up_to_its_own_limit() -> None:
    """Two connectors of 10 A draw 20 A; as long as one of them is not limited, only the common limit is known."""
    both = [installed(profile(1, DEFAULT, (0, "10"), (HOUR, "40")), 0)]
    of_all = installed(profile(2, MAX, (0, "50")))
    assert composed(both, 0) == [(0, "20.0"), (HOUR, "80.0"), (DAY, "end")]
    assert composed([*both, of_all], 0) == [(0, "20.0"), (HOUR, "50.0"), (DAY, "end")]
    one_only = installed(profile(1, DEFAULT, (0, "10")), 1)
    assert composed([one_only], 0) is None
    assert composed([one_only, of_all], 0) == [(0, "50.0"), (DAY, "end")]


@pytest.mark.parametrize(
    ("periods", "own", "asked", "limit"),
    [
        ((0, "11040"), "W", "A", (0, "16.0")),
        ((0, "11000"), "W", "A", (0, "15.9")),
        ((0, "3680", 1), "W", "A", (0, "16.0", 1)),
        ((0, "16"), "A", "W", (0, "11040.0")),
        ((0, "16.1", 2), "A", "W", (0, "7406.0", 2)),
        ((0, "0"), "W", "A", (0, "0.0")),
        ((0, "16.19"), "A", "A", (0, "16.1")),
    ],
)
def test_unit_that_is_asked_for_is_made_with_voltage_and_phases(
    periods: Period, own: str, asked: str, limit: tuple[int, str]
) -> None:
    """230 V and the phases of the period, 3 without; rounded down to the digit that the schema has."""
    assert composed([installed(profile(1, DEFAULT, periods, unit=own))], unit=asked) == [limit, (DAY, "end")]


def test_limits_in_both_units_are_compared_with_the_phases_that_are_used() -> None:
    """On one phase 16 A for each phase are 3680 W, though they would be 11040 W on three."""
    one_phase = installed(profile(1, DEFAULT, (0, "7360", 1), unit="W"), 1)
    of_all = installed(profile(2, MAX, (0, "16", 3)))
    assert composed([one_phase, of_all], unit="W") == [(0, "3680.0", 1), (DAY, "end")]
    assert composed([one_phase, of_all]) == [(0, "16.0", 1), (DAY, "end")]


def test_charge_point_with_one_phase_uses_one_phase_whatever_profiles_say() -> None:
    """3680 W are 16 A there."""
    settings = SmartChargingSettings(phases=1)
    one = installed(profile(1, DEFAULT, (0, "3680", 3), (HOUR, "3680"), unit="W"))
    assert composed([one], settings=settings) == [(0, "16.0", 1), (HOUR, "16.0"), (DAY, "end")]


def test_equal_limits_that_follow_each_other_are_one_period() -> None:
    """What does not change is not said again; another number of phases is a change."""
    one = installed(profile(1, DEFAULT, (0, "10"), (60, "10.0"), (120, "10", 1), (180, "11", 1)))
    assert composed([one]) == [(0, "10.0"), (120, "10.0", 1), (180, "11.0", 1), (DAY, "end")]


def test_schedule_ends_where_nothing_limits_and_there_is_none_without_a_limit_at_first() -> None:
    """A limit that does not exist cannot be written."""
    one = installed(profile(1, DEFAULT, (0, "10"), duration_s=HOUR))
    assert composed([one]) == [(0, "10.0"), (HOUR, "end")]
    assert composed([installed(profile(1, DEFAULT, start=after(1)))]) is None
    assert composed([]) is None


def test_what_a_connector_can_give_by_itself_stands_where_nothing_limits() -> None:
    """With max_current_a in the settings each schedule is as long as it was asked for."""
    settings = SmartChargingSettings(max_current_a=Decimal(32))
    one = installed(profile(1, DEFAULT, (0, "10"), (HOUR, "63"), duration_s=2 * HOUR), 1)
    assert composed([one], settings=settings) == [(0, "10.0"), (HOUR, "32.0"), (DAY, "end")]
    assert composed([one], 0, settings=settings) == [(0, "42.0"), (HOUR, "64.0"), (DAY, "end")]
    assert composed([], unit="W", settings=settings) == [(0, "22080.0"), (DAY, "end")]


def test_schedule_with_too_many_changes_is_cut_and_soon_made() -> None:
    """A central system that asks for 68 years gets what fits into the periods that are allowed."""
    periods = [(number * 60, str(number % 2 + 6)) for number in range(100)]
    one = installed(profile(1, DEFAULT, *periods, kind="Recurring", recurrency="Daily", start=NOON))
    found = composed([one], duration_s=2**31 - 1)
    assert found is not None
    assert (len(found), found[-1]) == (101, (DAY, "end"))
    same = [(number * 60, "6") for number in range(100)]
    quiet = installed(profile(1, DEFAULT, *same, kind="Recurring", recurrency="Daily", start=NOON))
    found = composed([quiet], duration_s=2**31 - 1)
    assert found is not None
    assert found[0] == (0, "6.0")
    assert DAY < found[-1][0] < 30 * DAY


def test_hardware_is_told_the_limit_in_the_unit_of_the_profile_or_in_its_own() -> None:
    """What converts nothing loses nothing; a PLC that knows only amperes gets amperes."""
    profiles = [installed(profile(1, DEFAULT, (0, "11000"), unit="W")), installed(profile(2, MAX, (0, "20")))]
    for unit, limit in (
        (None, Limit(rate=Decimal("11000.0"), unit="W")),
        ("A", Limit(rate=Decimal("15.9"), unit="A")),
    ):
        outlook = Outlook(profiles, 1, lambda _: None, SmartChargingSettings(limit_unit=unit))
        assert outlook.told(1, second(NOON)).limit_at(second(NOON)) == limit
        assert outlook.told(0, second(NOON)).limit_at(second(NOON)) == Limit(rate=Decimal("20.0"), unit="A")


times = st.integers(-50, 50).map(lambda hours: after(hours * HOUR)) | st.integers(-200_000, 200_000).map(after)
spans = st.integers(1, 40).map(lambda hours: hours * HOUR) | st.integers(1, 200_000)


@st.composite
def any_installed(draw: st.DrawFn, number: int) -> InstalledProfile:
    """Draw a profile of any purpose and kind that could be installed."""
    purpose = draw(st.sampled_from([MAX, DEFAULT, TX]))
    kind = draw(st.sampled_from(["Absolute", "Relative", "Recurring"]))
    starts = sorted({0, *draw(st.lists(spans, max_size=4))})
    periods = [
        (start, str(draw(st.decimals(0, 9999, places=1))), draw(st.sampled_from([None, 1, 2, 3]))) for start in starts
    ]
    one = profile(
        number,
        purpose,
        *periods,
        level=draw(st.integers(0, 3)),
        kind=kind,
        recurrency=draw(st.sampled_from(["Daily", "Weekly"])) if kind == "Recurring" else None,
        unit=draw(st.sampled_from(["A", "W"])),
        start=draw(times) if kind == "Recurring" else draw(st.none() | times),
        duration_s=draw(st.none() | spans),
        valid_from=draw(st.none() | times),
        valid_to=draw(st.none() | times),
    )
    connector_id = draw(st.sampled_from({MAX: [0], DEFAULT: [0, 1, 2], TX: [1, 2]}[purpose]))
    key = draw(st.sampled_from(["key", "gone"])) if purpose == TX else None
    return replace(installed(one, connector_id, key), installed_at=min(NOON, draw(times)))


@st.composite
def any_profiles(draw: st.DrawFn) -> list[InstalledProfile]:
    """Draw profiles with no two in the same place."""
    drawn = [draw(any_installed(number)) for number in range(draw(st.integers(0, 7)))]
    places = {(one.profile.purpose, one.profile.stack_level, one.connector_id): one for one in drawn}
    return list(places.values())


def borders(one: InstalledProfile, began: datetime) -> set[datetime]:
    """Return every moment at which a profile could change, over some weeks."""
    schedule = one.profile.schedule
    ends = {moment for moment in (one.profile.valid_from, one.profile.valid_to) if moment is not None}
    cycle = naive.CYCLES.get(one.profile.recurrency or "")
    for anchor in {began, one.installed_at, schedule.start or began}:
        offsets = {timedelta(seconds=period.start_period_s) for period in schedule.periods}
        offsets.add(timedelta(seconds=schedule.duration_s or 0))
        turns = range(-8, 12) if cycle is not None else range(1)
        ends |= {anchor + offset + turn * (cycle or timedelta(0)) for offset in offsets for turn in turns}
    return ends


@given(
    profiles=any_profiles(),
    connector_id=st.integers(0, 2),
    unit=st.sampled_from(["A", "W"]),
    duration_s=spans,
    began=st.none() | times.map(lambda moment: min(moment, NOON)),
    most=st.none() | st.sampled_from([Decimal(16), Decimal(32)]),
    phases=st.sampled_from([1, 3]),
)
def test_composite_is_at_every_moment_what_the_profiles_allow_then(
    profiles: list[InstalledProfile],
    connector_id: int,
    unit: str,
    duration_s: int,
    began: datetime | None,
    most: Decimal | None,
    phases: int,
) -> None:
    """The schedule equals, at each moment that could matter, what is worked out for that moment alone."""
    running = [] if began is None else [transaction(1, at=began)]
    settings = SmartChargingSettings(max_current_a=most, phases=phases, max_periods=10**6)
    schedule = schedule_of(profiles, connector_id, duration_s, unit, running, settings, 2)

    def allowed(at: datetime) -> tuple[Decimal, int | None] | None:
        of_all = naive.of_charge_point(profiles, at)
        by_itself = [] if most is None else [(Fraction(most), "A", None)]

        def able(number: int) -> list[naive.Allowed]:
            runs = number == 1 and began is not None
            own = naive.of_connector(profiles, number, at, "key" if runs else None, began if runs and began else NOON)
            return [*by_itself, *([] if own is None else [own])]

        if connector_id:
            limits = able(connector_id) + ([] if of_all is None else [of_all])
            return naive.together(limits, unit, 230, phases)
        each = [naive.together(able(number), unit, 230, phases) for number in (1, 2)]
        known = [one for one in each if one is not None]
        summed = [(Fraction(sum(rate for rate, _ in known)), unit, None)] if len(known) == 2 else []
        return naive.together(summed + ([] if of_all is None else [of_all]), unit, 230, phases)

    moments = {NOON, after(duration_s - 1), *(after(duration_s * part // 50) for part in range(50))}
    for border in (border for one in profiles for border in borders(one, began or NOON) | borders(one, NOON)):
        moments |= {border - timedelta(seconds=1), border, border + timedelta(seconds=1)}
    length = 0 if schedule is None or schedule.duration_s is None else schedule.duration_s
    assert length == duration_s or allowed(after(length)) is None
    for at in sorted(moments):
        passed = (at - NOON).total_seconds()
        if schedule is not None and 0 <= passed < length:
            period = [period for period in schedule.periods if period.start_period_s <= passed][-1]
            assert (period.limit, period.number_phases) == allowed(at), at
    if schedule is not None:
        pairs = [(period.limit, period.number_phases) for period in schedule.periods]
        assert all(one != other for one, other in pairwise(pairs))
