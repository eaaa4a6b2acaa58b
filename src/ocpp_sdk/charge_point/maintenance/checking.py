"""Whether a firmware is what it should be."""

from __future__ import annotations

import hashlib
import hmac
import re
from pathlib import Path
from typing import Final

from ocpp_sdk.charge_point.maintenance.partial import on_disk
from ocpp_sdk.errors import FirmwareError

__all__ = ["check_firmware", "read_checksum"]

_CHECKSUM: Final = re.compile(r"\s*\\?([0-9A-Fa-f]{64})(?:\s|$)")
_LONGEST_CHECKSUM_FILE: Final = 4096


def check_firmware(path: Path, sha256: str | None) -> None:
    """Check a file; blocks.

    Args:
        path: the firmware.
        sha256: what it must have, in lower case; None for no such check.

    Raises:
        FirmwareError: it is empty, or another one.
        SpoolError: it cannot be read.
    """
    with on_disk(path), path.open("rb") as file:
        if path.stat().st_size == 0:
            raise FirmwareError(f"{path.name} is empty")
        if sha256 is None:
            return
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not hmac.compare_digest(found, sha256):
        raise FirmwareError(f"{path.name} has the SHA-256 {found}, not {sha256}")


def read_checksum(path: Path) -> str:
    """Return the SHA-256 in a file as `sha256sum` writes it, in lower case; blocks.

    Raises:
        FirmwareError: there is none in it.
        SpoolError: it cannot be read.
    """
    with on_disk(path), path.open("rb") as file:
        text = file.read(_LONGEST_CHECKSUM_FILE).decode("ascii", "replace")
    found = _CHECKSUM.match(text)
    if found is None:
        raise FirmwareError(f"{path.name} does not begin with the 64 hexadecimal digits of a SHA-256")
    return found[1].lower()
