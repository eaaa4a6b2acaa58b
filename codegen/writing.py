"""Writes generated files into place, and takes away those that are generated no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from codegen.errors import Place, UnsupportedError
from codegen.tree import MARK

__all__ = ["generated_files", "write"]

_HEAD: Final = 400


def write(files: Mapping[str, bytes], out: Path) -> int:
    """Write files below a folder; nothing that was not generated is touched.

    Args:
        files: content by path below the folder.
        out: the folder; it is made if it does not exist.

    Returns:
        How many files were written or removed.

    Raises:
        UnsupportedError: a file that was not generated is in the way.
    """
    for name in files:
        path = out / name
        if path.exists() and not _is_generated(path):
            raise UnsupportedError(Place(str(path)), "is in the way and was not generated", "move it away")
    changed = 0
    for name, content in files.items():
        path = out / name
        if path.exists() and path.read_bytes() == content:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        changed += 1
    for path in list(generated_files(out)):
        if path.relative_to(out).as_posix() not in files:
            path.unlink()
            changed += 1
    return changed


def generated_files(out: Path) -> Iterator[Path]:
    """Yield the files below a folder that carry the mark of this generator."""
    for path in sorted(out.rglob("*")):
        if path.suffix in {".py", ".wsdl"} and path.is_file() and _is_generated(path):
            yield path


def _is_generated(path: Path) -> bool:
    with path.open("rb") as file:
        return MARK in file.read(_HEAD)
