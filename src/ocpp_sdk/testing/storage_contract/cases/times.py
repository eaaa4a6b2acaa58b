"""Cases of `Store`: points in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from ocpp_sdk.storage.calls import Queue
from ocpp_sdk.storage.id_tags import IdTagRecord
from ocpp_sdk.storage.transfer import Topic
from ocpp_sdk.testing.storage_contract.examples import (
    BOOT,
    CP,
    NOON,
    cached,
    call,
    message,
    notification,
    reservation,
    sample,
    start,
    status,
    stop,
)
from ocpp_sdk.testing.storage_contract.filling import dump_all
from ocpp_sdk.testing.storage_contract.under_test import Trial, case
from ocpp_sdk.testing.storage_contract.verbs import TIMED

__all__ = ["TimeContract"]

_TIMES = [
    datetime(2026, 3, 29, 1, 59, 59, 999_999, timezone(timedelta(hours=2))),
    datetime(2026, 10, 25, 2, 30, 0, 1, timezone(timedelta(hours=-9, minutes=-30))),
    datetime(2024, 2, 29, 23, 59, 59, 100_000, timezone(timedelta(hours=5, minutes=45))),
    datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC),
    datetime(2038, 1, 19, 3, 14, 8, 0, UTC),
    datetime(1900, 1, 1, 0, 0, 0, 1, UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC),
]


def _given_back(found: datetime | None, sent: datetime) -> None:
    assert found == sent
    assert found is not None
    assert found.utcoffset() == timedelta(0)


class TimeContract:
    """Times."""

    @case
    async def test_times_are_given_back_equal_and_in_utc(self, trial: Trial) -> None:
        """To the microsecond, whatever the zone and the century, of every kind of record."""
        store = await trial.open()
        for number, at in enumerate(_TIMES):
            identity = f"CP-{number}"
            await store.register(identity, BOOT, registration="Accepted", at=at)
            await store.set_firmware_status(identity, "Idle", at)
            await store.set_connector_status(replace(status(identity=identity), changed_at=at))
            await store.put_id_tag(IdTagRecord(id_tag=identity, expires_at=at))
            begun = await store.start_transaction(replace(start(identity=identity), started_at=at))
            ended = replace(stop(begun.transaction.transaction_id, identity=identity), stopped_at=at)
            closed = await store.stop_transaction(ended, [], NOON)
            assert closed.transaction is not None
            assert closed.transaction.stop is not None
            _given_back(closed.transaction.stop.stopped_at, at)
            await store.stop_transaction(replace(ended, transaction_id=9999), [], at)
            await store.add_samples([replace(sample(identity=identity), sampled_at=at)])
            await store.put_reservation(replace(reservation(1, identity=identity), expires_at=at))
            queued = await store.enqueue(
                Queue.COMMANDS, replace(call("k", identity=identity), created_at=at, not_before=at, expires_at=at)
            )
            _given_back(queued.created_at, at)
            await store.cache_tag(identity, replace(cached("t"), cached_at=at, expires_at=at))
            await store.record_message(replace(message(identity=f"M-{number}"), at=at))
            await store.add_notification(replace(notification(identity=identity), at=at))
        store = await trial.reopen(store)
        for number, at in enumerate(_TIMES):
            identity = f"CP-{number}"
            point, other = await store.charge_point(identity), await store.charge_point(f"M-{number}")
            tag, held = await store.id_tag(identity), await store.reservation(identity, 1)
            cache = await store.cached_tag(identity, "t")
            assert point is not None
            assert other is not None
            assert tag is not None
            assert held is not None
            assert cache is not None
            (begun_again,) = await store.transactions(identity)
            (refused,) = await store.refused_stops(identity)
            (queued,) = await store.calls(Queue.COMMANDS, identity)
            assert begun_again.stop is not None
            for found in (
                *(point.booted_at, point.first_seen, point.last_seen, point.firmware_status_at),
                *(other.first_seen, other.last_seen, tag.expires_at, held.expires_at),
                *(begun_again.start.started_at, begun_again.stop.stopped_at, refused.received_at),
                *(refused.stop.stopped_at, queued.created_at, queued.not_before, queued.expires_at),
                *(cache.cached_at, cache.expires_at, (await store.samples(identity))[0].sampled_at),
                *(
                    (await store.connector_statuses(identity))[0].changed_at,
                    (await store.messages(f"M-{number}"))[0].at,
                ),
                (await store.notifications(identity))[0].at,
            ):
                _given_back(found, at)

    @case
    async def test_time_without_a_zone_is_a_value_error_and_stores_nothing(self, trial: Trial) -> None:
        """By every verb that takes a time."""
        store = await trial.open()
        naive = NOON.replace(tzinfo=None)
        wrong = {}
        for name, verb in TIMED.items():
            try:
                await verb(store, naive)
            except ValueError as error:
                if naive.isoformat() not in str(error):
                    wrong[name] = f"does not name the time: {error}"
            except Exception as error:  # all that are wrong are told at once
                wrong[name] = repr(error)
            else:
                wrong[name] = "no error"
        assert wrong == {}
        dump = await dump_all(store)
        assert {topic: records for topic, records in dump.items() if topic is not Topic.SEQUENCES and records} == {}

    @case
    async def test_times_are_compared_as_points_in_time(self, trial: Trial) -> None:
        """To the microsecond, whatever the zone they are given in."""
        store = await trial.open()
        zone, step = timezone(timedelta(hours=2)), timedelta(microseconds=1)
        for number in range(4):
            await store.record_message(replace(message(str(number)), at=NOON + number * step))
        found = await store.messages(since=(NOON + step).astimezone(zone), until=(NOON + 3 * step).astimezone(zone))
        assert [item.request for item in found] == ["1", "2"]
        await store.enqueue(Queue.COMMANDS, replace(call("k"), not_before=NOON.astimezone(zone)))
        assert await store.claim(Queue.COMMANDS, worker="w", now=NOON - step, lease=step) is None
        assert await store.claim(Queue.COMMANDS, worker="w", now=NOON.astimezone(zone), lease=step) is not None
        again = replace(start(), started_at=NOON.astimezone(zone))
        assert (await store.start_transaction(start())).repeated is False
        assert (await store.start_transaction(again)).repeated is True
        assert await store.add_samples([sample()]) is True
        assert await store.add_samples([replace(sample(), sampled_at=NOON.astimezone(zone))]) is False
        assert await store.set_connector_status(status()) is True
        assert await store.set_connector_status(replace(status(), changed_at=NOON.astimezone(zone))) is False
        assert await store.forget_messages((NOON + step).astimezone(zone)) == 1
        assert (await store.charge_point(CP)) is not None
