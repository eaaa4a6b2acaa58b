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


@contextmanager
def server(command: Sequence[str], cores: frozenset[int], cwd: Path = ROOT) -> Iterator[int]:
    """Start a server that prints its port and ends with its stdin; yield the port.

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
        yield int(line)
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
