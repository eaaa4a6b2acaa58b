"""Samples of a charge point are found by the runs that their numbers make, within blocks of 4096."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from ocpp_sdk.storage import MeterSample, open_store
from ocpp_sdk.storage.copying import copy_store
from ocpp_sdk.storage.transfer import SequenceState, Topic
from ocpp_sdk_backends.sql.store import SqlStore
from tests.unit.backends.sql.databases import engine_of, opened

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
BORDER = 2**31
"""First number of a block, and the first that needs more than 31 bits."""
BLOCK = BORDER // 4096


def request(
    identity: str, start: int, *, size: int = 8, transaction_id: int | None = None, connector_id: int = 1
) -> list[MeterSample]:
    """Return the samples of one request."""
    return [
        MeterSample(
            identity=identity,
            connector_id=connector_id,
            transaction_id=transaction_id,
            sampled_at=NOON + timedelta(seconds=start),
            value=str(start + place),
        )
        for place in range(size)
    ]


def numbered(identity: str, first: int, last: int) -> list[MeterSample]:
    """Return samples of which it is known what numbers they have."""
    made = request(identity, first, size=last - first + 1)
    return [replace(sample, number=first + place) for place, sample in enumerate(made)]


async def go_to(store: SqlStore, number: int) -> None:
    """Let the next sample have this number."""
    await store.load(Topic.SEQUENCES, [SequenceState(name="samples", last=number - 1)])


async def rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Return what a statement finds in a database."""
    engine = engine_of(url)
    async with engine.connect() as connection:
        found = [tuple(row) for row in await connection.execute(text(statement))]
    await engine.dispose()
    return found


async def runs(url: str) -> list[tuple[Any, ...]]:
    """Return block, identity, first and last number of all runs."""
    return await rows(
        url,
        "SELECT block, identity, first_number, last_number FROM sample_runs JOIN charge_points USING (charge_point_id)"
        " ORDER BY first_number",
    )


async def see_pages(store: SqlStore, identity: str, **filters: int) -> None:
    """See that every page of a charge point has the samples that are found by looking at all of them."""
    everything = await store.samples(limit=1000)
    numbers = [sample.number or 0 for sample in everything]
    own = [
        sample
        for sample in everything
        if sample.identity == identity and all(getattr(sample, name) == value for name, value in filters.items())
    ]
    assert len(own) > 12
    for after in (0, *numbers):
        left = [sample for sample in own if (sample.number or 0) > after]
        for limit in (3, 1000):
            assert await store.samples(identity, after=after, limit=limit, **filters) == left[:limit]


async def test_request_over_the_border_of_blocks_makes_a_run_in_each(url: str) -> None:
    """Whatever is asked for is found on both sides."""
    async with opened(url) as store:
        await go_to(store, BORDER - 3)
        await store.add_samples(request("CP-1", 0))
        await store.add_samples(request("CP-2", 0, size=4092))
        await store.add_samples(request("CP-1", 1))
        assert await runs(url) == [
            (BLOCK - 1, "CP-1", BORDER - 3, BORDER - 1),
            (BLOCK, "CP-1", BORDER, BORDER + 4),
            (BLOCK, "CP-2", BORDER + 5, BORDER + 4095),
            (BLOCK + 1, "CP-2", BORDER + 4096, BORDER + 4096),
            (BLOCK + 1, "CP-1", BORDER + 4097, BORDER + 4104),
        ]
        found = [sample.number or 0 for sample in await store.samples("CP-1")]
        assert found == [*range(BORDER - 3, BORDER + 5), *range(BORDER + 4097, BORDER + 4105)]
        for after in (BORDER - 2, BORDER - 1, BORDER, BORDER + 4, BORDER + 4096):
            later = [sample.number for sample in await store.samples("CP-1", after=after)]
            assert later == [number for number in found if number > after]


async def test_run_may_fill_a_block_to_its_end(url: str) -> None:
    """What follows is in the next one, and nothing is in both."""
    async with opened(url) as store:
        await go_to(store, BORDER - 8)
        await store.add_samples(request("CP-1", 0))
        await store.add_samples(request("CP-1", 1))
        assert await runs(url) == [
            (BLOCK - 1, "CP-1", BORDER - 8, BORDER - 1),
            (BLOCK, "CP-1", BORDER, BORDER + 7),
        ]
        assert len(await store.samples("CP-1")) == 16


async def test_pages_begin_and_end_within_runs_of_interleaved_charge_points(url: str) -> None:
    """Also where requests come at the same moment, and only some of their samples are wanted."""
    async with opened(url) as store:
        await go_to(store, BORDER - 20)
        for start in range(3):
            await asyncio.gather(
                *(
                    store.add_samples(request(f"CP-{place}", start, size=5 + place, connector_id=1 + start % 2))
                    for place in range(3)
                )
            )
        assert len(await runs(url)) >= 9
        await see_pages(store, "CP-1")
        await see_pages(store, "CP-2")
        await see_pages(store, "CP-2", connector_id=1)


