"""Cases of `Store`: the server dies and comes back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from ocpp_sdk.errors import ConfigurationError, StorageUnavailableError
from ocpp_sdk.storage.messages import WireMessage
from ocpp_sdk.storage.store import Store
from ocpp_sdk.storage.transactions import TransactionStart
from ocpp_sdk.testing.storage_contract.examples import message, start
from ocpp_sdk.testing.storage_contract.filling import fill
from ocpp_sdk.testing.storage_contract.under_test import Trial, case
from ocpp_sdk.testing.storage_contract.verbs import VERBS

__all__ = ["OutageContract", "all_messages", "until_it_answers"]

_WRITERS = 8


async def until_it_answers(store: Store) -> None:
    """Return when the storage answers; the case's own time is the limit."""
    while True:
        try:
            await store.ping()
        except StorageUnavailableError:
            await asyncio.sleep(0.05)
        else:
            return


async def all_messages(store: Store) -> list[WireMessage]:
    """Return all messages of a store."""
    found: list[WireMessage] = []
    while page := await store.messages(after=found[-1].number or 0 if found else 0, limit=1000):
        found += page
    return found


@dataclass(slots=True)
class _Writers:
    """Writers that go on until they are told to end, whatever becomes of the storage.

    Attributes:
        store: where they write.
        acknowledged: texts of the messages whose writing has returned.
        failed: those whose writing has not; they are not written again.
        told: what the errors said.
        begun: starts that were repeated until they were answered.
        over: set it to end.
        changed: notified when a write has returned or failed.
    """

    store: Store
    acknowledged: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    begun: dict[TransactionStart, int] = field(default_factory=dict)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def write(self, writer: int) -> None:
        """Write messages, and between them starts."""
        number = 0
        while not self.over.is_set():
            number += 1
            await self._record(f"{writer}/{number}")
            if number % 3 == 0:
                await self._begin(start(identity=f"CP-{writer}", at=number))

    async def _record(self, text: str) -> None:
        try:
            await self.store.record_message(message(text))
        except StorageUnavailableError as error:
            self.failed.append(text)
            await self._failed(error)
        else:
            self.acknowledged.append(text)
        async with self.changed:
            self.changed.notify_all()

    async def _begin(self, item: TransactionStart) -> None:
        while True:
            try:
                outcome = await self.store.start_transaction(item)
            except StorageUnavailableError as error:
                await self._failed(error)
            else:
                self.begun[item] = outcome.transaction.transaction_id
                return

    async def _failed(self, error: StorageUnavailableError) -> None:
        self.told.add(str(error))
        async with self.changed:
            self.changed.notify_all()
        await asyncio.sleep(0.02)

    async def more(self, number: int) -> None:
        """Return when so many more writes were acknowledged."""
        goal = len(self.acknowledged) + number
        async with self.changed:
            await self.changed.wait_for(lambda: len(self.acknowledged) >= goal)

    async def failure(self) -> None:
        """Return when a write has failed."""
        async with self.changed:
            await self.changed.wait_for(lambda: bool(self.told))


class OutageContract:
    """A server that dies."""

    @case
    async def test_server_killed_amid_writes_keeps_what_it_acknowledged(self, trial: Trial) -> None:
        """All acknowledged writes are there, none twice, and the same store goes on when the server is back."""
        trial.needs_server()
        store = await trial.open()
        writers = _Writers(store)
        async with asyncio.TaskGroup() as group:
            for writer in range(_WRITERS):
                group.create_task(writers.write(writer))
            await writers.more(60)
            await trial.kill()
            await writers.failure()
            await trial.start()
            await writers.more(60)
            writers.over.set()
        assert [line for line in writers.told if len(line.splitlines()) != 1] == []
        for reader in (store, await trial.open()):
            kept = [item.request for item in await all_messages(reader)]
            assert len(kept) == len(set(kept))
            assert set(writers.acknowledged) <= set(kept) <= {*writers.acknowledged, *writers.failed}
            transactions = await reader.transactions(limit=10_000)
            assert {item.start: item.transaction_id for item in transactions} == writers.begun
            assert len(transactions) == len(writers.begun)

    @case
    async def test_every_verb_without_its_server_raises_storage_unavailable(self, trial: Trial) -> None:
        """In one line, safe to repeat; and each works again on the same store when the server is back."""
        trial.needs_server()
        store = await trial.open()
        await fill(store)
        await trial.kill()
        names = [name for name in VERBS if name != "wait_for_call"]
        answers = await asyncio.gather(*(VERBS[name](store) for name in names), return_exceptions=True)
        await trial.start()
        wrong = {
            name: repr(answer)
            for name, answer in zip(names, answers, strict=True)
            if not isinstance(answer, StorageUnavailableError) or len(str(answer).splitlines()) != 1
        }
        assert wrong == {}
        await until_it_answers(store)
        for name, verb in VERBS.items():
            (answer,) = await asyncio.gather(verb(store), return_exceptions=True)
            assert not isinstance(answer, Exception), f"{name}: {answer!r}"

    @case
    async def test_store_without_its_server_cannot_be_opened(self, trial: Trial) -> None:
        """One line says so, without the password, and no store that was opened before is harmed by closing it then."""
        trial.needs_server()
        store = await trial.open()
        await trial.kill()
        with pytest.raises(ConfigurationError) as caught:
            await trial.open()
        await store.close()
        await trial.start()
        assert len(str(caught.value).splitlines()) == 1
        password = urlsplit(trial.under_test.url).password
        assert not password or password not in str(caught.value)
        await (await trial.open()).ping()
