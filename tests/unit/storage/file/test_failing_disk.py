"""What is answered when the disk does not do what it is asked."""

import asyncio
import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ocpp_sdk.errors import StorageError, StorageUnavailableError
from ocpp_sdk.storage.transactions import TransactionStart
from ocpp_sdk_backends.file import disk, journal
from tests.unit.storage.file.folders import NOON, message, opened, sample, sample_values, settings_of


def failing(code: int, calls: int = 1) -> Callable[..., None]:
    """Return a system call that fails some times, as a disk does."""
    left = calls

    def fail(*_: object) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            raise OSError(code, os.strerror(code))

    return fail


def test_value_that_cannot_be_encoded_fails_alone(tmp_path: Path) -> None:
    """Of writes that go to the disk together, the others are kept."""

    async def write() -> tuple[object, ...]:
        async with opened(tmp_path) as store:
            return await asyncio.gather(
                store.put_setting("a", "1"),
                store.put_setting("b", "\ud800"),
                store.put_setting("c", "3"),
                return_exceptions=True,
            )

    first, second, third = asyncio.run(write())
    assert (first, third) == (None, None)
    assert isinstance(second, StorageError)
    assert "settings" in str(second)
    assert "value" in str(second)
    assert asyncio.run(settings_of(tmp_path)) == {"a": "1", "c": "3"}


def test_full_disk_fails_what_waits_and_works_again_with_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of what failed is seen, now or later; a half written record does not stay."""
    real = disk.write_at

    def half(fd: int, data: bytes, offset: int) -> None:
        real(fd, data[: len(data) // 2], offset)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async def write() -> None:
        async with opened(tmp_path) as store:
            await store.put_setting("before", "1")
            await store.add_samples([sample(1)])
            number = await store.record_message(message(1))
            monkeypatch.setattr(journal, "write_at", half)
            answers = await asyncio.gather(
                store.put_setting("before", "2"),
                store.put_setting("during", "1"),
                store.add_samples([sample(2)]),
                store.forget_messages(message(2).at),
                return_exceptions=True,
            )
            assert [type(answer) for answer in answers] == [StorageError] * 4
            assert "No space left on device" in str(answers[0])
            monkeypatch.setattr(journal, "write_at", real)
            assert await store.settings() == {"before": "1"}
            assert await sample_values(store) == ["1"]
            assert (await store.message(number)) is not None
            assert await store.add_samples([sample(2)])
            await store.put_setting("after", "1")

    asyncio.run(write())
    assert asyncio.run(settings_of(tmp_path)) == {"before": "1", "after": "1"}


def test_repeated_start_that_found_a_failed_one_fails_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a verb finds is acknowledged only when that is durable."""
    start = TransactionStart(identity="CP", connector_id=1, id_tag="t", started_at=NOON, meter_start_wh=0)
    real = disk.write_at

    async def write() -> None:
        async with opened(tmp_path) as store:
            monkeypatch.setattr(journal, "write_at", failing(errno.ENOSPC))
            answers = await asyncio.gather(*(store.start_transaction(start) for _ in range(5)), return_exceptions=True)
            assert [type(answer) for answer in answers] == [StorageError] * 5
            monkeypatch.setattr(journal, "write_at", real)
            assert await store.transactions() == []
            outcome = await store.start_transaction(start)
            assert not outcome.repeated

    asyncio.run(write())


def test_failed_fsync_refuses_everything_until_the_store_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second fsync would succeed without the data, so none is tried."""

    async def write() -> None:
        async with opened(tmp_path) as store:
            await store.put_setting("before", "1")
            monkeypatch.setattr(journal, "sync", failing(errno.EIO))
            with pytest.raises(StorageUnavailableError, match="opened again"):
                await store.put_setting("lost", "1")
            for verb in (store.ping(), store.setting("before"), store.put_setting("after", "1"), store.samples()):
                with pytest.raises(StorageError, match="could not be written for certain: Input/output error"):
                    await verb

    asyncio.run(write())
    monkeypatch.undo()
    found = asyncio.run(settings_of(tmp_path))
    assert found.pop("before") == "1"
    assert set(found) <= {"lost"}


def test_read_during_a_write_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is shown that a crash could take back."""
    order: list[str] = []
    real = disk.sync

    def slow(fd: int) -> None:
        real(fd)
        order.append("on disk")

    async def write() -> None:
        async with opened(tmp_path) as store:
            monkeypatch.setattr(journal, "sync", slow)

            async def read() -> None:
                await asyncio.sleep(0)
                assert await store.setting("a") == "1"
                order.append("read")

            await asyncio.gather(store.put_setting("a", "1"), read())
            monkeypatch.setattr(journal, "sync", real)

    asyncio.run(write())
    assert order == ["on disk", "read"]


def test_writes_at_the_same_moment_share_one_fsync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred writers need hardly more than one."""
    count = 0
    real = disk.sync

    def counting(fd: int) -> None:
        nonlocal count
        count += 1
        real(fd)

    async def write() -> None:
        async with opened(tmp_path) as store:
            monkeypatch.setattr(journal, "sync", counting)
            await asyncio.gather(*(store.put_setting(str(number), "1") for number in range(100)))
            assert count <= 3

    asyncio.run(write())
    assert len(asyncio.run(settings_of(tmp_path))) == 100


def test_write_whose_caller_was_cancelled_leaves_the_store_whole(tmp_path: Path) -> None:
    """It may have happened or not; others are kept."""

    async def write() -> None:
        async with opened(tmp_path) as store:
            task = asyncio.create_task(store.put_setting("a", "1"))
            await asyncio.sleep(0)
            task.cancel()
            await store.put_setting("b", "1")
            assert await store.setting("b") == "1"

    asyncio.run(write())
    assert asyncio.run(settings_of(tmp_path))["b"] == "1"


def test_limit_on_the_size_of_files_is_a_storage_error(tmp_path: Path) -> None:
    """Set by the system and not by us, as the quota of a small box is; what was there stays readable."""
    script = (
        "import asyncio, resource, signal, sys\n"
        "from pathlib import Path\n"
        "from ocpp_sdk.errors import StorageError\n"
        "from ocpp_sdk_backends.file.opening import open_folder\n"
        "async def main():\n"
        "    store = await open_folder(Path(sys.argv[1]))\n"
        "    await store.put_setting('a', '1')\n"
        "    try:\n"
        "        await store.put_setting('b', 'x' * 100_000)\n"
        "    except StorageError as error:\n"
        "        print(error)\n"
        "    print(await store.settings())\n"
        "    await store.put_setting('c', '1')\n"
        "    await store.close()\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "asyncio.run(main())\n"
    )
    ran = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    refused, settings = ran.stdout.splitlines()
    assert refused == f"{tmp_path}/segment-000001.journal cannot be written: File too large"
    assert settings == "{'a': '1'}"
    assert asyncio.run(settings_of(tmp_path)) == {"a": "1", "c": "1"}


def test_file_put_in_place_leaves_nothing_behind_when_it_fails(tmp_path: Path) -> None:
    """The file of before stays, without a half one beside it."""
    path = tmp_path / "x"
    path.write_text("before")

    def parts() -> list[bytes]:
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(OSError, match="full"):
        disk.put_in_place(path, (part for _ in [0] for part in parts()))
    assert [found.name for found in tmp_path.iterdir()] == ["x"]
    assert path.read_text() == "before"
