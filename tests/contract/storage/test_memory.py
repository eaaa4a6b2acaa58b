"""The storage contract on `memory:`."""

import pytest

from ocpp_sdk.testing.storage_contract import StorageContract, StoreUnderTest

pytestmark = pytest.mark.xdist_group("memory")


class TestMemory(StorageContract):
    """A store that is gone with its process."""

    @pytest.fixture
    def under_test(self) -> StoreUnderTest:
        """Give an empty store."""
        return StoreUnderTest(url="memory:", durable=False, shared=False)
