"""`ocpp-sdk call`: one request in either direction, its reply as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from ocpp_sdk.cli.ending import UsageError, one_line
from ocpp_sdk.operation import OcppVersion, Role

if TYPE_CHECKING:
    from ocpp_sdk.client import ClientSettings
    from ocpp_sdk.operation import AnyOperation

__all__ = ["command"]


def command(  # noqa: PLR0913 - one parameter an option
    *,
    url: Annotated[str, typer.Argument(metavar="URL", help="Address of the peer.", show_default=False)],
    operation: Annotated[
        str, typer.Argument(metavar="OPERATION", help="As the specification names it: BootNotification, Reset.")
    ],
    fields: Annotated[
        list[str] | None,
        typer.Argument(metavar="FIELD=VALUE", help="connectorId=1, timestamp=now, values[1].timestamp=now."),
    ] = None,
    version: Annotated[OcppVersion, typer.Option(envvar="OCPP_VERSION", help="Version of OCPP.")] = OcppVersion.V15,
    identity: Annotated[
        str, typer.Option(envvar="OCPP_IDENTITY", help="The charge point that speaks, or is meant.")
    ] = "",
    json_file: Annotated[
        str | None,
        typer.Option("--json", envvar="OCPP_JSON", metavar="FILE", help="Take the request from a file, - for stdin."),
    ] = None,
    service: Annotated[
        Role | None,
        typer.Option(
            envvar="OCPP_SERVICE",
            help="For DataTransfer, which both sides serve. By default the charge point if the address says so.",
        ),
    ] = None,
    username: Annotated[str | None, typer.Option(envvar="OCPP_USERNAME", help="Name for basic authentication.")] = None,
    password: Annotated[
        str, typer.Option(envvar="OCPP_PASSWORD", help="Its password; safer in the environment.", show_default=False)
    ] = "",
    timeout: Annotated[float, typer.Option(envvar="OCPP_TIMEOUT", min=0.001, help="Seconds for the whole call.")] = 30,
    from_address: Annotated[
        str | None, typer.Option("--from", envvar="OCPP_FROM", help="Where the sender can be called, for wsa:From.")
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", envvar="OCPP_VERBOSE", help="Show both messages as XML on stderr.")
    ] = False,
) -> None:
    """Send one request to a central system or a charge point, and print the reply as JSON."""
    import asyncio

    from ocpp_sdk.client import ClientSettings

    chosen = _find_operation(url, operation, version, service)
    if chosen.service.identity_header is not None and not identity.strip():
        raise UsageError("--identity is missing; it names the charge point that speaks, or is meant")
    request = _request(chosen, fields or [], json_file)
    settings = ClientSettings(
        connect_timeout_s=timeout,
        read_timeout_s=timeout,
        total_timeout_s=timeout,
        username=username,
        password=password,
    )
    reply = asyncio.run(
        _exchange(
            url, chosen, request, settings=settings, identity=identity, from_address=from_address, verbose=verbose
        )
    )
    print(reply)


async def _exchange(
    url: str,
    operation: AnyOperation,
    request: object,
    *,
    settings: ClientSettings,
    identity: str,
    from_address: str | None,
    verbose: bool,
) -> str:
    from contextlib import AsyncExitStack

    from ocpp_sdk.client import SoapClient
    from ocpp_sdk.codec.json import to_json

    async with AsyncExitStack() as stack:
        transport = None
        if verbose:
            from ocpp_sdk.cli.showing import ShowingTransport

            transport = await stack.enter_async_context(ShowingTransport(settings, https=url.startswith("https:")))
        client = await stack.enter_async_context(
            SoapClient(
                url,
                charge_box_identity=identity,
                settings=settings,
                from_address=from_address,
                transport=transport,
            )
        )
        reply = await client.exchange(operation, request)
    if verbose:
        for deviation in reply.deviations:
            print(f"deviation: {one_line(str(deviation))}", file=sys.stderr)
    return json.dumps(to_json(reply.message), ensure_ascii=False, indent=2)


def _find_operation(url: str, name: str, version: OcppVersion, role: Role | None) -> AnyOperation:
    from ocpp_sdk.cli.fields import suggestion
    from ocpp_sdk.versions import version_of

    translation = version_of(version)
    services = {Role.CENTRAL_SYSTEM: translation.central_system, Role.CHARGE_POINT: translation.charge_point}
    if role is not None:
        services = {role: services[role]}
    known = sorted({operation for service in services.values() for operation in service.operations})
    spelled = {operation.casefold(): operation for operation in known}.get(name.casefold())
    if spelled is None:
        raise UsageError(f"OCPP {version} has no operation {name!r}; {suggestion(name, known)}")
    serving = {one: service for one, service in services.items() if spelled in service.operations}
    if len(serving) == 1:
        (service,) = serving.values()
    else:
        at_charge_point = "chargepoint" in urlsplit(url).path.casefold()
        service = serving[Role.CHARGE_POINT if at_charge_point else Role.CENTRAL_SYSTEM]
    return service.operations[spelled]


def _request(operation: AnyOperation, fields: list[str], json_file: str | None) -> Any:  # noqa: ANN401
    """Make the request, and see that it can be written before anything is sent."""
    from datetime import UTC, datetime

    from ocpp_sdk.cli.fields import read_assignments
    from ocpp_sdk.codec.json import from_json
    from ocpp_sdk.errors import MessageError

    kind = operation.request.type
    if json_file is not None and fields:
        raise UsageError("give the request by --json or by field=value, not both")
    values: object = _read_json(json_file) if json_file is not None else read_assignments(kind, fields)
    try:
        request = from_json(kind, values, path=operation.request.element, now=datetime.now(UTC).replace(microsecond=0))
        operation.request.encode(request)
    except MessageError as error:
        raise UsageError(str(error)) from error
    return request


def _read_json(name: str) -> object:
    shown = "stdin" if name == "-" else name
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return json.loads(data)
    except OSError as error:
        raise UsageError(f"--json {shown}: cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--json {shown}: no JSON: {error}") from error
