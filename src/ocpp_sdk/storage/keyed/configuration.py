"""Verbs of configuration keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from ocpp_sdk.storage.configuration import ConfigurationKey
from ocpp_sdk.storage.folding import fold
from ocpp_sdk.storage.keyed.verbs import Verbs
from ocpp_sdk.storage.transfer import OwnedKey

__all__ = ["ConfigurationVerbs"]


class ConfigurationVerbs(Verbs):
    """`ConfigurationStore` over tables."""

    async def put_configuration(self, identity: str, keys: Sequence[ConfigurationKey]) -> None:  # noqa: D102
        draft = self._draft()
        if keys:
            spelled = self._charge_point(draft, identity, datetime.now(UTC)).identity
            for key in keys:
                draft.put(self._tables.configuration, OwnedKey(identity=spelled, item=key))
        await self._keep(draft)

    async def remove_configuration(self, identity: str, keys: Sequence[str]) -> int:  # noqa: D102
        draft, owner = self._draft(), fold(identity)
        removed = [draft.drop(self._tables.configuration, (owner, name)) for name in {fold(key) for key in keys}]
        await self._keep(draft)
        return sum(found is not None for found in removed)

    async def configuration(self, identity: str) -> list[ConfigurationKey]:  # noqa: D102
        table = self._tables.configuration
        return await self._seen(lambda: [found.item for found in table.scan((fold(identity),))])
