"""The command that installs a firmware, with real processes."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
import time
from pathlib import Path

import pytest

from ocpp_sdk.charge_point.maintenance import CommandInstaller
from ocpp_sdk.errors import ConfigurationError, FirmwareError
from tests.unit.charge_point.maintenance.transferring import until

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="the commands are those of a shell"),
]


def shell(script: str) -> list[str]:
    """Return a command that runs a script with the firmware as $0."""
    return ["/bin/sh", "-c", script]


def is_alive(number: int) -> bool:
    """Tell whether a process runs; one that ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def firmware(tmp_path: Path) -> Path:
    """Return a firmware with a name that a shell would take apart."""
    path = tmp_path / "fw; touch pwned $(x).bin"
    path.write_bytes(b"firmware")
    return path


async def test_command_gets_the_path_and_its_output_is_reported(firmware: Path, tmp_path: Path) -> None:
    """No shell reads the path."""
    lines: list[str] = []
    await CommandInstaller(
        shell(f'cat "$0" > {tmp_path}/flashed; echo done; echo and well >&2'), report=lines.append
    ).install(firmware)
    assert (tmp_path / "flashed").read_bytes() == b"firmware"
    assert lines == ["/bin/sh: done", "/bin/sh: and well"]


async def test_command_that_fails_is_named_with_its_last_line(firmware: Path) -> None:
    """The reason is where people look."""
    with pytest.raises(FirmwareError, match="code 3: wrong magic"):
        await CommandInstaller(shell("echo checking; echo wrong magic; exit 3")).install(firmware)


async def test_command_killed_by_a_signal_has_not_installed(firmware: Path) -> None:
    """A crash is no success."""
    with pytest.raises(FirmwareError, match="code -9"):
        await CommandInstaller(shell("kill -9 $$")).install(firmware)


@pytest.mark.parametrize("kind", ["absent", "not executable", "folder"])
async def test_command_that_cannot_start_is_named(firmware: Path, tmp_path: Path, kind: str) -> None:
    """A mistake in the configuration."""
    program = tmp_path / "none"
    if kind == "not executable":
        program.write_text("#!/bin/sh\n")
        program.chmod(stat.S_IRUSR)
    elif kind == "folder":
        program.mkdir()
    with pytest.raises(FirmwareError, match="cannot be started"):
        await CommandInstaller([str(program)]).install(firmware)


async def test_command_without_end_is_ended_with_its_children(firmware: Path, tmp_path: Path) -> None:
    """Even if it does not listen to being asked."""
    script = f'trap "" TERM; sleep 300 & echo $! > {tmp_path}/child; echo $$ > {tmp_path}/parent; wait; sleep 300'
    with pytest.raises(FirmwareError, match="not done in 1 s"):
        await CommandInstaller(shell(script), timeout_s=1).install(firmware)
    numbers = [int((tmp_path / name).read_text()) for name in ("child", "parent")]
    await until(lambda: not any(map(is_alive, numbers)))


async def test_command_is_ended_when_the_charge_point_stops(firmware: Path, tmp_path: Path) -> None:
    """Nothing of it stays behind."""
    number = tmp_path / "number"
    install = asyncio.ensure_future(CommandInstaller(shell(f"echo $$ > {number}; exec sleep 300")).install(firmware))
    await until(lambda: number.exists() and number.read_text().strip())
    install.cancel()
    with pytest.raises(asyncio.CancelledError):
        await install
    assert not is_alive(int(number.read_text()))


async def test_output_without_end_takes_no_memory(firmware: Path) -> None:
    """Its end is what counts."""
    lines: list[str] = []
    await CommandInstaller(
        shell("head -c 20000000 /dev/zero | tr '\\0' x; echo; echo last"), most_output_bytes=100, report=lines.append
    ).install(firmware)
    assert sum(map(len, lines)) < 200
    assert lines[-1] == "/bin/sh: last"


async def test_restart_that_the_command_left_running_is_not_waited_for(firmware: Path, tmp_path: Path) -> None:
    """Installers start the machine again after they have said that all is well."""
    began = time.monotonic()
    await CommandInstaller(shell(f"(sleep 30 & echo $! > {tmp_path}/later; wait) & sleep 0.2; exit 0")).install(
        firmware
    )
    assert time.monotonic() - began < 10
    number = int((tmp_path / "later").read_text())
    assert is_alive(number)
    os.kill(number, 9)


def test_command_that_is_empty_is_refused() -> None:
    """When the charge point is set up, not when the firmware comes."""
    with pytest.raises(ConfigurationError, match="empty"):
        CommandInstaller([])
    with pytest.raises(ConfigurationError, match="timeout_s"):
        CommandInstaller(["x"], timeout_s=0)
