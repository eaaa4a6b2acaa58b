"""The commands `generate` and `check`: data on stdout, errors on stderr as one line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from codegen.comparing import differences
from codegen.errors import UnsupportedError
from codegen.tree import build
from codegen.writing import write

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: those of the command line, without the program.

    Returns:
        0 when all is well, 1 when generated code is stale, 2 when the WSDL or an option cannot be used.
    """
    options = _parser().parse_args(arguments)
    out: Path = options.out
    try:
        files = build(options.wsdl_dir, options.package)
        if options.command == "generate":
            changed = write(files, out)
            print(f"{out}: {len(files)} files, {changed} changed")
            return 0
        found = differences(files, out)
    except UnsupportedError as error:
        print(error, file=sys.stderr)
        return 2
    if found:
        print("\n".join(found))
        print(f"{out}: stale; run python -m codegen generate", file=sys.stderr)
        return 1
    print(f"{out}: {len(files)} files, fresh")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m codegen", description="Generate typed Python from WSDL files.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("generate", "write the packages"),
        ("check", "compare them with what would be written; exit 1 and show the difference when they are stale"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("--wsdl-dir", type=Path, default=Path("wsdl"), help="folder of the *.wsdl files")
        command.add_argument("--out", type=Path, default=Path("src/ocpp_sdk/generated"), help="folder of the package")
        command.add_argument("--package", default="ocpp_sdk.generated", help="dotted name of the package")
    return parser
