"""The storage of a central system in one SQLite database: each verb is one piece of work for the writer.

What a verb writes is in `writing`, so that here stands only what is asked and what is listed.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

from ocpp_sdk.storage.records import (
    BootData,
    ChargePointRecord,
    ConnectorStatus,
    IdTagRecord,
    MeterSample,
    ReceivedAction,
    RefusedStop,
    StartOutcome,
    StopOutcome,
    TransactionRecord,
    TransactionStart,
    TransactionStop,
)
from ocpp_sdk.storage.sqlite import rows, writing
from ocpp_sdk.storage.sqlite.writer import GroupCommitWriter

__all__ = ["SqliteStore"]

T = TypeVar("T")


class SqliteStore:
    """Implements `CentralSystemStore`.

    Args:
        connection: a prepared database; the store closes it.
        name: what errors call it.
    """

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        connection.row_factory = sqlite3.Row
        self._writer = GroupCommitWriter(connection, name)

    async def close(self) -> None:
        """Finish what was asked, then close the database."""
        await self._writer.close()

    async def record_action(self, action: ReceivedAction) -> int:
        """Keep an action and take note of its sender."""
        return await self._writer.write(partial(writing.record_action, action=action))

    async def actions(self, identity: str | None = None, *, after: int = 0, limit: int = 100) -> list[ReceivedAction]:
        """List actions by number."""
        return await self._list(
            rows.action_from,
            "SELECT a.* FROM actions a JOIN charge_points c USING (charge_point_id)"
            " WHERE (:key IS NULL OR c.identity_key = :key) AND a.number > :after ORDER BY a.number LIMIT :limit",
            key=_key(identity),
            after=after,
            limit=limit,
        )

    async def register(self, identity: str, boot: BootData, *, registration: str, at: datetime) -> None:
        """Keep what a charge point said when it booted, and what it was answered."""
        work = partial(writing.register, identity=identity, boot=boot, registration=registration, at=at)
        await self._writer.write(work)

    async def set_firmware_status(self, identity: str, status: str, at: datetime) -> None:
        """Keep the state of a firmware update."""
        await self._writer.write(partial(writing.set_firmware_status, identity=identity, status=status, at=at))

    async def set_diagnostics_status(self, identity: str, status: str, at: datetime) -> None:
        """Keep the state of an upload of diagnostics."""
        await self._writer.write(partial(writing.set_diagnostics_status, identity=identity, status=status, at=at))

    async def charge_point(self, identity: str) -> ChargePointRecord | None:
        """Return what is known about one charge point."""
        found = await self._charge_points(identity)
        return found[0] if found else None

    async def charge_points(self) -> list[ChargePointRecord]:
        """List the charge points, by identity."""
        return await self._charge_points(None)

    async def start_transaction(self, start: TransactionStart) -> StartOutcome:
        """Begin a transaction, or return the one that the same start began before."""
        return await self._writer.write(partial(writing.start_transaction, start=start))

    async def stop_transaction(
        self, stop: TransactionStop, samples: Sequence[MeterSample], at: datetime
    ) -> StopOutcome:
        """End a transaction as `decide_stop` says, and keep a stop that ends none."""
        return await self._writer.write(partial(writing.stop_transaction, stop=stop, samples=samples, at=at))

    async def transaction(self, transaction_id: int) -> TransactionRecord | None:
        """Return one transaction."""
        return await self._writer.read(partial(writing.find_transaction, transaction_id=transaction_id))

    async def transactions(
        self, identity: str | None = None, *, open_only: bool = False, limit: int = 100
    ) -> list[TransactionRecord]:
        """List transactions, the newest first."""
        return await self._list(
            rows.transaction_from,
            "SELECT t.*, c.identity FROM transactions t JOIN charge_points c USING (charge_point_id)"
            " WHERE (:key IS NULL OR c.identity_key = :key) AND (NOT :open_only OR t.stopped_at IS NULL)"
            " ORDER BY t.transaction_id DESC LIMIT :limit",
            key=_key(identity),
            open_only=open_only,
            limit=limit,
        )

    async def refused_stops(self, identity: str | None = None, *, limit: int = 100) -> list[RefusedStop]:
        """List the stops that ended nothing, the newest first."""
        return await self._list(
            rows.refused_stop_from,
            "SELECT r.*, c.identity FROM refused_stops r JOIN charge_points c USING (charge_point_id)"
            " WHERE :key IS NULL OR c.identity_key = :key ORDER BY r.number DESC LIMIT :limit",
            key=_key(identity),
            limit=limit,
        )

    async def add_samples(self, samples: Sequence[MeterSample]) -> None:
        """Keep sampled values, all or none."""
        await self._writer.write(partial(writing.add_samples, samples=samples))

    async def samples(
        self, identity: str | None = None, *, transaction_id: int | None = None, limit: int = 1000
    ) -> list[MeterSample]:
        """List sampled values in the order in which they came."""
        return await self._list(
            rows.sample_from,
            "SELECT s.*, c.identity FROM meter_samples s JOIN charge_points c USING (charge_point_id)"
            " WHERE (:key IS NULL OR c.identity_key = :key)"
            " AND (:transaction_id IS NULL OR s.transaction_id = :transaction_id) ORDER BY s.number LIMIT :limit",
            key=_key(identity),
            transaction_id=transaction_id,
            limit=limit,
        )

    async def set_connector_status(self, status: ConnectorStatus) -> None:
        """Keep a status in place of the one before."""
        await self._writer.write(partial(writing.set_connector_status, status=status))

    async def connector_statuses(self, identity: str | None = None) -> list[ConnectorStatus]:
        """List statuses by identity and connector."""
        return await self._list(
            rows.status_from,
            "SELECT s.*, c.identity FROM connector_statuses s JOIN charge_points c USING (charge_point_id)"
            " WHERE :key IS NULL OR c.identity_key = :key ORDER BY c.identity_key, s.connector_id",
            key=_key(identity),
        )

    async def put_id_tag(self, tag: IdTagRecord) -> None:
        """Add an id tag, or replace it."""
        await self._writer.write(partial(writing.put_id_tag, tag=tag))

    async def id_tag(self, id_tag: str) -> IdTagRecord | None:
        """Return one id tag."""
        found = await self._list(rows.id_tag_from, "SELECT * FROM id_tags WHERE id_tag_key = :key", key=_key(id_tag))
        return found[0] if found else None

    async def id_tags(self) -> list[IdTagRecord]:
        """List the id tags."""
        return await self._list(rows.id_tag_from, "SELECT * FROM id_tags ORDER BY id_tag_key")

    async def _list(self, record_from: Callable[[sqlite3.Row], T], query: str, **values: str | int | None) -> list[T]:
        def read(connection: sqlite3.Connection) -> list[T]:
            return [record_from(row) for row in connection.execute(query, values)]

        return await self._writer.read(read)

    async def _charge_points(self, identity: str | None) -> list[ChargePointRecord]:
        def read(connection: sqlite3.Connection) -> list[ChargePointRecord]:
            where = "WHERE :key IS NULL OR c.identity_key = :key"
            values = {"key": _key(identity)}
            counts: defaultdict[int, dict[str, int]] = defaultdict(dict)
            for row in connection.execute(
                f"SELECT d.* FROM deviation_counts d JOIN charge_points c USING (charge_point_id) {where}",  # noqa: S608 - a constant
                values,
            ):
                counts[row["charge_point_id"]][row["kind"]] = row["occurrences"]
            found = connection.execute(
                f"SELECT * FROM charge_points c {where} ORDER BY identity_key",  # noqa: S608 - a constant
                values,
            )
            return [rows.charge_point_from(row, counts[row["charge_point_id"]]) for row in found]

        return await self._writer.read(read)


def _key(text: str | None) -> str | None:
    return None if text is None else rows.fold(text)
