"""Slots of the clock: on UTC boundaries, each once, whatever the clock does."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp_sdk.charge_point.metering.slots import Slot, SlotTimes, Turn, slot_at

intervals = st.integers(1, 100_000)
moments = st.datetimes(
    datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=5.5))])
)


def at(text: str) -> datetime:
    """Return a moment of one day."""
    return datetime.fromisoformat(f"2026-03-01T{text}+00:00")


@pytest.mark.parametrize(
    ("moment", "interval_s", "start", "end"),
    [
        ("12:00:00", 900, "2026-03-01T12:00:00", "2026-03-01T12:15:00"),
        ("12:14:59", 900, "2026-03-01T12:00:00", "2026-03-01T12:15:00"),
        ("23:59:59", 900, "2026-03-01T23:45:00", "2026-03-02T00:00:00"),
        ("23:30:00", 5 * 3600, "2026-03-01T20:00:00", "2026-03-02T00:00:00"),
        ("00:00:00", 7, "2026-03-01T00:00:00", "2026-03-01T00:00:07"),
        ("23:59:59", 7, "2026-03-01T23:59:54", "2026-03-02T00:00:00"),
        ("17:00:00", 86_400, "2026-03-01T00:00:00", "2026-03-02T00:00:00"),
        ("17:00:00", 100_000, "2026-03-01T00:00:00", "2026-03-02T00:00:00"),
    ],
)
def test_slot_begins_at_a_multiple_of_the_interval_and_anew_at_midnight(
    moment: str, interval_s: int, start: str, end: str
) -> None:
    """An interval that does not divide the day has a shorter last slot."""
    expected = Slot(datetime.fromisoformat(start + "+00:00"), datetime.fromisoformat(end + "+00:00"))
    assert slot_at(at(moment), interval_s) == expected


def test_slot_is_the_same_in_every_time_zone_and_in_summer_time() -> None:
    """Slots are of UTC; where clocks are set twice a year, none is lost and none comes twice."""
    berlin_summer = datetime(2026, 3, 29, 3, 0, tzinfo=timezone(timedelta(hours=2)))
    assert slot_at(berlin_summer, 3600).start == datetime(2026, 3, 29, 1, tzinfo=UTC)


@given(moments, intervals)
def test_slots_cover_the_day_without_gap_or_overlap(moment: datetime, interval_s: int) -> None:
    """Every moment lies in one slot, and the next one begins where it ends."""
    slot = slot_at(moment, interval_s)
    assert slot.start <= moment < slot.end
    assert slot_at(slot.start, interval_s) == slot_at(slot.end - timedelta(microseconds=1), interval_s) == slot
    assert slot_at(slot.end, interval_s).start == slot.end
    assert slot.end - slot.start <= timedelta(seconds=min(interval_s, 86_400))


@given(moments, intervals, st.lists(st.floats(0, 3 * 86_400), max_size=30))
def test_slots_of_a_clock_that_only_grows_are_closed_or_skipped_once_each(
    moment: datetime, interval_s: int, waits: list[float]
) -> None:
    """Those that were closed and those that were skipped are together all that there were."""
    times, now, seen = SlotTimes(), moment, 0
    times.look(now, interval_s)
    begun = slot_at(moment, interval_s).start
    for wait in waits:
        now += timedelta(seconds=wait)
        turn = times.look(now, interval_s)
        seen += turn.skipped + (turn.closed is not None)
    count, boundary = 0, begun
    if interval_s >= 600:
        while (boundary := slot_at(boundary, interval_s).end) <= now:
            count += 1
        assert seen == count
    assert times.open == slot_at(now, interval_s)


@given(moments, st.lists(st.tuples(st.floats(-200_000, 200_000), st.sampled_from([0, 60, 900, 1000, 86_400]))))
def test_slots_of_a_clock_that_is_set_at_will_never_come_twice(
    moment: datetime, steps: list[tuple[float, int]]
) -> None:
    """Neither by a clock that goes back nor by another interval; what is reported lies in the past."""
    times, now, until = SlotTimes(), moment, None
    for step, interval_s in steps:
        now += timedelta(seconds=step)
        closed = times.look(now, interval_s).closed
        if closed is not None:
            assert closed.start < closed.end <= now
            assert until is None or closed.start >= until
            until = closed.end


def test_slots_that_are_waited_for_are_closed_on_time() -> None:
    """Whoever waits as long as told misses none."""
    times, now = SlotTimes(), at("23:50:01")
    assert times.look(now, 7000) == Turn(opened=True)
    closed = []
    for _ in range(14):
        now += timedelta(seconds=times.wait_s(now))
        turn = times.look(now, 7000)
        assert turn.closed is not None
        assert turn.closed.end == now
        closed.append(turn)
    assert [turn.skipped for turn in closed] == [0] * 14
    assert closed[0].closed == Slot(at("23:20:00"), at("00:00:00") + timedelta(days=1))
    assert closed[-1].closed == Slot(at("23:20:00") + timedelta(days=1), at("00:00:00") + timedelta(days=2))


def test_clock_set_forward_closes_the_open_slot_and_skips_those_in_between() -> None:
    """Nobody measured them; the one that is open now goes on."""
    times = SlotTimes()
    times.look(at("12:05:00"), 900)
    turn = times.look(at("13:05:00"), 900)
    assert turn == Turn(closed=Slot(at("12:00:00"), at("12:15:00")), skipped=3)
    assert times.open == Slot(at("13:00:00"), at("13:15:00"))


def test_clock_set_back_reports_nothing_again_and_measures_anew_from_the_open_slot() -> None:
    """The open slot is waited for."""
    times = SlotTimes()
    times.look(at("12:05:00"), 900)
    times.look(at("12:15:00"), 900)
    assert times.look(at("11:20:00"), 900) == Turn(went_back=True)
    assert times.look(at("12:00:00"), 900) == Turn()
    assert times.wait_s(at("12:00:00")) == 900
    assert times.look(at("12:15:00"), 900) == Turn(restarted=True)
    assert times.look(at("12:30:00"), 900).closed == Slot(at("12:15:00"), at("12:30:00"))


def test_clock_set_back_by_a_little_loses_nothing() -> None:
    """A correction by some seconds at a boundary neither repeats nor restarts a slot."""
    times = SlotTimes()
    times.look(at("12:05:00"), 900)
    times.look(at("12:15:01"), 900)
    assert times.look(at("12:14:58"), 900) == Turn()
    assert times.look(at("12:15:00"), 900) == Turn()
    assert times.look(at("12:30:00"), 900).closed == Slot(at("12:15:00"), at("12:30:00"))


def test_interval_that_changes_takes_what_is_measured_into_the_next_slot() -> None:
    """The slot that is open gets the end that the new interval gives it, and keeps its start."""
    times = SlotTimes()
    times.look(at("12:07:00"), 900)
    assert times.look(at("12:07:00"), 300) == Turn()
    assert times.look(at("12:10:00"), 300).closed == Slot(at("12:00:00"), at("12:10:00"))
    assert times.look(at("12:11:00"), 3600) == Turn()
    assert times.look(at("13:00:00"), 3600).closed == Slot(at("12:10:00"), at("13:00:00"))


def test_slots_that_are_switched_off_and_on_begin_after_what_was_reported() -> None:
    """Nothing is said twice of the same time."""
    times = SlotTimes()
    times.look(at("12:07:00"), 300)
    times.look(at("12:10:00"), 300)
    assert times.look(at("12:11:00"), 0) == Turn()
    assert times.open is None
    assert times.look(at("12:12:00"), 3600) == Turn(opened=True)
    assert times.open == Slot(at("12:10:00"), at("13:00:00"))
