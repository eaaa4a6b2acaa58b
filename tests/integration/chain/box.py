"""A charge point as its operator has it: `box.toml`, and the commands that read it as processes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ocpp_sdk.operation import OcppVersion
from tests.integration.chain.programs import Program

READY = "waits for commands"


def write_box(
    folder: Path,
    version: OcppVersion,
    *,
    central_system: str,
    plc: str,
    apart: bool = False,
    metrics_port: int = 0,
    of_charge_point: str = "",
    of_plc: str = "",
) -> None:
    """Write the configuration file of a charge point with a PLC."""
    (folder / "box.toml").write_text(
        f"""
[charge-point]
central-system = "{central_system}"
version = "{version}"
port = 0
storage = "sqlite:///box.db"
sample-interval = 1
metrics-port = {metrics_port}
{of_charge_point}

[plc]
plc = "{plc}"
period = 0.05
timeout = 0.5
bridge-process = {str(apart).lower()}
{of_plc}
"""
    )


@dataclass
class Box:
    """The processes of a charge point.

    Attributes:
        charge_point: `ocpp-sdk charge-point`.
        bridge: `ocpp-sdk modbus bridge`, if it is a process of its own.
    """

    charge_point: Program
    bridge: Program | None

    async def start(self, ready: str = READY) -> None:
        """Start all that does not run."""
        if self.bridge is not None and not self.bridge.runs:
            await self.bridge.start()
        if not self.charge_point.runs:
            await self.charge_point.start(ready)

    async def kill(self, *, all_of_it: bool = False) -> None:
        """Kill the charge point, or its bridge as well."""
        await self.charge_point.kill()
        if self.bridge is not None and all_of_it:
            await self.bridge.kill()

    def told(self) -> str:
        """Return all that was printed."""
        return "\n".join([*self.charge_point.lines, *(self.bridge.lines if self.bridge else ())])


@asynccontextmanager
async def box_in(folder: Path, *, apart: bool = False, ready: str = READY) -> AsyncIterator[Box]:
    """Run what `box.toml` of a folder describes until the block is left."""
    bridge = Program(folder, "modbus", "bridge", "--config", "box.toml") if apart else None
    box = Box(Program(folder, "charge-point", "--config", "box.toml"), bridge)
    try:
        await box.start(ready)
        yield box
    finally:
        for run in (box.charge_point, box.bridge):
            if run is not None and run.runs:
                await run.end()
    assert "Traceback" not in box.told(), box.told()
