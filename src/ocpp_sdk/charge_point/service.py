"""A charge point on the network: it calls a central system, and serves the charge point service of its version."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from ocpp_sdk.charge_point.charge_point import ChargePoint
from ocpp_sdk.charge_point.clock import SystemClock
from ocpp_sdk.charge_point.connection.link import Report
from ocpp_sdk.charge_point.connection.own_address import own_host
from ocpp_sdk.charge_point.equipment import Equipment
from ocpp_sdk.charge_point.hardware import Hardware
from ocpp_sdk.charge_point.settings import ChargePointSettings
from ocpp_sdk.client import ClientSettings, SoapClient
from ocpp_sdk.clock import Clock
from ocpp_sdk.server import FixedIdentity, ServerSettings, SoapServer
from ocpp_sdk.server.run import ServerAddress, serve
from ocpp_sdk.storage import Store, open_store
from ocpp_sdk.versions import version_of

__all__ = ["CHARGE_POINT_PATH", "Running", "running"]

CHARGE_POINT_PATH = "/Ocpp/ChargePointService"

# Central systems on Apache CXF, the most common ones, read no fault from a 400.
_SERVER = ServerSettings(fault_status=500)
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to
_LOOK_S: Final = 60.0


@dataclass(slots=True)
class Running:
    """A charge point that runs.

    Attributes:
        charge_point: itself.
        address: where it can be called.
    """

    charge_point: ChargePoint
    address: str


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
    hardware: Hardware,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    advertise: str | None = None,
    client: ClientSettings | None = None,
    store: Store | str = "memory:",
    clock: Clock | None = None,
    report: Report = lambda _: None,
    equipment: Equipment | None = None,
    end_transactions: bool = True,
    flush_s: float = 30.0,
) -> AsyncIterator[Running]:
    """Run a charge point until the block is left.

    Args:
        settings: what it is like.
        central_system: URL of the central system.
        hardware: what it drives.
        host: address to serve at; with one that means all, the central system is told the one from which this machine
            speaks to it, and the charge point boots again when that changes.
        port: port to serve at; 0 takes a free one.
        advertise: URL that the central system is told to call, if it is not the one that is served at.
        client: time-outs, credentials and the rest for calls to the central system.
        store: where it keeps what must not be lost: an open store, which stays the caller's, or the URL of one.
        clock: drives every wait.
        report: hears one line for everything that happens.
        equipment: parts that somebody may bring.
        end_transactions: whether leaving ends the transactions that run; else they go on after the next start.
        flush_s: how long the end waits for messages that were not sent yet, in seconds.

    Raises:
        ConfigurationError: an address cannot work, or the storage cannot serve.
        StorageError: the storage does not give back what was kept.
    """
    translation = version_of(settings.version)
    clock = clock or SystemClock()
    server = SoapServer(
        [translation.charge_point], path=CHARGE_POINT_PATH, identity=FixedIdentity(settings.identity), settings=_SERVER
    )
    async with _opened(store) as opened, serve(server, host, port) as bound:
        looks = advertise is None and bound.host in _EVERYWHERE
        caller = SoapClient(
            central_system,
            charge_box_identity=settings.identity,
            settings=client,
            from_address=None if looks else advertise or bound.url + CHARGE_POINT_PATH,
        )
        if looks:
            caller.from_address = await _seen_from(central_system, bound)
        async with caller:
            charge_point = ChargePoint(
                settings,
                translation.call_central_system(caller),
                hardware,
                opened,
                clock=clock,
                report=report,
                equipment=equipment,
                end_transactions=end_transactions,
                flush_s=flush_s,
            )
            server.serve(translation.charge_point, translation.serve_charge_point(charge_point.commands))
            async with charge_point:
                run = Running(charge_point, caller.from_address or bound.url + CHARGE_POINT_PATH)
                watching = asyncio.ensure_future(_watch(run, caller, central_system, bound, clock)) if looks else None
                try:
                    yield run
                finally:
                    if watching is not None:
                        watching.cancel()
                        await asyncio.gather(watching, return_exceptions=True)


async def _seen_from(central_system: str, bound: ServerAddress) -> str | None:
    """Return where the central system can call back, None while there is no way to it."""
    host = await own_host(central_system)
    return None if host is None else f"http://{host}:{bound.port}{CHARGE_POINT_PATH}"


async def _watch(run: Running, caller: SoapClient, central_system: str, bound: ServerAddress, clock: Clock) -> None:
    """Boot again when this machine gets another address."""
    while True:
        await clock.sleep(_LOOK_S)
        address = await _seen_from(central_system, bound)
        if address is not None and address != caller.from_address:
            run.address = caller.from_address = address
            run.charge_point.moved()
