"""A charge point is killed at random moments."""

import contextlib
import multiprocessing
import os
import random
import signal
import socketserver
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.client.queue import charge_point

KILLS = 20
MESSAGES = 100_000
_SEED = "OCPP_QUEUE_SEED"
_LONGEST_START_S = 30.0


class FakeCentralSystem(socketserver.ThreadingTCPServer):
    """Keeps each line that comes, and answers with the same line; now and then with a fault, or too late for a kill."""

    daemon_threads = True

    def __init__(self, moments: random.Random) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.moments = moments
        self.heard: list[str] = []


class _Connection(socketserver.StreamRequestHandler):
    server: FakeCentralSystem

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            for line in self.rfile:
                if self.server.moments.random() < 0.05:
                    self.wfile.write(b"fault\n")
                    continue
                self.server.heard.append(line.decode().strip())
                self.wfile.write(line)


@contextlib.contextmanager
def listening(moments: random.Random) -> Iterator[FakeCentralSystem]:
    with FakeCentralSystem(moments) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_charge_point_killed_at_random_moments_delivers_all_that_was_put_in_order(tmp_path: Path) -> None:
    """What `put` has returned arrives, whatever was under way; the first arrivals are in the order of the puts."""
    seed = int(os.environ.get(_SEED) or random.SystemRandom().randrange(10**6))
    print(f"{_SEED}={seed}")
    moments = random.Random(seed)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.unit.client.queue.charge_point", "ocpp_sdk_backends.sql"])
    acknowledged = tmp_path / "acknowledged"
    acknowledged.touch()
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    with listening(random.Random(seed)) as central_system:
        arguments = (url, central_system.server_address[1], str(acknowledged))
        for number in range(KILLS):
            process = processes.Process(target=charge_point.run, args=(*arguments, MESSAGES))
            before = acknowledged.stat().st_size
            process.start()
            until = time.monotonic() + _LONGEST_START_S
            # Some die while they open the storage and take it over, the others while they work.
            while starts_first(number) and acknowledged.stat().st_size == before and time.monotonic() < until:
                assert process.is_alive()
                time.sleep(0.005)
            time.sleep(moments.uniform(0, 0.3))
            process.kill()
            process.join()
            assert process.exitcode == -signal.SIGKILL, f"life {number} ended by itself"
            process.close()
        killed_after = len(central_system.heard)
        durable = sorted(set(acknowledged.read_text().split()))
        last = processes.Process(target=charge_point.run, args=(*arguments, len(durable)))
        last.start()
        last.join(120)
        assert last.exitcode == 0
        last.close()
        heard = central_system.heard
    first = list(dict.fromkeys(heard))
    assert first == sorted(first), "the order was not kept"
    assert set(durable) <= set(first), "what was durable did not arrive"
    assert killed_after > KILLS, "hardly anything was sent before the kills"
    # A kill repeats the one message that was under way, or a run of readings.
    again = Counter(heard) - Counter(first)
    assert again.total() <= 8 * KILLS
    assert sum(count for key, count in again.items() if not charge_point.is_reading(key)) <= KILLS
    with contextlib.closing(sqlite3.connect(tmp_path / "queue.db")) as connection:
        assert connection.execute("SELECT DISTINCT state FROM requests").fetchall() == [("Answered",)]


def starts_first(number: int) -> bool:
    """Every fifth life is killed as it starts."""
    return number % 5 != 4
