"""Each command does what it says, in time that the test moves."""

from datetime import timedelta

import pytest

from ocpp_sdk.charge_point import SessionRefusedError
from ocpp_sdk.errors import ConnectError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.domain import (
    ChargingProfileFilter,
    CompositeScheduleRequest,
    DataTransfer,
    FirmwareUpdate,
    IdTagInfo,
    LocalListEntry,
    LocalListUpdate,
    MeterValues,
    RemoteStart,
    Reservation,
    StartTransaction,
    StopTransaction,
    Trigger,
)
from ocpp_sdk.versions.enumerations import (
    AuthorizationStatus,
    AvailabilityType,
    MessageTrigger,
    UpdateType,
)
from tests.unit.charge_point.fakes import ACCEPTED, NOON, Bench, on_bench

pytestmark = pytest.mark.anyio
V12, V15, V16 = OcppVersion
each_version = pytest.mark.parametrize("version", list(OcppVersion))
INVALID = IdTagInfo(status=AuthorizationStatus.INVALID)


def reservation(number: int = 1, connector_id: int = 1, tag: str = "TAG", minutes: int = 10) -> Reservation:
    """Return a reservation that ends so many minutes after noon."""
    return Reservation(
        reservation_id=number, connector_id=connector_id, id_tag=tag, expiry_date=NOON + timedelta(minutes=minutes)
    )


def last_stop(bench: Bench) -> StopTransaction:
    """Return the stop that was sent last."""
    stop = bench.central_system.named("StopTransaction")[-1]
    assert isinstance(stop, StopTransaction)
    return stop


@each_version
async def test_remote_start_and_stop_run_a_session(version: OcppVersion) -> None:
    """The given idTag charges, is not asked about, and the meter counts: 3600 W for 60 s are 60 Wh."""
    async with on_bench(version) as bench:
        assert await bench.commands.remote_start_transaction(bench.call, RemoteStart(id_tag="TAG")) == "Accepted"
        await bench.clock.pass_time(60)
        (start,) = bench.central_system.named("StartTransaction")
        assert start == StartTransaction(connector_id=1, id_tag="TAG", timestamp=NOON, meter_start_wh=0)
        assert await bench.commands.remote_stop_transaction(bench.call, 999) == "Rejected"
        assert await bench.commands.remote_stop_transaction(bench.call, 101) == "Accepted"
        await bench.clock.pass_time()
        assert (last_stop(bench).meter_stop_wh, last_stop(bench).reason) == (60, "Remote")
        (reading,) = bench.central_system.named("MeterValues")
        assert isinstance(reading, MeterValues)
        assert (reading.transaction_id, reading.readings[0].values[0].value) == (101, "60")
        assert "Authorize" not in bench.central_system.operations


async def test_remote_start_on_a_connector_in_use_is_rejected_and_another_is_found() -> None:
    """Without a connector any free one will do; when none is, the answer is no."""
    async with on_bench(V15) as bench:
        start = bench.commands.remote_start_transaction
        assert await start(bench.call, RemoteStart(id_tag="A", connector_id=1)) == "Accepted"
        assert await start(bench.call, RemoteStart(id_tag="B", connector_id=1)) == "Rejected"
        assert await start(bench.call, RemoteStart(id_tag="B", connector_id=7)) == "Rejected"
        assert await start(bench.call, RemoteStart(id_tag="B")) == "Accepted"
        assert await start(bench.call, RemoteStart(id_tag="C")) == "Rejected"


async def test_remote_start_that_is_to_be_authorized_asks_first() -> None:
    """AuthorizeRemoteTxRequests of 1.6; a no ends it and frees the connector."""
    async with on_bench(V16) as bench:
        await bench.commands.change_configuration(bench.call, "AuthorizeRemoteTxRequests", "true")
        bench.central_system.info = INVALID
        assert await bench.commands.remote_start_transaction(bench.call, RemoteStart(id_tag="TAG")) == "Accepted"
        await bench.clock.pass_time()
        assert bench.central_system.named("Authorize") == ["TAG"]
        assert "StartTransaction" not in bench.central_system.operations
        assert bench.statuses() == ["Available", "Preparing", "Available"]


