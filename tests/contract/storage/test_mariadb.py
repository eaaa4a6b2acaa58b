"""The storage contract on a real MariaDB."""

import asyncio
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from ocpp_sdk.storage.opening import open_store
from ocpp_sdk.testing.storage_contract import StorageContract, StoreUnderTest
from tests.contract.storage.emptying import emptying
from tests.servers.mariadb import MariadbServer, unavailable

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("mariadb")]


@pytest.fixture(scope="module")
def server() -> Iterator[MariadbServer]:
    """Run a server."""
    if reason := unavailable():
        pytest.skip(reason)
    with MariadbServer() as server:
        asyncio.run(_make(server.url))
        yield server


async def _make(url: str) -> None:
    await (await open_store(url)).close()


class TestMariadb(StorageContract):
    """A database of a server."""

    @pytest.fixture
    def under_test(self, server: MariadbServer) -> StoreUnderTest:
        """Give an empty store."""
        server.execute(*emptying(), url=server.url)
        parts = urlsplit(server.url)
        assert parts.hostname is not None
        assert parts.port is not None
        return StoreUnderTest(
            url=server.url,
            server=server if server.own else None,
            address=(parts.hostname, parts.port),
            samples=100_000,
            fewer_samples="the backend is that of PostgreSQL, which has the whole million",
        )
