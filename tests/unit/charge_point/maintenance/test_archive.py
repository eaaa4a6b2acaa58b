"""What is in a file of diagnostics, and what must not be."""

from __future__ import annotations

import json
import os
import tarfile
from datetime import timedelta
from pathlib import Path

import pytest

from ocpp_sdk.charge_point.maintenance.archive import Contents, archive_name, leftovers, write_archive
from ocpp_sdk.charge_point.maintenance.journal import Journal
from ocpp_sdk.errors import SpoolError
from ocpp_sdk.versions.domain import ConfigurationKey
from tests.unit.charge_point.fakes import NOON, FakeClock

pytestmark = pytest.mark.anyio


def contents(**changes: object) -> Contents:
    """Return something to put into an archive."""
    values: dict[str, object] = {
        "identity": "CP1",
        "version": "1.2.3",
        "made_at": NOON,
        "start": None,
        "stop": None,
        "lines": ["line one", "line two"],
        "configuration": [ConfigurationKey(key="HeartbeatInterval", readonly=False, value="300")],
        "state": {"connectors": [{"connector_id": 1, "status": "Charging"}], "queued": 3},
    }
    return Contents(**{**values, **changes})  # type: ignore[arg-type]  # each has its type above


def read(path: Path) -> dict[str, bytes]:
    """Return the files of an archive by name."""
    with tarfile.open(path) as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive if entry.isfile()}  # type: ignore[union-attr]  # only files


def test_archive_holds_log_configuration_state_and_version(tmp_path: Path) -> None:
    """Whoever opens it sees what the charge point is, did and does."""
    write_archive(tmp_path / "d.tar.gz", contents())
    found = read(tmp_path / "d.tar.gz")
    assert found["log.txt"] == b"line one\nline two\n"
    assert json.loads(found["configuration.json"])["HeartbeatInterval"] == {"value": "300", "readonly": False}
    assert json.loads(found["state.json"])["queued"] == 3
    about = json.loads(found["about.json"])
    assert (about["charge_point"], about["ocpp_sdk"], about["problems"]) == ("CP1", "1.2.3", [])


def test_secrets_of_the_configuration_are_hidden(tmp_path: Path) -> None:
    """The file goes over the network, often in the clear."""
    keys = [
        ConfigurationKey(key="AuthorizationKey", readonly=False, value="s3cret"),
        ConfigurationKey(key="WifiPassword", readonly=False, value="s3cret"),
        ConfigurationKey(key="UploadUrl", readonly=False, value="ftp://cp1:s3cret@host/x"),
    ]
    write_archive(tmp_path / "d.tar.gz", contents(configuration=keys))
    found = json.loads(read(tmp_path / "d.tar.gz")["configuration.json"])
    assert [found[key.key]["value"] for key in keys] == ["***", "***", "ftp://***@host/x"]


def test_log_files_are_added_with_their_ends(tmp_path: Path) -> None:
    """The last lines are those that count, and two files of one name do not meet."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "box.log").write_bytes(b"0123456789" + folder.encode())
    logs = [tmp_path / "a" / "box.log", tmp_path / "b" / "box.log"]
    write_archive(tmp_path / "d.tar.gz", contents(log_files=logs, max_log_file_bytes=3))
    found = read(tmp_path / "d.tar.gz")
    assert (found["logs/1-box.log"], found["logs/2-box.log"]) == (b"89a", b"89b")


def test_log_file_that_cannot_be_read_is_named_and_the_rest_is_there(tmp_path: Path) -> None:
    """A pipe is not waited for."""
    os.mkfifo(tmp_path / "pipe")
    logs = [tmp_path / "none.log", tmp_path / "pipe", tmp_path]
    write_archive(tmp_path / "d.tar.gz", contents(log_files=logs))
    found = read(tmp_path / "d.tar.gz")
    problems = json.loads(found["about.json"])["problems"]
    assert [path for path, problem in zip(logs, problems, strict=True) if str(path) in problem] == logs
    assert found["log.txt"]


def test_archive_that_the_disk_does_not_take_is_named(tmp_path: Path) -> None:
    """And nothing of it is left."""
    (tmp_path / "folder").write_text("")
    with pytest.raises(SpoolError, match="folder"):
        write_archive(tmp_path / "folder" / "d.tar.gz", contents())


@pytest.mark.parametrize("identity", ["CP1", "a/../b", "C:\\x*?", "ü ", "x" * 300])
def test_name_of_an_archive_is_safe_and_found_again(tmp_path: Path, identity: str) -> None:
    """Whatever a charge point is called, the name is one of a file, and its leftovers are its own."""
    name = archive_name(identity, NOON)
    assert name.startswith("diagnostics_")
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
    assert len(name) < 120
    (tmp_path / name).write_text("")
    (tmp_path / archive_name(f"{identity}_2"[-50:], NOON)).write_text("")
    assert leftovers(tmp_path, identity) == [tmp_path / name]


async def test_journal_returns_the_lines_of_a_time() -> None:
    """Start and stop are part of it."""
    clock = FakeClock()
    journal = Journal(clock)
    for number in range(5):
        journal.note(f"line {number} to ftp://cp1:s3cret@host/")
        await clock.pass_time(60)
    found = list(journal.between(NOON + timedelta(seconds=60), NOON + timedelta(seconds=180)))
    assert found == [f"2026-03-01T12:0{n}:00+00:00 line {n} to ftp://***@host/" for n in (1, 2, 3)]
    assert len(list(journal.between(None, None))) == 5


def test_journal_forgets_the_oldest_lines() -> None:
    """It takes no more memory than it was given."""
    journal = Journal(FakeClock(), most_characters=1000)
    for number in range(1000):
        journal.note(f"{number:0100}")
    found = list(journal.between(None, None))
    assert [line[-3:] for line in found] == ["995", "996", "997", "998", "999"]
    for _ in range(1000):
        journal.note("")
    assert len(list(journal.between(None, None))) == 10
