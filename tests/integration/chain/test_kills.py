"""The charge point as a process that is killed at the worst moments: exactly one transaction, with the right meter."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ocpp_sdk.central_system import CentralSystemSettings
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.storage import WireMessage, open_store
from ocpp_sdk.testing.proxy import TcpProxy
from tests.integration.chain.box import Box, box_in, write_box
from tests.integration.chain.chain import PATH, Central, central_system, status_in
from tests.integration.chain.plc import Plc, running_plc
from tests.integration.chain.programs import program, url_in
from tests.integration.chain.waiting import until

pytestmark = [pytest.mark.anyio, pytest.mark.long, pytest.mark.timeout(300)]


@dataclass
class Wire:
    """The connection to a central system, which breaks at chosen moments.

    Attributes:
        lose_answer_to: the operation whose next answer nobody hears.
    """

    lose_answer_to: str = ""
    proxy: TcpProxy = field(default_factory=lambda: TcpProxy("127.0.0.1", 1))
    _cutting: asyncio.Task[None] | None = None

    def heard(self, message: WireMessage) -> None:
        """Keep the answer back of what was stored just now, if it is the one."""
        if message.operation == self.lose_answer_to:
            self.lose_answer_to = ""
            self.proxy.mute()

    def cut(self) -> None:
        """Break it before anything else can be sent."""
        self._cutting = asyncio.ensure_future(self.proxy.cut())


@dataclass
class Scene:
    """A box that may die between a PLC and a central system that live on."""

    version: OcppVersion
    plc: Plc
    central: Central
    wire: Wire
    box: Box

    async def swipe(self, id_tag: str) -> None:
        connector = self.plc.connector()
        await until(lambda: connector.quiet, self.box.told)
        connector.swipe(id_tag)

    async def die_before_our_answer(self, operation: str, *, reached: bool, all_of_it: bool) -> None:
        """Let TAG1 be shown, and kill the box while the PLC waits for our answer to what follows; then start it again.

        Args:
            operation: what follows, StartTransaction or StopTransaction.
            reached: whether the central system got the request, and only its answer is lost.
            all_of_it: whether the bridge dies as well.
        """
        connector, group = self.plc.connector(), operation.removesuffix("Transaction").upper()
        if reached:
            self.wire.lose_answer_to = operation
        elif group == "START":
            connector.on_start = self.wire.cut
        else:
            connector.on_stop = self.wire.cut
        await until(lambda: connector.quiet, self.box.told)
        before = len(self.box.charge_point.lines)
        connector.swipe("TAG1")
        await until(lambda: group in connector.holds, self.box.told)
        if reached:

            async def stored() -> bool:
                return len(await self.central.requests(operation)) == 1

            await until(stored, self.box.told)
        else:
            await self.box.charge_point.said("connection", since=before)
        await self.box.kill(all_of_it=all_of_it)
        assert group in connector.holds
        await self.wire.proxy.restore()
        await self.box.start()


@asynccontextmanager
async def scene(version: OcppVersion, folder: Path, *, apart: bool) -> AsyncIterator[Scene]:
    """Run a box until it waits for commands."""
    wire = Wire()
    async with (
        running_plc() as plc,
        central_system(CentralSystemSettings(on_message=wire.heard)) as central,
        TcpProxy("127.0.0.1", urlsplit(central.url).port or 0) as proxy,
    ):
        wire.proxy = proxy
        write_box(
            folder, version, central_system=f"http://127.0.0.1:{proxy.port}{PATH}", plc=str(plc.address), apart=apart
        )
        async with box_in(folder, apart=apart) as box:
            yield Scene(version, plc, central, wire, box)


@pytest.mark.parametrize(
    ("version", "apart", "reached"),
    [
        (OcppVersion.V12, False, True),
        (OcppVersion.V15, False, False),
        (OcppVersion.V15, True, True),
        (OcppVersion.V16, True, False),
    ],
    ids=["1.2-inside-answer-lost", "1.5-inside-cut", "1.5-apart-answer-lost", "1.6-apart-cut"],
)
async def test_charge_point_killed_in_start_charge_and_stop_leaves_one_transaction(
    version: OcppVersion, tmp_path: Path, *, apart: bool, reached: bool
) -> None:
    """Between START and our answer, while it charges, between STOP and our answer; the PLC holds what it asked."""
    async with scene(version, tmp_path, apart=apart) as one:
        connector = one.plc.connector()
        connector.plug()
        begin_wh = int(connector.energy_wh)
        await one.die_before_our_answer("StartTransaction", reached=reached, all_of_it=apart)
        await until(lambda: connector.charging, one.box.told)
        (open_one,) = await one.central.transactions()
        assert (connector.transaction_id, open_one.stop) == (open_one.transaction_id, None)

        await one.box.kill()
        killed_wh = connector.energy_wh
        await until(lambda: connector.energy_wh > killed_wh + 500, one.box.told)
        await one.box.start()
        await one.central.shows(1, status_in(version, "Charging"))
        assert connector.transaction_id == open_one.transaction_id

        await one.die_before_our_answer("StopTransaction", reached=reached, all_of_it=apart)
        end_wh = int(connector.energy_wh)
        await until(lambda: connector.quiet, one.box.told)
        (record,) = await one.central.ended(1)
        assert record.stop is not None
        assert record.transaction_id == open_one.transaction_id
        assert (record.start.meter_start_wh, record.stop.meter_stop_wh) == (begin_wh, end_wh)
        assert (record.start.id_tag, record.stop.id_tag) == ("TAG1", "TAG1")
        stops = await one.central.requests("StopTransaction")
        assert [stop["meterStop"] for stop in stops] == [end_wh] * (2 if reached else 1)
        await one.central.check()


@pytest.mark.parametrize(
    ("version", "apart"), [(OcppVersion.V12, False), (OcppVersion.V15, True), (OcppVersion.V16, False)]
)
async def test_power_cut_of_everything_in_the_middle_of_a_charge_loses_nothing(
    version: OcppVersion, tmp_path: Path, *, apart: bool
) -> None:
    """PLC, bridge, charge point and central system die at once; the PLC remembers, and one transaction has it all."""
    url = f"sqlite:///{tmp_path / 'central.db'}"
    arguments = ("central-system", "--storage", url, "--port")
    async with running_plc() as plc, program(tmp_path, *arguments, "0") as first:
        address = url_in(await first.said("http"))
        port = str(urlsplit(address).port)
        write_box(tmp_path, version, central_system=address, plc=str(plc.address), apart=apart)
        async with box_in(tmp_path, apart=apart) as box:
            connector = plc.connector()
            connector.plug()
            await until(lambda: connector.quiet, box.told)
            begin_wh = int(connector.energy_wh)
            connector.swipe("TAG1")
            await until(lambda: connector.charging, box.told)
            number = connector.transaction_id
            await until(lambda: connector.energy_wh > begin_wh + 1500, box.told)
            await asyncio.gather(first.kill(), box.kill(all_of_it=True), plc.stop())
            cut_wh = connector.energy_wh
            await plc.start()
            async with program(tmp_path, *arguments, port, ready="http"):
                await box.start()
                await until(lambda: connector.energy_wh > cut_wh + 500, box.told)
                assert connector.transaction_id == number
                connector.unplug()
                end_wh = int(connector.energy_wh)
                await until(lambda: connector.quiet, box.told)
                store = await open_store(url)
                try:

                    async def stopped() -> bool:
                        return all(one.stop is not None for one in await store.transactions())

                    await until(stopped, box.told)
                    (record,) = await store.transactions()
                    assert record.stop is not None
                    assert record.transaction_id == number
                    assert (record.start.meter_start_wh, record.stop.meter_stop_wh) == (begin_wh, end_wh)
                    assert record.problem is None
                    assert await store.refused_stops() == []
                    energies = [int(one.value) for one in await store.samples("CP1", connector_id=1)]
                    assert energies
                    assert begin_wh <= min(energies) <= max(energies) <= end_wh
                finally:
                    await store.close()
