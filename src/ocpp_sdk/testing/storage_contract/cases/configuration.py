"""Cases of `ConfigurationStore`."""

from __future__ import annotations

import asyncio

from ocpp_sdk.storage.configuration import ConfigurationKey
from ocpp_sdk.testing.storage_contract.examples import CP
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["ConfigurationContract"]


class ConfigurationContract:
    """Configuration keys."""

    @case
    async def test_put_configuration_is_given_back_by_folded_key(self, trial: Trial) -> None:
        """Every field comes back, an empty value is not None, and each charge point has its own keys."""
        store = await trial.open()
        keys = [
            ConfigurationKey(key="b", value="1", readonly=True),
            ConfigurationKey(key="A.x/y", value=""),
            ConfigurationKey(key="10"),
            ConfigurationKey(key="9", value="ü"),
            ConfigurationKey(key="C"),
        ]
        await store.put_configuration(CP, keys)
        await store.put_configuration("CP-2", [ConfigurationKey(key="b", value="other")])
        store = await trial.reopen(store)
        assert await store.configuration(CP.lower()) == [keys[2], keys[3], keys[1], keys[0], keys[4]]
        assert await store.configuration("CP-2") == [ConfigurationKey(key="b", value="other")]
        assert await store.configuration("unknown") == []

    @case
    async def test_put_configuration_again_replaces_equal_keys_only(self, trial: Trial) -> None:
        """Keys are equal but for case, others stay, and of one given twice the last one counts."""
        store = await trial.open()
        await store.put_configuration(
            CP, [ConfigurationKey(key="One", value="1", readonly=True), ConfigurationKey(key="Two", value="2")]
        )
        await store.put_configuration(
            CP, [ConfigurationKey(key="one", value="x"), ConfigurationKey(key="ONE"), ConfigurationKey(key="Three")]
        )
        await store.put_configuration(CP, [])
        found = await store.configuration(CP)
        assert [(item.key.casefold(), item.value, item.readonly) for item in found] == [
            ("one", None, False),
            ("three", None, False),
            ("two", "2", False),
        ]

    @case
    async def test_remove_configuration_tells_how_many_there_were(self, trial: Trial) -> None:
        """Without case, each counted once; unknown ones and other charge points are passed over."""
        store = await trial.open()
        for identity in (CP, "CP-2"):
            await store.put_configuration(identity, [ConfigurationKey(key=key) for key in ("one", "two", "straße")])
        assert await store.remove_configuration(CP, ["ONE", "one", "STRASSE", "none"]) == 2
        assert await store.remove_configuration(CP, ["ONE"]) == 0
        assert await store.remove_configuration(CP, []) == 0
        assert await store.remove_configuration("unknown", ["one"]) == 0
        assert [item.key for item in await store.configuration(CP)] == ["two"]
        assert len(await store.configuration("CP-2")) == 3

    @case
    async def test_put_configuration_at_once_each_is_whole(self, trial: Trial) -> None:
        """Of writers of the same keys over two stores, one wins all of them: no mixture is left."""
        stores = await trial.several(2)
        await asyncio.gather(
            *(
                stores[number % 2].put_configuration(
                    CP, [ConfigurationKey(key=key, value=str(number)) for key in ("abcd" if number % 3 else "dcba")]
                )
                for number in range(20)
            )
        )
        found = await stores[0].configuration(CP)
        assert [item.key for item in found] == ["a", "b", "c", "d"]
        assert len({item.value for item in found}) == 1
