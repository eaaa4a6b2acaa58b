"""UpdateFirmware from the request to the installer, with real servers, real files and a real store."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ocpp_sdk.charge_point.maintenance import CommandInstaller, FirmwareSettings, FirmwareUpdates, Installer
from ocpp_sdk.errors import ConnectError, FirmwareError, InternalError, StorageError
from ocpp_sdk.storage import Store
from ocpp_sdk.storage.memory import open_memory
from ocpp_sdk.versions.domain import FirmwareUpdate
from ocpp_sdk.versions.enumerations import FirmwareStatus
from tests.servers.ftp import FtpFolder, ftp_server
from tests.unit.charge_point.fakes import NOON, FakeClock
from tests.unit.charge_point.maintenance.transferring import files, until

pytestmark = pytest.mark.anyio

FIRMWARE = os.urandom(2_000_000)
KEY = "charge_point.firmware/cp1"
DOWNLOADING, DOWNLOADED, DOWNLOAD_FAILED = (
    FirmwareStatus.DOWNLOADING,
    FirmwareStatus.DOWNLOADED,
    FirmwareStatus.DOWNLOAD_FAILED,
)
INSTALLING, INSTALLED, INSTALLATION_FAILED = (
    FirmwareStatus.INSTALLING,
    FirmwareStatus.INSTALLED,
    FirmwareStatus.INSTALLATION_FAILED,
)
DONE = [DOWNLOADING, DOWNLOADED, INSTALLING, INSTALLED]


class Flash:
    """An installer that keeps what it was given.

    Attributes:
        error: what it fails with, None for success.
        gate: it waits for this before it ends.
    """

    def __init__(self) -> None:
        self.installed: list[bytes] = []
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def install(self, firmware: Path) -> None:
        self.installed.append(await asyncio.to_thread(firmware.read_bytes))
        await self.gate.wait()
        if self.error:
            raise self.error


class Bench:
    """Firmware updates with all around them in the hands of a test; may be started again as a machine is."""

    def __init__(self, folder: Path, store: Store | None) -> None:
        self.folder = folder
        self.store = store
        self.clock = FakeClock()
        self.told: list[FirmwareStatus] = []
        self.lines: list[str] = []
        self.flash: Installer | None = Flash()
        self.version: str | None = "1.0"
        self.idle = asyncio.Event()
        self.idle.set()
        self.deaf = False
        self.settings = FirmwareSettings(folder=folder)
        self.subject = self._new()
        self.task: asyncio.Task[None] | None = None

    def _new(self) -> FirmwareUpdates:
        async def idle() -> None:
            await self.idle.wait()

        return FirmwareUpdates(
            self.settings,
            identity="CP1",
            files=files(),
            store=self.store,
            clock=self.clock,
            installer=self.flash,
            version=lambda: self.version,
            idle=idle,
            notify=self._notify,
            report=self.lines.append,
        )

    async def _notify(self, status: FirmwareStatus) -> None:
        self.told.append(status)
        if self.deaf:
            raise ConnectError("no connection", url="http://cs/")

    async def start(self) -> None:
        """Start, with what the store has kept."""
        self.subject = self._new()
        await self.subject.recall()
        self.task = asyncio.ensure_future(self.subject.run())

    async def stop(self) -> None:
        """Stop as when the power is cut, except that no thread stays behind."""
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task
            self.task = None

    async def kept(self) -> str | None:
        """Return what a restart would find."""
        assert self.store
        return await self.store.setting(KEY)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Return a bench that runs."""
    store = await open_memory("memory:")
    found = Bench(tmp_path / "spool", store)
    await found.start()
    yield found
    await found.stop()
    await store.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FtpFolder]:
    """Run a server with a firmware."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "firmware.bin").write_bytes(FIRMWARE)
    with ftp_server(folder) as running:
        yield running


def update(location: str, after_s: float = 0, **changes: int) -> FirmwareUpdate:
    """Return an update."""
    return FirmwareUpdate(location=location, retrieve_date=NOON + timedelta(seconds=after_s), **changes)


def flash_of(bench: Bench) -> Flash:
    """Return the installer."""
    assert isinstance(bench.flash, Flash)
    return bench.flash


async def test_update_is_fetched_installed_and_told(bench: Bench, server: FtpFolder) -> None:
    """And nothing is left, neither in the spool nor in the store."""
    await bench.subject.update(update(server.url("firmware.bin")))
    await until(lambda: INSTALLED in bench.told)
    assert bench.told == DONE
    assert flash_of(bench).installed == [FIRMWARE]
    await until(lambda: bench.subject.status is FirmwareStatus.IDLE)
    assert list((bench.folder / "cp1").iterdir()) == []
    assert await bench.kept() is None


@pytest.mark.skipif(sys.platform == "win32", reason="cp is a command of POSIX")
async def test_update_is_installed_by_a_command(bench: Bench, server: FtpFolder, tmp_path: Path) -> None:
    """As an operator sets it up."""
    await bench.stop()
    (tmp_path / "flash").mkdir()
    bench.flash = CommandInstaller(["cp", "-v", "-t", str(tmp_path / "flash")], report=bench.lines.append)
    await bench.start()
    await bench.subject.update(update(server.url("firmware.bin")))
    await until(lambda: INSTALLED in bench.told)
    assert (tmp_path / "flash" / "firmware.bin").read_bytes() == FIRMWARE
    assert any(line.startswith("cp: ") for line in bench.lines)


async def test_update_waits_for_its_time(bench: Bench, server: FtpFolder) -> None:
    """Not before retrieveDate (1.5 section 5.15)."""
    await bench.subject.update(update(server.url("firmware.bin"), after_s=86_400))
    await bench.clock.pass_time(86_399)
    assert (bench.told, bench.subject.status) == ([], FirmwareStatus.IDLE)
    assert server.commands == []
    await bench.clock.pass_time(1)
    await until(lambda: INSTALLED in bench.told)
    assert bench.told == DONE


async def test_installation_waits_for_the_end_of_transactions(bench: Bench, server: FtpFolder) -> None:
    """Nobody's charging is cut off for a firmware."""
    bench.idle.clear()
    await bench.subject.update(update(server.url("firmware.bin")))
    await until(lambda: DOWNLOADED in bench.told)
    await bench.clock.pass_time(3600)
    assert flash_of(bench).installed == []
    assert bench.subject.status is DOWNLOADED
    bench.idle.set()
    await until(lambda: INSTALLED in bench.told)


