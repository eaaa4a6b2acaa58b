"""PLC exchanges in SQL."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Integer, Row, Select, bindparam, insert, select, update

from ocpp_sdk.storage.folding import utc
from ocpp_sdk.storage.plc import ExchangeState, NewExchange, PlcExchange
from ocpp_sdk_backends.sql.messages import delete_oldest
from ocpp_sdk_backends.sql.tables import charge_points, exchanges
from ocpp_sdk_backends.sql.verbs import SqlVerbs, charge_point_of
from ocpp_sdk_backends.sql.writing import WriteTransaction

__all__ = ["SqlExchanges", "exchange_from"]

_table: Final = exchanges.c


class SqlExchanges(SqlVerbs):
    """Verbs of `PlcExchangeStore`."""

    async def add_exchange(self, exchange: NewExchange) -> PlcExchange:
        """Add a row, or find the one with the same key."""
        at = utc(exchange.at)

        def work(transaction: WriteTransaction) -> PlcExchange:
            charge_point_id = transaction.charge_point(exchange.identity, at)
            key = {"charge_point_id": charge_point_id, "kind": exchange.kind, "key": exchange.key}
            same = [_table[name] == value for name, value in key.items()]
            found = _one(transaction.connection, *same)
            if found is not None:
                return found
            number = transaction.numbers("exchanges")
            rest = {"connector_id": exchange.connector_id, "state": exchange.state.value, "data": exchange.data}
            values = {"number": number, **key, **rest, "created_at": at, "changed_at": at}
            transaction.connection.execute(insert(exchanges), values)
            return PlcExchange(
                number=number,
                key=exchange.key,
                identity=transaction.identity(exchange.identity),
                kind=exchange.kind,
                connector_id=exchange.connector_id,
                state=exchange.state,
                data=exchange.data,
                created_at=at,
                changed_at=at,
            )

        return await self._write(work, exchange)

    async def swap_exchange(
        self,
        number: int,
        expected: Collection[ExchangeState],
        state: ExchangeState,
        *,
        at: datetime,
        data: str | None = None,
    ) -> PlcExchange | None:
        """Change a row that is in one of the states."""
        statement = update(exchanges).where(_table.number == number, _in(expected))
        statement = statement.values(state=state.value, changed_at=utc(at))
        if data is not None:
            statement = statement.values(data=data)

        def work(transaction: WriteTransaction) -> PlcExchange | None:
            if transaction.connection.execute(statement).rowcount == 0:
                return None
            return _one(transaction.connection, _table.number == number)

        return await self._write(work, {"data": data})

    async def exchange(self, number: int) -> PlcExchange | None:
        """Read a row."""
        return await self._read(lambda connection: _one(connection, _table.number == number))

    async def exchanges(
        self,
        identity: str | None = None,
        *,
        kind: str | None = None,
        states: Collection[ExchangeState] | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[PlcExchange]:
        """Read rows by number."""

        def work(connection: Connection) -> list[PlcExchange]:
            number = charge_point_of(connection, self._remembered, identity)
            named = {"charge_point_id": number, "kind": kind}
            known = {name: value for name, value in named.items() if value is not None}
            statement = _listed(tuple(known), None if states is None else frozenset(states))
            values = {"after_": after, "limit_": max(limit, 0), **known}
            return [exchange_from(row) for row in connection.execute(statement, values)]

        return await self._read(work)

    async def forget_exchanges(
        self, states: Collection[ExchangeState], before: datetime, *, limit: int = 10_000
    ) -> int:
        """Delete the rows that were changed longest ago."""
        old = _in(states) & (_table.changed_at < utc(before))
        return await self._write(
            lambda transaction: delete_oldest(transaction, exchanges, old, _table.changed_at, limit)
        )


def _in(states: Collection[ExchangeState]) -> ColumnElement[bool]:
    return _table.state.in_([state.value for state in states])


def _exchanges() -> Select[Any]:
    return select(exchanges, charge_points.c.identity).join(charge_points)


@cache
def _listed(names: tuple[str, ...], states: frozenset[ExchangeState] | None) -> Select[Any]:
    """Make a statement once; a charge point and its bridge on two machines run it several times a second."""
    later = _table.number > bindparam("after_", type_=_table.number.type)
    named = [_table[name] == bindparam(name, type_=_table[name].type) for name in names]
    among = [] if states is None else [_in(states)]
    statement = _exchanges().where(later, *named, *among)
    return statement.order_by(_table.number).limit(bindparam("limit_", type_=Integer))


def _one(connection: Connection, *conditions: ColumnElement[bool]) -> PlcExchange | None:
    row = connection.execute(_exchanges().where(*conditions)).first()
    return None if row is None else exchange_from(row)


def exchange_from(row: Row[Any]) -> PlcExchange:
    """Make the record of a row of `exchanges` and its identity."""
    return PlcExchange(
        number=row.number,
        key=row.key,
        identity=row.identity,
        kind=row.kind,
        connector_id=row.connector_id,
        state=ExchangeState(row.state),
        data=row.data,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )
