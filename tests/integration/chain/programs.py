"""Commands of `ocpp-sdk` as processes that are typed to, killed and started again."""

import asyncio
import signal
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.integration.chain.waiting import until
from tests.unit.cli.running import COMMAND, environment


class Program:
    """One command, in a folder.

    Attributes:
        lines: what it has printed in all its lives, to stdout and stderr.
        code: its exit code; None while it runs.
    """

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.lines: list[str] = []
        self._folder = folder
        self._arguments = arguments
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def code(self) -> int | None:
        return None if self._process is None else self._process.returncode

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def process_id(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self, ready: str = "") -> str:
        """Start it, and wait for a line that holds a text; returns that line."""
        begin = len(self.lines)
        self._process = await asyncio.create_subprocess_exec(
            *COMMAND,
            *self._arguments,
            stdin=PIPE,
            stdout=PIPE,
            stderr=STDOUT,
            env=environment(PYTHONUNBUFFERED="1"),
            cwd=self._folder,
        )
        self._reading = asyncio.create_task(self._read(self._process))
        return await self.said(ready, since=begin) if ready else ""

    async def said(self, text: str, *, since: int = 0) -> str:
        """Wait for a line that holds a text; returns it."""
        await until(lambda: self._said(text, since) is not None or self.code is not None, lambda: self._told(text))
        await self._read_on()
        line = self._said(text, since)
        assert line is not None, self._told(text)
        return line

    async def type(self, line: str) -> None:
        """Type a line into its stdin."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        await self._process.stdin.drain()

    async def kill(self) -> None:
        """End it as a power failure would."""
        await self._end(signal.SIGKILL)

    async def end(self) -> int:
        """End it in the orderly way; returns its exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        assert self._reading is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        code = await self._process.wait()
        await self._reading
        return code

    async def _read(self, process: Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            self.lines.append(line.decode(errors="replace").rstrip("\n"))
        await process.wait()

    async def _read_on(self) -> None:
        if self.code is not None and self._reading is not None:
            await self._reading

    def _said(self, text: str, since: int) -> str | None:
        return next((line for line in self.lines[since:] if text in line), None)

    def _told(self, text: str) -> str:
        return f"{self._arguments[0]} never said {text!r}, but (exit code {self.code}):\n" + "\n".join(self.lines)


@asynccontextmanager
async def program(folder: Path, *arguments: str, ready: str = "") -> AsyncIterator[Program]:
    """Run a command until the block is left; it must end without a traceback."""
    run = Program(folder, *arguments)
    try:
        await run.start(ready)
        yield run
    finally:
        if run.runs:
            await run.end()
    assert not [line for line in run.lines if "Traceback" in line], "\n".join(run.lines)


def url_in(line: str) -> str:
    """Return the URL that a line tells."""
    return next(word.rstrip(",;") for word in line.split() if word.startswith("http"))
