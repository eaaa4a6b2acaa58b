"""The worst that a peer can send within the limits takes bounded memory, measured in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.worst import WORST

ROOT = Path(__file__).parents[2]
MOST = 128 * 2**20
"""What one message may take beyond the process that reads it; 77 MiB were measured at most."""


@pytest.mark.skipif(sys.platform == "win32", reason="the resource module is not on Windows")
@pytest.mark.parametrize("name", WORST)
def test_worst_message_within_the_limits_takes_bounded_memory(name: str) -> None:
    """And comes to what it should: read where it is legal, a named error where it is too much."""
    command = [sys.executable, "-m", "tests.fuzz.worst", name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["outcome"] == WORST[name][2]
    assert told["after"] - told["before"] < MOST


def test_unbounded_tree_would_show() -> None:
    """The measure is able to fail: without the bound on elements the same flood takes more than is allowed."""
    program = (
        "from tests.fuzz import worst; from ocpp_sdk.soap.limits import Limits; import json\n"
        "data = worst.WORST['flood-of-elements'][0](); before = worst.peak()\n"
        "worst.LIMITS = Limits(max_elements=10**9); worst.read(data, False)\n"
        "print(worst.peak() - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.stderr == ""
    assert int(done.stdout) > MOST
