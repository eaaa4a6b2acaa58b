"""Compares generated files with those in place."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from codegen.writing import generated_files

__all__ = ["differences"]


def differences(files: Mapping[str, bytes], out: Path) -> list[str]:
    """Return the lines of a unified diff from what is in place to what would be generated; none if both are the same.

    Args:
        files: what would be generated, by path below the folder.
        out: the folder of what is in place.
    """
    present = {path.relative_to(out).as_posix(): path.read_bytes() for path in generated_files(out)}
    for name in files:
        if name not in present and (out / name).is_file():
            present[name] = (out / name).read_bytes()
    lines: list[str] = []
    for name in sorted({*files, *present}):
        old, new = present.get(name), files.get(name)
        if old != new:
            lines += _diff(name, old, new)
    return lines


def _diff(name: str, old: bytes | None, new: bytes | None) -> list[str]:
    before = "/dev/null" if old is None else f"in place/{name}"
    after = "/dev/null" if new is None else f"generated/{name}"
    lines = list(difflib.unified_diff(_lines(old), _lines(new), before, after, lineterm=""))
    return lines or [f"--- {before}", f"+++ {after}"]


def _lines(content: bytes | None) -> list[str]:
    return (content or b"").decode(errors="backslashreplace").splitlines()
