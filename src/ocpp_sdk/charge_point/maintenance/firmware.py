"""UpdateFirmware: fetches a firmware when its time has come, checks it, and has it installed.

    scheduled ──retrieve_date──▶ Downloading ──▶ Downloaded ──no transaction──▶ Installing ──▶ Installed
                                      └──▶ DownloadFailed                            └──▶ InstallationFailed

Each arrow is in the store before it is told, so that a restart goes on where it was (1.5 sections 5.15 and 8.4, 1.6
section 5.19). There are no signatures: no library for them is among the dependencies, and an `Installer` that wants one
can check it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Final

from ocpp_sdk.charge_point.clock import sleep_until
from ocpp_sdk.charge_point.connection.link import Report
from ocpp_sdk.charge_point.maintenance.address import FileAddress
from ocpp_sdk.charge_point.maintenance.checking import check_firmware, read_checksum
from ocpp_sdk.charge_point.maintenance.files import Files
from ocpp_sdk.charge_point.maintenance.installer import Installer
from ocpp_sdk.charge_point.maintenance.pending import Installation, UpdateKeeping
from ocpp_sdk.charge_point.maintenance.retrying import attempts
from ocpp_sdk.charge_point.maintenance.settings import FirmwareSettings
from ocpp_sdk.charge_point.maintenance.spool import FirmwareSpool
from ocpp_sdk.clock import Clock
from ocpp_sdk.errors import FirmwareError, InternalError, OcppError, StorageError, TransferError
from ocpp_sdk.storage.settings import SettingStore
from ocpp_sdk.versions.domain import FirmwareUpdate
from ocpp_sdk.versions.enumerations import FirmwareStatus

__all__ = ["FirmwareUpdates"]

_STORE_AGAIN_S: Final = 60.0


class FirmwareUpdates:
    """Updates the firmware of one charge point, one update at a time.

    Call `recall` once before commands are answered, and run `run` from when the version of the hardware is known.

    Args:
        settings: where downloads lie, and how they are checked.
        identity: of the charge point.
        files: the way to servers.
        store: where it is kept what must be known after a restart; None keeps nothing.
        clock: for the time of retrieval and all pauses.
        installer: None if nobody can install, so that every update ends with InstallationFailed.
        version: returns the version of the firmware that runs, None if it is not known.
        idle: returns when no transaction runs.
        notify: tells the central system a status; returns when it is told, or never will be.
        report: hears of what happens.
        installed: tells, after a restart in the middle of an installation, whether it worked; is given the version
            before it. None compares that version with the one that runs.
    """

    def __init__(  # noqa: PLR0913 - all that an update meets on its way
        self,
        settings: FirmwareSettings,
        *,
        identity: str,
        files: Files,
        store: SettingStore | None,
        clock: Clock,
        installer: Installer | None,
        version: Callable[[], str | None],
        idle: Callable[[], Awaitable[None]],
        notify: Callable[[FirmwareStatus], Awaitable[None]],
        report: Report,
        installed: Callable[[str | None], Awaitable[bool]] | None = None,
    ) -> None:
        self._settings = settings
        self._spool = FirmwareSpool(settings.folder, identity)
        self._files = files
        self._keeping = UpdateKeeping(store, identity)
        self._clock = clock
        self._installer = installer or _NoInstaller()
        self._version = version
        self._idle = idle
        self._notify = notify
        self._report = report
        self._installed = installed or self._has_another_version
        self._changed = asyncio.Event()
        self._status = FirmwareStatus.IDLE

    @property
    def status(self) -> FirmwareStatus:
        """How far an update is, Idle if there is none, for TriggerMessage (1.6 section 5.17)."""
        return self._status

    async def recall(self) -> None:
        """Read what was under way when the process ended.

        Raises:
            StorageError: the store cannot be read.
        """
        try:
            await self._keeping.recall()
        except ValueError as error:
            self._report(f"the firmware update that was under way is lost: {error}")

    async def update(self, update: FirmwareUpdate) -> None:
        """Take an update, in place of one that has not begun to be installed; durable when this returns.

        The same update once more changes nothing while the first is under way.

        Raises:
            InternalError: it could not be kept.
        """
        if update == self._keeping.state.pending:
            return
        try:
            await self._keeping.schedule(update)
        except StorageError as error:
            raise InternalError("the update could not be kept") from error
        self._changed.set()

    async def run(self) -> None:
        """Do what is to be done, until cancelled."""
        while True:
            self._changed.clear()
            state = self._keeping.state
            if state.installing is not None:
                await self._conclude(state.installing)
            elif state.pending is not None:
                await self._pursue(state.pending)
            else:
                await self._changed.wait()

    async def _pursue(self, update: FirmwareUpdate) -> None:
        """Take an update as far as it goes before another one takes its place."""
        preparing = asyncio.ensure_future(self._prepare(update))
        replaced = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait({preparing, replaced}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            cut = preparing.cancel()
            replaced.cancel()
            await asyncio.gather(preparing, replaced, return_exceptions=True)
        if cut:
            self._status = FirmwareStatus.IDLE
            self._report("another firmware update takes the place of the one under way")
            return
        try:
            firmware = preparing.result()
        except TransferError as error:
            self._report(f"the firmware was not downloaded: {error}")
            await self._store_surely(lambda: self._keeping.drop(update))
            await self._end(FirmwareStatus.DOWNLOAD_FAILED)
        else:
            await self._install(update, firmware)

    async def _prepare(self, update: FirmwareUpdate) -> Path:
        """Return the firmware when it is there, is what it should be, and may be installed."""
        address = FileAddress.parse(update.location)
        await sleep_until(self._clock, update.retrieve_date)
        firmware = self._spool.path(address)
        if not (self._keeping.state.downloaded and await self._is_sound(firmware, address)):
            await self._tell(FirmwareStatus.DOWNLOADING)
            await self._download(update, address, firmware)
            await self._store_surely(lambda: self._keeping.fetched(update))
            await self._tell(FirmwareStatus.DOWNLOADED)
        self._status = FirmwareStatus.DOWNLOADED
        await self._idle()
        return firmware

    async def _download(self, update: FirmwareUpdate, address: FileAddress, firmware: Path) -> None:
        retries, interval_s = self._settings.retry.times(update.retries, update.retry_interval_s)
        await asyncio.to_thread(self._spool.make_room_for, firmware)

        async def attempt() -> None:
            try:
                sha256 = await self._fetch_checksum(firmware, address)
                await self._files.download(address, firmware)
                await asyncio.to_thread(check_firmware, firmware, sha256)
            except FirmwareError as error:
                await asyncio.to_thread(self._spool.remove, firmware)
                raise TransferError(str(error)) from error

        await attempts(attempt, retries, interval_s, clock=self._clock, report=self._report, name=address.shown)

    async def _fetch_checksum(self, firmware: Path, address: FileAddress) -> str | None:
        """Return what the firmware must have; asked first, since without it the firmware is worth nothing."""
        if address.sha256 is not None or not self._settings.checksum_file:
            return address.sha256
        checksum = self._spool.beside(firmware)
        await self._files.download(address.beside(".sha256"), checksum)
        return await asyncio.to_thread(read_checksum, checksum)

    async def _is_sound(self, firmware: Path, address: FileAddress) -> bool:
        """Tell whether a firmware from before a restart is still there and whole."""
        sha256 = address.sha256
        try:
            if sha256 is None and self._settings.checksum_file:
                sha256 = await asyncio.to_thread(read_checksum, self._spool.beside(firmware))
            await asyncio.to_thread(check_firmware, firmware, sha256)
        except OcppError as error:
            self._report(f"the firmware is downloaded again: {error}")
            return False
        return True

    async def _install(self, update: FirmwareUpdate, firmware: Path) -> None:
        installation = Installation(before=self._version(), file=firmware.name)
        await self._store_surely(lambda: self._keeping.begin(update, installation))
        if self._keeping.state.installing is not installation:
            return
        await self._tell(FirmwareStatus.INSTALLING)
        outcome = FirmwareStatus.INSTALLED
        try:
            await self._installer.install(firmware)
        except Exception as error:  # whatever the user's installer raises, the firmware is not installed
            self._report(f"the firmware {firmware.name} was not installed: {error}")
            outcome = FirmwareStatus.INSTALLATION_FAILED
        await self._close(installation, outcome)

    async def _conclude(self, installation: Installation) -> None:
        """Find out what became of an installation in whose middle the process ended."""
        worked = await self._installed(installation.before)
        outcome = FirmwareStatus.INSTALLED if worked else FirmwareStatus.INSTALLATION_FAILED
        self._report(
            f"the firmware {installation.file} was being installed when the charge point stopped; it had version "
            f"{installation.before}, and has {self._version()}: {outcome}"
        )
        await self._close(installation, outcome)

    async def _close(self, installation: Installation, outcome: FirmwareStatus) -> None:
        await self._store_surely(self._keeping.finish)
        await asyncio.to_thread(self._spool.remove_installed, installation.file)
        await self._end(outcome)

    async def _end(self, outcome: FirmwareStatus) -> None:
        await self._tell(outcome)
        self._status = FirmwareStatus.IDLE

    async def _has_another_version(self, before: str | None) -> bool:
        now = self._version()
        return before is not None and now is not None and now != before

    async def _store_surely(self, keep: Callable[[], Coroutine[object, object, None]]) -> None:
        """Store something, as often as it takes: to go on without would be to forget it at the next restart."""
        while True:
            try:
                await keep()
            except StorageError as error:
                self._report(f"the firmware update waits for the storage: {error}")
                await self._clock.sleep(_STORE_AGAIN_S)
            else:
                return

    async def _tell(self, status: FirmwareStatus) -> None:
        self._status = status
        try:
            await self._notify(status)
        except OcppError as error:
            self._report(f"FirmwareStatusNotification {status}: {error}")


class _NoInstaller:
    """Stands where nobody can install."""

    async def install(self, firmware: Path) -> None:
        raise FirmwareError("no installer is configured; set one up on the charge point")
