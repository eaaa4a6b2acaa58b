"""Commands that the hardware decides about: in time, in the right order, and whatever it does."""

import asyncio
from decimal import Decimal

import pytest

from ocpp_sdk.charge_point import Equipment, Limit
from ocpp_sdk.errors import ConnectError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.domain import (
    ChargingProfile,
    ChargingSchedule,
    ChargingSchedulePeriod,
    DataTransfer,
    IdTagInfo,
    RemoteStart,
    StopTransaction,
    Trigger,
)
from ocpp_sdk.versions.enumerations import AuthorizationStatus, MessageTrigger, ResetType
from tests.unit.charge_point.fake_hardware import FakeHardware
from tests.unit.charge_point.fakes import ACCEPTED, Bench, on_bench

pytestmark = pytest.mark.anyio
V12, V15, V16 = OcppVersion
each_version = pytest.mark.parametrize("version", list(OcppVersion))
INVALID = IdTagInfo(status=AuthorizationStatus.INVALID)


def stops(bench: Bench) -> list[tuple[int, str]]:
    """Return meter and reason of each stop that was sent."""
    return [
        (one.meter_stop_wh, str(one.reason))
        for one in bench.central_system.named("StopTransaction")
        if isinstance(one, StopTransaction)
    ]


@each_version
@pytest.mark.parametrize("connector_id", [1, None])
async def test_remote_start_that_the_hardware_never_answers_is_rejected_in_time(
    version: OcppVersion, connector_id: int | None
) -> None:
    """After 15 s, however many connectors could be meant; they are free again then."""
    hardware = FakeHardware()
    hardware.hanging.add("remote_start")
    async with on_bench(version, hardware=hardware) as bench:
        start = RemoteStart(id_tag="TAG", connector_id=connector_id)
        asked = asyncio.ensure_future(bench.commands.remote_start_transaction(bench.call, start))
        await bench.clock.pass_time(14.9)
        assert not asked.done()
        await bench.clock.pass_time(0.1)
        assert asked.done()
        assert await asked == "Rejected"
        assert hardware.station.authorized(1) is None
        assert bench.statuses()[-1] == "Available"


@each_version
async def test_remote_start_is_what_the_hardware_decides(version: OcppVersion) -> None:
    """A no of one connector leads to the next one; a yes that nothing follows ends with ConnectionTimeOut."""
    hardware = FakeHardware()
    async with on_bench(version, hardware=hardware) as bench:
        hardware.refusing.add("remote_start")
        start = bench.commands.remote_start_transaction
        assert await start(bench.call, RemoteStart(id_tag="TAG")) == "Rejected"
        assert hardware.asked_for("remote_start") == [(1, "TAG"), (2, "TAG")]
        hardware.refusing.clear()
        assert await start(bench.call, RemoteStart(id_tag="TAG", connector_id=2)) == "Accepted"
        assert hardware.station.authorized(2) == "TAG"
        await bench.clock.pass_time(60)
        assert hardware.station.authorized(2) is None
        assert bench.statuses(2)[-1] == "Available"
        assert "StartTransaction" not in bench.central_system.operations


async def test_hardware_that_fails_in_an_unheard_of_way_is_a_no() -> None:
    """The charge point goes on, and says what it was."""

    class Broken(FakeHardware):
        async def remote_start(self, connector_id: int, id_tag: str) -> bool:
            raise ZeroDivisionError("oops")

    async with on_bench(V16, hardware=Broken()) as bench:
        assert await bench.commands.remote_start_transaction(bench.call, RemoteStart(id_tag="TAG")) == "Rejected"
        assert any("ZeroDivisionError: oops" in line for line in bench.lines)


@pytest.mark.parametrize(("info", "starts"), [(ACCEPTED, True), (INVALID, False)])
async def test_remote_start_that_is_to_be_authorized_goes_by_the_answer(info: IdTagInfo, *, starts: bool) -> None:
    """AuthorizeRemoteTxRequests of 1.6; the hardware is asked only after a yes."""
    hardware = FakeHardware()
    async with on_bench(V16, hardware=hardware) as bench:
        await bench.commands.change_configuration(bench.call, "AuthorizeRemoteTxRequests", "true")
        bench.central_system.info = info
        start = RemoteStart(id_tag="TAG", connector_id=1)
        assert await bench.commands.remote_start_transaction(bench.call, start) == "Accepted"
        await bench.clock.pass_time()
        assert bench.central_system.named("Authorize") == ["TAG"]
        assert hardware.asked_for("remote_start") == ([(1, "TAG")] if starts else [])
        assert (hardware.station.authorized(1) == "TAG") is starts


