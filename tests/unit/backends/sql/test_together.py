"""Writes that go to the server together, and those of other processes in between."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from ocpp_sdk.storage import MeterSample, WireMessage
from ocpp_sdk.storage.metering import SentSamples
from ocpp_sdk_backends.sql.databases import NetworkDatabase
from tests.unit.backends.sql.databases import empty, opened

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def message(number: int, *deviations: str) -> WireMessage:
    """Return a request that differs from others, of one of five charge points."""
    return WireMessage(
        at=NOON + timedelta(seconds=number),
        identity=f"CP-{number % 5}",
        operation="MeterValues",
        request=f'{{"number":{number}}}',
        reply="{}",
        version=None if number % 3 else "1.5",
        peer_host="127.0.0.1",
        callback_address=f"http://127.0.0.1/{number}" if number % 2 else None,
        deviations=deviations,
    )


def samples(number: int) -> SentSamples:
    """Return two samples of the same charge point."""
    at = NOON + timedelta(seconds=number)
    values = [
        (at, str(number), (None, None, None, None, None, "Wh")),
        (at, "230", (None, None, "Voltage", "L1", None, "V")),
    ]
    return SentSamples(f"CP-{number % 5}", 1, number % 2 or None, values)


def single(number: int) -> MeterSample:
    """Return a sample of a charge point that sends no messages."""
    return MeterSample(identity="CP-9", connector_id=2, sampled_at=NOON + timedelta(seconds=number), value=str(number))


async def test_all_that_a_group_brings_is_there_whole(url: str) -> None:
    """Messages, samples of theirs and of others, contacts and counts, whatever is the same in all of them."""
    async with opened(url) as store:
        for size in (1, 1, 2, 40):
            start = len(await store.messages(limit=1000))
            writes = [
                store.record_with_samples(partial(message, at, "blanks"), samples(at))
                for at in range(start, start + size)
            ]
            numbers = await asyncio.gather(*writes, store.add_samples([single(start)]))
            assert numbers == [*range(start + 1, start + size + 1), True]
        assert [found.request for found in await store.messages(limit=1000)] == [
            message(at).request for at in range(44)
        ]
        sent = [values for at in range(44) for values in samples(at)]
        found = [sample for sample in await store.samples(limit=1000) if sample.identity != "CP-9"]
        assert sorted((one.sampled_at, one.value, one.phase, one.transaction_id) for one in found) == sorted(
            (one.sampled_at, one.value, one.phase, one.transaction_id) for one in sent
        )
        assert [sample.value for sample in await store.samples("cp-9")] == ["0", "1", "2", "4"]
        known = await store.charge_point("cp-3")
        assert known is not None
        assert known.deviations == {"blanks": 9}
        assert (known.version, known.last_seen) == ("1.5", NOON + timedelta(seconds=43))
        assert known.advertised_address == "http://127.0.0.1/43"


async def test_processes_that_write_in_turns_share_the_numbers(url: str) -> None:
    """Each learns how far the other is, and nothing is lost or written twice."""
    async with opened(url) as one, opened(url) as other:
        for turn in range(12):
            for store in (one, other, other) if turn % 2 else (one, other):
                at = len(await store.messages(limit=1000))
                assert await store.record_with_samples(partial(message, at), samples(at)) == at + 1
        assert len(await one.messages(limit=1000)) == 30
        numbers = [sample.number for sample in await other.samples(limit=1000)]
        assert numbers == list(range(1, 61))


async def test_processes_that_write_at_the_same_time_share_the_numbers(url: str) -> None:
    """Whoever is late looks again."""
    async with opened(url) as one, opened(url) as other:
        for turn in range(10):
            of_turn = range(turn * 20, turn * 20 + 20)
            await asyncio.gather(
                *((one, other)[at % 2].record_with_samples(partial(message, at), samples(at)) for at in of_turn)
            )
        found = await one.messages(limit=1000)
        assert [entry.number for entry in found] == list(range(1, 201))
        assert len({entry.request for entry in found}) == 200
        assert len(await one.samples(limit=1000)) == 400


@pytest.fixture
def postgresql(tmp_path: Path) -> str:
    """Give the URL of an empty database of PostgreSQL."""
    return empty("postgresql", tmp_path)


async def test_one_statement_writes_what_needs_no_look(postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the first time, nor when another process was faster, nor for what is known."""
    told: list[bool | None] = []
    write = NetworkDatabase.write_at_once

    async def watched(self: NetworkDatabase, text: str, parameters: tuple[object, ...], expected: int) -> bool | None:
        told.append(await write(self, text, parameters, expected))
        return told[-1]

    monkeypatch.setattr(NetworkDatabase, "write_at_once", watched)
    async with opened(postgresql) as one, opened(postgresql) as other:
        for at in range(5):
            await one.record_with_samples(partial(message, at), samples(at))
        assert told == [], "new charge points are looked for"
        for at in range(5, 15):
            await one.record_with_samples(partial(message, at, "blanks"), samples(at))
        assert told == [True] * 10
        assert await other.record_message(message(15)) == 16
        assert await one.record_message(message(16)) == 17
        assert told == [True] * 10 + [False]
        assert len(await one.messages(limit=1000)) == 17


async def test_known_samples_are_found_by_the_second_look(postgresql: str) -> None:
    """The statement fails by their key, and writes nothing of the others."""
    async with opened(postgresql) as store:
        for at in range(6):
            assert await store.add_samples(samples(at)) is True
        assert await asyncio.gather(*(store.add_samples(samples(at)) for at in range(4, 8))) == [
            False,
            False,
            True,
            True,
        ]
        assert len(await store.samples(limit=1000)) == 16


async def test_connection_that_was_ended_between_two_statements_is_made_anew(postgresql: str) -> None:
    """Nothing is lost, and nobody hears of it."""
    async with opened(postgresql) as store, opened(postgresql) as other:
        for at in range(6):
            await store.record_message(message(at))
        database = other._database
        assert isinstance(database, NetworkDatabase)
        async with database._engine.connect() as connection:
            await connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await asyncio.sleep(0.2)
        assert await store.record_message(message(6)) == 7
