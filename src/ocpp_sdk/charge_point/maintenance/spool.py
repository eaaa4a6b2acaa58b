"""The folder where the firmware of one charge point lies until it is installed; all methods block."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from ocpp_sdk.charge_point.maintenance.address import FileAddress
from ocpp_sdk.charge_point.maintenance.partial import on_disk
from ocpp_sdk.storage.folding import fold

__all__ = ["FirmwareSpool"]

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")
_CHECKSUM: Final = ".sha256"


class FirmwareSpool:
    """One firmware and what belongs to it, in a folder of its own.

    Args:
        folder: holds such folders of any number of charge points.
        identity: of the charge point.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        self._folder = folder.absolute() / (_UNSAFE.sub("-", fold(identity)).lstrip(".")[:60] or "charge_point")

    def path(self, address: FileAddress) -> Path:
        """Return where a firmware goes: under its own name, as far as that is safe."""
        name = _UNSAFE.sub("-", address.path.rpartition("/")[2]).lstrip(".-")[:100]
        return self._folder / (name or "firmware")

    def beside(self, firmware: Path) -> Path:
        """Return where the file with its checksum goes."""
        return firmware.with_name(firmware.name + _CHECKSUM)

    def make_room_for(self, firmware: Path) -> None:
        """Remove all but one firmware and its parts.

        Raises:
            SpoolError: the disk does not allow it.
        """
        wanted = {firmware.name + suffix for suffix in ("", ".part", ".part.json")}
        with on_disk(self._folder):
            if self._folder.is_dir():
                for other in self._folder.iterdir():
                    if other.name not in wanted and other.is_file():
                        other.unlink()

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there.

        Raises:
            SpoolError: the disk does not allow it.
        """
        with on_disk(path):
            path.unlink(missing_ok=True)

    def remove_installed(self, name: str) -> None:
        """Remove a firmware that is done with; what cannot be removed makes room for the next one.

        Args:
            name: of its file.
        """
        firmware = self._folder / Path(name).name
        for path in (firmware, self.beside(firmware)):
            try:
                path.unlink(missing_ok=True)
            except OSError:
                continue
