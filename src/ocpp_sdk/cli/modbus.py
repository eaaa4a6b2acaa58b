"""`ocpp-sdk modbus`: look at the registers of a PLC, check a register map, hear which PLCs there are, bridge one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ocpp_sdk.cli import modbus_bridge
from ocpp_sdk.cli.ending import EXIT_NO_REPLY, UsageError, one_line, say

if TYPE_CHECKING:
    from ocpp_sdk.errors import AnnouncementError
    from ocpp_sdk.modbus.announcement import Announcement
    from ocpp_sdk.modbus.device import ModbusDevice
    from ocpp_sdk.modbus.registers import RegisterMap, Value
    from ocpp_sdk.modbus.snapshot import Snapshot

__all__ = ["app"]

_MOST_HEARD: Final = 10_000

app = typer.Typer(
    help="Look at a PLC on Modbus: its registers, its map, its announcements; or bridge it.", no_args_is_help=False
)
app.command("bridge")(modbus_bridge.command)

_Target = Annotated[
    str, typer.Argument(metavar="HOST[:PORT]", help="Of the PLC, or the path of a serial port.", show_default=False)
]
_MapFile = Annotated[
    Path | None,
    typer.Option("--map", envvar="OCPP_MAP", metavar="FILE", help="TOML or CSV; by default the map of the field."),
]
_Connectors = Annotated[
    int | None, typer.Option(envvar="OCPP_CONNECTORS", min=1, max=99, help="Instead of the number in the map.")
]
_Unit = Annotated[int, typer.Option(envvar="OCPP_UNIT", min=0, max=255, help="Unit id of the PLC.")]
_Timeout = Annotated[float, typer.Option(envvar="OCPP_TIMEOUT", min=0.001, help="Seconds to wait for each answer.")]
_BaudRate = Annotated[int, typer.Option(envvar="OCPP_BAUD_RATE", min=300, help="Of a serial port.")]
_Parity = Annotated[str, typer.Option(envvar="OCPP_PARITY", help="Of a serial port: N, E or O.")]
_Json = Annotated[bool, typer.Option("--json-lines", envvar="OCPP_JSON_LINES", help="Print a JSON object a line.")]


@app.command()
def dump(  # noqa: PLR0913 - one parameter an option
    target: _Target,
    *,
    map_file: _MapFile = None,
    connectors: _Connectors = None,
    unit: _Unit = 1,
    timeout: _Timeout = 3,
    baud_rate: _BaudRate = 19200,
    parity: _Parity = "N",
    written: Annotated[
        bool, typer.Option("--written", envvar="OCPP_WRITTEN", help="Show what is written to the PLC as well.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Read all registers once: name, address, type, value and unit of each."""
    import asyncio

    from ocpp_sdk.errors import ModbusError

    device = _device(target, map_file, connectors, unit=unit, timeout=timeout, baud_rate=baud_rate, parity=parity)
    try:
        snapshots = asyncio.run(_read(device, written=written))
    except ModbusError as error:
        say(str(error))
        raise typer.Exit(EXIT_NO_REPLY) from None
    for snapshot in snapshots:
        for line in _lines(device.register_map, snapshot, as_json=as_json):
            print(line)


@app.command()
def watch(  # noqa: PLR0913 - one parameter an option
    target: _Target,
    *,
    map_file: _MapFile = None,
    connectors: _Connectors = None,
    unit: _Unit = 1,
    timeout: _Timeout = 3,
    baud_rate: _BaudRate = 19200,
    parity: _Parity = "N",
    period: Annotated[float, typer.Option(envvar="OCPP_PERIOD", min=0.01, help="Seconds between two reads.")] = 0.5,
    as_json: _Json = False,
) -> None:
    """Read all registers again and again; after the first time only what has changed is printed."""
    import asyncio

    device = _device(target, map_file, connectors, unit=unit, timeout=timeout, baud_rate=baud_rate, parity=parity)
    asyncio.run(_watch(device, period, as_json=as_json))


@app.command()
def check(
    map_file: Annotated[Path, typer.Argument(metavar="FILE", help="TOML or CSV.", show_default=False)],
    *,
    connectors: _Connectors = None,
) -> None:
    """See that a register map can work, and that it has all that the handshake needs."""
    from ocpp_sdk.modbus.handshake import check_handshake
    from ocpp_sdk.modbus.map import load_map
    from ocpp_sdk.modbus.planning import plan_reads

    register_map = load_map(map_file, connectors=connectors)
    check_handshake(register_map)
    requests = len(plan_reads(register_map))
    say(
        f"{register_map.name}: {len(register_map.registers)} registers for {register_map.connectors} connectors, "
        f"read in {requests} requests"
    )


