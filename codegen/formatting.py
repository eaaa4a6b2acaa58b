"""Formats generated Python with ruff, by settings of this project alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

__all__ = ["format_tree"]

_SETTINGS: Final = ("--isolated", "--no-cache", "--quiet")
_STYLE: Final = ("--config", "line-length=120", "--config", "target-version='py311'")
_IMPORTS: Final = ("--select", "I,RUF022", "--fix", "--config", "lint.isort.known-first-party=['ocpp_sdk']")


def format_tree(folder: Path) -> None:
    """Sort imports and `__all__` and lay out every module below a folder, which must be a scratch folder."""
    for command in (("check", *_SETTINGS, *_STYLE, *_IMPORTS), ("format", *_SETTINGS, *_STYLE)):
        subprocess.run([sys.executable, "-m", "ruff", *command, str(folder)], check=True)  # noqa: S603
