"""`ocpp-sdk charge-point`: a charge point with a PLC, or a simulated one."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ocpp_sdk.cli.configured import ConfigFile, given
from ocpp_sdk.cli.ending import UsageError, one_line, say, silence_stdout
from ocpp_sdk.cli.sharing import Identity, MapFile, UnitId
from ocpp_sdk.operation import OcppVersion

if TYPE_CHECKING:
    from ocpp_sdk.charge_point import ChargePoint, Hardware, SimulatedHardware
    from ocpp_sdk.charge_point.metrics import HardwareCounts
    from ocpp_sdk.charge_point.options import ChargePointOptions
    from ocpp_sdk.modbus.options import PlcOptions
    from ocpp_sdk.storage import Store

__all__ = ["command"]

_FLUSH_S = 5.0


def command(  # noqa: PLR0913 - one parameter an option
    *,
    central_system: Annotated[
        str | None, typer.Option(envvar="OCPP_CENTRAL_SYSTEM", metavar="URL", help="Address of the central system.")
    ] = None,
    identity: Identity = None,
    version: Annotated[
        OcppVersion | None, typer.Option(envvar="OCPP_VERSION", help="Version of OCPP.", show_default="1.5")
    ] = None,
    host: Annotated[
        str | None, typer.Option(envvar="OCPP_HOST", help="Address to serve at.", show_default="127.0.0.1")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            envvar="OCPP_PORT", min=0, max=65535, help="Port to serve at; 0 takes a free one.", show_default="9221"
        ),
    ] = None,
    advertise: Annotated[
        str | None,
        typer.Option(envvar="OCPP_ADVERTISE", help="URL the central system is told to call, if it is another one."),
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            envvar="OCPP_STORAGE",
            metavar="URL",
            help="Where to keep all that must not be lost.",
            show_default="memory: when simulated, else sqlite:///ocpp-charge-point.db",
        ),
    ] = None,
    plc: Annotated[
        str | None,
        typer.Option(
            envvar="OCPP_PLC", metavar="HOST[:PORT]", help="PLC that it drives, path of a serial port, or discover."
        ),
    ] = None,
    map_file: MapFile = None,
    unit: UnitId = None,
    bridge_process: Annotated[
        bool | None,
        typer.Option(
            "--bridge-process/--bridge-inside",
            envvar="OCPP_BRIDGE_PROCESS",
            help="Where the bridge to the PLC runs: `ocpp-sdk modbus bridge`, or here.",
            show_default="bridge-inside",
        ),
    ] = None,
    connectors: Annotated[
        int | None,
        typer.Option(envvar="OCPP_CONNECTORS", min=1, max=99, help="Number of connectors.", show_default="2"),
    ] = None,
    id_tag: Annotated[
        str | None, typer.Option(envvar="OCPP_ID_TAG", help="idTag that charges.", show_default="TAG1")
    ] = None,
    sessions: Annotated[
        int | None,
        typer.Option(
            envvar="OCPP_SESSIONS",
            min=0,
            help="Sessions to run one after the other; 0 only serves.",
            show_default="1",
        ),
    ] = None,
    once: Annotated[
        bool | None,
        typer.Option(
            "--once/--serve-on", envvar="OCPP_ONCE", help="What follows the sessions.", show_default="serve-on"
        ),
    ] = None,
    duration: Annotated[
        float | None,
        typer.Option(envvar="OCPP_DURATION", min=0, help="Seconds after which a session ends.", show_default="10"),
    ] = None,
    sample_interval: Annotated[
        int | None,
        typer.Option(
            envvar="OCPP_SAMPLE_INTERVAL",
            min=0,
            help="Seconds between meter values; 0 sends none.",
            show_default="2",
        ),
    ] = None,
    power: Annotated[
        float | None,
        typer.Option(envvar="OCPP_POWER", min=0, help="What a vehicle draws, in W.", show_default="7400"),
    ] = None,
    boot_attempts: Annotated[
        int | None,
        typer.Option(
            envvar="OCPP_BOOT_ATTEMPTS",
            min=0,
            help="BootNotifications before giving up; 0 never gives up.",
            show_default="1",
        ),
    ] = None,
    metrics_port: Annotated[
        int | None,
        typer.Option(
            envvar="OCPP_METRICS_PORT", min=0, max=65535, help="Port of metrics for Prometheus; 0 serves none."
        ),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Run a charge point: with a PLC behind it, or simulated. It answers every command of its version.

    What happens is printed line by line. Ctrl-C ends it; a simulated one ends its transaction first, one with a PLC
    goes on with it after the next start. More options, as for TLS and commands, stand in the configuration file.
    """
    chosen = given({name: value for name, value in locals().items() if name != "config"})

    from ocpp_sdk.charge_point.options import ChargePointOptions
    from ocpp_sdk.modbus.options import PlcOptions

    about_plc: dict[str, object] = {
        name: chosen.pop(name) for name in ("plc", "unit", "bridge_process") if name in chosen
    }
    if "map_file" in chosen:
        about_plc["map"] = chosen.pop("map_file")
    if "connectors" in chosen:
        about_plc["connectors"] = chosen["connectors"]
    options = ChargePointOptions.read(chosen, file=config)
    of_plc = PlcOptions.read(about_plc, file=config)
    if options.central_system is None:
        raise UsageError("--central-system is missing; it names the URL of the central system")
    if of_plc.plc is not None and of_plc.bridge_process and options.kept_at(real=True).startswith("memory:"):
        raise UsageError("--storage is memory:, which the process of the bridge cannot share; name another one")
    try:
        asyncio.run(_run(options, of_plc, options.central_system))
    except (KeyboardInterrupt, asyncio.CancelledError):
        say(f"{options.identity} has ended")


