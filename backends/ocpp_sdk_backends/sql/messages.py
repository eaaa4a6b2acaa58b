"""Wire messages in SQL."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    delete,
    func,
    or_,
    select,
)

from ocpp_sdk.storage.folding import utc
from ocpp_sdk.storage.messages import Direction, WireMessage
from ocpp_sdk.storage.metering import MeterSample
from ocpp_sdk_backends.sql.blocks import MESSAGES, block_of, messages_of, note_blocks
from ocpp_sdk_backends.sql.columns import bound_time
from ocpp_sdk_backends.sql.merging import Merge
from ocpp_sdk_backends.sql.metering import add_batches, batch_of
from ocpp_sdk_backends.sql.tables import charge_points, deviation_counts, messages
from ocpp_sdk_backends.sql.verbs import SqlVerbs, charge_point_of
from ocpp_sdk_backends.sql.writing import WriteTransaction

__all__ = ["SqlMessages", "delete_oldest", "message_from", "message_row"]

_table: Final = messages.c


_Contact: TypeAlias = tuple[str | None, Any, str | None, str | None]
"""What a charge point's record takes over, in the columns of `_CONTACTS`."""

_told: Final = attrgetter("identity", "version", "operation", "request", "reply", "fault", "message_id")
_peer: Final = attrgetter("peer_host", "callback_address")

_CONTACTS: Final = Merge(
    charge_points,
    ("charge_point_id",),
    (("version", "known"), ("last_seen", "larger"), ("observed_host", "known"), ("advertised_address", "known")),
    adds=False,
)
_DEVIATIONS: Final = Merge(deviation_counts, ("charge_point_id", "kind"), (("occurrences", "sum"),))


