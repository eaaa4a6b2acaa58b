"""Which folders are opened, and which are refused in one line."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ocpp_sdk.errors import ConfigurationError, StorageError
from ocpp_sdk.storage.opening import open_store
from ocpp_sdk_backends.file.opening import folder_of
from tests.unit.storage.file.folders import opened, settings_of


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("file:///var/lib/ocpp", "/var/lib/ocpp"),
        ("file://localhost/var/lib/ocpp", "/var/lib/ocpp"),
        ("file:ocpp", "ocpp"),
        ("file:./a/b", "a/b"),
        ("file:/abs", "/abs"),
        ("file:///with%20blank", "/with blank"),
    ],
)
def test_folder_of_url_is_the_one_it_names(url: str, folder: str) -> None:
    """Absolute and relative, escaped or not."""
    assert folder_of(url) == Path(folder)


@pytest.mark.parametrize(
    ("url", "complaint"), [("file:", "needs a folder"), ("file://", "needs a folder"), ("file://box/x", "another one")]
)
def test_folder_of_url_without_one_is_refused(url: str, complaint: str) -> None:
    """In one line that shows the right form."""
    with pytest.raises(ConfigurationError, match=complaint) as caught:
        asyncio.run(open_store(url))
    assert "file:///absolute/path" in str(caught.value)


def test_open_makes_the_folder_and_those_above(tmp_path: Path) -> None:
    """A first start needs no preparation."""
    assert asyncio.run(settings_of(tmp_path / "a" / "b")) == {}
    assert (tmp_path / "a" / "b" / "lock").exists()


def test_open_of_a_file_is_refused(tmp_path: Path) -> None:
    """It says that it is one."""
    (tmp_path / "x").write_text("")
    with pytest.raises(ConfigurationError, match="x is a file; name a folder"):
        asyncio.run(settings_of(tmp_path / "x"))


def test_open_of_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    """Nothing is written beside the files of others."""
    (tmp_path / "photo.jpg").write_text("")
    with pytest.raises(ConfigurationError, match=r"holds other files, such as photo\.jpg"):
        asyncio.run(settings_of(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]


def test_open_while_another_process_has_it_is_refused_and_works_after_that_was_killed(tmp_path: Path) -> None:
    """It names the process; the lock ends with it, however it ends."""
    script = (
        "import asyncio, sys\n"
        "from ocpp_sdk.storage.opening import open_store\n"
        "async def main():\n"
        "    store = await open_store(sys.argv[1])\n"
        "    print('open', flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", script, f"file://{tmp_path}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == "open\n"
            with pytest.raises(ConfigurationError, match=f"is in use by process {other.pid}; end that first"):
                asyncio.run(settings_of(tmp_path))
        finally:
            other.kill()
    assert asyncio.run(settings_of(tmp_path)) == {}


def test_open_twice_in_one_process_is_refused(tmp_path: Path) -> None:
    """Two objects would not know of each other's writes."""

    async def twice() -> None:
        async with opened(tmp_path):
            with pytest.raises(ConfigurationError, match="is in use"):
                await settings_of(tmp_path)

    asyncio.run(twice())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_open_of_a_folder_without_the_right_to_write_is_refused(tmp_path: Path) -> None:
    """It names the folder and what the system says."""
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigurationError, match="Permission denied"):
        asyncio.run(settings_of(tmp_path))


def test_open_on_a_file_system_that_cannot_be_written_is_refused() -> None:
    """Of a kind that every Linux has."""
    if not Path("/proc/self").exists():
        pytest.skip("no file system here is read-only for certain")
    with pytest.raises(ConfigurationError, match="cannot be used"):
        asyncio.run(settings_of(Path("/proc/self/ocpp")))


def test_verb_after_close_is_a_storage_error(tmp_path: Path) -> None:
    """And to close again is none."""

    async def closed() -> None:
        async with opened(tmp_path) as store:
            pass
        await store.close()
        with pytest.raises(StorageError, match="is closed"):
            await store.ping()
        with pytest.raises(StorageError, match="is closed"):
            await store.put_setting("a", "b")

    asyncio.run(closed())