async def _run(options: ChargePointOptions, of_plc: PlcOptions, url: str) -> None:
    from ocpp_sdk.charge_point import SimulatedHardware, running
    from ocpp_sdk.storage import open_store

    task = asyncio.current_task()
    if task is not None and sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    real = of_plc.plc is not None
    settings, equipment = options.settings(real=real), options.equipment(_print)
    async with contextlib.AsyncExitStack() as stack:
        store = await open_store(options.kept_at(real=real))
        stack.push_async_callback(store.close)
        hardware: Hardware
        if real:
            hardware, counts = await _plc(stack, of_plc, store, options.identity)
        else:
            hardware = SimulatedHardware(options.connectors, options.power, report=_print)
            counts = dict
        run = await stack.enter_async_context(
            running(
                settings,
                url,
                hardware,
                host=options.host,
                port=options.port,
                advertise=options.advertise,
                client=options.client(),
                store=store,
                report=_print,
                equipment=equipment,
                end_transactions=not real,
                flush_s=_FLUSH_S,
            )
        )
        if options.metrics_port:
            from ocpp_sdk.charge_point.metrics import serving_metrics

            port = await stack.enter_async_context(
                serving_metrics(run.charge_point, options.host, options.metrics_port, hardware=counts)
            )
            say(f"metrics at http://{options.host}:{port}/metrics")
        say(f"{options.identity} serves OCPP {options.version} at {run.address}; Ctrl-C ends it")
        await run.charge_point.registered()
        if isinstance(hardware, SimulatedHardware):
            for _ in range(options.sessions):
                await _charge(run.charge_point, hardware, options)
            if options.once:
                return
        say(f"{options.identity} waits for commands")
        await run.charge_point.failed()


async def _plc(
    stack: contextlib.AsyncExitStack, of_plc: PlcOptions, store: Store, identity: str
) -> tuple[Hardware, HardwareCounts]:
    """Open the PLC; returns it, and what tells what happened to it."""
    import logging

    from ocpp_sdk.modbus.station import plc_hardware

    # All that it logs comes as a line as well.
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    settings = await of_plc.located(_print)
    hardware = await stack.enter_async_context(plc_hardware(settings, store, identity, report=_print))

    def counts() -> dict[tuple[str, str], int]:
        counters = hardware.counters
        return {
            ("cycles", ""): counters.cycles,
            ("meter_anomalies", ""): counters.meter_anomalies,
            ("oddities", ""): counters.oddities,
            **{("failures", kind): count for kind, count in list(counters.failures.items())},
            **{("records", kind): count for kind, count in list(counters.records.items())},
        }

    return hardware, counts


async def _charge(charge_point: ChargePoint, hardware: SimulatedHardware, options: ChargePointOptions) -> None:
    transaction = await hardware.charge(options.id_tag)
    try:
        async with asyncio.timeout(options.duration):
            await transaction.ended.wait()
    except TimeoutError:
        await hardware.present(options.id_tag, transaction)
    await charge_point.flush()
    drawn = (transaction.meter_stop_wh or transaction.meter_start_wh) - transaction.meter_start_wh
    _print(f"session ended: {drawn} Wh, {transaction.stop_reason}")


def _print(line: str) -> None:
    try:
        print(one_line(line), flush=True)
    except BrokenPipeError:
        # Whoever read the lines is gone; a transaction that runs is ended properly all the same.
        silence_stdout()
