"""What a store that works says when its database fails, and that it works again afterwards."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from ocpp_sdk.errors import StorageError, StorageUnavailableError
from ocpp_sdk.storage.opening import open_store
from ocpp_sdk_backends.sql import databases, engines
from ocpp_sdk_backends.sql.failures import explain
from tests.servers import mariadb, postgresql
from tests.unit.backends.sql.databases import empty, engine_of

ROOT = Path(__file__).parents[4]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for locks of others for no longer than a second, the least that MariaDB knows."""
    monkeypatch.setattr(engines, "_LOCK_TIMEOUT_S", 0.2)
    monkeypatch.setattr(databases, "_LOCK_TIMEOUT_S", 0.2)
    for name in ("_POSTGRESQL_SESSION", "_MYSQL_SESSION"):
        statement = getattr(engines, name).replace("'10s'", "'200ms'").replace("wait_timeout = 10", "wait_timeout = 1")
        monkeypatch.setattr(engines, name, statement)


@pytest.mark.anyio
async def test_rows_that_are_locked_for_too_long_are_reported_and_then_served(url: str, impatient: None) -> None:
    """The store says that it is worth trying again, and it is."""
    store = await open_store(url)
    await store.put_setting("key", "first")
    engine = engine_of(url)
    async with engine.execution_options(sqlite_begin="IMMEDIATE").connect() as other:
        await other.execute(text("UPDATE settings SET value = 'held'"))
        with pytest.raises(StorageUnavailableError, match="locked by another process for too long; try again"):
            await store.put_setting("key", "second")
        await other.rollback()
    await engine.dispose()
    assert await store.setting("key") == "first"
    await store.put_setting("key", "second")
    assert await store.setting("key") == "second"
    await store.close()


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
@pytest.mark.anyio
async def test_connections_that_the_server_ends_are_made_again(kind: str, tmp_path: Path) -> None:
    """An operator may end them, or a time limit of the server; idle ones are not noticed by any caller."""
    url = empty(kind, tmp_path)
    store = await open_store(url)
    await store.put_setting("key", "first")
    assert await store.setting("key") == "first"
    if kind == "postgresql":
        postgresql.shared().execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            f" AND datname = '{url.rpartition('/')[2]}'"
        )
    else:
        mariadb.shared().execute("KILL USER ocpp")
    await store.put_setting("key", "second")
    assert await store.setting("key") == "second"
    await store.close()


@pytest.mark.anyio
async def test_table_that_somebody_removed_is_reported(url: str) -> None:
    """To try again would not help."""
    store = await open_store(url)
    engine = engine_of(url)
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE settings"))
    await engine.dispose()
    with pytest.raises(StorageError, match=r"settings|not those of this version") as caught:
        await store.put_setting("key", "value")
    assert not isinstance(caught.value, StorageUnavailableError)
    assert "\n" not in str(caught.value)
    await store.close()


FULL_DISK = """
mount -t tmpfs -o size=2m tmpfs {folder} && exec {python} - <<'END'
import asyncio
from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage.opening import open_store

async def main():
    with open("{folder}/ballast", "wb") as ballast:
        ballast.write(bytes(500_000))
    store = await open_store("sqlite:///{folder}/ocpp.db")
    stored = []
    try:
        for number in range(100_000):
            await store.put_setting(f"key {{number}}", "x" * 10_000)
            stored.append(f"key {{number}}")
    except StorageError as error:
        print(type(error).__name__, error)
    open("{folder}/ballast", "wb").close()
    await store.put_setting("key z", "after")
    found = await store.settings()
    print(len(stored) > 10, sorted(found) == sorted([*stored, "key z"]))
    await store.close()

asyncio.run(main())
END
"""


def test_disk_that_becomes_full_is_reported_and_served_when_there_is_room(tmp_path: Path) -> None:
    """A real disk of 2 MB: nothing of the write that failed is there, all that was acknowledged is."""
    if subprocess.run(["unshare", "-rm", "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("this machine lets no user mount a disk of their own")
    script = FULL_DISK.format(folder=tmp_path, python=sys.executable)
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script], check=False, capture_output=True, text=True, cwd=ROOT, timeout=100
    )
    line = f"StorageError storage sqlite:///{tmp_path}/ocpp.db: no space left to write; make room on the disk"
    assert (done.stdout.splitlines(), done.stderr) == ([line, "True True"], "")


WRITER = """
import asyncio, sys
from ocpp_sdk.storage.opening import open_store

async def write(store, name):
    for number in range(40):
        await store.put_setting(f"{name} {number}", name)
        assert await store.setting(f"{name} {number}") == name

async def main(url, name):
    store = await open_store(url)
    await asyncio.gather(*(write(store, f"{name} {task}") for task in range(8)))
    await store.close()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.anyio
async def test_two_processes_that_write_to_a_sqlite_file_do_not_notice_each_other(tmp_path: Path) -> None:
    """Each waits for the other's commits; nothing is lost, and nobody hears of a lock."""
    url = f"sqlite:///{tmp_path / 'ocpp.db'}"
    writers = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, url, name, cwd=ROOT) for name in ("a", "b")
    ]
    assert [await writer.wait() for writer in writers] == [0, 0]
    store = await open_store(url)
    found = await store.settings()
    await store.close()
    assert len(found) == 2 * 8 * 40


@pytest.mark.parametrize(
    ("error", "kind", "line"),
    [
        (ConnectionResetError(104, "Connection reset by peer"), StorageUnavailableError, "x: Connection reset by peer"),
        (TimeoutError(), StorageUnavailableError, "x: no answer in time; look at the server and the network"),
        (StorageError("x: said before"), StorageError, "x: said before"),
        (ValueError("two\nlines"), StorageError, "x: two lines"),
    ],
)
def test_error_of_any_kind_is_one_line(error: Exception, kind: type[StorageError], line: str) -> None:
    """Whether to try again goes by what it means."""
    explained = explain("x", error)
    assert (type(explained), str(explained)) == (kind, line)
