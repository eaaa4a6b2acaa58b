"""How texts and times are compared and kept, in every backend alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from ocpp_sdk.codec.exact import UTC_TEXTS, NotExact, write_time

__all__ = ["fold", "sent_time_texts", "time_from", "time_text", "utc"]


def fold(text: str) -> str:
    """Return the form in which identities and id tags that differ only by case or blanks around them are equal."""
    return text.strip().casefold()


def utc(time: datetime) -> datetime:
    """Return the same point in time in UTC.

    Raises:
        ValueError: the time has no zone.
    """
    if time.tzinfo is UTC:
        return time
    if time.tzinfo is None:
        raise ValueError(f"{time.isoformat()}: a time without a zone; give it one")
    try:
        return time.astimezone(UTC)
    except OverflowError:
        # At the ends of the calendar a shift to UTC leaves it; the zone is then worth less than the time.
        return time.replace(tzinfo=UTC)


def time_text(time: datetime) -> str:
    """Return a time in UTC to the microsecond, as `2026-05-04T03:02:01.000000Z`; such texts sort as the times do.

    Raises:
        ValueError: the time has no zone.
    """
    return write_time(time if time.tzinfo is UTC else utc(time), always_fraction=True)


def sent_time_texts(times: Sequence[datetime]) -> list[str]:
    """Return the `time_text` of times that came in a message, which are written again and again."""
    try:
        return [UTC_TEXTS[at][1] for at in times]
    except (NotExact, OverflowError):
        return [time_text(at) for at in times]


def time_from(text: str) -> datetime:
    """Return the time of a text of `time_text`."""
    return datetime.fromisoformat(text)
