"""The whole chain in the tests' own process: PLC, bridge (here or as a process), charge point, central system."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ocpp_sdk.central_system import CentralSystem, CentralSystemSettings
from ocpp_sdk.charge_point import ChargePoint, ChargePointSettings, Equipment, Running, running
from ocpp_sdk.client import ClientSettings
from ocpp_sdk.modbus.settings import DeviceSettings
from ocpp_sdk.modbus.station import PlcSettings, plc_hardware
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.server.run import serve
from ocpp_sdk.storage import Store, TransactionRecord, open_store
from ocpp_sdk.versions.roles import ChargePointCommands
from tests.integration.chain.plc import MAP, AskingConnector, Plc, running_plc
from tests.integration.chain.programs import program
from tests.integration.chain.waiting import until

PATH = "/Ocpp/CentralSystemService"
each_version = pytest.mark.parametrize("version", list(OcppVersion))
each_arrangement = pytest.mark.parametrize("apart", [False, True], ids=["bridge-inside", "bridge-apart"])
each_version_and_one_apart = pytest.mark.parametrize(
    ("version", "apart"),
    [
        *(pytest.param(version, False, id=f"{version}-bridge-inside") for version in OcppVersion),
        pytest.param(OcppVersion.V16, True, id="1.6-bridge-apart"),
    ],
)
"""For what hangs little on where the bridge runs, since each process takes seconds to start."""


class Central:
    """A central system that can be away; what it has stored stays.

    Attributes:
        store: what it has stored.
    """

    def __init__(self, store: Store, settings: CentralSystemSettings) -> None:
        self.store = store
        self._settings = settings
        self._stack = AsyncExitStack()
        self._port = 0
        self._system = CentralSystem(store, settings)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}{PATH}"

    async def start(self) -> None:
        """Let it run, always at the same address."""
        self._system = CentralSystem(self.store, self._settings)
        self._stack = AsyncExitStack()
        bound = await self._stack.enter_async_context(serve(self._system.app, port=self._port, drain_s=0.1))
        self._port = bound.port

    async def stop(self) -> None:
        """Be away."""
        await self._stack.aclose()

    async def commands(self) -> ChargePointCommands:
        """Return the commands of the charge point."""
        return await self._system.commands("CP1")

    async def transactions(self) -> list[TransactionRecord]:
        """Return all transactions, the oldest first."""
        return (await self.store.transactions())[::-1]

    async def statuses(self, connector_id: int) -> list[tuple[str, str]]:
        """Return status and error code of a connector in the order in which they came."""
        history = await self.store.status_history("CP1", connector_id)
        return [(one.status, one.error_code) for one in history[::-1]]

    async def shows(self, connector_id: int, status: str, error: str = "NoError") -> None:
        """Wait until a connector is shown with a status."""
        found: list[tuple[str, str]] = []

        async def look() -> bool:
            found[:] = await self.statuses(connector_id)
            return found[-1:] == [(status, error)]

        await until(look, lambda: f"connector {connector_id} never was {status}, but {found}")

    async def requests(self, operation: str) -> list[dict[str, Any]]:
        """Return all requests of one operation as they came."""
        found = await self.store.messages("CP1", operation=operation, limit=10_000)
        return [json.loads(one.request) for one in found]

    async def ended(self, count: int) -> list[TransactionRecord]:
        """Wait until so many transactions are there and have ended; returns all."""

        async def look() -> bool:
            found = await self.transactions()
            return len(found) >= count and all(one.stop is not None for one in found)

        await until(look, lambda: f"{count} transactions never ended")
        return await self.transactions()

    async def check(self) -> None:
        """See that nothing that came was odd or answered by a fault, and no stop was refused."""
        messages = await self.store.messages(limit=10_000)
        assert {(one.operation, one.fault, one.deviations) for one in messages if one.fault or one.deviations} == set()
        assert await self.store.refused_stops() == []
        assert [one for one in await self.transactions() if one.problem is not None] == []


@dataclass
class Chain:
    """Everything from the vehicle to the central system."""

    version: OcppVersion
    plc: Plc
    central: Central
    run: Running
    lines: list[str]

    @property
    def charge_point(self) -> ChargePoint:
        return self.run.charge_point

    @property
    def box(self) -> AskingConnector:
        return self.plc.connector(1)

    async def begin(self, id_tag: str = "TAG1", connector_id: int = 1) -> None:
        """Let somebody plug in and show a tag, until the vehicle charges."""
        box = self.plc.connector(connector_id)
        box.plug()
        await until(lambda: box.quiet, self.told)
        box.swipe(id_tag)
        await until(lambda: box.charging, self.told)

    async def draw(self, least_wh: int = 100, connector_id: int = 1) -> None:
        """Let some energy flow."""
        box = self.plc.connector(connector_id)
        until_wh = box.energy_wh + least_wh
        await until(lambda: box.energy_wh >= until_wh, self.told)

    async def leave(self, connector_id: int = 1) -> None:
        """Let the vehicle go, and wait until the PLC has told all."""
        box = self.plc.connector(connector_id)
        box.unplug()
        await self.settled(connector_id)

    async def settled(self, connector_id: int = 1) -> None:
        """Wait until the PLC asks nothing any more."""
        box = self.plc.connector(connector_id)
        await until(lambda: box.quiet, self.told)

    def told(self) -> str:
        """Return all that was reported."""
        return "\n".join(self.lines)


def status_in(version: OcppVersion, word: str) -> str:
    """Return a status of 1.6 as a version says it."""
    if version is OcppVersion.V16 or word in {"Available", "Unavailable", "Faulted"}:
        return word
    if word == "Reserved" and version is OcppVersion.V15:
        return word
    return "Occupied"


def settings_of(version: OcppVersion, *, sample_interval_s: int = 0) -> ChargePointSettings:
    """Return a charge point that is impatient."""
    return ChargePointSettings(
        identity="CP1", version=version, sample_interval_s=sample_interval_s, first_retry_s=0.1, max_retry_s=0.3
    )


@asynccontextmanager
async def central_system(settings: CentralSystemSettings | None = None) -> AsyncIterator[Central]:
    """Run a central system."""
    store = await open_store("memory:")
    central = Central(store, settings or CentralSystemSettings())
    await central.start()
    try:
        yield central
    finally:
        await central.stop()
        await store.close()


@asynccontextmanager
async def chain(  # noqa: PLR0913 - each a thing that some test wants otherwise
    version: OcppVersion,
    folder: Path,
    *,
    apart: bool = False,
    sample_interval_s: int = 0,
    central: CentralSystemSettings | None = None,
    equipment: Equipment | None = None,
    offline_start_s: float = 10.0,
    unit_id: int = 1,
    plc_unit_id: int = 1,
    boots: bool = True,
) -> AsyncIterator[Chain]:
    """Run everything until the charge point is accepted.

    Args:
        version: of OCPP.
        folder: for storage.
        apart: whether the bridge is a process of its own.
        sample_interval_s: between two samples, 0 for none.
        central: settings of the central system.
        equipment: of the charge point.
        offline_start_s: how long a start waits for the central system.
        unit_id: of the PLC, as the charge point believes.
        plc_unit_id: of the PLC.
        boots: whether to wait for the acceptance, and for the first status of each connector.
    """
    lines: list[str] = []
    url = f"sqlite:///{folder / 'box.db'}" if apart else "memory:"
    async with running_plc(plc_unit_id) as plc, central_system(central) as system, AsyncExitStack() as stack:
        store = await open_store(url)
        stack.push_async_callback(store.close)
        settings = PlcSettings(
            address=plc.address,
            register_map=MAP,
            device=DeviceSettings(unit_id=unit_id, timeout_s=0.5, first_delay_s=0.05, max_delay_s=0.1),
            period_s=0.05,
            own_process=apart,
            offline_start_s=offline_start_s,
            stop_answer_s=0.5,
        )
        hardware = await stack.enter_async_context(plc_hardware(settings, store, "CP1", report=lines.append))
        run = await stack.enter_async_context(
            running(
                settings_of(version, sample_interval_s=sample_interval_s),
                system.url,
                hardware,
                client=ClientSettings(connect_timeout_s=1.0, read_timeout_s=10.0),
                store=store,
                report=lines.append,
                equipment=equipment,
                end_transactions=False,
                flush_s=5.0,
            )
        )
        if apart:
            bridge = ("modbus", "bridge", "--plc", str(plc.address), "--storage", url, "--period", "0.05")
            await stack.enter_async_context(program(folder, *bridge, "--timeout", "0.5"))
        found = Chain(version, plc, system, run, lines)
        if boots:
            await run.charge_point.registered()
            for number in (1, 2):
                await system.shows(number, "Available")
                await found.settled(number)
        yield found
