"""A whole store."""

from __future__ import annotations

from typing import Protocol

from ocpp_sdk.storage.calls import CallQueueStore
from ocpp_sdk.storage.charge_points import ChargePointStore
from ocpp_sdk.storage.configuration import ConfigurationStore
from ocpp_sdk.storage.connectors import ConnectorStore
from ocpp_sdk.storage.id_tags import IdTagStore
from ocpp_sdk.storage.local_list import AuthorizationCacheStore, LocalListStore
from ocpp_sdk.storage.messages import MessageStore
from ocpp_sdk.storage.metering import MeterStore
from ocpp_sdk.storage.notifications import NotificationStore
from ocpp_sdk.storage.plc import PlcExchangeStore
from ocpp_sdk.storage.reservations import ReservationStore
from ocpp_sdk.storage.settings import SettingStore
from ocpp_sdk.storage.transactions import TransactionStore
from ocpp_sdk.storage.transfer import TransferStore

__all__ = ["Store"]


class Store(
    AuthorizationCacheStore,
    CallQueueStore,
    ChargePointStore,
    ConfigurationStore,
    ConnectorStore,
    IdTagStore,
    LocalListStore,
    MessageStore,
    MeterStore,
    NotificationStore,
    PlcExchangeStore,
    ReservationStore,
    SettingStore,
    TransactionStore,
    TransferStore,
    Protocol,
):
    """All verbs of storage; `ocpp_sdk.storage.open_store` opens one.

    Rules of every verb, whatever the backend:

    - A verb that writes returns after its write is durable; a verb that reads sees all writes that have returned, by
      whatever process.
    - Writes that wait at the same moment may share a commit; one that fails, fails alone.
    - Identities and id tags are compared by `fold`, and given back as they were first spelled. Texts sort by their code
      points.
    - Times are aware, kept to the microsecond, and given back in UTC. One without a zone is a `ValueError` of every
      verb that takes it, whatever is stored, and nothing happens.
    - A `limit` below 1 gives an empty list.
    - `StorageUnavailableError` (retry safe) says that the storage cannot be reached now: the verb may or may not have
      happened. Except for those whose docstring says that each call adds something, verbs may be repeated. The same
      store object works again when the storage does.
    - Any other `StorageError` says that nothing was stored: no space, no right to write, a text that the backend cannot
      hold, a closed store.
    - A verb whose task is cancelled may or may not have happened; the store stays whole.
    """

    async def ping(self) -> None:
        """Ask the storage whether it answers.

        Raises:
            StorageUnavailableError: it does not.
        """
        ...

    async def close(self) -> None:
        """Finish what was asked, then give everything back; any verb after it raises `StorageError`.

        May be called again.
        """
        ...
