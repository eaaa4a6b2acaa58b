"""A central system on a free port, and charge points that call it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from ocpp_sdk.central_system import CentralSystem, CentralSystemSettings
from ocpp_sdk.client import SoapClient
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.server import DEFAULT_PATH
from ocpp_sdk.server.run import serve
from ocpp_sdk.storage import Store, open_store
from ocpp_sdk.versions import version_of
from ocpp_sdk.versions.roles import CentralSystemGateway

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@dataclass
class Running:
    """A central system that runs.

    Attributes:
        central_system: the object.
        url: where charge points call it.
    """

    central_system: CentralSystem
    url: str

    @asynccontextmanager
    async def client(self, identity: str = "CP1", from_address: str | None = None) -> AsyncIterator[SoapClient]:
        """Give a client that speaks as a charge point."""
        async with SoapClient(self.url, charge_box_identity=identity, from_address=from_address) as client:
            yield client

    @asynccontextmanager
    async def charge_point(
        self, version: OcppVersion, identity: str = "CP1", from_address: str | None = None
    ) -> AsyncIterator[CentralSystemGateway]:
        """Give the central system as a charge point of a version sees it."""
        async with self.client(identity, from_address) as client:
            yield version_of(version).call_central_system(client)


@asynccontextmanager
async def running(
    settings: CentralSystemSettings | None = None, url: str = "memory:", store: Store | None = None
) -> AsyncIterator[Running]:
    """Run a central system over a storage that outlives it, so that a test can look into it afterwards."""
    store = store or await open_store(url)
    try:
        central_system = CentralSystem(store, settings or CentralSystemSettings(clock=lambda: NOON))
        async with serve(central_system.app) as address:
            yield Running(central_system, address.url + DEFAULT_PATH)
    finally:
        await store.close()
