"""Waits for an event or for time, whichever comes first."""

import asyncio

import pytest

from ocpp_sdk.clock import MachineTimer, until_next_s, wait_within
from tests.unit.charge_point.fakes import FakeClock

pytestmark = pytest.mark.anyio


class StandingTimer(MachineTimer):
    """The timer of the machine, at one moment."""

    def __init__(self, now: float) -> None:
        self._now = now

    def monotonic(self) -> float:
        return self._now


@pytest.mark.parametrize(
    ("now", "period_s", "expected_s"),
    [(10.0, 0.5, 0.5), (10.1, 0.5, 0.4), (10.375, 0.5, 0.125), (10.4, 0.5, 0.6), (10.0, 2.5, 2.5), (11.0, 5.0, 4.0)],
)
def test_next_of_the_moments_a_period_apart(now: float, period_s: float, expected_s: float) -> None:
    """Whoever is late leaves one out, so that a slow device has a rest."""
    assert until_next_s(StandingTimer(now), period_s) == pytest.approx(expected_s)


async def test_machine_waits_for_the_event_and_no_longer() -> None:
    """What comes first ends it, and the answer tells which."""
    event, clock = asyncio.Event(), MachineTimer()
    assert not await wait_within(clock, event, 0.01)
    assert not await wait_within(clock, event, 0)
    asyncio.get_running_loop().call_later(0.01, event.set)
    async with asyncio.timeout(10):
        assert await wait_within(clock, event, 3600)
    assert await wait_within(clock, event, 0)


@pytest.mark.parametrize("clock", [MachineTimer(), FakeClock()], ids=["machine", "driven"])
async def test_wait_that_is_cancelled_ends_at_once(clock: MachineTimer | FakeClock) -> None:
    """Nothing of it goes on."""
    before = len(asyncio.all_tasks())
    waiting = asyncio.ensure_future(wait_within(clock, asyncio.Event(), 3600))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert len(asyncio.all_tasks()) == before


async def test_driven_clock_waits_for_the_event_and_no_longer() -> None:
    """The same by a clock that a test drives."""
    event, clock = asyncio.Event(), FakeClock()
    waiting = asyncio.ensure_future(wait_within(clock, event, 60))
    await clock.pass_time(59)
    assert not waiting.done()
    await clock.pass_time(1)
    assert await waiting is False
    waiting = asyncio.ensure_future(wait_within(clock, event, 60))
    await clock.pass_time(1)
    event.set()
    assert await waiting is True
