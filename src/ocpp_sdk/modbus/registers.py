"""What a register map consists of, once it has been read and checked.

A register here is a named value, which takes one or more of the 16-bit registers of Modbus; those are called words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Final

__all__ = [
    "ByteOrder",
    "Kind",
    "Register",
    "RegisterMap",
    "RegisterType",
    "Side",
    "SideLayout",
    "SideLimits",
    "Value",
    "WordOrder",
]

Value = int | float | bool | str | datetime | None
"""What a register holds: None is a time that is all zero."""

_GROUP: Final = re.compile(r"(.+_CON(?:NECTOR)?\d+)_")


class Side(StrEnum):
    """Who writes: `read` registers are the PLC's, `write` registers are ours."""

    READ = "read"
    WRITE = "write"


class RegisterType(StrEnum):
    """How words make a value."""

    U16 = "u16"
    U32 = "u32"
    U64 = "u64"
    S16 = "s16"
    S32 = "s32"
    S64 = "s64"
    BOOL = "bool"
    TEXT = "text"
    DATETIME = "datetime"

    @property
    def words(self) -> int | None:
        """How many words it takes, None for text, which has the length of its row."""
        return _WORDS[self]

    @property
    def kind(self) -> Kind:
        """What the value is to whoever uses it."""
        return _KINDS.get(self, Kind.NUMBER)


class Kind(StrEnum):
    """What a value is to whoever uses it; a flag can be used as a number and the other way round."""

    NUMBER = "number"
    TEXT = "text"
    TIME = "time"


_WORDS: Final[Mapping[RegisterType, int | None]] = {
    RegisterType.U16: 1,
    RegisterType.U32: 2,
    RegisterType.U64: 4,
    RegisterType.S16: 1,
    RegisterType.S32: 2,
    RegisterType.S64: 4,
    RegisterType.BOOL: 1,
    RegisterType.TEXT: None,
    RegisterType.DATETIME: 4,
}
_KINDS: Final[Mapping[RegisterType, Kind]] = {RegisterType.TEXT: Kind.TEXT, RegisterType.DATETIME: Kind.TIME}


class ByteOrder(StrEnum):
    """Which byte of a word comes first."""

    HIGH_FIRST = "high-first"
    LOW_FIRST = "low-first"


class WordOrder(StrEnum):
    """Which word of a number comes first."""

    HIGH_FIRST = "high-first"
    LOW_FIRST = "low-first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A named value.

    Attributes:
        name: unique in its map.
        side: who writes it.
        address: of its first word, with the base of its side included, 0 to 65535.
        length: how many words it takes.
        type: how the words make a value.
        scale: what a raw number is multiplied with.
        unit: of the scaled number, as `Wh`; empty if it has none.
        byte_order: of each word.
        word_order: of a number of several words.
        function: the function code that reads or writes it.
        where: the row of the map that says so, as `box.toml:12`.
    """

    name: str
    side: Side
    address: int
    length: int
    type: RegisterType
    scale: Fraction = Fraction(1)
    unit: str = ""
    byte_order: ByteOrder = ByteOrder.HIGH_FIRST
    word_order: WordOrder = WordOrder.LOW_FIRST
    function: int
    where: str = ""

    @property
    def end(self) -> int:
        """The address behind its last word."""
        return self.address + self.length

    @property
    def group(self) -> str:
        """What the registers of one exchange have in common, as `START_CON1`; else its own name."""
        found = _GROUP.match(self.name)
        return found[1] if found else self.name

    @property
    def is_signal(self) -> bool:
        """Whether the other side acts when it changes, so that all else must be there before."""
        return self.name.endswith(("_CMD", "_COMPLETE"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SideLimits:
    """What a device can take in one request.

    Attributes:
        max_words: of one request, 1 to 125 for reading and 1 to 123 for writing.
        max_gap: how many words that no register holds may be read over to save a request; 0 for a device that
            refuses to read them.
    """

    max_words: int
    max_gap: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SideLayout:
    """What holds for all registers of a side unless their row says otherwise.

    Attributes:
        function: the function code: 3 or 4 to read, 6 or 16 to write.
        base: added to the address of each row.
        limits: of the device.
        byte_order: of numbers and times.
        text_byte_order: of text.
        word_order: of numbers.
    """

    function: int
    base: int
    limits: SideLimits
    byte_order: ByteOrder = ByteOrder.HIGH_FIRST
    text_byte_order: ByteOrder = ByteOrder.LOW_FIRST
    word_order: WordOrder = WordOrder.LOW_FIRST


@dataclass(frozen=True, kw_only=True)
class RegisterMap:
    """All registers of a device, checked: no two overlap, none lies outside of what Modbus addresses.

    Attributes:
        name: for people, most often the name of its file.
        registers: by name.
        read: what the device can take in one request to read.
        write: likewise to write.
    """

    name: str
    registers: Mapping[str, Register]
    read: SideLimits
    write: SideLimits
    _sides: dict[Side, tuple[Register, ...]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for side in Side:
            self._sides[side] = _by_address(one for one in self.registers.values() if one.side is side)

    def of(self, side: Side) -> tuple[Register, ...]:
        """Return the registers of one side by function and address."""
        return self._sides[side]

    @cached_property
    def connectors(self) -> int:
        """How many connectors it has: the greatest n of a START_CONn_CMD, 0 if there is none."""
        found = (re.fullmatch(r"START_CON(\d{1,4})_CMD", name) for name in self.registers)
        return max((int(one[1]) for one in found if one), default=0)


def _by_address(registers: Iterable[Register]) -> tuple[Register, ...]:
    return tuple(sorted(registers, key=lambda one: (one.function, one.address)))