@each_version
async def test_unlock_ends_the_transaction_first(version: OcppVersion) -> None:
    """A connector that does not exist cannot be unlocked."""
    async with on_bench(version) as bench:
        transaction = await bench.hardware.charge("TAG", 1)
        await bench.clock.pass_time()
        assert await bench.commands.unlock_connector(bench.call, 1) == "Unlocked"
        assert transaction.ended.is_set()
        await bench.clock.pass_time()
        assert last_stop(bench).reason == "UnlockCommand"
        assert await bench.commands.unlock_connector(bench.call, 3) == "NotSupported"


@each_version
async def test_availability_changes_at_once_or_after_the_transaction(version: OcppVersion) -> None:
    """A connector in use is scheduled; 0 is all of them; the present state is Accepted."""
    async with on_bench(version) as bench:
        change = bench.commands.change_availability
        transaction = await bench.hardware.charge("TAG", 1)
        assert await change(bench.call, 0, AvailabilityType.INOPERATIVE) == "Scheduled"
        await bench.clock.pass_time()
        assert (bench.statuses(0)[-1], bench.statuses(2)[-1]) == ("Unavailable", "Unavailable")
        assert bench.statuses(1)[-1] != "Unavailable"
        await bench.hardware.present("TAG", transaction)
        await bench.clock.pass_time()
        assert bench.statuses(1)[-1] == "Unavailable"
        with pytest.raises(SessionRefusedError, match="not available"):
            await bench.hardware.charge("TAG", 1)
        assert await change(bench.call, 1, AvailabilityType.INOPERATIVE) == "Accepted"
        assert await change(bench.call, 0, AvailabilityType.OPERATIVE) == "Accepted"
        await bench.clock.pass_time()
        assert [bench.statuses(number)[-1] for number in (0, 1, 2)] == ["Available"] * 3
        assert await change(bench.call, 9, AvailabilityType.OPERATIVE) == "Rejected"


@pytest.mark.parametrize(
    ("version", "key", "value", "answer"),
    [
        (V12, "MeterValueSampleInterval", "30", "Accepted"),
        (V12, "MeterValuesSampledData", "x", "NotSupported"),
        (V15, "LightIntensity", "101", "Rejected"),
        (V15, "LightIntensity", "-1", "Rejected"),
        (V15, "LightIntensity", "many", "Rejected"),
        (V15, "HeartBeatInterval", "99999999999", "Rejected"),
        (V15, "heartbeatinterval", "5", "NotSupported"),
        (V15, "ChargePointId", "CP2", "Rejected"),
        (V15, "MeterValuesSampledData", "Power.Active.Import, Energy.Active.Import.Register", "Accepted"),
        (V15, "MeterValuesSampledData", "Frequency", "Rejected"),
        (V15, "ClockAlignedDataInterval", "60", "Accepted"),
        (V15, "ClockAlignedDataInterval", "86401", "Rejected"),
        (V16, "numberofconnectors", "9", "Rejected"),
        (V16, "LocalPreAuthorize", "TRUE", "Accepted"),
        (V16, "LocalPreAuthorize", "perhaps", "Rejected"),
        (V16, "ConnectorPhaseRotation", "1.RST", "RebootRequired"),
        (V16, "Unheard", "1", "NotSupported"),
    ],
)
async def test_configuration_key_is_set_only_to_what_it_can_hold(
    version: OcppVersion, key: str, value: str, answer: str
) -> None:
    """What is accepted can be read back; anything else changes nothing."""
    async with on_bench(version) as bench:
        before = await bench.commands.get_configuration(bench.call, (key,))
        assert await bench.commands.change_configuration(bench.call, key, value) == answer
        after = await bench.commands.get_configuration(bench.call, (key,))
        if answer == "Accepted":
            assert after.keys[0].value == value.replace(" ", "").replace("TRUE", "true")
        else:
            assert after == before
        assert after.unknown == ((key,) if answer == "NotSupported" else ())


