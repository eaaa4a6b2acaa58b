"""A charge point that is killed at random moments tells each start, stop and sample once."""

import asyncio
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from ocpp_sdk.central_system import CentralSystem
from ocpp_sdk.charge_point import SimulatedHardware, running
from ocpp_sdk.charge_point.requests.messages import ReadingMessage, StartMessage, StartReply, StopMessage, read_json
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.server import DEFAULT_PATH
from ocpp_sdk.server.run import serve
from ocpp_sdk.storage import MeterSample, Queue, QueuedCall, Store, TransactionRecord, open_store
from tests.integration.charge_point import life

pytestmark = [pytest.mark.anyio, pytest.mark.long, pytest.mark.timeout(600)]
KILLS = 30
_SEED = "OCPP_TEST_KILL_SEED"
_LONGEST_START_S = 60
_PRELOADED = [
    "tests.integration.charge_point.life",
    "ocpp_sdk.versions.v12",
    "ocpp_sdk.versions.v15",
    "ocpp_sdk.versions.v16",
    "ocpp_sdk_backends.sql.opening",
    "ocpp_sdk_backends.file.opening",
]


@pytest.mark.parametrize("storage", ["sqlite", "file"])
@pytest.mark.parametrize("version", list(OcppVersion))
async def test_charge_point_killed_thirty_times_tells_everything_once(
    version: OcppVersion, storage: str, tmp_path: Path
) -> None:
    """Nothing that was acknowledged is lost, nothing is told twice, and nothing stays open."""
    url = f"sqlite:///{tmp_path / 'cp.db'}" if storage == "sqlite" else f"file://{tmp_path / 'cp'}"
    told = tmp_path / "told"
    told.touch()
    central_system = CentralSystem("memory:")
    async with serve(central_system.app) as address:
        at = address.url + DEFAULT_PATH
        await asyncio.to_thread(_kill_again_and_again, at, url, version, told)
        async with running(life.settings_of(version), at, SimulatedHardware(2), store=url) as run:
            await run.charge_point.registered()
            assert await run.charge_point.flush(60)
            assert await run.charge_point.outbox.queue.given_up() == []
        store = await open_store(url)
        try:
            calls = [call async for call in _all_calls(store)]
        finally:
            await store.close()
        await _compare(version, calls, life.read_told(told), central_system.store)


def _kill_again_and_again(at: str, url: str, version: OcppVersion, told: Path) -> None:
    seed = int(os.environ.get(_SEED) or random.SystemRandom().randrange(10**6))
    print(f"{_SEED}={seed}")
    moments = random.Random(seed)
    # A server that has everything imported forks the charge points, which would else take most of the time to start.
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(_PRELOADED)
    for number in range(KILLS):
        process = processes.Process(target=life.run, args=(at, url, version, str(told), seed + number))
        before = told.stat().st_size
        process.start()
        # Some die while they start, the others while they charge.
        if moments.random() < 0.9:
            _wait_for_more(told, before, process)
        time.sleep(moments.uniform(0, 1.5))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL, f"the charge point of round {number} ended by itself"
        process.close()


def _wait_for_more(path: Path, size: int, process: BaseProcess) -> None:
    until = time.monotonic() + _LONGEST_START_S
    while path.stat().st_size == size and process.is_alive() and time.monotonic() < until:
        time.sleep(0.002)


async def _all_calls(store: Store) -> AsyncIterator[QueuedCall]:
    after = 0
    while page := await store.calls(Queue.REQUESTS, "CP1", after=after, limit=1000):
        for call in page:
            yield call
        after = page[-1].number


async def _compare(version: OcppVersion, calls: list[QueuedCall], told: list[life.Told], there: Store) -> None:
    assert len([kind for kind, *_ in told if kind == "stop"]) >= KILLS / 3, "hardly anything was charged"
    numbers: dict[int, int] = {}
    starts: dict[int, tuple[int, str, datetime, int]] = {}
    stops: dict[int, tuple[datetime, int]] = {}
    samples: list[tuple[int, int | None, datetime, str]] = []
    keys = {call.key for call in calls}
    for call in calls:
        if call.operation == "StartTransaction":
            start, reply = read_json(StartMessage, call.request).start, read_json(StartReply, call.reply or "")
            numbers[call.number] = reply.transaction_id
            assert reply.transaction_id not in starts, "two starts were taken for one"
            starts[reply.transaction_id] = (start.connector_id, start.id_tag, start.timestamp, start.meter_start_wh)
        elif call.operation == "StopTransaction":
            stop = read_json(StopMessage, call.request)
            number = numbers[stop.start_number]
            assert number not in stops, "a transaction has two stops"
            stops[number] = (stop.timestamp, stop.meter_stop_wh)
        elif call.operation == "MeterValues":
            message = read_json(ReadingMessage, call.request)
            assert message.start_number is not None
            assert numbers[message.start_number] not in stops, "a reading comes after the end of its transaction"
            reading = message.reading
            # A reading of 1.2 names no transaction.
            number_there = None if version is OcppVersion.V12 else numbers[message.start_number]
            samples.append((message.connector_id, number_there, reading.timestamp, reading.values[0].value))
    records = await _all_transactions(there)
    assert {
        one.transaction_id: (
            one.start.connector_id,
            one.start.id_tag,
            one.start.started_at,
            one.start.meter_start_wh,
        )
        for one in records
    } == starts
    assert {
        one.transaction_id: (one.stop.stopped_at, one.stop.meter_stop_wh) for one in records if one.stop is not None
    } == stops
    assert set(starts) == set(stops), "a transaction stays open"
    assert await there.refused_stops() == []
    heard = [(one.connector_id, one.transaction_id, one.sampled_at, one.value) for one in await _all_samples(there)]
    assert Counter(heard) == Counter(samples)
    assert max(Counter(heard).values(), default=1) == 1
    _compare_told(told, keys, calls)


def _compare_told(told: list[life.Told], keys: set[str], calls: list[QueuedCall]) -> None:
    """Hold what hardware was told to what is kept."""
    meters = {
        call.key: read_json(StopMessage, call.request).meter_stop_wh
        for call in calls
        if call.operation == "StopTransaction"
    }
    for kind, key, _, meter_stop_wh in told:
        if kind == "start":
            assert f"start/{key}" in keys
        elif kind == "stop":
            assert meters[f"stop/{key}"] == meter_stop_wh


async def _all_transactions(store: Store) -> list[TransactionRecord]:
    found: list[TransactionRecord] = []
    before = None
    while page := await store.transactions("CP1", before=before, limit=1000):
        found += page
        before = page[-1].transaction_id
    return found


async def _all_samples(store: Store) -> list[MeterSample]:
    found: list[MeterSample] = []
    after = 0
    while page := await store.samples("CP1", after=after, limit=1000):
        found += page
        after = page[-1].number or 0
    return found
