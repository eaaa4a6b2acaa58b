"""Options of commands that meet in one station: the charge point, its bridge, its queue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

__all__ = ["Identity", "MapFile", "UnitId"]

Identity: TypeAlias = Annotated[
    str | None,
    typer.Option(envvar="OCPP_IDENTITY", help="chargeBoxIdentity of the charge point.", show_default="CP1"),
]

MapFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--map",
        envvar="OCPP_MAP",
        metavar="FILE",
        help="Registers of the PLC, TOML or CSV; by default those of the field.",
    ),
]

UnitId: TypeAlias = Annotated[
    int | None, typer.Option(envvar="OCPP_UNIT", min=0, max=255, help="Unit id of the PLC.", show_default="1")
]