async def test_download_that_fails_is_tried_again_and_given_up(bench: Bench, server: FtpFolder) -> None:
    """As often as asked; then the central system hears of it and the update is forgotten."""
    await bench.subject.update(update(server.url("none.bin"), retries=2, retry_interval_s=60))
    await until(lambda: len(bench.lines) == 1)
    await bench.clock.pass_time(60)
    await until(lambda: len(bench.lines) == 2)
    await bench.clock.pass_time(60)
    await until(lambda: DOWNLOAD_FAILED in bench.told)
    assert bench.told == [DOWNLOADING, DOWNLOAD_FAILED]
    assert len([line for line in server.commands if line.startswith("RETR")]) == 3
    assert await bench.kept() is None


@pytest.mark.parametrize("location", ["file:///etc/passwd", "/etc/passwd", "http://"])
async def test_address_that_cannot_be_used_fails_before_its_time(bench: Bench, location: str) -> None:
    """Tomorrow it will be no better."""
    await bench.subject.update(update(location, after_s=86_400))
    await until(lambda: bench.told)
    assert bench.told == [DOWNLOAD_FAILED]


async def test_empty_firmware_is_never_installed(bench: Bench, server: FtpFolder) -> None:
    """A full disk of the server makes such."""
    (server.folder / "empty.bin").write_bytes(b"")
    await bench.subject.update(update(server.url("empty.bin"), retries=0))
    await until(lambda: DOWNLOAD_FAILED in bench.told)
    assert flash_of(bench).installed == []
    assert "empty" in bench.lines[-1]


