"""The storage contract on SQLite."""

import asyncio
import shutil
from pathlib import Path

import pytest

from ocpp_sdk.storage.opening import open_store
from ocpp_sdk.testing.storage_contract import StorageContract, StoreUnderTest

pytestmark = pytest.mark.xdist_group("sqlite")


async def _make(url: str) -> None:
    await (await open_store(url)).close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file with all tables and no rows, since making them takes longer than most cases."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.db"
    asyncio.run(_make(f"sqlite:///{path}"))
    return path


class TestSqlite(StorageContract):
    """A database in a file."""

    @pytest.fixture
    def under_test(self, tmp_path: Path, empty: Path) -> StoreUnderTest:
        """Give an empty store."""
        path = tmp_path / "ocpp.db"
        shutil.copyfile(empty, path)
        return StoreUnderTest(url=f"sqlite:///{path}")
