"""GetDiagnostics: makes one archive and uploads it (1.5 sections 5.7 and 8.5, 1.6 section 5.8)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from pathlib import Path

from ocpp_sdk.charge_point.connection.link import Report
from ocpp_sdk.charge_point.maintenance.address import FileAddress
from ocpp_sdk.charge_point.maintenance.archive import Contents, archive_name, leftovers, write_archive
from ocpp_sdk.charge_point.maintenance.files import Files
from ocpp_sdk.charge_point.maintenance.journal import Journal
from ocpp_sdk.charge_point.maintenance.retrying import attempts
from ocpp_sdk.charge_point.maintenance.settings import DiagnosticsSettings
from ocpp_sdk.clock import Clock
from ocpp_sdk.errors import OcppError, SpoolError, TransferError
from ocpp_sdk.versions.domain import ConfigurationKey, DiagnosticsRequest
from ocpp_sdk.versions.enumerations import DiagnosticsStatus

__all__ = ["Diagnostics"]


class Diagnostics:
    """Makes archives of one charge point and sends them, one at a time.

    Args:
        settings: what goes in.
        identity: of the charge point.
        version: of the SDK.
        files: the way to servers.
        journal: the report of the charge point.
        clock: for names and pauses.
        configuration: returns all keys.
        state: returns connectors, transactions and queue, as JSON can carry them.
        notify: tells the central system a status.
        spawn: runs the upload after the answer.
        report: hears of what happens.
    """

    def __init__(  # noqa: PLR0913 - the sources of an archive
        self,
        settings: DiagnosticsSettings,
        *,
        identity: str,
        version: str,
        files: Files,
        journal: Journal,
        clock: Clock,
        configuration: Callable[[], Iterable[ConfigurationKey]],
        state: Callable[[], Awaitable[Mapping[str, object]]],
        notify: Callable[[DiagnosticsStatus], Awaitable[None]],
        spawn: Callable[[Coroutine[object, object, None]], None],
        report: Report,
    ) -> None:
        self._settings = settings
        self._identity = identity
        self._version = version
        self._files = files
        self._journal = journal
        self._clock = clock
        self._configuration = configuration
        self._state = state
        self._notify = notify
        self._spawn = spawn
        self._report = report
        self._turn = asyncio.Lock()
        self._uploading: Path | None = None

    @property
    def status(self) -> DiagnosticsStatus:
        """Uploading or Idle, for TriggerMessage (1.6 section 5.17)."""
        return DiagnosticsStatus.IDLE if self._uploading is None else DiagnosticsStatus.UPLOADING

    async def get(self, request: DiagnosticsRequest) -> str | None:
        """Make an archive and begin to send it; while one is being sent, there is no other.

        Returns:
            The name of the file that is on its way, None if none could be made.
        """
        async with self._turn:
            if self._uploading is None:
                made = await self._make(request)
                if made is None:
                    return None
                self._uploading = made
                self._spawn(self._send(made, request))
            return self._uploading.name

    async def _make(self, request: DiagnosticsRequest) -> Path | None:
        settings, now = self._settings, self._clock.now()
        path = settings.folder / archive_name(self._identity, now)
        contents = Contents(
            identity=self._identity,
            version=self._version,
            made_at=now,
            start=request.start_time,
            stop=request.stop_time,
            lines=list(self._journal.between(request.start_time, request.stop_time)),
            configuration=list(self._configuration()),
            state=await self._read_state(),
            log_files=settings.log_files,
            max_log_file_bytes=settings.max_log_file_bytes,
        )

        def write() -> None:
            for old in leftovers(settings.folder, self._identity):
                old.unlink(missing_ok=True)
            write_archive(path, contents)

        try:
            await asyncio.to_thread(write)
        except (SpoolError, OSError) as error:
            self._report(f"GetDiagnostics: no file could be made: {error}")
            return None
        return path

    async def _read_state(self) -> Mapping[str, object]:
        try:
            return await self._state()
        except OcppError as error:
            # A storage that fails is a reason to ask for diagnostics, not one to give none.
            return {"not readable": str(error)}

    async def _send(self, path: Path, request: DiagnosticsRequest) -> None:
        retries, interval_s = self._settings.retry.times(request.retries, request.retry_interval_s)
        try:
            await self._tell(DiagnosticsStatus.UPLOADING)
            try:
                address = FileAddress.parse(request.location).for_file(path.name)
                await attempts(
                    lambda: self._files.upload(path, address),
                    retries,
                    interval_s,
                    clock=self._clock,
                    report=self._report,
                    name=path.name,
                )
            except TransferError as error:
                self._report(f"{path.name} was not uploaded: {error}")
                outcome = DiagnosticsStatus.UPLOAD_FAILED
            else:
                self._report(f"{path.name} is uploaded to {address.shown}")
                outcome = DiagnosticsStatus.UPLOADED
        finally:
            # Before the outcome is told, so that what is asked for next gets a file of its own.
            self._forget(path)
        await self._tell(outcome)

    def _forget(self, path: Path) -> None:
        self._uploading = None
        path.unlink(missing_ok=True)

    async def _tell(self, status: DiagnosticsStatus) -> None:
        try:
            await self._notify(status)
        except OcppError as error:
            self._report(f"DiagnosticsStatusNotification {status}: {error}")
