"""Words and values: the exact rules of stations in the field, and round trips of everything that a register holds."""

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp_sdk.errors import RegisterValueError
from ocpp_sdk.modbus.registers import ByteOrder, Register, RegisterType, Side, Value, WordOrder
from ocpp_sdk.modbus.words import decode, encode

NUMBERS = [one for one in RegisterType if one.value[0] in "us"]
LOW, HIGH = ByteOrder.LOW_FIRST, ByteOrder.HIGH_FIRST


def register(
    kind: RegisterType,
    *,
    length: int | None = None,
    scale: Fraction = Fraction(1),
    byte_order: ByteOrder | None = None,
    word_order: WordOrder = WordOrder.LOW_FIRST,
) -> Register:
    """Return a register that follows the rules of the field where nothing else is said."""
    words = length or kind.words
    assert words is not None
    return Register(
        name="R",
        side=Side.WRITE,
        address=0,
        length=words,
        type=kind,
        scale=scale,
        byte_order=byte_order or (LOW if kind is RegisterType.TEXT else HIGH),
        word_order=word_order,
        function=16,
    )


def bounds(kind: RegisterType) -> tuple[int, int]:
    """Return the least and the greatest number of a type."""
    bits = int(kind.value[1:])
    return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if kind.value[0] == "s" else (0, 2**bits - 1)


@pytest.mark.parametrize(
    ("one", "value", "words"),
    [
        (register(RegisterType.U16), 0x1234, [0x1234]),
        (register(RegisterType.U32), 0x12345678, [0x5678, 0x1234]),
        (register(RegisterType.U64), 0x0102030405060708, [0x0708, 0x0506, 0x0304, 0x0102]),
        (register(RegisterType.U32, word_order=WordOrder.HIGH_FIRST), 0x12345678, [0x1234, 0x5678]),
        (register(RegisterType.U32, byte_order=LOW), 0x12345678, [0x7856, 0x3412]),
        (register(RegisterType.S16), -2, [0xFFFE]),
        (register(RegisterType.S32), -2, [0xFFFE, 0xFFFF]),
        (register(RegisterType.BOOL), True, [1]),
        (register(RegisterType.TEXT, length=5), "ABC", [0x4241, 0x0043, 0, 0, 0]),
        (register(RegisterType.TEXT, length=2, byte_order=HIGH), "ABC", [0x4142, 0x4300]),
        (
            register(RegisterType.DATETIME),
            datetime(2026, 11, 22, 14, 35, 7, tzinfo=UTC),
            [35 << 8 | 7, 14, 11 << 8 | 22, 2026],
        ),
        (register(RegisterType.DATETIME), None, [0, 0, 0, 0]),
        (register(RegisterType.U16, scale=Fraction(1, 10)), 23.7, [237]),
        (register(RegisterType.U16, scale=Fraction(5)), 25, [5]),
    ],
)
def test_value_of_the_contract_has_the_words_of_the_contract(one: Register, value: Value, words: list[int]) -> None:
    """Each rule of the PLC contract, in both directions."""
    assert encode(one, value) == words
    assert decode(one, words) == value


@given(st.data(), st.sampled_from(NUMBERS), st.sampled_from(ByteOrder), st.sampled_from(WordOrder))
def test_number_written_and_read_back_is_the_same(
    data: st.DataObject, kind: RegisterType, byte_order: ByteOrder, word_order: WordOrder
) -> None:
    """Every number of every type survives, in every order of bytes and words."""
    one = register(kind, byte_order=byte_order, word_order=word_order)
    value = data.draw(st.integers(*bounds(kind)))
    words = encode(one, value)
    assert len(words) == one.length
    assert all(0 <= word <= 0xFFFF for word in words)
    assert decode(one, words) == value


