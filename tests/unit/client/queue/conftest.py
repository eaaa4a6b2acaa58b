"""Each test of the loop runs on two storages."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ocpp_sdk.storage import open_store
from tests.unit.client.queue.fakes import World


@pytest.fixture(params=["memory", "sqlite"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """Run a queue on a real storage."""
    store = await open_store("memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/queue.db")
    async with World(store) as running:
        yield running
    await store.close()
