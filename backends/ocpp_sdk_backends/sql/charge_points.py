"""Charge points in SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Update, literal, select, update

from ocpp_sdk.storage.charge_points import BootData, ChargePointRecord
from ocpp_sdk.storage.folding import fold, utc
from ocpp_sdk_backends.sql.columns import UtcTime
from ocpp_sdk_backends.sql.merging import larger
from ocpp_sdk_backends.sql.tables import charge_points, deviation_counts
from ocpp_sdk_backends.sql.verbs import SqlVerbs
from ocpp_sdk_backends.sql.writing import WriteTransaction

__all__ = ["SqlChargePoints", "charge_points_from"]

_BOOT: Final = tuple(BootData.__dataclass_fields__)
_PLAIN: Final = (
    "identity",
    "version",
    "registration",
    "booted_at",
    "advertised_address",
    "observed_host",
    "operator_address",
    "first_seen",
    "last_seen",
    "firmware_status",
    "firmware_status_at",
    "diagnostics_status",
    "diagnostics_status_at",
)
# What tells that a charge point has booted; the other columns may all be empty.
_BOOTED: Final = "vendor"


class SqlChargePoints(SqlVerbs):
    """Verbs of `ChargePointStore`."""

    async def register(self, identity: str, boot: BootData, *, registration: str, at: datetime) -> None:
        """Set the columns of a boot."""
        at = utc(at)

        def work(transaction: WriteTransaction) -> None:
            number = transaction.charge_point(identity, at)
            values: dict[str, Any] = {**asdict(boot), "registration": registration, "booted_at": at}
            seen = {"last_seen": larger(transaction.dialect)(charge_points.c.last_seen, literal(at, UtcTime))}
            transaction.connection.execute(_one(number).values(**values, **seen))

        await self._write(work, {"identity": identity, "boot": boot, "registration": registration})

    async def set_registration(self, identity: str, registration: str) -> bool:
        """Set a column, if there is such a charge point."""
        return await self._set_known(identity, registration=registration)

    async def set_operator_address(self, identity: str, address: str | None) -> bool:
        """Set a column, if there is such a charge point."""
        return await self._set_known(identity, operator_address=address)

    async def set_firmware_status(self, identity: str, status: str, at: datetime) -> None:
        """Set two columns."""
        await self._set(identity, at, firmware_status=status, firmware_status_at=utc(at))

    async def set_diagnostics_status(self, identity: str, status: str, at: datetime) -> None:
        """Set two columns."""
        await self._set(identity, at, diagnostics_status=status, diagnostics_status_at=utc(at))

    async def charge_point(self, identity: str) -> ChargePointRecord | None:
        """Read one row and its counts."""
        key = fold(identity)

        def work(connection: Connection) -> ChargePointRecord | None:
            rows = connection.execute(select(charge_points).where(charge_points.c.identity_key == key)).all()
            return next(iter(charge_points_from(connection, rows)), None)

        return await self._read(work)

    async def charge_points(self, *, after: str | None = None, limit: int = 1000) -> list[ChargePointRecord]:
        """Read rows by folded identity."""

        def work(connection: Connection) -> list[ChargePointRecord]:
            statement = select(charge_points).order_by(charge_points.c.identity_key).limit(max(limit, 0))
            if after is not None:
                statement = statement.where(charge_points.c.identity_key > fold(after))
            return charge_points_from(connection, connection.execute(statement).all())

        return await self._read(work)

    async def _set(self, identity: str, at: datetime, **values: object) -> None:
        def work(transaction: WriteTransaction) -> None:
            transaction.connection.execute(_one(transaction.charge_point(identity, at)).values(**values))

        await self._write(work, {"identity": identity, **values})

    async def _set_known(self, identity: str, **values: object) -> bool:
        def work(transaction: WriteTransaction) -> bool:
            return transaction.connection.execute(_one(transaction.find(identity)).values(**values)).rowcount > 0

        return await self._write(work, {"identity": identity, **values})


def _one(number: int) -> Update:
    return update(charge_points).where(charge_points.c.charge_point_id == number)


def charge_points_from(connection: Connection, rows: Sequence[Row[Any]]) -> list[ChargePointRecord]:
    """Make the records of whole rows of `charge_points`, and look up their counts."""
    counts: defaultdict[int, dict[str, int]] = defaultdict(dict)
    ids = [row.charge_point_id for row in rows]
    # Each id is a variable of the statement, of which there may not be too many.
    for begin in range(0, len(ids), 500):
        some = deviation_counts.c.charge_point_id.in_(ids[begin : begin + 500])
        for number, kind, occurrences in connection.execute(select(deviation_counts).where(some)):
            counts[number][kind] = occurrences
    return [_record(row, counts[row.charge_point_id]) for row in rows]


def _record(row: Row[Any], deviations: dict[str, int]) -> ChargePointRecord:
    values = row._mapping
    boot = None if values[_BOOTED] is None else BootData(**{name: values[name] for name in _BOOT})
    return ChargePointRecord(boot=boot, deviations=deviations, **{name: values[name] for name in _PLAIN})
