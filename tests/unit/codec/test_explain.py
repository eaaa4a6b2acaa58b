"""Writing with care: exact text for what the schema allows, a named error with a path for the rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from lxml import etree

from ocpp_sdk.errors import (
    InvalidNumberError,
    InvalidTextError,
    InvalidTimeError,
    InvalidTypeError,
    MessageError,
    MissingFieldError,
    RepeatedFieldError,
    UnknownValueError,
)
from tests.unit.codec.specimen import CODEC, Colour, Group, Reading, Specimen

NOW = datetime(2024, 5, 16, 15, 42, 5, tzinfo=UTC)


def test_writer_every_field_writes_what_the_reader_reads_back() -> None:
    """What is written comes back equal, without a deviation."""
    message = Specimen(
        number=-1,
        tag="<&>\r",
        colour=Colour.DARK_BLUE,
        at=NOW.astimezone(timezone(timedelta(hours=2))),
        day=date(2024, 1, 2),
        flag=False,
        limit=Decimal("1.50"),
        ratio=0.1,
        blob=b"\xff",
        far="abc",
        group=[Group(at=NOW, reading=[Reading(value='"\n', unit=Colour.RED)])],
    )
    text = CODEC.encode(message)
    assert "<at>2024-05-16T15:42:05Z</at>" in text
    assert "<limit>1.5</limit>" in text
    assert '<far xmlns="urn:other">abc</far>' in text
    assert CODEC.decode(etree.fromstring(text), [], strict=True) == message


def test_writer_message_without_content_writes_an_empty_element() -> None:
    """An optional field that is None is not written."""
    assert CODEC.encode(Specimen(number=5)) == '<specimen xmlns="urn:specimen"><number>5</number></specimen>'


def _wrong(name: str, value: object) -> Callable[[Specimen], None]:
    def change(message: Specimen) -> None:
        setattr(message, name, value)

    return change


@pytest.mark.parametrize(
    ("change", "error", "path"),
    [
        (_wrong("number", None), MissingFieldError, "specimen/number"),
        (_wrong("number", True), InvalidTypeError, "specimen/number"),
        (_wrong("number", "5"), InvalidTypeError, "specimen/number"),
        (_wrong("number", 2**31), InvalidNumberError, "specimen/number"),
        (_wrong("tag", "ABCDEF"), InvalidTextError, "specimen/tag"),
        (_wrong("tag", "a\x00"), InvalidTextError, "specimen/tag"),
        (_wrong("tag", "\ud800"), InvalidTextError, "specimen/tag"),
        (_wrong("tag", b"abc"), InvalidTypeError, "specimen/tag"),
        (_wrong("far", "X"), InvalidTextError, "specimen/far"),
        (_wrong("colour", "Red"), UnknownValueError, "specimen/colour"),
        (_wrong("at", datetime(2024, 1, 1)), InvalidTimeError, "specimen/at"),
        (_wrong("at", datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))), InvalidTimeError, "specimen/at"),
        (_wrong("at", "2024-01-01T00:00:00Z"), InvalidTypeError, "specimen/at"),
        (_wrong("day", NOW), InvalidTypeError, "specimen/day"),
        (_wrong("flag", 1), InvalidTypeError, "specimen/flag"),
        (_wrong("limit", Decimal("1.25")), InvalidNumberError, "specimen/limit"),
        (_wrong("limit", Decimal("NaN")), InvalidNumberError, "specimen/limit"),
        (_wrong("limit", 1.5), InvalidTypeError, "specimen/limit"),
        (_wrong("group", None), InvalidTypeError, "specimen/group"),
        (_wrong("group", [None]), InvalidTypeError, "specimen/group[1]"),
        (_wrong("group", [Group(at=NOW)]), MissingFieldError, "specimen/group[1]/reading"),
        (_wrong("group", [Group(at=NOW, reading=[Reading(value="")])] * 3), RepeatedFieldError, "specimen/group"),
    ],
)
def test_writer_forbidden_value_is_a_named_error_with_its_path(
    change: Callable[[Specimen], None], error: type[MessageError], path: str
) -> None:
    """Nothing that the schema forbids is written; the field is named in one line."""
    message = Specimen(number=1)
    change(message)
    with pytest.raises(error) as caught:
        CODEC.encode(message)
    assert caught.value.path == path
    assert "\n" not in str(caught.value)


def test_writer_object_of_another_class_is_refused() -> None:
    """A message of the wrong class is refused before anything is written."""
    with pytest.raises(InvalidTypeError):
        CODEC.encode(Reading(value="x"))  # type: ignore[arg-type]
