"""Records as they are taken from another store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from ocpp_sdk.storage.calls import Queue
from ocpp_sdk.storage.connectors import ConnectorStatus
from ocpp_sdk.storage.folding import fold
from ocpp_sdk.storage.local_list import LocalList
from ocpp_sdk.storage.transfer import RECORD_TYPES, SequenceState, Topic, TransferRecord
from ocpp_sdk_backends.firebase.authorization_cache import AuthorizationCacheVerbs, cache_path, cached_node
from ocpp_sdk_backends.firebase.calls import LIVE, call_node, call_path
from ocpp_sdk_backends.firebase.changes import Keep, Put
from ocpp_sdk_backends.firebase.charge_points import ChargePointVerbs, charge_point_path
from ocpp_sdk_backends.firebase.claiming import ClaimVerbs
from ocpp_sdk_backends.firebase.configuration import ConfigurationVerbs, configuration_path, item_key
from ocpp_sdk_backends.firebase.connectors import (
    ConnectorVerbs,
    connector_path,
    place_node,
    status_node,
    status_path,
)
from ocpp_sdk_backends.firebase.documents import Node, node_of
from ocpp_sdk_backends.firebase.id_tags import IdTagVerbs, id_tag_node, id_tag_path
from ocpp_sdk_backends.firebase.keys import padded
from ocpp_sdk_backends.firebase.local_list import LocalListVerbs, list_path, listed_node, tag_key
from ocpp_sdk_backends.firebase.messages import MessageVerbs, message_node, message_path
from ocpp_sdk_backends.firebase.metering import request_path, sample_node, sample_path
from ocpp_sdk_backends.firebase.notifications import NotificationVerbs, notification_node, notification_path
from ocpp_sdk_backends.firebase.plc import PlcVerbs, exchange_node, exchange_path
from ocpp_sdk_backends.firebase.reservations import ReservationVerbs, reservation_node, reservation_path
from ocpp_sdk_backends.firebase.settings import SettingVerbs, setting_node, setting_path
from ocpp_sdk_backends.firebase.transactions import (
    TransactionVerbs,
    active_path,
    refused_node,
    refused_path,
    transaction_node,
    transaction_path,
)
from ocpp_sdk_backends.firebase.verbs import charge_point_node, verb

__all__ = ["LoadVerbs"]

# The record types differ from topic to topic; `load` has checked them.
_Made = dict[str, Node]
_MAKERS: Final[dict[Topic, Callable[[Any], _Made]]] = {
    Topic.CHARGE_POINTS: lambda it: {charge_point_path(it.identity): charge_point_node(it)},
    Topic.CONNECTOR_STATUSES: lambda it: {status_path(it.number): status_node(it)},
    Topic.ID_TAGS: lambda it: {id_tag_path(it.id_tag): id_tag_node(it)},
    Topic.TRANSACTIONS: lambda it: {transaction_path(it.start): transaction_node(it)},
    Topic.REFUSED_STOPS: lambda it: {refused_path(it.stop): refused_node(it)},
    Topic.SAMPLES: lambda it: {sample_path(it.number): sample_node(it)},
    Topic.SAMPLE_REQUESTS: lambda it: {request_path(it): node_of(it)},
    Topic.RESERVATIONS: lambda it: {reservation_path(it.identity, it.reservation_id): reservation_node(it)},
    Topic.COMMANDS: lambda it: {call_path(it, Queue.COMMANDS): call_node(it)},
    Topic.REQUESTS: lambda it: {call_path(it, Queue.REQUESTS): call_node(it)},
    Topic.EXCHANGES: lambda it: {exchange_path(it): exchange_node(it)},
    Topic.CONFIGURATION: lambda it: {f"{configuration_path(it.identity)}/{item_key(it.item.key)}": node_of(it.item)},
    Topic.LISTED_TAGS: lambda it: {f"{list_path(it.identity)}/tags/{tag_key(it.item.id_tag)}": listed_node(it.item)},
    Topic.CACHED_TAGS: lambda it: {f"{cache_path(it.identity)}/{tag_key(it.item.id_tag)}": cached_node(it.item)},
    Topic.NOTIFICATIONS: lambda it: {notification_path(it.number): notification_node(it)},
    Topic.MESSAGES: lambda it: {message_path(it.number): message_node(it)},
    Topic.SETTINGS: lambda it: {setting_path(it.key): setting_node(it)},
}
_NUMBERED_BESIDE: Final = frozenset(
    {Topic.TRANSACTIONS, Topic.REFUSED_STOPS, Topic.COMMANDS, Topic.REQUESTS, Topic.EXCHANGES}
)
"""Their numbers are not their keys."""
_NUMBERED: Final = _NUMBERED_BESIDE | {
    Topic.CONNECTOR_STATUSES,
    Topic.SAMPLES,
    Topic.NOTIFICATIONS,
    Topic.MESSAGES,
}


class LoadVerbs(
    AuthorizationCacheVerbs,
    ChargePointVerbs,
    ClaimVerbs,
    ConfigurationVerbs,
    ConnectorVerbs,
    IdTagVerbs,
    LocalListVerbs,
    MessageVerbs,
    NotificationVerbs,
    PlcVerbs,
    ReservationVerbs,
    SettingVerbs,
    TransactionVerbs,
):
    """`TransferStore.load` in a Realtime Database, on top of all the other verbs."""

    @verb
    async def load(self, topic: Topic, records: Sequence[TransferRecord]) -> None:  # noqa: D102
        if strange := next((item for item in records if type(item) is not RECORD_TYPES[topic]), None):
            raise TypeError(f"{topic}: {type(strange).__name__} is no record of it")
        if topic is Topic.SEQUENCES:
            await self._raise_sequences(records)
            return
        items: list[Any] = list(records)
        if topic is Topic.LOCAL_LISTS:
            writes = await self._list_states(items)
        else:
            writes = {path: node for item in items for path, node in _MAKERS[topic](item).items()}
        if topic is Topic.CHARGE_POINTS:
            self._spellings.clear()
        else:
            for identity in {fold(name): name for name in map(_owner, items) if name is not None}.values():
                await self._spelled(identity, datetime.now(UTC))
        cleared = await self._displaced(topic, items, writes) if topic in _NUMBERED_BESIDE else {}
        if topic is Topic.CONNECTOR_STATUSES:
            writes |= await self._places(items)
        elif topic is Topic.TRANSACTIONS:
            cleared |= {active_path(item): True if item.stop is None else None for item in items}
        if topic in _NUMBERED and items:
            name = "transaction_id" if topic is Topic.TRANSACTIONS else topic.value
            await self._raise_sequence(name, max(_number(item) for item in items))
        await self._writer.write({**cleared, **writes})
        if topic is Topic.LISTED_TAGS:
            await self._count_tags({list_path(item.identity) for item in items})
        elif topic in {Topic.COMMANDS, Topic.REQUESTS}:
            await self._touch_lanes(Queue(topic.value), items)

    async def _raise_sequences(self, records: Sequence[TransferRecord]) -> None:
        for item in records:
            if isinstance(item, SequenceState):
                await self._raise_sequence(item.name, item.last)

    async def _raise_sequence(self, name: str, last: int) -> None:
        def raised(found: int | None) -> Keep[None] | Put[None]:
            return Put(last, None) if found is None or found < last else Keep(None)

        await self._changes.change(f"sequences/{name}", raised)

    async def _displaced(self, topic: Topic, items: list[Any], writes: _Made) -> dict[str, object]:
        """Return what to clear: records that have the numbers of new ones and are not replaced by their keys."""
        numbers = {_number(item) for item in items}
        if not numbers:
            return {}
        cleared: dict[str, object] = {}
        first = padded(min(numbers) - 1)
        async for page in self._pages(topic.value, "index/number", after=first, until=padded(max(numbers))):
            for name, node in page:
                path = f"{topic.value}/{name}"
                if int(node["index"]["number"]) in numbers and path not in writes:
                    cleared[path] = None
        return cleared

    async def _places(self, items: list[ConnectorStatus]) -> _Made:
        """Return the statuses in place, where new ones have greater numbers."""
        greatest: dict[str, ConnectorStatus] = {}
        for item in items:
            path = connector_path(item.identity, item.connector_id)
            if path not in greatest or _number(greatest[path]) < _number(item):
                greatest[path] = item
        found: _Made = {}
        for path, item in greatest.items():
            there = await self._database.read(f"{path}/number") or 0
            if there <= _number(item):
                found[path] = place_node(item)
        return found

    async def _list_states(self, items: list[LocalList]) -> _Made:
        writes: _Made = {}
        for item in items:
            path = list_path(item.identity)
            entries = len(await self._database.keys(f"{path}/tags"))
            writes[f"{path}/state"] = node_of(item, entries=entries)
        return writes

    async def _count_tags(self, paths: set[str]) -> None:
        for path in paths:
            if await self._database.read(f"{path}/state") is not None:
                await self._writer.write({f"{path}/state/entries": len(await self._database.keys(f"{path}/tags"))})

    async def _touch_lanes(self, queue: Queue, items: list[Any]) -> None:
        first: dict[str, Any] = {}
        for item in items:
            if item.state in LIVE and (
                fold(item.identity) not in first or first[fold(item.identity)].number > item.number
            ):
                first[fold(item.identity)] = item
        for item in first.values():
            await self._touch(queue, item.identity, item.number, None)
        self._wake(queue)


def _owner(item: Any) -> str | None:  # noqa: ANN401 - a record of any topic
    holder = getattr(item, "start", None) or getattr(item, "stop", None) or item
    return getattr(holder, "identity", None)


def _number(item: Any) -> int:  # noqa: ANN401 - a record of any numbered topic
    number = getattr(item, "transaction_id", None) if hasattr(item, "start") else item.number
    return int(number or 0)
