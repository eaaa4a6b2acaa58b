"""Cases of `MessageStore`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage.messages import Direction, SampledMessageStore, WireMessage
from ocpp_sdk.storage.metering import MeterSample, SentSamples
from ocpp_sdk.testing.storage_contract.examples import BOOT, CP, NOON, after, message
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["MessageContract"]


class MessageContract:
    """Requests and replies."""

    @case
    async def test_record_message_is_given_back_whole(self, trial: Trial) -> None:
        """Every field comes back, the identity as spelled in the message, deviations in order and as often as given."""
        store = await trial.open()
        sent = [
            message("{}", deviations=("blank", "order", "blank")),
            replace(message(identity=CP.lower()), reply=None, fault="fault Sender: no"),
            WireMessage(at=NOON, direction=Direction.TO_CHARGE_POINT, identity=CP, operation="Reset", request=""),
            replace(message(), reply="", fault="", message_id="", peer_host="", callback_address=""),
        ]
        numbers = [await store.record_message(item) for item in sent]
        assert numbers == sorted(set(numbers))
        assert numbers[0] >= 1
        store = await trial.reopen(store)
        expected = [replace(item, number=number) for item, number in zip(sent, numbers, strict=True)]
        assert await store.messages() == expected
        assert [await store.message(number) for number in numbers] == expected
        assert await store.message(numbers[-1] + 1) is None

    @case
    async def test_record_message_twice_adds_two(self, trial: Trial) -> None:
        """Each call adds one, equal or not."""
        store = await trial.open()
        first = await store.record_message(message())
        assert await store.record_message(message()) > first
        assert len(await store.messages()) == 2

    @case
    async def test_record_with_samples_keeps_both_or_neither(self, trial: Trial) -> None:
        """A verb that a store may have; samples that are known are not kept again, each message is."""
        store = await trial.open()
        record: Callable[[Callable[[], WireMessage], Sequence[MeterSample]], Awaitable[int]] | None
        record = getattr(store, SampledMessageStore.record_with_samples.__name__, None)
        if record is None:
            pytest.skip("it has no verb for a message with its samples")
        voltage, raw = (None, None, "Voltage", "L1", None, "V"), ("Other", "Raw", None, None, "Outlet", None)
        sent = SentSamples(CP, 2, 7, [(NOON, "1", voltage), (after(5), "1", voltage), (after(5), "2", raw)])
        first = await record(message, sent)
        assert await store.add_samples(list(sent)) is False
        assert await record(message, sent) > first
        with pytest.raises(StorageError):
            await record(message, SentSamples(CP, 1, None, [(NOON, "\ud800", voltage)]))
        store = await trial.reopen(store)
        assert [replace(item, number=None) for item in await store.samples()] == list(sent)
        assert [item.number for item in await store.messages()] == [first, first + 1]

    @case
    async def test_record_message_of_a_charge_point_updates_its_record(self, trial: Trial) -> None:
        """Version, addresses and time are taken over, None changes nothing, and a boot's data stay."""
        store = await trial.open()
        await store.register(CP, BOOT, registration="Accepted", at=NOON)
        await store.record_message(message(at=10))
        bare = replace(message(identity=CP.lower(), at=20), version=None, peer_host=None, callback_address=None)
        await store.record_message(bare)
        found = await store.charge_point(CP)
        assert found is not None
        assert (found.identity, found.version, found.observed_host) == (CP, "1.5", "192.0.2.7")
        assert (found.advertised_address, found.last_seen) == ("http://192.0.2.7:8080/", after(20))
        assert (found.boot, found.registration, found.booted_at, found.first_seen) == (BOOT, "Accepted", NOON, NOON)
        await store.record_message(
            replace(message(at=30), version="1.6", peer_host="::1", callback_address="http://a/")
        )
        found = await store.charge_point(CP)
        assert found is not None
        assert (found.version, found.observed_host, found.advertised_address) == ("1.6", "::1", "http://a/")

    @case
    async def test_record_message_of_an_earlier_time_last_seen_stays(self, trial: Trial) -> None:
        """A message that is stored late does not turn back when the charge point was seen last."""
        store = await trial.open()
        for at in (60, 0, 59.999999, 60.000001, 30):
            await store.record_message(message(at=at))
        found = await store.charge_point(CP)
        assert found is not None
        assert (found.first_seen, found.last_seen) == (after(60), after(60.000001))

    @case
    async def test_record_message_to_a_charge_point_is_no_contact(self, trial: Trial) -> None:
        """What a central system sends tells nothing about the charge point."""
        store = await trial.open()
        await store.register(CP, BOOT, registration="Accepted", at=NOON)
        before = await store.charge_point(CP)
        await store.record_message(message(at=10, direction=Direction.TO_CHARGE_POINT, deviations=("x",)))
        assert await store.charge_point(CP) == before
        assert len(await store.messages()) == 1

    @case
    async def test_deviations_are_counted_by_kind(self, trial: Trial) -> None:
        """Each as often as it occurred, over messages, whatever letters the kind has."""
        store = await trial.open()
        odd = "a.b/$c#[d] e"
        for kinds in (("blank", odd, "blank"), (), ("blank", "$set", "größe")):
            await store.record_message(message(deviations=kinds))
        found = await (await trial.reopen(store)).charge_point(CP)
        assert found is not None
        assert found.deviations == {"blank": 3, odd: 1, "$set": 1, "größe": 1}

    @case
    async def test_messages_at_once_are_all_kept_and_counted(self, trial: Trial) -> None:
        """Over two stores on the same data, no message, no deviation and no later contact is lost."""
        stores = await trial.several(2)
        numbers = await asyncio.gather(
            *(
                stores[number % 2].record_message(message(str(number), at=number * 7 % 60, deviations=("x", "y", "x")))
                for number in range(60)
            )
        )
        assert len(set(numbers)) == 60
        found = await stores[0].messages()
        assert sorted(int(item.request) for item in found) == list(range(60))
        assert {item.number: item.request for item in found} == {
            number: str(position) for position, number in enumerate(numbers)
        }
        record = await stores[1].charge_point(CP)
        assert record is not None
        assert (record.deviations, record.last_seen) == ({"x": 120, "y": 60}, after(59))

    @case
    async def test_messages_are_filtered_and_read_by_page(self, trial: Trial) -> None:
        """Filters combine; `since` is part of the time and `until` is not; pages meet."""
        store = await trial.open()
        for number in range(10):
            operation = "Heartbeat" if number % 2 else "Authorize"
            await store.record_message(
                message(str(number), identity=f"Cp-{number % 3}", operation=operation, at=number)
            )
        whole = await store.messages()

        async def listed(identity: str | None = None, **kwargs: str | int | datetime) -> list[int]:
            found = await store.messages(identity, **kwargs)  # type: ignore[arg-type]  # as the caller means it
            return [whole.index(item) for item in found]

        assert await listed() == list(range(10))
        assert await listed("CP-0") == [0, 3, 6, 9]
        assert await listed(operation="Heartbeat") == [1, 3, 5, 7, 9]
        assert await listed(operation="heartbeat") == []
        assert await listed(since=after(7)) == [7, 8, 9]
        assert await listed(until=after(2)) == [0, 1]
        assert await listed("cp-0", operation="Heartbeat", since=after(1), until=after(9)) == [3]
        last = whole[4].number
        assert last is not None
        assert await listed(after=last, limit=3) == [5, 6, 7]
        assert await listed("cp-1", after=last, limit=1) == [7]
        assert await listed(limit=4) == [0, 1, 2, 3]
        assert (await listed(limit=0), await listed("unknown"), await listed(since=after(99))) == ([], [], [])

    @case
    async def test_messages_are_searched_for_a_text_in_its_spelling(self, trial: Trial) -> None:
        """Request, reply and fault are searched; case counts, and marks of patterns are letters like others."""
        store = await trial.open()
        texts = [
            '{"a": "Größe 100%"}',
            "under_score",
            "underXscore",
            "back\\slash",
            "it's",
            ".*",
            "[x]",
            "ĞÜNLÜK",
            "日本",
        ]
        for text in texts:
            await store.record_message(replace(message(text), reply=None))
        await store.record_message(replace(message("q"), reply="in the Reply"))
        await store.record_message(replace(message("q"), reply=None, fault="in the Fault"))
        texts += ["q in the Reply", "q in the Fault"]
        for wanted in (
            "Größe",
            "größe",
            "100%",
            "%",
            "r_s",
            "_",
            "k\\s",
            "'",
            ".*",
            "[x",
            "Ğ",
            "ğ",
            "本",
            "in the",
            "Repl",
            "q",
        ):
            found = await store.messages(text=wanted)
            shown = [" ".join(filter(None, (item.request, item.reply, item.fault))) for item in found]
            assert shown == [text for text in texts if wanted in text], wanted
        whole = await store.messages(text="in the")
        assert whole[0].number is not None
        assert await store.messages(CP, text="in the", limit=1) == whole[:1]
        assert await store.messages(text="in the", after=whole[0].number) == whole[1:]

    @case
    async def test_forget_messages_removes_the_oldest_before_a_time(self, trial: Trial) -> None:
        """At most so many at once; the time itself is not before it; numbers are not given again."""
        store = await trial.open()
        numbers = [await store.record_message(message(str(at), at=at)) for at in range(6)]
        assert await store.forget_messages(after(3), limit=2) == 2
        assert [item.request for item in await store.messages()] == ["2", "3", "4", "5"]
        assert await store.forget_messages(after(3), limit=2) == 1
        assert await store.forget_messages(after(3)) == 0
        assert await store.forget_messages(after(100), limit=0) == 0
        assert await store.message(numbers[0]) is None
        assert await store.forget_messages(after(100)) == 3
        assert await store.messages() == []
        store = await trial.reopen(store)
        assert await store.record_message(message()) > numbers[-1]
        assert await store.charge_point(CP) is not None
