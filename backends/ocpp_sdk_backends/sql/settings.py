"""Texts under keys in SQL."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from ocpp_sdk_backends.sql.merging import upsert
from ocpp_sdk_backends.sql.tables import settings
from ocpp_sdk_backends.sql.verbs import SqlVerbs
from ocpp_sdk_backends.sql.writing import WriteTransaction

__all__ = ["SqlSettings"]


class SqlSettings(SqlVerbs):
    """Verbs of `SettingStore`."""

    async def setting(self, key: str) -> str | None:
        """Read a row."""
        return await self._read(lambda connection: _value(connection, key))

    async def settings(self, prefix: str = "") -> dict[str, str]:
        """Read rows from the prefix on, as far as they begin so."""

        def work(connection: Connection) -> dict[str, str]:
            found = {}
            statement = select(settings.c.key, settings.c.value).where(settings.c.key >= prefix)
            for key, value in connection.execute(statement.order_by(settings.c.key)).all():
                if not key.startswith(prefix):
                    break
                found[key] = value
            return found

        return await self._read(work)

    async def put_setting(self, key: str, value: str) -> None:
        """Put a row in place of the one with the same key."""
        await self._write(lambda transaction: _put(transaction, key, value), {"key": key, "value": value})

    async def swap_setting(self, key: str, expected: str | None, value: str | None) -> bool:
        """Read a row, then write it."""

        def work(transaction: WriteTransaction) -> bool:
            if _value(transaction.connection, key) != expected:
                return False
            if value is not None:
                _put(transaction, key, value)
            elif expected is not None:
                _remove(transaction, key)
            return True

        return await self._write(work, {"key": key, "value": value})

    async def remove_setting(self, key: str) -> bool:
        """Delete a row."""
        return await self._write(lambda transaction: _remove(transaction, key), {"key": key})


def _value(connection: Connection, key: str) -> str | None:
    found: str | None = connection.execute(select(settings.c.value).where(settings.c.key == key)).scalar()
    return found


def _put(transaction: WriteTransaction, key: str, value: str) -> None:
    put = upsert(transaction.dialect, settings, ["key"])
    transaction.connection.execute(put, {"key": key, "value": value})


def _remove(transaction: WriteTransaction, key: str) -> bool:
    return transaction.connection.execute(delete(settings).where(settings.c.key == key)).rowcount > 0