class SqlMessages(SqlVerbs):
    """Verbs of `MessageStore`."""

    async def record_message(self, message: WireMessage) -> int:
        """Add a row, and note its sender."""
        return await self.record_with_samples(lambda: message, ())

    def record_with_samples(self, message: Callable[[], WireMessage], samples: Sequence[MeterSample]) -> Awaitable[int]:
        """Add a row, and one for each sample, in one transaction."""
        self._see_open()
        return self._group.write(_record, (message, samples), (message, samples))

    async def message(self, number: int) -> WireMessage | None:
        """Read a row."""

        def work(connection: Connection) -> WireMessage | None:
            row = connection.execute(select(messages).where(_table.number == number)).first()
            return None if row is None else message_from(row)

        return await self._read(work)

    async def messages(
        self,
        identity: str | None = None,
        *,
        operation: str | None = None,
        text: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[WireMessage]:
        """Read rows by number."""
        conditions: list[ColumnElement[bool]] = []
        if operation is not None:
            conditions.append(_table.operation == operation)
        if since is not None:
            conditions.append(_table.at >= utc(since))
        if until is not None:
            conditions.append(_table.at < utc(until))
        if text:
            conditions.append(or_(*(_has(_table[name], text, self._dialect) for name in ("request", "reply", "fault"))))

        def work(connection: Connection) -> list[WireMessage]:
            statement = select(messages).where(*conditions).limit(max(limit, 0))
            number = charge_point_of(connection, self._remembered, identity)
            if number is not None:
                statement = messages_of(statement, number, after)
            else:
                statement = statement.where(_table.number > after).order_by(_table.number)
            return [message_from(row) for row in connection.execute(statement)]

        return await self._read(work)

    async def forget_messages(self, before: datetime, *, limit: int = 10_000) -> int:
        """Delete the oldest rows."""
        old = _table.at < utc(before)
        return await self._write(lambda transaction: delete_oldest(transaction, messages, old, _table.at, limit))


def _has(column: ColumnElement[Any], text: str, dialect: str) -> ColumnElement[bool]:
    """Whether a column has a text, to the letter: SQLite's LIKE takes A for a."""
    if dialect == "sqlite":
        return func.instr(column, text) > 0
    return column.contains(text, autoescape=True)


def delete_oldest(
    transaction: WriteTransaction, table: Table, condition: ColumnElement[bool], age: ColumnElement[Any], limit: int
) -> int:
    """Delete rows that meet a condition, the oldest first, and return how many."""
    oldest = select(table.c.number).where(condition).order_by(age, table.c.number).limit(max(limit, 0))
    numbers = transaction.connection.execute(oldest).scalars().all()
    for begin in range(0, len(numbers), 500):
        transaction.connection.execute(delete(table).where(table.c.number.in_(numbers[begin : begin + 500])))
    return len(numbers)


def _record(
    transaction: WriteTransaction, sent: list[tuple[Callable[[], WireMessage], Sequence[MeterSample]]]
) -> list[int]:
    """Add rows, and note what they tell of their charge points, once for each of these."""
    made = [make() for make, _ in sent]
    first = transaction.numbers("messages", len(made))
    numbers = range(first, first + len(made))
    charge_point_ids: list[int] = []
    times: list[Any] = []
    contacts: dict[int, _Contact] = {}
    deviations: Counter[tuple[int, str]] = Counter()
    for message in made:
        charge_point_id = transaction.charge_point(message.identity, message.at)
        at = bound_time(message.at, transaction.dialect)
        charge_point_ids.append(charge_point_id)
        times.append(at)
        if message.direction is Direction.FROM_CHARGE_POINT:
            new = message.version, at, message.peer_host, message.callback_address
            before = contacts.get(charge_point_id)
            contacts[charge_point_id] = new if before is None else _joined(before, new)
            for kind in message.deviations:
                deviations[charge_point_id, kind] += 1
    directions = [str(message.direction) for message in made]
    told = list(zip(*[_told(message) for message in made], strict=True))
    lists = [_deviations_text(message) for message in made]
    peers = list(zip(*[_peer(message) for message in made], strict=True))
    in_blocks = [block_of(number) for number in numbers]
    blocks = set(zip(charge_point_ids, in_blocks, strict=True))
    note_blocks(transaction, MESSAGES, blocks)
    if contacts:
        noted = [(*contact, number) for number, contact in sorted(contacts.items())]
        transaction.merge_last(_CONTACTS, noted)
    if deviations:
        counted = [(*key, occurrences) for key, occurrences in sorted(deviations.items())]
        transaction.merge_last(_DEVIATIONS, counted)
    batches = [batch_of(samples, transaction.dialect) for _, samples in sent if samples]
    if batches:
        add_batches(transaction, batches)
    transaction.insert_last(messages, [numbers, times, directions, charge_point_ids, *told, lists, *peers, in_blocks])
    return list(numbers)


def _joined(before: _Contact, new: _Contact) -> _Contact:
    return new[0] or before[0], max(before[1], new[1]), new[2] or before[2], new[3] or before[3]


def message_row(number: int, charge_point_id: int, at: object, message: WireMessage) -> tuple[Any, ...]:
    """Return the columns of `messages`."""
    return (
        number,
        at,
        str(message.direction),
        charge_point_id,
        *_told(message),
        _deviations_text(message),
        *_peer(message),
        block_of(number),
    )


def _deviations_text(message: WireMessage) -> str | None:
    return json.dumps(message.deviations, ensure_ascii=False) if message.deviations else None


def message_from(row: Row[Any]) -> WireMessage:
    """Make the record of a row of `messages`."""
    return WireMessage(
        number=row.number,
        at=row.at,
        direction=Direction(row.direction),
        identity=row.identity,
        version=row.version,
        operation=row.operation,
        request=row.request,
        reply=row.reply,
        fault=row.fault,
        message_id=row.message_id,
        deviations=tuple(json.loads(row.deviations)) if row.deviations else (),
        peer_host=row.peer_host,
        callback_address=row.callback_address,
    )
