"""A database that cannot serve is refused in one line, which says what to do and never a password."""

import asyncio
import contextlib
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.storage.opening import open_store
from ocpp_sdk_backends.sql import engines, files
from tests.servers import mariadb, postgresql
from tests.servers.keeping import free_port
from tests.unit.backends.sql.databases import PASSWORDS, empty

NOBODY = 65534
ROOT = Path(__file__).parents[4]


async def refused(url: str) -> str:
    """Return the line that refuses a storage."""
    with pytest.raises(ConfigurationError, match=r"^storage [^\n]+$") as caught:
        await open_store(url)
    line = str(caught.value)
    for secret in ("secret", postgresql.PASSWORD, mariadb.PASSWORD):
        assert secret not in line
    return line


def changed(url: str, **parts: str) -> str:
    """Return a URL with parts in place of its own."""
    return urlsplit(url)._replace(**parts).geturl()


def names_in(folder: Path) -> list[str]:
    """Return the names of all files of a folder."""
    return [path.name for path in folder.iterdir()]


@pytest.mark.anyio
async def test_every_database_opens_by_its_url_and_again(url: str) -> None:
    """An empty one gets its tables; the second time they are there."""
    for _ in range(2):
        store = await open_store(url)
        await store.ping()
        await store.close()


@pytest.mark.anyio
async def test_mariadb_url_may_be_spelled_either_way(tmp_path: Path) -> None:
    """mysql:// and mariadb:// name the same."""
    store = await open_store(empty("mariadb", tmp_path).replace("mysql:", "mariadb:", 1))
    await store.close()


@pytest.mark.anyio
async def test_sqlite_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The line names the folder."""
    assert f"there is no folder {tmp_path / 'no'}" in await refused(f"sqlite:///{tmp_path / 'no' / 'x.db'}")


@pytest.mark.anyio
async def test_sqlite_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    """A folder is no file."""
    assert "a folder; name a file" in await refused(f"sqlite:///{tmp_path}")


@pytest.mark.anyio
async def test_sqlite_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A text file is left as it is."""
    path = tmp_path / "notes.db"
    path.write_text("not a database, " * 100)
    assert "no SQLite database; name another file" in await refused(f"sqlite:///{path}")
    assert path.read_text() == "not a database, " * 100


@pytest.mark.parametrize(
    "mark", ["CREATE TABLE recipes (name)", "PRAGMA user_version = 3", "PRAGMA application_id = 7"]
)
@pytest.mark.anyio
async def test_sqlite_of_another_program_is_refused_untouched(tmp_path: Path, mark: str) -> None:
    """Not a byte of it is changed, though it may have no table yet."""
    path = tmp_path / "other.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(mark)
    before = path.read_bytes()
    assert "a database of another program; name another file" in await refused(f"sqlite:///{path}")
    assert path.read_bytes() == before
    assert names_in(tmp_path) == ["other.db"]


@pytest.mark.anyio
async def test_sqlite_that_is_damaged_is_refused(tmp_path: Path) -> None:
    """Its header is whole, what the header speaks of is not."""
    path = tmp_path / "ocpp.db"
    store = await open_store(f"sqlite:///{path}")
    await store.close()
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 4000)
    assert "damaged; restore it from a copy" in await refused(f"sqlite:///{path}")


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder where nobody may make files")
@pytest.mark.anyio
async def test_sqlite_where_no_file_can_be_made_is_refused() -> None:
    """Not even a privileged user can write there."""
    assert "cannot be opened; look at the path and at the rights on the folder" in await refused(
        "sqlite:////proc/self/ocpp.db"
    )


@contextlib.contextmanager
def plain_user() -> Iterator[Path]:
    """Be a user whom rights bind, and give a folder of that user's."""
    folder = Path(tempfile.mkdtemp(prefix="ocpp-rights-", dir="/tmp"))
    privileged = os.geteuid() == 0
    if privileged:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        if privileged:
            os.seteuid(0)
        shutil.rmtree(folder)


@pytest.mark.skipif(os.name == "nt", reason="rights are other things there")
@pytest.mark.anyio
async def test_sqlite_without_rights_is_refused(tmp_path: Path) -> None:
    """Whether the file, or its folder, may not be written."""
    # All modules are imported before their folders may be out of reach.
    await (await open_store(f"sqlite:///{tmp_path / 'first.db'}")).close()
    with plain_user() as folder:
        path = folder / "ocpp.db"
        await (await open_store(f"sqlite:///{path}")).close()
        path.chmod(0o400)
        assert "may not be written; look at the rights on the file and its folder" in await refused(f"sqlite:///{path}")
        path.chmod(0o600)
        folder.chmod(0o500)
        assert "may not be written; look at the rights on the file and its folder" in await refused(f"sqlite:///{path}")
        assert "cannot be opened; look at the path and at the rights on the folder" in await refused(
            f"sqlite:///{folder / 'new.db'}"
        )
        folder.chmod(0o700)


