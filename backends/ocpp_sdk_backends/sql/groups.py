"""Writes that wait at the same moment share one commit.

To make a write durable costs a flush of the disk and a way to the server and back, whatever its size. So while one
group is written, the writes that come wait, and are the next group, with those that are on the way (`gathering`). Each
caller is answered after the commit. If anything in a group fails, it is rolled back and each write runs on its own, so
that it fails alone.

Writes by the same verb are handed to it together, so that it can send their rows at once.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final, Generic, TypeAlias, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ocpp_sdk.errors import StorageError, StorageUnavailableError
from ocpp_sdk_backends.sql.databases import DRIVER_FAILURES, Database, told
from ocpp_sdk_backends.sql.gathering import Gathering
from ocpp_sdk_backends.sql.remembered import Remembered
from ocpp_sdk_backends.sql.texts import unfit_text
from ocpp_sdk_backends.sql.writing import WriteTransaction

__all__ = ["GroupCommit", "Verb"]

A = TypeVar("A")
R = TypeVar("R")

Verb: TypeAlias = Callable[[WriteTransaction, list[A]], list[R]]
"""Does the same for each of some arguments, and returns a result for each."""

_LARGEST: Final = 1000
# After one row that was there before, others often follow: a charge point sends its queue again.
_CAREFUL_GROUPS: Final = 50
# The same goes for other processes that write.
_LOOKING_GROUPS: Final = 50
_COLLISIONS: Final = (IntegrityError, sqlite3.IntegrityError)


class _Job(Generic[A, R]):
    __slots__ = ("answer", "argument", "result", "subject", "verb")

    def __init__(self, verb: Verb[A, R], argument: A, subject: object, answer: asyncio.Future[R]) -> None:
        self.verb = verb
        self.argument = argument
        self.subject = subject
        self.answer = answer
        self.result: R | None = None


class GroupCommit:
    """Runs verbs that write.

    Args:
        database: where.
        remembered: what is known without asking.
        name: what errors call the storage.
    """

    def __init__(self, database: Database, remembered: Remembered, name: str) -> None:
        self._database = database
        self._remembered = remembered
        self._name = name
        self._waiting: list[_Job[Any, Any]] = []
        self._task: asyncio.Task[None] | None = None
        self._gathering = Gathering()
        self._careful = 0
        self._looking = 0

    def write(self, verb: Verb[A, R], argument: A, subject: object = None) -> asyncio.Future[R]:
        """Put a write into the next group.

        Args:
            verb: may run several times, rolled back before it runs again.
            argument: what it is asked for.
            subject: what the argument was made of, to name a text that the database cannot hold.

        Returns:
            Done when the write is durable. A write whose caller gives up may happen or not.
        """
        task = self._task
        if task is None:
            task = self._task = asyncio.create_task(self._serve(), name="ocpp-storage-writer")
        answer: asyncio.Future[R] = task.get_loop().create_future()
        self._waiting.append(_Job(verb, argument, subject, answer))
        self._gathering.came()
        return answer

    async def finish(self) -> None:
        """Wait for the writes that were asked for."""
        while self._task is not None:
            await asyncio.wait([self._task])

    async def _serve(self) -> None:
        group: list[_Job[Any, Any]] = []
        try:
            while self._waiting:
                await self._gathering.gather()
                group, self._waiting = self._waiting[:_LARGEST], self._waiting[_LARGEST:]
                begin = perf_counter()
                await self._commit(group)
                self._gathering.answered(len(group), perf_counter() - begin)
        finally:
            self._task = None
            # Only if this task was cancelled, with its event loop.
            for job in [*group, *self._waiting]:
                job.answer.cancel()

    async def _commit(self, group: list[_Job[Any, Any]]) -> None:
        careful = self._careful > 0
        self._careful -= careful
        try:
            await self._run(group, careful=careful)
        except StorageUnavailableError as error:
            # It is the storage that fails, and to ask again for each would wait for it each time.
            for job in group:
                _fail(job, type(error)(str(error)), error)
        except Exception as error:
            if len(group) > 1:
                for job in group:
                    await self._commit([job])
            else:
                _fail(group[0], self._told(group[0], error), error)
        else:
            for job in group:
                if not job.answer.done():
                    job.answer.set_result(job.result)

    async def _run(self, group: list[_Job[Any, Any]], *, careful: bool) -> None:
        if self._looking > 0:
            self._looking -= 1
        elif not careful and await self._run_at_once(group):
            return

        def work(connection: Connection) -> WriteTransaction:
            transaction = WriteTransaction(connection, self._remembered, careful=careful)
            _apply(transaction, group)
            transaction.finish()
            return transaction

        try:
            transaction = await self._database.write(work)
        except DRIVER_FAILURES as error:
            if isinstance(error, _COLLISIONS) and not careful:
                # A row that was taken for new is there.
                self._careful = _CAREFUL_GROUPS
                await self._run(group, careful=True)
                return
            raise told(self._name, error) from error
        else:
            transaction.committed()

    async def _run_at_once(self, group: list[_Job[Any, Any]]) -> bool:
        """Let a single statement do it all, if it can; tells whether it has."""
        if self._remembered.last is None or not self._database.can_write_at_once:
            return False
        transaction = WriteTransaction(None, self._remembered)
        try:
            _apply(transaction, group)
        except Exception:
            # Reads, or fails and will do so again.
            return False
        try:
            done = await self._database.write_at_once(*transaction.at_once())
        except DRIVER_FAILURES as error:
            raise told(self._name, error) from error
        if done is None:
            return False
        if not done:
            self._looking = _LOOKING_GROUPS
            return False
        transaction.committed()
        return True

    def _told(self, job: _Job[Any, Any], error: Exception) -> Exception:
        if isinstance(error, StorageError) and error.__cause__ is not None:
            unfit = unfit_text(job.subject)
            if unfit is not None:
                return StorageError(f"{self._name}: {unfit}")
        return error


def _apply(transaction: WriteTransaction, group: list[_Job[Any, Any]]) -> None:
    by_verb: dict[Verb[Any, Any], list[_Job[Any, Any]]] = {}
    for job in group:
        by_verb.setdefault(job.verb, []).append(job)
    for verb, jobs in by_verb.items():
        results = verb(transaction, [job.argument for job in jobs])
        for job, result in zip(jobs, results, strict=True):
            job.result = result


def _fail(job: _Job[Any, Any], error: Exception, cause: Exception) -> None:
    if not job.answer.done():
        if error is not cause:
            error.__cause__ = cause
        job.answer.set_exception(error)
