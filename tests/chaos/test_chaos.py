"""A short chaos run, so that the long one can be trusted to say something."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import postgresql

_ROOT = Path(__file__).parents[2]


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform == "win32", reason="no fork server there")
@pytest.mark.skipif(postgresql.unavailable() is not None, reason=str(postgresql.unavailable()))
@pytest.mark.xdist_group("postgresql")
def test_sessions_among_kills_and_faults_are_the_same_on_both_sides(tmp_path: Path) -> None:
    """Charge points of all versions, their PLCs, the central system and its database die, and nothing is lost."""
    arguments = ["--sessions", "20", "--charge-points", "5", "--seconds-limit", "240", "--keep", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", *arguments],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=290,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "both sides agree" in done.stdout
    assert " sessions and " in done.stdout
