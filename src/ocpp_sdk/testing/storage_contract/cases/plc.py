"""Cases of `PlcExchangeStore`."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from ocpp_sdk.storage.plc import ExchangeState, PlcExchange
from ocpp_sdk.testing.storage_contract.examples import CP, NOON, after, exchange
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["PlcContract"]

RECEIVED = ExchangeState.RECEIVED_FROM_MODBUS
SENT = ExchangeState.TRANSMITTED_TO_OCPP
ANSWERED = ExchangeState.RECEIVED_FROM_OCPP


class PlcContract:
    """Records for a PLC."""

    @case
    async def test_add_exchange_is_given_back_whole(self, trial: Trial) -> None:
        """Every field comes back, with a number that rises."""
        store = await trial.open()
        first = await store.add_exchange(exchange("k"))
        assert first == PlcExchange(
            number=first.number,
            key="k",
            identity=CP,
            kind="start",
            connector_id=1,
            state=RECEIVED,
            data='{"register": 7}',
            created_at=NOON,
            changed_at=NOON,
        )
        second = await store.add_exchange(exchange("l"))
        assert 1 <= first.number < second.number
        store = await trial.reopen(store)
        assert [await store.exchange(first.number), await store.exchange(second.number)] == [first, second]
        assert await store.exchange(second.number + 1) is None

    @case
    async def test_add_exchange_repeated_gives_the_first(self, trial: Trial) -> None:
        """Charge point without case, kind and key make it the same, as it is now; else it is another one."""
        store = await trial.open()
        first = await store.add_exchange(exchange("k", identity="Straße"))
        moved = await store.swap_exchange(first.number, [RECEIVED], SENT, at=after(1))
        again = replace(exchange("k", identity="STRASSE", at=5), data="other", connector_id=2, state=ANSWERED)
        assert await store.add_exchange(again) == moved
        others = [exchange("K"), exchange("k"), exchange("k", kind="stop"), exchange("k "), exchange("")]
        numbers = {(await store.add_exchange(item)).number for item in others}
        assert len(numbers | {first.number}) == 6
        assert len(await store.exchanges()) == 6

    @case
    async def test_add_exchange_at_once_adds_one(self, trial: Trial) -> None:
        """Over two stores on the same data, equal ones are one, and different ones all get numbers."""
        stores = await trial.several(2)
        found = await asyncio.gather(*(stores[turn % 2].add_exchange(exchange(f"k{turn % 3}")) for turn in range(30)))
        assert len({item.number for item in found}) == 3
        assert [item.key for item in found] == [f"k{turn % 3}" for turn in range(30)]
        assert len(await stores[1].exchanges()) == 3

    @case
    async def test_swap_exchange_moves_from_an_expected_state_only(self, trial: Trial) -> None:
        """The record is told as it is now; data stay unless given; otherwise nothing changes."""
        store = await trial.open()
        added = await store.add_exchange(exchange("k"))
        number = added.number
        assert await store.swap_exchange(number, [SENT, ANSWERED], ANSWERED, at=after(1)) is None
        assert await store.swap_exchange(number, [], ANSWERED, at=after(1)) is None
        assert await store.swap_exchange(number + 1, [RECEIVED], SENT, at=after(1)) is None
        assert await store.exchange(number) == added
        moved = await store.swap_exchange(number, {RECEIVED, SENT}, SENT, at=after(2))
        assert moved == replace(added, state=SENT, changed_at=after(2))
        moved = await store.swap_exchange(number, [SENT], SENT, at=after(3), data="")
        assert moved == replace(added, state=SENT, changed_at=after(3), data="")
        assert await store.exchange(number) == moved

    @case
    async def test_swap_exchange_at_once_one_succeeds(self, trial: Trial) -> None:
        """Over two stores on the same data."""
        stores = await trial.several(2)
        number = (await stores[0].add_exchange(exchange("k"))).number
        answers = await asyncio.gather(
            *(stores[turn % 2].swap_exchange(number, [RECEIVED], SENT, at=NOON, data=str(turn)) for turn in range(30))
        )
        (winner,) = (answer for answer in answers if answer is not None)
        assert await stores[1].exchange(number) == winner

    @case
    async def test_exchanges_are_filtered_and_read_by_page(self, trial: Trial) -> None:
        """Filters combine, no state is no state, and pages meet."""
        store = await trial.open()
        for turn in range(8):
            item = exchange(f"k{turn}", identity=f"Cp-{turn % 2}", kind="start" if turn < 5 else "stop")
            added = await store.add_exchange(item)
            if turn % 4 == 1:
                await store.swap_exchange(added.number, [RECEIVED], SENT, at=NOON)
        whole = await store.exchanges()
        assert [item.key for item in whole] == [f"k{turn}" for turn in range(8)]
        assert await store.exchanges("CP-1") == whole[1::2]
        assert await store.exchanges(kind="stop") == whole[5:]
        assert await store.exchanges(states=[SENT]) == whole[1::4]
        assert await store.exchanges(states={SENT, RECEIVED}) == whole
        assert await store.exchanges(states=[]) == []
        assert await store.exchanges("cp-1", kind="start", states=[RECEIVED]) == [whole[3]]
        assert await store.exchanges(after=whole[2].number, limit=3) == whole[3:6]
        assert (await store.exchanges(limit=0), await store.exchanges("unknown")) == ([], [])

    @case
    async def test_forget_exchanges_removes_those_changed_before_a_time(self, trial: Trial) -> None:
        """In the given states only, at most so many; the time itself is not before it; numbers do not come again."""
        store = await trial.open()
        numbers = [(await store.add_exchange(exchange(f"k{turn}"))).number for turn in range(6)]
        for turn in range(5):
            await store.swap_exchange(numbers[turn], [RECEIVED], SENT, at=after(10 + turn))
        assert await store.forget_exchanges([ANSWERED], after(100)) == 0
        assert await store.forget_exchanges([], after(100)) == 0
        assert await store.forget_exchanges([SENT], after(10)) == 0
        assert await store.forget_exchanges([SENT, ANSWERED], after(13), limit=2) == 2
        assert await store.forget_exchanges([SENT, ANSWERED], after(13), limit=2) == 1
        assert [item.key for item in await store.exchanges()] == ["k3", "k4", "k5"]
        assert await store.forget_exchanges([SENT, RECEIVED], after(100)) == 3
        assert (await store.add_exchange(exchange("k0"))).number > numbers[-1]
