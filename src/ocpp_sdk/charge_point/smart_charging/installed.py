"""The profiles of a charge point, in memory and on disk: what is answered for is on disk first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ocpp_sdk.charge_point.smart_charging.keeping import ProfileKeeping
from ocpp_sdk.charge_point.smart_charging.profiles import InstalledProfile, replaced
from ocpp_sdk.errors import StorageError

__all__ = ["Installed"]


class Installed:
    """The profiles that are installed; its verbs are not called while another one runs.

    Args:
        keeping: the disk.
        report: hears of what should have been removed from it and was not.
    """

    def __init__(self, keeping: ProfileKeeping, report: Callable[[str], None]) -> None:
        self._keeping = keeping
        self._report = report
        self._profiles: tuple[InstalledProfile, ...] = ()
        # What is on disk though it does not count any more; it would be back after a restart.
        self._left: dict[int, InstalledProfile] = {}

    def __iter__(self) -> Iterator[InstalledProfile]:
        return iter(self._profiles)

    async def restore(self) -> None:
        """Take over what is on disk.

        Raises:
            StorageError: it cannot be read.
        """
        self._profiles = tuple(await self._keeping.profiles())

    async def install(self, new: InstalledProfile) -> None:
        """Take a profile, and drop those that it replaces.

        Raises:
            StorageError: it is not on disk, or what it replaces still is; it may be installed again.
        """
        await self._keeping.put(new)
        self.install_unkept(new)
        await self._sweep()

    def install_unkept(self, new: InstalledProfile) -> None:
        """Take a profile in memory only; what it replaces is removed from the disk with the next change."""
        gone = replaced(self._profiles, new)
        self._profiles = (*(one for one in self._profiles if one not in gone), new)
        self._left.update((one.profile.profile_id, one) for one in gone)
        self._left.pop(new.profile.profile_id, None)

    async def remove(self, profiles: Iterable[InstalledProfile]) -> None:
        """Drop profiles.

        Raises:
            StorageError: not all are removed from the disk; those count on, and it may be called again.
        """
        await self._sweep()
        for one in tuple(profiles):
            await self._keeping.remove(one)
            self._profiles = tuple(other for other in self._profiles if other is not one)

    async def drop(self, profiles: Iterable[InstalledProfile]) -> None:
        """Drop profiles that cannot count any more, whether they can be removed from the disk now or later."""
        gone = tuple(profiles)
        self._profiles = tuple(one for one in self._profiles if one not in gone)
        self._left.update((one.profile.profile_id, one) for one in gone)
        try:
            await self._sweep()
        except StorageError as error:
            self._report(f"a charging profile that is over is still stored: {error}")

    async def _sweep(self) -> None:
        for number, one in tuple(self._left.items()):
            await self._keeping.remove(one)
            self._left.pop(number, None)
