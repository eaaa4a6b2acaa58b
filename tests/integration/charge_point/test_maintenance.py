"""GetDiagnostics and UpdateFirmware from the command of a central system to its real files, in each version."""

import asyncio
import hashlib
import json
import tarfile
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ocpp_sdk.central_system import CentralSystem
from ocpp_sdk.charge_point import ChargePointSettings, Equipment, Running, SimulatedHardware, running
from ocpp_sdk.errors import FirmwareError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.server import DEFAULT_PATH
from ocpp_sdk.server.run import serve
from ocpp_sdk.versions.domain import DiagnosticsRequest, FirmwareUpdate
from ocpp_sdk.versions.roles import ChargePointCommands
from tests.servers.ftp import FtpFolder, ftp_server

pytestmark = pytest.mark.anyio
each_version = pytest.mark.parametrize("version", list(OcppVersion))
V16 = OcppVersion.V16
FIRMWARE = bytes(range(256)) * 400


@dataclass
class Installed:
    """Installs by keeping what it was given.

    Attributes:
        found: what was in the file.
        fails: whether it cannot be installed.
    """

    found: list[bytes] = field(default_factory=list)
    fails: bool = False

    async def install(self, firmware: Path) -> None:
        if self.fails:
            raise FirmwareError("not for this board")
        self.found.append(await asyncio.to_thread(firmware.read_bytes))


@dataclass
class Scene:
    """Both sides, and the server in between."""

    central_system: CentralSystem
    run: Running
    hardware: SimulatedHardware
    commands: ChargePointCommands

    async def told(self, operation: str) -> list[str]:
        """Return the statuses that the central system has heard, the oldest first."""
        messages = await self.central_system.store.messages("CP1", limit=1000)
        return [json.loads(one.request)["status"] for one in messages if one.operation == operation]

    async def hears(self, operation: str, last: str) -> list[str]:
        """Wait until a status is heard; returns all of them."""
        async with asyncio.timeout(30):
            while last not in (told := await self.told(operation)):  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0.02)
        return told


@asynccontextmanager
async def scene(version: OcppVersion, installer: Installed | None = None) -> AsyncIterator[Scene]:
    """Run a central system and a charge point."""
    central_system, hardware = CentralSystem("memory:"), SimulatedHardware()
    settings = ChargePointSettings(identity="CP1", version=version, sample_interval_s=0, boot_attempts=1)
    equipment = Equipment(installer=installer)
    async with (
        serve(central_system.app) as address,
        running(settings, address.url + DEFAULT_PATH, hardware, equipment=equipment) as run,
    ):
        await run.charge_point.registered()
        yield Scene(central_system, run, hardware, await central_system.commands("CP1"))


@pytest.fixture
def ftp(tmp_path: Path) -> Iterator[FtpFolder]:
    """A folder behind a real FTP server."""
    folder = tmp_path / "served"
    folder.mkdir()
    with ftp_server(folder) as served:
        yield served


def members_of(path: Path) -> set[str]:
    """Return the names in an archive, without folders."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return {Path(name).name for name in archive.namelist()}
    with tarfile.open(path) as packed:
        return {Path(name).name for name in packed.getnames()}


@each_version
async def test_diagnostics_that_are_asked_for_are_uploaded(version: OcppVersion, ftp: FtpFolder) -> None:
    """Under the name that was answered; the statuses are those that the version has words for."""
    async with scene(version) as bench:
        await bench.hardware.charge("TAG", 1)
        name = await bench.commands.get_diagnostics(DiagnosticsRequest(location=ftp.url()))
        assert name is not None
        told = await bench.hears("DiagnosticsStatusNotification", "Uploaded")
        assert told == (["Uploading", "Uploaded"] if version is V16 else ["Uploaded"])
        assert [path.name for path in ftp.folder.iterdir()] == [name]
        assert len(members_of(ftp.folder / name)) >= 3


@each_version
async def test_diagnostics_that_cannot_be_uploaded_are_told_so(version: OcppVersion) -> None:
    """Nobody listens at the address."""
    async with scene(version) as bench:
        request = DiagnosticsRequest(location="ftp://127.0.0.1:1/", retries=0)
        assert await bench.commands.get_diagnostics(request) is not None
        assert (await bench.hears("DiagnosticsStatusNotification", "UploadFailed"))[-1] == "UploadFailed"


@each_version
async def test_firmware_is_fetched_checked_and_installed_when_nobody_charges(
    version: OcppVersion, ftp: FtpFolder
) -> None:
    """Not before the transaction has ended."""
    installer = Installed()
    (ftp.folder / "box.bin").write_bytes(FIRMWARE)
    async with scene(version, installer) as bench:
        transaction = await bench.hardware.charge("TAG", 1)
        location = f"{ftp.url('box.bin')}#sha256={hashlib.sha256(FIRMWARE).hexdigest()}"
        await bench.commands.update_firmware(FirmwareUpdate(location=location, retrieve_date=datetime.now(UTC)))
        await bench.hears("FirmwareStatusNotification", "Downloaded")
        assert installer.found == []
        await bench.hardware.present("TAG", transaction)
        told = await bench.hears("FirmwareStatusNotification", "Installed")
        between = ["Downloading", "Downloaded", "Installing", "Installed"]
        assert told == (between if version is V16 else ["Downloaded", "Installed"])
        assert installer.found == [FIRMWARE]


@each_version
@pytest.mark.parametrize("what", ["missing", "broken", "refused"])
async def test_firmware_that_is_not_right_is_not_installed(version: OcppVersion, what: str, ftp: FtpFolder) -> None:
    """It is not there, is another one than it should be, or the installer does not take it."""
    installer = Installed(fails=what == "refused")
    if what != "missing":
        (ftp.folder / "box.bin").write_bytes(FIRMWARE)
    sha256 = hashlib.sha256(FIRMWARE if what == "refused" else b"another one").hexdigest()
    async with scene(version, installer) as bench:
        update = FirmwareUpdate(
            location=f"{ftp.url('box.bin')}#sha256={sha256}", retrieve_date=datetime.now(UTC), retries=0
        )
        await bench.commands.update_firmware(update)
        outcome = "InstallationFailed" if what == "refused" else "DownloadFailed"
        assert (await bench.hears("FirmwareStatusNotification", outcome))[-1] == outcome
        assert installer.found == []
