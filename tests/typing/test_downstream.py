"""A vendor's package under mypy --strict: what is right passes, each mistake is refused."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOWNSTREAM = Path(__file__).parent / "downstream"
ROOT = Path(__file__).parents[2]
EXPECTED = re.compile(r"# E: ([a-z-]+)$")
REPORTED = re.compile(r"^mistakes\.py:(\d+): error: .*\[([a-z-]+)\]$")

pytest.importorskip("mypy", reason="mypy is not installed: the downstream package is not checked")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give both runs one cache, so that the SDK is analysed once."""
    return tmp_path_factory.mktemp("mypy")


def mypy(target: str, cache: Path) -> subprocess.CompletedProcess[str]:
    """Run mypy as a vendor would: strict, with no configuration of this project."""
    options = ["--strict", "--config-file=", f"--cache-dir={cache}", "--no-error-summary", "--no-color-output"]
    command = [sys.executable, "-m", "mypy", *options, target]
    return subprocess.run(command, cwd=DOWNSTREAM, capture_output=True, text=True, timeout=110, check=False)


def test_downstream_package_correct_use_passes_strict(cache: Path) -> None:
    """Every request, reply, stub and handler of the package is known to mypy."""
    done = mypy("vendor_app", cache)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_downstream_mistakes_each_is_refused_with_its_code(cache: Path) -> None:
    """A wrong request class, a missing field and a wrong reply attribute are errors, and nothing else is."""
    lines = (DOWNSTREAM / "mistakes.py").read_text(encoding="utf-8").splitlines()
    expected = {(number, found[1]) for number, line in enumerate(lines, 1) if (found := EXPECTED.search(line))}
    done = mypy("mistakes.py", cache)
    reported = {(int(found[1]), found[2]) for line in done.stdout.splitlines() if (found := REPORTED.match(line))}
    assert reported == expected, done.stdout + done.stderr
