"""One server for all tests of this folder that do not kill it."""

import pytest

from tests.servers.firebase.installing import unavailable
from tests.servers.firebase.server import FirebaseServer, shared


@pytest.fixture
def server() -> FirebaseServer:
    """Give the server."""
    if reason := unavailable():
        pytest.skip(reason)
    return shared()
