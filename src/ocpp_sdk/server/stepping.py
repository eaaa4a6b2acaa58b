"""A time-out that costs nothing as long as nothing waits.

Most request bodies have arrived when they are asked for, and many handlers answer from memory. A timer for them would
be armed and disarmed for nothing, so the coroutine is stepped once by hand, and only when it really waits the
time-out starts. The coroutine stays in the task it was called from, so that cancellation, `asyncio.timeout` and
`asyncio.current_task` inside of it work as with a plain `await`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Generator
from types import CoroutineType
from types import coroutine as awaitable_generator
from typing import TypeVar, cast

__all__ = ["Deadlines", "ExpiredError", "within"]

T = TypeVar("T")


class ExpiredError(Exception):
    """The time that `within` was given is over; never confused with a `TimeoutError` of the awaited code."""


class Deadlines:
    """A time-out for many, which end in the order in which they begin, so that one timer serves them all.

    To arm a timer for each and to take it down costs as much as to step a handler.

    Args:
        seconds: time that each may take.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends: dict[_Timeout, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def one(self) -> _Deadline:
        """Return a time-out for what is awaited within its block, to the end of which it runs.

        The block raises `ExpiredError` if the time is over; code that computes without waiting cannot be interrupted.
        """
        return _Deadline(self)

    def begin(self, timeout: _Timeout, loop: asyncio.AbstractEventLoop) -> None:
        """Let a time begin."""
        if loop is not self._loop:
            self._loop, self._timer, self._ends = loop, None, {}
        self._ends[timeout] = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._look, loop)

    def end(self, timeout: _Timeout) -> None:
        """Forget a time; the timer runs on for the next one."""
        self._ends.pop(timeout, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        for timeout, end in list(self._ends.items()):
            if end > now:
                self._timer = loop.call_at(end, self._look, loop)
                return
            del self._ends[timeout]
            timeout.expire()


async def within(awaitable: Awaitable[T], seconds: float) -> T:
    """Await something for a limited time.

    Args:
        awaitable: what is awaited; it is cancelled when the time is over.
        seconds: that it may wait; code that computes without waiting cannot be interrupted.

    Raises:
        ExpiredError: the time is over.
    """
    if awaitable.__class__ is CoroutineType:
        stepped = cast("Coroutine[object, object, T]", awaitable)
        try:
            waited_for = stepped.send(None)
        except StopIteration as done:
            return cast("T", done.value)
        awaitable = _resume(stepped, waited_for)
    task = _this_task()
    timeout = _Timeout(task)
    timer = task.get_loop().call_later(seconds, timeout.expire)
    try:
        result = await awaitable
    except asyncio.CancelledError as error:
        if timeout.take_back():
            raise ExpiredError from error
        raise
    except BaseException:
        timeout.take_back()
        raise
    finally:
        timer.cancel()
    timeout.take_back()
    return result


class _Timeout:
    """Cancels a task, and takes back what it has not asked for."""

    __slots__ = ("_cancelling", "_expired", "_task")

    def __init__(self, task: asyncio.Task[object]) -> None:
        self._task = task
        self._cancelling = task.cancelling()
        self._expired = False

    def expire(self) -> None:
        self._expired = True
        self._task.cancel()

    def take_back(self) -> bool:
        """End this request to cancel, if there was one, and return whether there was no other."""
        return self._expired and self._task.uncancel() <= self._cancelling


class _Deadline(_Timeout):
    """One of those that `Deadlines` serves."""

    __slots__ = ("_deadlines",)

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines

    def __enter__(self) -> None:
        task = self._task = _this_task()
        self._cancelling = task.cancelling()
        self._expired = False
        self._deadlines.begin(self, task.get_loop())

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: object) -> None:
        self._deadlines.end(self)
        if self._expired and self.take_back() and isinstance(error, asyncio.CancelledError):
            raise ExpiredError from error


def _this_task() -> asyncio.Task[object]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("time-outs need a task that can be cancelled")
    return task


@awaitable_generator
def _resume(stepped: Coroutine[object, object, T], waited_for: object) -> Generator[object, object, T]:
    """Do for a coroutine that was stepped once what `await` does for a new one."""
    while True:
        try:
            sent = yield waited_for
        except GeneratorExit:
            stepped.close()
            raise
        # Whatever is thrown belongs to the awaited code, as with `await`.
        except BaseException as error:
            step, value = stepped.throw, error
        else:
            step, value = stepped.send, sent  # type: ignore[assignment]  # both take one argument
        try:
            waited_for = step(value)
        except StopIteration as done:
            return cast("T", done.value)
