"""Cases of `Store`: two processes on the same data."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.testing.storage_contract import second_process
from ocpp_sdk.testing.storage_contract.cases.outages import all_messages
from ocpp_sdk.testing.storage_contract.examples import CP
from ocpp_sdk.testing.storage_contract.second_process import ROUNDS, work
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["ProcessContract"]


@dataclass(slots=True)
class _Other:
    """The other process."""

    process: asyncio.subprocess.Process

    async def ask(self, line: str) -> Any:  # noqa: ANN401  # JSON
        """Give it a line, and return what it answers."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())
        return await self.answer()

    async def answer(self) -> Any:  # noqa: ANN401  # JSON
        """Return the next thing it says."""
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        assert line, "the other process has ended; what it said is above"
        return json.loads(line)


@asynccontextmanager
async def _other_process(url: str) -> AsyncIterator[_Other]:
    """Run another Python on the same URL."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", second_process.__name__, url),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,
    )
    try:
        yield _Other(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 20)
        except TimeoutError:
            process.kill()
            await process.wait()


class ProcessContract:
    """Two processes."""

    @case
    async def test_two_processes_share_the_data_without_harm(self, trial: Trial) -> None:
        """Equal starts are one, each call is claimed once, no number comes twice, and nothing is lost."""
        if not trial.under_test.shared:
            pytest.skip("the data belong to one process")
        store = await trial.open()
        async with _other_process(trial.under_test.url) as other:
            assert await other.answer() == {"ready": True}
            own, theirs = await asyncio.gather(work(store, "first"), other.ask("work"))
        assert own["begun"] == theirs["begun"]
        assert len(set(own["begun"])) == ROUNDS
        assert sorted(own["new"] + theirs["new"]) == list(range(ROUNDS))
        assert own["queued"] == theirs["queued"]
        assert sorted(own["claimed"] + theirs["claimed"]) == sorted(set(own["queued"]))
        assert sorted(own["fresh"] + theirs["fresh"]) == list(range(ROUNDS))
        assert len({*own["messages"], *theirs["messages"]}) == len({*own["ids"], *theirs["ids"]}) == 2 * ROUNDS
        kept = sorted(item.request for item in await all_messages(store))
        assert kept == sorted(f"{worker}/{number}" for worker in ("first", "second") for number in range(ROUNDS))
        point = await store.charge_point(CP)
        assert point is not None
        assert point.deviations == {"x": 2 * ROUNDS}
        assert len(await store.samples()) == len(await store.transactions(limit=1000)) == ROUNDS

    @case
    async def test_write_that_returned_is_seen_by_another_process(self, trial: Trial) -> None:
        """At once, and the other way round."""
        if not trial.under_test.shared:
            pytest.skip("the data belong to one process")
        store = await trial.open()
        async with _other_process(trial.under_test.url) as other:
            assert await other.answer() == {"ready": True}
            for number in range(20):
                await store.put_setting("k", str(number))
                assert await other.ask("settings") == {"k": str(number)}

    @case
    async def test_second_process_on_data_of_one_is_refused(self, trial: Trial) -> None:
        """In one line, while the first goes on; it gets the data when the first has closed, and holds them alike."""
        if trial.under_test.shared or not trial.under_test.durable:
            pytest.skip("any number of processes may open the data, or none but this has them")
        url = trial.under_test.url
        store = await trial.open()
        await store.put_setting("k", "1")
        async with _other_process(url) as other:
            refusal = (await other.answer()).get("refused", "")
            assert len(refusal.splitlines()) == 1
        await store.put_setting("k", "2")
        await store.close()
        async with _other_process(url) as other:
            assert await other.answer() == {"ready": True}
            assert await other.ask("settings") == {"k": "2"}
            with pytest.raises(ConfigurationError) as caught:
                await trial.open()
            assert len(str(caught.value).splitlines()) == 1
        assert await (await trial.open()).setting("k") == "2"
