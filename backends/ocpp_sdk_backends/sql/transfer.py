"""All records of SQL tables, one by one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, LargeBinary, Row, func, literal, select, tuple_

from ocpp_sdk.storage.folding import time_from, time_text
from ocpp_sdk.storage.transfer import Dump, SequenceState, Topic, TransferRecord
from ocpp_sdk_backends.sql.columns import UtcTime
from ocpp_sdk_backends.sql.loading import load_records
from ocpp_sdk_backends.sql.tables import sequences
from ocpp_sdk_backends.sql.topics import TOPICS, read_records
from ocpp_sdk_backends.sql.verbs import SqlVerbs
from ocpp_sdk_backends.sql.writing import CHARGE_POINT_IDS

__all__ = ["SqlTransfer"]


class SqlTransfer(SqlVerbs):
    """Verbs of `TransferStore`."""

    async def dump(self, topic: Topic, *, after: str | None = None, limit: int = 1000) -> Dump:
        """Read rows by primary key."""
        if topic is Topic.SEQUENCES:
            return Dump(() if after is not None or limit < 1 else await self._read(_sequences), None)
        if limit < 1:
            self._see_open()
            return Dump((), None)
        shape = TOPICS[topic]
        key = [shape.table.c[name] for name in shape.key]
        statement = shape.selected().add_columns(*(column.label(f"key_{column.name}") for column in key))
        if after is not None:
            last = [literal(value, column.type) for column, value in zip(key, _read_token(key, after), strict=True)]
            statement = statement.where(tuple_(*key) > tuple_(*last))

        def work(connection: Connection) -> Dump:
            rows = connection.execute(statement.order_by(*key).limit(limit + 1)).all()
            more = _token(key, rows[limit - 1]) if len(rows) > limit else None
            return Dump(tuple(read_records(connection, topic, rows[:limit])), more)

        return await self._read(work)

    async def load(self, topic: Topic, records: Sequence[TransferRecord]) -> None:
        """Put rows in place of those with the same key."""
        await self._write(lambda transaction: load_records(transaction, topic, records), records)

    async def count(self, topic: Topic) -> int:
        """Count rows."""

        def work(connection: Connection) -> int:
            if topic is Topic.SEQUENCES:
                return len(_sequences(connection))
            found: int = connection.execute(select(func.count()).select_from(TOPICS[topic].table)).scalar_one()
            return found

        return await self._read(work)


def _sequences(connection: Connection) -> tuple[SequenceState, ...]:
    used = sequences.c.last > 0, sequences.c.name != CHARGE_POINT_IDS
    found = select(sequences.c.name, sequences.c.last).where(*used).order_by(sequences.c.name)
    return tuple(SequenceState(name=name, last=last) for name, last in connection.execute(found))


def _token(key: Sequence[Column[Any]], row: Row[Any]) -> str:
    """Return the key of a row as text."""
    values: list[object] = []
    for column in key:
        value = row._mapping[f"key_{column.name}"]
        if isinstance(value, datetime):
            values.append(time_text(value))
        else:
            values.append(value.hex() if isinstance(value, bytes) else value)
    return json.dumps(values)


def _read_token(key: Sequence[Column[Any]], text: str) -> list[Any]:
    values: list[Any] = json.loads(text)
    read: list[Any] = []
    for column, value in zip(key, values, strict=True):
        if isinstance(column.type, UtcTime):
            read.append(time_from(value))
        else:
            read.append(bytes.fromhex(value) if isinstance(column.type, LargeBinary) else value)
    return read
