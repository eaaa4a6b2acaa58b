"""A charge point as a program of its own, whose hardware is a PLC on the network."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ocpp_sdk.charge_point import ChargePoint, ChargePointSettings, running
from ocpp_sdk.charge_point.configuration.key import Key, Kind
from ocpp_sdk.client import ClientSettings
from ocpp_sdk.modbus.map import default_map
from ocpp_sdk.modbus.settings import DeviceSettings, TcpAddress
from ocpp_sdk.modbus.station import PlcSettings, plc_hardware, run_bridge
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.storage import open_store
from tests.chaos.plc import CONNECTORS

_CLIENT = ClientSettings(connect_timeout_s=1.0, read_timeout_s=2.0, total_timeout_s=3.0)
_DEVICE = DeviceSettings(timeout_s=1.0, first_delay_s=0.1, max_delay_s=0.5)
_RETRY_S = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargePointPlan:
    """What a charge point is told.

    Attributes:
        identity: its own.
        version: of OCPP.
        central_system: URL.
        plc_port: of its PLC.
        storage: URL.
        sent: a file that it makes when nothing waits to be sent.
        own_bridge: whether the bridge to the PLC is another program.
    """

    identity: str
    version: OcppVersion
    central_system: str
    plc_port: int
    storage: str
    sent: Path
    own_bridge: bool = False

    def plc(self) -> PlcSettings:
        """Return how the PLC is spoken to."""
        return PlcSettings(
            address=TcpAddress("127.0.0.1", self.plc_port),
            register_map=default_map(CONNECTORS),
            device=_DEVICE,
            period_s=0.1,
            own_process=self.own_bridge,
            offline_start_s=1.5,
            stop_answer_s=0.5,
        )


def say(line: str) -> None:
    """Print what happens; the supervisor of this program keeps it."""
    print(f"{datetime.now(UTC).time():%H:%M:%S.%f} {line}", flush=True)


async def run(plan: ChargePointPlan) -> None:
    """Be a charge point until cancelled; transactions go on after the next start."""
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    settings = ChargePointSettings(
        identity=plan.identity,
        version=plan.version,
        sample_interval_s=1,
        first_retry_s=0.2,
        max_retry_s=1.0,
    )
    store = await open_store(plan.storage)
    try:
        async with (
            plc_hardware(plan.plc(), store, plan.identity, report=say) as hardware,
            running(
                settings,
                plan.central_system,
                hardware,
                client=_CLIENT,
                store=store,
                report=say,
                end_transactions=False,
                flush_s=20.0,
            ) as run,
        ):
            _retry_soon(run.charge_point)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_tell_when_sent(run.charge_point, plan.sent.touch))
                await run.charge_point.failed()
    finally:
        await store.close()


async def run_the_bridge(plan: ChargePointPlan) -> None:
    """Be the bridge between a charge point and its PLC until cancelled."""
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    store = await open_store(plan.storage)
    try:
        await run_bridge(plan.plc(), store, plan.identity, report=say)
    finally:
        await store.close()


async def _tell_when_sent(charge_point: ChargePoint, tell: Callable[[], None]) -> None:
    """Tell as soon as nothing waits to be sent."""
    await charge_point.registered()
    while not await charge_point.flush():
        continue
    tell()


def _retry_soon(charge_point: ChargePoint) -> None:
    """Have a refused message sent again after a second, also by versions that have no key for it."""
    configuration = charge_point.configuration
    name = "TransactionMessageRetryInterval"
    if configuration.change(name, _RETRY_S) != "Accepted":
        configuration.add(Key(name, Kind.INTEGER, _RETRY_S))
