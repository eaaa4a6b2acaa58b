"""`ocpp-sdk modbus` against a PLC on a real socket."""

import asyncio
import json
import socket
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ocpp_sdk.modbus.discovery import GROUP
from ocpp_sdk.modbus.map import default_map
from ocpp_sdk.modbus.settings import TcpAddress
from ocpp_sdk.modbus.words import encode
from tests.integration.modbus.plc import Plc, tcp_server
from tests.integration.modbus.test_discovery import send
from tests.unit.cli.running import COMMAND, environment
from tests.unit.modbus.test_announcement import pdu

MAP = default_map(2)
pytestmark = pytest.mark.anyio


@asynccontextmanager
async def command(*arguments: str) -> AsyncIterator[Process]:
    """Run a command, and end it if it has not ended."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "modbus", *arguments, stdout=PIPE, stderr=PIPE, env=environment()
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def run(*arguments: str) -> tuple[int, list[str], list[str]]:
    """Run a command to its end: exit code, lines of stdout, lines of stderr."""
    async with command(*arguments) as process:
        out, err = await process.communicate()
    assert process.returncode is not None
    assert b"Traceback" not in err
    return process.returncode, out.decode().splitlines(), err.decode().splitlines()


def filled() -> Plc:
    """Return a PLC with a meter value and a tag that is none."""
    plc = Plc(MAP)
    plc.set(MAP, "MV_CONNECTOR1_WHMETER", *encode(MAP.registers["MV_CONNECTOR1_WHMETER"], 70_000))
    plc.set(MAP, "AUTH_CON1_IDTAG", 0xFFFF)
    return plc


async def test_dump_prints_every_register_with_address_type_value_and_unit() -> None:
    """What a technician needs to compare with the plan of the PLC."""
    async with tcp_server(filled()) as address:
        code, lines, said = await run("dump", str(address), "--written")
    assert (code, said) == (0, [])
    assert len(lines) == len(MAP.registers)
    assert "MV_CONNECTOR1_WHMETER\t268\tu32\t70000\tWh" in lines
    assert "BN_PLC_RUNNING\t200\tbool\t0" in lines
    assert "HB_CS_DATETIME\t5\tdatetime\t-" in lines
    assert any(line.startswith("AUTH_CON1_IDTAG\t226\ttext\t? ") for line in lines)


async def test_dump_as_json_has_an_object_a_line() -> None:
    """For programs."""
    async with tcp_server(filled()) as address:
        _, lines, _ = await run("dump", str(address), "--json-lines")
    found = {one["name"]: one for one in map(json.loads, lines)}
    assert found["MV_CONNECTOR1_WHMETER"]["value"] == 70_000
    assert "ASCII" in found["AUTH_CON1_IDTAG"]["problem"]


async def test_watch_prints_what_changes_and_outlives_a_dead_plc() -> None:
    """The first time all, then only changes; a failure is a line on stderr."""
    plc = filled()
    watching = ("--period", "0.05", "--timeout", "1")
    async with tcp_server(plc) as address, command("watch", str(address), *watching) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        count = sum(one.side.value == "read" for one in MAP.registers.values())
        first = [(await process.stdout.readline()).decode() for _ in range(count)]
        assert any("\tMV_CONNECTOR1_WHMETER\t268\tu32\t70000\tWh" in line for line in first)
        plc.set(MAP, "SN_CON2_STATUS", 2)
        changed = (await process.stdout.readline()).decode().rstrip("\n").split("\t")
        assert changed[1:] == ["SN_CON2_STATUS", "322", "u16", "2"]
        plc.broken = True
        assert b"was refused with exception 4" in await process.stderr.readline()
        plc.broken = False
        plc.set(MAP, "SN_CON2_STATUS", 3)
        assert b"\tSN_CON2_STATUS\t322\tu16\t3" in await process.stdout.readline()


async def test_dead_plc_is_one_line_and_code_4() -> None:
    """As with any peer that gives no usable reply."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = TcpAddress("127.0.0.1", probe.getsockname()[1])
        code, lines, said = await run("dump", str(address))
    assert (code, lines) == (4, [])
    assert said == [f"ocpp-sdk: no connection to {address}: Connection refused; check the address and the PLC"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["dump", "10.0.0.7:x"], 2, "'10.0.0.7:x' is no address; it is HOST or HOST:PORT, or the path of a serial"),
        (["dump", "/dev/ttyS9", "--parity", "Q"], 2, "--parity is 'Q'; it is N, E or O"),
        (["dump", "10.0.0.7", "--map", "absent.toml"], 1, "absent.toml: cannot be read: No such file or directory"),
        (["dump", "/dev/absent"], 4, "no connection to /dev/absent: No such file or directory; check the address"),
    ],
)
async def test_option_that_cannot_work_is_one_line(arguments: list[str], code: int, said: str) -> None:
    """Every mistake says what to do."""
    ended, lines, found = await run(*arguments)
    assert (ended, lines, len(found)) == (code, [], 1)
    assert found[0].startswith(f"ocpp-sdk: {said}")


async def test_check_tells_what_a_map_holds_or_its_first_bad_row(tmp_path: Path) -> None:
    """A map is looked over without a PLC."""
    path = tmp_path / "box.csv"
    path.write_text("START_CON1_CMD;;1;OUT;0\n", encoding="utf-8")
    code, _, said = await run("check", str(path))
    assert (code, said) == (1, ["ocpp-sdk: box.csv: START_CON1_WHMETER is missing in [read]; the handshake needs it"])
    own = Path(__file__).parents[3] / "src" / "ocpp_sdk" / "modbus" / "station.toml"
    code, _, said = await run("check", str(own), "--connectors", "3")
    assert (code, said) == (0, ["ocpp-sdk: station.toml: 123 registers for 3 connectors, read in 2 requests"])


async def test_discover_prints_each_plc_once() -> None:
    """Host, port and unit id, ready to be used."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((GROUP, 7751))
        except OSError:
            pytest.skip("another program listens to announcements on this machine")
    async with command("discover", "--interface", "127.0.0.1", "--seconds", "30") as process:
        assert process.stdout is not None
        line = asyncio.ensure_future(process.stdout.readline())
        while not line.done():
            send(7751, pdu())
            await asyncio.wait([line], timeout=0.2)
        assert await line == b"127.0.0.1\t1502\t7\n"
