"""Cases of `LocalListStore`."""

from __future__ import annotations

import asyncio

from ocpp_sdk.storage.folding import fold
from ocpp_sdk.storage.local_list import ListedTag, LocalList
from ocpp_sdk.testing.storage_contract.examples import CP, NOON, after
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["LocalListContract"]


class LocalListContract:
    """Local authorization lists."""

    @case
    async def test_replace_local_list_is_given_back_whole(self, trial: Trial) -> None:
        """State and entries come back; a charge point without a list has none, and an empty list is one."""
        store = await trial.open()
        full = ListedTag(id_tag="Tag1", status="Blocked", expires_at=after(1), parent_id_tag="Fleet")
        await store.replace_local_list(CP, 7, [full, ListedTag(id_tag="bare")], hash="abc", at=NOON)
        await store.replace_local_list("CP-2", 1, [], at=NOON)
        store = await trial.reopen(store)
        assert await store.local_list(CP.lower()) == LocalList(
            identity=CP, version=7, hash="abc", updated_at=NOON, entries=2
        )
        assert await store.listed_tag(CP.lower(), "TAG1") == full
        assert await store.listed_tag(CP, "bare") == ListedTag(id_tag="bare")
        assert await store.local_list("CP-2") == LocalList(identity="CP-2", version=1, updated_at=NOON)
        assert (await store.local_list("CP-3"), await store.listed_tag("CP-3", "Tag1")) == (None, None)
        assert (await store.listed_tag(CP, "Tag2"), await store.listed_tags("CP-3")) == (None, [])

    @case
    async def test_replace_local_list_again_leaves_nothing_of_the_first(self, trial: Trial) -> None:
        """Entries, version and hash are the new ones, also a lower version; of equal entries the last one counts."""
        store = await trial.open()
        await store.replace_local_list(CP, 7, [ListedTag(id_tag="a"), ListedTag(id_tag="b")], hash="abc", at=NOON)
        await store.replace_local_list("CP-2", 7, [ListedTag(id_tag="a")], at=NOON)
        entries = [ListedTag(id_tag="Straße", status="Accepted"), ListedTag(id_tag="STRASSE", status="Blocked")]
        await store.replace_local_list(CP, 3, entries, at=after(1))
        found = await store.local_list(CP)
        assert found is not None
        assert (found.version, found.hash, found.updated_at, found.entries) == (3, None, after(1), 1)
        assert [tag.status for tag in await store.listed_tags(CP)] == ["Blocked"]
        assert [tag.id_tag for tag in await store.listed_tags("CP-2")] == ["a"]

    @case
    async def test_update_local_list_of_the_expected_version_changes_entries(self, trial: Trial) -> None:
        """Entries are added, replaced whole, or gone; others stay; unknown ones to remove are passed over."""
        store = await trial.open()
        old = [ListedTag(id_tag=name, status="Accepted", parent_id_tag="P") for name in ("a", "b", "straße")]
        await store.replace_local_list(CP, 7, old, hash="abc", at=NOON)
        changed = await store.update_local_list(
            CP.lower(),
            8,
            [ListedTag(id_tag="B"), ListedTag(id_tag="c", status="Expired")],
            ["STRASSE", "unknown"],
            expected_version=7,
            hash="def",
            at=after(1),
        )
        assert changed is True
        found = await store.local_list(CP)
        assert found == LocalList(identity=CP, version=8, hash="def", updated_at=after(1), entries=3)
        tags = await store.listed_tags(CP)
        assert [(fold(tag.id_tag), tag.status, tag.parent_id_tag) for tag in tags] == [
            ("a", "Accepted", "P"),
            ("b", None, None),
            ("c", "Expired", None),
        ]

    @case
    async def test_update_local_list_of_another_version_changes_nothing(self, trial: Trial) -> None:
        """0 stands for no list, and only for that."""
        store = await trial.open()
        tag = ListedTag(id_tag="a")
        assert await store.update_local_list(CP, 2, [tag], expected_version=1, at=NOON) is False
        assert await store.local_list(CP) is None
        assert await store.update_local_list(CP, 2, [tag], expected_version=0, at=NOON) is True
        before = await store.local_list(CP)
        for version in (0, 1, 3):
            answer = await store.update_local_list(CP, 9, [], ["a"], expected_version=version, hash="x", at=after(1))
            assert answer is False, version
        assert await store.local_list(CP) == before
        assert before == LocalList(identity=CP, version=2, updated_at=NOON, entries=1)
        assert await store.listed_tags(CP) == [tag]

    @case
    async def test_update_local_list_at_once_one_succeeds(self, trial: Trial) -> None:
        """Over two stores on the same data, one update finds the version, and only its entries are there."""
        stores = await trial.several(2)
        await stores[0].replace_local_list(CP, 1, [], at=NOON)
        answers = await asyncio.gather(
            *(
                stores[number % 2].update_local_list(
                    CP, 2, [ListedTag(id_tag=f"{number}-{step}") for step in range(3)], expected_version=1, at=NOON
                )
                for number in range(20)
            )
        )
        assert answers.count(True) == 1
        winner = answers.index(True)
        assert [tag.id_tag for tag in await stores[1].listed_tags(CP)] == [f"{winner}-{step}" for step in range(3)]

    @case
    async def test_listed_tags_are_read_by_page_in_folded_order(self, trial: Trial) -> None:
        """Pages meet whatever the case of `after`, which need not exist."""
        store = await trial.open()
        tags = ["b", "A", "Ä", "10", "9", "_", "z", "ab"]
        await store.replace_local_list(CP, 1, [ListedTag(id_tag=tag) for tag in tags], at=NOON)
        ordered = sorted(tags, key=fold)
        assert [tag.id_tag for tag in await store.listed_tags(CP)] == ordered
        assert [tag.id_tag for tag in await store.listed_tags(CP, limit=3)] == ordered[:3]
        assert [tag.id_tag for tag in await store.listed_tags(CP, after=ordered[2].swapcase(), limit=3)] == ordered[3:6]
        assert [tag.id_tag for tag in await store.listed_tags(CP, after="AA")] == ordered[ordered.index("ab") :]
        assert await store.listed_tags(CP, limit=0) == []

    @case
    async def test_local_list_of_many_entries_is_kept_whole(self, trial: Trial) -> None:
        """A list of some thousands of entries is one write like any other."""
        store = await trial.open()
        tags = [ListedTag(id_tag=f"TAG{number:05}", status="Accepted") for number in range(3000)]
        await store.replace_local_list(CP, 1, tags, at=NOON)
        found = await store.local_list(CP)
        assert found is not None
        assert found.entries == 3000
        assert await store.listed_tags(CP, limit=5000) == tags
        removed = [tag.id_tag for tag in tags[:1500]]
        assert await store.update_local_list(CP, 2, tags[2000:2500], removed, expected_version=1, at=NOON)
        assert await store.listed_tags(CP, limit=5000) == tags[1500:]
