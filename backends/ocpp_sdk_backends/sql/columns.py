"""Column types that differ between databases, and what most tables have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeDecorator, TypeEngine

from ocpp_sdk.storage.folding import time_from, time_text, utc

__all__ = [
    "BIG",
    "DIGEST",
    "EXACT",
    "LONG",
    "NAME",
    "UtcTime",
    "blocks",
    "bound_key",
    "bound_time",
    "charge_point",
    "charge_point_in_blocks",
    "metadata",
    "number",
    "table",
]

_BINARY_ORDER: Final = "utf8mb4_bin"
_MYSQL: Final = ("mysql", "mariadb")

NAME: Final = (
    Text()
    .with_variant(postgresql.TEXT(collation="C"), "postgresql")
    .with_variant(mysql.VARCHAR(255, charset="utf8mb4", collation=_BINARY_ORDER), *_MYSQL)
)
"""Short text that may be part of a key; compared and sorted by code point."""

LONG: Final = Text().with_variant(mysql.LONGTEXT(charset="utf8mb4", collation=_BINARY_ORDER), *_MYSQL)
"""Text of any length."""

# SQLite makes a column the row's own number only if its type is spelled INTEGER.
BIG: Final = BigInteger().with_variant(sqlite.INTEGER(), "sqlite")
"""Number of a row."""

DIGEST: Final = LargeBinary(16).with_variant(mysql.BINARY(16), *_MYSQL)
"""16 bytes."""


class Exact(TypeDecorator[str]):
    """Key that counts to the letter.

    Bytes in MariaDB, whose texts are equal if they differ only by blanks at the end.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TEXT(collation="C"))
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else mysql.VARBINARY(1000))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> object:
        """Return what the driver takes."""
        return None if value is None else bound_key(value, dialect.name)

    def process_result_value(self, value: object, dialect: Dialect) -> str | None:
        """Return the text of what the driver gives."""
        if isinstance(value, bytes):
            return value.decode()
        return None if value is None else str(value)


EXACT: Final = Exact()
"""Key that counts to the letter."""


class UtcTime(TypeDecorator[datetime]):
    """A point in time to the microsecond, aware and in UTC for Python.

    `timestamp with time zone` in PostgreSQL, `datetime(6)` in UTC in MariaDB, whose type with a zone ends in 2038, and
    text that sorts as the times do in SQLite.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(mysql.DATETIME(fsp=6))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        """Return what the driver takes."""
        return None if value is None else bound_time(value, dialect.name)

    def process_result_value(self, value: object, dialect: Dialect) -> datetime | None:
        """Return the time of what the driver gives."""
        if isinstance(value, str):
            return time_from(value)
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def bound_time(value: datetime, dialect: str) -> object:
    """Return a time as the driver of a dialect takes it."""
    if dialect == "sqlite":
        return time_text(value)
    return utc(value) if dialect == "postgresql" else utc(value).replace(tzinfo=None)


def bound_key(value: str, dialect: str) -> str | bytes:
    """Return a key of `EXACT` as the driver of a dialect takes it."""
    return value.encode() if dialect in _MYSQL else value


metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

_OPTIONS: Final[dict[str, Any]] = {
    f"{dialect}_{option}": value
    for dialect in _MYSQL
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", _BINARY_ORDER))
}


def table(name: str, *items: SchemaItem, **options: bool) -> Table:
    """Make a table of `metadata`.

    Args:
        name: of the table.
        items: its columns and constraints.
        options: of one dialect, as SQLAlchemy names them.
    """
    more: dict[str, Any] = {**_OPTIONS, **options}
    return Table(name, metadata, *items, **more)


def number(name: str = "number") -> Column[int]:
    """Return the column of a primary key that comes from `sequences`."""
    return Column(name, BIG, primary_key=True, autoincrement=False)


def charge_point(*, nullable: bool = False) -> Column[int]:
    """Return the column that says which charge point a row belongs to."""
    return Column("charge_point_id", BIG, ForeignKey("charge_points.charge_point_id"), nullable=nullable)


def charge_point_in_blocks() -> Column[int]:
    """Return the same for a table with rows by the million, whose charge points are held by the table of its blocks."""
    return Column("charge_point_id", BIG, nullable=False)


def blocks(name: str) -> Table:
    """Make the table that says which blocks of another one have rows of a charge point."""
    key = PrimaryKeyConstraint("charge_point_id", "block")
    return table(name, charge_point(), Column("block", Integer, nullable=False), key)
