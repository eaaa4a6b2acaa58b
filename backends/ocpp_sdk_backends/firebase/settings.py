"""Settings: one node each, under the key."""

from __future__ import annotations

from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage.transfer import Setting
from ocpp_sdk_backends.firebase.changes import Keep, Put
from ocpp_sdk_backends.firebase.documents import Node, node_of
from ocpp_sdk_backends.firebase.keys import key as node_key
from ocpp_sdk_backends.firebase.keys import order
from ocpp_sdk_backends.firebase.verbs import FirebaseVerbs, verb

__all__ = ["SettingVerbs", "setting_node", "setting_path"]

_LONGEST = 200


def setting_path(key: str) -> str:
    """Return where a setting is kept."""
    return f"settings/{node_key(key)}"


def setting_node(setting: Setting) -> Node:
    """Return the node of a setting."""
    return node_of(setting, order=order(setting.key))


class SettingVerbs(FirebaseVerbs):
    """`SettingStore` in a Realtime Database."""

    @verb
    async def setting(self, key: str) -> str | None:  # noqa: D102
        found = await self._database.read(_checked(key) + "/value")
        return None if found is None else str(found)

    @verb
    async def settings(self, prefix: str = "") -> dict[str, str]:  # noqa: D102
        found: dict[str, str] = {}
        async for page in self._pages("settings", "order", order(prefix)):
            found.update((str(node["key"]), str(node["value"])) for _, node in page)
        return found

    @verb
    async def put_setting(self, key: str, value: str) -> None:  # noqa: D102
        await self._writer.write({_checked(key): setting_node(Setting(key=key, value=value))})

    @verb
    async def swap_setting(self, key: str, expected: str | None, value: str | None) -> bool:  # noqa: D102
        new = None if value is None else setting_node(Setting(key=key, value=value))

        def swap(found: Node | None) -> Keep[bool] | Put[bool]:
            if (None if found is None else found["value"]) != expected:
                return Keep(False)
            return Keep(True) if value == expected else Put(new, True)

        return await self._changes.change(_checked(key), swap)

    @verb
    async def remove_setting(self, key: str) -> bool:  # noqa: D102
        def remove(found: Node | None) -> Keep[bool] | Put[bool]:
            return Keep(False) if found is None else Put(None, True)

        return await self._changes.change(_checked(key), remove)


def _checked(key: str) -> str:
    if not 1 <= len(key) <= _LONGEST:
        raise StorageError(f"key {key[:40]!r} of a setting has {len(key)} characters; give it 1 to {_LONGEST}")
    return setting_path(key)
