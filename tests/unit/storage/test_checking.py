"""What a look over a store finds."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ocpp_sdk.storage import (
    BootData,
    CallState,
    ChargePointRecord,
    ConfigurationKey,
    ConnectorStatus,
    ListedTag,
    LocalList,
    MeterSample,
    Notification,
    Queue,
    QueuedCall,
    RefusedStop,
    Reservation,
    Store,
    Topic,
    TransactionRecord,
    TransactionStart,
    TransactionStop,
    WireMessage,
    open_store,
)
from ocpp_sdk.storage.checking import check_store
from ocpp_sdk.storage.copying import PREFIX, copy_store
from ocpp_sdk.storage.transfer import Dump, OwnedListedTag, SampleRequest, SequenceState, Setting, TransferRecord
from ocpp_sdk.testing.storage_contract.filling import fill

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
START = TransactionStart(identity="CP1", connector_id=1, id_tag="A", started_at=NOON, meter_start_wh=100)
STOP = TransactionStop(identity="CP1", transaction_id=1, stopped_at=NOON + HOUR, meter_stop_wh=900)
CALL = QueuedCall(
    number=1,
    queue=Queue.COMMANDS,
    key="k",
    identity="CP1",
    operation="Reset",
    request="{}",
    ordered=True,
    created_at=NOON,
)
CLAIMED = replace(CALL, state=CallState.CLAIMED, attempts=1, worker="w", lease_until=NOON + HOUR)
MESSAGE = WireMessage(number=1, at=NOON, identity="CP1", operation="Heartbeat", request="{}", reply="{}")
POINT = ChargePointRecord(identity="CP1", first_seen=NOON, last_seen=NOON)
STATUS = ConnectorStatus(
    number=1, identity="CP1", connector_id=1, status="Available", error_code="NoError", changed_at=NOON
)


class Records:
    """Records as a broken store would give them; a store takes only whole ones."""

    def __init__(self, topic: Topic, records: Sequence[TransferRecord]) -> None:
        self._of_topics: dict[Topic, list[TransferRecord]] = {
            Topic.CHARGE_POINTS: [POINT],
            Topic.SEQUENCES: [
                SequenceState(name=name, last=9) for name in ("transaction_id", *(topic.value for topic in Topic))
            ],
        }
        self._of_topics.setdefault(topic, []).extend(records)

    async def dump(self, topic: Topic, *, after: str | None = None, limit: int = 1000) -> Dump:
        """Give all at once."""
        return Dump(tuple(self._of_topics.get(topic, ())), None)

    async def connector_statuses(self, identity: str | None = None) -> list[ConnectorStatus]:
        """Give the newest, as a store does that is whole."""
        found = [one for one in self._of_topics.get(Topic.CONNECTOR_STATUSES, []) if isinstance(one, ConnectorStatus)]
        return found[-1:]


async def found_in(store: Store) -> list[tuple[str, str, bool]]:
    """Return topic, text and gravity of each finding."""
    return [(one.topic, one.text, one.wrong) async for one in check_store(store, now=NOON)]


async def test_store_that_was_used_by_its_verbs_is_whole() -> None:
    """Nothing is wrong; what should have ended by now is a note."""
    store = await open_store("memory:")
    await fill(store)
    found = [one async for one in check_store(store, now=datetime(2100, 1, 1, tzinfo=UTC))]
    assert [one for one in found if one.wrong] == []
    texts = "\n".join(one.text for one in found)
    assert "nobody has ended it" in texts
    assert "its lease ran out" in texts
    assert "meter went from 100 back to 5 Wh" in texts


@pytest.mark.parametrize(
    ("topic", "records", "finding"),
    [
        (Topic.CHARGE_POINTS, [replace(POINT, identity="cp1 ")], "cp1 : is there twice"),
        (Topic.CHARGE_POINTS, [replace(POINT, identity="B", last_seen=NOON - HOUR)], "B: seen last before it was seen"),
        (Topic.CHARGE_POINTS, [replace(POINT, identity="B", boot=BootData(vendor="V", model="M"))], "last boot"),
        (Topic.CHARGE_POINTS, [replace(POINT, identity="B", deviations={"blanks": 0})], "blanks was counted 0 times"),
        (Topic.CONNECTOR_STATUSES, [replace(STATUS, identity="B")], "number 1 of B: there is no charge point B"),
        (
            Topic.TRANSACTIONS,
            [TransactionRecord(transaction_id=10, start=START)],
            "10 of CP1: its number is not one of",
        ),
        (Topic.TRANSACTIONS, [TransactionRecord(transaction_id=0, start=START)], "an id is 1 to 2147483647"),
        (
            Topic.TRANSACTIONS,
            [TransactionRecord(transaction_id=number, start=START) for number in (1, 2)],
            "number 2 of CP1: is there twice",
        ),
        (
            Topic.TRANSACTIONS,
            [TransactionRecord(transaction_id=1, start=replace(START, connector_id=one)) for one in (1, 2)],
            "number 1 of CP1: its number is there twice",
        ),
        (
            Topic.TRANSACTIONS,
            [TransactionRecord(transaction_id=2, start=START, stop=STOP)],
            "ended by a stop of transaction 1",
        ),
        (
            Topic.TRANSACTIONS,
            [TransactionRecord(transaction_id=1, start=START, stop=replace(STOP, identity="CP2"))],
            "ended by a stop of CP2",
        ),
        (
            Topic.TRANSACTIONS,
            [TransactionRecord(transaction_id=1, start=START, stop=replace(STOP, stopped_at=NOON - HOUR))],
            "stopped before it started, and there is no note",
        ),
        (
            Topic.TRANSACTIONS,
            [TransactionRecord(transaction_id=1, start=START, stop=replace(STOP, meter_stop_wh=5))],
            "the meter went back, and there is no note",
        ),
        (Topic.TRANSACTIONS, [TransactionRecord(transaction_id=1, start=START, problem="x")], "runs, and has a note"),
        (Topic.REFUSED_STOPS, [RefusedStop(number=1, received_at=NOON, stop=STOP, why="")], "no reason is kept"),
        (
            Topic.SAMPLES,
            [MeterSample(number=1, identity="CP2", connector_id=1, sampled_at=NOON, value="1")],
            "there is no charge point CP2",
        ),
        (
            Topic.SAMPLES,
            [MeterSample(identity="CP1", connector_id=-1, sampled_at=NOON, value="1")],
            "number 0 of CP1: connector -1",
        ),
        (Topic.SAMPLE_REQUESTS, [SampleRequest(identity="CP1", sampled_at=NOON, digest="x")], "its digest is none"),
        (
            Topic.RESERVATIONS,
            [Reservation(identity="CP2", reservation_id=1, connector_id=1, id_tag="A", expires_at=NOON + HOUR)],
            "1 of CP2: there is no charge point CP2",
        ),
        (
            Topic.COMMANDS,
            [CLAIMED, replace(CLAIMED, number=2, key="l")],
            "2 calls of cp1 are in flight at the same time",
        ),
        (
            Topic.REQUESTS,
            [CLAIMED, replace(CLAIMED, number=2, key="l", lease_until=NOON + 2 * HOUR)],
            "2 calls of cp1 are in flight at the same time",
        ),
        (Topic.COMMANDS, [replace(CALL, number=number) for number in (1, 2)], "number 2 of CP1: is there twice"),
        (Topic.COMMANDS, [replace(CLAIMED, lease_until=None)], "is Claimed without a lease"),
        (Topic.COMMANDS, [replace(CALL, lease_until=NOON)], "is Waiting with a lease"),
        (Topic.COMMANDS, [replace(CLAIMED, attempts=0)], "was never attempted"),
        (Topic.REQUESTS, [replace(CALL, state=CallState.ANSWERED, ended_at=NOON)], "is Answered without a reply"),
        (Topic.REQUESTS, [replace(CALL, reply="{}")], "is Waiting with a reply"),
        (Topic.REQUESTS, [replace(CALL, state=CallState.GIVEN_UP)], "is GivenUp without a time of its end"),
        (
            Topic.LISTED_TAGS,
            [OwnedListedTag(identity="CP1", item=ListedTag(id_tag="A"))],
            "A of CP1: there is no list that it is in",
        ),
        (
            Topic.LOCAL_LISTS,
            [LocalList(identity="CP1", version=1, updated_at=NOON, entries=3)],
            "the list of cp1 says that it has 3 entries, and has 0",
        ),
        (Topic.MESSAGES, [replace(MESSAGE, request="{")], "number 1 of CP1: its request is no JSON"),
        (Topic.MESSAGES, [replace(MESSAGE, reply="")], "its reply is no JSON"),
        (Topic.MESSAGES, [replace(MESSAGE, fault="x")], "has a reply and a fault"),
        (Topic.SETTINGS, [Setting(key="k" * 201, value="")], "its key has 201 characters"),
        (Topic.SEQUENCES, [SequenceState(name="reservation_id", last=2**31)], "has come to 2147483648"),
    ],
)
async def test_record_that_must_not_be_is_found(topic: Topic, records: Sequence[TransferRecord], finding: str) -> None:
    """One line names it, and says what is wrong."""
    broken: Store = Records(topic, records)  # type: ignore[assignment]  # the verbs that a check uses, and no others
    texts = [text for _, text, wrong in await found_in(broken) if wrong]
    assert [text for text in texts if finding in text], texts


async def test_status_in_place_that_is_not_the_newest_is_found() -> None:
    """What is shown of a connector is the end of its history."""
    newest = replace(STATUS, number=2, status="Faulted")
    broken: Store = Records(Topic.CONNECTOR_STATUSES, [newest, STATUS])  # type: ignore[assignment]  # as above
    found = await found_in(broken)
    assert ("connector_statuses", "the status in place of connector 1 of cp1 is not the newest of its history") in [
        (topic, text) for topic, text, _ in found
    ]


@pytest.mark.parametrize(
    ("topic", "record", "finding"),
    [
        (
            Topic.SAMPLES,
            MeterSample(number=1, identity="CP1", connector_id=1, transaction_id=77, sampled_at=NOON, value="1"),
            "1 samples name transaction 77, which is not known",
        ),
        (
            Topic.NOTIFICATIONS,
            Notification(number=1, at=NOON, kind="K", text="t", read_at=NOON - HOUR),
            "number 1: read before it happened",
        ),
        (Topic.COMMANDS, replace(CLAIMED, lease_until=NOON), "its lease ran out at 2026-05-04T12:00:00+00:00"),
    ],
)
async def test_oddity_that_may_be_is_a_note(topic: Topic, record: TransferRecord, finding: str) -> None:
    """It is told, and does not make the store a broken one."""
    odd: Store = Records(topic, [record])  # type: ignore[assignment]  # as above
    found = await found_in(odd)
    assert [wrong for _, text, wrong in found if finding in text] == [False]
    assert [text for _, text, wrong in found if wrong] == []


async def test_run_of_requests_that_is_sent_is_no_finding() -> None:
    """They were claimed together, with one lease."""
    run: Store = Records(Topic.REQUESTS, [CLAIMED, replace(CLAIMED, number=2, key="l")])  # type: ignore[assignment]  # as above
    assert [text for _, text, _ in await found_in(run) if "in flight" in text] == []


async def test_unfinished_copy_is_told() -> None:
    """Somebody who looks the target over learns why things are missing."""
    source, target = await open_store("memory:"), await open_store("memory:")
    await source.put_configuration("CP1", [ConfigurationKey(key="a")])

    def cut(_: object) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await copy_store(source, target, source_name="sqlite:///ocpp.db", on_progress=cut)
    found = await found_in(target)
    text = f"{PREFIX}source: this is an unfinished copy of sqlite:///ocpp.db; run the copy again to finish it"
    assert ("settings", text.replace(f"{PREFIX}source: ", ""), False) in found
