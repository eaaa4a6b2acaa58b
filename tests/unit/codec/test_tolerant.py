"""The tolerant reader: what it takes all the same, under which name, and what it refuses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from lxml import etree

from ocpp_sdk.codec.tolerant import read_tolerantly
from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import (
    DeviationError,
    InvalidBooleanError,
    InvalidNumberError,
    InvalidTextError,
    InvalidTimeError,
    LimitExceededError,
    MessageError,
    MissingFieldError,
    RepeatedFieldError,
    UnknownValueError,
)
from tests.unit.codec.specimen import NS, Colour, Group, Reading, Specimen, read

FULL = (
    "<number>-7</number><tag>A B</tag><colour>Dark.Blue</colour><at>2024-05-16T15:42:05.128+02:00</at>"
    "<day>2024-05-16</day><flag>1</flag><limit>16.5</limit><ratio>-1.5e3</ratio><blob>AAE=</blob><f:far>abc</f:far>"
    '<group><at>2024-05-16T24:00:00Z</at><reading unit="Red">5</reading><reading/></group>'
)


def test_reader_exact_message_reads_every_field_without_deviation() -> None:
    """A message as the schema says gives every value and nothing odd."""
    message, deviations = read(FULL)
    assert message == Specimen(
        number=-7,
        tag="A B",
        colour=Colour.DARK_BLUE,
        at=datetime(2024, 5, 16, 13, 42, 5, 128000, tzinfo=UTC),
        day=date(2024, 5, 16),
        flag=True,
        limit=Decimal("16.5"),
        ratio=-1500.0,
        blob=b"\x00\x01",
        far="abc",
        group=[
            Group(
                at=datetime(2024, 5, 17, tzinfo=UTC),
                reading=[Reading(value="5", unit=Colour.RED), Reading(value="")],
            )
        ],
    )
    assert message.at is not None
    assert message.at.utcoffset() == timedelta(hours=2)
    assert deviations == []
    assert read(FULL, strict=True)[0] == message


GROUP = "<number>1</number><group><at>2024-01-01T00:00:00Z</at>{}</group>"


@pytest.mark.parametrize(
    ("content", "kind", "path"),
    [
        ("<tag>A</tag><number>1</number>", DeviationKind.FIELD_ORDER, "specimen/number"),
        ('<number xmlns="">1</number>', DeviationKind.FIELD_NAMESPACE, "specimen/number"),
        ("<Number>1</Number>", DeviationKind.FIELD_CASE, "specimen/number"),
        ("<number>1</number><odd/>", DeviationKind.FIELD_UNKNOWN, "specimen/odd"),
        ("<number>1</number><number>1</number>", DeviationKind.FIELD_REPEATED, "specimen/number"),
        ("<number>1</number><at/>", DeviationKind.FIELD_EMPTY, "specimen/at"),
        ("<number>1</number><at xsi:nil='true'/>", DeviationKind.FIELD_NIL, "specimen/at"),
        ("<number>1</number>loose", DeviationKind.NESTED_CONTENT, "specimen"),
        (GROUP.format("<reading>1<b>2</b></reading>"), DeviationKind.NESTED_CONTENT, "specimen/group[1]/reading[1]"),
        ("<number>1</number><colour> Red </colour>", DeviationKind.BLANKS, "specimen/colour"),
        ("<number>1</number><colour>red</colour>", DeviationKind.ENUM_CASE, "specimen/colour"),
        ("<number>1.0</number>", DeviationKind.NUMBER_FORM, "specimen/number"),
        ("<number>1</number><flag>TRUE</flag>", DeviationKind.BOOLEAN_CASE, "specimen/flag"),
        ("<number>1</number><at>2024-01-01 00:00:00Z</at>", DeviationKind.TIME_FORM, "specimen/at"),
        ("<number>1</number><at>2024-01-01T00:00:00</at>", DeviationKind.TIME_ZONE_MISSING, "specimen/at"),
        ("<number>1</number><tag>ABCDEF</tag>", DeviationKind.TEXT_TOO_LONG, "specimen/tag"),
        ("<number>1</number><limit>1.25</limit>", DeviationKind.FACET, "specimen/limit"),
        ("<number>1</number><limit>1,5</limit>", DeviationKind.NUMBER_FORM, "specimen/limit"),
        ("<number>1</number><f:far>X1</f:far>", DeviationKind.FACET, "specimen/far"),
        (
            GROUP.format('<reading Unit="Red">1</reading>'),
            DeviationKind.FIELD_CASE,
            "specimen/group[1]/reading[1]/@Unit",
        ),
        (
            GROUP.format('<reading odd="1">1</reading>'),
            DeviationKind.FIELD_UNKNOWN,
            "specimen/group[1]/reading[1]/@odd",
        ),
        (
            '<number>1</number><group unit="Red"><at>2024-01-01T00:00:00Z</at><reading>1</reading></group>',
            DeviationKind.ATTRIBUTE_ON_PARENT,
            "specimen/group[1]/reading[1]/@unit",
        ),
        (
            '<number>1</number><group at="2024-01-01T00:00:00Z"><reading>1</reading></group>',
            DeviationKind.FIELD_AS_ATTRIBUTE,
            "specimen/group[1]/@at",
        ),
        (
            "<number>1</number>" + "<group><at>2024-01-01T00:00:00Z</at><reading>1</reading></group>" * 3,
            DeviationKind.FIELD_REPEATED,
            "specimen/group",
        ),
    ],
)
def test_reader_tolerated_oddity_is_a_named_deviation_and_strictly_an_error(
    content: str, kind: DeviationKind, path: str
) -> None:
    """Each tolerance has one name and the path of its field; strict mode refuses it."""
    message, deviations = read(content)
    assert message.number == 1
    assert [(item.kind, item.path) for item in deviations] == [(kind, path)]
    with pytest.raises(DeviationError) as caught:
        read(content, strict=True)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("content", "error", "path"),
    [
        ("", MissingFieldError, "specimen/number"),
        ("<number/>", MissingFieldError, "specimen/number"),
        ("<number xsi:nil='1'/>", MissingFieldError, "specimen/number"),
        ("<number>seven</number>", InvalidNumberError, "specimen/number"),
        ("<number>1_0</number>", InvalidNumberError, "specimen/number"),
        ("<number>٣</number>", InvalidNumberError, "specimen/number"),
        ("<number>2147483648</number>", InvalidNumberError, "specimen/number"),
        ("<number>" + "9" * 5000 + "</number>", InvalidNumberError, "specimen/number"),
        ("<number>1</number><number>2</number>", RepeatedFieldError, "specimen/number"),
        ("<number>1</number><colour>Green</colour>", UnknownValueError, "specimen/colour"),
        ("<number>1</number><at>24:23:23</at>", InvalidTimeError, "specimen/at"),
        ("<number>1</number><at>2013-12-12T24:23:23Z</at>", InvalidTimeError, "specimen/at"),
        ("<number>1</number><at>2013-02-30T00:00:00Z</at>", InvalidTimeError, "specimen/at"),
        ("<number>1</number><at>2013-01-01T00:00:00+99:00</at>", InvalidTimeError, "specimen/at"),
        ("<number>1</number><at>9999-12-31T24:00:00Z</at>", InvalidTimeError, "specimen/at"),
        ("<number>1</number><day>tomorrow</day>", InvalidTimeError, "specimen/day"),
        ("<number>1</number><flag>maybe</flag>", InvalidBooleanError, "specimen/flag"),
        ("<number>1</number><limit>1e5</limit>", InvalidNumberError, "specimen/limit"),
        ("<number>1</number><limit>NaN</limit>", InvalidNumberError, "specimen/limit"),
        ("<number>1</number><ratio>many</ratio>", InvalidNumberError, "specimen/ratio"),
        ("<number>1</number><blob>?</blob>", InvalidTextError, "specimen/blob"),
        ("<number>1</number><group><reading>1</reading></group>", MissingFieldError, "specimen/group[1]/at"),
        (GROUP.format(""), MissingFieldError, "specimen/group[1]/reading"),
        (GROUP.format("<reading unit='x'>1</reading>"), UnknownValueError, "specimen/group[1]/reading[1]/@unit"),
    ],
)
def test_reader_unreadable_field_is_a_named_error_with_its_path(
    content: str, error: type[MessageError], path: str
) -> None:
    """What cannot be read names the field and stays one short line."""
    with pytest.raises(error) as caught:
        read(content)
    assert caught.value.path == path
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2013-12-12T23:23:23.1234567Z", datetime(2013, 12, 12, 23, 23, 23, 123456, tzinfo=UTC)),
        ("2013-12-12T23:23:23+00:12", datetime(2013, 12, 12, 23, 23, 23, tzinfo=timezone(timedelta(minutes=12)))),
        ("2013-12-12T23:23Z", datetime(2013, 12, 12, 23, 23, tzinfo=UTC)),
        (
            "2013-12-12T23:23:23-0530",
            datetime(2013, 12, 12, 23, 23, 23, tzinfo=timezone(-timedelta(hours=5, minutes=30))),
        ),
        ("  2013-12-12T23:23:23Z\n", datetime(2013, 12, 12, 23, 23, 23, tzinfo=UTC)),
    ],
)
def test_reader_time_forms_of_the_field_give_the_right_moment(text: str, value: datetime) -> None:
    """Fractions, offsets and short forms that charge points send are the moments they mean."""
    assert read(f"<number>1</number><at>{text}</at>")[0].at == value


def test_elements_within_text_are_kept_by_local_name_without_declarations() -> None:
    """A serializer would repeat every namespace in scope for each child, which makes long texts of short messages."""
    data = f'<specimen xmlns="{NS}" xmlns:v="urn:v"><number>1</number><tag>a<v:b c="1&amp;">2</v:b>3</tag></specimen>'
    deviations: list[Deviation] = []
    message = read_tolerantly(Specimen, etree.fromstring(data), "specimen", deviations)
    assert message.tag == 'a<b c="1&amp;">2</b>3'


def test_names_beyond_all_reason_are_refused() -> None:
    """One long namespace, looked at for each of many elements, would take minutes."""
    data = f'<specimen xmlns="{NS}" xmlns:v="urn:{"v" * 2000}"><number>1</number><v:x/></specimen>'
    with pytest.raises(LimitExceededError, match="name of 20"):
        read_tolerantly(Specimen, etree.fromstring(data), "specimen", [])
