"""Verbs of settings."""

from __future__ import annotations

from ocpp_sdk.storage.keyed.verbs import Verbs
from ocpp_sdk.storage.transfer import Setting

__all__ = ["SettingVerbs"]

_LONGEST = 200


class SettingVerbs(Verbs):
    """`SettingStore` over tables."""

    async def setting(self, key: str) -> str | None:  # noqa: D102
        found = await self._seen(lambda: self._tables.settings.get((key,)))
        return None if found is None else found.value

    async def settings(self, prefix: str = "") -> dict[str, str]:  # noqa: D102
        def query() -> dict[str, str]:
            return {found.key: found.value for found in self._tables.settings.scan() if found.key.startswith(prefix)}

        return await self._seen(query)

    async def put_setting(self, key: str, value: str) -> None:  # noqa: D102
        draft = self._draft()
        draft.put(self._tables.settings, Setting(key=_checked(key), value=value))
        await self._keep(draft)

    async def swap_setting(self, key: str, expected: str | None, value: str | None) -> bool:  # noqa: D102
        draft, table = self._draft(), self._tables.settings
        found = table.get((_checked(key),))
        there = (None if found is None else found.value) == expected
        if there and value is None:
            draft.drop(table, (key,))
        elif there and value is not None:
            draft.put(table, Setting(key=key, value=value))
        await self._keep(draft)
        return there

    async def remove_setting(self, key: str) -> bool:  # noqa: D102
        draft = self._draft()
        found = draft.drop(self._tables.settings, (key,))
        await self._keep(draft)
        return found is not None


def _checked(key: str) -> str:
    if not 1 <= len(key) <= _LONGEST:
        raise ValueError(f"the key of a setting has {len(key)} characters; 1 to {_LONGEST} are allowed")
    return key
