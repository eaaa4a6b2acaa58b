"""Id tags that the operator knows, in SQL."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, Final

from sqlalchemy import Connection, Select, delete, select

from ocpp_sdk.storage.folding import fold, utc
from ocpp_sdk.storage.id_tags import IdTagRecord
from ocpp_sdk_backends.sql.merging import upsert
from ocpp_sdk_backends.sql.tables import id_tags
from ocpp_sdk_backends.sql.verbs import SqlVerbs, records
from ocpp_sdk_backends.sql.writing import WriteTransaction

__all__ = ["SqlIdTags"]

_FIELDS: Final = tuple(IdTagRecord.__dataclass_fields__)


class SqlIdTags(SqlVerbs):
    """Verbs of `IdTagStore`."""

    async def put_id_tag(self, tag: IdTagRecord) -> None:
        """Put a row in place of the one with the same key."""
        if tag.expires_at is not None:
            tag = replace(tag, expires_at=utc(tag.expires_at))

        def work(transaction: WriteTransaction) -> None:
            put = upsert(transaction.dialect, id_tags, ["id_tag_key"])
            transaction.connection.execute(put, {**asdict(tag), "id_tag_key": fold(tag.id_tag)})

        await self._write(work, tag)

    async def remove_id_tag(self, id_tag: str) -> bool:
        """Delete a row."""
        statement = delete(id_tags).where(id_tags.c.id_tag_key == fold(id_tag))
        return await self._write(lambda transaction: transaction.connection.execute(statement).rowcount > 0, id_tag)

    async def id_tag(self, id_tag: str) -> IdTagRecord | None:
        """Read a row."""
        found = await self._id_tags(_tags().where(id_tags.c.id_tag_key == fold(id_tag)))
        return found[0] if found else None

    async def id_tags(self, *, after: str | None = None, limit: int = 1000) -> list[IdTagRecord]:
        """Read rows by key."""
        statement = _tags().order_by(id_tags.c.id_tag_key).limit(max(limit, 0))
        if after is not None:
            statement = statement.where(id_tags.c.id_tag_key > fold(after))
        return await self._id_tags(statement)

    async def _id_tags(self, statement: Select[Any]) -> list[IdTagRecord]:
        def work(connection: Connection) -> list[IdTagRecord]:
            return records(IdTagRecord, connection.execute(statement))

        return await self._read(work)


def _tags() -> Select[Any]:
    return select(*(id_tags.c[name] for name in _FIELDS))
