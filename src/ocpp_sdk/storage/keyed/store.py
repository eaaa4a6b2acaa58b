"""All verbs together."""

from __future__ import annotations

from ocpp_sdk.storage.keyed.calls import CallVerbs
from ocpp_sdk.storage.keyed.charge_points import ChargePointVerbs
from ocpp_sdk.storage.keyed.configuration import ConfigurationVerbs
from ocpp_sdk.storage.keyed.connectors import ConnectorVerbs
from ocpp_sdk.storage.keyed.id_tags import IdTagVerbs
from ocpp_sdk.storage.keyed.local_list import AuthorizationCacheVerbs, LocalListVerbs
from ocpp_sdk.storage.keyed.messages import MessageVerbs
from ocpp_sdk.storage.keyed.notifications import NotificationVerbs
from ocpp_sdk.storage.keyed.plc import PlcExchangeVerbs
from ocpp_sdk.storage.keyed.reservations import ReservationVerbs
from ocpp_sdk.storage.keyed.settings import SettingVerbs
from ocpp_sdk.storage.keyed.transactions import TransactionVerbs
from ocpp_sdk.storage.keyed.transfer import TransferVerbs
from ocpp_sdk.storage.store import Store

__all__ = ["KeyedStore"]


class KeyedStore(
    AuthorizationCacheVerbs,
    CallVerbs,
    ChargePointVerbs,
    ConfigurationVerbs,
    ConnectorVerbs,
    IdTagVerbs,
    LocalListVerbs,
    MessageVerbs,
    NotificationVerbs,
    PlcExchangeVerbs,
    ReservationVerbs,
    SettingVerbs,
    TransactionVerbs,
    TransferVerbs,
):
    """A store over tables that one process holds."""

    async def ping(self) -> None:
        """Look whether the store is open, see `Store.ping`."""
        self._ledger.begin()

    async def close(self) -> None:
        """Finish what was asked, then give everything back, see `Store.close`."""
        self._wake_all()
        await self._ledger.close()


_: type[Store] = KeyedStore
