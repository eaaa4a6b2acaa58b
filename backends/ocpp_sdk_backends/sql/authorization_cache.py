"""Authorization caches in SQL."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Final

from sqlalchemy import Connection, delete, select

from ocpp_sdk.storage.folding import fold, utc
from ocpp_sdk.storage.local_list import CachedTag
from ocpp_sdk_backends.sql.merging import upsert
from ocpp_sdk_backends.sql.tables import cached_tags
from ocpp_sdk_backends.sql.verbs import SqlVerbs, charge_point_of, records
from ocpp_sdk_backends.sql.writing import WriteTransaction

__all__ = ["SqlAuthorizationCache"]

_table: Final = cached_tags.c
_FIELDS: Final = tuple(_table[name] for name in CachedTag.__dataclass_fields__)


class SqlAuthorizationCache(SqlVerbs):
    """Verbs of `AuthorizationCacheStore`."""

    async def cache_tag(self, identity: str, tag: CachedTag) -> None:
        """Put a row in place of the one with the same key."""
        expires_at = None if tag.expires_at is None else utc(tag.expires_at)
        values = asdict(replace(tag, cached_at=utc(tag.cached_at), expires_at=expires_at))

        def work(transaction: WriteTransaction) -> None:
            number = transaction.charge_point(identity)
            put = upsert(transaction.dialect, cached_tags, ["charge_point_id", "id_tag_key"])
            transaction.connection.execute(put, {**values, "charge_point_id": number, "id_tag_key": fold(tag.id_tag)})

        await self._write(work, {"identity": identity, "tag": tag})

    async def cached_tag(self, identity: str, id_tag: str) -> CachedTag | None:
        """Read a row."""

        def work(connection: Connection) -> CachedTag | None:
            number = charge_point_of(connection, self._remembered, identity)
            row = _table.charge_point_id == number, _table.id_tag_key == fold(id_tag)
            return next(iter(records(CachedTag, connection.execute(select(*_FIELDS).where(*row)))), None)

        return await self._read(work)

    async def cached_tags(self, identity: str, *, after: str | None = None, limit: int = 1000) -> list[CachedTag]:
        """Read rows by folded id tag."""

        def work(connection: Connection) -> list[CachedTag]:
            number = charge_point_of(connection, self._remembered, identity)
            statement = select(*_FIELDS).where(_table.charge_point_id == number)
            if after is not None:
                statement = statement.where(_table.id_tag_key > fold(after))
            statement = statement.order_by(_table.id_tag_key).limit(max(limit, 0))
            return records(CachedTag, connection.execute(statement))

        return await self._read(work)

    async def trim_cache(self, identity: str, keep: int) -> int:
        """Delete all rows but those that were cached last."""

        def work(transaction: WriteTransaction) -> int:
            number = transaction.find(identity)
            own = select(_table.id_tag_key).where(_table.charge_point_id == number)
            newest_first = own.order_by(_table.cached_at.desc(), _table.id_tag_key)
            keys = transaction.connection.execute(newest_first).scalars().all()[max(keep, 0) :]
            for begin in range(0, len(keys), 500):
                some = _table.id_tag_key.in_(keys[begin : begin + 500])
                transaction.connection.execute(delete(cached_tags).where(_table.charge_point_id == number, some))
            return len(keys)

        return await self._write(work)

    async def clear_cache(self, identity: str) -> int:
        """Delete all rows of a charge point."""

        def work(transaction: WriteTransaction) -> int:
            number = transaction.find(identity)
            return transaction.connection.execute(delete(cached_tags).where(_table.charge_point_id == number)).rowcount

        return await self._write(work)
