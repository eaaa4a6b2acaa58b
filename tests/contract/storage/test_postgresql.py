"""The storage contract on a real PostgreSQL."""

import asyncio
import itertools
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from ocpp_sdk.storage.opening import open_store
from ocpp_sdk.testing.storage_contract import StorageContract, StoreUnderTest
from tests.servers.postgresql import PostgresqlServer, unavailable

pytestmark = pytest.mark.xdist_group("postgresql")


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

    numbers = itertools.count()

    @pytest.fixture
    def under_test(self, server: PostgresqlServer) -> Iterator[StoreUnderTest]:
        """Give an empty store: a copy of a database with all tables, since making them takes longer than most cases."""
        template = urlsplit(server.url)
        name = f"{template.path[1:]}_{next(self.numbers)}"
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template.path[1:]}")
        assert template.hostname is not None
        assert template.port is not None
        yield StoreUnderTest(
            url=template._replace(path=f"/{name}").geturl(),
            server=server if server.own else None,
            address=(template.hostname, template.port),
        )
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
