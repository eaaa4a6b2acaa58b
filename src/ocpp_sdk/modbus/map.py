"""Register maps from files: TOML in the format of docs/modbus.md, or the CSV of stations in the field.

    connectors = 2

    [read]
    function = 4
    base = 200

    [read.registers]
    BN_PLC_RUNNING = { address = 0, type = "bool" }

    [read.connector]
    stride = 55

    [read.connector.registers]
    "AUTH_CON{n}_CMD" = { address = 25, type = "bool" }

What is wrong with a file is told with its line, which is found in the text, since the parser of TOML does not tell it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.modbus.checking import Row, build_map, check_layout, read_text
from ocpp_sdk.modbus.csv_map import read_csv
from ocpp_sdk.modbus.registers import (
    ByteOrder,
    RegisterMap,
    RegisterType,
    Side,
    SideLayout,
    SideLimits,
    WordOrder,
)

__all__ = ["default_map", "load_map", "parse_toml"]

_NUMBER: Final = "{n}"
_DEFAULT: Final = "station.toml"
_Count = Annotated[int, Field(strict=True, ge=1, le=99)]
_Word = Annotated[int, Field(strict=True, ge=0, le=65535)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Row(_Model):
    address: _Word
    type: RegisterType
    length: Annotated[int, Field(strict=True)] | None = None
    scale: Annotated[Decimal, Field(allow_inf_nan=False, max_digits=18)] = Decimal(1)
    unit: Annotated[str, Field(strict=True, max_length=16)] = ""
    bytes: ByteOrder | None = None
    words: WordOrder | None = None
    function: Annotated[int, Field(strict=True)] | None = None


class _Connector(_Model):
    stride: Annotated[int, Field(strict=True, ge=1, le=65535)]
    registers: dict[str, _Row]


class _Side(_Model):
    function: Annotated[int, Field(strict=True)]
    base: _Word = 0
    max_registers: Annotated[int, Field(strict=True)] = 123
    max_gap: Annotated[int, Field(strict=True)] = 0
    bytes: ByteOrder = ByteOrder.HIGH_FIRST
    text_bytes: ByteOrder = ByteOrder.LOW_FIRST
    words: WordOrder = WordOrder.LOW_FIRST
    registers: dict[str, _Row] = {}
    connector: _Connector | None = None

    @property
    def layout(self) -> SideLayout:
        return SideLayout(
            function=self.function,
            base=self.base,
            limits=SideLimits(max_words=self.max_registers, max_gap=self.max_gap),
            byte_order=self.bytes,
            text_byte_order=self.text_bytes,
            word_order=self.words,
        )


class _File(_Model):
    connectors: _Count = 1
    read: _Side
    write: _Side


def load_map(path: Path, *, connectors: int | None = None) -> RegisterMap:
    """Read a map from a file: CSV if its name ends in `.csv`, else TOML.

    Args:
        path: of the file.
        connectors: instead of the number that a TOML file says; a CSV names each register.

    Raises:
        ConfigurationError: one line with file, row and reason.
    """
    text = read_text(path)
    if path.suffix.casefold() == ".csv":
        return read_csv(text, name=path.name)
    return parse_toml(text, name=path.name, connectors=connectors)


def default_map(connectors: int = 2) -> RegisterMap:
    """Return the map that comes with the package: the names that stations in the field use, in a layout of our own."""
    text = resources.files(__package__).joinpath(_DEFAULT).read_text(encoding="utf-8")
    return parse_toml(text, name=_DEFAULT, connectors=connectors)


def parse_toml(text: str, *, name: str, connectors: int | None = None) -> RegisterMap:
    """Read a map from TOML.

    Args:
        text: of the file.
        name: of the file, for what is said about its rows.
        connectors: instead of the number that the file says, 1 to 99.

    Raises:
        ConfigurationError: one line with file, row and reason.
    """
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(_syntax_line(name, str(error))) from None
    except (RecursionError, ValueError) as error:
        raise ConfigurationError(f"{name}: {error}") from None
    if connectors is not None:
        document["connectors"] = connectors
    lines = _key_lines(text)
    try:
        file = _File.model_validate(document)
    except ValidationError as error:
        raise ConfigurationError(_invalid_line(name, lines, error)) from None
    for side, table in ((Side.READ, file.read), (Side.WRITE, file.write)):
        check_layout(_where(name, lines, (side.value,)), side, table.layout)
    return build_map(name, _rows(name, lines, file), file.read.layout, file.write.layout)


def _rows(name: str, lines: Mapping[tuple[str, ...], int], file: _File) -> Iterator[Row]:
    for side, table in ((Side.READ, file.read), (Side.WRITE, file.write)):
        for key, row in table.registers.items():
            yield _row(_where(name, lines, (side.value, "registers", key)), key, side, row, 0)
        if table.connector is None:
            continue
        for number in range(1, file.connectors + 1):
            for key, row in table.connector.registers.items():
                where = _where(name, lines, (side.value, "connector", "registers", key))
                if _NUMBER not in key:
                    raise ConfigurationError(
                        f"{where}: {key} has no {_NUMBER}, which stands for the number of the connector"
                    )
                offset = (number - 1) * table.connector.stride
                yield _row(where, key.replace(_NUMBER, str(number)), side, row, offset)


def _row(where: str, name: str, side: Side, row: _Row, offset: int) -> Row:
    return Row(
        where=where,
        name=name,
        side=side,
        address=row.address + offset,
        type=row.type,
        length=row.length,
        scale=Fraction(row.scale),
        unit=row.unit,
        byte_order=row.bytes,
        word_order=row.words,
        function=row.function,
    )


def _syntax_line(name: str, text: str) -> str:
    """Say where TOML is broken; a key that comes twice is what happens most when maps are written by hand."""
    found = re.fullmatch(r"(.*?) \(at (?:line (\d+), column \d+|end of document)\)", text)
    if found is None:
        return f"{name}: {text}"
    reason = "this name is given twice in its table" if found[1].startswith("Cannot overwrite") else found[1]
    return f"{name}:{found[2]}: {reason}" if found[2] else f"{name}: {reason} at its end"


def _invalid_line(name: str, lines: Mapping[tuple[str, ...], int], error: ValidationError) -> str:
    """Say the first thing that is wrong, in the order of the file."""

    def position(path: tuple[str, ...]) -> int:
        return next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), 0)

    paths = [(tuple(str(part) for part in one["loc"]), one) for one in error.errors(include_url=False)]
    path, first = min(paths, key=lambda one: position(one[0]))
    inside = ".".join(part for part in path if part not in {"registers", "connector", "read", "write"}) or path[-1]
    what = first["msg"][:1].lower() + first["msg"][1:]
    given = "" if first["type"] in {"missing", "extra_forbidden"} else f", not {str(first['input'])[:60]!r}"
    if first["type"] == "missing":
        what = "is missing"
    elif first["type"] == "extra_forbidden":
        what = "is no setting of a map; see docs/modbus.md"
    return f"{_where(name, lines, path)}: {inside}: {what}{given}"


def _where(name: str, lines: Mapping[tuple[str, ...], int], path: tuple[str, ...]) -> str:
    for end in range(len(path), 0, -1):
        if path[:end] in lines:
            return f"{name}:{lines[path[:end]]}"
    return name


_HEADER: Final = re.compile(r"\s*\[([^\[\]]+)\]")
_KEY: Final = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=""")
_PART: Final = re.compile(r""""([^"]*)"|'([^']*)'|([\w-]+)""")


def _key_lines(text: str) -> dict[tuple[str, ...], int]:
    """Find the line of each table and key, since the parser of TOML does not tell them."""
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), 1):
        if header := _HEADER.match(line):
            table = _parts(header[1])
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault(table + _parts(key[1]), number)
    return lines


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple("".join(found) for found in _PART.findall(dotted))
