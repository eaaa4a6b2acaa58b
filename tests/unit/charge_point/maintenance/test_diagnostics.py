"""GetDiagnostics from the request to the file on a real server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tarfile
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from pathlib import Path

import pytest

from ocpp_sdk.charge_point.maintenance import Diagnostics, DiagnosticsSettings, Journal
from ocpp_sdk.errors import ConnectError, StorageUnavailableError
from ocpp_sdk.versions.domain import ConfigurationKey, DiagnosticsRequest
from ocpp_sdk.versions.enumerations import DiagnosticsStatus
from tests.servers.ftp import FtpFolder, ftp_server
from tests.unit.charge_point.fakes import FakeClock
from tests.unit.charge_point.maintenance.transferring import files, until

pytestmark = pytest.mark.anyio

UPLOADING, UPLOADED, FAILED = (
    DiagnosticsStatus.UPLOADING,
    DiagnosticsStatus.UPLOADED,
    DiagnosticsStatus.UPLOAD_FAILED,
)


class Bench:
    """Diagnostics with all around them in the hands of a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.journal = Journal(self.clock)
        self.told: list[DiagnosticsStatus] = []
        self.lines: list[str] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self.state: Mapping[str, object] | Exception = {"queued": 3}
        self.deaf = False
        self.subject = Diagnostics(
            DiagnosticsSettings(folder=folder),
            identity="CP1",
            version="1.2.3",
            files=files(),
            journal=self.journal,
            clock=self.clock,
            configuration=lambda: [ConfigurationKey(key="HeartbeatInterval", readonly=False, value="300")],
            state=self._state,
            notify=self._notify,
            spawn=self._spawn,
            report=self.lines.append,
        )

    async def _state(self) -> Mapping[str, object]:
        if isinstance(self.state, Exception):
            raise self.state
        return self.state

    async def _notify(self, status: DiagnosticsStatus) -> None:
        self.told.append(status)
        if self.deaf:
            raise ConnectError("no connection", url="http://cs/")

    def _spawn(self, coroutine: Coroutine[object, object, None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self.tasks.add(task)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Return a bench, and let nothing of it run on."""
    found = Bench(tmp_path / "spool")
    yield found
    for task in found.tasks:
        task.cancel()
    for task in found.tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FtpFolder]:
    """Run a server."""
    (tmp_path / "served").mkdir()
    with ftp_server(tmp_path / "served") as running:
        yield running


async def test_archive_is_uploaded_and_told(bench: Bench, server: FtpFolder) -> None:
    """The answer names the file that then lies on the server, and nothing is left in the spool."""
    bench.journal.note("something happened")
    name = await bench.subject.get(DiagnosticsRequest(location=server.url()))
    assert name == "diagnostics_CP1_20260301T120000Z.tar.gz"
    assert bench.subject.status is UPLOADING
    await until(lambda: len(bench.told) == 2)
    assert bench.told == [UPLOADING, UPLOADED]
    assert bench.subject.status is DiagnosticsStatus.IDLE
    with tarfile.open(server.folder / name) as archive:
        assert archive.extractfile("log.txt").read().endswith(b"something happened\n")  # type: ignore[union-attr]  # it is a file
        assert json.load(archive.extractfile("state.json")) == {"queued": 3}  # type: ignore[arg-type]  # it is a file
    assert list(bench.folder.iterdir()) == []


async def test_second_request_meanwhile_gets_the_same_file(bench: Bench, server: FtpFolder) -> None:
    """Also when both come at the same moment; the upload lasts until there is a folder for it."""
    request = DiagnosticsRequest(location=server.url("later/"), retries=1, retry_interval_s=30)
    both = await asyncio.gather(bench.subject.get(request), bench.subject.get(request))
    await until(lambda: len(bench.lines) == 1)
    await bench.clock.pass_time(1)
    assert {*both, await bench.subject.get(request)} == {both[0]}
    (server.folder / "later").mkdir()
    await bench.clock.pass_time(29)
    await until(lambda: UPLOADED in bench.told)
    assert bench.told == [UPLOADING, UPLOADED]
    assert [path.name for path in (server.folder / "later").iterdir()] == [both[0]]


async def test_upload_is_tried_again_as_often_as_asked(bench: Bench, server: FtpFolder) -> None:
    """The folder is made only after two attempts."""
    await bench.subject.get(DiagnosticsRequest(location=server.url("later/"), retries=2, retry_interval_s=30))
    await until(lambda: len(bench.lines) == 1)
    await bench.clock.pass_time(29)
    assert len(bench.lines) == 1
    await bench.clock.pass_time(1)
    await until(lambda: len(bench.lines) == 2)
    (server.folder / "later").mkdir()
    await bench.clock.pass_time(30)
    await until(lambda: len(bench.told) == 2)
    assert bench.told == [UPLOADING, UPLOADED]


async def test_upload_that_fails_every_time_is_told(bench: Bench, server: FtpFolder) -> None:
    """After one attempt and as many retries as asked."""
    await bench.subject.get(DiagnosticsRequest(location=server.url("none/"), retries=1, retry_interval_s=5))
    await until(lambda: len(bench.lines) == 1)
    await bench.clock.pass_time(5)
    await until(lambda: len(bench.told) == 2)
    assert bench.told == [UPLOADING, FAILED]
    assert len([line for line in server.commands if line.startswith("STOR")]) == 2
    assert list(bench.folder.iterdir()) == []


@pytest.mark.parametrize("location", ["file:///tmp/", "nowhere", "ftp://"])
async def test_address_that_cannot_be_used_fails_at_once(bench: Bench, location: str) -> None:
    """There is a file, but no way to send it, and nothing is tried."""
    assert await bench.subject.get(DiagnosticsRequest(location=location, retries=10))
    await until(lambda: len(bench.told) == 2)
    assert bench.told == [UPLOADING, FAILED]


async def test_wrong_password_is_tried_once_and_reported_without_it(bench: Bench, server: FtpFolder) -> None:
    """An account must not be locked by us, nor a log tell its password."""
    await bench.subject.get(DiagnosticsRequest(location=server.url(user="cp1:s3cret@"), retries=10))
    await until(lambda: len(bench.told) == 2)
    assert bench.told == [UPLOADING, FAILED]
    assert bench.lines
    assert "s3cret" not in "".join(bench.lines)


async def test_no_file_is_named_if_none_can_be_made(tmp_path: Path) -> None:
    """The answer says so (1.5 section 5.7), and no status follows."""
    (tmp_path / "spool").write_text("")
    bench = Bench(tmp_path / "spool")
    assert await bench.subject.get(DiagnosticsRequest(location="ftp://host/")) is None
    assert bench.subject.status is DiagnosticsStatus.IDLE
    assert not bench.tasks
    assert "no file could be made" in bench.lines[0]


async def test_archive_of_a_process_that_died_makes_room(bench: Bench, server: FtpFolder) -> None:
    """A spool does not fill up over the years."""
    bench.folder.mkdir()
    (bench.folder / "diagnostics_CP1_20200101T000000Z.tar.gz").write_text("")
    (bench.folder / "diagnostics_CP2_20200101T000000Z.tar.gz").write_text("")
    await bench.subject.get(DiagnosticsRequest(location=server.url()))
    await until(lambda: UPLOADED in bench.told)
    assert [path.name for path in bench.folder.iterdir()] == ["diagnostics_CP2_20200101T000000Z.tar.gz"]


async def test_storage_that_fails_does_not_keep_diagnostics_away(bench: Bench, server: FtpFolder) -> None:
    """It is a reason to ask for them."""
    bench.state = StorageUnavailableError("the database is gone")
    name = await bench.subject.get(DiagnosticsRequest(location=server.url()))
    await until(lambda: UPLOADED in bench.told)
    with tarfile.open(server.folder / str(name)) as archive:
        assert b"the database is gone" in archive.extractfile("state.json").read()  # type: ignore[union-attr]  # it is a file


async def test_upload_goes_on_when_the_central_system_does_not_hear(bench: Bench, server: FtpFolder) -> None:
    """A lost notification is no reason to keep the file back."""
    bench.deaf = True
    name = await bench.subject.get(DiagnosticsRequest(location=server.url()))
    await until(lambda: len(bench.told) == 2)
    assert (server.folder / str(name)).exists()
