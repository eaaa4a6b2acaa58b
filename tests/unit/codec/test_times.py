"""Times that come again, which are read and written once."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ocpp_sdk.codec.exact import UTC_TEXTS, read_time, write_time

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(UTC)))
def test_texts_of_a_time_are_those_that_are_written(time: datetime) -> None:
    """The first time and when they are known."""
    texts = write_time(time), write_time(time, always_fraction=True)
    assert (UTC_TEXTS[time], UTC_TEXTS[time]) == (texts, texts)


def test_time_is_read_right_after_any_number_of_others() -> None:
    """What peers send does not fill the memory, and what is forgotten is read again."""
    for number in range(4_000):
        time = NOON + timedelta(seconds=number // 2, microseconds=number % 2)
        assert read_time(write_time(time)) == time
        assert UTC_TEXTS[time][0] == write_time(time)
    assert read_time("2026-05-04T12:00:00Z") == NOON
    assert len(UTC_TEXTS) <= 1024
