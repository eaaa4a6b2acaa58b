"""What commands share that read a configuration file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

__all__ = ["ConfigFile", "given"]

ConfigFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config",
        envvar="OCPP_CONFIG",
        metavar="FILE",
        help="TOML file with options, for what neither the command line nor the environment says.",
        show_default="ocpp-sdk.toml if it is there",
    ),
]
"""The option `--config`."""


def given(options: Mapping[str, object]) -> dict[str, object]:
    """Return those options that were given, on the command line or in the environment.

    Args:
        options: all of a command, None or an empty list where they were not given.
    """
    return {name: value for name, value in options.items() if value is not None and value != []}
