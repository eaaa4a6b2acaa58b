"""Cases of `NotificationStore`."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from ocpp_sdk.testing.storage_contract.examples import CP, NOON, after, notification
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["NotificationContract"]


class NotificationContract:
    """The feed."""

    @case
    async def test_add_notification_is_given_back_whole(self, trial: Trial) -> None:
        """Every field comes back, also without a charge point; each call adds one."""
        store = await trial.open()
        sent = [notification("größer"), notification("", identity=None, at=-1), notification("größer")]
        numbers = [await store.add_notification(item) for item in sent]
        assert numbers == sorted(set(numbers))
        assert numbers[0] >= 1
        found = await (await trial.reopen(store)).notifications()
        assert found == [replace(item, number=number) for item, number in zip(sent, numbers, strict=True)][::-1]

    @case
    async def test_notifications_are_filtered_and_read_by_page_newest_first(self, trial: Trial) -> None:
        """Filters combine, and pages meet."""
        store = await trial.open()
        numbers = [
            await store.add_notification(notification(str(number), identity=f"Cp-{number % 2}", at=-number))
            for number in range(8)
        ]
        await store.mark_read(numbers[3], NOON)
        whole = await store.notifications()
        assert [item.text for item in whole] == ["7", "6", "5", "4", "3", "2", "1", "0"]
        assert await store.notifications("CP-1") == whole[0::2]
        assert await store.notifications(unread_only=True) == whole[:4]
        assert await store.notifications("cp-1", unread_only=True, before=numbers[7]) == [whole[2]]
        assert await store.notifications(limit=3) == whole[:3]
        assert await store.notifications(before=numbers[5], limit=3) == whole[3:6]
        assert (await store.notifications(limit=0), await store.notifications("unknown")) == ([], [])

    @case
    async def test_mark_read_counts_those_that_were_unread(self, trial: Trial) -> None:
        """Up to the number and with it; one that was read keeps its time."""
        store = await trial.open()
        assert await store.unread_count() == 0
        numbers = [await store.add_notification(notification()) for _ in range(5)]
        assert await store.unread_count() == 5
        assert await store.mark_read(numbers[1], after(1)) == 2
        assert await store.mark_read(numbers[1], after(2)) == 0
        assert await store.mark_read(numbers[2], after(3)) == 1
        assert await store.unread_count() == 2
        found = await store.notifications()
        assert [item.read_at for item in found] == [None, None, after(3), after(1), after(1)]

    @case
    async def test_mark_read_at_once_each_is_counted_once(self, trial: Trial) -> None:
        """Over two stores on the same data, what the calls tell adds up."""
        stores = await trial.several(2)
        numbers = [await stores[0].add_notification(notification()) for _ in range(10)]
        answers = await asyncio.gather(*(stores[turn % 2].mark_read(numbers[-1], NOON) for turn in range(6)))
        assert sum(answers) == 10
        assert await stores[1].unread_count() == 0

    @case
    async def test_notifications_added_at_once_get_numbers_of_their_own(self, trial: Trial) -> None:
        """Over two stores on the same data, none is lost."""
        stores = await trial.several(2)
        numbers = await asyncio.gather(
            *(stores[turn % 2].add_notification(notification(str(turn))) for turn in range(30))
        )
        found = await stores[0].notifications()
        assert {item.number: item.text for item in found} == {number: str(turn) for turn, number in enumerate(numbers)}
        assert {item.identity for item in found} == {CP}
