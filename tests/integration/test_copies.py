"""Everything goes from storage to storage, through every kind, and comes back as it was."""

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ocpp_sdk.storage import open_store
from ocpp_sdk.storage.checking import check_store
from ocpp_sdk.storage.copying import copy_store
from ocpp_sdk.testing.storage_contract import dump_all, fill
from tests.integration.main_job.storages import KINDS, empty_storage, unavailable

pytestmark = pytest.mark.anyio


@pytest.mark.timeout(300)
async def test_copy_through_every_kind_of_storage_ends_as_it_began(tmp_path: Path) -> None:
    """Each copy is equal to its source and whole by itself; kinds that cannot run here are left out."""
    kinds = [kind for kind in KINDS if unavailable(kind) is None]
    with ExitStack() as servers:
        source = await open_store("memory:")
        await fill(source)
        first = await dump_all(source)
        for kind in [*kinds, "memory"]:
            target = await open_store(servers.enter_context(empty_storage(kind, tmp_path)))
            result = await copy_store(source, target, source_name="before", page=7)
            assert result.differences == (), kind
            findings = [one async for one in check_store(target, now=datetime.now(UTC))]
            assert [one for one in findings if one.wrong] == [], kind
            await source.close()
            source = target
        last = await dump_all(source)
        await source.close()
    for topic, records in first.items():
        # Each kind has an order of its own for records of the same time.
        assert sorted(map(repr, last[topic])) == sorted(map(repr, records)), topic
