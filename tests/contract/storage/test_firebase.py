"""The storage contract on a Realtime Database, served by the tests' own server."""

from collections.abc import Iterator

import pytest

from ocpp_sdk.testing.storage_contract import StorageContract, StoreUnderTest
from tests.servers.firebase.installing import unavailable
from tests.servers.firebase.server import FirebaseServer

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("firebase")]


@pytest.fixture(scope="module")
def server() -> Iterator[FirebaseServer]:
    """Run a server."""
    if reason := unavailable():
        pytest.skip(reason)
    with FirebaseServer() as server:
        yield server


class TestFirebase(StorageContract):
    """A Realtime Database."""

    @pytest.fixture
    def under_test(self, server: FirebaseServer) -> StoreUnderTest:
        """Give an empty store."""
        return StoreUnderTest(
            url=server.new_database(),
            server=server,
            address=("127.0.0.1", server.port),
            samples=5_000,
            fewer_samples="the server of the tests keeps and searches all in the memory of node",
        )