@pytest.mark.parametrize("right", [True, False])
async def test_sha256_of_the_address_must_fit(bench: Bench, server: FtpFolder, right: bool) -> None:
    """A firmware that is another one is not installed, and not kept."""
    digest = hashlib.sha256(FIRMWARE if right else b"other").hexdigest()
    await bench.subject.update(update(f"{server.url('firmware.bin')}#sha256={digest}", retries=0))
    await until(lambda: {INSTALLED, DOWNLOAD_FAILED} & set(bench.told))
    assert bench.told == (DONE if right else [DOWNLOADING, DOWNLOAD_FAILED])
    assert not (bench.folder / "cp1" / "firmware.bin").exists()


@pytest.mark.parametrize("beside", ["right", "wrong", "junk", "none"])
async def test_checksum_file_must_be_there_and_fit(bench: Bench, server: FtpFolder, beside: str) -> None:
    """If the settings ask for it."""
    bench.settings = replace(bench.settings, checksum_file=True)
    await bench.stop()
    await bench.start()
    texts = {
        "right": f"{hashlib.sha256(FIRMWARE).hexdigest()}  firmware.bin\n",
        "wrong": f"{hashlib.sha256(b'').hexdigest()} *firmware.bin\n",
        "junk": "<html>not found</html>",
    }
    if text := texts.get(beside):
        (server.folder / "firmware.bin.sha256").write_text(text)
    await bench.subject.update(update(server.url("firmware.bin"), retries=0))
    await until(lambda: {INSTALLED, DOWNLOAD_FAILED} & set(bench.told))
    assert bench.told == (DONE if beside == "right" else [DOWNLOADING, DOWNLOAD_FAILED])


@pytest.mark.parametrize("error", [FirmwareError("wrong magic"), ZeroDivisionError("oops")])
async def test_installation_that_fails_is_told(bench: Bench, server: FtpFolder, error: Exception) -> None:
    """Whatever an installer raises, the next update can come."""
    flash_of(bench).error = error
    await bench.subject.update(update(server.url("firmware.bin")))
    await until(lambda: INSTALLATION_FAILED in bench.told)
    assert str(error) in bench.lines[-1]
    flash_of(bench).error = None
    await bench.subject.update(update(server.url("firmware.bin")))
    await until(lambda: INSTALLED in bench.told)


async def test_without_an_installer_the_installation_fails_clearly(bench: Bench, server: FtpFolder) -> None:
    """The operator reads what is missing."""
    bench.flash = None
    await bench.stop()
    await bench.start()
    await bench.subject.update(update(server.url("firmware.bin")))
    await until(lambda: INSTALLATION_FAILED in bench.told)
    assert "no installer is configured" in bench.lines[-1]


async def test_new_update_takes_the_place_of_one_that_waits(bench: Bench, server: FtpFolder) -> None:
    """The first is not fetched any more."""
    (server.folder / "other.bin").write_bytes(b"other")
    await bench.subject.update(update(server.url("firmware.bin"), after_s=60))
    await bench.clock.pass_time(1)
    await bench.subject.update(update(server.url("other.bin"), after_s=30))
    await bench.clock.pass_time(100)
    await until(lambda: INSTALLED in bench.told)
    assert flash_of(bench).installed == [b"other"]
    assert bench.told == DONE


async def test_new_update_waits_for_an_installation_that_has_begun(bench: Bench, server: FtpFolder) -> None:
    """A machine is not left half written; then the other one is installed too."""
    (server.folder / "other.bin").write_bytes(b"other")
    flash_of(bench).gate.clear()
    await bench.subject.update(update(server.url("firmware.bin")))
    await until(lambda: flash_of(bench).installed)
    await bench.subject.update(update(server.url("other.bin")))
    await bench.clock.pass_time(10)
    assert bench.told == DONE[:3]
    flash_of(bench).gate.set()
    await until(lambda: len(flash_of(bench).installed) == 2)
    await until(lambda: len(bench.told) == 8)
    assert bench.told == DONE + DONE


