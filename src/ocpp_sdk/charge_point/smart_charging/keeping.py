"""Charging profiles on disk, each under a key of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Final

from ocpp_sdk.charge_point.smart_charging.profiles import InstalledProfile, replaced
from ocpp_sdk.storage import Store
from ocpp_sdk.storage.folding import fold

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = ["ProfileKeeping"]

# With prefix and number it stays below the 200 characters that a key may have.
_LONGEST_IDENTITY: Final = 150


class ProfileKeeping:
    """Keeps the profiles of one charge point in a store, or nowhere.

    Args:
        store: None for nowhere.
        identity: of the charge point.
        report: hears of what cannot be read.
    """

    def __init__(self, store: Store | None, identity: str, report: Callable[[str], None]) -> None:
        self._store = store
        self._prefix = f"charge_point.profile/{fold(identity)[:_LONGEST_IDENTITY]}/"
        self._report = report

    async def profiles(self) -> list[InstalledProfile]:
        """Return all profiles, of those that take each other's place only the newest; the oldest comes first.

        Raises:
            StorageError: they cannot be read.
        """
        if self._store is None:
            return []
        from pydantic import ValidationError  # noqa: PLC0415 - only who keeps something loads it

        found: list[InstalledProfile] = []
        for key, text in (await self._store.settings(self._prefix)).items():
            # An identity may have a slash, and then its keys begin like those of another one.
            if not key.removeprefix(self._prefix).lstrip("-").isdecimal():
                continue
            try:
                found.append(_profile().validate_json(text))
            except ValidationError as error:
                self._report(f"charging profile {key}: cannot be read and does not count: {error.errors()[0]['msg']}")
        kept: list[InstalledProfile] = []
        for one in sorted(found, key=lambda one: one.installed_at):
            gone = replaced(kept, one)
            kept = [*(other for other in kept if other not in gone), one]
        return kept

    async def put(self, one: InstalledProfile) -> None:
        """Keep a profile, in place of the one with the same id.

        Raises:
            StorageError: it is not kept, or that is not known; it may be put again.
        """
        if self._store is not None:
            await self._store.put_setting(self._key(one), _profile().dump_json(one).decode())

    async def remove(self, one: InstalledProfile) -> None:
        """Remove a profile.

        Raises:
            StorageError: it is not removed, or that is not known; it may be removed again.
        """
        if self._store is not None:
            await self._store.remove_setting(self._key(one))

    def _key(self, one: InstalledProfile) -> str:
        return f"{self._prefix}{one.profile.profile_id}"


@cache
def _profile() -> TypeAdapter[InstalledProfile]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - likewise

    return TypeAdapter(InstalledProfile)
