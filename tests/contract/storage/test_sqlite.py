"""The storage contract on SQLite."""

from pathlib import Path

import pytest

from ocpp_sdk.testing.storage_contract import StorageContract, StoreUnderTest

pytestmark = pytest.mark.xdist_group("sqlite")


class TestSqlite(StorageContract):
    """A database in a file."""

    @pytest.fixture
    def under_test(self, tmp_path: Path) -> StoreUnderTest:
        """Give an empty store."""
        return StoreUnderTest(url=f"sqlite:///{tmp_path}/ocpp.db")
