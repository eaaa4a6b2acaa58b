"""Cases of `AuthorizationCacheStore`."""

from __future__ import annotations

from ocpp_sdk.storage.folding import fold
from ocpp_sdk.storage.local_list import CachedTag, ListedTag
from ocpp_sdk.testing.storage_contract.examples import CP, NOON, cached
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["AuthorizationCacheContract"]


class AuthorizationCacheContract:
    """Authorization caches."""

    @case
    async def test_cache_tag_is_given_back_whole(self, trial: Trial) -> None:
        """Every field comes back; each charge point has a cache of its own."""
        store = await trial.open()
        bare = CachedTag(id_tag="bare", status="Invalid", cached_at=NOON)
        await store.cache_tag(CP, cached("Straße"))
        await store.cache_tag(CP, bare)
        store = await trial.reopen(store)
        assert await store.cached_tag(CP.lower(), "STRASSE") == cached("Straße")
        assert await store.cached_tag(CP, "bare") == bare
        assert (await store.cached_tag(CP, "other"), await store.cached_tag("CP-2", "bare")) == (None, None)

    @case
    async def test_cache_tag_again_replaces_all_of_it(self, trial: Trial) -> None:
        """The last one that was said counts, whatever its time, and nothing of the one before is left."""
        store = await trial.open()
        await store.cache_tag(CP, cached("tag", at=10))
        again = CachedTag(id_tag="TAG", status="Blocked", cached_at=NOON)
        await store.cache_tag(CP, again)
        (found,) = await store.cached_tags(CP)
        assert (found.status, found.expires_at, found.parent_id_tag, found.cached_at) == ("Blocked", None, None, NOON)

    @case
    async def test_cached_tags_are_read_by_page_in_folded_order(self, trial: Trial) -> None:
        """Pages meet whatever the case of `after`, which need not exist."""
        store = await trial.open()
        tags = ["b", "A", "Ä", "10", "9", "_", "z", "ab"]
        for tag in tags:
            await store.cache_tag(CP, cached(tag))
        ordered = sorted(tags, key=fold)
        assert [tag.id_tag for tag in await store.cached_tags(CP.lower())] == ordered
        assert [tag.id_tag for tag in await store.cached_tags(CP, limit=3)] == ordered[:3]
        assert [tag.id_tag for tag in await store.cached_tags(CP, after=ordered[2].swapcase(), limit=3)] == ordered[3:6]
        assert [tag.id_tag for tag in await store.cached_tags(CP, after="AA")] == ordered[ordered.index("ab") :]
        assert (await store.cached_tags(CP, limit=0), await store.cached_tags("unknown")) == ([], [])

    @case
    async def test_trim_cache_keeps_those_cached_last(self, trial: Trial) -> None:
        """It tells how many went, leaves other charge points alone, and takes nothing from a smaller cache."""
        store = await trial.open()
        for number in range(6):
            await store.cache_tag(CP, cached(f"t{number}", at=number))
            await store.cache_tag("CP-2", cached(f"t{number}", at=number))
        await store.cache_tag(CP, cached("T0", at=6))
        assert await store.trim_cache(CP, 6) == 0
        assert await store.trim_cache(CP.lower(), 2) == 4
        assert [fold(tag.id_tag) for tag in await store.cached_tags(CP)] == ["t0", "t5"]
        assert await store.trim_cache(CP, 0) == 2
        assert (await store.cached_tags(CP), await store.trim_cache(CP, 0)) == ([], 0)
        assert len(await store.cached_tags("CP-2")) == 6

    @case
    async def test_clear_cache_empties_it_and_nothing_else(self, trial: Trial) -> None:
        """The local list and other caches stay; it tells how many there were."""
        store = await trial.open()
        await store.replace_local_list(CP, 1, [ListedTag(id_tag="a")], at=NOON)
        for identity in (CP, "CP-2"):
            await store.cache_tag(identity, cached("a"))
            await store.cache_tag(identity, cached("b"))
        assert [await store.clear_cache(CP.lower()), await store.clear_cache(CP)] == [2, 0]
        assert (await store.cached_tags(CP), await store.cached_tag(CP, "a")) == ([], None)
        assert len(await store.cached_tags("CP-2")) == 2
        assert await store.listed_tags(CP) == [ListedTag(id_tag="a")]
        assert await store.clear_cache("unknown") == 0
