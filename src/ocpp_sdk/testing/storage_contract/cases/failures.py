"""Cases of `Store`: of writes that share a commit, one that fails, fails alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace

from ocpp_sdk.errors import StorageError, StorageUnavailableError
from ocpp_sdk.storage.calls import Queue
from ocpp_sdk.storage.transfer import SequenceState, Topic
from ocpp_sdk.testing.storage_contract.examples import NOON, call, message, notification, sample, start, status, stop
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["FailureContract"]


class FailureContract:
    """Writes that fail among others."""

    @case
    async def test_write_that_fails_among_others_fails_alone(self, trial: Trial) -> None:
        """Of one verb: texts and numbers that cannot be kept, and times without a zone, harm nobody else's write."""
        store = await trial.open()
        bad = {
            5: message("bad \ud800 5"),
            11: message("bad \x00 11"),
            17: replace(message("bad 17"), at=NOON.replace(tzinfo=None)),
            23: replace(message("bad 23"), deviations=("\ud800",)),
        }
        answers = await asyncio.gather(
            *(store.record_message(bad.get(number, message(f"good {number}"))) for number in range(40)),
            return_exceptions=True,
        )
        kept = {item.number: item.request for item in await store.messages(limit=1000)}
        for number, answer in enumerate(answers):
            if number not in bad:
                assert isinstance(answer, int), (number, answer)
                assert kept.pop(answer) == f"good {number}"
            elif isinstance(answer, int):
                assert kept.pop(answer) == bad[number].request
            else:
                assert isinstance(answer, (StorageError, ValueError)), (number, answer)
                assert not isinstance(answer, StorageUnavailableError), (number, answer)
        assert kept == {}
        assert isinstance(answers[17], ValueError)

    @case
    async def test_writes_of_all_kinds_that_fail_among_others_fail_alone(self, trial: Trial) -> None:
        """Of many verbs at once, each good one does what it does alone, and is there afterwards."""
        store = await trial.open()
        naive = NOON.replace(tzinfo=None)
        good: list[Awaitable[object]] = []
        bad: list[Awaitable[object]] = []
        for number in range(10):
            who = f"CP-{number}"
            good += [
                store.add_samples([sample(str(number), identity=who)]),
                store.start_transaction(start(identity=who)),
                store.enqueue(Queue.COMMANDS, call("k", identity=who)),
                store.set_connector_status(status(identity=who)),
                store.add_notification(notification(str(number), identity=who)),
                store.put_setting(who, str(number)),
            ]
            bad += [
                store.add_samples([sample("good", identity=who), replace(sample(identity=who), sampled_at=naive)]),
                store.start_transaction(replace(start(identity=who, at=9), started_at=naive)),
                store.enqueue(Queue.COMMANDS, replace(call("bad", identity=who), expires_at=naive)),
                store.set_connector_status(replace(status("Bad", identity=who), changed_at=naive)),
                store.stop_transaction(stop(777, identity=who), [], naive),
                store.load(
                    Topic.SAMPLES, [replace(sample("bad", identity=who), number=9000 + number, sampled_at=naive)]
                ),
            ]
        mixed = [each for pair in zip(good, bad, strict=True) for each in pair]
        answers = await asyncio.gather(*mixed, return_exceptions=True)
        assert [answer for answer in answers[0::2] if isinstance(answer, BaseException)] == []
        assert [answer for answer in answers[1::2] if not isinstance(answer, ValueError)] == []
        assert len(await store.samples()) == len(await store.transactions()) == 10
        assert len(await store.calls(Queue.COMMANDS)) == len(await store.connector_statuses()) == 10
        assert len(await store.settings()) == await store.unread_count() == 10
        assert await store.refused_stops() == []

    @case
    async def test_start_without_an_id_left_fails_alone(self, trial: Trial) -> None:
        """Writes at the same moment are kept, and so are as many starts as there are ids left."""
        store = await trial.open()
        await store.load(Topic.SEQUENCES, [SequenceState(name="transaction_id", last=2_147_483_644)])
        answers = await asyncio.gather(
            *(
                store.start_transaction(start(at=number)) if number % 2 else store.record_message(message(str(number)))
                for number in range(20)
            ),
            return_exceptions=True,
        )
        assert len(await store.messages()) == 10
        assert [answer for answer in answers[0::2] if isinstance(answer, BaseException)] == []
        begun = [answer for answer in answers[1::2] if not isinstance(answer, BaseException)]
        assert len(begun) == len(await store.transactions()) == 3
        refused = [answer for answer in answers[1::2] if isinstance(answer, BaseException)]
        assert {type(answer) for answer in refused} == {StorageError}
