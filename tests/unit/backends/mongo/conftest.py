"""Servers for the tests of this folder."""

import gc
from collections.abc import Iterator

import pytest

from tests.servers.mongodb import MongodbServer, shared, unavailable


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Let go of the sockets that the driver left, in the test that knows of them."""
    yield
    gc.collect()


@pytest.fixture
def server() -> MongodbServer:
    """Give a server that stands alone and is not killed."""
    if reason := unavailable():
        pytest.skip(reason)
    return shared()


@pytest.fixture
def replica_set() -> MongodbServer:
    """Give a replica set that is not killed."""
    if reason := unavailable():
        pytest.skip(reason)
    return shared(replica_set=True)


@pytest.fixture
def mortal() -> Iterator[MongodbServer]:
    """Give a server to kill."""
    if reason := unavailable():
        pytest.skip(reason)
    with MongodbServer() as server:
        yield server


@pytest.fixture(params=["alone", "replica set"])
def any_server(request: pytest.FixtureRequest) -> MongodbServer:
    """Give a server of either kind."""
    if reason := unavailable():
        pytest.skip(reason)
    return shared(replica_set=request.param == "replica set")
