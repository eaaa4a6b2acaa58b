"""Sessions through the whole chain: from the tag at the PLC to the record at the central system, and back."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from ocpp_sdk.central_system import CentralSystemSettings
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.storage import IdTagRecord, MeterSample
from ocpp_sdk.versions.domain import RemoteStart
from tests.integration.chain.chain import (
    chain,
    each_arrangement,
    each_version,
    each_version_and_one_apart,
    status_in,
)
from tests.integration.chain.waiting import until

pytestmark = pytest.mark.anyio
FOUR = "Energy.Active.Import.Register,Power.Active.Import,Voltage,Current.Import"


@each_version_and_one_apart
async def test_boot_tells_the_plc_and_speaks_for_it(version: OcppVersion, tmp_path: Path, *, apart: bool) -> None:
    """Model and version of the PLC reach the central system; acceptance and time reach the PLC, also with each beat."""
    settings = CentralSystemSettings(heartbeat_interval_s=1)
    async with chain(version, tmp_path, apart=apart, central=settings) as one:
        record = await one.central.store.charge_point("CP1")
        assert record is not None
        assert record.boot is not None
        assert (record.version, record.registration) == (version.value, "Accepted")
        assert (record.boot.model, record.boot.firmware_version) == ("Simulator", "simulated")
        await one.plc.held(BN_EVCHST_ACCEPTED=True)

        async def beaten() -> bool:
            return await one.plc.time_in("HB_CS_DATETIME") is not None

        await until(beaten, one.told)
        for name in ("BN_CS_DATETIME", "HB_CS_DATETIME"):
            told = await one.plc.time_in(name)
            assert told is not None
            assert abs(datetime.now(UTC) - told) < timedelta(seconds=5)
        await one.plc.held(
            **{f"CONTROL_CON{n}_{what}_ALLOW": True for n in (1, 2) for what in ("LOCK", "AUTH", "CHARGING")}
        )
        await one.central.check()


@each_arrangement
@each_version
async def test_tag_charges_and_ends_by_tag_unplugging_and_remote_stop(
    version: OcppVersion, tmp_path: Path, *, apart: bool
) -> None:
    """Three sessions: the registers of the PLC are the records of the central system, to the watt-hour."""
    async with chain(version, tmp_path, apart=apart) as one:
        meters: list[tuple[int, int]] = []
        for ending in ("tag", "unplug", "remote"):
            begin_wh = int(one.box.energy_wh)
            await one.begin(f"TAG-{ending}")
            number = one.box.transaction_id
            await one.draw()
            if ending == "tag":
                one.box.swipe("TAG-tag")
            elif ending == "unplug":
                one.box.unplug()
            else:
                assert await (await one.central.commands()).remote_stop_transaction(number) == "Accepted"
            await until(lambda: not one.box.charging, one.told)
            meters.append((begin_wh, int(one.box.energy_wh)))
            await one.leave()
            assert (await one.central.ended(len(meters)))[-1].transaction_id == number
        records = await one.central.transactions()
        assert [
            (record.start.meter_start_wh, record.stop and record.stop.meter_stop_wh) for record in records
        ] == meters
        assert [record.start.id_tag for record in records] == ["TAG-tag", "TAG-unplug", "TAG-remote"]
        assert [record.stop and record.stop.id_tag for record in records] == ["TAG-tag", None, None]
        if version is OcppVersion.V16:
            assert [record.stop and record.stop.reason for record in records][2] == "Remote"
        await one.central.shows(1, "Available")
        operations = [message.operation for message in await one.central.store.messages("CP1", limit=1000)]
        assert operations.count("Authorize") == 3
        await one.central.check()


@each_version
async def test_meters_are_sampled_and_aligned_to_the_clock(version: OcppVersion, tmp_path: Path) -> None:
    """Samples of a transaction come each second; from 1.5 on every slot of the clock is told under its start."""
    async with chain(version, tmp_path, sample_interval_s=1) as one:
        if version is not OcppVersion.V12:
            commands = await one.central.commands()
            for key, value in (
                ("ClockAlignedDataInterval", "1"),
                ("MeterValuesSampledData", FOUR),
                ("StopTxnSampledData", "Energy.Active.Import.Register"),
            ):
                assert await commands.change_configuration(key, value) == "Accepted"
        await one.begin()
        number = one.box.transaction_id

        def in_transaction(samples: list[MeterSample]) -> list[MeterSample]:
            # 1.2 cannot name the transaction of a sample.
            return [
                each
                for each in samples
                if each.connector_id == 1 and (version is OcppVersion.V12 or each.transaction_id == number)
            ]

        async def found(context: str | None, least: int) -> bool:
            samples = in_transaction(await one.central.store.samples("CP1"))
            times = {each.sampled_at for each in samples if context is None or each.context == context}
            return len(times) >= least

        await until(lambda: found(None if version is OcppVersion.V12 else "Sample.Periodic", 3), one.told)
        if version is not OcppVersion.V12:
            await until(lambda: found("Sample.Clock", 3), one.told)
        await one.leave()
        (record,) = await one.central.ended(1)
        assert record.stop is not None
        samples = in_transaction(await one.central.store.samples("CP1"))
        energies = [int(each.value) for each in samples if each.measurand in {None, "Energy.Active.Import.Register"}]
        assert energies
        assert record.start.meter_start_wh <= min(energies)
        assert max(energies) <= record.stop.meter_stop_wh
        periodic = sorted({each.sampled_at for each in samples if each.context in {None, "Sample.Periodic"}})
        for before, after in pairwise(periodic):
            seconds = (after - before).total_seconds()
            # A machine that is busy may leave one out, but its times do not drift.
            assert round(seconds) >= 1
            assert abs(seconds - round(seconds)) < 0.4
        if version is not OcppVersion.V12:
            aligned = {each.sampled_at for each in samples if each.context == "Sample.Clock"}
            assert {each.microsecond for each in aligned} == {0}
            assert {each.measurand for each in samples if each.context == "Sample.Periodic"} == set(FOUR.split(","))
            contexts = {each.context for each in samples}
            assert {"Transaction.Begin", "Transaction.End"} <= contexts
        await one.central.check()


@each_version_and_one_apart
async def test_plc_accepts_and_refuses_a_remote_start(version: OcppVersion, tmp_path: Path, *, apart: bool) -> None:
    """The answer is the PLC's decision; what it accepts becomes a transaction, what it refuses none."""
    async with chain(version, tmp_path, apart=apart) as one:
        commands = await one.central.commands()
        start = RemoteStart(id_tag="FAR", connector_id=1)
        # Nobody has plugged in, so the PLC says no.
        assert await commands.remote_start_transaction(start) == "Rejected"
        one.box.plug()
        await one.central.shows(1, status_in(version, "Preparing"))
        one.box.remote_accepts = False
        assert await commands.remote_start_transaction(start) == "Rejected"
        one.box.remote_accepts = True
        assert await commands.remote_start_transaction(start) == "Accepted"
        await until(lambda: one.box.charging, one.told)
        one.box.remote_accepts = False
        assert await commands.remote_stop_transaction(one.box.transaction_id) == "Rejected"
        assert await commands.remote_stop_transaction(one.box.transaction_id + 1) == "Rejected"
        assert one.box.charging
        one.box.remote_accepts = True
        assert await commands.remote_stop_transaction(one.box.transaction_id) == "Accepted"
        (record,) = await one.central.ended(1)
        assert record.start.id_tag == "FAR"
        await one.plc.held(RMT_START_CON1_CMD=False, RMT_STOP_CON1_CMD=False)
        await one.central.check()


