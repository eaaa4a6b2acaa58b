"""The time-out that steps first: it behaves as `asyncio.timeout` around a plain `await`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from ocpp_sdk.server.stepping import Deadlines, ExpiredError, within

pytestmark = pytest.mark.anyio


async def give(value: int, waits: int = 0) -> int:
    """Return a value after some waiting."""
    for _ in range(waits):
        await asyncio.sleep(0)
    return value


@pytest.mark.parametrize("waits", [0, 1, 5])
async def test_value_comes_back_however_often_it_waits(waits: int) -> None:
    """Coroutines, tasks and futures are all awaited."""
    assert await within(give(7, waits), 10) == 7
    assert await within(asyncio.ensure_future(give(7, waits)), 10) == 7


@pytest.mark.parametrize("waits", [0, 2])
async def test_exception_of_the_awaited_code_comes_through(waits: int) -> None:
    """Also a `TimeoutError` of its own, which is not the one of the time-out."""

    async def fail(error: Exception) -> None:
        await give(0, waits)
        raise error

    for error in (ValueError("x"), TimeoutError("own")):
        with pytest.raises(type(error), match=str(error)):
            await within(fail(error), 10)


async def test_code_that_waits_too_long_is_cancelled() -> None:
    """It sees the cancellation and can clean up, waiting once more."""
    seen: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            seen.append("cancelled")
            raise

    with pytest.raises(ExpiredError):
        await within(wait(), 0.01)
    assert seen == ["cancelled"]
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_code_that_catches_its_cancellation_may_go_on() -> None:
    """As with `asyncio.timeout`, the value of who swallows the cancellation is taken, and the task is not cancelled."""

    async def stubborn() -> int:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return await give(3, 1)
        return 0

    assert await within(stubborn(), 0.01) == 3
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_cancellation_from_outside_reaches_the_awaited_code() -> None:
    """It is no time-out, and it is not swallowed."""
    seen: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            seen.append("ended")

    task = asyncio.create_task(within(wait(), 10))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["ended"]


async def test_timeout_and_groups_inside_of_the_awaited_code_work() -> None:
    """The code runs in the task of its caller, before and after its first wait."""

    @asynccontextmanager
    async def limited() -> AsyncIterator[None]:
        async with asyncio.timeout(0.01):
            yield

    async def inner() -> str:
        try:
            async with limited():
                await asyncio.Event().wait()
        except TimeoutError:
            pass
        async with asyncio.TaskGroup() as group:
            child = group.create_task(give(1, 2))
        return f"{child.result()}"

    assert await within(inner(), 10) == "1"


async def test_deadlines_end_each_in_its_turn() -> None:
    """One timer serves them all: who is done in time is left alone, whoever began before and after."""
    deadlines = Deadlines(0.05)
    loop = asyncio.get_running_loop()

    async def attempt(seconds: float) -> float:
        began = loop.time()
        with suppress(ExpiredError):
            with deadlines.one():
                await asyncio.sleep(seconds)
            return 0.0
        return loop.time() - began

    first = [asyncio.create_task(attempt(seconds)) for seconds in (9, 0.0, 9)]
    await asyncio.sleep(0.03)
    second = [asyncio.create_task(attempt(seconds)) for seconds in (0.0, 9)]
    took = await asyncio.gather(*first, *second)
    assert [seconds > 0 for seconds in took] == [True, False, True, False, True]
    assert all(0.04 < seconds < 0.2 for seconds in took if seconds)
    # The next one begins anew, when nothing is left of the others.
    assert await attempt(0) == 0
    assert 0.04 < await attempt(9) < 0.2


def test_deadlines_serve_one_event_loop_after_the_other() -> None:
    """The timer of a loop that is closed ends nothing any more."""
    deadlines = Deadlines(0.02)

    async def wait() -> None:
        with deadlines.one():
            await asyncio.Event().wait()

    for _ in range(2):
        with pytest.raises(ExpiredError):
            asyncio.run(wait())


async def test_deadline_leaves_to_others_what_is_theirs() -> None:
    """Who cancels the task from outside, and errors of the code, are not mistaken for the end of the time."""
    deadlines = Deadlines(0.02)

    async def wait(seconds: float) -> None:
        with deadlines.one():
            await asyncio.sleep(seconds)

    task = asyncio.create_task(wait(9))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ValueError, match="own"), deadlines.one():
        raise ValueError("own")
    # Code that swallows the cancellation is done, and the task goes on.
    with deadlines.one(), suppress(asyncio.CancelledError):
        await asyncio.sleep(9)
    here = asyncio.current_task()
    assert here is not None
    assert here.cancelling() == 0
    await asyncio.sleep(0.03)
