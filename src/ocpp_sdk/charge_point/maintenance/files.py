"""Sends and fetches files, whatever the scheme of their address."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Final, Protocol, TypeVar

from ocpp_sdk.charge_point.clock import SystemClock
from ocpp_sdk.charge_point.maintenance import http
from ocpp_sdk.charge_point.maintenance.address import FileAddress
from ocpp_sdk.charge_point.maintenance.ftp import Ftp
from ocpp_sdk.charge_point.maintenance.partial import Partial
from ocpp_sdk.charge_point.maintenance.settings import TransferSettings
from ocpp_sdk.clock import Clock
from ocpp_sdk.errors import TransferError

__all__ = ["Files", "NetworkFiles", "within"]

T = TypeVar("T")

_FTP: Final = frozenset({"ftp", "ftps"})


class Files(Protocol):
    """The way to files on servers. One attempt each; to try again is the caller's, see `retry_safe` of the error."""

    async def upload(self, source: Path, address: FileAddress) -> None:
        """Send a file, in place of one that is there.

        Raises:
            TransferError: the server has not confirmed that it has the file.
        """
        ...

    async def download(self, address: FileAddress, target: Path) -> None:
        """Fetch a file; it is whole, and on disk, when it has its name.

        Raises:
            TransferError: it is not there; a part may lie beside, with which the next attempt goes on.
        """
        ...


class NetworkFiles:
    """Files over ftp, ftps, http and https.

    Args:
        settings: limits, and whom to trust.
        clock: for the longest duration of an attempt. Silence is timed by the sockets themselves.
    """

    def __init__(self, settings: TransferSettings | None = None, clock: Clock | None = None) -> None:
        self._settings = settings or TransferSettings()
        self._clock = clock or SystemClock()

    async def upload(self, source: Path, address: FileAddress) -> None:
        """Send a file, in place of one that is there.

        Raises:
            TransferError: the server has not confirmed that it has the file.
        """
        if address.url.scheme in _FTP:
            ftp = Ftp(address, self._settings)
            await self._bounded(address, _threaded(lambda: ftp.upload(source), ftp.abort))
        else:
            await self._bounded(address, http.put(address, source, self._settings))

    async def download(self, address: FileAddress, target: Path) -> None:
        """Fetch a file; it is whole, and on disk, when it has its name.

        Raises:
            TransferError: it is not there; a part may lie beside, with which the next attempt goes on.
        """
        source = hashlib.sha256(str(address.url).encode()).hexdigest()
        partial = Partial(target, source, self._settings.max_download_bytes)
        if address.url.scheme in _FTP:
            ftp = Ftp(address, self._settings)

            def fetch() -> None:
                with partial:
                    ftp.download(partial)
                    partial.complete()

            await self._bounded(address, _threaded(fetch, ftp.abort))
        else:
            await self._bounded(address, self._get(address, partial))

    async def _get(self, address: FileAddress, partial: Partial) -> None:
        with partial:
            await http.get(address, partial, self._settings)
            await asyncio.to_thread(partial.complete)

    async def _bounded(self, address: FileAddress, transfer: Coroutine[object, object, None]) -> None:
        seconds = self._settings.total_timeout_s
        try:
            await within(self._clock, seconds, transfer)
        except TimeoutError:
            raise TransferError(f"{address.shown}: not done in {seconds:g} s (total_timeout_s)") from None


async def within(clock: Clock, seconds: float, work: Coroutine[object, object, T]) -> T:
    """Do something within so many seconds.

    Raises:
        TimeoutError: it was not done; it is cancelled.
    """
    task = asyncio.ensure_future(work)
    timer = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise TimeoutError
        return task.result()
    finally:
        for one in (task, timer):
            one.cancel()
        await asyncio.gather(task, timer, return_exceptions=True)


async def _threaded(work: Callable[[], None], abort: Callable[[], None]) -> None:
    """Do something in a thread; cancelled, abort it and wait until the thread has let go of its files."""
    thread = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(thread)
    except asyncio.CancelledError:
        abort()
        await asyncio.gather(thread, return_exceptions=True)
        raise
