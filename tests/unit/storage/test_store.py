"""What each verb of a central system's storage does."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from ocpp_sdk.storage import (
    BootData,
    CentralSystemStore,
    ConnectorStatus,
    IdTagRecord,
    MeterSample,
    ReceivedAction,
    TransactionStart,
    TransactionStop,
    open_store,
)

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
START = TransactionStart(identity="CP1", connector_id=1, id_tag="Tag1", started_at=NOON, meter_start_wh=100)
ACTION = ReceivedAction(
    received_at=NOON,
    identity="CP1",
    version="1.5",
    operation="Authorize",
    request='{"idTag":"Tag1"}',
    reply='{"idTagInfo":{"status":"Accepted"}}',
    message_id="urn:uuid:1",
    deviations=("field-order", "blanks", "blanks"),
    peer_host="10.0.0.1",
    callback_address="http://10.0.0.1:8080/cp",
)


@pytest.fixture(params=["file", "memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[CentralSystemStore]:
    """Open a new storage of each kind."""
    opened = await open_store("memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'ocpp.db'}")
    yield opened
    await opened.close()


@pytest.mark.anyio
async def test_action_is_given_back_as_it_was_recorded(store: CentralSystemStore) -> None:
    """Every field survives, and the number counts from 1."""
    assert await store.record_action(ACTION) == 1
    failed = replace(ACTION, reply=None, fault="fault Receiver/InternalError: x", identity="cp2", deviations=())
    assert await store.record_action(failed) == 2
    assert await store.actions() == [replace(ACTION, number=1), replace(failed, number=2)]
    assert await store.actions("CP2") == [replace(failed, number=2)]
    assert await store.actions(after=1) == [replace(failed, number=2)]
    assert await store.actions(limit=1) == [replace(ACTION, number=1)]


@pytest.mark.anyio
async def test_charge_point_is_one_whatever_the_case_of_its_identity(store: CentralSystemStore) -> None:
    """The first spelling stays, addresses and counters follow the last request."""
    await store.record_action(ACTION)
    later = replace(
        ACTION, identity=" cp1", received_at=NOON + timedelta(hours=1), version="1.6", callback_address=None
    )
    await store.record_action(later)
    (found,) = await store.charge_points()
    assert (found.identity, found.version, found.callback_address) == ("CP1", "1.6", "http://10.0.0.1:8080/cp")
    assert (found.first_seen, found.last_seen) == (NOON, NOON + timedelta(hours=1))
    assert found.deviations == {"field-order": 2, "blanks": 4}
    assert found.boot is None
    assert await store.charge_point("cP1") == found
    assert await store.charge_point("CP2") is None


@pytest.mark.anyio
async def test_boot_and_maintenance_states_are_kept(store: CentralSystemStore) -> None:
    """What a charge point says of itself is replaced by its next boot."""
    await store.register("CP1", BootData(vendor="V", model="M", iccid="1"), registration="Rejected", at=NOON)
    await store.register("CP1", BootData(vendor="V", model="M2"), registration="Accepted", at=NOON)
    await store.set_firmware_status("CP1", "Installed", NOON)
    await store.set_diagnostics_status("CP1", "Uploaded", NOON)
    found = await store.charge_point("CP1")
    assert found is not None
    assert (found.boot, found.registration, found.booted_at) == (BootData(vendor="V", model="M2"), "Accepted", NOON)
    assert (found.firmware_status, found.diagnostics_status) == ("Installed", "Uploaded")


@pytest.mark.anyio
async def test_start_that_is_repeated_gets_the_same_transaction(store: CentralSystemStore) -> None:
    """Case of the tag and the zone of the time make no other start; any other difference does."""
    first = await store.start_transaction(START)
    elsewhere = NOON.astimezone(timezone(timedelta(hours=2)))
    second = await store.start_transaction(replace(START, id_tag="TAG1", identity="cp1", started_at=elsewhere))
    assert (first.repeated, second.repeated) == (False, True)
    assert second.transaction == first.transaction
    others = [
        replace(START, identity="CP2"),
        replace(START, connector_id=2),
        replace(START, id_tag="Tag2"),
        replace(START, started_at=NOON + timedelta(microseconds=1)),
        replace(START, meter_start_wh=101),
    ]
    ids = [(await store.start_transaction(start)).transaction.transaction_id for start in others]
    assert ids == [2, 3, 4, 5, 6]


@pytest.mark.anyio
async def test_stop_closes_its_transaction_once(store: CentralSystemStore) -> None:
    """The same stop again changes nothing; a different one is kept and changes nothing either."""
    began = (await store.start_transaction(START)).transaction
    stop = TransactionStop(
        identity="CP1",
        transaction_id=began.transaction_id,
        stopped_at=NOON + timedelta(hours=1),
        meter_stop_wh=900,
        id_tag="Tag1",
        reason="Local",
    )
    sample = MeterSample(
        identity="CP1", connector_id=0, transaction_id=began.transaction_id, sampled_at=NOON, value="500"
    )
    first = await store.stop_transaction(stop, [sample], NOON)
    again = await store.stop_transaction(stop, [sample], NOON)
    assert (first.repeated, first.refused, again.repeated, again.refused) == (False, None, True, None)
    assert first.transaction == replace(began, stop=stop) == again.transaction
    assert await store.samples(transaction_id=began.transaction_id) == [replace(sample, connector_id=1)]

    other = replace(stop, meter_stop_wh=950)
    for _ in range(2):
        late = await store.stop_transaction(other, [], NOON)
        assert late.transaction == first.transaction
        assert "stopped before" in str(late.refused)
    (kept,) = await store.refused_stops()
    assert (kept.stop, kept.received_at) == (other, NOON)
    assert await store.transaction(began.transaction_id) == first.transaction


@pytest.mark.anyio
async def test_stop_of_an_unknown_or_foreign_transaction_is_kept_with_its_reason(store: CentralSystemStore) -> None:
    """Neither closes anything, and the meter values that came along are not lost."""
    began = (await store.start_transaction(START)).transaction
    unknown = TransactionStop(identity="CP1", transaction_id=77, stopped_at=NOON, meter_stop_wh=5)
    foreign = replace(unknown, identity="CP2", transaction_id=began.transaction_id)
    sample = MeterSample(identity="CP1", connector_id=0, transaction_id=77, sampled_at=NOON, value="5")
    assert (await store.stop_transaction(unknown, [sample], NOON)).transaction is None
    assert (await store.stop_transaction(foreign, [], NOON)).transaction is None
    assert [kept.why for kept in await store.refused_stops()] == [
        "transaction 1 belongs to CP1",
        "transaction 77 is not known",
    ]
    assert await store.transactions(open_only=True) == [began]
    assert await store.samples("CP1") == [sample]


@pytest.mark.anyio
async def test_implausible_stop_closes_the_transaction_and_leaves_a_note(store: CentralSystemStore) -> None:
    """No other stop will come, so the transaction does not stay open for ever."""
    began = (await store.start_transaction(START)).transaction
    stop = TransactionStop(
        identity="CP1",
        transaction_id=began.transaction_id,
        stopped_at=NOON - timedelta(hours=1),
        meter_stop_wh=50,
    )
    outcome = await store.stop_transaction(stop, [], NOON)
    assert outcome.transaction is not None
    assert outcome.transaction.problem == "stopped before it started; meter went from 100 back to 50 Wh"
    assert await store.transactions(open_only=True) == []
    assert await store.transactions("cp1") == [outcome.transaction]


@pytest.mark.anyio
async def test_status_that_came_last_counts_whatever_its_time(store: CentralSystemStore) -> None:
    """A clock that was set back does not freeze the status of a connector."""
    status = ConnectorStatus(
        identity="CP1", connector_id=1, status="Available", error_code="NoError", info="i", changed_at=NOON
    )
    await store.set_connector_status(status)
    await store.set_connector_status(replace(status, connector_id=0, status="Unavailable"))
    last = replace(status, status="Faulted", error_code="OtherError", changed_at=NOON - timedelta(seconds=1))
    await store.set_connector_status(last)
    assert await store.connector_statuses("cp1") == [replace(status, connector_id=0, status="Unavailable"), last]


@pytest.mark.anyio
async def test_samples_keep_every_attribute(store: CentralSystemStore) -> None:
    """What the wire can say about a value is in a column of its own."""
    sample = MeterSample(
        identity="CP1",
        connector_id=1,
        transaction_id=3,
        sampled_at=NOON,
        value="16.25",
        context="Sample.Clock",
        format="Raw",
        measurand="Current.Import",
        phase="L1",
        location="Outlet",
        unit="A",
    )
    await store.add_samples([sample, replace(sample, transaction_id=None)])
    assert await store.samples() == [sample, replace(sample, transaction_id=None)]
    assert await store.samples(transaction_id=3) == [sample]


@pytest.mark.anyio
async def test_id_tag_is_found_whatever_its_case(store: CentralSystemStore) -> None:
    """Tags are compared without case, and the last word counts."""
    await store.put_id_tag(IdTagRecord(id_tag="AbC", status="Blocked"))
    tag = IdTagRecord(id_tag="ABC", status="Accepted", expires_at=NOON, parent_id_tag="P")
    await store.put_id_tag(tag)
    assert await store.id_tag("abc") == tag
    assert await store.id_tags() == [tag]
    assert await store.id_tag("other") is None


@pytest.mark.anyio
async def test_time_at_the_end_of_the_calendar_is_stored(store: CentralSystemStore) -> None:
    """A charge point may send any time that can be read; none stops the storage."""
    earliest = datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))
    latest = datetime.max.replace(tzinfo=timezone(timedelta(hours=-14)))
    for time in (earliest, latest):
        await store.start_transaction(replace(START, started_at=time))
    assert len(await store.transactions()) == 2
