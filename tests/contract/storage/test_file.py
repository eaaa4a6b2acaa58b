"""The storage contract on `file:`, which one process has to itself."""

from pathlib import Path

import pytest

from ocpp_sdk.testing.storage_contract import StorageContract, StoreUnderTest

pytestmark = pytest.mark.xdist_group("file")


class TestFile(StorageContract):
    """A journal in a folder."""

    @pytest.fixture
    def under_test(self, tmp_path: Path) -> StoreUnderTest:
        """Give an empty store."""
        return StoreUnderTest(url=f"file://{tmp_path}/store", shared=False)
