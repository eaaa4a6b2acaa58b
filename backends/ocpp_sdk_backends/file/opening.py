"""Which folder a URL names, and whether it can serve."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.storage.keyed import KeyedStore
from ocpp_sdk.storage.store import Store
from ocpp_sdk_backends.file.disk import said
from ocpp_sdk_backends.file.ledger import SEGMENT_BYTES, FileLedger
from ocpp_sdk_backends.file.recovery import LOCK, Recovered, is_own, recover

try:
    import fcntl
except ImportError:  # no such module on Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["open_file", "open_folder"]

_ALLOWED: Final = frozenset({"lost+found"})


async def open_file(url: str) -> Store:
    """Open the store in a folder, which is made if it is not there; the caller closes it.

    Args:
        url: `file:///var/lib/ocpp` for an absolute path, `file:ocpp` for one in the working folder.

    Raises:
        ConfigurationError: the URL names no folder, or one that cannot serve.
    """
    return await open_folder(folder_of(url))


async def open_folder(folder: Path, *, segment_bytes: int = SEGMENT_BYTES) -> Store:
    """Open the store in a folder.

    Args:
        folder: which one.
        segment_bytes: from which size on a segment of the journal is followed by another one.

    Raises:
        ConfigurationError: the folder cannot serve.
    """
    recovered, release = await asyncio.to_thread(_open, folder)
    return KeyedStore(recovered.tables, FileLedger(recovered, release, segment_bytes=segment_bytes))


def folder_of(url: str) -> Path:
    """Return the folder that a URL names.

    Raises:
        ConfigurationError: it names none.
    """
    rest = url.removeprefix("file:")
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        if host not in {"", "localhost"}:
            raise ConfigurationError(
                f"storage 'file' is a folder of this machine, and {host!r} is another one; use file:///absolute/path"
            )
        rest = slash + path
    folder = unquote(rest)
    if not folder or "\0" in folder:
        raise ConfigurationError("storage 'file' needs a folder; use file:///absolute/path or file:relative/path")
    return Path(folder)


def _open(folder: Path) -> tuple[Recovered, Callable[[], None]]:
    folder = folder.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _refuse_foreign(folder)
        release = _lock(folder)
        try:
            return recover(folder), release
        except BaseException:
            release()
            raise
    except FileExistsError:
        raise ConfigurationError(f"storage folder {folder} is a file; name a folder") from None
    except OSError as error:
        where = error.filename or folder
        raise ConfigurationError(
            f"storage folder {folder} cannot be used, {where}: {said(error)}; give it room and the right to write"
        ) from error


def _refuse_foreign(folder: Path) -> None:
    for path in folder.iterdir():
        if not (is_own(path.name) or path.name in _ALLOWED or path.name.startswith(".")):
            raise ConfigurationError(
                f"storage folder {folder} holds other files, such as {path.name}; name an empty folder or a new one"
            )


def _lock(folder: Path) -> Callable[[], None]:
    """Keep other processes out.

    Returns:
        What lets them in again.
    """
    if fcntl is None:
        raise ConfigurationError("storage 'file' needs locks that this system does not have; use sqlite:///FILE")
    fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(fd, 20, 0).decode(errors="replace").strip()
        os.close(fd)
        by = f" by process {holder}" if holder else ""
        raise ConfigurationError(
            f"storage folder {folder} is in use{by}; end that first, or name another folder"
        ) from None
    except BaseException:
        os.close(fd)
        raise
    os.ftruncate(fd, 0)
    os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
    return lambda: os.close(fd)
