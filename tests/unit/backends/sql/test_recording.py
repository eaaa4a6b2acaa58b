"""Messages that are kept together with the samples that they brought."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage import MeterSample, Store, WireMessage, open_store
from ocpp_sdk.storage.metering import SentSamples
from ocpp_sdk_backends.sql.store import SqlStore

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def message(identity: str = "CP-1") -> WireMessage:
    """Return a request."""
    return WireMessage(at=NOON, identity=identity, operation="MeterValues", request="{}", reply="{}")


def samples(value: str, identity: str = "CP-1") -> SentSamples:
    """Return two samples."""
    values = [(NOON + timedelta(minutes=at), value, (None, None, None, None, None, "Wh")) for at in range(2)]
    return SentSamples(identity, 1, 7, values)


async def opened(tmp_path: Path) -> SqlStore:
    """Open an empty store."""
    store: Store = await open_store(f"sqlite:///{tmp_path / 'a.db'}")
    assert isinstance(store, SqlStore)
    return store


async def test_message_with_samples_that_are_known_is_kept_without_them(tmp_path: Path) -> None:
    """The charge point did not hear the answer and sends again."""
    store = await opened(tmp_path)
    assert [await store.record_with_samples(message, samples("1")) for _ in range(2)] == [1, 2]
    assert await store.record_with_samples(message, []) == 3
    assert len(await store.messages()) == 3
    found = await store.samples(transaction_id=7)
    assert [(one.value, one.unit, one.sampled_at) for one in found] == [
        ("1", "Wh", NOON),
        ("1", "Wh", NOON + timedelta(minutes=1)),
    ]
    await store.close()


async def test_message_with_a_sample_that_cannot_be_kept_fails_alone_and_whole(tmp_path: Path) -> None:
    """Nothing is left of it, and of the others of its group nothing is lost."""
    store = await opened(tmp_path)
    writes = [store.record_with_samples(partial(message, f"CP-{at}"), samples("1", f"CP-{at}")) for at in range(20)]
    bad = store.record_with_samples(partial(message, "bad"), samples("\ud800", "bad"))
    writes += [store.record_with_samples(partial(message, f"CP-{at}"), samples("2", f"CP-{at}")) for at in range(20)]
    with pytest.raises(StorageError, match="value has half of a surrogate pair"):
        await bad
    assert len({await write for write in writes}) == 40
    assert await store.messages("bad") == []
    assert await store.samples("bad") == []
    assert len(await store.samples()) == 80
    await store.close()


@pytest.mark.parametrize("count", [1, 7, 8, 31, 63, 64, 65, 200])
async def test_any_number_of_samples_comes_back_whole(count: int, tmp_path: Path) -> None:
    """Also where a column is empty in some rows, in the first ones or in all."""
    store = await opened(tmp_path)
    sent = [
        MeterSample(
            identity="CP-1",
            connector_id=at % 3,
            transaction_id=at if at % 2 else None,
            sampled_at=NOON + timedelta(seconds=at),
            value=str(at),
            phase="L1" if at > count // 2 else None,
            location="" if not at else None,
        )
        for at in range(count)
    ]
    await asyncio.gather(store.add_samples(sent), store.record_message(message()))
    found = await store.samples()
    assert [
        (one.connector_id, one.transaction_id, one.sampled_at, one.value, one.phase, one.location) for one in found
    ] == [(one.connector_id, one.transaction_id, one.sampled_at, one.value, one.phase, one.location) for one in sent]
    assert {(one.unit, one.context, one.measurand, one.format) for one in found} == {(None, None, None, None)}
    await store.close()