async def test_transaction_over_several_blocks_is_read_by_page(url: str) -> None:
    """Without samples of the charge point before, between and after, and those of others."""
    async with opened(url) as store:
        await go_to(store, BORDER - 21)
        for begin in (BORDER - 21, BORDER + 4096 - 13, BORDER + 3 * 4096):
            await go_to(store, begin)
            await store.add_samples(request("CP-1", begin))
            await asyncio.gather(
                store.add_samples(request("CP-2", begin, transaction_id=8)),
                store.add_samples(request("CP-1", begin + 1, transaction_id=7)),
            )
        await store.add_samples(request("CP-1", 0))
        assert len({block for block, *_ in await runs(url)}) == 4
        await see_pages(store, "CP-1", transaction_id=7)
        found = await store.samples(transaction_id=7)
        assert found == await store.samples("CP-1", transaction_id=7)
        assert await store.samples("CP-2", transaction_id=7) == []


async def test_loaded_transaction_begins_and_ends_within_a_run(url: str) -> None:
    """Where it is known to the number, as in a copy."""
    async with opened(url) as store:
        samples = [
            replace(sample, transaction_id=7 if 3 <= number <= 6 else None)
            for number, sample in enumerate(numbered("CP-1", 1, 8), 1)
        ]
        await store.load(Topic.SAMPLES, samples)
        assert await store.samples(transaction_id=7) == samples[2:6]
        assert await store.samples(transaction_id=7, after=4) == samples[4:6]


async def test_copy_makes_runs_of_what_follows_each_other(url: str, tmp_path: Path) -> None:
    """However the records are cut into portions."""
    source = await open_store(f"sqlite:///{tmp_path / 'source.db'}")
    assert isinstance(source, SqlStore)
    for parts in (("CP-1", 4090, 4100), ("CP-2", 4101, 4103), ("CP-1", 4104, 4104), ("CP-2", 4105, 4106)):
        await source.load(Topic.SAMPLES, numbered(*parts))
    await source.load(Topic.SAMPLES, numbered("CP-2", 4108, 4109))
    async with opened(url) as target:
        assert (await copy_store(source, target, source_name="before", page=4)).differences == ()
        assert await runs(url) == [
            (0, "CP-1", 4090, 4095),
            (1, "CP-1", 4096, 4100),
            (1, "CP-2", 4101, 4103),
            (1, "CP-1", 4104, 4104),
            (1, "CP-2", 4105, 4106),
            (1, "CP-2", 4108, 4109),
        ]
        for identity in ("CP-1", "CP-2"):
            assert await target.samples(identity) == await source.samples(identity)
            assert await target.samples(identity, after=4098) == await source.samples(identity, after=4098)
        assert [sample.number for sample in await target.samples("CP-1", after=4098)] == [4099, 4100, 4104]
    await source.close()


async def test_samples_that_are_loaded_again_are_there_once(url: str) -> None:
    """Also in other portions, and where one takes the place of another charge point's."""
    async with opened(url) as store:
        every = numbered("CP-1", 1, 12)
        for portion in (every[:5], every[3:], every[:9], numbered("CP-2", 4, 5)):
            await store.load(Topic.SAMPLES, portion)
        assert await runs(url) == [(0, "CP-1", 1, 3), (0, "CP-2", 4, 5), (0, "CP-1", 6, 12)]
        assert await store.samples("CP-1") == [*every[:3], *every[5:]]
        assert await store.samples("CP-2") == numbered("CP-2", 4, 5)
        await store.add_samples(request("CP-1", 0))
        assert [sample.number for sample in await store.samples("CP-1", after=10)] == [11, 12, *range(13, 21)]


LOOKED_UP = {
    "sqlite": ("SEARCH samples USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)", ("SCAN", "TEMP B-TREE")),
    "postgresql": ("Index Scan using pk_samples on samples", ("Seq Scan on samples",)),
    "mysql": ("Range checked for each record", ("join buffer",)),
}
"""What has to be in the plan of each database, and what must not be."""


async def fill(url: str) -> None:
    """Store 100,000 samples of 50 charge points, each of a transaction of its own."""
    store = await open_store(url)
    for begin in range(0, 12_500, 500):
        await asyncio.gather(
            *(
                store.add_samples(request(f"CP-{place % 50}", place, transaction_id=1 + place % 50))
                for place in range(begin, begin + 500)
            )
        )
    await store.close()


@pytest.mark.timeout(120)
async def test_page_of_one_among_many_looks_up_its_samples(url: str) -> None:
    """By the number, and never by reading all samples, whatever else is asked for."""
    await fill(url)
    kind = url.partition(":")[0]
    if kind == "postgresql":
        engine = engine_of(url)
        async with engine.begin() as connection:
            await connection.execute(text("ANALYZE"))
        await engine.dispose()
    wanted, unwanted = LOOKED_UP[kind]
    for filters in ({}, {"connector_id": 2}, {"transaction_id": 8}, {"transaction_id": 8, "connector_id": 1}):
        for after in (0, 50_003):
            shown = await plan(url, after=after, **filters)
            assert wanted in shown
            assert not [part for part in unwanted if part in shown]


async def plan(url: str, **asked: int) -> str:
    """Return how a database finds a page of a charge point."""
    seen: list[tuple[str, Any]] = []

    def see(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        seen.append((statement, parameters))

    async with opened(url) as store:
        event.listen(Engine, "before_cursor_execute", see)
        try:
            await store.samples("CP-7", **asked)
        finally:
            event.remove(Engine, "before_cursor_execute", see)
    statement, parameters = seen[-1]
    explain = "EXPLAIN QUERY PLAN" if url.startswith("sqlite") else "EXPLAIN"
    engine = engine_of(url)
    async with engine.connect() as connection:
        found = (await connection.exec_driver_sql(f"{explain} {statement}", parameters)).all()
    await engine.dispose()
    return " ".join(str(row) for row in found)
