"""Samples are due at start + k * interval, whatever happens in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp_sdk.charge_point.metering.sampling import SampleTimes


@given(st.floats(0, 1e6), st.integers(1, 86_400), st.lists(st.floats(0, 0.5), max_size=50))
def test_samples_do_not_drift_by_being_late(start_s: float, interval_s: int, delays: list[float]) -> None:
    """Each is due at its own multiple, however late the ones before were taken."""
    times = SampleTimes(start_s)
    for number, delay in enumerate(delays, 1):
        due_s = times.due_s(interval_s, start_s)
        assert due_s is not None
        assert due_s == pytest.approx(start_s + number * interval_s)
        assert times.take(due_s + delay * interval_s) == 0


def test_samples_that_were_due_while_one_was_taken_are_counted_and_not_made_up() -> None:
    """A meter cannot be read in the past."""
    times = SampleTimes(100)
    assert times.due_s(10, 100) == 110
    assert times.take(145) == 3
    assert times.due_s(10, 145) == 150


def test_interval_that_changes_counts_from_the_start_at_once() -> None:
    """The next multiple of the new interval is next; 0 is never."""
    times = SampleTimes(0)
    assert times.due_s(60, 0) == 60
    assert times.due_s(10, 25) == 30
    assert times.due_s(0, 26) is None
    assert times.due_s(10, 95) == 100


def test_timer_that_fires_early_by_its_resolution_is_on_time() -> None:
    """The same sample is not taken twice."""
    times = SampleTimes(0)
    times.due_s(10, 0)
    assert times.take(9.9999999) == 0
    assert times.due_s(10, 9.9999999) == 20
