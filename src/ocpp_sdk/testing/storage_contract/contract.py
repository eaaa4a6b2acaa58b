"""The whole contract, put together from its topics."""

from __future__ import annotations

from ocpp_sdk.testing.storage_contract.cases.authorization_cache import AuthorizationCacheContract
from ocpp_sdk.testing.storage_contract.cases.calls import CallContract
from ocpp_sdk.testing.storage_contract.cases.charge_points import ChargePointContract
from ocpp_sdk.testing.storage_contract.cases.claims import ClaimContract
from ocpp_sdk.testing.storage_contract.cases.configuration import ConfigurationContract
from ocpp_sdk.testing.storage_contract.cases.connection import ConnectionContract
from ocpp_sdk.testing.storage_contract.cases.connectors import ConnectorContract
from ocpp_sdk.testing.storage_contract.cases.failures import FailureContract
from ocpp_sdk.testing.storage_contract.cases.id_tags import IdTagContract
from ocpp_sdk.testing.storage_contract.cases.leases import LeaseContract
from ocpp_sdk.testing.storage_contract.cases.lifecycle import LifecycleContract
from ocpp_sdk.testing.storage_contract.cases.local_list import LocalListContract
from ocpp_sdk.testing.storage_contract.cases.messages import MessageContract
from ocpp_sdk.testing.storage_contract.cases.metering import MeterContract
from ocpp_sdk.testing.storage_contract.cases.notifications import NotificationContract
from ocpp_sdk.testing.storage_contract.cases.outages import OutageContract
from ocpp_sdk.testing.storage_contract.cases.plc import PlcContract
from ocpp_sdk.testing.storage_contract.cases.processes import ProcessContract
from ocpp_sdk.testing.storage_contract.cases.reservations import ReservationContract
from ocpp_sdk.testing.storage_contract.cases.settings import SettingContract
from ocpp_sdk.testing.storage_contract.cases.stops import StopContract
from ocpp_sdk.testing.storage_contract.cases.texts import TextContract
from ocpp_sdk.testing.storage_contract.cases.times import TimeContract
from ocpp_sdk.testing.storage_contract.cases.transactions import TransactionContract
from ocpp_sdk.testing.storage_contract.cases.transfer import TransferContract
from ocpp_sdk.testing.storage_contract.cases.volume import VolumeContract

__all__ = [
    "AuthorizationCacheContract",
    "CallContract",
    "ChargePointContract",
    "ClaimContract",
    "ConfigurationContract",
    "ConnectionContract",
    "ConnectorContract",
    "FailureContract",
    "IdTagContract",
    "LeaseContract",
    "LifecycleContract",
    "LocalListContract",
    "MessageContract",
    "MeterContract",
    "NotificationContract",
    "OutageContract",
    "PlcContract",
    "ProcessContract",
    "ReservationContract",
    "SettingContract",
    "StopContract",
    "StorageContract",
    "TextContract",
    "TimeContract",
    "TransactionContract",
    "TransferContract",
    "VolumeContract",
]


class StorageContract(
    VolumeContract,
    ProcessContract,
    ConnectionContract,
    OutageContract,
    TransferContract,
    FailureContract,
    LifecycleContract,
    TimeContract,
    TextContract,
    SettingContract,
    NotificationContract,
    MessageContract,
    AuthorizationCacheContract,
    LocalListContract,
    ConfigurationContract,
    PlcContract,
    LeaseContract,
    ClaimContract,
    CallContract,
    ReservationContract,
    MeterContract,
    StopContract,
    TransactionContract,
    IdTagContract,
    ConnectorContract,
    ChargePointContract,
):
    """All cases; pytest runs those of the last class first."""
