"""Whatever happens in whatever order, every transaction message arrives, in its place."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocpp_sdk.client.queue import RetryRules
from ocpp_sdk.errors import StorageUnavailableError
from ocpp_sdk.storage import CallState, Queue, open_store
from tests.unit.client.queue.fakes import Failure, Reaction, World

Step: TypeAlias = Callable[["Story"], Coroutine[None, None, None]]


class Story:
    """What happens to one queue, and what must be true in the end."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ordered: list[str] = []
        self.others: list[str] = []

    async def put(self, count: int, ordered: bool) -> None:
        for _ in range(count):
            keys = self.ordered if ordered else self.others
            key = f"{'t' if ordered else 's'}{len(keys):03}"
            operation = "StopTransaction" if len(keys) % 5 == 4 else "MeterValues"
            keys.append(key)
            while True:
                try:
                    await self.world.queue.put(self.world.call(key, ordered=ordered, operation=operation))
                except StorageUnavailableError:
                    # As the docs say: it may be put again with the same key.
                    continue
                break

    async def end(self) -> None:
        """Let all go well from now on, and look."""
        world = self.world
        world.flaky.failures.clear()
        await world.drain()
        peer = world.central_system
        heard = [key for key in peer.first_heard if key in set(self.ordered)]
        assert heard == sorted(heard), "an ordered call overtook another one"
        given_up = {call.key for call in await world.queue.given_up(limit=1000)}
        assert set(heard) | given_up >= set(self.ordered), "a call was skipped"
        assert len(peer.ended_calls) == len({call.number for call in peer.ended_calls}), "an end was told twice"
        assert await world.store.calls(Queue.REQUESTS, state=CallState.WAITING) == []
        assert await world.store.calls(Queue.REQUESTS, state=CallState.CLAIMED) == []
        peer.reactions.clear()
        for call in await world.queue.given_up(limit=1000):
            assert await world.queue.resend(call.number)
            peer.answered_this_life.discard(call.key)
        await world.drain()
        assert set(peer.heard) == {*self.ordered, *self.others}
        found = await world.store.calls(Queue.REQUESTS, limit=1000)
        assert {call.state for call in found} <= {CallState.ANSWERED}
        assert sorted(call.key for call in found) == sorted([*self.ordered, *self.others])
        assert all(call.reply == f'{{"to":"{call.key}"}}' for call in found)


def puts(count: int, ordered: bool) -> Step:
    async def step(story: Story) -> None:
        await story.put(count, ordered)

    return step


def reacts(*reactions: Reaction) -> Step:
    async def step(story: Story) -> None:
        story.world.central_system.reactions.extend(reactions)

    return step


def fails(*failures: Failure | None) -> Step:
    async def step(story: Story) -> None:
        story.world.flaky.failures.extend(failures)

    return step


def passes(seconds: float) -> Step:
    async def step(story: Story) -> None:
        await story.world.pass_time(seconds)

    return step


def goes_down(seconds: float) -> Step:
    async def step(story: Story) -> None:
        story.world.flaky.down = True
        await story.world.pass_time(seconds)
        story.world.flaky.down = False

    return step


def takes(seconds: float) -> Step:
    async def step(story: Story) -> None:
        story.world.central_system.taking_s = seconds

    return step


def configures(attempts: int, retry_s: float) -> Step:
    async def step(story: Story) -> None:
        story.world.rules = RetryRules(attempts=attempts, retry_s=retry_s)

    return step


async def restarts(story: Story) -> None:
    await story.world.restart()


STEPS = st.one_of(
    st.builds(puts, st.integers(1, 4), st.booleans()),
    st.builds(puts, st.integers(1, 4), st.just(True)),
    st.lists(st.sampled_from(Reaction), min_size=1, max_size=5).map(lambda found: reacts(*found)),
    st.lists(st.sampled_from([None, *Failure]), min_size=1, max_size=8).map(lambda found: fails(*found)),
    st.builds(passes, st.sampled_from([0.0, 0.5, 1.0, 30.0, 60.0, 200.0, 1000.0])),
    st.builds(goes_down, st.sampled_from([0.0, 1.0, 100.0, 1000.0])),
    st.builds(takes, st.sampled_from([0.0, 5.0, 700.0])),
    st.builds(configures, st.integers(0, 4), st.sampled_from([0.0, 60.0])),
    st.just(restarts),
)


async def tell(url: str, steps: list[Step]) -> None:
    store = await open_store(url)
    try:
        async with World(store) as world:
            story = Story(world)
            for step in steps:
                await step(story)
            world.central_system.taking_s = 0
            await story.end()
    finally:
        await store.close()


@given(st.lists(STEPS, max_size=25))
@settings(max_examples=150)
def test_any_story_ends_with_every_message_accepted_in_order(steps: list[Step]) -> None:
    """Faults, lost answers, lost connections, restarts and storage outages skip nothing and change no order."""
    asyncio.run(tell("memory:", steps))


@pytest.mark.timeout(300)
@given(st.lists(STEPS, max_size=25))
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_any_story_on_a_file_ends_with_every_message_accepted_in_order(steps: list[Step]) -> None:
    """The same with the storage that charge points have."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(tell(f"sqlite:///{Path(folder, 'queue.db')}", steps))
