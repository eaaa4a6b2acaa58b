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

__all__ = ["ExpiredError", "within"]

T = TypeVar("T")


class ExpiredError(Exception):
    """The time that `within` was given is over; never confused with a `TimeoutError` of the awaited code."""


async def within(awaitable: Awaitable[T], seconds: float) -> T:
    """Await something for a limited time.

    Args:
        awaitable: what is awaited; it is cancelled when the time is over.
        seconds: time that it may wait; code that computes without waiting cannot be interrupted.

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
    timeout = asyncio.timeout(seconds)
    try:
        async with timeout:
            return await awaitable
    except TimeoutError as error:
        if timeout.expired():
            raise ExpiredError from error
        raise


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
