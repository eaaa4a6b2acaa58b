"""A process with a store in a folder is killed."""

from pathlib import Path

import pytest

from ocpp_sdk.storage.store import Store
from ocpp_sdk_backends.file.opening import folder_of, open_folder
from tests.crash.rounds import survive


async def open_small(url: str) -> Store:
    """Open a store whose segments are small, so that crashes meet snapshots and compaction."""
    return await open_folder(folder_of(url), segment_bytes=100_000)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_file_store_killed_a_hundred_times_has_all_that_was_acknowledged(tmp_path: Path) -> None:
    """Nothing is lost, nothing is there twice, and the store opens by itself."""
    survive(f"file://{tmp_path}/store", tmp_path, opener="tests.crash.test_file:open_small")
    names = {path.name for path in (tmp_path / "store").iterdir()}
    assert any(name.startswith("snapshot-") for name in names), "no crash can have met a compaction"
