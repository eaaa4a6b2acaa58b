"""`ocpp-sdk central-system`: a central system for all versions, which stores what it receives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ocpp_sdk.cli.configured import ConfigFile, given
from ocpp_sdk.cli.ending import UsageError, one_line, say, silence_stdout

if TYPE_CHECKING:
    from ocpp_sdk.server.run import ServerAddress
    from ocpp_sdk.storage import WireMessage

__all__ = ["command"]


def command(  # noqa: PLR0913 - one parameter an option
    *,
    host: Annotated[
        str | None, typer.Option(envvar="OCPP_HOST", help="Address to listen at.", show_default="127.0.0.1")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            envvar="OCPP_PORT",
            min=0,
            max=65535,
            help="Port to listen at; 0 takes a free one.",
            show_default="9220",
        ),
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            envvar="OCPP_STORAGE",
            metavar="URL",
            help="Where to store: sqlite:///FILE, postgresql://…, mysql://…, mongodb://…, firebase:…, file:///FOLDER "
            "or memory:.",
            show_default="sqlite:///ocpp.db",
        ),
    ] = None,
    public_url: Annotated[
        str | None,
        typer.Option(envvar="OCPP_PUBLIC_URL", help="Address under which charge points reach this, for the WSDL."),
    ] = None,
    heartbeat_interval: Annotated[
        int | None,
        typer.Option(
            envvar="OCPP_HEARTBEAT_INTERVAL",
            min=1,
            max=2**31 - 1,
            help="Seconds, told to charge points.",
            show_default="300",
        ),
    ] = None,
    strict: Annotated[
        bool | None,
        typer.Option(
            "--strict/--no-strict",
            envvar="OCPP_STRICT",
            help="Whether messages are refused that are not as specified.",
            show_default="no-strict",
        ),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(envvar="OCPP_ALLOW", help="Identity of a charge point to accept; all others are rejected."),
    ] = None,
    address: Annotated[
        list[str] | None,
        typer.Option(
            envvar="OCPP_ADDRESS", metavar="IDENTITY=URL", help="Where a charge point is called, whatever it says."
        ),
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(envvar="OCPP_TRUSTED_PROXY", help="Network of proxies whose forwarding headers are believed."),
    ] = None,
    message_retention: Annotated[
        float | None,
        typer.Option(
            envvar="OCPP_MESSAGE_RETENTION",
            min=0,
            max=36_500,
            help="Days that requests and replies are kept as they came; 0 keeps them for ever.",
            show_default="30",
        ),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Serve charge points of OCPP 1.2, 1.5 and 1.6, store each request and print a line for it.

    Columns of a line, with tabs between: time, charge point, version, operation, request, reply or fault.
    """
    chosen = given({name: value for name, value in locals().items() if name != "config"})

    from ocpp_sdk.central_system import CentralSystem
    from ocpp_sdk.central_system.options import CentralSystemOptions, read_addresses
    from ocpp_sdk.server import DEFAULT_PATH
    from ocpp_sdk.server.run import run
    from ocpp_sdk.storage import shown_url

    try:
        read_addresses(address)
    except ValueError as error:
        raise UsageError(f"--address {error}") from error
    options = CentralSystemOptions.read(chosen, file=config)
    central_system = CentralSystem(options.storage, options.settings(_print_message))

    def ready(listening: ServerAddress) -> None:
        say(f"central system at {listening.url}{DEFAULT_PATH}, stores in {shown_url(options.storage)}; Ctrl-C ends it")

    run(central_system.app, options.host, options.port, on_ready=ready)


def _print_message(message: WireMessage) -> None:
    time = message.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    answer = message.reply if message.reply is not None else message.fault or ""
    columns = [time, message.identity, message.version or "-", message.operation, message.request, answer]
    try:
        print("\t".join(one_line(column) for column in columns), flush=True)
    except OSError:
        # Whoever read the lines is gone, or their disk is full; charge points are served all the same.
        silence_stdout()
