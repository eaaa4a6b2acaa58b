"""`ocpp-sdk charge-point`: a simulated charge point."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ocpp_sdk.cli.ending import one_line, say, silence_stdout
from ocpp_sdk.operation import OcppVersion

if TYPE_CHECKING:
    from ocpp_sdk.charge_point import ChargePoint, ChargePointSettings

__all__ = ["command"]

_FLUSH_S = 5.0


def command(  # noqa: PLR0913 - one parameter an option
    *,
    central_system: Annotated[
        str, typer.Option(envvar="OCPP_CENTRAL_SYSTEM", help="URL of the central system.", show_default=False)
    ],
    identity: Annotated[
        str, typer.Option(envvar="OCPP_IDENTITY", help="chargeBoxIdentity of this charge point.")
    ] = "CP1",
    version: Annotated[OcppVersion, typer.Option(envvar="OCPP_VERSION", help="Version of OCPP.")] = OcppVersion.V15,
    host: Annotated[str, typer.Option(envvar="OCPP_HOST", help="Address to serve at.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(envvar="OCPP_PORT", min=0, max=65535, help="Port to serve at; 0 takes a free one.")
    ] = 9221,
    advertise: Annotated[
        str | None,
        typer.Option(envvar="OCPP_ADVERTISE", help="URL the central system is told to call, if it is another one."),
    ] = None,
    connectors: Annotated[
        int, typer.Option(envvar="OCPP_CONNECTORS", min=1, max=100, help="Number of connectors.")
    ] = 2,
    id_tag: Annotated[str, typer.Option(envvar="OCPP_ID_TAG", help="idTag that charges.")] = "TAG1",
    sessions: Annotated[
        int, typer.Option(envvar="OCPP_SESSIONS", min=0, help="Sessions to run one after the other; 0 only serves.")
    ] = 1,
    once: Annotated[
        bool, typer.Option("--once", envvar="OCPP_ONCE", help="End after the sessions instead of serving on.")
    ] = False,
    duration: Annotated[
        float, typer.Option(envvar="OCPP_DURATION", min=0, help="Seconds after which a session ends.")
    ] = 10.0,
    sample_interval: Annotated[
        int, typer.Option(envvar="OCPP_SAMPLE_INTERVAL", min=0, help="Seconds between meter values; 0 sends none.")
    ] = 2,
    power: Annotated[float, typer.Option(envvar="OCPP_POWER", min=0, help="What a vehicle draws, in W.")] = 7400.0,
    boot_attempts: Annotated[
        int,
        typer.Option(envvar="OCPP_BOOT_ATTEMPTS", min=0, help="BootNotifications before giving up; 0 never gives up."),
    ] = 1,
) -> None:
    """Run a simulated charge point: it registers, charges, and answers every command of its version.

    What happens is printed line by line. Ctrl-C ends a running transaction first.
    """
    from ocpp_sdk.charge_point import ChargePointSettings

    settings = ChargePointSettings(
        identity=identity,
        version=version,
        connectors=connectors,
        power_w=power,
        sample_interval_s=sample_interval,
        boot_attempts=boot_attempts or None,
    )
    plan = _Plan(id_tag, sessions, duration, once=once)
    try:
        asyncio.run(_run(settings, central_system, host=host, port=port, advertise=advertise, plan=plan))
    except (KeyboardInterrupt, asyncio.CancelledError):
        say(f"{identity} has ended")


class _Plan:
    """Which sessions to run."""

    def __init__(self, id_tag: str, sessions: int, duration_s: float, *, once: bool) -> None:
        self.id_tag = id_tag
        self.sessions = sessions
        self.duration_s = duration_s
        self.once = once


async def _run(
    settings: ChargePointSettings, url: str, *, host: str, port: int, advertise: str | None, plan: _Plan
) -> None:
    from ocpp_sdk.charge_point import running

    task = asyncio.current_task()
    if task is not None and sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with running(
        settings, url, host=host, port=port, advertise=advertise, report=_print, flush_s=_FLUSH_S
    ) as run:
        say(f"{settings.identity} serves OCPP {settings.version} at {run.address}; Ctrl-C ends it")
        await run.charge_point.registered()
        for _ in range(plan.sessions):
            await _charge(run.charge_point, plan)
        if not plan.once:
            say(f"{settings.identity} waits for commands")
            await asyncio.Event().wait()


async def _charge(charge_point: ChargePoint, plan: _Plan) -> None:
    transaction = await charge_point.charge(plan.id_tag)
    try:
        async with asyncio.timeout(plan.duration_s):
            await transaction.ended.wait()
    except TimeoutError:
        await charge_point.present(plan.id_tag, transaction)
    await charge_point.flush()
    drawn = (transaction.meter_stop_wh or transaction.meter_start_wh) - transaction.meter_start_wh
    _print(f"session ended: {drawn} Wh, {transaction.stop_reason}")


def _print(line: str) -> None:
    try:
        print(one_line(line), flush=True)
    except BrokenPipeError:
        # Whoever read the lines is gone; a transaction that runs is ended properly all the same.
        silence_stdout()