@given(st.integers(0, 2**32 - 1), st.sampled_from([Fraction(1, 10), Fraction(1, 1000), Fraction(5, 2), Fraction(100)]))
def test_scaled_number_read_and_written_back_has_the_same_words(raw: int, scale: Fraction) -> None:
    """Scaling loses nothing of what a device sends."""
    one = register(RegisterType.U32, scale=scale)
    words = [raw & 0xFFFF, raw >> 16]
    assert encode(one, decode(one, words)) == words


@given(st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=20), st.sampled_from(ByteOrder))
def test_text_written_and_read_back_is_the_same(text: str, byte_order: ByteOrder) -> None:
    """Every ASCII text that fits survives."""
    one = register(RegisterType.TEXT, length=10, byte_order=byte_order)
    assert decode(one, encode(one, text)) == text


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3, minutes=-30))])))
def test_time_written_and_read_back_is_the_same_second(at: datetime) -> None:
    """A time survives to the second, whatever its zone; beyond the years of datetime it is refused."""
    one = register(RegisterType.DATETIME)
    try:
        expected = at.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        return
    assert decode(one, encode(one, at)) == expected


@given(st.sampled_from(RegisterType), st.lists(st.integers(0, 0xFFFF), min_size=5, max_size=5), st.data())
def test_any_words_make_a_value_or_are_refused_by_name(
    kind: RegisterType, words: list[int], data: st.DataObject
) -> None:
    """Whatever a device sends, nothing but RegisterValueError comes out, and the line names the register."""
    one = register(kind, length=None if kind.words else 5)
    try:
        decode(one, words[: one.length])
        said = "R: read"
    except RegisterValueError as error:
        said = str(error)
    assert said.startswith("R: ")
    assert "\n" not in said


@pytest.mark.parametrize(
    ("one", "value", "complaint"),
    [
        (register(RegisterType.U16), 65536, "R: 65536 is outside of 0 to 65535 (u16)"),
        (register(RegisterType.U16), -1, "R: -1 is outside of 0 to 65535 (u16)"),
        (register(RegisterType.S16), 32768, "R: 32768 is outside of -32768 to 32767 (s16)"),
        (
            register(RegisterType.U16, scale=Fraction(1, 10)),
            7000,
            "R: 7000, 70000 as scaled by 1/10 is outside of 0 to 65535 (u16)",
        ),
        (register(RegisterType.U16), float("nan"), "R: nan is no finite number"),
        (register(RegisterType.U16), "7", "R: '7' is no number"),
        (register(RegisterType.TEXT, length=5), "ABCDEFGHIJK", "R: 'ABCDEFGHIJK' has 11 characters, 10 fit"),
        (register(RegisterType.TEXT, length=5), "Ä", "R: 'Ä' has characters that are not ASCII"),
        (register(RegisterType.TEXT, length=5), 5, "R: 5 is no text"),
        (register(RegisterType.DATETIME), "now", "R: 'now' is no time with a time zone"),
    ],
)
def test_value_that_does_not_fit_is_refused_in_one_line(one: Register, value: Value, complaint: str) -> None:
    """What a register cannot hold is never cut off or wrapped around."""
    with pytest.raises(RegisterValueError) as caught:
        encode(one, value)
    assert str(caught.value) == complaint


@pytest.mark.parametrize(
    ("one", "words", "complaint"),
    [
        (register(RegisterType.DATETIME), [0, 0, 13 << 8 | 1, 2026], "no time: month must be in 1..12"),
        (register(RegisterType.DATETIME), [61 << 8, 0, 1 << 8 | 1, 2026], "no time: minute must be in 0..59"),
        (register(RegisterType.TEXT, length=2), [0x41FF, 0], "is no ASCII text"),
        (register(RegisterType.U32), [1], "1 words, 2 are expected"),
    ],
)
def test_words_that_make_no_value_are_refused(one: Register, words: list[int], complaint: str) -> None:
    """A device is never trusted to send sense."""
    with pytest.raises(RegisterValueError, match=complaint):
        decode(one, words)
