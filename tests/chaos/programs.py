"""Programs that are killed, paused and started again; none outlives the one that started them."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

from tests.servers import keeping

_AGAIN_S: Final = 0.3
_END_S: Final = 40.0
_MODULES: Final = (
    "tests.chaos.charge_point",
    "tests.chaos.plc",
    "tests.chaos.central_system",
    "ocpp_sdk.versions.v12",
    "ocpp_sdk.versions.v15",
    "ocpp_sdk.versions.v16",
    "ocpp_sdk_backends.file",
    "ocpp_sdk_backends.sql.opening",
    "aiosqlite",
    "alembic.command",
    "asyncpg",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "sqlalchemy.ext.asyncio",
    "starlette.applications",
    "uvicorn.lifespan.on",
)
# A server that has everything imported forks the programs, which would otherwise take most of the time to start.
_CONTEXT: Final = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(list(_MODULES))


class Keeper:
    """Ends all programs when this one has ended in whatever way."""

    def __init__(self) -> None:
        folder = tempfile.mkdtemp(prefix="ocpp-chaos-keeper-")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", keeping.__file__, folder, str(int(signal.SIGKILL))],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def tell(self, line: str) -> None:
        """Say `+PID` of one that runs and `-PID` of one that has ended."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def close(self) -> None:
        """End what still runs."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


class Program:
    """A program that runs again whenever it has ended.

    Attributes:
        name: of it, for people.
        deaths: how often it was killed.
        failures: how it ended by itself, and how often.
        may_fail: whether that is no mistake, since what it needs may be away.
    """

    def __init__(
        self,
        name: str,
        body: Callable[[Any], Coroutine[object, object, None]],
        plan: object,
        *,
        log: Path,
        keeper: Keeper,
        may_fail: bool = False,
    ) -> None:
        self.name = name
        self.deaths = 0
        self.failures: Counter[str] = Counter()
        self.may_fail = may_fail
        self._turn = asyncio.Lock()
        self._body = body
        self._plan = plan
        self._log = log
        self._keeper = keeper
        self._process: BaseProcess | None = None
        self._wanted = False
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start it, and from now on again whenever it has ended."""
        self._wanted = True
        self._watching = asyncio.create_task(self._watch())

    async def kill(self) -> None:
        """End it as a power failure would; it starts again at once."""
        async with self._turn:
            self.deaths += self._signal(signal.SIGKILL)

    async def pause(self, seconds: float) -> None:
        """Let it stand still for some seconds, as a hung one."""
        async with self._turn:
            if self._signal(signal.SIGSTOP):
                await asyncio.sleep(seconds)
                self._signal(signal.SIGCONT)

    async def end(self) -> None:
        """End it in the orderly way, for good."""
        if self._watching is None:
            return
        self._wanted = False
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_END_S):
                await asyncio.shield(self._watching)
        except TimeoutError:
            self.failures[f"{self.name} did not end within {_END_S:g} s; see {self._log}"] += 1
            self._signal(signal.SIGKILL)
            await self._watching
        self._watching = None

    async def _watch(self) -> None:
        while self._wanted:
            deaths = self.deaths
            process = _CONTEXT.Process(target=_enter, args=(self._body, self._plan, str(self._log)), name=self.name)
            process.start()
            self._keeper.tell(f"+{process.pid}")
            self._process = process
            await _ended(process)
            self._keeper.tell(f"-{process.pid}")
            if self.deaths != deaths:
                continue
            if self._is_mistake(process.exitcode):
                self.failures[f"{self.name} ended by itself with {process.exitcode}; see {self._log}"] += 1
            await asyncio.sleep(_AGAIN_S)

    def _is_mistake(self, exitcode: int | None) -> bool:
        return not self.may_fail and (self._wanted or exitcode != 0)

    def _signal(self, number: signal.Signals) -> bool:
        process = self._process
        if process is None or process.exitcode is not None or process.pid is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)
            return True
        return False


async def _ended(process: BaseProcess) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(process.sentinel, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(process.sentinel)
    process.join()


def _enter(body: Callable[[Any], Coroutine[object, object, None]], plan: object, log: str) -> None:
    """Be the program; what it prints goes to its log."""
    with Path(log).open("ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    print(f"{datetime.now(UTC).time():%H:%M:%S.%f} starts as {os.getpid()}", flush=True)
    with contextlib.suppress(asyncio.CancelledError, KeyboardInterrupt):
        asyncio.run(_until_ended(body, plan))


async def _until_ended(body: Callable[[Any], Coroutine[object, object, None]], plan: object) -> None:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await body(plan)
