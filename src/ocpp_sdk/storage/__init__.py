"""Where a central system keeps what it received.

`open_store` opens what a URL names; `protocols` are the verbs every storage has, `records` what they take and give.
"""

from __future__ import annotations

from ocpp_sdk.storage.protocols import (
    ActionStore,
    CentralSystemStore,
    ChargePointStore,
    ConnectorStore,
    IdTagStore,
    MeterStore,
    TransactionStore,
)
from ocpp_sdk.storage.records import (
    BootData,
    ChargePointRecord,
    ConnectorStatus,
    IdTagRecord,
    MeterSample,
    ReceivedAction,
    RefusedStop,
    StartOutcome,
    StopOutcome,
    TransactionRecord,
    TransactionStart,
    TransactionStop,
)
from ocpp_sdk.storage.url import open_store

__all__ = [
    "ActionStore",
    "BootData",
    "CentralSystemStore",
    "ChargePointRecord",
    "ChargePointStore",
    "ConnectorStatus",
    "ConnectorStore",
    "IdTagRecord",
    "IdTagStore",
    "MeterSample",
    "MeterStore",
    "ReceivedAction",
    "RefusedStop",
    "StartOutcome",
    "StopOutcome",
    "TransactionRecord",
    "TransactionStart",
    "TransactionStop",
    "TransactionStore",
    "open_store",
]
