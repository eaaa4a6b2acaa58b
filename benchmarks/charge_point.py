"""What an idle charge point costs: its PLC is read every 500 ms, and nobody charges.

The charge point is the command as an operator runs it, with SQLite; PLC and central system are processes of their own.
Counted is the time for which its threads had a core, as the system tells it in steps of 10 ms.

Beside it stands what no program can save: a process that only reads the same registers as often, by pymodbus. Where a
page of memory that was not used for half a second costs many microseconds, as in some virtual machines, that alone
takes more than the work itself.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import Pace
from benchmarks.processes import ServerError, choose_cores, pinned
from benchmarks.report import Row
from ocpp_sdk.modbus.map import default_map
from ocpp_sdk.modbus.planning import plan_reads
from ocpp_sdk.operation import OcppVersion

TARGET_PERCENT = 2.0
WINDOW_S = 12.0
SETTLE_S = 5.0
_START_S = 60.0
_COMMAND = [sys.executable, "-m", "ocpp_sdk"]
_BARE = """
import asyncio, sys
from pymodbus.client import AsyncModbusTcpClient

async def main(port, *requests):
    client = AsyncModbusTcpClient("127.0.0.1", port=port)
    await client.connect()
    while True:
        for address, count in zip(requests[::2], requests[1::2]):
            answer = await client.read_input_registers(address, count=count)
            assert len(answer.registers) == count
        await asyncio.sleep(0.5)

asyncio.run(main(*map(int, sys.argv[1:])))
"""


@contextmanager
def command(folder: Path, *arguments: str, ready: str) -> Iterator[tuple[int, str]]:
    """Run a command until the block is left; yields its process id, and the line that says that it is ready.

    Raises:
        ServerError: it does not start.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OCPP_")}
    with subprocess.Popen(
        [*_COMMAND, *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process.pid, _line(process, ready)
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


def _line(process: subprocess.Popen[str], ready: str) -> str:
    assert process.stderr is not None
    end = time.monotonic() + _START_S
    while select.select([process.stderr], [], [], max(end - time.monotonic(), 0))[0]:
        line = process.stderr.readline()
        if ready in line:
            return line
        if not line:
            break
    raise ServerError(f"{process.args!r}: did not start")


def core_s(process_id: int) -> float:
    """Return for how long the threads of a process have had a core."""
    user, system = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def word_in(line: str, before: str) -> str:
    """Return the word that follows another one in a line."""
    words = line.split()
    return words[words.index(before) + 1].rstrip(",;")


@dataclass(frozen=True)
class Box:
    """A charge point that runs.

    Attributes:
        process_ids: of its processes, by what they are.
        metrics: URL of what it counts.
    """

    process_ids: dict[str, int]
    metrics: str

    def cycles(self) -> float:
        """Return how often the PLC was read; 0 if another process does that."""
        with urllib.request.urlopen(self.metrics, timeout=10) as answer:
            text = answer.read().decode()
        return sum(float(line.split()[-1]) for line in text.splitlines() if 'what="cycles"' in line)


@contextmanager
def box(*, apart: bool) -> Iterator[Box]:
    """Run a charge point with a PLC and a central system, until the block is left."""
    cores = choose_cores()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ocpp-bench-")))
        with pinned(cores.servers):
            _, central = stack.enter_context(
                command(folder, "central-system", "--port", "0", "--storage", "memory:", ready="http")
            )
        url = next(word.rstrip(",") for word in central.split() if word.startswith("http"))
        plc = stack.enter_context(simulator(folder))
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        (folder / "box.toml").write_text(
            f'[charge-point]\ncentral-system = "{url}"\nversion = "{OcppVersion.V16}"\nport = 0\n'
            f'storage = "sqlite:///box.db"\nmetrics-port = {port}\n'
            f'[plc]\nplc = "{plc}"\nbridge-process = {str(apart).lower()}\n'
        )
        process_ids = {}
        with pinned(cores.callers):
            if apart:
                bridge = command(folder, "modbus", "bridge", "--config", "box.toml", ready="the PLC answers")
                process_ids["its bridge apart"] = stack.enter_context(bridge)[0]
            charge_point = command(folder, "charge-point", "--config", "box.toml", ready="waits for commands")
            name = "idle, bridge apart" if apart else "idle, bridge inside"
            process_ids[name] = stack.enter_context(charge_point)[0]
        yield Box(process_ids, f"http://127.0.0.1:{port}/metrics")


@contextmanager
def simulator(folder: Path) -> Iterator[str]:
    """Run a PLC, until the block is left; yields its address."""
    with pinned(choose_cores().servers):
        plc = command(folder, "plc-simulator", "--port", "0", ready="answers at")
        with plc as (_, line):
            yield word_in(line, "at")


@contextmanager
def bare(folder: Path) -> Iterator[int]:
    """Read a PLC and do nothing else, until the block is left; yields the process id."""
    requests = [str(number) for one in plan_reads(default_map(2)) for number in (one.address, one.count)]
    with simulator(folder) as plc, pinned(choose_cores().callers):
        reading = subprocess.Popen([sys.executable, "-c", _BARE, plc.rpartition(":")[2], *requests])
        try:
            yield reading.pid
            if reading.poll() is not None:
                raise ServerError("the bare loop has ended")
        finally:
            reading.kill()
            reading.wait()


def shares(process_ids: Mapping[str, int], windows: int) -> dict[str, list[float]]:
    """Return the share of a core that each process takes in each of some windows of time, in percent."""
    time.sleep(SETTLE_S)
    found: dict[str, list[float]] = {name: [] for name in process_ids}
    for _ in range(windows):
        spent, began = {name: core_s(number) for name, number in process_ids.items()}, time.monotonic()
        time.sleep(WINDOW_S)
        passed = time.monotonic() - began
        for name, number in process_ids.items():
            found[name].append(100 * (core_s(number) - spent[name]) / passed)
    return found


def measure(windows: int, *, apart: bool) -> dict[str, list[float]]:
    """Return the shares of the processes of a charge point.

    Raises:
        ServerError: the PLC was not read as often as it should have been, so that the numbers say nothing.
    """
    with box(apart=apart) as subject:
        cycles, first = subject.cycles(), time.monotonic()
        found = shares(subject.process_ids, windows)
        read = (subject.cycles() - cycles) / (time.monotonic() - first)
    if not apart and not 1.5 < read < 2.5:
        raise ServerError(f"the PLC was read {read:.2f} times a second, not twice")
    return found


def run(pace: Pace, notes: list[str]) -> list[Row]:
    """Measure idle charge points."""
    if not Path("/proc/self/stat").exists():
        notes.append("charge-point: not measured, this system does not tell what a process costs")
        return []
    windows = 2 if pace.load_rounds < 10 else 4
    notes.append(
        f"charge-point: {windows} windows of {WINDOW_S:g} s; 1.6, two connectors, PLC read every 500 ms, SQLite; "
        "values in percent of a core, mean, least and most; the bare loop only reads the same registers as often"
    )
    with tempfile.TemporaryDirectory(prefix="ocpp-bench-") as folder, bare(Path(folder)) as process_id:
        floor = shares({"bare pymodbus loop": process_id}, windows)
    found = {**measure(windows, apart=False), **measure(windows, apart=True), **floor}
    return [
        Row(
            section="charge-point",
            what=what,
            against="a core",
            ours=sum(taken) / windows / 100,
            theirs=1.0,
            unit="s",
            value=sum(taken) / windows,
            low=min(taken),
            high=max(taken),
            target=None if what in floor else TARGET_PERCENT,
            bound="max",
        )
        for what, taken in found.items()
    ]