@each_version
async def test_remote_stop_is_what_the_hardware_decides_within_the_deadline(version: OcppVersion) -> None:
    """A late yes still ends the transaction; a no leaves it."""
    hardware = FakeHardware()
    async with on_bench(version, hardware=hardware) as bench:
        transaction = await hardware.station.start(1, "TAG", 0, key="k")
        await bench.clock.pass_time(1)
        stop = bench.commands.remote_stop_transaction
        hardware.refusing.add("stop")
        assert await stop(bench.call, 101) == "Rejected"
        hardware.refusing.clear()
        hardware.hanging.add("stop")
        asked = asyncio.ensure_future(stop(bench.call, 101))
        await bench.clock.pass_time(15)
        assert await asked == "Rejected"
        assert transaction.stop_reason is None
        hardware.hanging.clear()
        hardware.meters[1] = 5
        await hardware.station.stop(1, 5, transaction=transaction)
        await bench.clock.pass_time()
        assert stops(bench) == [(5, "Remote")]
        assert await stop(bench.call, 101) == "Rejected"


@each_version
async def test_unlock_waits_for_hardware_that_is_slow_and_lets_nothing_go_under_power(version: OcppVersion) -> None:
    """A transaction that does not end keeps its cable; 1.6 has words for each outcome."""
    hardware = FakeHardware()
    async with on_bench(version, hardware=hardware) as bench:
        transaction = await hardware.station.start(1, "TAG", 0, key="k")
        unlock = bench.commands.unlock_connector
        hardware.refusing.add("stop")
        assert await unlock(bench.call, 1) == "UnlockFailed"
        assert hardware.asked_for("unlock") == []
        assert transaction.stop_reason is None
        # It says yes, and ends later.
        hardware.refusing = {"end"}
        asked = asyncio.ensure_future(unlock(bench.call, 1))
        await bench.clock.pass_time(10)
        assert hardware.asked_for("unlock") == []
        await hardware.station.stop(1, 3)
        await bench.clock.pass_time()
        assert await asked == "Unlocked"
        assert hardware.asked_for("unlock") == [(1,)]
        assert stops(bench) == [(3, "UnlockCommand")]
        hardware.refusing = {"unlock"}
        assert await unlock(bench.call, 1) == "UnlockFailed"
        hardware.hanging.add("unlock")
        asked = asyncio.ensure_future(unlock(bench.call, 1))
        await bench.clock.pass_time(15)
        assert await asked == "UnlockFailed"
        assert await unlock(bench.call, 3) == "NotSupported"


@each_version
@pytest.mark.parametrize("kind", list(ResetType))
async def test_reset_hands_over_to_the_supervisor_after_everything_is_told(
    version: OcppVersion, kind: ResetType
) -> None:
    """One that returns or fails leads to a boot; hardware that does not stop has its meter read."""
    hardware, handed = FakeHardware(), list[tuple[ResetType, list[str]]]()

    async def supervisor(kind: ResetType) -> None:
        handed.append((kind, list(bench.central_system.operations)))
        raise RuntimeError("no such unit")

    equipment = Equipment(supervisor=supervisor)
    async with on_bench(version, hardware=hardware, equipment=equipment, flush_s=30) as bench:
        await hardware.station.start(1, "TAG", 0, key="k")
        await hardware.station.authorize(2, "OTHER")
        hardware.hanging.add("stop")
        hardware.meters[1] = 8
        assert await bench.commands.reset(bench.call, kind) == "Accepted"
        assert await bench.commands.reset(bench.call, kind) == "Accepted"
        await bench.clock.pass_time(14)
        assert handed == []
        await bench.clock.pass_time(2)
        ((told, before),) = handed
        assert told is kind
        assert "StopTransaction" in before
        assert stops(bench) == [(8, f"{kind}Reset")]
        assert hardware.asked_for("reset") == [(kind,)]
        assert hardware.station.authorized(2) is None
        assert bench.central_system.operations.count("BootNotification") == 2
        assert any("the supervisor failed: RuntimeError: no such unit" in line for line in bench.lines)
        await bench.charge_point.rebooted()


