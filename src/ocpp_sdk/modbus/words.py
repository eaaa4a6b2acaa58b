"""Words to values and back: pure, and exact in both directions.

A number of several words is put together in the word order of its register, each word in its byte order. Text holds
two ASCII characters a word and ends at the first NUL. A date and time takes four words whose bytes are minute, second,
0, hour, month, day, and the year in two bytes; it is in UTC, and all zero if there is none.

What a device sends is never trusted: words that make no value are told as a problem, next to all the others that do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from struct import Struct
from typing import Final

from ocpp_sdk.errors import RegisterValueError
from ocpp_sdk.modbus.registers import ByteOrder, Register, RegisterType, Value, WordOrder

__all__ = ["Decoder", "decode", "decoder_of", "encode"]

Decoder = Callable[[Sequence[int], int], Value]
"""Makes the value of the words that begin at a position; raises ValueError if they make none."""

_SIGNED: Final = frozenset({RegisterType.S16, RegisterType.S32, RegisterType.S64})
_ONE: Final = Fraction(1)


def decode(register: Register, words: Sequence[int]) -> Value:
    """Make the value of a register.

    Args:
        register: what the words are.
        words: as many as the register is long, 0 to 65535 each.

    Raises:
        RegisterValueError: the words make no value, such as a 13th month or a character that is not ASCII.
    """
    if len(words) != register.length:
        raise RegisterValueError(f"{register.name}: {len(words)} words, {register.length} are expected")
    try:
        return decoder_of(register)(words, 0)
    except ValueError as error:
        raise RegisterValueError(f"{register.name}: {error}") from None


def encode(register: Register, value: Value) -> list[int]:
    """Make the words of a value.

    Args:
        register: where it goes.
        value: a number or flag, text, or an aware time, as the register's type asks; None for no time.

    Returns:
        As many words as the register is long.

    Raises:
        RegisterValueError: the register cannot hold the value.
    """
    if register.type is RegisterType.TEXT:
        words = _text_words(register, value)
    elif register.type is RegisterType.DATETIME:
        words = _time_words(register, value)
    else:
        words = _number_words(register, value)
    return _swapped(words) if register.byte_order is ByteOrder.LOW_FIRST else words


def decoder_of(register: Register) -> Decoder:
    """Return what decodes a register; to be made once for each, since this is what decides about speed."""
    if register.type is RegisterType.TEXT:
        return _text_decoder(register.length, "big" if register.byte_order is ByteOrder.HIGH_FIRST else "little")
    whole = _time if register.type is RegisterType.DATETIME else _number_decoder(register)
    if register.byte_order is ByteOrder.HIGH_FIRST:
        return whole
    length = register.length
    return lambda words, at: whole(_swapped(words[at : at + length]), 0)


def _number_decoder(register: Register) -> Decoder:
    raw = _raw_decoder(register.length, low_first=register.word_order is WordOrder.LOW_FIRST)
    if register.type is RegisterType.BOOL:
        return lambda words, at: words[at] != 0
    unsigned = raw
    if register.type in _SIGNED:
        half = 1 << (16 * register.length - 1)
        raw = lambda words, at: (unsigned(words, at) ^ half) - half  # noqa: E731 - the last of several layers
    if register.scale == _ONE:
        return raw
    above, below = register.scale.numerator, register.scale.denominator
    if below == 1:
        return lambda words, at: raw(words, at) * above
    # A division of two whole numbers gives the float that is nearest: 237 tenths are 23.7, not 23.700000000000003.
    return lambda words, at: raw(words, at) * above / below


def _raw_decoder(length: int, *, low_first: bool) -> Callable[[Sequence[int], int], int]:
    if length == 1:
        return lambda words, at: words[at]
    if length == 2:
        if low_first:
            return lambda words, at: words[at] | words[at + 1] << 16
        return lambda words, at: words[at] << 16 | words[at + 1]
    places = range(length) if low_first else range(length - 1, -1, -1)
    shifts = tuple((offset, 16 * place) for offset, place in enumerate(places))
    return lambda words, at: sum(words[at + offset] << shift for offset, shift in shifts)


def _text_decoder(length: int, order: str) -> Decoder:
    pack = Struct(f"{'>' if order == 'big' else '<'}{length}H").pack

    def text(words: Sequence[int], at: int) -> str:
        if not words[at]:
            return ""
        characters = pack(*words[at : at + length]).partition(b"\0")[0]
        if not characters.isascii():
            raise ValueError(f"{characters!r} is no ASCII text")
        return characters.decode("ascii")

    return text


def _time(words: Sequence[int], at: int) -> datetime | None:
    first, second, third, year = words[at : at + 4]
    if not (first or second or third or year):
        return None
    try:
        return datetime(
            year, third >> 8, third & 0xFF, second & 0xFF, first >> 8, first & 0xFF, tzinfo=UTC
        )  # the high byte of the second word means nothing
    except ValueError as error:
        raise ValueError(f"no time: {error}") from None


def _number_words(register: Register, value: Value) -> list[int]:
    if not isinstance(value, int | float):
        raise RegisterValueError(f"{register.name}: {value!r} is no number")
    if register.type is RegisterType.BOOL:
        return [int(bool(value))]
    try:
        raw = value if register.scale == _ONE and isinstance(value, int) else round(Fraction(value) / register.scale)
    except (OverflowError, ValueError):
        raise RegisterValueError(f"{register.name}: {value} is no finite number") from None
    bits = 16 * register.length
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if register.type in _SIGNED else (0, (1 << bits) - 1)
    if not low <= raw <= high:
        scaled = f", {raw} as scaled by {register.scale}" if register.scale != _ONE else ""
        raise RegisterValueError(f"{register.name}: {value}{scaled} is outside of {low} to {high} ({register.type})")
    words = [raw >> 16 * place & 0xFFFF for place in range(register.length)]
    return words if register.word_order is WordOrder.LOW_FIRST else words[::-1]


def _text_words(register: Register, value: Value) -> list[int]:
    if not isinstance(value, str):
        raise RegisterValueError(f"{register.name}: {value!r} is no text")
    if not value.isascii() or "\0" in value:
        raise RegisterValueError(f"{register.name}: {value!r} has characters that are not ASCII")
    most = 2 * register.length
    if len(value) > most:
        raise RegisterValueError(f"{register.name}: {value!r} has {len(value)} characters, {most} fit")
    padded = value.encode("ascii").ljust(most, b"\0")
    return [high << 8 | low for high, low in zip(padded[::2], padded[1::2], strict=True)]


def _time_words(register: Register, value: Value) -> list[int]:
    if value is None:
        return [0, 0, 0, 0]
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise RegisterValueError(f"{register.name}: {value!r} is no time with a time zone")
    at = value.astimezone(UTC)
    return [at.minute << 8 | at.second, at.hour, at.month << 8 | at.day, at.year]


def _swapped(words: Iterable[int]) -> list[int]:
    return [(word & 0xFF) << 8 | word >> 8 for word in words]
