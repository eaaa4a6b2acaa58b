"""One file of diagnostics: what a charge point logged, how it is set, and what state it is in."""

from __future__ import annotations

import io
import json
import os
import platform
import re
import stat
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from ocpp_sdk.charge_point.maintenance.address import hide_credentials
from ocpp_sdk.charge_point.maintenance.partial import on_disk
from ocpp_sdk.versions.domain import ConfigurationKey

__all__ = ["Contents", "archive_name", "leftovers", "write_archive"]

_SECRET: Final = re.compile(
    r"password|passwd|passphrase|secret|token|credential|authorizationkey|private", re.IGNORECASE
)
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9.-]")
_TIME: Final = "????????T??????Z"
_LEVEL: Final = 4
"""Of compression: the answer waits for the archive, and a small processor takes long for the last per cent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What goes into an archive.

    Attributes:
        identity: of the charge point.
        version: of the SDK.
        made_at: now.
        start: of the time that was asked for, None for no limit.
        stop: its end.
        lines: the report.
        configuration: all keys; what looks like a secret is hidden.
        state: connectors, transactions, the queue; anything that JSON can carry.
        log_files: added as they are.
        max_log_file_bytes: how much of the end of each.
    """

    identity: str
    version: str
    made_at: datetime
    start: datetime | None
    stop: datetime | None
    lines: Sequence[str]
    configuration: Iterable[ConfigurationKey]
    state: Mapping[str, object]
    log_files: Sequence[Path] = ()
    max_log_file_bytes: int = 8 * 1024 * 1024


def archive_name(identity: str, at: datetime) -> str:
    """Return the name of an archive, safe on every file system and in every address."""
    return f"diagnostics_{_safe(identity)}_{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.tar.gz"


def leftovers(folder: Path, identity: str) -> list[Path]:
    """Return the archives of a charge point that a process which died has left."""
    return sorted(folder.glob(f"diagnostics_{_safe(identity)}_{_TIME}.tar.gz*"))


def write_archive(path: Path, contents: Contents) -> None:
    """Make an archive; blocks.

    Raises:
        SpoolError: the disk does not take it.
    """
    problems: list[str] = []
    part = path.with_name(f"{path.name}.part")
    with on_disk(part):
        try:
            part.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file, tarfile.open(fileobj=file, mode="w:gz", compresslevel=_LEVEL) as archive:
                log = "".join(f"{line}\n" for line in contents.lines)
                _add(archive, "log.txt", log.encode(errors="replace"), contents)
                _add_json(archive, "configuration.json", _configuration(contents.configuration), contents)
                _add_json(archive, "state.json", contents.state, contents)
                for number, log_file in enumerate(contents.log_files, 1):
                    problems += _add_log_file(archive, number, log_file, contents)
                _add_json(archive, "about.json", _about(contents, problems), contents)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def _safe(identity: str) -> str:
    return _UNSAFE.sub("-", identity.strip())[:60]


def _about(contents: Contents, problems: list[str]) -> dict[str, object]:
    return {
        "charge_point": contents.identity,
        "ocpp_sdk": contents.version,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "made_at": contents.made_at.isoformat(),
        "start_time": contents.start and contents.start.isoformat(),
        "stop_time": contents.stop and contents.stop.isoformat(),
        "log_files": "the ends of the files, whatever start_time and stop_time are",
        "problems": problems,
    }


def _configuration(keys: Iterable[ConfigurationKey]) -> dict[str, object]:
    return {
        key.key: {
            "value": "***" if key.value and _SECRET.search(key.key) else key.value and hide_credentials(key.value),
            "readonly": key.readonly,
        }
        for key in keys
    }


def _add_json(archive: tarfile.TarFile, name: str, value: object, contents: Contents) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    _add(archive, name, text.encode(errors="replace"), contents)


def _add(archive: tarfile.TarFile, name: str, data: bytes, contents: Contents) -> None:
    archive.addfile(_entry(name, len(data), contents), io.BytesIO(data))


def _entry(name: str, size: int, contents: Contents) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = size
    entry.mtime = int(contents.made_at.timestamp())
    return entry


def _add_log_file(archive: tarfile.TarFile, number: int, path: Path, contents: Contents) -> list[str]:
    """Add the end of a file; returns what is wrong with it, since the rest is worth having without it."""
    try:
        # A pipe in the place of a log would be waited for.
        if not stat.S_ISREG(path.stat().st_mode):
            return [f"{path}: not a file"]
        with path.open("rb") as file:
            length = os.fstat(file.fileno()).st_size
            size = min(length, contents.max_log_file_bytes)
            file.seek(length - size)
            archive.addfile(_entry(f"logs/{number}-{_safe(path.name)}", size, contents), _Padded(file))
    except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
        return [f"{path}: {error.strerror}"]
    return []


class _Padded(io.RawIOBase):
    """A file that never ends too early: a log may be cut by its owner while it is read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size).ljust(size, b"\0")
