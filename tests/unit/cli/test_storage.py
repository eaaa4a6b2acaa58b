"""`ocpp-sdk storage`: what it prints and how it ends."""

import asyncio
import os
import pty
import sqlite3
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from ocpp_sdk.cli import main
from ocpp_sdk.storage import IdTagRecord, Store, open_store
from ocpp_sdk.storage.copying import copy_store
from ocpp_sdk.testing.storage_contract import fill
from tests.unit.cli.running import COMMAND, environment

pytestmark = pytest.mark.usefixtures("own_logs")

SOURCE = "sqlite:///source.db"
TARGET = "file:target"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def with_store(url: str, work: Callable[[Store], Awaitable[object]]) -> None:
    """Do something with a store."""

    async def run() -> None:
        store = await open_store(url)
        try:
            await work(store)
        finally:
            await store.close()

    asyncio.run(run())


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str], list[str]]:
    """Run a command; returns its exit code and the lines of stdout and stderr."""
    code = main(["storage", *arguments])
    out, err = capsys.readouterr()
    return code, out.splitlines(), err.splitlines()


def test_copy_says_what_it_does_and_the_copy_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each kind of records, on stderr, since nobody looks at a terminal."""
    with_store(SOURCE, fill)
    code, out, err = run(capsys, "copy", SOURCE, TARGET)
    assert (code, out) == (0, []), err
    assert "ocpp-sdk: copy charge points: 2" in err
    assert "ocpp-sdk: verify target samples: 6" in err
    assert err[-1].endswith(f"records of {SOURCE} are in {TARGET}, compared by number and checksum")
    assert run(capsys, "check", TARGET)[0] == 0


def test_copy_on_a_terminal_shows_a_bar(here: Path) -> None:
    """How far it is, of how many records."""
    with_store(SOURCE, fill)
    reading, writing = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "storage", "copy", SOURCE, TARGET],
        cwd=here,
        env=environment(TERM="xterm", COLUMNS="100"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=writing,
    ) as process:
        os.close(writing)
        shown = b""
        try:
            while chunk := os.read(reading, 65536):
                shown += chunk
        except OSError:
            # The end of a pseudo terminal whose other side is closed.
            pass
        os.close(reading)
    assert process.returncode == 0, shown
    assert "━" in shown.decode()
    assert "compared by number and checksum" in shown.decode()


def test_copy_goes_on_where_it_ended(capsys: pytest.CaptureFixture[str]) -> None:
    """The same command finishes it."""

    async def begin(source: Store) -> None:
        target = await open_store(TARGET)

        def cut(_: object) -> None:
            raise LookupError

        with pytest.raises(LookupError):
            await copy_store(source, target, source_name=SOURCE, on_progress=cut)
        await target.close()

    async def begin_again(source: Store) -> None:
        await fill(source)
        await begin(source)

    with_store(SOURCE, begin_again)
    code, out, _ = run(capsys, "check", TARGET)
    assert (code, [line for line in out if "unfinished copy of sqlite:///source.db" in line] != []) == (0, True)
    assert run(capsys, "copy", "sqlite:///other.db", TARGET)[0] == 1
    assert run(capsys, "copy", SOURCE, TARGET)[0] == 0
    assert not any("unfinished" in line for line in run(capsys, "check", TARGET)[1])


def test_copy_that_differs_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody wrote to the target of a copy that had ended early."""

    async def begin(source: Store) -> None:
        await fill(source)
        target = await open_store(TARGET)
        left = list(range(10))

        def cut(_: object) -> None:
            left.pop()

        with pytest.raises(IndexError):
            await copy_store(source, target, source_name=SOURCE, on_progress=cut)
        await target.put_id_tag(IdTagRecord(id_tag="foreign"))
        await target.close()

    with_store(SOURCE, begin)
    capsys.readouterr()
    code, out, err = run(capsys, "copy", SOURCE, TARGET)
    assert (code, out) == (1, ["different id_tags: 2 records in the source, 3 in the target"])
    assert err[-1] == (f"ocpp-sdk: {TARGET} is not equal to {SOURCE}; empty it, let nobody else use both, copy again")


def test_check_finds_what_somebody_broke(capsys: pytest.CaptureFixture[str]) -> None:
    """One line a finding on stdout, and exit code 1."""
    with_store(SOURCE, fill)
    with closing(sqlite3.connect("source.db")) as database:
        database.execute("UPDATE sequences SET last = 1 WHERE name = 'transaction_id'")
        database.execute("UPDATE messages SET request = '{' WHERE number = 1")
        database.commit()
    code, out, err = run(capsys, "check", SOURCE)
    assert code == 1
    wrong = [line.split("\t") for line in out if line.startswith("wrong\t")]
    assert [columns[1] for columns in wrong] == ["transactions"] * 3 + ["messages"]
    assert wrong[-1][2].endswith("its request is no JSON")
    (line,) = err
    assert line.startswith(f"ocpp-sdk: {SOURCE}: 4 things are wrong in ")


def test_check_of_a_whole_store_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """Notes are no reason to fail."""
    with_store(SOURCE, fill)
    code, out, err = run(capsys, "check", SOURCE)
    assert code == 0
    assert out
    assert all(line.startswith("note\t") for line in out)
    assert err[0].startswith(f"ocpp-sdk: {SOURCE}: nothing is wrong in ")


def test_upgrade_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    """A store that has the tables already, and one that has none."""
    with_store(SOURCE, fill)
    code, out, (line,) = run(capsys, "upgrade", SOURCE)
    assert (code, out) == (0, [])
    assert "has the tables of this version already" in line
    assert run(capsys, "upgrade", "memory:")[2] == ["ocpp-sdk: a storage of memory has no schema that could be old"]


@pytest.mark.parametrize("arguments", [[], ["firebase:"]])
def test_rules_are_printed_as_the_tools_of_firebase_take_them(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """They are JSON with the indexes."""
    code, out, err = run(capsys, "rules", *arguments)
    assert (code, err) == (0, [])
    assert '".indexOn"' in "\n".join(out)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["copy", SOURCE, SOURCE], 2, "FROM and TO are the same"),
        (["copy", "sqlite:///empty.db", "memory:"], 1, "sqlite:///empty.db holds nothing; is this the right URL?"),
        (["copy", "nosuch://u:secret@h/d", "memory:"], 1, "'nosuch' is not known"),
        (["copy", SOURCE], 2, "TO"),
        (["check", "postgresql://u:secret@127.0.0.1:1/d"], 1, "nothing listens there"),
        (["upgrade", "sqlite:///no/folder.db"], 1, "there is no folder"),
        (["upgrade", "nosuch:x"], 1, "'nosuch' is not known"),
        (["rules", "memory:"], 1, "a storage of memory needs no rules"),
        ([], 2, "Missing command"),
    ],
)
def test_command_that_cannot_be_done_says_why_in_one_line(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """On stderr, without a password."""
    found, out, err = run(capsys, *arguments)
    (line,) = err
    assert (found, out) == (code, [])
    assert said in line
    assert "secret" not in line


def test_copy_to_a_store_that_is_not_empty_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is mixed."""
    with_store(SOURCE, fill)
    with_store(TARGET, fill)
    code, out, err = run(capsys, "copy", SOURCE, TARGET)
    assert (code, out) == (1, [])
    assert err == ["ocpp-sdk: the target is not empty, it holds charge_points; copy to an empty one"]