@each_version
async def test_configuration_without_names_is_all_of_it(version: OcppVersion) -> None:
    """Every key has a value; 1.6 asks for more of them."""
    async with on_bench(version) as bench:
        found = await bench.commands.get_configuration(bench.call, ())
        assert len(found.keys) == {V12: 10, V15: 15, V16: 43}[version]
        assert all(key.value is not None for key in found.keys)
        assert found.unknown == ()


async def test_local_list_follows_its_version_and_lets_charge_without_asking() -> None:
    """Full replaces, Differential adds and deletes, an old Differential is refused."""
    async with on_bench(V15) as bench:
        send = bench.commands.send_local_list
        entry = LocalListEntry(id_tag="Tag", info=ACCEPTED)
        update = LocalListUpdate(update_type=UpdateType.FULL, list_version=5, entries=(entry,))
        assert await bench.commands.get_local_list_version(bench.call) == 0
        assert (await send(bench.call, update)).status == "Accepted"
        assert await bench.commands.get_local_list_version(bench.call) == 5
        await bench.hardware.charge("TAG")
        assert "Authorize" not in bench.central_system.operations
        old = LocalListUpdate(update_type=UpdateType.DIFFERENTIAL, list_version=5)
        assert (await send(bench.call, old)).status == "VersionMismatch"
        gone = LocalListUpdate(
            update_type=UpdateType.DIFFERENTIAL, list_version=6, entries=(LocalListEntry(id_tag="TAG"),)
        )
        assert (await send(bench.call, gone)).status == "Accepted"
        await bench.charge_point.authorization.authorize("TAG")
        assert bench.central_system.named("Authorize") == ["TAG"]


async def test_local_list_that_is_switched_off_is_not_supported() -> None:
    """LocalAuthListEnabled of 1.6."""
    async with on_bench(V16) as bench:
        await bench.commands.change_configuration(bench.call, "LocalAuthListEnabled", "false")
        assert await bench.commands.get_local_list_version(bench.call) == -1
        update = LocalListUpdate(update_type=UpdateType.FULL, list_version=1)
        assert (await bench.commands.send_local_list(bench.call, update)).status == "NotSupported"


async def test_cached_tag_is_asked_about_again_after_clear_cache() -> None:
    """1.2 keeps what it was told until then."""
    async with on_bench(V12) as bench:
        authorize = bench.charge_point.authorization.authorize
        await authorize("TAG")
        await authorize("tag")
        assert bench.central_system.named("Authorize") == ["TAG"]
        assert await bench.commands.clear_cache(bench.call) == "Accepted"
        await authorize("TAG")
        assert bench.central_system.named("Authorize") == ["TAG", "TAG"]


async def test_tag_without_connection_charges_only_if_it_is_known() -> None:
    """What list or cache say decides while nobody can be asked."""
    async with on_bench(V16) as bench:
        await bench.charge_point.authorization.authorize("KNOWN")
        bench.central_system.fail("Authorize", *[ConnectError("nobody", url="http://cs/")] * 2)
        assert (await bench.charge_point.authorization.authorize("KNOWN")).status == "Accepted"
        with pytest.raises(SessionRefusedError, match="STRANGER may not charge"):
            await bench.hardware.charge("STRANGER")


@pytest.mark.parametrize(("version", "ends"), [(V12, True), (V15, False), (V16, True)])
async def test_start_answered_with_invalid_ends_the_transaction_where_the_version_says_so(
    version: OcppVersion, *, ends: bool
) -> None:
    """1.2 section 4.7 and 1.6 section 3.5.4; 1.5 only updates its list."""
    async with on_bench(version) as bench:
        bench.central_system.start_info = INVALID
        transaction = await bench.hardware.charge("TAG")
        await bench.clock.pass_time()
        assert transaction.ended.is_set() is ends
        assert ("StopTransaction" in bench.central_system.operations) is ends


