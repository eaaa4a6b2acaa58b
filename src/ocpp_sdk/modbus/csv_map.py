"""The CSV map of stations in the field: name; free text; length; IN or OUT; address.

The sides are named from the PLC: OUT is what we read, IN is what we write. Lines end in LF, CR, or both. A row without
all of these is a heading, and so is one in which neither length nor side nor address is what it should be, such as the
titles of the columns; a row in which only some of them are is a mistake and refused.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Final

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.modbus.checking import Row, build_map, check_layout
from ocpp_sdk.modbus.registers import RegisterMap, RegisterType, Side, SideLayout, SideLimits

__all__ = ["STATION_READ", "STATION_WRITE", "read_csv"]

STATION_READ: Final = SideLayout(function=4, base=200, limits=SideLimits(max_words=125, max_gap=125))
"""How stations in the field are read: input registers from 200 on, gaps included."""
STATION_WRITE: Final = SideLayout(function=16, base=0, limits=SideLimits(max_words=123))
"""How stations in the field are written: holding registers from 0 on."""

_SIDES: Final = {"IN": Side.WRITE, "OUT": Side.READ}
_NUMBERS: Final = {1: RegisterType.U16, 2: RegisterType.U32, 4: RegisterType.U64}
_LINE: Final = re.compile(r"\r\n|\r|\n")
_WHOLE: Final = re.compile(r"[0-9]{1,6}")


def read_csv(
    text: str, *, name: str, read: SideLayout = STATION_READ, write: SideLayout = STATION_WRITE
) -> RegisterMap:
    """Read a map from CSV.

    Args:
        text: of the file.
        name: of the file, for what is said about its rows.
        read: what holds for registers that we read.
        write: what holds for registers that we write.

    Raises:
        ConfigurationError: one line with file, row and reason.
    """
    check_layout(name, Side.READ, read)
    check_layout(name, Side.WRITE, write)
    return build_map(name, _rows(text, name), read, write)


def _rows(text: str, name: str) -> Iterator[Row]:
    for number, line in enumerate(_LINE.split(text), 1):
        row = _row(line, f"{name}:{number}")
        if row is not None:
            yield row


def _row(line: str, where: str) -> Row | None:
    try:
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=";"), [])]
    except csv.Error as error:
        raise ConfigurationError(f"{where}: {error}") from None
    if len(cells) < 5:
        return None
    name, _, length, side, address = cells[:5]
    if not (name and length and side and address):
        return None
    checks = {
        f"length {length!r} is no whole number": _WHOLE.fullmatch(length) is not None,
        f"{side!r} is neither IN nor OUT": side.upper() in _SIDES,
        f"address {address!r} is no whole number": _WHOLE.fullmatch(address) is not None,
    }
    if not any(checks.values()):
        return None
    for complaint, right in checks.items():
        if not right:
            raise ConfigurationError(f"{where}: {name if name.isprintable() else ascii(name)}: {complaint}")
    words = int(length)
    return Row(
        where=where,
        name=name,
        side=_SIDES[side.upper()],
        address=int(address),
        type=_type(f"{where}: {name if name.isprintable() else ascii(name)}", name, words),
        length=words,
    )


def _type(here: str, name: str, words: int) -> RegisterType:
    if name.endswith("_DATETIME") and words == 4:
        return RegisterType.DATETIME
    if words > 4:
        return RegisterType.TEXT
    found = _NUMBERS.get(words)
    if found is None:
        raise ConfigurationError(f"{here}: length is {words}; a number has 1, 2 or 4 registers and text more than 4")
    return found
