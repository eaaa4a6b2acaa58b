"""Metering: sampled and clock-aligned readings, and the readings of a StopTransaction."""

from ocpp_sdk.charge_point.metering.counters import MeteringCounters
from ocpp_sdk.charge_point.metering.metering import Metering, MeteringSettings
from ocpp_sdk.charge_point.metering.transaction_store import (
    MemoryTransactionDataStore,
    SettingTransactionDataStore,
    TransactionDataStore,
)

__all__ = [
    "MemoryTransactionDataStore",
    "Metering",
    "MeteringCounters",
    "MeteringSettings",
    "SettingTransactionDataStore",
    "TransactionDataStore",
]
