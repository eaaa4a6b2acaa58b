"""The storage contract on a real MongoDB, of its own and as a replica set."""

import gc
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from ocpp_sdk.testing.storage_contract import StorageContract, StoreUnderTest
from tests.servers.mongodb import MongodbServer, unavailable

# A client that is closed while its driver tries to reach a server that is gone leaves that one socket to the collector.
pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")]


@pytest.fixture(scope="module")
def server() -> Iterator[MongodbServer]:
    """Run a server of its own."""
    if reason := unavailable():
        pytest.skip(reason)
    with MongodbServer() as server:
        yield server
    gc.collect()


@pytest.fixture(scope="module")
def replica_set() -> Iterator[MongodbServer]:
    """Run a replica set of one server."""
    if reason := unavailable():
        pytest.skip(reason)
    with MongodbServer(replica_set=True) as server:
        yield server
    gc.collect()


@pytest.mark.xdist_group("mongodb")
class TestMongodb(StorageContract):
    """A database of a server."""

    @pytest.fixture
    def under_test(self, server: MongodbServer) -> StoreUnderTest:
        """Give an empty store."""
        url = server.emptied_database()
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        return StoreUnderTest(url=url, server=server if server.own else None, address=(parts.hostname, parts.port))


@pytest.mark.xdist_group("mongodb-replica-set")
class TestMongodbReplicaSet(StorageContract):
    """A database of a replica set, whose members the driver finds by itself."""

    @pytest.fixture
    def under_test(self, replica_set: MongodbServer) -> StoreUnderTest:
        """Give an empty store."""
        return StoreUnderTest(
            url=replica_set.emptied_database(),
            server=replica_set,
            samples=20_000,
            fewer_samples="a server of its own has the whole million",
        )
