"""Statuses of connectors in SQL."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Select, select

from ocpp_sdk.storage.connectors import ConnectorStatus
from ocpp_sdk.storage.folding import utc
from ocpp_sdk_backends.sql.columns import bound_time
from ocpp_sdk_backends.sql.merging import upsert
from ocpp_sdk_backends.sql.tables import charge_points, connector_statuses, connectors
from ocpp_sdk_backends.sql.verbs import SqlVerbs, charge_point_of, records
from ocpp_sdk_backends.sql.writing import WriteTransaction

__all__ = ["SqlConnectors"]

_table: Final = connector_statuses.c
_FIELDS: Final = (
    _table.connector_id,
    _table.status,
    _table.error_code,
    _table.info,
    _table.vendor_id,
    _table.vendor_error_code,
    _table.changed_at,
)


class SqlConnectors(SqlVerbs):
    """Verbs of `ConnectorStore`."""

    async def set_connector_status(self, status: ConnectorStatus) -> bool:
        """Add a row to the history, and put its number in place."""
        utc(status.changed_at)
        return await self._merge(_set_statuses, status, status)

    async def connector_statuses(self, identity: str | None = None) -> list[ConnectorStatus]:
        """Read the rows whose numbers are in place."""

        def work(connection: Connection) -> list[ConnectorStatus]:
            statement = _statuses().join(connectors, connectors.c.status_number == _table.number)
            number = charge_point_of(connection, self._remembered, identity)
            if number is not None:
                statement = statement.where(connectors.c.charge_point_id == number)
            order = charge_points.c.identity_key, _table.connector_id
            return records(ConnectorStatus, connection.execute(statement.order_by(*order)))

        return await self._read(work)

    async def status_history(
        self, identity: str, connector_id: int | None = None, *, before: int | None = None, limit: int = 100
    ) -> list[ConnectorStatus]:
        """Read rows by falling number."""

        def work(connection: Connection) -> list[ConnectorStatus]:
            number = charge_point_of(connection, self._remembered, identity)
            statement = _statuses().where(_table.charge_point_id == number)
            if connector_id is not None:
                statement = statement.where(_table.connector_id == connector_id)
            if before is not None:
                statement = statement.where(_table.number < before)
            statement = statement.order_by(_table.number.desc()).limit(max(limit, 0))
            return records(ConnectorStatus, connection.execute(statement))

        return await self._read(work)


def _statuses() -> Select[Any]:
    return select(_table.number, charge_points.c.identity, *_FIELDS).join_from(connector_statuses, charge_points)


def _set_statuses(transaction: WriteTransaction, statuses: list[ConnectorStatus]) -> list[bool]:
    connection = transaction.connection
    ids = [transaction.charge_point(status.identity, status.changed_at) for status in statuses]
    statement = select(_table.charge_point_id, *_FIELDS).join(connectors, connectors.c.status_number == _table.number)
    statement = statement.where(connectors.c.charge_point_id.in_(sorted(set(ids))))
    in_place = {(row[0], row[1]): tuple(row[2:]) for row in connection.execute(statement)}
    rows, numbers, results = [], {}, []
    for number, status in zip(ids, statuses, strict=True):
        key = number, status.connector_id
        texts = status.status, status.error_code, status.info, status.vendor_id, status.vendor_error_code
        differs = in_place.get(key) != (*texts, utc(status.changed_at))
        results.append(differs)
        if differs:
            in_place[key] = (*texts, utc(status.changed_at))
            numbers[key] = transaction.numbers("connector_statuses")
            rows.append((numbers[key], *key, *texts, bound_time(status.changed_at, transaction.dialect)))
    transaction.insert(connector_statuses, rows)
    if numbers:
        put = upsert(transaction.dialect, connectors, ["charge_point_id", "connector_id"])
        connection.execute(
            put,
            [
                {"charge_point_id": key[0], "connector_id": key[1], "status_number": number}
                for key, number in sorted(numbers.items())
            ],
        )
    return results
