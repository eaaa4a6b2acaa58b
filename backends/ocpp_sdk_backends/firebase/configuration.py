"""Configuration keys: one node for each charge point, with a child for each key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from ocpp_sdk.storage.configuration import ConfigurationKey
from ocpp_sdk.storage.folding import fold
from ocpp_sdk_backends.firebase.changes import Keep, Put
from ocpp_sdk_backends.firebase.documents import Node, node_of, record_of
from ocpp_sdk_backends.firebase.keys import key as node_key
from ocpp_sdk_backends.firebase.verbs import FirebaseVerbs, verb

__all__ = ["ConfigurationVerbs", "configuration_path", "item_key"]


def configuration_path(identity: str) -> str:
    """Return where the keys of a charge point are."""
    return f"configuration/{node_key(fold(identity))}"


def item_key(item: str) -> str:
    """Return the key of the node of a configuration key."""
    return node_key(fold(item))


class ConfigurationVerbs(FirebaseVerbs):
    """`ConfigurationStore` in a Realtime Database."""

    @verb
    async def put_configuration(self, identity: str, keys: Sequence[ConfigurationKey]) -> None:  # noqa: D102
        if not keys:
            return
        path = configuration_path(identity)
        writes = {f"{path}/{item_key(item.key)}": node_of(item) for item in keys}
        await self._spelled(identity, datetime.now(UTC))
        await self._writer.write(writes)

    @verb
    async def remove_configuration(self, identity: str, keys: Sequence[str]) -> int:  # noqa: D102
        unwanted = {item_key(item) for item in keys}

        def remove(found: Node | None) -> Keep[int] | Put[int]:
            there = {} if found is None else found
            left = {name: node for name, node in there.items() if name not in unwanted}
            gone = len(there) - len(left)
            return Put(left or None, gone) if gone else Keep(0)

        return await self._changes.change(configuration_path(identity), remove)

    @verb
    async def configuration(self, identity: str) -> list[ConfigurationKey]:  # noqa: D102
        found = await self._database.read(configuration_path(identity)) or {}
        keys = [record_of(ConfigurationKey, node) for node in found.values()]
        return sorted(keys, key=lambda item: fold(item.key))