@pytest.mark.anyio
async def test_sqlite_locked_by_another_process_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy by another program may hold the lock for long."""
    monkeypatch.setattr(files, "_LOCK_TIMEOUT_S", 0.05)
    monkeypatch.setattr(engines, "_LOCK_TIMEOUT_S", 0.05)
    path = tmp_path / "ocpp.db"
    store = await open_store(f"sqlite:///{path}")
    await store.close()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "locked by another process" in await refused(f"sqlite:///{path}")
        other.execute("ROLLBACK")
    store = await open_store(f"sqlite:///{path}")
    await store.close()


FULL_DISK = """
mount -t tmpfs -o size=300k tmpfs {folder} &&
dd if=/dev/zero of={folder}/ballast bs=1k status=none 2>/dev/null
{python} - <<'END'
import asyncio, os
from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.storage.opening import open_store

async def main():
    try:
        await open_store("sqlite:///{folder}/ocpp.db")
    except ConfigurationError as error:
        print(error)

asyncio.run(main())
END
"""


def test_sqlite_on_a_full_disk_is_refused(tmp_path: Path) -> None:
    """A real disk, small enough to be full."""
    if subprocess.run(["unshare", "-rm", "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("this machine lets no user mount a disk of their own")
    script = FULL_DISK.format(folder=tmp_path, python=sys.executable)
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script], check=False, capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert done.stdout == f"storage sqlite:///{tmp_path}/ocpp.db: no space left to write; make room on the disk\n"
    assert done.stderr == ""


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
@pytest.mark.anyio
async def test_server_that_is_not_there_is_refused(kind: str) -> None:
    """The line shows host, port and database."""
    port = free_port()
    line = await refused(f"{kind}://ocpp:secret@127.0.0.1:{port}/ocpp")
    assert line == f"storage {kind}://127.0.0.1:{port}/ocpp: nothing listens there; start the server or name another"


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
@pytest.mark.anyio
async def test_host_that_is_not_known_is_refused(kind: str) -> None:
    """The resolver's own words."""
    assert "start the server or name another" in await refused(f"{kind}://ocpp:secret@no-such-host.invalid/ocpp")


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
@pytest.mark.anyio
async def test_server_that_says_nothing_is_refused(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It accepts the connection, and that is all."""
    monkeypatch.setattr(engines, "_CONNECT_TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line = await refused(f"{kind}://ocpp:secret@127.0.0.1:{listener.getsockname()[1]}/ocpp")
    assert "no answer in time; look at the server and the network" in line


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
@pytest.mark.parametrize("greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00" * 100, b"\xff" * 100])
@pytest.mark.anyio
async def test_server_of_something_else_is_refused(kind: str, greeting: bytes) -> None:
    """Whatever it says, and if it hangs up."""

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        line = await refused(f"{kind}://ocpp:secret@127.0.0.1:{port}/ocpp")
    assert line.startswith(f"storage {kind}://127.0.0.1:{port}/ocpp: ")


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
@pytest.mark.anyio
async def test_user_with_a_wrong_password_is_refused(kind: str, tmp_path: Path) -> None:
    """So is a user whom the server does not know."""
    url = empty(kind, tmp_path)
    wrong = url.replace(f":{PASSWORDS[kind]}@", ":secret@")
    unknown = changed(url, netloc=f"nobody-at-all:secret@{urlsplit(url).netloc.rpartition('@')[2]}")
    for case in (wrong, unknown):
        assert (await refused(case)).endswith("user or password is wrong; look at the URL")


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
@pytest.mark.anyio
async def test_database_that_is_not_there_is_refused(kind: str, tmp_path: Path) -> None:
    """To make one is for the operator."""
    line = await refused(changed(empty(kind, tmp_path), path="/no_such_database"))
    assert line.endswith("there is no such database; make it first, or name another")


@pytest.mark.parametrize(
    ("kind", "query"), [("postgresql", "sslmode=require"), ("mariadb", "ssl=true"), ("postgresql", "sslmode=perhaps")]
)
@pytest.mark.anyio
async def test_encryption_that_the_server_does_not_offer_is_refused(kind: str, query: str, tmp_path: Path) -> None:
    """Rather than to send a password in the clear."""
    line = await refused(changed(empty(kind, tmp_path), query=query))
    assert "ssl" in line.lower()


@pytest.mark.parametrize(
    ("kind", "driver", "extra"), [("postgresql", "asyncpg", "postgresql"), ("mariadb", "asyncmy", "mysql")]
)
@pytest.mark.anyio
async def test_driver_that_is_not_installed_is_named(
    kind: str, driver: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line says what to run."""
    monkeypatch.setitem(sys.modules, driver, None)
    line = await refused(f"{kind}://ocpp:secret@127.0.0.1/ocpp")
    assert line.endswith(f": needs {driver}; run pip install 'ocpp-sdk[{extra}]'")


@pytest.mark.anyio
async def test_postgresql_user_who_may_not_make_tables_is_refused(tmp_path: Path) -> None:
    """Since version 15 a plain user may not, in the schema that all share."""
    url = empty("postgresql", tmp_path)
    server = postgresql.shared()
    name = urlsplit(url).path.lstrip("/")
    server.execute(f"CREATE ROLE plain_{name} LOGIN PASSWORD '{postgresql.PASSWORD}'")
    line = await refused(url.replace("//postgres:", f"//plain_{name}:", 1))
    assert line.endswith("the user may not do this; grant it all rights on the database and its tables")
