"""A charge point in a process of its own, which charges one vehicle after the other until it is killed.

What its storage has acknowledged goes to a file as lines of JSON, each with one system call.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from ocpp_sdk.charge_point import ChargePointSettings, SimulatedHardware, Transaction, running
from ocpp_sdk.errors import SessionRefusedError
from ocpp_sdk.operation import OcppVersion

Told: TypeAlias = tuple[str, str, int, int | None]
"""Kind, key of the transaction, and its meters at start and stop."""
CONNECTORS = 2
POWER_W = 3_600_000.0
"""1 kWh a second."""


def settings_of(version: OcppVersion) -> ChargePointSettings:
    """Return settings of a charge point that is in a hurry."""
    return ChargePointSettings(
        identity="CP1", version=version, sample_interval_s=1, first_retry_s=0.1, max_retry_s=0.5, decision_s=5
    )


def run(central_system: str, store: str, version: OcppVersion, told: str, seed: int) -> None:
    """Charge until killed.

    Args:
        central_system: URL of the central system.
        store: URL of the storage.
        version: of OCPP.
        told: file for what was acknowledged.
        seed: of the lengths of sessions.
    """
    asyncio.run(_run(central_system, store, version, told, seed))


async def _run(central_system: str, store: str, version: OcppVersion, told: str, seed: int) -> None:
    file = os.open(told, os.O_WRONLY | os.O_APPEND)

    def tell(kind: str, transaction: Transaction) -> None:
        line = json.dumps([kind, transaction.key, transaction.meter_start_wh, transaction.meter_stop_wh])
        os.write(file, line.encode() + b"\n")

    hardware = SimulatedHardware(CONNECTORS, POWER_W)
    async with running(settings_of(version), central_system, hardware, store=store) as point:
        tell_ready(file)
        lengths = random.Random(seed)
        async with asyncio.TaskGroup() as group:
            for number in range(1, CONNECTORS + 1):
                group.create_task(_charge(hardware, number, lengths, tell))
            group.create_task(point.charge_point.failed())


async def _charge(
    hardware: SimulatedHardware, number: int, lengths: random.Random, tell: Callable[[str, Transaction], None]
) -> None:
    while True:
        try:
            transaction = await hardware.charge(f"TAG{number}", number)
        except SessionRefusedError:
            await asyncio.sleep(0.02)
            continue
        tell("start", transaction)
        await asyncio.sleep(lengths.uniform(0, 1.5))
        await hardware.present(f"TAG{number}", transaction)
        tell("stop", transaction)


def tell_ready(file: int) -> None:
    """Say that a charge point runs."""
    os.write(file, b'["ready", "", 0, null]\n')


def read_told(path: Path) -> list[Told]:
    """Return what was acknowledged; a line that was cut off was not."""
    lines = path.read_bytes().split(b"\n")[:-1]
    return [tuple(json.loads(line)) for line in lines]
