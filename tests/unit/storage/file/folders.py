"""Folders with stores, and what is done to their files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ocpp_sdk.storage.messages import WireMessage
from ocpp_sdk.storage.metering import MeterSample
from ocpp_sdk.storage.store import Store
from ocpp_sdk_backends.file.ledger import SEGMENT_BYTES
from ocpp_sdk_backends.file.opening import open_folder

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
FIRST = "segment-000001.journal"


@asynccontextmanager
async def opened(folder: Path, *, segment_bytes: int = SEGMENT_BYTES) -> AsyncIterator[Store]:
    """Open a store, and close it in the end."""
    store = await open_folder(folder, segment_bytes=segment_bytes)
    try:
        yield store
    finally:
        await store.close()


def sample(number: int, identity: str = "CP") -> MeterSample:
    """Return a sample that is told from others by its number."""
    at = NOON + timedelta(seconds=number)
    return MeterSample(identity=identity, connector_id=1, sampled_at=at, value=str(number), unit="Wh")


def message(number: int) -> WireMessage:
    """Return a message that is told from others by its number."""
    at = NOON + timedelta(seconds=number)
    return WireMessage(at=at, identity="CP", operation="Heartbeat", request=str(number), reply="x" * 1000)


async def settings_of(folder: Path) -> dict[str, str]:
    """Return what a store has under its keys."""
    async with opened(folder) as store:
        return await store.settings()


async def sample_values(store: Store) -> list[str]:
    """Return the values of all samples."""
    return [found.value for found in await store.samples(limit=10**6)]


async def crash_image(folder: Path, count: int) -> tuple[bytes, list[int]]:
    """Make settings one by one, and return the journal as a crash leaves it, and how long it was after each."""
    ends = []
    async with opened(folder) as store:
        for number in range(count):
            await store.put_setting(f"key-{number}", f"value-{number}")
            ends.append((folder / FIRST).stat().st_size)
        return (folder / FIRST).read_bytes(), ends
