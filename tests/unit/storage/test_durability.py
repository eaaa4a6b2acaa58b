"""What was acknowledged survives a kill; what fails, fails alone; what cannot serve says so in one line."""

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.storage import ReceivedAction, open_store
from ocpp_sdk.storage.sqlite.writer import GroupCommitWriter

WRITER = Path(__file__).with_name("kill_writer.py")


def action(message_id: str, request: str = "{}") -> ReceivedAction:
    """Return an action that differs from others by its message id."""
    return ReceivedAction(
        received_at=datetime(2026, 1, 1, tzinfo=UTC),
        identity="CP1",
        version="1.5",
        operation="Heartbeat",
        request=request,
        reply="{}",
        message_id=message_id,
    )


def test_writer_killed_several_times_leaves_every_acknowledged_action_once(tmp_path: Path) -> None:
    """SIGKILL in the middle of shared commits loses nothing that was answered, and doubles nothing."""
    url = f"sqlite:///{tmp_path / 'killed.db'}"
    acknowledged: list[str] = []
    for run in range(4):
        with subprocess.Popen(
            [sys.executable, str(WRITER), url, str(run)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            for _ in range(150 + 40 * run):
                acknowledged.append(writer.stdout.readline().strip())
            writer.kill()
            # Lines that were complete before the kill count as well; the last may be cut.
            rest = writer.stdout.read().split("\n")
            acknowledged.extend(rest[:-1])

    async def stored() -> Counter[str | None]:
        store = await open_store(url)
        try:
            return Counter([found.message_id for found in await store.actions(limit=10**6)])
        finally:
            await store.close()

    counts = asyncio.run(stored())
    assert len(acknowledged) >= 600
    assert [message_id for message_id in acknowledged if counts[message_id] != 1] == []
    assert set(counts.values()) == {1}


def commits_of(connection: sqlite3.Connection) -> list[str]:
    """Return a list that will hold every COMMIT of a connection."""
    commits: list[str] = []
    connection.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
    return commits


def insert(x: int, connection: sqlite3.Connection) -> None:
    """Insert one row."""
    connection.execute("INSERT INTO t VALUES (?)", (x,))


def open_table(path: Path) -> sqlite3.Connection:
    """Return a connection to a small table with a unique column."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("CREATE TABLE t (x UNIQUE)")
    return connection


@pytest.mark.anyio
async def test_writes_that_wait_together_share_a_commit(tmp_path: Path) -> None:
    """A hundred writes at the same moment cost a few commits, not a hundred."""
    connection = open_table(tmp_path / "group.db")
    commits = commits_of(connection)
    writer = GroupCommitWriter(connection, "storage")
    await asyncio.gather(*(writer.write(partial(insert, x)) for x in range(100)))
    found = await writer.read(lambda db: db.execute("SELECT count(*) FROM t").fetchone()[0])
    await writer.close()
    assert found == 100
    assert len(commits) < 20


@pytest.mark.anyio
async def test_write_that_fails_in_a_group_fails_alone(tmp_path: Path) -> None:
    """Those that wait with a failing write are stored and answered, wherever it stands among them."""
    writer = GroupCommitWriter(open_table(tmp_path / "group.db"), "storage")
    values = [1, 2, 2, 3, 1, 4]
    answers = await asyncio.gather(
        *(writer.write(partial(insert, x)) for x in values),
        return_exceptions=True,
    )
    found = await writer.read(lambda db: db.execute("SELECT x FROM t ORDER BY x").fetchall())
    await writer.close()
    assert [isinstance(answer, ConfigurationError) for answer in answers] == [False, False, True, False, True, False]
    assert found == [(1,), (2,), (3,), (4,)]


@pytest.mark.anyio
async def test_write_that_raises_something_else_gives_it_to_its_caller(tmp_path: Path) -> None:
    """The writer goes on after an error that is not the database's."""

    def broken(connection: sqlite3.Connection) -> None:
        raise LookupError("broken")

    writer = GroupCommitWriter(open_table(tmp_path / "group.db"), "storage")
    with pytest.raises(LookupError, match="broken"):
        await writer.write(broken)
    assert await writer.read(lambda db: db.execute("SELECT 1").fetchone()) == (1,)
    await writer.close()


@pytest.mark.anyio
async def test_close_finishes_what_waits_and_refuses_the_rest(tmp_path: Path) -> None:
    """Writes asked for before the close are durable; one after it is told so."""
    url = f"sqlite:///{tmp_path / 'closing.db'}"
    store = await open_store(url)
    waiting = [asyncio.ensure_future(store.record_action(action(str(number)))) for number in range(20)]
    await asyncio.sleep(0)
    await store.close()
    assert sorted(await asyncio.gather(*waiting)) == list(range(1, 21))
    with pytest.raises(ConfigurationError, match=r"closing\.db: closed"):
        await store.record_action(action("late"))
    await store.close()
    again = await open_store(url)
    assert len(await again.actions()) == 20
    await again.close()


@pytest.mark.anyio
async def test_cancelled_caller_does_not_disturb_the_others(tmp_path: Path) -> None:
    """A handler that timed out while it waited leaves the writer working."""
    store = await open_store(f"sqlite:///{tmp_path / 'cancelled.db'}")
    first = asyncio.ensure_future(store.record_action(action("first")))
    second = asyncio.ensure_future(store.record_action(action("second")))
    await asyncio.sleep(0)
    first.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await first
    assert await second > 0
    await store.close()


async def refused(url: str) -> str:
    """Return what the opener says about a storage that cannot serve."""
    with pytest.raises(ConfigurationError) as caught:
        await open_store(url)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.anyio
async def test_storage_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The line names the folder."""
    assert f"there is no folder {tmp_path / 'no'}" in await refused(f"sqlite:///{tmp_path / 'no' / 'x.db'}")


@pytest.mark.anyio
async def test_storage_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    """A folder is no file."""
    assert "a folder; name a file" in await refused(f"sqlite:///{tmp_path}")


@pytest.mark.anyio
async def test_storage_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A text file is left as it is."""
    path = tmp_path / "notes.db"
    path.write_text("not a database, " * 100)
    assert "no SQLite database" in await refused(f"sqlite:///{path}")
    assert path.read_text().startswith("not a database")


@pytest.mark.anyio
async def test_storage_of_another_program_is_refused(tmp_path: Path) -> None:
    """Tables of something else are not added to."""
    path = tmp_path / "other.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipes (name)")
        connection.commit()
    assert "a database of another program" in await refused(f"sqlite:///{path}")


@pytest.mark.anyio
async def test_storage_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """The line says which schema was found and what to do."""
    path = tmp_path / "newer.db"
    store = await open_store(f"sqlite:///{path}")
    await store.close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 7")
        connection.commit()
    assert "newer ocpp-sdk (schema 7, this one knows up to 1); update" in await refused(f"sqlite:///{path}")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user whom rights bind")
@pytest.mark.anyio
async def test_storage_in_a_folder_without_rights_is_refused(tmp_path: Path) -> None:
    """The line says to look at the rights."""
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    assert "rights on the folder" in await refused(f"sqlite:///{folder / 'x.db'}")


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder where nobody may make files")
@pytest.mark.anyio
async def test_storage_where_no_file_can_be_made_is_refused() -> None:
    """Not even a privileged user can write there."""
    assert "cannot be opened" in await refused("sqlite:////proc/self/ocpp.db")


@pytest.mark.parametrize("url", ["postgresql://user:secret@host/db", "ocpp.db", "sqlite:///", ""])
@pytest.mark.anyio
async def test_storage_url_of_another_kind_is_refused_without_showing_a_password(url: str) -> None:
    """The line says which URLs there are."""
    line = await refused(url)
    assert "use sqlite:///FILE or memory:" in line
    assert "secret" not in line


@pytest.mark.anyio
async def test_storage_locked_by_another_process_is_refused_and_then_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While somebody holds the write lock each write says so; afterwards it goes on."""
    monkeypatch.setattr("ocpp_sdk.storage.sqlite.opening._LOCK_TIMEOUT_S", 0.05)
    path = tmp_path / "shared.db"
    store = await open_store(f"sqlite:///{path}")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answers = await asyncio.gather(
            *(store.record_action(action(str(number))) for number in range(5)), return_exceptions=True
        )
        assert ["locked by another process" in str(answer) for answer in answers] == [True] * 5
        assert "locked by another process" in await refused(f"sqlite:///{path}")
        other.execute("ROLLBACK")
    assert await store.record_action(action("after")) == 1
    await store.close()


@pytest.mark.anyio
async def test_full_disk_fails_the_large_write_and_not_the_small_one_beside_it(tmp_path: Path) -> None:
    """A database that may not grow stands for a full disk, since SQLite reports both alike."""
    path = tmp_path / "full.db"
    store = await open_store(f"sqlite:///{path}")
    writer: GroupCommitWriter = store._writer  # type: ignore[attr-defined]  # the bound is SQLite's own, per connection
    await writer.read(lambda db: db.execute("PRAGMA max_page_count = 60").fetchone())
    large, small = await asyncio.gather(
        store.record_action(action("large", "x" * 10**6)), store.record_action(action("small")), return_exceptions=True
    )
    assert "no space left" in str(large)
    assert isinstance(small, int)
    assert [found.message_id for found in await store.actions()] == ["small"]
    await store.close()
