"""What an idle charge point costs: its PLC is read every 500 ms, and nobody charges.

The charge point is the command as an operator runs it, with SQLite; PLC and central system are processes of their own.
Counted is the time for which its threads had a core, as the system tells it in steps of 10 ms.
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
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import Pace
from benchmarks.processes import ServerError, choose_cores, pinned
from benchmarks.report import Row
from ocpp_sdk.operation import OcppVersion

TARGET_PERCENT = 2.0
WINDOW_S = 12.0
SETTLE_S = 5.0
_START_S = 60.0
_COMMAND = [sys.executable, "-m", "ocpp_sdk"]


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

    def core_s(self) -> dict[str, float]:
        """Return for how long each has had a core."""
        return {name: core_s(process_id) for name, process_id in self.process_ids.items()}

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
            _, plc = stack.enter_context(command(folder, "plc-simulator", "--port", "0", ready="answers at"))
        url = next(word.rstrip(",") for word in central.split() if word.startswith("http"))
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        (folder / "box.toml").write_text(
            f'[charge-point]\ncentral-system = "{url}"\nversion = "{OcppVersion.V16}"\nport = 0\n'
            f'storage = "sqlite:///box.db"\nmetrics-port = {port}\n'
            f'[plc]\nplc = "{word_in(plc, "at")}"\nbridge-process = {str(apart).lower()}\n'
        )
        process_ids = {}
        with pinned(cores.callers):
            if apart:
                bridge = command(folder, "modbus", "bridge", "--config", "box.toml", ready="the PLC answers")
                process_ids["its bridge apart"] = stack.enter_context(bridge)[0]
            charge_point = command(folder, "charge-point", "--config", "box.toml", ready="waits for commands")
            name = "idle, bridge apart" if apart else "idle, bridge inside"
            process_ids[name] = stack.enter_context(charge_point)[0]
        time.sleep(SETTLE_S)
        yield Box(process_ids, f"http://127.0.0.1:{port}/metrics")


def measure(windows: int, *, apart: bool) -> dict[str, list[float]]:
    """Return the share of a core that each process takes in each of some windows of time, in percent.

    Raises:
        ServerError: the PLC was not read as often as it should have been, so that the numbers say nothing.
    """
    with box(apart=apart) as subject:
        found: dict[str, list[float]] = {name: [] for name in subject.process_ids}
        cycles, first = subject.cycles(), time.monotonic()
        for _ in range(windows):
            spent, began = subject.core_s(), time.monotonic()
            time.sleep(WINDOW_S)
            passed = time.monotonic() - began
            for name, seconds in subject.core_s().items():
                found[name].append(100 * (seconds - spent[name]) / passed)
        read = (subject.cycles() - cycles) / (time.monotonic() - first)
    if not apart and not 1.5 < read < 2.5:
        raise ServerError(f"the PLC was read {read:.2f} times a second, not twice")
    return found


def run(pace: Pace, notes: list[str]) -> list[Row]:
    """Measure idle charge points."""
    if not Path("/proc/self/stat").exists():
        notes.append("charge-point: not measured, this system does not tell what a process costs")
        return []
    windows = 3 if pace.load_rounds < 10 else 6
    notes.append(
        f"charge-point: {windows} windows of {WINDOW_S:g} s; 1.6, two connectors, PLC read every 500 ms, SQLite; "
        "values in percent of a core, mean, least and most"
    )
    found = {**measure(windows, apart=False), **measure(windows, apart=True)}
    return [
        Row(
            section="charge-point",
            what=what,
            against="a core",
            ours=sum(shares) / windows / 100,
            theirs=1.0,
            unit="s",
            value=sum(shares) / windows,
            low=min(shares),
            high=max(shares),
            target=TARGET_PERCENT,
            bound="max",
        )
        for what, shares in found.items()
    ]
