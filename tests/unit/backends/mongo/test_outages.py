"""A server that goes away is told quickly, and used again when it is back."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from ocpp_sdk.errors import StorageError, StorageUnavailableError
from ocpp_sdk.storage.calls import NewCall, Queue
from ocpp_sdk.storage.metering import MeterSample
from ocpp_sdk.storage.opening import open_store
from ocpp_sdk.storage.settings import SettingStore
from ocpp_sdk.storage.store import Store
from tests.servers.mongodb import MongodbServer

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.xdist_group("mongodb-unit"),
    # A client that is closed while its driver tries to reach a server leaves that one socket to the collector.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


async def put_until_it_works(store: SettingStore, key: str) -> None:
    """Repeat a write while the server is away."""
    while True:
        try:
            await store.put_setting(key, "v")
        except StorageUnavailableError:
            await asyncio.sleep(0.05)
        else:
            return


async def test_server_killed_and_back_serves_the_same_store(mortal: MongodbServer) -> None:
    """Verbs fail in one line meanwhile, and what was acknowledged is there."""
    store = await open_store(mortal.url)
    await store.put_setting("before", "v")
    mortal.kill()
    with pytest.raises(StorageUnavailableError, match=r"^storage mongodb://[^\n]+ cannot be reached: [^\n]+$"):
        await store.put_setting("lost", "v")
    with pytest.raises(StorageUnavailableError):
        await store.ping()
    mortal.start()
    await put_until_it_works(store, "after")
    assert await store.settings() == {"before": "v", "after": "v"}
    await store.close()


async def test_worker_waits_on_through_an_outage(mortal: MongodbServer) -> None:
    """To wait for a call is no failure while the server is away, and calls come again when it is back."""
    store = await open_store(mortal.url)
    await store.wait_for_call(Queue.COMMANDS, timeout_s=0.1)
    mortal.kill()
    await store.wait_for_call(Queue.COMMANDS, timeout_s=0.2)
    mortal.start()
    await put_until_it_works(store, "k")
    call = NewCall(key="k", identity="CP", operation="Reset", request="{}", created_at=NOON)
    await store.enqueue(Queue.COMMANDS, call)
    found = await store.claim(Queue.COMMANDS, worker="w", now=NOON, lease=timedelta(minutes=1))
    assert found is not None
    await store.close()


async def test_write_that_is_too_large_fails_alone(server: MongodbServer) -> None:
    """Those that wait beside it are written."""
    store = await open_store(server.new_database())
    sample = MeterSample(identity="CP", connector_id=1, sampled_at=NOON, value="1")
    large = MeterSample(identity="CP", connector_id=1, sampled_at=NOON, value="x" * 17_000_000)
    first, second, third = await asyncio.gather(
        store.add_samples([sample]),
        store.add_samples([large]),
        store.add_samples([sample, sample]),
        return_exceptions=True,
    )
    assert first is True
    assert third is True
    assert isinstance(second, StorageError)
    assert "more than 16 MB in one document" in str(second)
    assert len(await store.samples()) == 3
    await store.close()


async def test_half_of_a_surrogate_pair_is_refused_and_nul_is_kept(server: MongodbServer) -> None:
    """A text that BSON has no form for stores nothing, not even its charge point."""
    store = await open_store(server.new_database())
    await store.put_setting("k", "a\x00b")
    assert await store.setting("k") == "a\x00b"
    broken = MeterSample(identity="CP", connector_id=1, sampled_at=NOON, value="\ud800")
    with pytest.raises(StorageError, match="half of a surrogate pair"):
        await store.add_samples([broken])
    assert await store.charge_points() == []
    await store.close()


async def test_closing_finishes_what_was_asked_and_wakes_who_waits(any_server: MongodbServer) -> None:
    """Then nothing is served any more."""
    store: Store = await open_store(any_server.new_database())
    writes = [asyncio.create_task(store.put_setting(f"k{number}", "v")) for number in range(20)]
    waiting = asyncio.create_task(store.wait_for_call(Queue.REQUESTS, timeout_s=60))
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*writes, waiting)
    with pytest.raises(StorageError, match="the store is closed"):
        await store.setting("k0")
    await store.close()


async def test_cancelled_verb_leaves_the_store_whole(any_server: MongodbServer) -> None:
    """Whoever is cancelled at whatever moment, the others are served, and nothing is left of a connection."""
    store = await open_store(any_server.new_database())
    for turn in range(20):
        tasks = [asyncio.create_task(store.put_setting(f"{turn}/{number}", "v")) for number in range(8)]
        await asyncio.sleep(turn * 0.0005)
        for task in tasks[::2]:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert ended[1::2] == [None] * 4
    assert len(await store.settings()) >= 80
    await store.close()
