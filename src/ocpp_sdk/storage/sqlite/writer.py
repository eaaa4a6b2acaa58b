"""One thread that owns the connection and lets waiting work share a commit.

To make a write durable costs a flush of the disk, whatever the size of the write. So all work that waits when the
thread becomes free goes into one transaction, and each caller is answered when that has been committed. If anything in
a group fails, the group is rolled back and each piece of work runs again on its own, so that it fails alone; work
therefore touches nothing but the connection.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.storage.sqlite.failures import explain

__all__ = ["GroupCommitWriter"]

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Job:
    work: Callable[[sqlite3.Connection], Any]
    writes: bool
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]
    result: object = None
    error: Exception | None = None


class GroupCommitWriter:
    """Runs work on a connection, in the order in which it was asked for.

    Args:
        connection: in autocommit mode, usable from any thread; closed by `close`.
        name: what errors call the database.
    """

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._wake = threading.Condition()
        self._waiting: list[_Job] = []
        self._closing = False
        # A daemon, so that a program that forgets to close still ends; what was answered is durable all the same.
        self._thread = threading.Thread(target=self._serve, name="ocpp-storage", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run work that writes, and return its result when it is durable.

        Args:
            work: may run twice, the first time rolled back; it must not commit.

        Raises:
            ConfigurationError: the database cannot take it, or is closed; nothing of it was written.
        """
        return await self._run(work, writes=True)

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run work that only reads.

        Raises:
            ConfigurationError: the database cannot be read, or is closed.
        """
        return await self._run(work, writes=False)

    async def close(self) -> None:
        """Finish what was asked for and close the connection; a second call does nothing."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        await asyncio.to_thread(self._thread.join)

    async def _run(self, work: Callable[[sqlite3.Connection], T], *, writes: bool) -> T:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        with self._wake:
            if self._closing:
                raise ConfigurationError(f"{self._name}: closed")
            self._waiting.append(_Job(work, writes, loop, answer))
            self._wake.notify()
        return await answer

    def _serve(self) -> None:
        while group := self._next_group():
            self._commit(group)
            _answer(group)
        self._connection.close()

    def _next_group(self) -> list[_Job]:
        with self._wake:
            while not self._waiting and not self._closing:
                self._wake.wait()
            group, self._waiting = self._waiting, []
            return group

    def _commit(self, group: list[_Job]) -> None:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE" if any(job.writes for job in group) else "BEGIN")
        except sqlite3.Error as error:
            # It is the database that fails here, and to ask again for each would wait for its lock each time.
            for job in group:
                job.error = explain(self._name, error)
            return
        try:
            for job in group:
                job.result = job.work(connection)
            connection.execute("COMMIT")
        except Exception as error:
            # After some failures SQLite has ended the transaction by itself.
            if connection.in_transaction:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
            if len(group) > 1:
                for job in group:
                    self._commit([job])
            else:
                group[0].error = explain(self._name, error) if isinstance(error, sqlite3.Error) else error


def _answer(group: list[_Job]) -> None:
    """Wake the callers, with one signal to each event loop."""
    by_loop: defaultdict[asyncio.AbstractEventLoop, list[_Job]] = defaultdict(list)
    for job in group:
        by_loop[job.loop].append(job)
    for loop, jobs in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve, jobs)
        except RuntimeError:
            # The loop is closed: nobody waits for an answer any more.
            continue


def _resolve(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.answer.done():
            continue
        if job.error is None:
            job.answer.set_result(job.result)
        else:
            job.answer.set_exception(job.error)
