"""A thread that does one thing after the other for an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple, TypeVar

__all__ = ["WorkerThread"]

T = TypeVar("T")


class _Job(NamedTuple):
    work: Callable[[], Any]
    answer: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class WorkerThread:
    """Half the way of a `ThreadPoolExecutor`, whose futures were a twentieth of what a small commit takes.

    Args:
        name: of the thread, which begins with the first job.
    """

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        # A program that ends without closing its store shall end all the same.
        self._thread = Thread(target=self._serve, name=name, daemon=True)

    def run(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Let the thread do something; it is done also if nobody waits for it any more."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        if self._thread.ident is None:
            self._thread.start()
        self._jobs.put(_Job(work, answer, loop))
        return answer

    def end(self) -> None:
        """Wait until all is done; nothing may be asked for afterwards."""
        if self._thread.ident is not None:
            self._jobs.put(None)
            self._thread.join()

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            result, failure = None, None
            try:
                result = job.work()
            except BaseException as error:
                failure = error
            # An event loop that was closed has nobody who waits.
            with suppress(RuntimeError):
                job.loop.call_soon_threadsafe(_settle, job.answer, result, failure)
            # Not until the next job comes: it may hold what its caller wants to be rid of.
            del job, result, failure


def _settle(answer: asyncio.Future[Any], result: object, failure: BaseException | None) -> None:
    if answer.done():
        return
    if failure is None:
        answer.set_result(result)
    else:
        answer.set_exception(failure)
