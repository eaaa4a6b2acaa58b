"""The storage contract on a real MariaDB."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from ocpp_sdk.testing.storage_contract import StorageContract, StoreUnderTest
from tests.servers.mariadb import MariadbServer, unavailable

pytestmark = pytest.mark.xdist_group("mariadb")


@pytest.fixture(scope="module")
def server() -> Iterator[MariadbServer]:
    """Run a server."""
    if reason := unavailable():
        pytest.skip(reason)
    with MariadbServer() as server:
        yield server


class TestMariadb(StorageContract):
    """A database of a server."""

    @pytest.fixture
    def under_test(self, server: MariadbServer) -> StoreUnderTest:
        """Give an empty store."""
        url = server.new_database()
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        return StoreUnderTest(
            url=url,
            server=server if server.own else None,
            address=(parts.hostname, parts.port),
            samples=100_000,
            fewer_samples="the backend is that of PostgreSQL, which has the whole million",
        )