@app.command()
def discover(
    *,
    interface: Annotated[
        str | None, typer.Option(envvar="OCPP_INTERFACE", help="Address of the network interface to listen on.")
    ] = None,
    seconds: Annotated[float, typer.Option(envvar="OCPP_SECONDS", min=0.1, help="How long to listen.")] = 30,
) -> None:
    """Listen to announcements: host, port and unit id of each PLC, once."""
    import asyncio

    asyncio.run(_discover(interface, seconds))


async def _read(device: ModbusDevice, *, written: bool) -> list[Snapshot]:
    async with device:
        snapshots = [await device.read()]
        if written:
            snapshots.append(await device.read_back())
        return snapshots


async def _watch(device: ModbusDevice, period: float, *, as_json: bool) -> None:
    from contextlib import aclosing
    from dataclasses import replace

    from ocpp_sdk.errors import ModbusError

    before: dict[str, object] = {}
    async with device, aclosing(device.poll(period)) as polled:
        async for found in polled:
            if isinstance(found, ModbusError):
                say(str(found))
                continue
            now: dict[str, object] = {**found.values, **found.problems}
            changed = {name for name, value in now.items() if name not in before or before[name] != value}
            before = now
            part = replace(
                found,
                values={name: value for name, value in found.values.items() if name in changed},
                problems={name: text for name, text in found.problems.items() if name in changed},
            )
            at = datetime.now().astimezone().isoformat(timespec="milliseconds")
            for line in _lines(device.register_map, part, as_json=as_json, at=at):
                print(line, flush=True)


async def _discover(interface: str | None, seconds: float) -> None:
    import asyncio
    from contextlib import aclosing, suppress

    from ocpp_sdk.errors import AnnouncementError
    from ocpp_sdk.modbus.discovery import listen

    heard: set[str] = set()
    async with aclosing(listen(interface=interface) if interface else listen()) as announcements:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for found in announcements:
                    refused = isinstance(found, AnnouncementError)
                    line = _announced(found)
                    if line in heard or len(heard) >= _MOST_HEARD:
                        continue
                    heard.add(line)
                    if refused:
                        say(line)
                    else:
                        print(line, flush=True)


def _announced(found: Announcement | AnnouncementError) -> str:
    if isinstance(found, Exception):
        return str(found)
    return f"{found.address.host}\t{found.address.port}\t{found.unit_id}"


def _device(
    target: str,
    map_file: Path | None,
    connectors: int | None,
    *,
    unit: int,
    timeout: float,
    baud_rate: int,
    parity: str,
) -> ModbusDevice:
    import logging

    from ocpp_sdk.errors import ConfigurationError
    from ocpp_sdk.modbus.device import ModbusDevice
    from ocpp_sdk.modbus.map import default_map, load_map
    from ocpp_sdk.modbus.settings import DeviceSettings, address_of

    # All that it logs comes as an error as well.
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    register_map = default_map(connectors or 2) if map_file is None else load_map(map_file, connectors=connectors)
    try:
        address = address_of(target, baud_rate=baud_rate, parity=parity)
    except ConfigurationError as error:
        raise UsageError(str(error)) from None
    return ModbusDevice(register_map, address, DeviceSettings(unit_id=unit, timeout_s=timeout))


def _lines(register_map: RegisterMap, snapshot: Snapshot, *, as_json: bool, at: str = "") -> Iterator[str]:
    for register in register_map.registers.values():
        name = register.name
        problem = snapshot.problems.get(name)
        if name not in snapshot.values and problem is None:
            continue
        value = snapshot.values.get(name)
        if as_json:
            fields = {"at": at, "name": name, "address": register.address, "type": register.type.value}
            shown = value.isoformat() if isinstance(value, datetime) else value
            found = {**fields, "value": shown, "unit": register.unit, "problem": problem}
            yield json.dumps({key: part for key, part in found.items() if part or key == "value"})
        else:
            text = f"? {problem}" if problem is not None else _text(value)
            columns = (at, name, str(register.address), register.type.value, text, register.unit)
            yield "\t".join(one_line(part) for part in columns[0 if at else 1 :]).rstrip("\t")


def _text(value: Value) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "1" if value else "0"
    return value.isoformat() if isinstance(value, datetime) else str(value)
