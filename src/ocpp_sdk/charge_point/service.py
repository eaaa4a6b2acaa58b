"""A charge point on the network: it calls a central system, and serves the charge point service of its version."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ocpp_sdk.charge_point.charge_point import ChargePoint
from ocpp_sdk.charge_point.link import Report
from ocpp_sdk.charge_point.settings import ChargePointSettings
from ocpp_sdk.client import ClientSettings, SoapClient
from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.server import FixedIdentity, ServerSettings, SoapServer
from ocpp_sdk.server.run import ServerAddress, serve
from ocpp_sdk.storage import Store, open_store
from ocpp_sdk.versions import version_of

__all__ = ["CHARGE_POINT_PATH", "Running", "running"]

CHARGE_POINT_PATH = "/Ocpp/ChargePointService"

# Central systems on Apache CXF, the most common ones, read no fault from a 400.
_SERVER = ServerSettings(fault_status=500)


@dataclass(frozen=True, slots=True)
class Running:
    """A charge point that runs.

    Attributes:
        charge_point: itself.
        address: where it can be called.
    """

    charge_point: ChargePoint
    address: str


def _advertised(bound: ServerAddress, advertise: str | None) -> str:
    if advertise is not None:
        return advertise
    if bound.host in {"0.0.0.0", "::"}:  # noqa: S104 - compared with, not bound to
        raise ConfigurationError(
            f"host {bound.host} is no address that a central system could call; say with advertise which one is"
        )
    return bound.url + CHARGE_POINT_PATH


@asynccontextmanager
async def _opened(store: Store | str) -> AsyncIterator[Store]:
    """Give an open store, and close it if it was opened here."""
    if not isinstance(store, str):
        yield store
        return
    opened = await open_store(store)
    try:
        yield opened
    finally:
        await opened.close()


@asynccontextmanager
async def running(  # noqa: PLR0913 - one argument a part that it is put together from
    settings: ChargePointSettings,
    central_system: str,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    advertise: str | None = None,
    client: ClientSettings | None = None,
    store: Store | str = "memory:",
    report: Report = lambda _: None,
    flush_s: float = 30.0,
) -> AsyncIterator[Running]:
    """Run a charge point until the block is left; its transactions are ended then.

    Args:
        settings: what it is like.
        central_system: URL of the central system.
        host: address to serve at.
        port: port to serve at; 0 takes a free one.
        advertise: URL that the central system is told to call, if it is not the one that is served at.
        client: time-outs, credentials and the rest for calls to the central system.
        store: where it is kept what must be known after a restart: an open store, which stays the caller's, or the URL
            of one.
        report: hears one line for everything that happens.
        flush_s: how long the end waits for messages that were not sent yet, in seconds.

    Raises:
        ConfigurationError: an address cannot work, or the storage cannot serve.
        StorageError: the storage does not give back what was kept.
    """
    translation = version_of(settings.version)
    server = SoapServer(
        [translation.charge_point], path=CHARGE_POINT_PATH, identity=FixedIdentity(settings.identity), settings=_SERVER
    )
    async with _opened(store) as opened, serve(server, host, port) as bound:
        address = _advertised(bound, advertise)
        caller = SoapClient(
            central_system,
            charge_box_identity=settings.identity,
            settings=client,
            from_address=address,
        )
        async with caller:
            gateway = translation.call_central_system(caller)
            charge_point = ChargePoint(settings, gateway, store=opened, report=report, flush_s=flush_s)
            server.serve(translation.charge_point, translation.serve_charge_point(charge_point.commands))
            async with charge_point:
                yield Running(charge_point, address)
