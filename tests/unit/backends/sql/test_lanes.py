"""A claim in the lane of one charge point gives what the rules say, though it looks at a few rows only."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocpp_sdk.storage import CallState, NewCall, Queue, QueuedCall, Store, open_store
from ocpp_sdk.storage.calls import FollowingCallStore
from ocpp_sdk.testing.storage_contract.examples import after
from ocpp_sdk_backends.sql import lanes

QUEUE = Queue.REQUESTS
TIMES = st.sampled_from([0, 10, 20, 30, 40])
Step = tuple[object, ...]
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("put"), st.booleans(), st.none() | TIMES, st.none() | TIMES),
    st.tuples(st.just("put"), st.booleans(), st.none(), st.none()),
    st.tuples(st.just("claim"), TIMES, st.sampled_from([5, 100])),
    st.tuples(st.just("claim"), TIMES, st.sampled_from([5, 100])),
    st.tuples(st.sampled_from(["answer", "give up"])),
    st.tuples(st.just("retry"), st.none() | TIMES),
    st.tuples(st.just("resend")),
    st.tuples(st.just("cancel")),
    st.tuples(st.just("expire"), TIMES),
)


class Lane:
    """The calls of one charge point in one storage."""

    def __init__(self, store: Store, identity: str) -> None:
        self.store = store
        self.identity = identity
        self._keys = count()
        self._claimed: QueuedCall | None = None

    async def do(self, name: object, *values: object) -> object:
        """Do one thing, and return what is seen of it from outside."""
        match name, *values:
            case "put", bool(ordered), not_before, expires:
                call = NewCall(
                    key=str(next(self._keys)),
                    identity=self.identity,
                    operation="Heartbeat",
                    request="{}",
                    ordered=ordered,
                    created_at=after(0),
                    not_before=after(not_before) if isinstance(not_before, int) else None,
                    expires_at=after(expires) if isinstance(expires, int) else None,
                )
                return self._seen(await self.store.enqueue(QUEUE, call))
            case "claim", int(at), int(lease):
                found = await self.store.claim(
                    QUEUE, worker="w", now=after(at), lease=timedelta(seconds=lease), identity=self.identity
                )
                self._claimed = found or self._claimed
                return None if found is None else self._seen(found)
            case "expire", int(at):
                return [self._seen(call) for call in await self.store.expire_calls(QUEUE, after(at))]
            case "resend" | "cancel", *_:
                return await self._change(name == "resend")
        call_, end = self._claimed, after(50)
        if call_ is None:
            return None
        match name, *values:
            case "answer", *_:
                return await self.store.answer_call(QUEUE, call_.number, call_.attempts, reply="{}", at=end)
            case "give up", *_:
                return await self.store.give_up_call(QUEUE, call_.number, call_.attempts, error="no", at=end)
            case _, again:
                not_before = after(again) if isinstance(again, int) else None
                return await self.store.retry_call(
                    QUEUE, call_.number, call_.attempts, error="no", not_before=not_before
                )
        raise AssertionError(name)

    async def _change(self, resend: bool) -> object:
        state = CallState.GIVEN_UP if resend else CallState.WAITING
        for call in await self.store.calls(QUEUE, self.identity, state=state, limit=1):
            if resend:
                return await self.store.resend_call(QUEUE, call.number)
            return await self.store.cancel_call(QUEUE, call.number, error="no", at=after(50))
        return None

    async def all(self) -> list[object]:
        """Return all that is there."""
        return [self._seen(call) for call in await self.store.calls(QUEUE, self.identity, limit=1000)]

    def _seen(self, call: QueuedCall) -> object:
        return (
            *(call.key, call.identity, call.ordered, call.state, call.attempts, call.worker, call.lease_until),
            *(call.not_before, call.expires_at, call.ended_at, call.reply, call.error, call.created_at),
        )


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """Have one event loop for all examples."""
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="module")
def stores(runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Store]]:
    """Open the storage that asks step by step, and the one that looks at every call."""
    path = tmp_path_factory.mktemp("lanes") / "ocpp.db"
    opened = [runner.run(open_store(url)) for url in (f"sqlite:///{path}", "memory:")]
    yield opened
    for store in opened:
        runner.run(store.close())


_examples = count()


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=30))
def test_claims_in_sqlite_give_what_the_memory_store_gives(
    runner: asyncio.Runner, stores: list[Store], steps: list[Step]
) -> None:
    """Whatever waits, is held, has lapsed or expired: the same call, as it is then."""
    identity = f"CP-{next(_examples)}"
    pair = [Lane(store, identity) for store in stores]

    async def both() -> None:
        for step in steps:
            lite, memory = [await lane.do(*step) for lane in pair]
            assert lite == memory, step
        lite, memory = [await lane.all() for lane in pair]
        assert lite == memory

    runner.run(both())


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=20), at=TIMES, at_most=st.integers(1, 5))
def test_run_is_claimed_in_the_order_of_single_claims(
    runner: asyncio.Runner, stores: list[Store], steps: list[Step], at: int, at_most: int
) -> None:
    """Whatever waits, is held, has lapsed or expired: as if each call were claimed and answered before the next one."""
    identity = f"CP-{next(_examples)}"
    pair = [Lane(store, identity) for store in stores]

    async def both() -> None:
        for step in steps:
            for lane in pair:
                await lane.do(*step)
        ended, run = await cast("FollowingCallStore", stores[0]).answer_and_claim(
            QUEUE,
            [],
            at=after(at),
            worker="w",
            lease=timedelta(seconds=100),
            identity=identity,
            run_of={"Heartbeat"},
            at_most=at_most,
        )
        assert ended == []
        assert len(run) <= at_most
        singly = []
        for _ in range(max(len(run), 1)):
            singly.append(await pair[1].do("claim", at, 100))
            await pair[1].do("answer")
        assert [pair[0]._seen(call) for call in run] == [seen for seen in singly if seen is not None]

    runner.run(both())


def test_claim_of_one_among_many_looks_at_few(runner: asyncio.Runner, tmp_path: Path) -> None:
    """A queue of 3,000 is claimed from as one of 30: by an index, without a sort, whatever was answered before."""

    async def fill(store: Store) -> None:
        for begin in range(0, 3000, 500):
            new = [
                NewCall(key=str(begin + n), identity="CP", operation="x", request="{}", created_at=after(0))
                for n in range(500)
            ]
            await asyncio.gather(*(store.enqueue(QUEUE, call) for call in new))

    path = tmp_path / "many.db"
    store = runner.run(open_store(f"sqlite:///{path}"))
    runner.run(fill(store))
    runner.run(store.close())
    ask = lanes._OF[QUEUE]
    with closing(sqlite3.connect(path)) as connection:
        for fixed, index in (
            (ask.claimed, "(charge_point_id=? AND state=?)"),
            (ask.first, "(charge_point_id=? AND state=?)"),
            (ask.later, "(charge_point_id=? AND state=? AND number>?)"),
            (ask.same, "(charge_point_id=? AND key=?)"),
        ):
            values = {**fixed._constants, "lane_": 1, "now_": "2026", "key_": "7", "number_": 7, "limit_": 7}
            plan = connection.execute(f"EXPLAIN QUERY PLAN {fixed._text}", values).fetchall()
            shown = " ".join(row[-1] for row in plan)
            assert "SCAN" not in shown
            assert "TEMP B-TREE" not in shown
            assert index in shown
