"""A central system that is away, and a PLC that is silent, dead, wrong or restarted: nothing is lost."""

from pathlib import Path

import pytest

from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.storage import IdTagRecord
from ocpp_sdk.versions.enumerations import AvailabilityType
from tests.integration.chain.chain import Chain, chain, each_version, each_version_and_one_apart, status_in
from tests.integration.chain.waiting import until

pytestmark = pytest.mark.anyio
FIRST_PROVISIONAL = 2**31 - 2**24
"""Of a register of 32 bits: the upper part, 1 in 128, is for numbers that no central system has given."""


async def known_tag(one: Chain) -> None:
    """Let a tag charge once, so that the charge point knows it when the central system is away."""
    await one.begin("KNOWN")
    await one.leave()
    await one.central.ended(1)


@each_version_and_one_apart
async def test_session_without_a_central_system_is_told_whole_when_it_is_back(
    version: OcppVersion, tmp_path: Path, *, apart: bool
) -> None:
    """The PLC charges with a provisional number; start, samples and stop arrive later under the real one, once each."""
    async with chain(version, tmp_path, apart=apart, sample_interval_s=1, offline_start_s=0.5) as one:
        await known_tag(one)
        await one.central.stop()
        begin_wh = int(one.box.energy_wh)
        await one.begin("KNOWN")
        assert one.box.transaction_id >= FIRST_PROVISIONAL
        await one.draw(2000)
        one.box.swipe("KNOWN")
        await until(lambda: not one.box.charging, one.told)
        end_wh = int(one.box.energy_wh)
        await one.leave()
        assert not one.charge_point.online
        await one.central.start()
        _, record = await one.central.ended(2)
        assert record.stop is not None
        assert record.transaction_id < FIRST_PROVISIONAL
        assert (record.start.meter_start_wh, record.stop.meter_stop_wh) == (begin_wh, end_wh)
        assert record.start.started_at < record.stop.stopped_at
        (sent,) = [each for each in await one.central.requests("StopTransaction") if each["meterStop"] == end_wh]
        assert sent["transactionId"] == record.transaction_id
        await one.central.shows(1, "Available")
        await one.central.check()


@each_version
async def test_stop_without_a_central_system_is_told_when_it_is_back(version: OcppVersion, tmp_path: Path) -> None:
    """A transaction that began online and ends offline has one stop, with the meter of that moment."""
    async with chain(version, tmp_path) as one:
        await one.begin()
        number = one.box.transaction_id
        await one.central.stop()
        await one.draw()
        one.box.unplug()
        end_wh = int(one.box.energy_wh)
        await one.settled()
        await one.central.start()
        (record,) = await one.central.ended(1)
        assert record.stop is not None
        assert (record.transaction_id, record.stop.meter_stop_wh) == (number, end_wh)
        await one.central.check()


@each_version
async def test_stranger_does_not_charge_without_a_central_system(version: OcppVersion, tmp_path: Path) -> None:
    """Nobody vouches for a tag that was never seen, so the PLC hears no and no transaction is invented."""
    async with chain(version, tmp_path, offline_start_s=0.5) as one:
        await one.central.stop()
        one.box.plug()
        await one.settled()
        one.box.swipe("NEVER-SEEN")
        await until(lambda: ("NEVER-SEEN", False) in one.box.asked, one.told)
        await one.settled()
        assert not one.box.charging
        await one.central.start()
        await one.central.shows(1, status_in(version, "Preparing"))
        assert await one.central.transactions() == []
        await one.central.check()


@each_version
async def test_tag_that_is_blocked_meanwhile_loses_its_offline_transaction_as_the_version_wants(
    version: OcppVersion, tmp_path: Path
) -> None:
    """1.2 always ends it, 1.6 by its key, 1.5 lets it go on: the PLC is asked to stop, with the number it knows."""
    async with chain(version, tmp_path, offline_start_s=0.5) as one:
        await known_tag(one)
        await one.central.stop()
        await one.begin("KNOWN")
        provisional = one.box.transaction_id
        await one.central.store.put_id_tag(IdTagRecord(id_tag="KNOWN", status="Blocked"))
        await one.central.start()
        if version is OcppVersion.V15:
            await one.draw()
            await until(lambda: any("KNOWN is Blocked" in line for line in one.lines), one.told)
            assert one.box.transaction_id == provisional
            await one.leave()
        else:
            await until(lambda: not one.box.charging, one.told)
        _, record = await one.central.ended(2)
        assert record.stop is not None
        assert record.stop.meter_stop_wh == int(one.box.energy_wh)
        if version is OcppVersion.V16:
            assert record.stop.reason == "DeAuthorized"


@each_version_and_one_apart
async def test_silent_plc_is_shown_as_faulted_and_its_session_goes_on(
    version: OcppVersion, tmp_path: Path, *, apart: bool
) -> None:
    """It charges on while it says nothing; when it speaks again the same transaction ends with its whole energy."""
    async with chain(version, tmp_path, apart=apart) as one:
        await one.begin()
        number = one.box.transaction_id
        one.plc.be_silent()
        await one.central.shows(1, "Faulted", {OcppVersion.V12: "PowerSwitchFailure"}.get(version, "OtherError"))
        await one.draw(1000)
        one.plc.answer()
        await one.central.shows(1, status_in(version, "Charging"))
        assert one.box.transaction_id == number
        await one.leave()
        (record,) = await one.central.ended(1)
        assert record.stop is not None
        assert (record.transaction_id, record.stop.meter_stop_wh) == (number, int(one.box.energy_wh))
        assert len(await one.central.requests("BootNotification")) == 1
        await one.central.check()


@each_version_and_one_apart
async def test_plc_restarted_in_the_middle_keeps_its_transaction_and_hears_all_again(
    version: OcppVersion, tmp_path: Path, *, apart: bool
) -> None:
    """Its memory is retained and its registers are not: what was forbidden and reserved is written anew."""
    async with chain(version, tmp_path, apart=apart) as one:
        commands = await one.central.commands()
        assert await commands.change_availability(2, AvailabilityType.INOPERATIVE) == "Accepted"
        await one.begin()
        number = one.box.transaction_id
        await one.plc.stop()
        await one.central.shows(1, "Faulted", {OcppVersion.V12: "PowerSwitchFailure"}.get(version, "OtherError"))
        await one.plc.start()
        await one.central.shows(1, status_in(version, "Charging"))
        await one.plc.held(CONTROL_CON2_CHARGING_ALLOW=False, CONTROL_CON1_CHARGING_ALLOW=True)
        assert one.box.transaction_id == number
        await one.draw()
        await one.leave()
        (record,) = await one.central.ended(1)
        assert record.stop is not None
        assert (record.transaction_id, record.stop.meter_stop_wh) == (number, int(one.box.energy_wh))
        await one.central.check()


@each_version
async def test_plc_that_is_dead_at_the_start_boots_the_charge_point_when_it_comes(
    version: OcppVersion, tmp_path: Path
) -> None:
    """Without hardware there is no charge point, so nothing is sent before."""
    async with chain(version, tmp_path, unit_id=1, plc_unit_id=9, boots=False) as one:
        # A unit that is not there answers as little as a machine without power.
        await until(lambda: any("unit" in line for line in one.lines), one.told)
        assert await one.central.store.messages() == []
        await one.plc.stop()
        await until(lambda: len([line for line in one.lines if "CP1" in line]) >= 1, one.told)
        one.plc.unit_id = 1
        await one.plc.start()
        await one.charge_point.registered()
        await one.central.shows(1, "Available")
        await one.begin()
        await one.leave()
        await one.central.ended(1)
        await one.central.check()
