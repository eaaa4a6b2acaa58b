"""What is collected for a StopTransaction outlives the process that collected it."""

import asyncio
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ocpp_sdk.charge_point.metering import SettingTransactionDataStore
from ocpp_sdk.charge_point.metering.transaction_store import KeptReading
from ocpp_sdk.storage import open_store
from ocpp_sdk.versions.domain import MeterReading, SampledValue

pytestmark = pytest.mark.anyio

COLLECTING = """
import asyncio, sys
from datetime import UTC, datetime
from ocpp_sdk.charge_point.metering import SettingTransactionDataStore
from ocpp_sdk.charge_point.metering.transaction_data import TransactionData
from ocpp_sdk.storage import open_store
from ocpp_sdk.versions.domain import MeterReading, SampledValue

async def main():
    data = TransactionData(SettingTransactionDataStore(await open_store(sys.argv[1]), "CP1"), "T/1", 1000, 5000, print)
    for number in range(10_000):
        value = SampledValue(value=str(number), phase="L1", unit="Wh")
        await data.add("s", MeterReading(datetime(2026, 3, 1, tzinfo=UTC), (value,)))
        print(number, flush=True)

asyncio.run(main())
"""


def collect_until_killed(url: str) -> list[int]:
    """Collect readings in another process, kill it, and return what it said that it had kept."""
    process = subprocess.Popen([sys.executable, "-c", COLLECTING, url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        said = [int(process.stdout.readline()) for _ in range(20)]
    finally:
        os.kill(process.pid, signal.SIGKILL)
        rest = process.stdout.read().splitlines()
        process.stdout.close()
        process.wait()
    return said + [int(line) for line in rest]


async def test_readings_that_were_kept_are_there_after_kill_9(tmp_path: Path) -> None:
    """The process is killed in the middle of its work; no reading that it had kept is missing, and none is broken."""
    url = f"sqlite:///{tmp_path / 'cp.db'}"
    said = collect_until_killed(url)
    store = await open_store(url)
    try:
        kept = await SettingTransactionDataStore(store, "cp1").readings("T/1")
    finally:
        await store.close()
    assert [int(one.reading.values[0].value) for one in kept][: len(said)] == said
    assert len(said) <= len(kept) <= len(said) + 1


async def test_texts_of_others_are_left_alone(tmp_path: Path) -> None:
    """Another charge point in the same store, another transaction, and a text that is no reading."""
    store = await open_store(f"sqlite:///{tmp_path / 'cp.db'}")
    try:
        reading = MeterReading(datetime(2026, 3, 1, 12, tzinfo=UTC), (SampledValue(value="1", unit="Wh"),))
        mine, theirs = SettingTransactionDataStore(store, "CP1"), SettingTransactionDataStore(store, "CP2")
        for one in (mine, theirs):
            for key in ("T1", "T2" * 500):
                await asyncio.gather(*(one.put(key, KeptReading("s", place, reading)) for place in range(3)))
        (first, *_) = await store.settings()
        await store.put_setting(first, "{]")
        found = [await one.readings(key) for one in (mine, theirs) for key in ("T1", "T2" * 500)]
        assert sorted(map(len, found)) == [2, 3, 3, 3]
        await mine.remove("T1", "s", [1])
        await mine.forget("T2" * 500)
        await theirs.retain(["T1"])
        assert len(await store.settings()) == 2 + 3
        await mine.retain([])
        await theirs.forget("T1")
        assert await store.settings() == {}
    finally:
        await store.close()
