"""A file that is being fetched: bounded, and ready to be gone on with."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ocpp_sdk.errors import SpoolError, TransferRefusedError

__all__ = ["Partial", "on_disk"]

_CHECKPOINT_BYTES: Final = 8 * 1024 * 1024


@contextmanager
def on_disk(path: Path) -> Iterator[None]:
    """Name what a disk refuses.

    Raises:
        SpoolError: an OSError happened inside.
    """
    try:
        yield
    except OSError as error:
        raise SpoolError(f"{path}: {error.strerror or error}") from error


class Partial:
    """The part of a file that is there so far; all methods block, and one thread at a time may use it.

    Beside `<target>.part` lies `<target>.part.json`, which says up to where the part is safe on disk and which version
    of which file it is of. What was written after the last such note is not trusted after a power cut.

    Args:
        target: where the whole file goes.
        source: names the file on the server; a part of another one is thrown away.
        limit: the most bytes that the file may have.
    """

    def __init__(self, target: Path, source: str, limit: int) -> None:
        self.target = target
        self.limit = limit
        self.length = 0
        self.validator: str | None = None
        self._source = source
        self._part = target.with_name(f"{target.name}.part")
        self._note = target.with_name(f"{target.name}.part.json")
        self._noted = 0
        self._file: io.FileIO | None = None

    def __enter__(self) -> Self:
        with on_disk(self._part):
            self._part.parent.mkdir(parents=True, exist_ok=True)
            # Without a buffer: what a full disk refuses must not come up again when the file is closed.
            file = self._part.open("r+b" if self._part.exists() else "w+b", buffering=0)
            try:
                self._recall()
                file.truncate(self.length)
                file.seek(self.length)
            except BaseException:
                file.close()
                raise
        self._file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        try:
            # A disk that is full must not hide what went wrong before.
            if self.length > self._noted and self.validator is not None:
                with suppress(SpoolError):
                    self._checkpoint()
        finally:
            self._file.close()
            self._file = None

    def begin(self, offset: int, validator: str | None, size: int | None) -> None:
        """Say what comes next.

        Args:
            offset: where in the file; what lies behind it is dropped.
            validator: changes whenever the file on the server does; None if the server has none, so that it cannot be
                gone on with.
            size: of the whole file, None if it is not known.

        Raises:
            TransferRefusedError: the file is larger than allowed.
            SpoolError: the disk has no room for it, or failed.
        """
        if size is not None and size > self.limit:
            raise TransferRefusedError(f"the file has {size} bytes; {self.limit} are allowed (max_download_bytes)")
        with on_disk(self._part):
            if offset < self.length or validator != self.validator:
                self._note.unlink(missing_ok=True)
                self._noted = 0
            self._opened.truncate(offset)
            self._opened.seek(offset)
            self.length, self.validator = offset, validator

    def write(self, data: bytes) -> None:
        """Append bytes.

        Raises:
            TransferRefusedError: these are more than allowed.
            SpoolError: the disk failed.
        """
        if self.length + len(data) > self.limit:
            raise TransferRefusedError(f"the file has more than the allowed {self.limit} bytes (max_download_bytes)")
        with on_disk(self._part):
            rest = memoryview(data)
            while rest:
                written = self._opened.write(rest)
                self.length += written
                rest = rest[written:]
            if self.validator is not None and self.length - self._noted >= _CHECKPOINT_BYTES:
                self._checkpoint()

    def complete(self) -> None:
        """Put the file in its place, safe on disk.

        Raises:
            SpoolError: the disk failed.
        """
        with on_disk(self._part):
            os.fsync(self._opened.fileno())
            self._opened.close()
            self._file = None
            self._part.replace(self.target)
            self._note.unlink(missing_ok=True)
            _sync_folder(self.target.parent)

    @property
    def _opened(self) -> io.FileIO:
        if self._file is None:
            raise SpoolError(f"{self._part}: not open")
        return self._file

    def _recall(self) -> None:
        try:
            note = json.loads(self._note.read_bytes())
            length, validator = int(note["length"]), str(note["validator"])
        except (OSError, ValueError, KeyError, TypeError):
            return
        size = self._part.stat().st_size
        if note.get("source") == self._source and 0 < length <= min(size, self.limit):
            self.length = self._noted = length
            self.validator = validator

    def _checkpoint(self) -> None:
        with on_disk(self._part):
            os.fsync(self._opened.fileno())
            new = self._note.with_name(f"{self._note.name}.new")
            new.write_text(
                json.dumps({"source": self._source, "length": self.length, "validator": self.validator}),
                encoding="utf-8",
            )
            new.replace(self._note)
            self._noted = self.length


def _sync_folder(folder: Path) -> None:
    """Make a rename durable, where a folder can be opened for that."""
    if os.name == "posix":
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
