"""`ocpp-sdk charge-point`: a simulated charge point."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ocpp_sdk.cli.configured import ConfigFile, given
from ocpp_sdk.cli.ending import UsageError, one_line, say, silence_stdout
from ocpp_sdk.operation import OcppVersion

if TYPE_CHECKING:
    from ocpp_sdk.charge_point import ChargePoint, SimulatedHardware
    from ocpp_sdk.charge_point.options import ChargePointOptions

__all__ = ["command"]

_FLUSH_S = 5.0


def command(  # noqa: PLR0913 - one parameter an option
    *,
    central_system: Annotated[
        str | None, typer.Option(envvar="OCPP_CENTRAL_SYSTEM", metavar="URL", help="Address of the central system.")
    ] = None,
    identity: Annotated[
        str | None,
        typer.Option(envvar="OCPP_IDENTITY", help="chargeBoxIdentity of this charge point.", show_default="CP1"),
    ] = None,
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
            help="Where to keep configuration, availability, local list and authorization cache.",
            show_default="memory:, which forgets them",
        ),
    ] = None,
    connectors: Annotated[
        int | None,
        typer.Option(envvar="OCPP_CONNECTORS", min=1, max=100, help="Number of connectors.", show_default="2"),
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
    config: ConfigFile = None,
) -> None:
    """Run a simulated charge point: it registers, charges, and answers every command of its version.

    What happens is printed line by line. Ctrl-C ends a running transaction first.
    """
    chosen = given({name: value for name, value in locals().items() if name != "config"})

    from ocpp_sdk.charge_point.options import ChargePointOptions

    options = ChargePointOptions.read(chosen, file=config)
    if options.central_system is None:
        raise UsageError("--central-system is missing; it names the URL of the central system")
    try:
        asyncio.run(_run(options, options.central_system))
    except (KeyboardInterrupt, asyncio.CancelledError):
        say(f"{options.identity} has ended")


async def _run(options: ChargePointOptions, url: str) -> None:
    from ocpp_sdk.charge_point import SimulatedHardware, running

    task = asyncio.current_task()
    if task is not None and sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    hardware = SimulatedHardware(options.connectors, options.power, report=_print)
    async with running(
        options.settings(),
        url,
        hardware,
        host=options.host,
        port=options.port,
        advertise=options.advertise,
        store=options.storage,
        report=_print,
        flush_s=_FLUSH_S,
    ) as run:
        say(f"{options.identity} serves OCPP {options.version} at {run.address}; Ctrl-C ends it")
        await run.charge_point.registered()
        for _ in range(options.sessions):
            await _charge(run.charge_point, hardware, options)
        if not options.once:
            say(f"{options.identity} waits for commands")
            await asyncio.Event().wait()


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
