"""`ocpp-sdk plc-simulator`: a PLC on Modbus TCP for those who have none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ocpp_sdk.cli.ending import say

if TYPE_CHECKING:
    from ocpp_sdk.modbus.registers import RegisterMap
    from ocpp_sdk.modbus.simulator.scenario import Step
    from ocpp_sdk.modbus.simulator.server import SimulatedPlc

__all__ = ["command"]

_STDIN: Final = 0
_MAX_LINE: Final = 4096


def command(
    *,
    host: Annotated[str, typer.Option(envvar="OCPP_HOST", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="OCPP_PORT", min=0, max=65535, help="0 takes a free one.")] = 1502,
    map_file: Annotated[
        Path | None,
        typer.Option("--map", envvar="OCPP_MAP", metavar="FILE", help="TOML or CSV; by default the map of the field."),
    ] = None,
    connectors: Annotated[
        int | None, typer.Option(envvar="OCPP_CONNECTORS", min=1, max=99, help="Instead of the number in the map.")
    ] = None,
    unit: Annotated[int, typer.Option(envvar="OCPP_UNIT", min=0, max=255, help="Unit id; 0 answers to all.")] = 1,
    scenario: Annotated[
        Path | None,
        typer.Option(envvar="OCPP_SCENARIO", metavar="FILE", help="What happens, a step a line; then it goes on."),
    ] = None,
) -> None:
    """Simulate a PLC; plug, unplug, swipe, power, fault and more are read from stdin, a step a line."""
    import asyncio
    import logging
    from contextlib import suppress

    from ocpp_sdk.modbus.checking import read_text
    from ocpp_sdk.modbus.map import default_map, load_map
    from ocpp_sdk.modbus.simulator.scenario import parse_scenario
    from ocpp_sdk.modbus.simulator.server import SimulatedPlc

    # What it logs about a request is what the simulator was told to do.
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    register_map = default_map(connectors or 2) if map_file is None else load_map(map_file, connectors=connectors)
    steps: list[Step] = []
    if scenario is not None:
        steps = parse_scenario(read_text(scenario), name=scenario.name, connectors=register_map.connectors)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(register_map, SimulatedPlc, host, port, unit, steps))


async def _serve(
    register_map: RegisterMap, make: type[SimulatedPlc], host: str, port: int, unit: int, steps: list[Step]
) -> None:
    import asyncio

    from ocpp_sdk.modbus.simulator.server import serve_plc

    plc = make(register_map, unit_id=unit)
    async with serve_plc(plc, host=host, port=port) as address:
        say(f"a PLC with {register_map.connectors} connectors answers at {address} as unit {unit}")
        typing = asyncio.create_task(_read_steps(plc, register_map.connectors))
        try:
            for step in steps:
                await asyncio.sleep(step.wait_s)
                step.apply(plc)
            if steps:
                say("the scenario is over")
            await asyncio.get_running_loop().create_future()
        finally:
            typing.cancel()
            await asyncio.gather(typing, return_exceptions=True)


async def _read_steps(plc: SimulatedPlc, connectors: int) -> None:
    """Do what is typed, until stdin ends; it is read by a thread of its own, which may wait for ever."""
    import asyncio
    import os
    import threading

    from ocpp_sdk.errors import ConfigurationError
    from ocpp_sdk.modbus.simulator.scenario import parse_step

    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str] = asyncio.Queue()

    def read() -> None:
        # sys.stdin would be locked by this thread when the interpreter ends, which aborts it.
        rest = b""
        try:
            while data := os.read(_STDIN, 4096):
                *whole, rest = (rest + data).split(b"\n")
                for line in whole:
                    loop.call_soon_threadsafe(lines.put_nowait, line.decode(errors="replace"))
                rest = rest[:_MAX_LINE]
        except (RuntimeError, OSError):
            # The loop or stdin is closed, so the command ends.
            return

    threading.Thread(target=read, daemon=True).start()
    while True:
        line = await lines.get()
        try:
            step = parse_step(line, connectors=connectors)
        except ConfigurationError as error:
            say(str(error))
            continue
        if step is not None:
            await asyncio.sleep(step.wait_s)
            step.apply(plc)
