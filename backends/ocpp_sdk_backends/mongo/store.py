"""The store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocpp_sdk_backends.mongo.cache import MongoCaches
from ocpp_sdk_backends.mongo.calls import MongoCalls
from ocpp_sdk_backends.mongo.charge_points import MongoChargePoints
from ocpp_sdk_backends.mongo.configuration import MongoConfiguration
from ocpp_sdk_backends.mongo.connection import verb
from ocpp_sdk_backends.mongo.connectors import MongoConnectors
from ocpp_sdk_backends.mongo.id_tags import MongoIdTags
from ocpp_sdk_backends.mongo.local_list import MongoLocalLists
from ocpp_sdk_backends.mongo.messages import MongoMessages
from ocpp_sdk_backends.mongo.notifications import MongoNotifications
from ocpp_sdk_backends.mongo.plc import MongoExchanges
from ocpp_sdk_backends.mongo.reservations import MongoReservations
from ocpp_sdk_backends.mongo.settings import MongoSettings
from ocpp_sdk_backends.mongo.transactions import MongoTransactions
from ocpp_sdk_backends.mongo.transfer import MongoTransfer

if TYPE_CHECKING:
    from ocpp_sdk.storage.store import Store

__all__ = ["MongoStore"]


class MongoStore(
    MongoCaches,
    MongoCalls,
    MongoChargePoints,
    MongoConfiguration,
    MongoConnectors,
    MongoIdTags,
    MongoLocalLists,
    MongoMessages,
    MongoNotifications,
    MongoExchanges,
    MongoReservations,
    MongoSettings,
    MongoTransactions,
    MongoTransfer,
):
    """All verbs of `Store`, in one database of MongoDB."""

    @verb
    async def ping(self) -> None:
        """Ask the server whether it answers."""
        await self._connection.ping()

    async def close(self) -> None:
        """Finish what was asked, then disconnect."""
        for bell in self._bells.values():
            await bell.close()
        await self._connection.close()


if TYPE_CHECKING:
    _: type[Store] = MongoStore
