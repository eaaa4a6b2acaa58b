"""One call of every verb of a store, for rules that hold for all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar

from ocpp_sdk.storage.calls import Queue
from ocpp_sdk.storage.configuration import ConfigurationKey
from ocpp_sdk.storage.id_tags import IdTagRecord
from ocpp_sdk.storage.local_list import ListedTag
from ocpp_sdk.storage.plc import ExchangeState
from ocpp_sdk.storage.reservations import ReservationState
from ocpp_sdk.storage.store import Store
from ocpp_sdk.storage.transfer import Setting, Topic
from ocpp_sdk.testing.storage_contract import examples
from ocpp_sdk.testing.storage_contract.examples import BOOT, CP, NOON

__all__ = ["LISTS", "TIMED", "VERBS", "Verb"]

T = TypeVar("T")
Verb: TypeAlias = Callable[[Store], Awaitable[object]]
TimedVerb: TypeAlias = Callable[[Store, datetime], Awaitable[object]]

_Q: Final = Queue.COMMANDS
_MINUTE: Final = timedelta(minutes=1)
_SETTING: Final = Setting(key="k", value="v")
_RECEIVED: Final = ExchangeState.RECEIVED_FROM_MODBUS

TIMED: Final[Mapping[str, TimedVerb]] = MappingProxyType(
    {
        "register": lambda store, at: store.register(CP, BOOT, registration="Accepted", at=at),
        "set_firmware_status": lambda store, at: store.set_firmware_status(CP, "Idle", at),
        "set_diagnostics_status": lambda store, at: store.set_diagnostics_status(CP, "Idle", at),
        "set_connector_status": lambda store, at: store.set_connector_status(replace(examples.status(), changed_at=at)),
        "put_id_tag": lambda store, at: store.put_id_tag(IdTagRecord(id_tag="t", expires_at=at)),
        "start_transaction": lambda store, at: store.start_transaction(replace(examples.start(), started_at=at)),
        "stop_transaction": lambda store, at: store.stop_transaction(examples.stop(1), [], at),
        "add_samples": lambda store, at: store.add_samples([replace(examples.sample(), sampled_at=at)]),
        "put_reservation": lambda store, at: store.put_reservation(replace(examples.reservation(1), expires_at=at)),
        "expire_reservations": lambda store, at: store.expire_reservations(at),
        "enqueue": lambda store, at: store.enqueue(_Q, replace(examples.call("k"), created_at=at)),
        "claim": lambda store, at: store.claim(_Q, worker="w", now=at, lease=_MINUTE),
        "extend_claim": lambda store, at: store.extend_claim(_Q, 1, 1, at),
        "answer_call": lambda store, at: store.answer_call(_Q, 1, 1, reply="{}", at=at),
        "retry_call": lambda store, at: store.retry_call(_Q, 1, 1, error="e", not_before=at),
        "give_up_call": lambda store, at: store.give_up_call(_Q, 1, 1, error="e", at=at),
        "resend_call": lambda store, at: store.resend_call(_Q, 1, expires_at=at),
        "expire_calls": lambda store, at: store.expire_calls(_Q, at),
        "cancel_call": lambda store, at: store.cancel_call(_Q, 1, error="e", at=at),
        "forget_calls": lambda store, at: store.forget_calls(_Q, at),
        "add_exchange": lambda store, at: store.add_exchange(replace(examples.exchange("k"), at=at)),
        "swap_exchange": lambda store, at: store.swap_exchange(1, [_RECEIVED], _RECEIVED, at=at),
        "forget_exchanges": lambda store, at: store.forget_exchanges([_RECEIVED], at),
        "replace_local_list": lambda store, at: store.replace_local_list(CP, 1, [], at=at),
        "update_local_list": lambda store, at: store.update_local_list(CP, 1, [], expected_version=0, at=at),
        "cache_tag": lambda store, at: store.cache_tag(CP, replace(examples.cached("t"), cached_at=at)),
        "record_message": lambda store, at: store.record_message(replace(examples.message(), at=at)),
        "messages": lambda store, at: store.messages(since=at),
        "forget_messages": lambda store, at: store.forget_messages(at),
        "add_notification": lambda store, at: store.add_notification(replace(examples.notification(), at=at)),
        "mark_read": lambda store, at: store.mark_read(1, at),
        "load": lambda store, at: store.load(Topic.ID_TAGS, [IdTagRecord(id_tag="t", expires_at=at)]),
    }
)
"""The verbs that take a time."""

LISTS: Final[Mapping[str, Callable[[Store, int], Awaitable[Sequence[object]]]]] = MappingProxyType(
    {
        "charge_points": lambda store, limit: store.charge_points(limit=limit),
        "status_history": lambda store, limit: store.status_history(CP, limit=limit),
        "id_tags": lambda store, limit: store.id_tags(limit=limit),
        "transactions": lambda store, limit: store.transactions(limit=limit),
        "refused_stops": lambda store, limit: store.refused_stops(limit=limit),
        "samples": lambda store, limit: store.samples(limit=limit),
        "reservations": lambda store, limit: store.reservations(limit=limit),
        "calls": lambda store, limit: store.calls(_Q, limit=limit),
        "exchanges": lambda store, limit: store.exchanges(limit=limit),
        "listed_tags": lambda store, limit: store.listed_tags(CP, limit=limit),
        "cached_tags": lambda store, limit: store.cached_tags(CP, limit=limit),
        "messages": lambda store, limit: store.messages(limit=limit),
        "notifications": lambda store, limit: store.notifications(limit=limit),
    }
)
"""The verbs that take a limit."""


def _given(verb: Callable[[Store, T], Awaitable[object]], value: T) -> Verb:
    return lambda store: verb(store, value)


VERBS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        **{name: _given(verb, NOON) for name, verb in TIMED.items()},
        **{name: _given(verb, 10) for name, verb in LISTS.items()},
        "ping": lambda store: store.ping(),
        "set_registration": lambda store: store.set_registration(CP, "Accepted"),
        "set_operator_address": lambda store: store.set_operator_address(CP, None),
        "charge_point": lambda store: store.charge_point(CP),
        "connector_statuses": lambda store: store.connector_statuses(),
        "remove_id_tag": lambda store: store.remove_id_tag("t"),
        "id_tag": lambda store: store.id_tag("t"),
        "transaction": lambda store: store.transaction(1),
        "new_reservation_id": lambda store: store.new_reservation_id(),
        "end_reservation": lambda store: store.end_reservation(CP, 1, ReservationState.USED),
        "reservation": lambda store: store.reservation(CP, 1),
        "call": lambda store: store.call(_Q, 1),
        "wait_for_call": lambda store: store.wait_for_call(_Q, timeout_s=0.01),
        "exchange": lambda store: store.exchange(1),
        "put_configuration": lambda store: store.put_configuration(CP, [ConfigurationKey(key="k")]),
        "remove_configuration": lambda store: store.remove_configuration(CP, ["k"]),
        "configuration": lambda store: store.configuration(CP),
        "replace_local_list": lambda store: store.replace_local_list(CP, 1, [ListedTag(id_tag="t")], at=NOON),
        "local_list": lambda store: store.local_list(CP),
        "listed_tag": lambda store: store.listed_tag(CP, "t"),
        "cached_tag": lambda store: store.cached_tag(CP, "t"),
        "trim_cache": lambda store: store.trim_cache(CP, 1),
        "clear_cache": lambda store: store.clear_cache(CP),
        "message": lambda store: store.message(1),
        "unread_count": lambda store: store.unread_count(),
        "setting": lambda store: store.setting("k"),
        "settings": lambda store: store.settings(),
        "put_setting": lambda store: store.put_setting("k", "v"),
        "swap_setting": lambda store: store.swap_setting("k", None, "v"),
        "remove_setting": lambda store: store.remove_setting("k"),
        "dump": lambda store: store.dump(Topic.SETTINGS),
        "load": lambda store: store.load(Topic.SETTINGS, [_SETTING]),
        "count": lambda store: store.count(Topic.SETTINGS),
    }
)
"""All verbs but `close`."""
