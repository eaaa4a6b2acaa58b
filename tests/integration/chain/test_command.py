"""The commands as an operator runs them: `charge-point`, `plc-simulator`, `central-system`, and `modbus bridge`."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ocpp_sdk.client import SoapClient
from ocpp_sdk.modbus.device import ModbusDevice
from ocpp_sdk.modbus.registers import Value
from ocpp_sdk.modbus.settings import address_of
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.storage import Store, TransactionRecord, open_store
from ocpp_sdk.versions import version_of
from ocpp_sdk.versions.domain import RemoteStart
from ocpp_sdk.versions.enumerations import AvailabilityType, ResetType
from ocpp_sdk.versions.roles import ChargePointCommands
from tests.integration.chain.box import Box, box_in, write_box
from tests.integration.chain.chain import central_system, status_in
from tests.integration.chain.plc import MAP, running_plc
from tests.integration.chain.programs import Program, program, url_in
from tests.integration.chain.waiting import until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]


@dataclass
class Site:
    """All programs of a site, and what they have stored."""

    box: Box
    plc: Program
    plc_address: str
    central: Program
    central_port: str
    store: Store

    async def type(self, *lines: str) -> None:
        """Let something happen at the PLC."""
        for line in lines:
            await self.plc.type(line)

    async def held(self, **wanted: Value) -> None:
        """Wait until registers of the PLC hold some values."""
        address = address_of(self.plc_address)

        async def look() -> bool:
            async with ModbusDevice(MAP, address) as device:
                found = {**(await device.read()).values, **(await device.read_back()).values}
                return all(found[name] == value for name, value in wanted.items())

        await until(look, self.box.told)

    async def drawn(self, least_wh: int) -> None:
        """Wait until the meter of connector 1 has counted so much more."""
        address = address_of(self.plc_address)

        async def energy_wh() -> int:
            async with ModbusDevice(MAP, address) as device:
                return (await device.read()).whole("MV_CONNECTOR1_WHMETER") or 0

        until_wh = await energy_wh() + least_wh

        async def look() -> bool:
            return await energy_wh() >= until_wh

        await until(look, self.box.told)

    async def shows(self, connector_id: int, status: str) -> None:
        """Wait until the central system has a status of a connector."""

        async def look() -> bool:
            found = await self.store.status_history("CP1", connector_id, limit=1)
            return [one.status for one in found] == [status]

        await until(look, self.box.told)

    async def transactions(self, *, running: int = 0, ended: int = 0) -> list[TransactionRecord]:
        """Wait until so many transactions run and have ended; returns all, the oldest first."""

        async def look() -> bool:
            found = await self.store.transactions()
            return [one.stop is None for one in found].count(True) == running and len(found) == running + ended

        await until(look, self.box.told)
        return (await self.store.transactions())[::-1]


@asynccontextmanager
async def site(folder: Path, version: OcppVersion, *, apart: bool = False) -> AsyncIterator[Site]:
    """Run all programs until the charge point waits for commands."""
    url = f"sqlite:///{folder / 'central.db'}"
    async with (
        program(folder, "central-system", "--port", "0", "--storage", url) as central,
        program(folder, "plc-simulator", "--port", "0") as plc,
    ):
        central_url = url_in(await central.said("http"))
        words = (await plc.said("answers at")).split()
        address = words[words.index("at") + 1]
        write_box(folder, version, central_system=central_url, plc=address, apart=apart)
        store = await open_store(url)
        try:
            async with box_in(folder, apart=apart) as box:
                yield Site(box, plc, address, central, str(urlsplit(central_url).port), store)
        finally:
            await store.close()


@asynccontextmanager
async def commands(found: Site, version: OcppVersion) -> AsyncIterator[ChargePointCommands]:
    """Call the charge point at the address that it has told the central system."""
    record = await found.store.charge_point("CP1")
    assert record is not None
    assert record.advertised_address is not None
    async with SoapClient(record.advertised_address, charge_box_identity="CP1") as caller:
        yield version_of(version).call_charge_point(caller)


@pytest.mark.long
@pytest.mark.parametrize(
    ("version", "apart"),
    [(OcppVersion.V12, False), (OcppVersion.V15, True), (OcppVersion.V16, False)],
    ids=["1.2-bridge-inside", "1.5-bridge-apart", "1.6-bridge-inside"],
)
async def test_box_charges_obeys_and_goes_on_after_a_restart(
    version: OcppVersion, tmp_path: Path, *, apart: bool
) -> None:
    """Tag and remote sessions, availability and faults; the end of the program ends no transaction."""
    async with site(tmp_path, version, apart=apart) as one:
        record = await one.store.charge_point("CP1")
        assert record is not None
        assert record.boot is not None
        assert (record.boot.model, record.boot.firmware_version) == ("Simulator", "simulated")
        await one.held(BN_EVCHST_ACCEPTED=True)

        await one.type("power 1 1000000", "plug 1")
        await one.shows(1, status_in(version, "Preparing"))
        await one.type("swipe 1 TAG1")
        await one.transactions(running=1)
        await one.shows(1, status_in(version, "Charging"))
        await one.drawn(100)
        assert await one.box.charge_point.end() == 0
        assert one.box.charge_point.lines[-1].endswith("CP1 has ended")
        await one.box.start()
        await one.transactions(running=1)
        await one.type("swipe 1 TAG1")
        (first,) = await one.transactions(ended=1)
        assert first.stop is not None
        assert first.stop.meter_stop_wh > first.start.meter_start_wh
        assert (first.start.id_tag, first.stop.id_tag) == ("TAG1", "TAG1")

        async with commands(one, version) as charge_point:
            await one.type("refuse 1")
            start = RemoteStart(id_tag="FAR", connector_id=1)
            assert await charge_point.remote_start_transaction(start) == "Rejected"
            await one.type("accept 1")
            assert await charge_point.remote_start_transaction(start) == "Accepted"
            (_, second) = await one.transactions(running=1, ended=1)
            await one.held(STOP_CON1_CMD=False, START_CON1_CMD=False, START_CON1_COMPLETE=False)
            assert await charge_point.remote_stop_transaction(second.transaction_id) == "Accepted"
            await one.transactions(ended=2)
            assert await charge_point.change_availability(2, AvailabilityType.INOPERATIVE) == "Accepted"
            await one.held(CONTROL_CON2_LOCK_ALLOW=False, CONTROL_CON2_AUTH_ALLOW=False)
            await one.shows(2, "Unavailable")
        await one.type("fault 1 6")
        await one.shows(1, "Faulted")
        await one.type("fault 1 0", "unplug 1")
        await one.shows(1, "Available")
        assert await one.store.refused_stops() == []


@pytest.mark.long
async def test_box_without_a_central_system_charges_whom_it_knows(tmp_path: Path) -> None:
    """The central system is away for a whole session and has it all afterwards, under its own number."""
    async with site(tmp_path, OcppVersion.V16) as one:
        await one.type("power 1 1000000", "plug 1", "swipe 1 TAG1")
        await one.transactions(running=1)
        await one.held(START_CON1_CMD=False)
        await one.type("swipe 1 TAG1")
        await one.transactions(ended=1)
        await one.held(STOP_CON1_CMD=False, STOP_CON1_COMPLETE=False)
        await one.central.kill()
        await one.type("swipe 1 TAG1")
        await one.box.charge_point.said("the PLC knows the transaction at 1 as")
        await one.held(START_CON1_CMD=False, START_CON1_COMPLETE=False)
        await one.drawn(200)
        await one.type("swipe 1 TAG1")
        await one.held(MV_CONNECTOR1_ACTPOW=0, STOP_CON1_CMD=False)
        url = f"sqlite:///{tmp_path / 'central.db'}"
        again = ("central-system", "--port", one.central_port, "--storage", url)
        async with program(tmp_path, *again, ready="http"):
            _, record = await one.transactions(ended=2)
            assert record.stop is not None
            assert record.stop.meter_stop_wh > record.start.meter_start_wh
            assert record.transaction_id < 1000
            assert await one.store.refused_stops() == []


async def test_reset_hands_over_to_the_command_of_the_operator(tmp_path: Path) -> None:
    """The transaction ends at the PLC and is told; then the command ends the program, and the next one boots."""
    command = ["/bin/sh", "-c", 'kill -TERM $PPID; sleep 0.5; echo "$0" > restarted']
    async with running_plc() as plc, central_system() as central:
        write_box(
            tmp_path,
            OcppVersion.V15,
            central_system=central.url,
            plc=str(plc.address),
            of_charge_point=f"reset-command = {json.dumps(command)}",
        )
        async with box_in(tmp_path) as box:
            connector = plc.connector()
            connector.plug()
            await until(lambda: connector.quiet, box.told)
            connector.swipe("TAG1")
            await until(lambda: connector.energy_wh > 500, box.told)
            assert await (await central.commands()).reset(ResetType.HARD) == "Accepted"
            await until(lambda: not box.charge_point.runs, box.told)
            assert box.charge_point.code == 0
            assert not connector.charging
            (record,) = await central.transactions()
            assert record.stop is not None
            assert record.stop.meter_stop_wh == int(connector.energy_wh)
            await until(lambda: _text(tmp_path / "restarted") == "Hard\n", box.told)
            await box.start()
            assert len(await central.requests("BootNotification")) == 2


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""
