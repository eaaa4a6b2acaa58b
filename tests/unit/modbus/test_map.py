"""Register maps: the one that comes along, TOML, the CSV of the field, and a line for each thing that can be wrong."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.modbus.csv_map import read_csv
from ocpp_sdk.modbus.map import default_map, load_map, parse_toml
from ocpp_sdk.modbus.registers import ByteOrder, RegisterType, Side

HEAD = "[read]\nfunction = 4\nbase = 200\n[write]\nfunction = 16\n"


def with_read(*rows: str, head: str = HEAD) -> str:
    """Return a map whose rows for reading begin at line 7."""
    return "\n".join([*head.splitlines(), "[read.registers]", *rows, ""])


def complaint(text: str) -> str:
    """Return the one line that refuses a map."""
    with pytest.raises(ConfigurationError) as caught:
        parse_toml(text, name="box.toml")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_default_map_for_two_connectors_reads_135_registers_from_200() -> None:
    """The map that comes along has the size and the place that stations in the field have."""
    found = default_map(2)
    words = [word for one in found.of(Side.READ) for word in range(one.address, one.end)]
    assert words == list(range(200, 335))
    assert found.connectors == 2
    assert found.registers["BN_CS_DATETIME"].address == 0
    assert {one.function for one in found.of(Side.READ)} == {4}
    assert {one.function for one in found.of(Side.WRITE)} == {16}


@pytest.mark.parametrize("connectors", [1, 3, 12])
def test_default_map_has_the_same_registers_for_each_connector(connectors: int) -> None:
    """Any number of connectors, each with the names of the contract."""
    found = default_map(connectors)
    assert found.connectors == connectors
    names = {name.replace("CON1_", "CONn_") for name in found.registers if "_CON1_" in name}
    for number in range(2, connectors + 1):
        assert {name.replace(f"CON{number}_", "CONn_") for name in found.registers if f"_CON{number}_" in name} == names
    assert found.registers[f"START_CON{connectors}_IDTAG"].type is RegisterType.TEXT


def test_row_with_every_setting_is_read_as_it_says() -> None:
    """Nothing that a row says is lost."""
    row = (
        'P = { address = 3, type = "s32", scale = 0.1, unit = "W", bytes = "low-first", words = "high-first", '
        "function = 3 }"
    )
    one = parse_toml(with_read(row), name="box.toml").registers["P"]
    assert (one.address, one.length, one.scale, one.unit) == (203, 2, Fraction(1, 10), "W")
    assert (one.byte_order, one.word_order.value, one.function) == (ByteOrder.LOW_FIRST, "high-first", 3)
    assert one.where == "box.toml:7"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            ['A = { address = 0, type = "u32" }', 'B = { address = 1, type = "u16" }'],
            "box.toml:8: B at 201 overlaps A at 200-201 of box.toml:7",
        ),
        (
            ['A = { address = 0, type = "u17" }'],
            "box.toml:7: A.type: input should be 'u16', 'u32', 'u64', 's16', 's32', 's64', 'bool', 'text' or "
            "'datetime', not 'u17'",
        ),
        (['A = { address = 0, type = "u32", length = 3 }'], "box.toml:7: A: length is 3, but u32 has 2; leave it out"),
        (
            ['A = { address = 0, type = "text" }'],
            "box.toml:7: A: length is missing; text has as many registers as its length says",
        ),
        (
            ['A = { address = 0, type = "text", length = 124 }'],
            "box.toml:7: A: length is 124, but function 4 takes 123 in one request",
        ),
        (
            ['A = { address = 0, type = "u16" }', 'A = { address = 1, type = "u16" }'],
            "box.toml:8: this name is given twice in its table",
        ),
        (
            ['A = { address = 65335, type = "u32" }'],
            "box.toml:7: A: address 65335 with base 200 and length 2 is outside of 0 to 65535",
        ),
        (
            ['A = { address = -1, type = "u16" }'],
            "box.toml:7: A.address: input should be greater than or equal to 0, not '-1'",
        ),
        (['A = { type = "u16" }'], "box.toml:7: A.address: is missing"),
        (
            ['A = { address = 0, type = "u16", lenght = 1 }'],
            "box.toml:7: A.lenght: is no setting of a map; see docs/modbus.md",
        ),
        (
            ['A = { address = 0, type = "u16", scale = 0 }'],
            "box.toml:7: A: scale is 0; it must be greater than 0",
        ),
        (
            ['A = { address = 0, type = "text", length = 5, scale = 2 }'],
            "box.toml:7: A: text takes no scale; only numbers are scaled",
        ),
        (
            ['A = { address = 0, type = "u16", function = 16 }'],
            "box.toml:7: A: function is 16; to read there are 3 and 4",
        ),
        (
            ['"A B" = { address = 0, type = "u16" }'],
            "box.toml:7: 'A B' is no name; use up to 64 letters, digits and underscores",
        ),
        (["A = { address = 0"], "box.toml:7: Unclosed inline table"),
        (
            ['A = { address = 0, type = "u16" }', "[write.registers]", 'A = { address = 0, type = "u16" }'],
            "box.toml:9: A is also the name of box.toml:7; rename one of them",
        ),
        (
            ['A = { address = 0, type = "u16" }', "[read.connector]", "stride = 4", "[read.connector.registers]",
             'B = { address = 9, type = "u16" }'],
            "box.toml:11: B has no {n}, which stands for the number of the connector",
        ),
        ([], "box.toml: has no registers"),
    ],
)  # fmt: skip
def test_bad_row_is_refused_with_its_line_and_the_reason(rows: list[str], said: str) -> None:
    """A user finds the row and knows what to do with it."""
    assert complaint(with_read(*rows)) == said


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("[read]\nfunction = 5\n[write]\nfunction = 16\n", "box.toml:1: function is 5; to read there are 3 and 4"),
        (
            "[read]\nfunction = 4\nmax_registers = 126\n[write]\nfunction = 16\n",
            "box.toml:1: max_registers is 126; Modbus allows 1 to 125",
        ),
        ("[read]\nfunction = 4\n", "box.toml: write: is missing"),
        (
            'connectors = "2"\n[read]\nfunction = 4\n[write]\nfunction = 16\n',
            "box.toml:1: connectors: input should be a valid integer, not '2'",
        ),
        ("", "box.toml: read: is missing"),
    ],
)
def test_bad_setting_of_a_side_is_refused_with_its_line(head: str, said: str) -> None:
    """What holds for all rows is looked at as well."""
    assert complaint(head) == said


def test_same_words_of_two_sides_with_the_same_function_table_overlap() -> None:
    """Input registers are other words than holding registers, but function 3 reads what function 16 writes."""
    rows = ['A = { address = 0, type = "u16", function = 3 }', "[write.registers]"]
    assert "overlaps" in complaint(with_read(*rows, 'B = { address = 200, type = "u16" }'))
    apart = with_read('A = { address = 0, type = "u16" }', *rows[1:], 'B = { address = 200, type = "u16" }')
    assert set(parse_toml(apart, name="box.toml").registers) == {"A", "B"}


def test_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A wrong path is one line."""
    with pytest.raises(ConfigurationError, match=r"absent\.toml: cannot be read: No such file or directory"):
        load_map(tmp_path / "absent.toml")


