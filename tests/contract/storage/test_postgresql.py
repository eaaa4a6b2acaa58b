"""The storage contract on a real PostgreSQL."""

import asyncio
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from ocpp_sdk.storage.opening import open_store
from ocpp_sdk.testing.storage_contract import StorageContract, StoreUnderTest
from tests.contract.storage.emptying import emptying
from tests.servers.postgresql import PostgresqlServer, unavailable

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("postgresql")]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    """Run a server."""
    if reason := unavailable():
        pytest.skip(reason)
    with PostgresqlServer() as server:
        if server.own:
            # Nobody pulls the plug here, and a server that is killed leaves its writes with the operating system.
            server.execute("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        asyncio.run(_make(server.url))
        yield server


async def _make(url: str) -> None:
    await (await open_store(url)).close()


class TestPostgresql(StorageContract):
    """A database of a server."""

    @pytest.fixture
    def under_test(self, server: PostgresqlServer) -> StoreUnderTest:
        """Give an empty store."""
        server.execute("; ".join(emptying()), url=server.url)
        parts = urlsplit(server.url)
        assert parts.hostname is not None
        assert parts.port is not None
        return StoreUnderTest(
            url=server.url, server=server if server.own else None, address=(parts.hostname, parts.port)
        )
