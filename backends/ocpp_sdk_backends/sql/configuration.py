"""Configuration keys in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, delete, select

from ocpp_sdk.storage.configuration import ConfigurationKey
from ocpp_sdk.storage.folding import fold
from ocpp_sdk_backends.sql.merging import upsert
from ocpp_sdk_backends.sql.tables import configuration
from ocpp_sdk_backends.sql.verbs import SqlVerbs, charge_point_of
from ocpp_sdk_backends.sql.writing import WriteTransaction

__all__ = ["SqlConfiguration"]

_table: Final = configuration.c


class SqlConfiguration(SqlVerbs):
    """Verbs of `ConfigurationStore`."""

    async def put_configuration(self, identity: str, keys: Sequence[ConfigurationKey]) -> None:
        """Put rows in place of those with the same keys."""
        if not keys:
            self._see_open()
            return
        last = {fold(item.key): item for item in keys}

        def work(transaction: WriteTransaction) -> None:
            number = transaction.charge_point(identity)
            rows = [
                {
                    "charge_point_id": number,
                    "name_key": key,
                    "name": item.key,
                    "value": item.value,
                    "readonly": item.readonly,
                }
                for key, item in sorted(last.items())
            ]
            put = upsert(transaction.dialect, configuration, ["charge_point_id", "name_key"])
            transaction.connection.execute(put, rows)

        await self._write(work, {"identity": identity, "keys": keys})

    async def remove_configuration(self, identity: str, keys: Sequence[str]) -> int:
        """Delete rows."""
        folded = sorted({fold(key) for key in keys})

        def work(transaction: WriteTransaction) -> int:
            number = transaction.find(identity)
            own = delete(configuration).where(_table.charge_point_id == number)
            removed = 0
            for begin in range(0, len(folded), 500):
                some = _table.name_key.in_(folded[begin : begin + 500])
                removed += transaction.connection.execute(own.where(some)).rowcount
            return removed

        return await self._write(work)

    async def configuration(self, identity: str) -> list[ConfigurationKey]:
        """Read rows by folded key."""

        def work(connection: Connection) -> list[ConfigurationKey]:
            number = charge_point_of(connection, self._remembered, identity)
            statement = select(_table.name, _table.value, _table.readonly).where(_table.charge_point_id == number)
            rows = connection.execute(statement.order_by(_table.name_key))
            return [ConfigurationKey(key=name, value=value, readonly=readonly) for name, value, readonly in rows]

        return await self._read(work)
