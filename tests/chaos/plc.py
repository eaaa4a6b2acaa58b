"""The PLC of a charge point as a program of its own, which may be killed at any point.

As a real PLC it keeps its meters, transactions and the requests that it holds over a restart, since they are in
retained memory: here in a file that is replaced before the registers of a cycle can be read. What was written into its
holding registers is lost, and while it starts all registers are 0, BN_PLC_RUNNING as well.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from ocpp_sdk.modbus.map import default_map
from ocpp_sdk.modbus.simulator.server import SimulatedPlc, serve_plc
from tests.chaos.customers import Customers, Delivered, MeteredConnector

CONNECTORS = 2
_STARTS_FOR_S: Final = (0.0, 0.3, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlcPlan:
    """What a PLC is told.

    Attributes:
        port: to listen on.
        memory: the file that outlives it.
        seed: of its customers.
        sessions: how many charge at each connector.
    """

    port: int
    memory: Path
    seed: str
    sessions: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What the memory of a PLC tells.

    Attributes:
        done: how many customers have gone.
        over: whether all have, and no request is under way.
        delivered: by all connectors.
    """

    done: int
    over: bool
    delivered: tuple[Delivered, ...]


class RetainedPlc(SimulatedPlc):
    """A simulated PLC with customers and a memory."""

    def __init__(self, plan: PlcPlan) -> None:
        super().__init__(default_map(CONNECTORS))
        self._memory = plan.memory
        self._starts_for_s = random.choice(_STARTS_FOR_S)
        self._metered = {number: MeteredConnector(number) for number in range(1, CONNECTORS + 1)}
        self.connectors.update(self._metered)
        self._customers = {number: Customers(f"{plan.seed}/{number}", plan.sessions) for number in self._metered}
        with suppress(FileNotFoundError):
            kept = json.loads(plan.memory.read_text())
            for number, connector in self._metered.items():
                connector.restore(kept["connectors"][str(number)])
                self._customers[number] = Customers(**kept["customers"][str(number)])

    def step(self, seconds: float) -> None:
        """Go on by so many seconds; nobody can read the registers before the memory is written."""
        if self._starts_for_s > 0:
            self._starts_for_s -= seconds
            if self._starts_for_s > 0:
                return
            self._tables[False] = dict.fromkeys(self._tables[False], 0)
            self._touched.clear()
        for number, customers in self._customers.items():
            customers.step(self._metered[number], seconds)
        super().step(seconds)
        kept = {
            "connectors": {number: connector.kept() for number, connector in self._metered.items()},
            "customers": {number: asdict(customers) for number, customers in self._customers.items()},
            "over": all(one.over for one in self._customers.values())
            and all(one.quiet for one in self._metered.values()),
        }
        new = self._memory.with_suffix(".new")
        new.write_text(json.dumps(kept))
        new.replace(self._memory)


def read_progress(memory: Path) -> Progress:
    """Return how far a PLC is, whether or not its program runs."""
    try:
        kept = json.loads(memory.read_text())
    except FileNotFoundError:
        return Progress(0, over=False, delivered=())
    return Progress(
        sum(customers["done"] for customers in kept["customers"].values()),
        over=kept["over"],
        delivered=tuple(Delivered(**one) for each in kept["connectors"].values() for one in each["delivered"]),
    )


async def run(plan: PlcPlan) -> None:
    """Be a PLC until cancelled."""
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    plc = RetainedPlc(plan)
    plc.step(0)
    async with serve_plc(plc, port=plan.port):
        await asyncio.get_running_loop().create_future()
