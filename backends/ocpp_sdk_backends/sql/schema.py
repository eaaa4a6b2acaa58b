"""Which tables a database has, and how it gets those of this version."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, column, func, inspect, select, table, text

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk_backends.sql.engines import BEGIN_OPTION
from ocpp_sdk_backends.sql.files import APPLICATION_ID
from ocpp_sdk_backends.sql.migrations import REVISIONS, VERSION_TABLE
from ocpp_sdk_backends.sql.tables import metadata

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

__all__ = ["Change", "bring_up"]

_HEAD: Final = REVISIONS[-1]
_FOLDER: Final = Path(__file__).parent / "migrations"
# Of no meaning but that everybody who makes these tables asks for the same lock.
_LOCK_NUMBER: Final = 0x4F435050
_LOCK_TIMEOUT_S: Final = 10


@dataclass(frozen=True, slots=True)
class Change:
    """From which revision a database came to which; `before` is None for an empty one."""

    before: str | None
    after: str


async def bring_up(engine: AsyncEngine, name: str, *, upgrade: bool) -> Change:
    """Make the tables in an empty database, and see that those of another are the ones of this version.

    Several processes may do so at the same moment.

    Args:
        engine: of the database.
        name: what errors call the database.
        upgrade: whether older tables are changed to those of this version, or refused.

    Raises:
        ConfigurationError: the database is of something else, of a newer version, or older and not to be upgraded.
    """
    async with engine.connect() as connection:
        if await connection.run_sync(_revision) == _HEAD:
            return Change(_HEAD, _HEAD)
    async with engine.execution_options(**{BEGIN_OPTION: "IMMEDIATE"}).connect() as connection:
        async with connection.begin():
            change = await connection.run_sync(_change, name, upgrade)
        # MariaDB's lock ends with the connection, and must outlive the commit.
        await connection.invalidate()
    return change


def _change(connection: Connection, name: str, upgrade: bool) -> Change:
    _lock(connection)
    before = _revision(connection)
    if before is None:
        _begin(connection, name)
    elif before not in REVISIONS:
        raise ConfigurationError(
            f"{name}: written by a newer ocpp-sdk (tables {before}, this one knows up to {_HEAD}); update ocpp-sdk"
        )
    elif before != _HEAD and not upgrade:
        raise ConfigurationError(
            f"{name}: written by an older ocpp-sdk (tables {before}, this one needs {_HEAD}); stop all that use it, "
            "then run ocpp-sdk storage upgrade"
        )
    if before != _HEAD:
        _apply(connection)
    return Change(before, _HEAD)


def _lock(connection: Connection) -> None:
    """Wait for those who make the tables at this moment; in SQLite the transaction itself is the lock."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK_NUMBER)))
    elif connection.dialect.name in ("mysql", "mariadb"):
        locked = connection.execute(
            text("SELECT get_lock(concat('ocpp-sdk ', md5(database())), :seconds)"), {"seconds": _LOCK_TIMEOUT_S}
        )
        if locked.scalar() != 1:
            raise TimeoutError


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(select(column("version_num")).select_from(table(VERSION_TABLE))).scalar()
    return None if found is None else str(found)


def _begin(connection: Connection, name: str) -> None:
    """See that a database without a revision has none of our tables."""
    present = [ours for ours in metadata.sorted_tables if inspect(connection).has_table(ours.name)]
    if not present:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        return
    if connection.dialect.name == "sqlite":
        raise ConfigurationError(
            f"{name}: made by an early ocpp-sdk, whose tables this version does not read; name another file"
        )
    half_made = inspect(connection).has_table(VERSION_TABLE)
    if not half_made or any(connection.execute(select(ours).limit(1)).first() for ours in present):
        raise ConfigurationError(
            f"{name}: has a table {present[0].name} that ocpp-sdk did not make; name an empty database"
        )
    # Where making a table cannot be undone, a process that died in between has left a few, all empty.
    metadata.drop_all(connection, tables=present)


def _apply(connection: Connection) -> None:
    # Alembic takes as long to import as the rest of the store, and is needed once in a database's life.
    command = import_module("alembic.command")
    config = import_module("alembic.config").Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    with _quiet():
        command.upgrade(config, "head")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back that MariaDB has a name of its own for each primary key, which its driver logs as a warning."""
    log = logging.getLogger("asyncmy")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)