async def test_reservation_keeps_the_connector_until_it_expires() -> None:
    """Others are refused, a second reservation too; the same number replaces."""
    async with on_bench(V15) as bench:
        reserve = bench.commands.reserve_now
        assert await reserve(bench.call, reservation(1)) == "Accepted"
        assert await reserve(bench.call, reservation(2)) == "Occupied"
        assert await reserve(bench.call, reservation(1, minutes=20)) == "Accepted"
        assert await reserve(bench.call, reservation(3, connector_id=2, minutes=-1)) == "Rejected"
        with pytest.raises(SessionRefusedError, match="reserved"):
            await bench.hardware.charge("OTHER", 1)
        await bench.clock.pass_time(1199)
        assert bench.statuses() == ["Available", "Reserved"]
        await bench.clock.pass_time(1)
        assert bench.statuses() == ["Available", "Reserved", "Available"]


async def test_reservation_is_used_by_its_tag_and_named_in_the_start() -> None:
    """A start that ends a reservation says so (1.5 section 4.8)."""
    async with on_bench(V15) as bench:
        await bench.commands.reserve_now(bench.call, reservation(7))
        await bench.hardware.charge("tag", 1)
        await bench.clock.pass_time()
        (start,) = bench.central_system.named("StartTransaction")
        assert isinstance(start, StartTransaction)
        assert start.reservation_id == 7
        assert await bench.commands.cancel_reservation(bench.call, 7) == "Rejected"


async def test_reservation_that_is_cancelled_frees_the_connector() -> None:
    """Anybody may charge again."""
    async with on_bench(V16) as bench:
        await bench.commands.reserve_now(bench.call, reservation(7))
        assert await bench.commands.cancel_reservation(bench.call, 7) == "Accepted"
        await bench.hardware.charge("OTHER", 1)
        await bench.clock.pass_time()
        assert bench.statuses()[:3] == ["Available", "Reserved", "Available"]


async def test_firmware_update_begins_when_its_time_has_come() -> None:
    """Not a second before."""
    async with on_bench(V16) as bench:
        await bench.commands.update_firmware(
            bench.call, FirmwareUpdate(location="ftp://127.0.0.1:1/f", retrieve_date=NOON + timedelta(days=2))
        )
        await bench.clock.pass_time(2 * 86400 - 1)
        assert "FirmwareStatusNotification" not in bench.central_system.operations
        await bench.clock.pass_time(1)
        assert bench.central_system.named("FirmwareStatusNotification") == ["Downloading"]


async def test_commands_about_what_is_not_there_say_so() -> None:
    """Each has an answer of its own for that, and none is a fault."""
    async with on_bench(V16) as bench:
        commands, call = bench.commands, bench.call
        assert (await commands.data_transfer(call, DataTransfer(vendor_id="v"))).status == "UnknownVendorId"
        assert await commands.clear_charging_profile(call, ChargingProfileFilter()) == "Unknown"
        asked = CompositeScheduleRequest(connector_id=1, duration_s=60)
        assert (await commands.get_composite_schedule(call, asked)).status == "Rejected"


@pytest.mark.parametrize("message", list(MessageTrigger))
async def test_triggered_message_is_sent(message: MessageTrigger) -> None:
    """All of them can be."""
    async with on_bench(V16) as bench:
        before = len(bench.central_system.heard)
        assert await bench.commands.trigger_message(bench.call, Trigger(message=message, connector_id=2)) == "Accepted"
        await bench.clock.pass_time()
        assert set(bench.central_system.operations[before:]) == {message}
        nowhere = Trigger(message=message, connector_id=9)
        assert await bench.commands.trigger_message(bench.call, nowhere) == "Rejected"


@each_version
async def test_foreign_tag_does_not_end_a_transaction_but_one_of_the_group_does(version: OcppVersion) -> None:
    """The same parent is the same group (1.5 section 3.4)."""
    async with on_bench(version) as bench:
        group = IdTagInfo(status=AuthorizationStatus.ACCEPTED, parent_id_tag="G")
        bench.central_system.info = group
        transaction = await bench.hardware.charge("TAG")
        await bench.clock.pass_time()
        bench.central_system.info = ACCEPTED
        with pytest.raises(SessionRefusedError, match="OTHER may not end the transaction of TAG"):
            await bench.hardware.present("OTHER", transaction)
        bench.central_system.info = group
        await bench.hardware.present("FRIEND", transaction)
        await bench.clock.pass_time()
        assert last_stop(bench).id_tag == "FRIEND"
