"""Cases of `TransferStore`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage.calls import Queue
from ocpp_sdk.storage.id_tags import IdTagRecord
from ocpp_sdk.storage.local_list import LocalList
from ocpp_sdk.storage.store import Store
from ocpp_sdk.storage.transfer import RECORD_TYPES, SequenceState, Setting, Topic, TransferRecord
from ocpp_sdk.testing.storage_contract.examples import (
    CP,
    NOON,
    after,
    call,
    exchange,
    message,
    notification,
    sample,
    start,
    status,
    stop,
)
from ocpp_sdk.testing.storage_contract.filling import dump_all, fill
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["TransferContract"]

_IDENTITY = "CP-Straße"


def _ordered(dump: Mapping[Topic, Sequence[TransferRecord]]) -> dict[Topic, list[str]]:
    """Return what two dumps are compared by, since each store has an order of its own."""
    return {topic: sorted(map(repr, records)) for topic, records in dump.items()}


async def _load_all(store: Store, dump: Mapping[Topic, Sequence[TransferRecord]]) -> None:
    for topic, records in dump.items():
        await store.load(topic, records)


class TransferContract:
    """Whole stores."""

    @case
    async def test_dump_of_a_filled_store_has_every_topic_by_page(self, trial: Trial) -> None:
        """Records of the topic's type, as many as counted, the same each time and for every size of page."""
        store = await trial.open()
        await fill(store)
        whole = await dump_all(store)
        for topic, records in whole.items():
            assert len(records) >= 2, topic
            assert {type(record) for record in records} == {RECORD_TYPES[topic]}
            assert len({repr(record) for record in records}) == len(records) == await store.count(topic)
        store = await trial.reopen(store)
        assert await dump_all(store) == whole
        assert await dump_all(store, limit=1) == whole
        assert await dump_all(store, limit=3) == whole
        assert (await store.dump(Topic.MESSAGES, limit=0)).records == ()
        names = {record.name for record in whole[Topic.SEQUENCES] if isinstance(record, SequenceState)}
        numbered = {"connector_statuses", "refused_stops", "samples", "commands", "requests", "exchanges"}
        assert names == numbered | {"notifications", "messages", "transaction_id", "reservation_id"}

    @case
    async def test_dump_of_an_empty_store_is_empty(self, trial: Trial) -> None:
        """No topic has records, and no sequence has given a number."""
        store = await trial.open()
        dump = await dump_all(store)
        given = [record for record in dump.pop(Topic.SEQUENCES) if getattr(record, "last", 0) != 0]
        assert given == []
        assert dump == {topic: [] for topic in Topic if topic is not Topic.SEQUENCES}
        assert [await store.count(topic) for topic in dump] == [0] * len(dump)

    @case
    async def test_load_of_a_whole_dump_makes_an_equal_store(self, trial: Trial) -> None:
        """From another backend and into another backend; loaded again, nothing is there twice."""
        store, other, third = await trial.open(), await trial.memory(), await trial.memory()
        await fill(other)
        whole = await dump_all(other)
        for _ in range(2):
            await _load_all(store, whole)
            assert _ordered(await dump_all(store)) == _ordered(whole)
        store = await trial.reopen(store)
        await _load_all(third, await dump_all(store))
        assert _ordered(await dump_all(third)) == _ordered(whole)

    @case
    async def test_loaded_store_gives_no_number_again(self, trial: Trial) -> None:
        """Every sequence goes on behind the last number of the store that was dumped, even of a removed record."""
        store, other = await trial.open(), await trial.memory()
        await fill(other)
        await other.forget_messages(after(9999))
        await _load_all(store, await dump_all(other))
        for each in (store, other):
            await each.start_transaction(start(at=99))
            await each.stop_transaction(stop(777), [sample("new")], after(1))
            await each.set_connector_status(status("New"))
            await each.enqueue(Queue.COMMANDS, call("new"))
            await each.enqueue(Queue.REQUESTS, call("new"))
            await each.add_exchange(exchange("new"))
            await each.add_notification(notification())
            await each.record_message(message())
        assert await store.new_reservation_id() == await other.new_reservation_id()
        newest = [
            [(await each.transactions(CP))[0].transaction_id, (await each.refused_stops(limit=1))[0].number]
            + [(await each.status_history(CP))[0].number]
            + [(await each.samples(CP))[-1].number, (await each.exchanges(CP))[-1].number]
            + [(await each.calls(queue, CP))[-1].number for queue in Queue]
            + [(await each.notifications(limit=1))[0].number, (await each.messages())[-1].number]
            for each in (store, other)
        ]
        assert all(mine is not None and his is not None and mine >= his for mine, his in zip(*newest, strict=True))

    @case
    async def test_loaded_store_keeps_the_rules_of_the_other_verbs(self, trial: Trial) -> None:
        """What is repeated is known, what is in place is in place, and what waits can be claimed."""
        store, other = await trial.open(), await trial.memory()
        await fill(other)
        await _load_all(store, await dump_all(other))
        again = [sample("1", identity=_IDENTITY, transaction_id=1), sample("2", identity=_IDENTITY)]
        first = await other.start_transaction(start(identity=_IDENTITY))
        again[0] = replace(again[0], transaction_id=first.transaction.transaction_id)
        assert await store.add_samples(again) is False
        assert await store.start_transaction(start(identity=_IDENTITY)) == first
        assert await store.set_connector_status(status(identity=_IDENTITY, info="größer")) is False
        assert (await store.connector_statuses()) == await other.connector_statuses()
        refused = replace(stop(9999, identity=_IDENTITY), id_tag=None, reason=None)
        await store.stop_transaction(refused, [], after(9))
        assert await store.refused_stops() == await other.refused_stops()
        for each in (store, other):
            assert (await each.enqueue(Queue.COMMANDS, call("k0", identity=_IDENTITY))).attempts == 1
        claims = [
            await each.claim(Queue.COMMANDS, worker="w", now=after(61), lease=timedelta(1)) for each in (store, other)
        ]
        assert claims[0] == claims[1]
        assert claims[0] is not None
        assert await store.charge_point("CP-STRASSE") == await other.charge_point("CP-STRASSE")
        assert await store.listed_tags(_IDENTITY) == await other.listed_tags(_IDENTITY)

    @case
    async def test_load_replaces_the_record_of_the_same_key(self, trial: Trial) -> None:
        """What is loaded is taken as it is, in place of what was there, and nothing else changes."""
        store, other = await trial.open(), await trial.memory()
        for each in (store, other):
            await fill(each)
        whole = {**await dump_all(other)}
        await _load_all(store, whole)
        changed = {
            Topic.ID_TAGS: {"status": "Invalid", "max_active_transactions": None},
            Topic.TRANSACTIONS: {"stop": None, "problem": "größer"},
            Topic.CHARGE_POINTS: {"registration": "Rejected", "boot": None, "deviations": {"new": 9}},
            Topic.CONNECTOR_STATUSES: {"info": "changed"},
            Topic.REFUSED_STOPS: {"why": "changed"},
            Topic.SAMPLES: {"value": "changed"},
            Topic.RESERVATIONS: {"parent_id_tag": "changed"},
            Topic.COMMANDS: {"error": "changed"},
            Topic.EXCHANGES: {"data": "changed"},
            Topic.NOTIFICATIONS: {"read_at": NOON},
            Topic.MESSAGES: {"fault": "changed"},
            Topic.SETTINGS: {"value": "changed"},
        }
        for topic, fields in changed.items():
            first, *rest = whole[topic]
            new = replace(first, **fields)  # type: ignore[arg-type]  # the fields are those of the topic's records
            await store.load(topic, [new])
            whole[topic] = [new, *rest]
        assert _ordered(await dump_all(store)) == _ordered(whole)

    @case
    async def test_load_of_a_record_makes_its_charge_point(self, trial: Trial) -> None:
        """Whatever is loaded first; a charge point that is loaded later takes the place of the one that was made."""
        store, other = await trial.open(), await trial.memory()
        await fill(other)
        whole = await dump_all(other)
        points = whole.pop(Topic.CHARGE_POINTS)
        for topic, records in whole.items():
            for record in records:
                if hasattr(record, "identity"):
                    moved = replace(record, identity=f"of {topic}")  # type: ignore[arg-type]  # it has one
                    await store.load(topic, [moved])
                    assert await store.charge_point(f"of {topic}") is not None
                    break
        await store.load(Topic.SAMPLES, [replace(sample(identity=_IDENTITY), number=1)])
        await store.load(Topic.CHARGE_POINTS, points)
        known = await store.charge_points(limit=1000)
        assert [point for point in known if not point.identity.startswith("of ")] == sorted(points, key=repr)

    @case
    async def test_load_never_lowers_a_sequence(self, trial: Trial) -> None:
        """The greater of both counts."""
        store = await trial.open()
        for last in (100, 5, 0):
            await store.load(Topic.SEQUENCES, [SequenceState(name="transaction_id", last=last)])
            await store.load(Topic.SEQUENCES, [SequenceState(name="messages", last=last)])
        assert (await store.start_transaction(start())).transaction.transaction_id == 101
        assert await store.record_message(message()) == 101

    @case
    async def test_load_counts_the_entries_of_a_local_list(self, trial: Trial) -> None:
        """What the loaded record says of their number does not matter."""
        store = await trial.open()
        await store.load(Topic.LOCAL_LISTS, [LocalList(identity=CP, version=3, updated_at=NOON, entries=17)])
        assert await store.local_list(CP) == LocalList(identity=CP, version=3, updated_at=NOON, entries=0)

    @case
    async def test_load_with_a_record_that_cannot_be_kept_loads_none(self, trial: Trial) -> None:
        """All or none."""
        store = await trial.open()
        naive = IdTagRecord(id_tag="b", expires_at=NOON.replace(tzinfo=None))
        with pytest.raises((ValueError, StorageError)):
            await store.load(Topic.ID_TAGS, [IdTagRecord(id_tag="a"), naive])
        assert await store.count(Topic.ID_TAGS) == 0

    @case
    async def test_load_of_many_records_at_once_keeps_them_all(self, trial: Trial) -> None:
        """Some thousands in one call, which are dumped in pages; nothing at all is loaded without complaint."""
        store = await trial.open()
        records = [Setting(key=f"k{number:04}", value=str(number)) for number in range(3000)]
        await store.load(Topic.SETTINGS, records)
        await store.load(Topic.SETTINGS, [])
        assert await store.count(Topic.SETTINGS) == 3000
        dump = (await dump_all(store))[Topic.SETTINGS]
        assert sorted(map(repr, dump)) == sorted(map(repr, records))
