"""Writes that are on the disk when they return."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

try:
    import fcntl
except ImportError:  # no such module on Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["NEW", "put_in_place", "said", "sync", "sync_folder", "write_at"]

NEW: Final = ".new"
"""Ends the names of files that are not complete."""

_FULL_SYNC: Final[int | None] = getattr(fcntl, "F_FULLFSYNC", None)


def sync(fd: int) -> None:
    """Return when all that was written to a file is on the disk.

    Raises:
        OSError: it may not be there, and cannot be asked for again.
    """
    if _FULL_SYNC is not None:
        # On macOS fsync leaves the data in the cache of the drive.
        fcntl.fcntl(fd, _FULL_SYNC)
    elif hasattr(os, "fdatasync"):
        os.fdatasync(fd)
    else:
        os.fsync(fd)


def sync_folder(folder: Path) -> None:
    """Return when the names in a folder are on the disk."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_at(fd: int, data: bytes, offset: int) -> None:
    """Write all of some bytes."""
    rest = memoryview(data)
    while rest:
        written = os.pwrite(fd, rest, offset)
        rest, offset = rest[written:], offset + written


def put_in_place(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file, or replace one, so that after a crash it is there as a whole or not at all.

    Raises:
        OSError: it was not written; the one before is still there.
    """
    new = path.with_name(path.name + NEW)
    try:
        with new.open("wb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def said(error: OSError) -> str:
    """Return what the system says about a failure, for people."""
    return error.strerror or str(error)
