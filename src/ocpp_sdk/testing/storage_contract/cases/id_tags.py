"""Cases of `IdTagStore`."""

from __future__ import annotations

from ocpp_sdk.storage.folding import fold
from ocpp_sdk.storage.id_tags import IdTagRecord
from ocpp_sdk.testing.storage_contract.examples import after
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["IdTagContract"]


class IdTagContract:
    """The id tags that an operator knows."""

    @case
    async def test_put_id_tag_is_given_back_whole(self, trial: Trial) -> None:
        """Every field comes back; an id tag that was never put is None."""
        store = await trial.open()
        full = IdTagRecord(
            id_tag="Tag1",
            status="Blocked",
            expires_at=after(1),
            parent_id_tag="Fleet",
            max_active_transactions=0,
        )
        await store.put_id_tag(full)
        await store.put_id_tag(IdTagRecord(id_tag="bare"))
        store = await trial.reopen(store)
        assert await store.id_tag("Tag1") == full
        assert await store.id_tag("bare") == IdTagRecord(id_tag="bare")
        assert await store.id_tag("Tag2") is None

    @case
    async def test_put_id_tag_of_another_case_replaces_all_of_it(self, trial: Trial) -> None:
        """The second record stands alone: nothing of the first one is left."""
        store = await trial.open()
        for first, second in (("Straße", "STRASSE"), ("İ", "i̇"), ("tag", " TAG ")):
            await store.put_id_tag(
                IdTagRecord(id_tag=first, expires_at=after(1), parent_id_tag="P", max_active_transactions=3)
            )
            await store.put_id_tag(IdTagRecord(id_tag=second, status="Invalid"))
            found = await store.id_tag(first)
            assert found is not None
            assert (found.status, found.expires_at, found.parent_id_tag) == ("Invalid", None, None)
            assert found.max_active_transactions is None
            assert fold(found.id_tag) == fold(first)
            assert await store.id_tag(second) == found
        assert len(await store.id_tags()) == 3

    @case
    async def test_remove_id_tag_tells_whether_it_was_known(self, trial: Trial) -> None:
        """True once, whatever the case, then False; others stay."""
        store = await trial.open()
        await store.put_id_tag(IdTagRecord(id_tag="straße"))
        await store.put_id_tag(IdTagRecord(id_tag="strase"))
        assert await store.remove_id_tag("STRASSE") is True
        assert await store.remove_id_tag("STRASSE") is False
        assert [tag.id_tag for tag in await store.id_tags()] == ["strase"]

    @case
    async def test_id_tags_are_listed_by_folded_text_and_page(self, trial: Trial) -> None:
        """The order is by code point of the folded texts, and pages meet whatever the case of `after`."""
        store = await trial.open()
        tags = ["b", "A", "Ä", "10", "9", "0A", "_", "z", "É", "ab"]
        for tag in tags:
            await store.put_id_tag(IdTagRecord(id_tag=tag))
        ordered = sorted(tags, key=fold)
        assert [tag.id_tag for tag in await store.id_tags()] == ordered
        assert [tag.id_tag for tag in await store.id_tags(limit=4)] == ordered[:4]
        assert [tag.id_tag for tag in await store.id_tags(after=ordered[3].swapcase(), limit=4)] == ordered[4:8]
        assert [tag.id_tag for tag in await store.id_tags(after="AA")] == ordered[ordered.index("ab") :]
        assert await store.id_tags(limit=0) == []