async def test_value_that_needs_a_reboot_counts_after_a_reset() -> None:
    """RebootRequired of 1.6."""
    async with on_bench(V16) as bench:
        change = bench.commands.change_configuration
        assert await change(bench.call, "ConnectorPhaseRotation", "1.RST") == "RebootRequired"
        before = await bench.commands.get_configuration(bench.call, ("ConnectorPhaseRotation",))
        assert before.keys[0].value != "1.RST"
        await bench.commands.reset(bench.call, ResetType.SOFT)
        await bench.clock.pass_time(1)
        after = await bench.commands.get_configuration(bench.call, ("ConnectorPhaseRotation",))
        assert after.keys[0].value == "1.RST"


@pytest.mark.parametrize(
    ("version", "key", "reason"),
    [(V12, None, "DeAuthorized"), (V16, "true", "DeAuthorized"), (V15, None, None), (V16, "false", None)],
)
async def test_idtag_that_may_not_charge_ends_the_transaction_or_gets_nothing(
    version: OcppVersion, key: str | None, reason: str | None
) -> None:
    """As the version or StopTransactionOnInvalidId says; whoever comes next gets power again."""
    hardware = FakeHardware()
    async with on_bench(version, hardware=hardware) as bench:
        if key is not None:
            await bench.commands.change_configuration(bench.call, "StopTransactionOnInvalidId", key)
        bench.central_system.start_info = INVALID
        transaction = await hardware.station.start(1, "TAG", 0, key="a")
        await bench.clock.pass_time(1)
        assert transaction.stop_reason == reason
        if reason is None:
            assert hardware.limits[1] == Limit(rate=Decimal(0), unit="W")
            await hardware.station.stop(1, 0)
        bench.central_system.start_info = None
        await hardware.station.start(1, "GOOD", 0, key="b")
        await bench.clock.pass_time(1)
        assert hardware.limits[1] is None
        assert hardware.station.running(1) is not None


async def test_idtag_that_may_not_charge_gets_some_energy_where_the_key_says_so() -> None:
    """MaxEnergyOnInvalidId of 1.6, in Wh; a limit that is set meanwhile does not undo it, but counts afterwards."""
    hardware = FakeHardware()
    async with on_bench(V16, hardware=hardware) as bench:
        await bench.commands.change_configuration(bench.call, "StopTransactionOnInvalidId", "false")
        await bench.commands.change_configuration(bench.call, "MaxEnergyOnInvalidId", "100")
        bench.central_system.start_info = INVALID
        hardware.meters[1] = 1000
        await hardware.station.start(1, "TAG", 1000, key="a")
        hardware.meters[1] = 1099
        await bench.clock.pass_time(20)
        assert hardware.rate(1) is None
        hardware.meters[1] = 1100
        await bench.clock.pass_time(5)
        assert hardware.rate(1) == 0
        assert await bench.commands.set_charging_profile(bench.call, 1, profile("TxDefaultProfile", 16)) == "Accepted"
        await bench.clock.pass_time(1)
        assert hardware.rate(1) == 0
        await hardware.station.stop(1, 1100)
        await bench.clock.pass_time(1)
        assert hardware.rate(1) == 16


async def test_idtag_that_may_not_charge_gets_nothing_after_a_restart_either() -> None:
    """The answer is kept with the start."""
    hardware = FakeHardware()
    async with on_bench(V16, hardware=hardware, killed=True) as bench:
        await bench.commands.change_configuration(bench.call, "StopTransactionOnInvalidId", "false")
        bench.central_system.start_info = INVALID
        await hardware.station.start(1, "TAG", 0, key="a")
        await bench.clock.pass_time(1)
    again = FakeHardware()
    async with on_bench(V16, hardware=again, before=bench) as bench:
        await bench.clock.pass_time(1)
        assert again.limits[1] == Limit(rate=Decimal(0), unit="W")


def profile(purpose: str, amperes: int, transaction_id: int | None = None) -> ChargingProfile:
    """Return a profile that limits from now on."""
    period = ChargingSchedulePeriod(start_period_s=0, limit=Decimal(amperes))
    return ChargingProfile(
        profile_id=1,
        stack_level=0,
        purpose=purpose,
        kind="Relative",
        transaction_id=transaction_id,
        schedule=ChargingSchedule(rate_unit="A", periods=(period,)),
    )


