"""A store in a SQL database."""

from __future__ import annotations

from sqlalchemy import text

from ocpp_sdk.errors import StorageError, StorageUnavailableError
from ocpp_sdk.storage.store import Store
from ocpp_sdk_backends.sql.authorization_cache import SqlAuthorizationCache
from ocpp_sdk_backends.sql.calls import SqlCalls
from ocpp_sdk_backends.sql.charge_points import SqlChargePoints
from ocpp_sdk_backends.sql.configuration import SqlConfiguration
from ocpp_sdk_backends.sql.connectors import SqlConnectors
from ocpp_sdk_backends.sql.exchanges import SqlExchanges
from ocpp_sdk_backends.sql.id_tags import SqlIdTags
from ocpp_sdk_backends.sql.local_lists import SqlLocalLists
from ocpp_sdk_backends.sql.messages import SqlMessages
from ocpp_sdk_backends.sql.metering import SqlSamples
from ocpp_sdk_backends.sql.notifications import SqlNotifications
from ocpp_sdk_backends.sql.reservations import SqlReservations
from ocpp_sdk_backends.sql.settings import SqlSettings
from ocpp_sdk_backends.sql.transactions import SqlTransactions
from ocpp_sdk_backends.sql.transfer import SqlTransfer

__all__ = ["SqlStore"]


class SqlStore(
    SqlAuthorizationCache,
    SqlCalls,
    SqlChargePoints,
    SqlConfiguration,
    SqlConnectors,
    SqlExchanges,
    SqlIdTags,
    SqlLocalLists,
    SqlMessages,
    SqlNotifications,
    SqlReservations,
    SqlSamples,
    SqlSettings,
    SqlTransactions,
    SqlTransfer,
):
    """All verbs, on SQLite, PostgreSQL or MariaDB."""

    async def ping(self) -> None:
        """Let the database compute a number."""
        try:
            await self._read(lambda connection: connection.execute(text("SELECT 1")).scalar_one())
        except StorageUnavailableError:
            raise
        except StorageError as error:
            if self._closed:
                raise
            raise StorageUnavailableError(str(error)) from error

    async def close(self) -> None:
        """Let the last groups be committed, then give all connections back."""
        if not self._closed:
            self._closed = True
            await self._group.finish()
            await self._database.close()


_: type[Store] = SqlStore
