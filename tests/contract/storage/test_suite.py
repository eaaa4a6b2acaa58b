"""The contract itself: broken stores are found out, each by the case that is meant for them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from ocpp_sdk.storage.calls import Queue, QueuedCall
from ocpp_sdk.storage.messages import WireMessage
from ocpp_sdk.storage.metering import MeterSample
from ocpp_sdk.storage.opening import open_store
from ocpp_sdk.storage.store import Store
from ocpp_sdk.storage.transactions import StartOutcome, TransactionStart
from ocpp_sdk.storage.transfer import Topic, TransferRecord
from ocpp_sdk.testing.storage_contract import StorageContract, StoreUnderTest

pytestmark = pytest.mark.xdist_group("memory")

Verb = Callable[..., Any]


@dataclass
class Broken:
    """A `memory:` store with one verb that breaks its contract."""

    store: Store
    name: str
    verb: Callable[[Store], Verb]

    def __getattr__(self, name: str) -> object:
        return self.verb(self.store) if name == self.name else getattr(self.store, name)


def _hands_out_twice(store: Store) -> Verb:
    async def claim(
        queue: Queue, *, worker: str, now: datetime, lease: timedelta, identity: str | None = None
    ) -> QueuedCall | None:
        waiting = await store.calls(queue, limit=1)
        found = await store.claim(queue, worker=worker, now=now, lease=lease, identity=identity)
        return found or (waiting[0] if waiting else None)

    return claim


def _takes_any_attempt(store: Store) -> Verb:
    async def answer(queue: Queue, number: int, attempt: int, *, reply: str, at: datetime) -> bool:
        call = await store.call(queue, number)
        return await store.answer_call(queue, number, call.attempts if call else attempt, reply=reply, at=at)

    return answer


def _keeps_the_good_ones(store: Store) -> Verb:
    async def add(samples: Sequence[MeterSample]) -> bool:
        kept = [sample for sample in samples if sample.sampled_at.tzinfo is not None]
        await store.add_samples(kept)
        if len(kept) < len(samples):
            raise ValueError("a time without a zone")
        return True

    return add


def _forgets_microseconds(store: Store) -> Verb:
    async def start(item: TransactionStart) -> StartOutcome:
        return await store.start_transaction(replace(item, started_at=item.started_at.replace(microsecond=0)))

    return start


def _looks_before_it_leaps(store: Store) -> Verb:
    async def swap(key: str, expected: str | None, value: str | None) -> bool:
        if await store.setting(key) != expected:
            return False
        await asyncio.sleep(0)
        await store.put_setting(key, value or "")
        return True

    return swap


def _cuts_texts(store: Store) -> Verb:
    async def record(message: WireMessage) -> int:
        return await store.record_message(replace(message, request=message.request[:65_535]))

    return record


def _expires_late(store: Store) -> Verb:
    async def expire(queue: Queue, now: datetime) -> list[QueuedCall]:
        return await store.expire_calls(queue, now - timedelta(microseconds=1))

    return expire


def _loads_one_by_one(store: Store) -> Verb:
    async def load(topic: Topic, records: Sequence[TransferRecord]) -> None:
        for record in records:
            await store.load(topic, [record])

    return load


BROKEN: list[tuple[str, Callable[[Store], Verb], str]] = [
    ("claim", _hands_out_twice, "test_200_claims_at_once_hand_out_each_call_once"),
    ("claim", _hands_out_twice, "test_claim_gives_a_charge_point_one_call_in_flight"),
    ("answer_call", _takes_any_attempt, "test_workers_with_clocks_an_hour_apart_do_not_undo_each_other"),
    ("add_samples", _keeps_the_good_ones, "test_add_samples_with_one_that_cannot_be_kept_keeps_none"),
    ("start_transaction", _forgets_microseconds, "test_times_are_given_back_equal_and_in_utc"),
    ("start_transaction", _forgets_microseconds, "test_starts_that_differ_in_one_field_are_different"),
    ("swap_setting", _looks_before_it_leaps, "test_swap_setting_at_once_one_succeeds"),
    ("record_message", _cuts_texts, "test_texts_of_a_megabyte_come_back"),
    ("expire_calls", _expires_late, "test_expire_calls_ends_those_that_nobody_sends"),
    ("load", _loads_one_by_one, "test_load_with_a_record_that_cannot_be_kept_loads_none"),
]


@pytest.mark.parametrize(("verb", "how", "case"), BROKEN, ids=[f"{case[5:]}-{verb}" for verb, _, case in BROKEN])
def test_case_on_a_store_that_breaks_its_rule_fails(verb: str, how: Callable[[Store], Verb], case: str) -> None:
    """What the case is there for makes it fail, and a store that keeps the rule does not."""

    async def opener(url: str) -> Store:
        return cast("Store", Broken(await open_store(url), verb, how))

    whole = StoreUnderTest(url="memory:", durable=False, shared=False)
    run = getattr(StorageContract(), case)
    run(whole)
    with pytest.raises(AssertionError):
        run(replace(whole, opener=opener))
