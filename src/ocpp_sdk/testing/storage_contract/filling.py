"""Something of everything in a store, and all of a store at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from ocpp_sdk.storage.calls import Queue
from ocpp_sdk.storage.configuration import ConfigurationKey
from ocpp_sdk.storage.id_tags import IdTagRecord
from ocpp_sdk.storage.local_list import ListedTag
from ocpp_sdk.storage.messages import Direction
from ocpp_sdk.storage.plc import ExchangeState
from ocpp_sdk.storage.reservations import ReservationState
from ocpp_sdk.storage.store import Store
from ocpp_sdk.storage.transfer import Topic, TransferRecord
from ocpp_sdk.testing.storage_contract.examples import (
    BOOT,
    NOON,
    after,
    cached,
    call,
    exchange,
    message,
    notification,
    reservation,
    sample,
    start,
    status,
    stop,
)

__all__ = ["dump_all", "fill"]

_MINUTE = timedelta(minutes=1)


async def fill(store: Store) -> None:
    """Put at least two records of every topic into an empty store, by its own verbs.

    Their texts, times and states differ; some fields are None, some empty, some not ASCII.
    """
    for identity in ("CP-Straße", "cp/2.$"):
        await _charge_point(store, identity)
        await _transactions(store, identity)
        await _queues(store, identity)
        await _lists(store, identity)
    await store.put_id_tag(IdTagRecord(id_tag="Tag1", expires_at=after(86_400), max_active_transactions=0))
    await store.put_id_tag(IdTagRecord(id_tag="größe", status="Blocked", parent_id_tag=""))
    await store.add_notification(notification("", identity=None))
    await store.put_setting("plain", "text")
    await store.put_setting("größe/.$#[]", "")
    for _ in range(3):
        await store.new_reservation_id()


async def _charge_point(store: Store, identity: str) -> None:
    await store.register(identity, BOOT, registration="Accepted", at=NOON)
    await store.set_operator_address(identity, "http://vpn.example/")
    await store.set_firmware_status(identity, "Idle", after(1))
    await store.set_diagnostics_status(identity, "Uploaded", after(2))
    await store.record_message(message('{"ü": 1}', identity=identity, deviations=("a.b", "c", "c"), at=3))
    await store.record_message(
        replace(message(identity=identity, direction=Direction.TO_CHARGE_POINT), reply=None, fault="größer")
    )
    for word, info in (("Available", None), ("Faulted", ""), ("Available", "größer")):
        await store.set_connector_status(status(word, identity=identity, info=info))
    number = await store.add_notification(notification(f"see {identity}", identity=identity))
    await store.mark_read(number - 1, after(9))


async def _transactions(store: Store, identity: str) -> None:
    ended = await store.start_transaction(start(identity=identity))
    number = ended.transaction.transaction_id
    await store.stop_transaction(stop(number, identity=identity, meter=5), [sample(identity=identity)], after(1))
    await store.start_transaction(replace(start(identity=identity, at=0.000001), reservation_id=7))
    refused = replace(stop(9999, identity=identity), id_tag=None, reason=None)
    await store.stop_transaction(refused, [], after(2))
    await store.add_samples([sample("1", identity=identity, transaction_id=number), sample("2", identity=identity)])
    await store.put_reservation(reservation(1, identity=identity))
    await store.put_reservation(replace(reservation(2, identity=identity), parent_id_tag=None))
    await store.end_reservation(identity, 2, ReservationState.USED)


async def _queues(store: Store, identity: str) -> None:
    for queue in Queue:
        for turn in range(5):
            await store.enqueue(queue, call(f"k{turn}", identity=identity, expires=60 if turn == 4 else None))
        for turn in range(4):
            found = await store.claim(queue, worker="wörker", now=NOON, lease=_MINUTE, identity=identity)
            assert found is not None
            if turn == 0:
                await store.answer_call(queue, found.number, 1, reply='{"ü": 1}', at=after(5))
            elif turn == 1:
                await store.give_up_call(queue, found.number, 1, error="größer", at=after(5))
            elif turn == 2:
                await store.retry_call(queue, found.number, 1, error="again", not_before=NOON)
    first = await store.add_exchange(exchange("k0", identity=identity))
    await store.add_exchange(exchange("k1", identity=identity))
    await store.swap_exchange(
        first.number, [first.state], ExchangeState.EXPIRED_TO_MODBUS, at=after(1), data='{"ü": 1}'
    )


async def _lists(store: Store, identity: str) -> None:
    await store.put_configuration(
        identity,
        [ConfigurationKey(key="Größe", value=""), ConfigurationKey(key="b"), ConfigurationKey(key="c", value="1")],
    )
    tags = [
        ListedTag(id_tag="Straße", status="Accepted", expires_at=after(1)),
        ListedTag(id_tag="b", parent_id_tag="P"),
    ]
    await store.replace_local_list(identity, 3, tags, hash="abc", at=NOON)
    await store.cache_tag(identity, cached("Straße"))
    await store.cache_tag(identity, replace(cached("b"), expires_at=None, parent_id_tag=None))


async def dump_all(store: Store, *, limit: int = 1000) -> dict[Topic, Sequence[TransferRecord]]:
    """Return all records of a store, read in pages of at most so many."""
    found: dict[Topic, Sequence[TransferRecord]] = {}
    for topic in Topic:
        records: list[TransferRecord] = []
        page = await store.dump(topic, limit=limit)
        records += page.records
        while page.next is not None:
            page = await store.dump(topic, after=page.next, limit=limit)
            records += page.records
        found[topic] = records
    return found
