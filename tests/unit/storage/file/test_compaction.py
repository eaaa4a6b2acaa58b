"""How the folder is kept small, and that a crash in the middle of it does no harm."""

import asyncio
import random
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.storage.calls import NewCall, Queue
from ocpp_sdk.storage.store import Store
from ocpp_sdk_backends.file import compaction
from ocpp_sdk_backends.file.journal import Journal
from ocpp_sdk_backends.file.opening import open_folder
from ocpp_sdk_backends.file.snapshots import Capture, write_snapshot
from tests.unit.storage.file.folders import NOON, message, opened, sample, sample_values

SMALL = 20_000


class PowerFailureError(Exception):
    """Ends the work on a folder at once."""


def size_of(folder: Path) -> int:
    """Return how many bytes all files have that stay: compaction may go on and rename or remove one meanwhile."""
    size = 0
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            size += path.stat().st_size
    return size


async def everything(store: Store) -> tuple[object, ...]:
    """Return all that these tests store."""
    return (
        await store.settings(),
        await store.samples(limit=10**6),
        await store.messages(limit=10**6),
        await store.calls(Queue.COMMANDS, limit=10**6),
        await store.charge_points(),
    )


async def busy(store: Store, number: int) -> None:
    """Store something of each kind, and forget what is old."""
    await asyncio.gather(
        store.put_setting(f"key-{number % 5}", "x" * 300),
        store.add_samples([sample(number)]),
        store.record_message(message(number)),
        store.enqueue(
            Queue.COMMANDS, NewCall(key=str(number), identity="CP", operation="Reset", request="{}", created_at=NOON)
        ),
    )
    if number % 10 == 0:
        await store.forget_messages(message(number - 20).at)


def test_rewriting_one_setting_again_and_again_keeps_the_folder_small(tmp_path: Path) -> None:
    """What was replaced goes, and the last value stays."""

    async def write() -> None:
        async with opened(tmp_path, segment_bytes=SMALL) as store:
            for number in range(1000):
                await store.put_setting("key", f"{number} {'x' * 500}")

    asyncio.run(write())
    assert size_of(tmp_path) < 5 * SMALL

    async def read() -> str | None:
        async with opened(tmp_path) as store:
            return await store.setting("key")

    assert (asyncio.run(read()) or "").startswith("999 ")


def test_forgotten_messages_give_their_room_back_and_samples_beside_them_stay(tmp_path: Path) -> None:
    """Records that lie in the same files are moved together, and found in their new place."""

    async def write() -> None:
        async with opened(tmp_path, segment_bytes=SMALL) as store:
            for number in range(300):
                await store.record_message(message(number))
                await store.add_samples([sample(number)])
            full = size_of(tmp_path)
            assert await store.forget_messages(message(300).at) == 300
            for number in range(100):
                await store.put_setting("key", f"{number} {'x' * 500}")
            assert await sample_values(store) == [str(number) for number in range(300)]
        assert size_of(tmp_path) < full * 0.8

    asyncio.run(write())

    async def read() -> None:
        async with opened(tmp_path, segment_bytes=SMALL) as store:
            assert await sample_values(store) == [str(number) for number in range(300)]
            assert await store.messages() == []
            assert await store.record_message(message(1)) == 301

    asyncio.run(read())


@pytest.mark.parametrize("seed", range(3))
def test_store_is_the_same_after_each_opening(tmp_path: Path, seed: int) -> None:
    """With segments of any size, and several openings in between."""
    chance = random.Random(seed)

    async def run() -> None:
        before: tuple[object, ...] | None = None
        number = 0
        for _ in range(8):
            async with opened(tmp_path, segment_bytes=chance.choice([1500, 4000, SMALL])) as store:
                if before is not None:
                    assert await everything(store) == before
                for _ in range(40):
                    number += 1
                    await busy(store, number)
                before = await everything(store)

    asyncio.run(run())


POINTS: list[tuple[str, bool]] = [
    (name, after)
    for name in ("write_snapshot", "_write_anew", "snapshot_name", "_is_worth_it")
    for after in (False, True)
]


@pytest.mark.parametrize(("name", "after"), POINTS)
def test_crash_in_the_middle_of_a_compaction_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, after: bool
) -> None:
    """Before or after each of its steps, the folder opens as it was."""
    folder, image = tmp_path / "store", tmp_path / "image"
    real: Callable[..., object] = getattr(compaction, name)

    def crash(*arguments: object) -> object:
        if after:
            real(*arguments)
        if not image.exists():
            shutil.copytree(folder, image)
        raise PowerFailureError

    async def run() -> None:
        async with opened(folder, segment_bytes=SMALL) as store:
            for number in range(1, 200):
                await busy(store, number)
            monkeypatch.setattr(compaction, name, crash)
            with capture_logs():
                for number in range(200, 1000):
                    await busy(store, number)
                    if image.exists():
                        break
            assert image.exists(), "no compaction came to that point"
        monkeypatch.undo()
        async with opened(image, segment_bytes=SMALL) as store:
            found = await sample_values(store)
            assert found == [str(value) for value in range(1, len(found) + 1)]
            assert len(found) >= 199
            assert len({one.key for one in await store.calls(Queue.COMMANDS, limit=10**6)}) >= 199
            # The one that was left over goes on.
            for number in range(1000, 1100):
                await busy(store, number)
        async with opened(image, segment_bytes=SMALL) as store:
            assert (await sample_values(store))[-100:] == [str(value) for value in range(1000, 1100)]

    asyncio.run(run())


def test_compaction_that_fails_is_told_and_the_store_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk stops the tidying, and nothing else."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    async def run() -> None:
        async with opened(tmp_path, segment_bytes=SMALL) as store:
            monkeypatch.setattr(compaction, "write_snapshot", full)
            with capture_logs() as logs:
                for number in range(1, 100):
                    await busy(store, number)
            assert {entry["event"] for entry in logs} == {"the folder could not be tidied up"}
            monkeypatch.undo()
            assert len(await sample_values(store)) == 99
        async with opened(tmp_path) as store:
            assert len(await sample_values(store)) == 99

    asyncio.run(run())


def test_close_during_the_last_turn_over_keeps_the_folder_until_it_is_tidied_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compaction that begins only while the store closes never meets the next store in the same folder."""
    turn, begun, go_on = threading.Event(), threading.Event(), threading.Event()
    prepare_next = Journal.prepare_next

    def held_turn(journal: Journal) -> Path:
        turn.wait(30)
        return prepare_next(journal)

    def held_snapshot(folder: Path, captured: Capture) -> None:
        begun.set()
        go_on.wait(30)
        write_snapshot(folder, captured)

    async def run() -> None:
        store = await open_folder(tmp_path, segment_bytes=SMALL)
        monkeypatch.setattr(Journal, "prepare_next", held_turn)
        monkeypatch.setattr(compaction, "write_snapshot", held_snapshot)
        try:
            await store.put_setting("key", "x" * SMALL)
            closing = asyncio.create_task(store.close())
            for _ in range(5):
                await asyncio.sleep(0)
            turn.set()
            assert await asyncio.to_thread(begun.wait, 30)
            # Time for a close that does not wait for the compaction.
            await asyncio.wait([closing], timeout=0.3)
            with pytest.raises(ConfigurationError, match="is in use"):
                await (await open_folder(tmp_path)).close()
        finally:
            turn.set()
            go_on.set()
        await closing
        async with opened(tmp_path) as again:
            assert await again.setting("key") == "x" * SMALL

    asyncio.run(run())
    assert [path.name for path in tmp_path.glob("snapshot-*")] == ["snapshot-000002.journal"]
