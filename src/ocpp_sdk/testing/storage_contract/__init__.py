"""The contract that every store keeps, as tests for pytest; needs pytest, and nothing else besides the SDK.

A backend is tested by one class:

    import pytest
    from ocpp_sdk.testing.storage_contract import StorageContract, StoreUnderTest

    class TestMyStore(StorageContract):
        @pytest.fixture
        def under_test(self, tmp_path):
            return StoreUnderTest(url=f"mine:{tmp_path}/data")  # an empty store, anew for each case

That is all for a store that lives in files and may be opened more than once. `StoreUnderTest` says what else there is:
a server that can be killed and started, the address at which a connection to it can be lost, or that the data are gone
with the store. A case that needs what is not there is skipped and says so. `StorageContract` is made of one class a
topic, such as `ChargePointContract`, each of which can be used alone while a backend grows. No plugin of pytest is
needed; each case runs in an event loop of its own.

`fill` puts some records of every topic into a store, for tests of one's own.
"""

from __future__ import annotations

import pytest

# Before the cases are imported, so that pytest shows the values of a comparison that fails.
pytest.register_assert_rewrite(f"{__name__}.cases")

from ocpp_sdk.testing.storage_contract.contract import (  # noqa: E402
    AuthorizationCacheContract,
    CallContract,
    ChargePointContract,
    ClaimContract,
    ConfigurationContract,
    ConnectionContract,
    ConnectorContract,
    FailureContract,
    IdTagContract,
    LeaseContract,
    LifecycleContract,
    LocalListContract,
    MessageContract,
    MeterContract,
    NotificationContract,
    OutageContract,
    PlcContract,
    ProcessContract,
    ReservationContract,
    SettingContract,
    StopContract,
    StorageContract,
    TextContract,
    TimeContract,
    TransactionContract,
    TransferContract,
    VolumeContract,
)
from ocpp_sdk.testing.storage_contract.filling import dump_all, fill  # noqa: E402
from ocpp_sdk.testing.storage_contract.under_test import Server, StoreUnderTest, Trial, case  # noqa: E402

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
    "Server",
    "SettingContract",
    "StopContract",
    "StorageContract",
    "StoreUnderTest",
    "TextContract",
    "TimeContract",
    "TransactionContract",
    "TransferContract",
    "Trial",
    "VolumeContract",
    "case",
    "dump_all",
    "fill",
]
