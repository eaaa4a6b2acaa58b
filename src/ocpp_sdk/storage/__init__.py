"""Where both sides keep what must not be lost.

`open_store` opens what a URL names; a `Store` has the verbs, each module of this package those of one topic, with the
records that they take and give. `ocpp_sdk.storage.copying` copies a store to another, `ocpp_sdk.storage.checking`
looks one over.
"""

from __future__ import annotations

from ocpp_sdk.storage.calls import CallQueueStore, CallState, NewCall, Queue, QueuedCall
from ocpp_sdk.storage.charge_points import BootData, ChargePointRecord, ChargePointStore
from ocpp_sdk.storage.configuration import ConfigurationKey, ConfigurationStore
from ocpp_sdk.storage.connectors import ConnectorStatus, ConnectorStore
from ocpp_sdk.storage.id_tags import IdTagRecord, IdTagStore
from ocpp_sdk.storage.local_list import AuthorizationCacheStore, CachedTag, ListedTag, LocalList, LocalListStore
from ocpp_sdk.storage.messages import Direction, MessageStore, WireMessage
from ocpp_sdk.storage.metering import MeterSample, MeterStore
from ocpp_sdk.storage.notifications import Notification, NotificationStore
from ocpp_sdk.storage.opening import Opener, backend_schemes, open_store, shown_url
from ocpp_sdk.storage.plc import ExchangeState, NewExchange, PlcExchange, PlcExchangeStore
from ocpp_sdk.storage.reservations import Reservation, ReservationState, ReservationStore
from ocpp_sdk.storage.settings import SettingStore
from ocpp_sdk.storage.store import Store
from ocpp_sdk.storage.transactions import (
    RefusedStop,
    StartOutcome,
    StopOutcome,
    TransactionRecord,
    TransactionStart,
    TransactionStop,
    TransactionStore,
)
from ocpp_sdk.storage.transfer import Topic, TransferStore

__all__ = [
    "AuthorizationCacheStore",
    "BootData",
    "CachedTag",
    "CallQueueStore",
    "CallState",
    "ChargePointRecord",
    "ChargePointStore",
    "ConfigurationKey",
    "ConfigurationStore",
    "ConnectorStatus",
    "ConnectorStore",
    "Direction",
    "ExchangeState",
    "IdTagRecord",
    "IdTagStore",
    "ListedTag",
    "LocalList",
    "LocalListStore",
    "MessageStore",
    "MeterSample",
    "MeterStore",
    "NewCall",
    "NewExchange",
    "Notification",
    "NotificationStore",
    "Opener",
    "PlcExchange",
    "PlcExchangeStore",
    "Queue",
    "QueuedCall",
    "RefusedStop",
    "Reservation",
    "ReservationState",
    "ReservationStore",
    "SettingStore",
    "StartOutcome",
    "StopOutcome",
    "Store",
    "Topic",
    "TransactionRecord",
    "TransactionStart",
    "TransactionStop",
    "TransactionStore",
    "TransferStore",
    "WireMessage",
    "backend_schemes",
    "open_store",
    "shown_url",
]
