"""`ocpp-sdk modbus bridge`: the bridge between a PLC and a charge point, in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ocpp_sdk.cli.configured import ConfigFile, given
from ocpp_sdk.cli.ending import UsageError, say
from ocpp_sdk.cli.sharing import Identity, MapFile, UnitId

if TYPE_CHECKING:
    from ocpp_sdk.modbus.station.settings import PlcSettings

__all__ = ["command"]


def command(  # noqa: PLR0913 - one parameter an option
    *,
    plc: Annotated[
        str | None,
        typer.Option(envvar="OCPP_PLC", metavar="HOST[:PORT]", help="Of the PLC, or the path of a serial port."),
    ] = None,
    identity: Identity = None,
    storage: Annotated[
        str | None,
        typer.Option(
            envvar="OCPP_STORAGE",
            metavar="URL",
            help="Storage of the charge point, which both use.",
            show_default="sqlite:///ocpp-charge-point.db",
        ),
    ] = None,
    map_file: MapFile = None,
    connectors: Annotated[
        int | None, typer.Option(envvar="OCPP_CONNECTORS", min=1, max=99, help="Instead of the number in the map.")
    ] = None,
    unit: UnitId = None,
    period: Annotated[
        float | None,
        typer.Option(envvar="OCPP_PERIOD", min=0.01, help="Seconds between two reads.", show_default="0.5"),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(envvar="OCPP_TIMEOUT", min=0.001, help="Seconds to wait for each answer.", show_default="3"),
    ] = None,
    baud_rate: Annotated[
        int | None,
        typer.Option(envvar="OCPP_BAUD_RATE", min=300, help="Of a serial port.", show_default="19200"),
    ] = None,
    parity: Annotated[
        str | None, typer.Option(envvar="OCPP_PARITY", help="Of a serial port: N, E or O.", show_default="N")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Bridge a PLC and the charge point that runs with `bridge-process` on the same storage, until it is ended.

    PLC, map and the like come from the table [plc] of the configuration file, identity and storage from [charge-point].
    """
    import asyncio
    import logging
    from contextlib import suppress

    from ocpp_sdk.charge_point.options import ChargePointOptions
    from ocpp_sdk.modbus.options import PlcOptions

    about_plc = {
        "plc": plc,
        "map": map_file,
        "connectors": connectors,
        "unit": unit,
        "period": period,
        "timeout": timeout,
        "baud_rate": baud_rate,
        "parity": parity,
    }
    of_plc = PlcOptions.read(given(about_plc), file=config)
    of_charge_point = ChargePointOptions.read(given({"identity": identity, "storage": storage}), file=config)
    if of_plc.plc is None:
        raise UsageError("--plc is missing; it is HOST or HOST:PORT, or the path of a serial port")
    kept_at = of_charge_point.kept_at(real=True)
    if kept_at.startswith("memory:"):
        raise UsageError("--storage cannot be memory:, since another process uses it as well")
    # All that it logs comes as an error as well.
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    with suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_run(of_plc.settings(), kept_at, of_charge_point.identity))
    say(f"the bridge of {of_charge_point.identity} has ended")


async def _run(settings: PlcSettings, storage: str, identity: str) -> None:
    import asyncio
    import signal
    import sys

    from ocpp_sdk.modbus.station import run_bridge
    from ocpp_sdk.storage import open_store

    task = asyncio.current_task()
    if task is not None and sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    store = await open_store(storage)
    try:
        say(f"bridges the PLC at {settings.address} and the charge point {identity}; Ctrl-C ends it")
        await run_bridge(settings, store, identity, report=say)
    finally:
        await store.close()
