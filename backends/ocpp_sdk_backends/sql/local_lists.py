"""Local authorization lists in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, delete, func, select

from ocpp_sdk.storage.folding import fold, utc
from ocpp_sdk.storage.local_list import ListedTag, LocalList
from ocpp_sdk_backends.sql.merging import upsert
from ocpp_sdk_backends.sql.tables import charge_points, listed_tags, local_lists
from ocpp_sdk_backends.sql.verbs import SqlVerbs, charge_point_of, records
from ocpp_sdk_backends.sql.writing import WriteTransaction

__all__ = ["SqlLocalLists", "lists"]

_table: Final = listed_tags.c
_FIELDS: Final = tuple(_table[name] for name in ListedTag.__dataclass_fields__)


class SqlLocalLists(SqlVerbs):
    """Verbs of `LocalListStore`."""

    async def replace_local_list(
        self, identity: str, version: int, entries: Sequence[ListedTag], *, hash: str | None = None, at: datetime
    ) -> None:
        """Delete all entries, and put others."""
        rows = _rows(entries)
        at = utc(at)

        def work(transaction: WriteTransaction) -> None:
            number = transaction.charge_point(identity, at)
            transaction.connection.execute(delete(listed_tags).where(_table.charge_point_id == number))
            _put(transaction, number, rows)
            _put_list(transaction, number, version, hash, at)

        await self._write(work, {"identity": identity, "entries": entries, "hash": hash})

    async def update_local_list(
        self,
        identity: str,
        version: int,
        entries: Sequence[ListedTag],
        removed: Sequence[str] = (),
        *,
        expected_version: int,
        hash: str | None = None,
        at: datetime,
    ) -> bool:
        """Change a list of the expected version."""
        rows = _rows(entries)
        gone = sorted({fold(tag) for tag in removed})
        at = utc(at)

        def work(transaction: WriteTransaction) -> bool:
            connection = transaction.connection
            known = transaction.find(identity)
            found = connection.execute(select(local_lists.c.version).where(local_lists.c.charge_point_id == known))
            if (found.scalar() or 0) != expected_version:
                return False
            number = transaction.charge_point(identity, at)
            for begin in range(0, len(gone), 500):
                some = _table.id_tag_key.in_(gone[begin : begin + 500])
                connection.execute(delete(listed_tags).where(_table.charge_point_id == number, some))
            _put(transaction, number, rows)
            _put_list(transaction, number, version, hash, at)
            return True

        return await self._write(work, {"identity": identity, "entries": entries, "hash": hash})

    async def local_list(self, identity: str) -> LocalList | None:
        """Read a row, and count the entries."""

        def work(connection: Connection) -> LocalList | None:
            number = charge_point_of(connection, self._remembered, identity)
            found = connection.execute(lists().where(local_lists.c.charge_point_id == number))
            return next(iter(records(LocalList, found)), None)

        return await self._read(work)

    async def listed_tag(self, identity: str, id_tag: str) -> ListedTag | None:
        """Read a row."""

        def work(connection: Connection) -> ListedTag | None:
            number = charge_point_of(connection, self._remembered, identity)
            row = _table.charge_point_id == number, _table.id_tag_key == fold(id_tag)
            return next(iter(records(ListedTag, connection.execute(select(*_FIELDS).where(*row)))), None)

        return await self._read(work)

    async def listed_tags(self, identity: str, *, after: str | None = None, limit: int = 1000) -> list[ListedTag]:
        """Read rows by folded id tag."""

        def work(connection: Connection) -> list[ListedTag]:
            number = charge_point_of(connection, self._remembered, identity)
            statement = select(*_FIELDS).where(_table.charge_point_id == number)
            if after is not None:
                statement = statement.where(_table.id_tag_key > fold(after))
            statement = statement.order_by(_table.id_tag_key).limit(max(limit, 0))
            return records(ListedTag, connection.execute(statement))

        return await self._read(work)


def lists() -> Select[Any]:
    """Select what a `LocalList` has."""
    table = local_lists.c
    own = _table.charge_point_id == table.charge_point_id
    entries = select(func.count()).select_from(listed_tags).where(own).scalar_subquery().label("entries")
    columns = charge_points.c.identity, table.version, table.hash, table.updated_at, entries
    return select(*columns).join_from(local_lists, charge_points)


def _rows(entries: Iterable[ListedTag]) -> dict[str, ListedTag]:
    """Return the last of equal entries, by folded id tag."""
    return {
        fold(entry.id_tag): entry if entry.expires_at is None else replace(entry, expires_at=utc(entry.expires_at))
        for entry in entries
    }


def _put(transaction: WriteTransaction, number: int, rows: dict[str, ListedTag]) -> None:
    if rows:
        put = upsert(transaction.dialect, listed_tags, ["charge_point_id", "id_tag_key"])
        values = [
            {**asdict(entry), "charge_point_id": number, "id_tag_key": key} for key, entry in sorted(rows.items())
        ]
        transaction.connection.execute(put, values)


def _put_list(transaction: WriteTransaction, number: int, version: int, hash: str | None, at: datetime) -> None:
    values = {"charge_point_id": number, "version": version, "hash": hash, "updated_at": at}
    transaction.connection.execute(upsert(transaction.dialect, local_lists, ["charge_point_id"]), values)
