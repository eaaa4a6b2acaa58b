"""The central system as a program of its own, on a database that may be away."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from ocpp_sdk.central_system import CentralSystem
from ocpp_sdk.server.run import serve


@dataclass(frozen=True, slots=True, kw_only=True)
class CentralSystemPlan:
    """What a central system is told.

    Attributes:
        port: to listen on.
        storage: URL.
    """

    port: int
    storage: str


async def run(plan: CentralSystemPlan) -> None:
    """Be a central system until cancelled."""
    async with serve(CentralSystem(plan.storage).app, port=plan.port, drain_s=2.0):
        print(f"{datetime.now(UTC).time():%H:%M:%S.%f} serves", flush=True)
        await asyncio.get_running_loop().create_future()
