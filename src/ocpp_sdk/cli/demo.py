"""`ocpp-sdk demo`: a central system and three charge points with a PLC each, through real sockets."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ocpp_sdk.cli.ending import say
from ocpp_sdk.errors import OcppError
from ocpp_sdk.operation import OcppVersion

if TYPE_CHECKING:
    from rich.console import Console

    from ocpp_sdk.central_system import CentralSystem
    from ocpp_sdk.storage import Store, TransactionRecord, WireMessage

__all__ = ["command"]

_TIMEOUT_S = 30.0
_POWER_W = 22_000
_PERIOD_S = 0.1
_READINGS = 2
_MANY = 1_000_000


def command(
    *,
    storage: Annotated[
        str | None,
        typer.Option(
            envvar="OCPP_STORAGE",
            metavar="URL",
            help="Where to store, as sqlite:///demo.db.",
            show_default="SQLite in a temporary folder",
        ),
    ] = None,
) -> None:
    """Run a central system and three charge points with simulated PLCs, and print what happens and what was stored."""
    with tempfile.TemporaryDirectory(prefix="ocpp-sdk-demo-") as folder:
        asyncio.run(_run(storage or f"sqlite:///{Path(folder, 'demo.db')}"))


class _Witness:
    """Counts what the central system stores, and lets others wait for it."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[str, str]] = Counter()
        self._more = asyncio.Event()

    def note(self, message: WireMessage) -> None:
        self.seen[message.identity, message.operation] += 1
        self._more.set()

    async def wait(self, identity: str, operation: str, times: int = 1) -> None:
        while self.seen[identity, operation] < times:
            self._more.clear()
            await self._more.wait()


async def _run(storage: str) -> None:
    from rich.console import Console

    from ocpp_sdk.central_system import CentralSystem, CentralSystemSettings
    from ocpp_sdk.server.run import serve

    console = Console()
    witness = _Witness()
    central_system = CentralSystem(storage, CentralSystemSettings(heartbeat_interval_s=1, on_message=witness.note))
    async with serve(central_system.app) as address:
        say(f"central system at {address.url}, three charge points call it")
        url = f"{address.url}/Ocpp/CentralSystemService"
        try:
            async with asyncio.timeout(_TIMEOUT_S), asyncio.TaskGroup() as group:
                charges = [group.create_task(_charge(central_system, witness, url, version)) for version in OcppVersion]
        except TimeoutError:
            raise OcppError(f"the demo was not done within {_TIMEOUT_S:g} s") from None
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None
        await _show(console, central_system.store, witness, [charge.result() for charge in charges])


async def _charge(central_system: CentralSystem, witness: _Witness, url: str, version: OcppVersion) -> int:
    """Run a charge point with a simulated PLC until the central system has stopped its transaction.

    Returns:
        The number of the transaction.
    """
    from ocpp_sdk.charge_point import ChargePointSettings, running
    from ocpp_sdk.modbus.map import default_map
    from ocpp_sdk.modbus.simulator.server import SimulatedPlc, serve_plc
    from ocpp_sdk.modbus.station import PlcSettings, plc_hardware
    from ocpp_sdk.storage import open_store

    identity = f"DEMO-{version}"
    settings = ChargePointSettings(identity=identity, version=version, sample_interval_s=1, boot_attempts=1)
    register_map = default_map(1)
    plc = SimulatedPlc(register_map)
    vehicle = plc.connectors[1]
    vehicle.power_w = _POWER_W

    def report(line: str) -> None:
        print(f"{identity}  {line}", flush=True)

    store = await open_store("memory:")
    async with serve_plc(plc) as address:
        of_plc = PlcSettings(address=address, register_map=register_map, period_s=_PERIOD_S)
        async with (
            plc_hardware(of_plc, store, identity, report=report) as hardware,
            running(settings, url, hardware, store=store, report=report) as run,
        ):
            await run.charge_point.registered()
            await witness.wait(identity, "Heartbeat")
            print(f"{identity}  a vehicle is plugged in, and DEMO-TAG is swiped at the PLC", flush=True)
            vehicle.plug()
            vehicle.swipe("DEMO-TAG")
            await witness.wait(identity, "MeterValues", _READINGS)
            transaction = run.charge_point.sessions.running(1)
            if transaction is None or transaction.transaction_id is None:
                raise OcppError(f"{identity}: meter values came without a transaction")
            number = transaction.transaction_id
            commands = await central_system.commands(identity)
            print(f"{identity}  the central system sends RemoteStopTransaction for transaction {number}", flush=True)
            status = await commands.remote_stop_transaction(number)
            if status != "Accepted":
                raise OcppError(f"{identity}: the remote stop was answered {status}")
            await transaction.ended.wait()
            vehicle.unplug()
            await witness.wait(identity, "StopTransaction")
    await store.close()
    return number


async def _show(console: Console, store: Store, witness: _Witness, numbers: list[int]) -> None:
    from rich.table import Table

    identities = [f"DEMO-{version}" for version in OcppVersion]
    points = Table("charge point", "OCPP", "registration", "vendor", "model", title="Charge points")
    for point in await store.charge_points():
        if point.identity in identities and point.boot is not None:
            points.add_row(point.identity, point.version, point.registration, point.boot.vendor, point.boot.model)
    console.print(points)

    messages = Table("operation", *identities, title="Requests stored")
    for operation in sorted({operation for _, operation in witness.seen}):
        messages.add_row(operation, *(str(witness.seen[identity, operation]) for identity in identities))
    console.print(messages)

    found = [one for number in numbers if (one := await store.transaction(number)) is not None]
    transactions = Table(
        "number", "charge point", "idTag", "started", "stopped", "energy", "meter values", title="Transactions"
    )
    for one in found:
        # Found by time, since 1.2 cannot name the transaction of a reading.
        samples = await store.samples(one.start.identity, limit=_MANY)
        during = [sample for sample in samples if sample.sampled_at >= one.start.started_at]
        transactions.add_row(*_cells(one), str(len(during)))
    console.print(transactions)
    if len([one for one in found if one.stop is not None]) != len(identities):
        raise OcppError("a transaction is not stored with its stop")


def _cells(one: TransactionRecord) -> tuple[str, ...]:
    stop = one.stop
    start = one.start
    return (
        str(one.transaction_id),
        start.identity,
        start.id_tag,
        f"{start.started_at:%H:%M:%S}",
        "" if stop is None else f"{stop.stopped_at:%H:%M:%S}",
        "" if stop is None else f"{stop.meter_stop_wh - start.meter_start_wh} Wh",
    )