async def test_same_update_again_does_not_begin_again(bench: Bench, server: FtpFolder) -> None:
    """A central system that lost the answer asks once more."""
    bench.idle.clear()
    await bench.subject.update(update(server.url("firmware.bin")))
    await until(lambda: DOWNLOADED in bench.told)
    await bench.subject.update(update(server.url("firmware.bin")))
    await bench.clock.pass_time(10)
    assert bench.told == [DOWNLOADING, DOWNLOADED]


async def test_scheduled_update_survives_a_restart(bench: Bench, server: FtpFolder) -> None:
    """The central system has its answer and will not ask again."""
    await bench.subject.update(update(server.url("firmware.bin"), after_s=600))
    await bench.stop()
    await bench.start()
    await bench.clock.pass_time(600)
    await until(lambda: INSTALLED in bench.told)
    assert flash_of(bench).installed == [FIRMWARE]


async def test_interrupted_download_goes_on_after_a_restart(bench: Bench, server: FtpFolder) -> None:
    """From where it broke off."""
    server.cut_after = 1_000_000
    await bench.subject.update(update(server.url("firmware.bin"), retries=3, retry_interval_s=60))
    await until(lambda: bench.lines)
    await bench.stop()
    server.cut_after = None
    await bench.start()
    await until(lambda: INSTALLED in bench.told)
    assert flash_of(bench).installed == [FIRMWARE]
    (rest,) = [line for line in server.commands if line.startswith("REST")]
    assert int(rest.split()[1]) > 500_000


async def test_downloaded_firmware_is_not_fetched_again_after_a_restart(bench: Bench, server: FtpFolder) -> None:
    """It waited for the end of a transaction when the power went."""
    bench.idle.clear()
    await bench.subject.update(update(server.url("firmware.bin")))
    await until(lambda: DOWNLOADED in bench.told)
    await bench.stop()
    bench.idle.set()
    await bench.start()
    await until(lambda: INSTALLED in bench.told)
    assert bench.told == DONE
    assert len([line for line in server.commands if line.startswith("RETR")]) == 1


async def test_downloaded_firmware_that_is_gone_is_fetched_again(bench: Bench, server: FtpFolder) -> None:
    """Somebody tidied the spool."""
    bench.idle.clear()
    await bench.subject.update(update(server.url("firmware.bin")))
    await until(lambda: DOWNLOADED in bench.told)
    await bench.stop()
    (bench.folder / "cp1" / "firmware.bin").unlink()
    bench.idle.set()
    await bench.start()
    await until(lambda: INSTALLED in bench.told)
    assert flash_of(bench).installed == [FIRMWARE]


@pytest.mark.parametrize(
    ("after", "outcome"), [("2.0", INSTALLED), ("1.0", INSTALLATION_FAILED), (None, INSTALLATION_FAILED)]
)
async def test_restart_in_an_installation_is_judged_by_the_version(
    bench: Bench, server: FtpFolder, after: str | None, outcome: FirmwareStatus
) -> None:
    """An installer may start the machine again before it has said that it is done."""
    flash_of(bench).gate.clear()
    await bench.subject.update(update(server.url("firmware.bin")))
    await until(lambda: flash_of(bench).installed)
    await bench.stop()
    bench.version = after
    await bench.start()
    await until(lambda: len(bench.told) == 4)
    assert bench.told == [DOWNLOADING, DOWNLOADED, INSTALLING, outcome]
    assert len(flash_of(bench).installed) == 1
    await until(lambda: bench.subject.status is FirmwareStatus.IDLE)
    assert await bench.kept() is None


async def test_update_goes_on_when_the_central_system_does_not_hear(bench: Bench, server: FtpFolder) -> None:
    """A lost notification is no reason to stay on an old firmware."""
    bench.deaf = True
    await bench.subject.update(update(server.url("firmware.bin")))
    await until(lambda: INSTALLED in bench.told)
    assert flash_of(bench).installed == [FIRMWARE]


