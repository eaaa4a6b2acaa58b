"""Waiting for somebody else's code, but not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Final, TypeVar

from ocpp_sdk.clock import Clock

__all__ = ["within"]

T = TypeVar("T")

# What was cancelled may have something to put back before it ends.
_GRACE_S: Final = 1.0


async def within(clock: Clock, work: Coroutine[object, object, T], seconds: float) -> T:
    """Run something that has so many seconds on a clock; what is not done by then is cancelled.

    Raises:
        TimeoutError: it was not done in time.
        Exception: whatever it raises.
    """
    task = asyncio.ensure_future(work)
    try:
        await _first(clock, task, seconds)
        if not task.done():
            raise TimeoutError(f"not done within {seconds:g} s")
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            task.add_done_callback(_forget)
            await _first(clock, task, _GRACE_S)


async def _first(clock: Clock, task: asyncio.Task[T], seconds: float) -> None:
    alarm = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({task, alarm}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        alarm.cancel()


def _forget(task: asyncio.Task[T]) -> None:
    if not task.cancelled():
        task.exception()