async def test_charging_profile_limits_the_outlet() -> None:
    """10 A on three phases at 230 V are 6.9 kW; the transaction's own profile goes with it."""
    async with on_bench(V16) as bench:
        for outlet in bench.hardware._outlets.values():
            outlet._wants_w = 11_000.0  # type: ignore[attr-defined] # a vehicle that takes more than the limit
        transaction = await bench.hardware.charge("TAG", 1)
        await bench.clock.pass_time(3600)
        assert await bench.commands.set_charging_profile(bench.call, 1, profile("TxProfile", 10, 101)) == "Accepted"
        await bench.clock.pass_time(3600)
        await bench.hardware.present("TAG", transaction)
        assert transaction.meter_stop_wh == pytest.approx(11_000 + 6_900, abs=2)
        second = await bench.hardware.charge("TAG", 1)
        await bench.clock.pass_time(3600)
        await bench.hardware.present("TAG", second)
        assert second.meter_stop_wh is not None
        assert second.meter_stop_wh - second.meter_start_wh == pytest.approx(11_000, abs=2)


async def test_profile_of_nothing_suspends_the_transaction() -> None:
    """As SuspendedEVSE, also if it was there before the transaction."""
    async with on_bench(V16) as bench:
        nothing = profile("TxDefaultProfile", 0)
        assert await bench.commands.set_charging_profile(bench.call, 0, nothing) == "Accepted"
        await bench.hardware.charge("TAG", 1)
        await bench.clock.pass_time(10)
        assert bench.statuses()[-1] == "SuspendedEVSE"
        assert await bench.commands.set_charging_profile(bench.call, 0, profile("TxDefaultProfile", 6)) == "Accepted"
        await bench.clock.pass_time(10)
        assert bench.statuses()[-1] == "Charging"


async def test_profile_of_a_remote_start_limits_its_transaction() -> None:
    """From the start; one that is none for a transaction rejects the start (1.6 section 5.16.2)."""
    hardware = FakeHardware()
    async with on_bench(V16, hardware=hardware) as bench:
        start = bench.commands.remote_start_transaction
        wrong = RemoteStart(id_tag="TAG", connector_id=1, charging_profile=profile("TxDefaultProfile", 6))
        assert await start(bench.call, wrong) == "Rejected"
        right = RemoteStart(id_tag="TAG", connector_id=1, charging_profile=profile("TxProfile", 6))
        assert await start(bench.call, right) == "Accepted"
        await hardware.station.start(1, "TAG", 0, key="k")
        await bench.clock.pass_time(1)
        assert hardware.rate(1) == 6
        await hardware.station.stop(1, 0)
        await bench.clock.pass_time(1)
        assert hardware.limits[1] is None


@pytest.mark.parametrize("version", [V15, V16])
async def test_data_transfer_reaches_the_handler_of_its_vendor(version: OcppVersion) -> None:
    """Over the command; an unknown vendor or message says so, and the other way goes past the queue."""
    equipment = Equipment()

    @equipment.vendors.on("com.example", "hello")
    async def hello(transfer: DataTransfer) -> str:
        return f"{transfer.data}!"

    async with on_bench(version, equipment=equipment) as bench:
        ask = bench.commands.data_transfer
        told = await ask(bench.call, DataTransfer(vendor_id="com.example", message_id="hello", data="hi"))
        assert (told.status, told.data) == ("Accepted", "hi!")
        assert (await ask(bench.call, DataTransfer(vendor_id="com.example", message_id="bye"))).status == (
            "UnknownMessageId"
        )
        assert (await ask(bench.call, DataTransfer(vendor_id="org.example"))).status == "UnknownVendorId"
        assert (await bench.charge_point.data_transfer(DataTransfer(vendor_id="v"))).status == "Accepted"


async def test_triggered_message_that_cannot_be_sent_harms_nobody() -> None:
    """It is reported."""
    async with on_bench(V16) as bench:
        bench.central_system.fail("any", ConnectError("nobody there", url="http://cs/"))
        trigger = Trigger(message=MessageTrigger.STATUS_NOTIFICATION, connector_id=0)
        assert await bench.commands.trigger_message(bench.call, trigger) == "Accepted"
        await bench.clock.pass_time(10)
        assert any("StatusNotification: " in line and "nobody there" in line for line in bench.lines)
        assert await bench.commands.trigger_message(bench.call, trigger) == "Accepted"
        await bench.clock.pass_time(1)
        assert bench.statuses(0) == ["Available", "Available"]