@given(st.text(max_size=80) | st.sampled_from(["[read", "a=[[[", "\0", "read = 1", "[read]\nregisters = 3"]))
def test_any_text_is_a_map_or_refused_in_one_line(text: str) -> None:
    """Whatever is taken for a map, nothing but ConfigurationError comes out."""
    parsers: list[Callable[[], object]] = [lambda: parse_toml(text, name="m"), lambda: read_csv(text, name="m")]
    for parse in parsers:
        with pytest.raises(ConfigurationError) as caught:
            parse()
        assert len(str(caught.value).splitlines()) == 1


CSV_ROWS = [
    "Boot;;;;",
    "Name;Comment;Length;Direction;Address",
    "",
    "BN_PLC_RUNNING;set when ready;1;OUT;0",
    "BN_PLC_SW_VERSION;;10;OUT;1;extra",
    "MV_CONNECTOR1_WHMETER;energy;2;OUT;11",
    "MV_BIG;;4;OUT;13",
    "HB_CS_DATETIME;;4;IN;0",
    "START_CON1_COMPLETE;'quoted; no';1;IN",
]


@pytest.mark.parametrize("ending", ["\n", "\r", "\r\n"])
def test_csv_of_the_field_is_read_by_its_rules(ending: str, tmp_path: Path) -> None:
    """Types by length and name, sides as seen by the PLC, headings passed over, whatever ends a line."""
    path = tmp_path / "Map.CSV"
    path.write_bytes(ending.join(CSV_ROWS).encode())
    found = load_map(path).registers
    assert {name: (one.side.value, one.address, one.length, one.type.value) for name, one in found.items()} == {
        "BN_PLC_RUNNING": ("read", 200, 1, "u16"),
        "BN_PLC_SW_VERSION": ("read", 201, 10, "text"),
        "MV_CONNECTOR1_WHMETER": ("read", 211, 2, "u32"),
        "MV_BIG": ("read", 213, 4, "u64"),
        "HB_CS_DATETIME": ("write", 0, 4, "datetime"),
    }
    assert found["BN_PLC_SW_VERSION"].byte_order is ByteOrder.LOW_FIRST
    assert found["BN_PLC_RUNNING"].where == "Map.CSV:4"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["A;;1;OUT;0", "B;;3;OUT;1"], "m.csv:2: B: length is 3; a number has 1, 2 or 4 registers and text more than"),
        (["A;;1;OUT;0", "B;;x;OUT;1"], "m.csv:2: B: length 'x' is no whole number"),
        (["A;;1;OUT;0", "B;;1;BOTH;1"], "m.csv:2: B: 'BOTH' is neither IN nor OUT"),
        (["A;;1;OUT;0", "B;;1;IN;-4"], "m.csv:2: B: address '-4' is no whole number"),
        (["A;;1;OUT;0", "A;;1;OUT;1"], "m.csv:2: A is also the name of m.csv:1; rename one of them"),
        (["A;;2;OUT;0", "", "B;;1;OUT;1"], "m.csv:3: B at 201 overlaps A at 200-201 of m.csv:1"),
        (["A;;0;OUT;0"], "m.csv:1: A: length is 0; a number has 1, 2 or 4 registers and text more than 4"),
        (["A;;200;OUT;0"], "m.csv:1: A: length is 200, but function 4 takes 125 in one request"),
    ],
)
def test_bad_row_of_a_csv_is_refused_with_its_line_and_the_reason(rows: list[str], said: str) -> None:
    """A row in which only something is wrong is no heading."""
    with pytest.raises(ConfigurationError) as caught:
        read_csv("\n".join(rows), name="m.csv")
    assert str(caught.value).startswith(said)
