"""What makes a register map one that can work; every complaint names the row and the reason in one line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Final

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.modbus.registers import (
    ByteOrder,
    Register,
    RegisterMap,
    RegisterType,
    Side,
    SideLayout,
    WordOrder,
)

__all__ = ["Row", "build_map", "check_layout", "read_text"]

_ADDRESSES: Final = 65536
_MAX_FILE_BYTES: Final = 1024 * 1024
_MAX_REGISTERS: Final = 10_000
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,63}")
_FUNCTIONS: Final = {Side.READ: (3, 4), Side.WRITE: (6, 16)}
_MOST_WORDS: Final = {Side.READ: 125, Side.WRITE: 123}
_INPUT_REGISTERS: Final = 4
_SINGLE_WRITE: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A register as its row says it.

    Attributes:
        where: the row, as `box.toml:12`.
        name: of the register.
        side: who writes it.
        address: relative to the base of its side.
        type: how its words make a value.
        length: in words; None for the length of the type.
        scale: what a raw number is multiplied with.
        unit: of the scaled number.
        byte_order: None for the one of the side.
        word_order: likewise.
        function: likewise.
    """

    where: str
    name: str
    side: Side
    address: int
    type: RegisterType
    length: int | None = None
    scale: Fraction = Fraction(1)
    unit: str = ""
    byte_order: ByteOrder | None = None
    word_order: WordOrder | None = None
    function: int | None = None


def read_text(path: Path) -> str:
    """Read a map file.

    Raises:
        ConfigurationError: it cannot be read, or is too large to be a map.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(data) > _MAX_FILE_BYTES:
        raise ConfigurationError(f"{path}: larger than {_MAX_FILE_BYTES} bytes, so it is no register map")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Spreadsheets of the field save their comments in the code page of Windows.
        return data.decode("cp1252", "replace")


def check_layout(where: str, side: Side, layout: SideLayout) -> None:
    """Look at what holds for a whole side.

    Raises:
        ConfigurationError: a function code or a limit that Modbus does not have.
    """
    _check_function(where, side, layout.function)
    most = _MOST_WORDS[side]
    if not 1 <= layout.limits.max_words <= most:
        raise ConfigurationError(f"{where}: max_registers is {layout.limits.max_words}; Modbus allows 1 to {most}")
    if layout.limits.max_gap < 0:
        raise ConfigurationError(f"{where}: max_gap is {layout.limits.max_gap}; it must be 0 or more")
    if not 0 <= layout.base < _ADDRESSES:
        raise ConfigurationError(f"{where}: base is {layout.base}; addresses are 0 to {_ADDRESSES - 1}")


def build_map(name: str, rows: Iterable[Row], read: SideLayout, write: SideLayout) -> RegisterMap:
    """Make a map of its rows.

    Args:
        name: of the map, for people.
        rows: in any order.
        read: what holds for registers that we read.
        write: what holds for registers that we write.

    Raises:
        ConfigurationError: a row that cannot work; the line names it.
    """
    registers: dict[str, Register] = {}
    for row in rows:
        if len(registers) >= _MAX_REGISTERS:
            raise ConfigurationError(f"{row.where}: more than {_MAX_REGISTERS} registers")
        before = registers.get(row.name)
        if before is not None:
            raise ConfigurationError(f"{row.where}: {row.name} is also the name of {before.where}; rename one of them")
        registers[row.name] = _register(row, read if row.side is Side.READ else write)
    if not registers:
        raise ConfigurationError(f"{name}: has no registers")
    _check_overlaps(list(registers.values()))
    return RegisterMap(name=name, registers=registers, read=read.limits, write=write.limits)


def _register(row: Row, layout: SideLayout) -> Register:
    if not _NAME.fullmatch(row.name):
        raise ConfigurationError(
            f"{row.where}: {row.name[:80]!r} is no name; use up to 64 letters, digits and underscores"
        )
    here = f"{row.where}: {row.name}"
    function = layout.function if row.function is None else row.function
    _check_function(here, row.side, function)
    length = _length(here, row, layout, function)
    address = layout.base + row.address
    if row.address < 0 or address + length > _ADDRESSES:
        raise ConfigurationError(
            f"{here}: address {row.address} with base {layout.base} and length {length} is outside of 0 to 65535"
        )
    if row.scale <= 0:
        raise ConfigurationError(f"{here}: scale is {row.scale}; it must be greater than 0")
    if row.scale != 1 and row.type in {RegisterType.TEXT, RegisterType.DATETIME, RegisterType.BOOL}:
        raise ConfigurationError(f"{here}: {row.type} takes no scale; only numbers are scaled")
    default = layout.text_byte_order if row.type is RegisterType.TEXT else layout.byte_order
    return Register(
        name=row.name,
        side=row.side,
        address=address,
        length=length,
        type=row.type,
        scale=row.scale,
        unit=row.unit,
        byte_order=row.byte_order or default,
        word_order=row.word_order or layout.word_order,
        function=function,
        where=row.where,
    )


def _length(here: str, row: Row, layout: SideLayout, function: int) -> int:
    fixed = row.type.words
    if row.length is None and fixed is None:
        raise ConfigurationError(f"{here}: length is missing; text has as many registers as its length says")
    length = fixed if row.length is None else row.length
    if length is None or length < 1:
        raise ConfigurationError(f"{here}: length is {row.length}; it must be 1 or more")
    if fixed is not None and length != fixed:
        raise ConfigurationError(f"{here}: length is {length}, but {row.type} has {fixed}; leave it out")
    most = 1 if function == _SINGLE_WRITE else layout.limits.max_words
    if length > most:
        raise ConfigurationError(f"{here}: length is {length}, but function {function} takes {most} in one request")
    return length


def _check_function(here: str, side: Side, function: int) -> None:
    known = _FUNCTIONS[side]
    if function not in known:
        raise ConfigurationError(f"{here}: function is {function}; to {side} there are {known[0]} and {known[1]}")


def _check_overlaps(registers: Sequence[Register]) -> None:
    """Refuse words that are in two registers; input registers are other words than holding registers."""
    tables: dict[bool, list[Register]] = {}
    for one in registers:
        tables.setdefault(one.function == _INPUT_REGISTERS, []).append(one)
    for table in tables.values():
        table.sort(key=lambda one: (one.address, one.end))
        for before, after in pairwise(table):
            if after.address < before.end:
                raise ConfigurationError(
                    f"{after.where}: {after.name} at {_span(after)} overlaps {before.name} at {_span(before)} "
                    f"of {before.where}"
                )


def _span(register: Register) -> str:
    last = register.end - 1
    return str(register.address) if last == register.address else f"{register.address}-{last}"
