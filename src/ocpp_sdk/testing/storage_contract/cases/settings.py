"""Cases of `SettingStore`."""

from __future__ import annotations

import asyncio

from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["SettingContract"]


class SettingContract:
    """Texts under keys."""

    @case
    async def test_put_setting_replaces_what_was_there(self, trial: Trial) -> None:
        """The last text is given back, also an empty one; an unknown key gives None."""
        store = await trial.open()
        assert await store.setting("key") is None
        await store.put_setting("key", "one")
        await store.put_setting("key", "two")
        await store.put_setting("empty", "")
        store = await trial.reopen(store)
        assert (await store.setting("key"), await store.setting("empty")) == ("two", "")

    @case
    async def test_setting_keys_count_to_the_letter(self, trial: Trial) -> None:
        """Case, blanks, accents, marks and length tell keys apart."""
        store = await trial.open()
        keys = ["k", "K", "k ", " k", "ḱ", "k.", "k/x", "k$x", "k%", "k_x", "kxx", "k\\", "strasse", "straße", "k[0]#"]
        keys += ["x" * 200, "x" * 199, "ü" * 200, "\U0001f50c" * 200, "%2F", "/", ".", "é", "e\u0301", "k\n", "1", "01"]
        for key in keys:
            await store.put_setting(key, f"<{key}>")
        store = await trial.reopen(store)
        assert [await store.setting(key) for key in keys] == [f"<{key}>" for key in keys]
        assert list(await store.settings()) == sorted(keys)

    @case
    async def test_settings_of_a_prefix_are_listed_by_key(self, trial: Trial) -> None:
        """Only keys that begin so, to the letter; marks of patterns are letters like others."""
        store = await trial.open()
        keys = ["job.1", "job.10", "job.9", "Job.1", "job", "jobs", "a%b", "a_b", "axb", "a\\b", "a", "ä", "äb"]
        for key in keys:
            await store.put_setting(key, key.upper())
        for prefix in ("", "job", "job.", "a%", "a_", "a\\", "ä", "none", "J", "job.1"):
            expected = {key: key.upper() for key in sorted(keys) if key.startswith(prefix)}
            found = await store.settings(prefix)
            assert list(found.items()) == list(expected.items()), prefix

    @case
    async def test_swap_setting_changes_only_what_is_expected(self, trial: Trial) -> None:
        """Each of none, a text and an empty text can be expected and put; otherwise nothing changes."""
        store = await trial.open()
        assert await store.swap_setting("k", "one", "two") is False
        assert await store.swap_setting("k", None, "one") is True
        assert await store.swap_setting("k", None, "two") is False
        assert await store.swap_setting("k", "ONE", "two") is False
        assert await store.swap_setting("k", "one ", "two") is False
        assert await store.setting("k") == "one"
        assert await store.swap_setting("k", "one", "") is True
        assert await store.swap_setting("k", None, "two") is False
        assert await store.swap_setting("k", "", None) is True
        assert (await store.setting("k"), await store.settings()) == (None, {})
        assert await store.swap_setting("k", "", "two") is False
        assert await store.swap_setting("k", None, None) is True
        assert await store.setting("k") is None

    @case
    async def test_swap_setting_at_once_one_succeeds(self, trial: Trial) -> None:
        """Over two stores on the same data, from none and from a text."""
        stores = await trial.several(2)
        for expected in (None, "start"):
            if expected is not None:
                await stores[0].put_setting("k", expected)
            answers = await asyncio.gather(
                *(stores[number % 2].swap_setting("k", expected, f"by {number}") for number in range(30))
            )
            assert answers.count(True) == 1
            assert await stores[1].setting("k") == f"by {answers.index(True)}"

    @case
    async def test_swap_setting_counts_without_losing_a_step(self, trial: Trial) -> None:
        """Ten counters that swap until they succeed add up over two stores."""
        stores = await trial.several(2)
        await stores[0].put_setting("n", "0")

        async def count(number: int) -> None:
            store = stores[number % 2]
            while True:
                seen = await store.setting("n")
                assert seen is not None
                if await store.swap_setting("n", seen, str(int(seen) + 1)):
                    return

        await asyncio.gather(*map(count, range(10)))
        assert await stores[0].setting("n") == "10"

    @case
    async def test_remove_setting_tells_whether_it_was_there(self, trial: Trial) -> None:
        """True once, then False; others stay."""
        store = await trial.open()
        await store.put_setting("k", "")
        await store.put_setting("K", "other")
        assert [await store.remove_setting("k"), await store.remove_setting("k")] == [True, False]
        assert await store.settings() == {"K": "other"}
