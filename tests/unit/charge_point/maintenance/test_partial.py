"""What is left of a download after a power cut."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ocpp_sdk.charge_point.maintenance.partial import Partial

MIB = 1024 * 1024
LIMIT = 64 * MIB
WRITER = """
import os, sys
from pathlib import Path
from ocpp_sdk.charge_point.maintenance.partial import Partial
partial = Partial(Path(sys.argv[1]), "source", 64 * 1024 * 1024)
partial.__enter__()
partial.begin(0, sys.argv[2] or None, None)
for number in range(int(sys.argv[3])):
    partial.write(bytes([number]) * (1024 * 1024))
os.kill(os.getpid(), 9)
"""


def write_and_die(target: Path, validator: str, mebibytes: int) -> None:
    """Download in a process that is killed."""
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(target), validator, str(mebibytes)], check=False, timeout=60
    )
    assert done.returncode == -9


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
@pytest.mark.parametrize(
    ("validator", "mebibytes", "safe"),
    [("v1", 20, 16), ("v1", 3, 0), ("", 20, 0)],
    ids=["to the last note", "nothing noted yet", "no validator"],
)
def test_part_of_a_killed_process_is_trusted_as_far_as_it_was_noted(
    tmp_path: Path, validator: str, mebibytes: int, safe: int
) -> None:
    """What lies behind may never have reached the disk."""
    write_and_die(tmp_path / "fw", validator, mebibytes)
    with Partial(tmp_path / "fw", "source", LIMIT) as partial:
        assert partial.length == safe * MIB
        partial.begin(partial.length, validator or None, None)
        partial.write(b"end")
        partial.complete()
    found = (tmp_path / "fw").read_bytes()
    assert found == b"".join(bytes([number]) * MIB for number in range(safe)) + b"end"
    assert [path.name for path in tmp_path.iterdir()] == ["fw"]


@pytest.mark.parametrize("note", ["", "{", "[]", '{"source": "source", "length": -5, "validator": "v"}'])
def test_note_that_cannot_be_read_means_nothing_is_there(tmp_path: Path, note: str) -> None:
    """To begin again is always right."""
    (tmp_path / "fw.part").write_bytes(b"junk")
    (tmp_path / "fw.part.json").write_text(note)
    with Partial(tmp_path / "fw", "source", LIMIT) as partial:
        assert partial.length == 0
        partial.begin(0, None, None)
        partial.write(b"new")
        partial.complete()
    assert (tmp_path / "fw").read_bytes() == b"new"
