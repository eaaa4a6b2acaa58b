"""Every database has the tables of `tables.py`, made once and brought along by revisions."""

import asyncio
import contextlib
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Result, inspect, text

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk_backends.sql import schema
from ocpp_sdk_backends.sql.migrations import REVISIONS, VERSION_TABLE
from ocpp_sdk_backends.sql.opening import upgrade_storage
from ocpp_sdk_backends.sql.schema import Change, bring_up
from ocpp_sdk_backends.sql.tables import metadata
from tests.unit.backends.sql.databases import KINDS, empty, engine_of

T = TypeVar("T")

HEAD = REVISIONS[-1]
MIGRATIONS = Path(schema.__file__).parent / "migrations"
NEXT = '''
"""One column more."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade() -> None:
    """Add it."""
    op.add_column("settings", sa.Column("remark", sa.Text))
'''


async def run(url: str, *statements: str) -> None:
    """Run statements in a database."""
    engine = engine_of(url)
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


async def found(url: str, what: Callable[[Connection], T]) -> T:
    """Return what a function finds in a database."""
    engine = engine_of(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(what)
    finally:
        await engine.dispose()


async def bring(url: str, *, upgrade: bool = False) -> Change:
    """Bring a database to the tables of this version."""
    engine = engine_of(url)
    try:
        return await bring_up(engine, "storage x", upgrade=upgrade)
    finally:
        await engine.dispose()


async def refused(url: str) -> str:
    """Return the line that refuses a database."""
    with pytest.raises(ConfigurationError, match=r"^storage x: [^\n]*$") as caught:
        await bring(url)
    return str(caught.value)


def differences(connection: Connection) -> list[object]:
    """Return what Alembic would change, to come to the tables of `tables.py`."""
    options = {"compare_type": True, "version_table": VERSION_TABLE}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def settings_of(connection: Connection) -> list[tuple[object, ...]]:
    """Return all rows of a small table."""
    rows = connection.execute(text("SELECT * FROM settings"))
    return [tuple(item.decode() if isinstance(item, bytes) else item for item in row) for row in rows]


def _pairs(result: Result[str, str]) -> dict[str, str]:
    return {row[0]: row[1] for row in result}


def described(connection: Connection) -> dict[str, str]:
    """Return what the database itself says of each table."""
    if connection.dialect.name == "sqlite":
        names = connection.execute(text("SELECT type || name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        return {name: str(sorted(line.strip(" ,") for line in sql.splitlines())) for name, sql in names}
    if connection.dialect.name in ("mysql", "mariadb"):
        tables = inspect(connection).get_table_names()
        made = [connection.execute(text(f"SHOW CREATE TABLE {name}")).one() for name in tables]
        return {name: str(sorted(line.strip(" ,") for line in sql.splitlines())) for name, sql in made}
    columns = connection.execute(
        text(
            "SELECT table_name || '.' || column_name, concat_ws(' ', data_type, is_nullable, collation_name,"
            " character_maximum_length, column_default) FROM information_schema.columns WHERE table_schema = 'public'"
        )
    )
    known = _pairs(columns)
    indexes = connection.execute(text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"))
    known |= _pairs(indexes)
    constraints = connection.execute(
        text(
            "SELECT conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace"
        )
    )
    return known | _pairs(constraints)


@pytest.mark.anyio
async def test_revisions_give_the_tables_as_alembic_compares_them(url: str) -> None:
    """Alembic finds nothing to change."""
    assert await bring(url) == Change(None, HEAD)
    assert await found(url, differences) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.anyio
async def test_revisions_give_the_tables_as_the_database_describes_them(kind: str, tmp_path: Path) -> None:
    """Also in what Alembic does not compare: collations, conditions of indexes, checks."""
    (tmp_path / "other").mkdir()
    by_revisions, at_once = empty(kind, tmp_path), empty(kind, tmp_path / "other")
    await bring(by_revisions)
    await found(at_once, metadata.create_all)
    made = await found(by_revisions, described)
    wanted = await found(at_once, described)
    assert {name: what for name, what in made.items() if VERSION_TABLE not in name} == wanted
    assert len(wanted) >= len(metadata.tables)


def test_revisions_are_those_of_the_folder() -> None:
    """In the order in which they build on each other."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    assert tuple(reversed([script.revision for script in scripts.walk_revisions()])) == REVISIONS


@pytest.mark.anyio
async def test_tables_that_are_there_are_left_as_they_are(url: str) -> None:
    """The second time nothing is changed, and nothing is lost."""
    await bring(url)
    await run(url, "INSERT INTO settings VALUES ('a', 'b')")
    assert await bring(url) == Change(HEAD, HEAD)
    assert await found(url, settings_of) == [("a", "b")]


PROCESSES = 2
OPENER = """
import asyncio, sys
from pathlib import Path
from ocpp_sdk_backends.sql.files import prepare_file
from ocpp_sdk_backends.sql.schema import bring_up
from ocpp_sdk_backends.sql.urls import read_sqlite
from tests.unit.backends.sql.databases import engine_of

async def main(url: str) -> None:
    if url.startswith("sqlite:"):
        prepare_file(read_sqlite(url))
    engine = engine_of(url)
    print(await bring_up(engine, "storage x", upgrade=False))
    await engine.dispose()

import alembic.command
print("ready", flush=True)
sys.stdin.readline()
asyncio.run(main(sys.argv[1]))
"""


def test_processes_that_open_an_empty_database_at_once_make_its_tables_once(url: str) -> None:
    """One of them makes the tables, the others wait for it and find them."""
    root = Path(__file__).parents[4]
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", OPENER, url],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    with contextlib.ExitStack() as stack:
        for opener in openers:
            stack.enter_context(opener)
            assert opener.stdout is not None
            assert opener.stdout.readline() == "ready\n"
        for opener in openers:
            assert opener.stdin is not None
            opener.stdin.write("\n")
            opener.stdin.flush()
        answers = [opener.communicate(timeout=60) for opener in openers]
    assert [error for _, error in answers] == [""] * PROCESSES
    made = str(Change(None, HEAD)) + "\n"
    assert [out for out, _ in answers].count(made) >= 1
    assert {out for out, _ in answers} <= {made, str(Change(HEAD, HEAD)) + "\n"}


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be the next version of this package, which has a revision more."""
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "r9999_remark.py").write_text(NEXT.format(head=HEAD))
    monkeypatch.setattr(schema, "_FOLDER", folder)
    monkeypatch.setattr(schema, "REVISIONS", (*REVISIONS, "9999"))
    monkeypatch.setattr(schema, "_HEAD", "9999")


@pytest.mark.anyio
async def test_older_tables_are_refused_where_others_may_use_them(url: str, request: pytest.FixtureRequest) -> None:
    """The line names the command that upgrades them."""
    await bring(url)
    request.getfixturevalue("next_version")
    line = await refused(url)
    assert f"written by an older ocpp-sdk (tables {HEAD}, this one needs 9999)" in line
    assert "run ocpp-sdk storage upgrade" in line


@pytest.mark.anyio
async def test_older_tables_are_upgraded_on_demand_and_keep_their_rows(
    url: str, request: pytest.FixtureRequest
) -> None:
    """The command says what it did, and the second time that there is nothing to do."""
    assert "was empty, has the tables of this version now" in await upgrade_storage(url)
    await run(url, "INSERT INTO settings VALUES ('a', 'b')")
    request.getfixturevalue("next_version")
    assert (await upgrade_storage(url)).endswith(f": upgraded from tables {HEAD} to 9999")
    assert (await upgrade_storage(url)).endswith(": has the tables of this version already (9999)")
    await run(url, "UPDATE settings SET remark = 'kept' WHERE value = 'b'")
    assert await found(url, settings_of) == [("a", "b", "kept")]


@pytest.mark.anyio
async def test_newer_tables_are_refused(url: str) -> None:
    """An older program would not know what it breaks."""
    await bring(url)
    await run(url, f"UPDATE {VERSION_TABLE} SET version_num = '7777'")
    line = await refused(url)
    assert f"written by a newer ocpp-sdk (tables 7777, this one knows up to {HEAD}); update ocpp-sdk" in line
    with pytest.raises(ConfigurationError, match="newer ocpp-sdk"):
        await upgrade_storage(url)


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
@pytest.mark.anyio
async def test_server_database_with_a_table_of_the_same_name_is_refused(kind: str, tmp_path: Path) -> None:
    """What somebody else made stays as it is."""
    url = empty(kind, tmp_path)
    await run(url, "CREATE TABLE transactions (amount integer)", "INSERT INTO transactions VALUES (7)")
    assert "has a table transactions that ocpp-sdk did not make; name an empty database" in await refused(url)
    await run(url, "UPDATE transactions SET amount = 8")


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
@pytest.mark.anyio
async def test_server_database_may_hold_other_tables_beside_ours(kind: str, tmp_path: Path) -> None:
    """Those of a report, for example."""
    url = empty(kind, tmp_path)
    await run(url, "CREATE TABLE invoices (amount integer)", "INSERT INTO invoices VALUES (7)")
    assert await bring(url) == Change(None, HEAD)


@pytest.mark.anyio
async def test_tables_that_a_dead_process_has_half_made_are_made_again(tmp_path: Path) -> None:
    """MariaDB cannot undo the making of a table; what was made is empty, and known by the table of the revision."""
    url = empty("mariadb", tmp_path)
    await bring(url)
    await run(url, f"DELETE FROM {VERSION_TABLE}", "DROP TABLE messages", "DROP TABLE settings")
    assert await bring(url) == Change(None, HEAD)
    await run(url, "INSERT INTO settings VALUES ('a', 'b')", f"DELETE FROM {VERSION_TABLE}")
    assert "has a table" in await refused(url)
    await run(url, "UPDATE settings SET value = 'kept'")


@pytest.mark.anyio
async def test_sqlite_file_of_the_first_days_is_refused(tmp_path: Path) -> None:
    """Its tables have the same names and other columns."""
    path = tmp_path / "ocpp.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            f"PRAGMA application_id = {0x4F435050}; PRAGMA user_version = 1;"
            "CREATE TABLE charge_points (charge_point_id INTEGER PRIMARY KEY, callback_address TEXT);"
            "CREATE TABLE actions (number INTEGER PRIMARY KEY AUTOINCREMENT);"
        )
    assert "made by an early ocpp-sdk" in await refused(f"sqlite:///{path}")


@pytest.mark.anyio
async def test_store_waits_for_a_process_that_makes_the_tables_and_then_gives_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """MariaDB's lock is one by name, and is given back with the connection."""
    monkeypatch.setattr(schema, "_LOCK_TIMEOUT_S", 0)
    url = empty("mariadb", tmp_path)
    engine = engine_of(url)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT get_lock(concat('ocpp-sdk ', md5(database())), 0)"))
        with pytest.raises(ConfigurationError, match="no answer in time"):
            await upgrade_storage(url)
        await connection.invalidate()
    await engine.dispose()
    assert await asyncio.wait_for(bring(url), 60) == Change(None, HEAD)