@each_version
async def test_tag_that_may_not_charge_is_refused_at_the_plc(version: OcppVersion, tmp_path: Path) -> None:
    """Blocked, expired and unknown to the list of those who may: no start, and the PLC hears no."""
    async with chain(version, tmp_path) as one:
        past = datetime.now(UTC) - timedelta(days=1)
        await one.central.store.put_id_tag(IdTagRecord(id_tag="BLOCKED", status="Blocked"))
        await one.central.store.put_id_tag(IdTagRecord(id_tag="EXPIRED", expires_at=past))
        one.box.plug()
        for count, tag in enumerate(("BLOCKED", "EXPIRED"), 1):
            await one.settled()
            one.box.swipe(tag)
            await until(lambda count=count: len(one.box.asked) == count, one.told)  # type: ignore[misc] # binds the value
        assert not one.box.charging
        one.box.unplug()
        await one.settled()
        await one.begin("GOOD")
        assert one.box.asked == [("BLOCKED", False), ("EXPIRED", False), ("GOOD", True)]
        assert [record.start.id_tag for record in await one.central.transactions()] == ["GOOD"]
        await one.central.check()


@each_version
async def test_transaction_is_ended_by_a_tag_of_the_group_and_by_no_other(version: OcppVersion, tmp_path: Path) -> None:
    """The same parent may stop; a stranger who may charge elsewhere may not stop this one."""
    async with chain(version, tmp_path) as one:
        for tag in ("ANNA", "BERT"):
            await one.central.store.put_id_tag(IdTagRecord(id_tag=tag, parent_id_tag="FAMILY"))
        await one.begin("ANNA")
        await one.draw()
        one.box.swipe("STRANGER")
        await until(lambda: ("STRANGER", False) in one.box.asked, one.told)
        assert one.box.charging
        await one.settled()
        one.box.swipe("BERT")
        await until(lambda: not one.box.charging, one.told)
        (record,) = await one.central.ended(1)
        assert record.stop is not None
        assert (record.start.id_tag, record.stop.id_tag) == ("ANNA", "BERT")
        await one.central.check()


@each_version
async def test_two_connectors_charge_at_the_same_time(version: OcppVersion, tmp_path: Path) -> None:
    """Each has its own transaction, tag and meter."""
    async with chain(version, tmp_path) as one:
        await one.begin("TAG1", 1)
        await one.begin("TAG2", 2)
        await one.draw(50, 1)
        await one.draw(50, 2)
        await one.leave(2)
        await one.leave(1)
        first, second = await one.central.ended(2)
        for record, number in ((first, 1), (second, 2)):
            assert record.stop is not None
            assert (record.start.connector_id, record.start.id_tag) == (number, f"TAG{number}")
            assert record.stop.meter_stop_wh == int(one.plc.connector(number).energy_wh)
        await one.central.check()
