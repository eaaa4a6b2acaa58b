"""Whom a group of writes waits for, with callers that come back or do not."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

import pytest

from ocpp_sdk_backends.sql.gathering import Gathering

pytestmark = pytest.mark.anyio


class Writers:
    """Takes groups as a storage does; a commit takes a moment.

    Attributes:
        sizes: of the groups.
        waits: how long each was waited for, in s.
    """

    def __init__(self, commit_s: float) -> None:
        self.sizes: list[int] = []
        self.waits: list[float] = []
        self._commit_s = commit_s
        self._gathering = Gathering()
        self._waiting: list[asyncio.Future[None]] = []
        self._came = asyncio.Event()

    async def write(self) -> None:
        """Return after the commit."""
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        self._gathering.came()
        self._came.set()
        await answer

    async def serve(self) -> None:
        """Write for ever."""
        while True:
            await self._came.wait()
            began = monotonic()
            await self._gathering.gather()
            self.waits.append(monotonic() - began)
            group, self._waiting = self._waiting, []
            self._came.clear()
            await asyncio.sleep(self._commit_s)
            self.sizes.append(len(group))
            for answer in group:
                answer.set_result(None)
            self._gathering.answered(len(group), self._commit_s)


async def run(writers: Writers, *callers: Callable[[], Awaitable[None]]) -> None:
    """Let callers write until each is done."""
    serving = asyncio.ensure_future(writers.serve())
    async with asyncio.timeout(30):
        await asyncio.gather(*(caller() for caller in callers))
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_callers_that_come_again_share_every_commit() -> None:
    """Also if they begin in two halves, of which each would wait for the commit of the other for ever."""
    writers = Writers(0.004)

    def caller(begin_s: float) -> Callable[[], Awaitable[None]]:
        async def write() -> None:
            await asyncio.sleep(begin_s)
            for _ in range(20):
                await writers.write()
                await asyncio.sleep(0.001)

        return write

    await run(writers, *(caller(0.003 * (number % 2)) for number in range(40)))
    assert sum(writers.sizes) == 40 * 20
    assert sorted(writers.sizes)[len(writers.sizes) // 2] >= 38


async def test_callers_that_do_not_come_again_are_waited_for_once_in_a_while() -> None:
    """And no longer than a commit takes."""
    writers = Writers(0.004)

    async def write() -> None:
        for _ in range(30):
            await asyncio.gather(*(writers.write() for _ in range(5)))
            await asyncio.sleep(0.02)

    await run(writers, write)
    assert sum(writers.sizes) == 150
    waited = [wait for wait in writers.waits if wait > 0.002]
    assert len(waited) <= 5


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """For how many each group has waited that was not begun at once."""
    found: list[int] = []
    wait_for = Gathering._wait_for

    async def noted(self: Gathering, wanted: int) -> bool:
        found.append(wanted)
        return await wait_for(self, wanted)

    monkeypatch.setattr(Gathering, "_wait_for", noted)
    return found


@pytest.mark.parametrize("count", [1, 2])
async def test_one_or_two_wait_for_nobody(waits: list[int], count: int) -> None:
    """A charge point has but itself."""
    writers = Writers(0.01)

    async def write() -> None:
        for _ in range(5):
            await writers.write()
            await asyncio.sleep(0.001)

    await run(writers, *[write] * count)
    assert sum(writers.sizes) == 5 * count
    assert waits == []


async def test_group_is_begun_as_soon_as_it_is_large(waits: list[int]) -> None:
    """Beyond 64 no more are waited for."""
    writers = Writers(0.004)

    async def write() -> None:
        for _ in range(5):
            await writers.write()

    await run(writers, *[write] * 200)
    assert sum(writers.sizes) == 1000
    assert waits == []
