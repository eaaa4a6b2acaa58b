"""Everything that takes part: PLCs, charge points, the central system and its database, and what lies between them."""

from __future__ import annotations

import asyncio
import random
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.server import DEFAULT_PATH
from ocpp_sdk.testing.proxy import TcpProxy
from tests.chaos import central_system, charge_point
from tests.chaos.faults import FaultyProxy
from tests.chaos.plc import CONNECTORS, PlcPlan, Progress, read_progress
from tests.chaos.plc import run as run_plc
from tests.chaos.programs import Keeper, Program
from tests.servers.postgresql import PostgresqlServer

_PORTS: Final = range(20_000, 30_000)
_given: Final[set[int]] = set()


class Way(TcpProxy):
    """A way to a port of this machine.

    Attributes:
        turn: held by whoever cuts it.
    """

    def __init__(self, target_port: int, port: int) -> None:
        super().__init__("127.0.0.1", target_port)
        self.port = port
        self.turn = asyncio.Lock()


@dataclass(slots=True, kw_only=True)
class Station:
    """One charge point, its PLC and the ways between.

    Attributes:
        identity: of the charge point.
        plan: of the charge point.
        plc: the program of the PLC.
        programs: of the charge point, and of its bridge if that is one of its own.
        to_plc: the way from the charge point to its PLC.
        to_central_system: the way from the charge point to the central system.
        memory: of the PLC.
        given_up: numbers of the messages that had to be sent again by hand.
    """

    identity: str
    plan: charge_point.ChargePointPlan
    plc: Program
    programs: list[Program]
    to_plc: Way
    to_central_system: Way
    memory: Path
    given_up: set[int] = field(default_factory=set)

    def progress(self) -> Progress:
        """Return how far the PLC is."""
        return read_progress(self.memory)


@dataclass(slots=True, kw_only=True)
class Site:
    """All that takes part.

    Attributes:
        stations: with charge points of all versions, on all storages that they have.
        central_system: the program.
        database: the server.
        database_turn: held by whoever kills it.
        to_database: the way from the central system to it.
        http: what lies before the central system.
        happened: how often each disaster did.
    """

    stations: list[Station]
    central_system: Program
    database: PostgresqlServer
    database_turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    to_database: Way
    http: FaultyProxy
    happened: Counter[str] = field(default_factory=Counter)

    def programs(self) -> list[Program]:
        """Return all programs."""
        found = [self.central_system]
        for station in self.stations:
            found += [station.plc, *station.programs]
        return found

    def ways(self) -> list[Way]:
        """Return the ways between them."""
        return [self.to_database, *(one for each in self.stations for one in (each.to_plc, each.to_central_system))]

    def failures(self) -> list[str]:
        """Return how programs ended by themselves that must not."""
        return [f"{line} ({count} times)" for program in self.programs() for line, count in program.failures.items()]


@asynccontextmanager
async def site(folder: Path, *, charge_points: int, sessions: int, seed: int) -> AsyncIterator[Site]:
    """Build everything, and run it until the block is left.

    Args:
        folder: for memories, storages and logs.
        charge_points: how many.
        sessions: how many vehicles charge in all, at least.
        seed: of all chances.
    """
    chances = random.Random(seed)
    keeper = Keeper()
    async with AsyncExitStack() as stack:
        stack.callback(keeper.close)
        database = await asyncio.to_thread(PostgresqlServer)
        stack.callback(database.close)
        there = urlsplit(database.url)
        to_database = await _way(stack, there.port or 0, chances)
        through = there._replace(netloc=there.netloc.replace(f":{there.port}", f":{to_database.port}")).geturl()
        port = free_port(chances)
        central = Program(
            "central system",
            central_system.run,
            central_system.CentralSystemPlan(
                port=port, storage=through, identities=tuple(f"CP{number + 1}" for number in range(charge_points))
            ),
            log=folder / "central-system.log",
            keeper=keeper,
            may_fail=True,
        )
        http = await stack.enter_async_context(FaultyProxy(port, chances).serving())
        each = -(-sessions // (charge_points * CONNECTORS))
        stations = [
            await _station(stack, folder, number, each, http, keeper, chances) for number in range(charge_points)
        ]
        built = Site(
            stations=stations,
            central_system=central,
            database=database,
            to_database=to_database,
            http=http,
        )
        for program in built.programs():
            program.start()
        try:
            yield built
        finally:
            await asyncio.gather(*(program.end() for program in built.programs()))


def free_port(chances: random.Random) -> int:
    """Return a port that nobody is given for a connection, so that a program finds it free when it starts again."""
    while True:
        port = chances.choice(_PORTS)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            _given.add(port)
            return port


async def _way(stack: AsyncExitStack, port: int, chances: random.Random) -> Way:
    """Open a way to a port of this machine that can be cut and opened again."""
    return await stack.enter_async_context(Way(port, free_port(chances)))


async def _station(
    stack: AsyncExitStack,
    folder: Path,
    number: int,
    sessions: int,
    http: FaultyProxy,
    keeper: Keeper,
    chances: random.Random,
) -> Station:
    identity, version = f"CP{number + 1}", list(OcppVersion)[number % 3]
    memory = folder / f"{identity}.plc.json"
    plc_port = free_port(chances)
    to_plc = await _way(stack, plc_port, chances)
    to_central_system = await _way(stack, http.port, chances)
    in_files = (number // 3 + number % 3) % 2 == 1
    plan = charge_point.ChargePointPlan(
        identity=identity,
        version=version,
        central_system=f"http://127.0.0.1:{to_central_system.port}{DEFAULT_PATH}",
        plc_port=to_plc.port,
        storage=f"file://{folder / identity}" if in_files else f"sqlite:///{folder / identity}.db",
        sent=folder / f"{identity}.sent",
        own_bridge=number % 6 == 4,
    )
    bodies = {f"charge point {identity}": charge_point.run}
    if plan.own_bridge:
        bodies[f"bridge of {identity}"] = charge_point.run_the_bridge
    return Station(
        identity=identity,
        plan=plan,
        plc=Program(
            f"PLC of {identity}",
            run_plc,
            PlcPlan(port=plc_port, memory=memory, seed=f"{chances.random()}", sessions=sessions),
            log=folder / f"PLC-of-{identity}.log",
            keeper=keeper,
        ),
        programs=[
            Program(name, body, plan, log=folder / f"{name.replace(' ', '-')}.log", keeper=keeper)
            for name, body in bodies.items()
        ],
        to_plc=to_plc,
        to_central_system=to_central_system,
        memory=memory,
    )
