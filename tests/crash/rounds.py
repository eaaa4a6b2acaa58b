"""Kills a writer at random moments, again and again on the same store."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.crash import writer
from tests.crash.check import check

ROUNDS = 100
_SEED = "OCPP_TEST_CRASH_SEED"
_LONGEST_START_S = 60


def survive(url: str, folder: Path, *, opener: str | None = None, rounds: int = ROUNDS) -> None:
    """Kill writers of one store, and look the store over now and then.

    Args:
        url: of the store, empty.
        folder: for what the writers were told.
        opener: what opens the store, as `module:function`.
        rounds: how many writers are killed.

    Raises:
        AssertionError: a writer ended by itself, or something is lost or there twice.
    """
    seed = int(os.environ.get(_SEED) or random.SystemRandom().randrange(10**6))
    print(f"{_SEED}={seed}")
    moments = random.Random(seed)
    # A server that has everything imported forks the writers, which would otherwise take most of the time to start.
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.crash.writer", *([opener.partition(":")[0]] if opener else [])])
    acknowledged = folder / "acknowledged"
    acknowledged.touch()
    total = 0
    for number in range(1, rounds + 1):
        process = processes.Process(target=writer.run, args=(url, str(acknowledged), opener))
        before = acknowledged.stat().st_size
        process.start()
        # Some die while they open the store, the others while they write.
        if moments.random() < 0.8:
            _wait_for_more(acknowledged, before, process)
        time.sleep(moments.uniform(0, 0.2))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL, f"the writer of round {number} ended by itself"
        process.close()
        if number % 25 == 0 or number == rounds:
            total = asyncio.run(check(url, acknowledged, opener))
            print(f"round {number}: {total} acknowledged, all there once")
    assert total > rounds, "hardly anything was written"


def _wait_for_more(path: Path, size: int, process: BaseProcess) -> None:
    until = time.monotonic() + _LONGEST_START_S
    while path.stat().st_size == size and process.is_alive() and time.monotonic() < until:
        time.sleep(0.002)
