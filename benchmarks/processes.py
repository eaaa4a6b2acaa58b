"""Server processes on a core of their own."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_START_S = 30.0


class ServerError(Exception):
    """A server that does not start."""


@dataclass(frozen=True)
class Cores:
    """Which cores the servers and their callers run on; empty where that cannot be chosen."""

    servers: frozenset[int]
    callers: frozenset[int]

    def __str__(self) -> str:
        return "servers on one core, callers on another" if self.servers else "cores not chosen"


def choose_cores() -> Cores:
    """Return one core for each, if there are two."""
    if not hasattr(os, "sched_setaffinity"):
        return Cores(frozenset(), frozenset())
    available = sorted(os.sched_getaffinity(0))
    if len(available) < 2:
        return Cores(frozenset(), frozenset())
    return Cores(frozenset(available[:1]), frozenset(available[1:2]))


@contextmanager
def pinned(cores: frozenset[int]) -> Iterator[None]:
    """Run this thread, and the processes it starts meanwhile, on these cores."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass(frozen=True)
class Server:
    """A server that runs.

    Attributes:
        port: on 127.0.0.1.
        process_id: of its process.
    """

    port: int
    process_id: int

    def core_s(self) -> float:
        """Return how long its threads have had a core; 0 where the system does not tell."""
        try:
            text = Path(f"/proc/{self.process_id}/stat").read_text()
        except OSError:
            return 0.0
        user, system = text.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def server(command: Sequence[str], cores: frozenset[int], cwd: Path = ROOT) -> Iterator[Server]:
    """Start a server that prints its port and ends with its stdin.

    Raises:
        ServerError: it does not start.
    """
    with pinned(cores):
        process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    assert process.stdout
    try:
        ready, _, _ = select.select([process.stdout], [], [], _START_S)
        line = process.stdout.readline().strip() if ready else ""
        if not line.isdigit():
            raise ServerError(f"{' '.join(command)}: did not start")
        yield Server(int(line), process.pid)
    finally:
        process.stdin.close()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def python_server(module: str) -> list[str]:
    """Return the command of one of the modules in `benchmarks.served`."""
    return [sys.executable, "-m", f"benchmarks.served.{module}"]
