"""`ocpp-sdk central-system`: a central system for all versions, which stores what it receives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from ocpp_sdk.cli.ending import UsageError, one_line, say, silence_stdout

if TYPE_CHECKING:
    from ocpp_sdk.server.run import ServerAddress
    from ocpp_sdk.storage import ReceivedAction

__all__ = ["command"]


def command(  # noqa: PLR0913 - one parameter an option
    *,
    host: Annotated[str, typer.Option(envvar="OCPP_HOST", help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(envvar="OCPP_PORT", min=0, max=65535, help="Port to listen at; 0 takes a free one.")
    ] = 9220,
    storage: Annotated[
        str, typer.Option(envvar="OCPP_STORAGE", help="Where to store: sqlite:///FILE or memory:.")
    ] = "sqlite:///ocpp.db",
    public_url: Annotated[
        str | None,
        typer.Option(envvar="OCPP_PUBLIC_URL", help="Address under which charge points reach this, for the WSDL."),
    ] = None,
    heartbeat_interval: Annotated[
        int,
        typer.Option(envvar="OCPP_HEARTBEAT_INTERVAL", min=1, max=2**31 - 1, help="Seconds, told to charge points."),
    ] = 300,
    strict: Annotated[
        bool, typer.Option("--strict", envvar="OCPP_STRICT", help="Refuse messages that are not as specified.")
    ] = False,
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
) -> None:
    """Serve charge points of OCPP 1.2, 1.5 and 1.6, store each action and print a line for it.

    Columns of a line, with tabs between: time, charge point, version, operation, request, reply or fault.
    """
    from ocpp_sdk.central_system import AcceptAll, AllowList, CentralSystem, CentralSystemSettings
    from ocpp_sdk.server import DEFAULT_PATH, CallbackPolicy, ServerSettings
    from ocpp_sdk.server.run import run

    settings = CentralSystemSettings(
        heartbeat_interval_s=heartbeat_interval,
        registration=AllowList(allow) if allow else AcceptAll(),
        server=ServerSettings(strict=strict, public_url=public_url, trusted_proxies=tuple(trusted_proxy or ())),
        callback=CallbackPolicy(addresses=_addresses(address or [])),
        on_action=_print_action,
    )
    central_system = CentralSystem(storage, settings)

    def ready(listening: ServerAddress) -> None:
        stored = re.sub(r"//[^/@]*@", "//", storage)
        say(f"central system at {listening.url}{DEFAULT_PATH}, stores in {stored}; Ctrl-C ends it")

    run(central_system.app, host, port, on_ready=ready)


def _addresses(given: list[str]) -> dict[str, str]:
    addresses = {}
    for text in given:
        identity, separator, url = text.partition("=")
        if not separator or not identity or "://" not in url:
            raise UsageError(f"--address {text!r}: expected IDENTITY=URL, such as CP1=http://10.0.0.7:8080/cp")
        addresses[identity] = url
    return addresses


def _print_action(action: ReceivedAction) -> None:
    time = action.received_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    answer = action.reply if action.reply is not None else action.fault or ""
    columns = [time, action.identity, action.version or "-", action.operation, action.request, answer]
    try:
        print("\t".join(one_line(column) for column in columns), flush=True)
    except OSError:
        # Whoever read the lines is gone, or their disk is full; charge points are served all the same.
        silence_stdout()