async def test_update_that_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    """The central system must not believe that it is scheduled."""
    store = await open_memory("memory:")
    bench = Bench(tmp_path / "spool", store)
    await store.close()
    with pytest.raises(InternalError):
        await bench.subject.update(update("ftp://host/firmware.bin"))


async def test_storage_that_fails_meanwhile_holds_the_update_up(
    bench: Bench, server: FtpFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installation that nobody would remember does not begin; it does when the storage is back."""
    assert bench.store
    bench.idle.clear()
    await bench.subject.update(update(server.url("firmware.bin")))
    await until(lambda: DOWNLOADED in bench.told)

    async def fail(key: str, value: str) -> None:
        raise StorageError("the disk is full")

    put = bench.store.put_setting
    monkeypatch.setattr(bench.store, "put_setting", fail)
    bench.idle.set()
    await until(lambda: bench.lines)
    assert flash_of(bench).installed == []
    monkeypatch.setattr(bench.store, "put_setting", put)
    await bench.clock.pass_time(60)
    await until(lambda: INSTALLED in bench.told)


async def test_update_replaced_while_its_installation_waits_for_the_storage_is_not_installed(
    bench: Bench, server: FtpFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had not begun, so the new one takes its place."""
    assert bench.store
    (server.folder / "other.bin").write_bytes(b"other")
    bench.idle.clear()
    await bench.subject.update(update(server.url("firmware.bin")))
    await until(lambda: DOWNLOADED in bench.told)

    async def fail(key: str, value: str) -> None:
        raise StorageError("the disk is full")

    put = bench.store.put_setting
    monkeypatch.setattr(bench.store, "put_setting", fail)
    bench.idle.set()
    await until(lambda: bench.lines)
    monkeypatch.setattr(bench.store, "put_setting", put)
    await bench.subject.update(update(server.url("other.bin")))
    await bench.clock.pass_time(60)
    await until(lambda: INSTALLED in bench.told)
    assert flash_of(bench).installed == [b"other"]


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"pending": {"x": 1}, "downloaded": false, "installing": null}', "null"]
)
async def test_what_was_kept_and_cannot_be_read_is_reported(bench: Bench, server: FtpFolder, text: str) -> None:
    """And updates go on."""
    assert bench.store
    await bench.stop()
    await bench.store.put_setting(KEY, text)
    await bench.start()
    assert "is lost" in bench.lines[0]
    await bench.subject.update(update(server.url("firmware.bin")))
    await until(lambda: INSTALLED in bench.told)


async def test_firmware_before_the_last_leaves_no_files(bench: Bench, server: FtpFolder) -> None:
    """Parts of updates that were given up do not fill the disk."""
    server.cut_after = 500_000
    await bench.subject.update(update(server.url("firmware.bin"), retries=0))
    await until(lambda: DOWNLOAD_FAILED in bench.told)
    assert (bench.folder / "cp1" / "firmware.bin.part").exists()
    server.cut_after = None
    (server.folder / "other.bin").write_bytes(b"other")
    await bench.subject.update(update(server.url("other.bin")))
    await until(lambda: INSTALLED in bench.told)
    await until(lambda: bench.subject.status is FirmwareStatus.IDLE)
    assert list((bench.folder / "cp1").iterdir()) == []


async def test_name_of_a_firmware_stays_in_the_spool(bench: Bench, server: FtpFolder) -> None:
    """A name is made of an address, and an address is not trusted."""
    (server.folder / "..\\..\\.-evil $(x).bin").write_bytes(b"evil")
    bench.idle.clear()
    await bench.subject.update(update(server.url("..%5C..%5C.-evil%20$(x).bin")))
    await until(lambda: DOWNLOADED in bench.told)
    assert [path.name for path in (bench.folder / "cp1").iterdir()] == ["evil---x-.bin"]
    bench.idle.set()
    await until(lambda: INSTALLED in bench.told)
    assert flash_of(bench).installed == [b"evil"]
