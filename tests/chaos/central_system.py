"""The central system as a program of its own, which commands at random; its database may be away."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ocpp_sdk.central_system import CentralSystem, CentralSystemSettings
from ocpp_sdk.client import ClientSettings
from ocpp_sdk.errors import OcppError
from ocpp_sdk.server.run import serve
from ocpp_sdk.versions.domain import RemoteStart
from tests.chaos.customers import TAGS
from tests.chaos.plc import CONNECTORS

_MEAN_S: Final = 0.5
_SETTINGS: Final = CentralSystemSettings(
    client=ClientSettings(connect_timeout_s=1.0, read_timeout_s=5.0, total_timeout_s=6.0)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CentralSystemPlan:
    """What a central system is told.

    Attributes:
        port: to listen on.
        storage: URL.
        identities: of its charge points.
    """

    port: int
    storage: str
    identities: tuple[str, ...]


async def run(plan: CentralSystemPlan) -> None:
    """Be a central system until cancelled."""
    central_system = CentralSystem(plan.storage, _SETTINGS)
    async with serve(central_system.app, port=plan.port, drain_s=2.0), asyncio.TaskGroup() as commands:
        _say("serves")
        while True:
            await asyncio.sleep(random.expovariate(1 / _MEAN_S))
            commands.create_task(_command(central_system, random.choice(plan.identities)))


async def _command(central_system: CentralSystem, identity: str) -> None:
    """Start or stop a transaction from afar, or let a cable go; charge points that are away are left alone."""
    connector_id = random.randint(1, CONNECTORS)
    try:
        commands = await central_system.commands(identity)
        running = await central_system.store.transactions(identity, open_only=True, limit=CONNECTORS)
        match random.choice(("start", "start", "stop", "unlock")):
            case "start":
                start = RemoteStart(id_tag=random.choice(TAGS), connector_id=connector_id)
                answer = await commands.remote_start_transaction(start)
            case "stop" if running:
                answer = await commands.remote_stop_transaction(random.choice(running).transaction_id)
            case _:
                _say(f"{identity} unlocks {connector_id}: {await commands.unlock_connector(connector_id)}")
                return
    except OcppError as error:
        _say(f"{identity}: {error}")
    else:
        _say(f"{identity}, connector {connector_id}: {answer}")


def _say(line: str) -> None:
    print(f"{datetime.now(UTC).time():%H:%M:%S.%f} {line}", flush=True)
