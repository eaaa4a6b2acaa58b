"""Cases of `Store`: the connection to a server is lost and comes back."""

from __future__ import annotations

import asyncio

import pytest

from ocpp_sdk.errors import StorageUnavailableError
from ocpp_sdk.storage.store import Store
from ocpp_sdk.testing.proxy import TcpProxy
from ocpp_sdk.testing.storage_contract.cases.outages import all_messages, until_it_answers
from ocpp_sdk.testing.storage_contract.examples import message, sample, start
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["ConnectionContract"]


async def _behind_proxy(trial: Trial) -> tuple[TcpProxy, Store]:
    proxy = await trial.proxy()
    return proxy, await trial.open(trial.under_test.behind(proxy.host, proxy.port))


class ConnectionContract:
    """A connection that breaks."""

    @case
    async def test_connection_lost_is_told_and_back_is_used(self, trial: Trial) -> None:
        """A verb fails while there is no way to the server, and the same store works when there is one."""
        proxy, store = await _behind_proxy(trial)
        await store.put_setting("k", "before")
        for turn in range(3):
            await proxy.cut()
            with pytest.raises(StorageUnavailableError) as caught:
                await store.put_setting("k", "lost")
            assert len(str(caught.value).splitlines()) == 1
            with pytest.raises(StorageUnavailableError):
                await store.setting("k")
            await proxy.restore()
            await until_it_answers(store)
            assert await store.setting("k") == ("before" if turn == 0 else f"after {turn - 1}")
            await store.put_setting("k", f"after {turn}")
        assert await (await trial.open()).setting("k") == "after 2"

    @case
    async def test_connection_lost_while_idle_harms_nothing(self, trial: Trial) -> None:
        """Connections that broke while nobody used them are replaced; at worst a verb fails and may be repeated."""
        proxy, store = await _behind_proxy(trial)
        await asyncio.gather(*(store.put_setting(f"k{number}", "v") for number in range(10)))
        await asyncio.gather(*(store.setting(f"k{number}") for number in range(10)))
        await proxy.cut()
        await proxy.restore()
        await until_it_answers(store)
        for number in range(10):
            while True:
                try:
                    assert await store.swap_setting(f"k{number}", "v", "w") in {True, False}
                    break
                except StorageUnavailableError:
                    continue
        assert set((await store.settings()).values()) == {"w"}

    @case
    async def test_reply_lost_and_verb_repeated_happens_once(self, trial: Trial) -> None:
        """Wherever the connection breaks between a request and its reply, who repeats a verb finds it done once."""
        proxy, store = await _behind_proxy(trial)
        direct = await trial.open()
        for turn in range(24):
            item, request = start(at=turn), [sample(f"{turn}/{step}") for step in range(3)]
            tasks = [
                asyncio.create_task(store.start_transaction(item)),
                asyncio.create_task(store.add_samples(request)),
            ]
            await asyncio.sleep(turn % 8 * 0.001)
            if turn >= 16:
                proxy.mute()
                await asyncio.sleep(0.01)
            await proxy.cut()
            for answer in await asyncio.gather(*tasks, return_exceptions=True):
                assert not isinstance(answer, BaseException) or isinstance(answer, StorageUnavailableError), answer
            await proxy.restore()
            await until_it_answers(store)
            await _repeated(store, turn)
            assert [found.start for found in await direct.transactions(limit=1)] == [item]
        assert len(await direct.transactions(limit=1000)) == 24
        values = [found.value for found in await direct.samples()]
        assert sorted(values) == sorted(f"{turn}/{step}" for turn in range(24) for step in range(3))

    @case
    async def test_messages_over_a_breaking_connection_are_kept_as_acknowledged(self, trial: Trial) -> None:
        """Each acknowledged one once, and none of the others twice."""
        proxy, store = await _behind_proxy(trial)
        acknowledged: set[str] = set()

        async def write(writer: int) -> None:
            for number in range(30):
                try:
                    await store.record_message(message(f"{writer}/{number}"))
                except StorageUnavailableError:
                    await asyncio.sleep(0.005)
                else:
                    acknowledged.add(f"{writer}/{number}")

        async def break_it() -> None:
            for turn in range(6):
                await asyncio.sleep(0.01 + turn * 0.003)
                await proxy.cut()
                await asyncio.sleep(0.01)
                await proxy.restore()

        await asyncio.gather(break_it(), *map(write, range(6)))
        kept = [item.request for item in await all_messages(await trial.open())]
        assert len(kept) == len(set(kept))
        assert acknowledged <= set(kept)
        await until_it_answers(store)
        assert len(await all_messages(store)) == len(kept)


async def _repeated(store: Store, turn: int) -> None:
    """Repeat both verbs until they are answered."""
    request = [sample(f"{turn}/{step}") for step in range(3)]
    while True:
        try:
            await store.start_transaction(start(at=turn))
            await store.add_samples(request)
        except StorageUnavailableError:
            continue
        else:
            return
