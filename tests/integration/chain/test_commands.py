"""Commands of the central system down to the registers of the PLC, and what the PLC says up to the central system."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.domain import Reservation
from ocpp_sdk.versions.enumerations import AvailabilityType, ErrorCode, ResetType
from ocpp_sdk.versions.wording import error_of_1_2, error_of_1_5, error_of_1_6
from tests.integration.chain.chain import chain, each_version, each_version_and_one_apart, status_in
from tests.integration.chain.waiting import until

pytestmark = pytest.mark.anyio
ALLOWED = ("LOCK", "AUTH", "CHARGING")
FAULTS = {
    1: "OtherError",
    2: "ConnectorLockFailure",
    3: "GroundFailure",
    4: "HighTemperature",
    5: "Mode3Error",
    6: "OverCurrentFailure",
    7: "PowerMeterFailure",
    8: "PowerSwitchFailure",
    9: "ReaderFailure",
    10: "ResetFailure",
    11: "UnderVoltage",
    12: "WeakSignal",
}
_ERROR_IN = {OcppVersion.V12: error_of_1_2, OcppVersion.V15: error_of_1_5, OcppVersion.V16: error_of_1_6}


def _error_in(version: OcppVersion, fault: int) -> str:
    return str(_ERROR_IN[version](ErrorCode(FAULTS[fault])))


def control(connector_id: int, *, allowed: bool) -> dict[str, bool]:
    """Return the control registers of a connector."""
    return {f"CONTROL_CON{connector_id}_{what}_ALLOW": allowed for what in ALLOWED}


def reservation(number: int, seconds: float, id_tag: str = "KEPT") -> Reservation:
    """Return a reservation of connector 1."""
    expiry = (datetime.now(UTC) + timedelta(seconds=seconds)).replace(microsecond=0)
    return Reservation(reservation_id=number, connector_id=1, id_tag=id_tag, expiry_date=expiry)


@pytest.mark.parametrize(
    ("version", "apart"),
    [(OcppVersion.V15, False), (OcppVersion.V16, False), (OcppVersion.V15, True)],
    ids=["1.5-bridge-inside", "1.6-bridge-inside", "1.5-bridge-apart"],
)
async def test_reservation_shows_at_the_plc_until_it_is_used_cancelled_or_over(
    version: OcppVersion, tmp_path: Path, *, apart: bool
) -> None:
    """The PLC has tag, number and expiry while it lasts; only its tag may charge; the transaction names it."""
    async with chain(version, tmp_path, apart=apart) as one:
        commands = await one.central.commands()
        kept = reservation(71, 3600)
        assert await commands.reserve_now(kept) == "Accepted"
        await one.plc.held(
            RESERV_CON1_CMD=True, RESERV_CON1_IDTAG="KEPT", RESERV_CON1_RESID=71, RESERV_CON1_DATETIME=kept.expiry_date
        )
        await one.central.shows(1, "Reserved")
        assert await commands.reserve_now(reservation(72, 3600)) == "Occupied"
        assert await commands.cancel_reservation(72) == "Rejected"
        assert await commands.cancel_reservation(71) == "Accepted"
        await one.plc.held(RESERV_CON1_CMD=False)
        await one.central.shows(1, "Available")

        assert await commands.reserve_now(reservation(73, 3)) == "Accepted"
        await one.plc.held(RESERV_CON1_CMD=True, RESERV_CON1_RESID=73)
        await one.plc.held(RESERV_CON1_CMD=False)
        await one.central.shows(1, "Available")

        assert await commands.reserve_now(reservation(74, 3600)) == "Accepted"
        await one.plc.held(RESERV_CON1_CMD=True, RESERV_CON1_RESID=74)
        one.box.plug()
        await one.settled()
        one.box.swipe("OTHER")
        await until(lambda: ("OTHER", False) in one.box.asked, one.told)
        await one.settled()
        one.box.swipe("KEPT")
        await until(lambda: one.box.charging, one.told)
        await one.plc.held(RESERV_CON1_CMD=False)
        (record,) = await one.central.transactions()
        assert (record.start.id_tag, record.start.reservation_id) == ("KEPT", 74)
        await one.central.check()


@each_version_and_one_apart
async def test_availability_moves_the_control_registers_at_once_or_after_the_transaction(
    version: OcppVersion, tmp_path: Path, *, apart: bool
) -> None:
    """Without a transaction at once; with one it is Scheduled, and the vehicle goes on charging until it is over."""
    async with chain(version, tmp_path, apart=apart) as one:
        commands = await one.central.commands()
        assert await commands.change_availability(2, AvailabilityType.INOPERATIVE) == "Accepted"
        await one.plc.held(**control(2, allowed=False), **control(1, allowed=True))
        await one.central.shows(2, "Unavailable")
        assert await commands.change_availability(2, AvailabilityType.OPERATIVE) == "Accepted"
        await one.plc.held(**control(2, allowed=True))
        await one.central.shows(2, "Available")

        await one.begin()
        assert await commands.change_availability(0, AvailabilityType.INOPERATIVE) == "Scheduled"
        await one.plc.held(**control(2, allowed=False), **control(1, allowed=True))
        await one.draw()
        assert one.box.charging
        await one.leave()
        await one.central.ended(1)
        await one.plc.held(**control(1, allowed=False))
        await one.central.shows(1, "Unavailable")
        assert await commands.change_availability(0, AvailabilityType.OPERATIVE) == "Accepted"
        for number in (1, 2):
            await one.plc.held(**control(number, allowed=True))
            await one.central.shows(number, "Available")
        await one.central.check()


@each_version_and_one_apart
async def test_unlock_ends_the_transaction_and_lets_the_lock_go_for_a_second(
    version: OcppVersion, tmp_path: Path, *, apart: bool
) -> None:
    """LOCK_ALLOW is 0, then 1 again; the answer comes after that, and the transaction has ended before."""
    async with chain(version, tmp_path, apart=apart) as one:
        await one.begin()
        await one.draw()
        seen: list[object] = []

        async def watch() -> bool:
            registers = await one.plc.registers()
            seen.append((registers["CONTROL_CON1_LOCK_ALLOW"], one.box.charging))
            return seen[-1][0] is False  # type: ignore[index] # a pair, as appended above

        watching = asyncio.ensure_future(until(watch, one.told))
        status = await (await one.central.commands()).unlock_connector(1)
        assert str(status) == "Unlocked"
        await watching
        assert seen[0] == (True, True)
        assert seen[-1] == (False, False)
        (record,) = await one.central.ended(1)
        assert record.stop is not None
        assert record.stop.meter_stop_wh == int(one.box.energy_wh)
        if version is OcppVersion.V16:
            assert record.stop.reason == "UnlockCommand"
        await one.plc.held(CONTROL_CON1_LOCK_ALLOW=True)
        assert await (await one.central.commands()).unlock_connector(9) != "Unlocked"
        await one.central.check()


@each_version
async def test_status_and_fault_of_the_plc_are_told_in_the_words_of_the_version(
    version: OcppVersion, tmp_path: Path
) -> None:
    """Plugged, charging, finished, and each of the twelve faults, which ends a transaction; then all is well again."""
    async with chain(version, tmp_path) as one:
        await one.begin()
        await one.central.shows(1, status_in(version, "Charging"))
        one.box.fault = 6
        await one.central.shows(1, "Faulted", _error_in(version, 6))
        await one.central.ended(1)
        await one.settled()
        for number in FAULTS:
            one.plc.connector(2).fault = number
            await one.central.shows(2, "Faulted", _error_in(version, number))
            await one.settled(2)
        one.plc.connector(2).fault = 0
        one.box.fault = 0
        await one.central.shows(2, "Available")
        await one.central.shows(1, status_in(version, "Finishing"))
        one.box.unplug()
        await one.central.shows(1, "Available")
        words = [status for status, _ in await one.central.statuses(1)]
        if version is OcppVersion.V16:
            # Whether the end of the transaction or the fault is told first is the PLC's matter.
            assert words[-3:] == ["Faulted", "Finishing", "Available"]
            assert [word for word in words[:-3] if word != "Finishing"] == ["Available", "Preparing", "Charging"]
        else:
            assert words == ["Available", "Occupied", "Faulted", "Occupied", "Available"]
        await one.central.check()


@each_version_and_one_apart
async def test_reset_ends_what_runs_and_boots_again(version: OcppVersion, tmp_path: Path, *, apart: bool) -> None:
    """The transaction ends at the PLC first, then the charge point boots anew and the PLC hears the time anew."""
    async with chain(version, tmp_path, apart=apart) as one:
        for count, kind in enumerate((ResetType.SOFT, ResetType.HARD), 1):
            await one.begin()
            await one.draw()
            assert await (await one.central.commands()).reset(kind) == "Accepted"
            await one.charge_point.rebooted()
            assert not one.box.charging
            records = await one.central.ended(count)
            assert records[-1].stop is not None
            assert records[-1].stop.meter_stop_wh == int(one.box.energy_wh)
            if version is OcppVersion.V16:
                assert records[-1].stop.reason == f"{kind}Reset"
            assert len(await one.central.requests("BootNotification")) == 1 + count
            await one.leave()
        await one.plc.held(BN_EVCHST_ACCEPTED=True)
        await one.central.check()
