"""What a central system asks arrives at the charge point in the same words, as far as the version has them."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ocpp_sdk.errors import NotSupportedError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions import version_of
from ocpp_sdk.versions.domain import (
    ChargingProfile,
    ChargingProfileFilter,
    ChargingSchedule,
    ChargingSchedulePeriod,
    CompositeSchedule,
    CompositeScheduleRequest,
    DataTransfer,
    DiagnosticsRequest,
    FirmwareUpdate,
    LocalListEntry,
    LocalListResult,
    LocalListUpdate,
    RemoteStart,
    Reservation,
    Trigger,
)
from ocpp_sdk.versions.enumerations import (
    AvailabilityType,
    CommandStatus,
    ConfigurationStatus,
    MessageTrigger,
    ResetType,
    UnlockStatus,
    UpdateStatus,
    UpdateType,
)
from tests.unit.versions.recording import INFO, NOW, RecordingCentralSystem, RecordingChargePoint, commands_to

pytestmark = pytest.mark.anyio
V12, V15, V16 = OcppVersion
each_version = pytest.mark.parametrize("version", list(OcppVersion))
later_version = pytest.mark.parametrize("version", [V15, V16])

SCHEDULE = ChargingSchedule(
    rate_unit="A",
    periods=(
        ChargingSchedulePeriod(start_period_s=0, limit=Decimal("16.5"), number_phases=3),
        ChargingSchedulePeriod(start_period_s=600, limit=Decimal(8)),
    ),
    duration_s=3600,
    start=NOW,
    min_rate=Decimal("6.0"),
)
PROFILE = ChargingProfile(
    profile_id=1,
    stack_level=2,
    purpose="TxProfile",
    kind="Recurring",
    schedule=SCHEDULE,
    transaction_id=17,
    recurrency="Daily",
    valid_from=NOW,
    valid_to=NOW,
)


@each_version
async def test_commands_of_every_version_arrive_and_are_answered(version: OcppVersion) -> None:
    """The nine commands of 1.2 are in all versions."""
    charge_point = RecordingChargePoint()
    diagnostics = DiagnosticsRequest(location="ftp://h/", start_time=NOW, stop_time=NOW, retries=3, retry_interval_s=60)
    firmware = FirmwareUpdate(location="ftp://h/f", retrieve_date=NOW, retries=2, retry_interval_s=30)
    async with commands_to(charge_point, version) as commands:
        answers = [
            await commands.remote_start_transaction(RemoteStart(id_tag="TAG", connector_id=2)),
            await commands.remote_stop_transaction(17),
            await commands.unlock_connector(1),
            await commands.reset(ResetType.HARD),
            await commands.change_availability(0, AvailabilityType.INOPERATIVE),
            await commands.change_configuration("K", "V"),
            await commands.clear_cache(),
            await commands.get_diagnostics(diagnostics),
        ]
        await commands.update_firmware(firmware)
    assert [str(answer) for answer in answers] == [
        "Accepted",
        "Rejected",
        "Unlocked",
        "Accepted",
        "Scheduled",
        "Accepted",
        "Rejected",
        "diagnostics.zip",
    ]
    assert charge_point.heard == [
        RemoteStart(id_tag="TAG", connector_id=2),
        17,
        1,
        ResetType.HARD,
        (0, AvailabilityType.INOPERATIVE),
        ("K", "V"),
        "clear cache",
        diagnostics,
        firmware,
    ]


@pytest.mark.parametrize(("version", "told"), [(V12, "UnlockFailed"), (V15, "UnlockFailed"), (V16, "NotSupported")])
async def test_unlock_that_is_not_possible_before_1_6_is_told_as_failed(version: OcppVersion, told: str) -> None:
    """1.2 and 1.5 answer Rejected to both."""
    charge_point = RecordingChargePoint()
    charge_point.unlock = UnlockStatus.NOT_SUPPORTED
    async with commands_to(charge_point, version) as commands:
        assert await commands.unlock_connector(1) == told


@pytest.mark.parametrize(("version", "told"), [(V12, "Accepted"), (V15, "Accepted"), (V16, "RebootRequired")])
async def test_setting_that_needs_a_reboot_before_1_6_is_told_as_accepted(version: OcppVersion, told: str) -> None:
    """The value was taken; 1.2 and 1.5 have no word for the reboot."""
    charge_point = RecordingChargePoint()
    charge_point.setting = ConfigurationStatus.REBOOT_REQUIRED
    async with commands_to(charge_point, version) as commands:
        assert await commands.change_configuration("K", "V") == told


@later_version
async def test_commands_that_came_with_1_5_arrive_and_are_answered(version: OcppVersion) -> None:
    """Configuration, data transfer, local list and reservations."""
    charge_point = RecordingChargePoint()
    reservation = Reservation(reservation_id=4, connector_id=1, id_tag="TAG", expiry_date=NOW, parent_id_tag="GROUP")
    transfer = DataTransfer(vendor_id="org.example")
    async with commands_to(charge_point, version) as commands:
        configuration = await commands.get_configuration(("Known", "Secret", "Other"))
        assert (await commands.get_configuration()).unknown == ("Other",)
        assert (await commands.data_transfer(transfer)).data == "done"
        assert await commands.get_local_list_version() == 9
        assert await commands.reserve_now(reservation) == "Occupied"
        assert await commands.cancel_reservation(4) is CommandStatus.ACCEPTED
    assert [(key.key, key.readonly, key.value) for key in configuration.keys] == [
        ("Known", True, "1"),
        ("Secret", False, None),
    ]
    assert charge_point.heard == [("Known", "Secret", "Other"), (), transfer, "version", reservation, 4]


@later_version
async def test_local_list_arrives_with_a_hash_in_1_5_only(version: OcppVersion) -> None:
    """An entry without info is one to delete; 1.6 says Failed for what 1.5 calls a wrong hash."""
    charge_point = RecordingChargePoint()
    charge_point.update = LocalListResult(status=UpdateStatus.HASH_ERROR, hash="ab")
    update = LocalListUpdate(
        update_type=UpdateType.DIFFERENTIAL,
        list_version=3,
        entries=(LocalListEntry(id_tag="A", info=INFO), LocalListEntry(id_tag="B")),
        hash="cd",
    )
    async with commands_to(charge_point, version) as commands:
        result = await commands.send_local_list(update)
    if version is V15:
        assert (result, charge_point.heard) == (charge_point.update, [update])
    else:
        assert (result, charge_point.heard) == (
            LocalListResult(status=UpdateStatus.FAILED),
            [replace(update, hash=None)],
        )


async def test_commands_of_1_6_arrive_and_are_answered() -> None:
    """Triggers and charging profiles."""
    charge_point = RecordingChargePoint()
    charge_point.schedule = CompositeSchedule(
        status=CommandStatus.ACCEPTED, connector_id=1, start=NOW, schedule=SCHEDULE
    )
    start = RemoteStart(id_tag="TAG", charging_profile=PROFILE)
    trigger = Trigger(message=MessageTrigger.METER_VALUES, connector_id=1)
    which = ChargingProfileFilter(profile_id=1, connector_id=2, purpose="TxDefaultProfile", stack_level=3)
    asked = CompositeScheduleRequest(connector_id=1, duration_s=600, rate_unit="W")
    async with commands_to(charge_point, V16) as commands:
        await commands.remote_start_transaction(start)
        assert await commands.trigger_message(trigger) == "NotImplemented"
        assert await commands.set_charging_profile(1, PROFILE) == "Accepted"
        assert await commands.clear_charging_profile(which) == "Unknown"
        assert await commands.clear_charging_profile(ChargingProfileFilter()) == "Unknown"
        assert await commands.get_composite_schedule(asked) == charge_point.schedule
        await commands.get_composite_schedule(CompositeScheduleRequest(connector_id=1, duration_s=1))
    assert charge_point.heard == [
        start,
        trigger,
        (1, PROFILE),
        which,
        ChargingProfileFilter(),
        asked,
        CompositeScheduleRequest(connector_id=1, duration_s=1),
    ]


@pytest.mark.parametrize("version", [V12, V15])
async def test_charging_profile_of_a_remote_start_before_1_6_is_left_out(version: OcppVersion) -> None:
    """The session starts all the same."""
    charge_point = RecordingChargePoint()
    async with commands_to(charge_point, version) as commands:
        await commands.remote_start_transaction(RemoteStart(id_tag="TAG", charging_profile=PROFILE))
    assert charge_point.heard == [RemoteStart(id_tag="TAG")]


@pytest.mark.parametrize("version", [V12, V15])
async def test_command_that_the_version_lacks_is_refused_and_not_sent(version: OcppVersion) -> None:
    """Who asks is told at once, and the charge point is left alone."""
    charge_point = RecordingChargePoint()
    reservation = Reservation(reservation_id=4, connector_id=1, id_tag="TAG", expiry_date=NOW)
    async with commands_to(charge_point, version) as commands:
        lacking = [
            commands.trigger_message(Trigger(message=MessageTrigger.HEARTBEAT)),
            commands.set_charging_profile(1, PROFILE),
            commands.clear_charging_profile(ChargingProfileFilter()),
            commands.get_composite_schedule(CompositeScheduleRequest(connector_id=1, duration_s=1)),
        ]
        if version is V12:
            lacking += [
                commands.get_configuration(),
                commands.data_transfer(DataTransfer(vendor_id="v")),
                commands.get_local_list_version(),
                commands.send_local_list(LocalListUpdate(update_type=UpdateType.FULL, list_version=1)),
                commands.reserve_now(reservation),
                commands.cancel_reservation(4),
            ]
        for command in lacking:
            with pytest.raises(NotSupportedError, match=f"OCPP {version} has no "):
                await command
    assert charge_point.heard == []


@each_version
def test_handlers_override_every_operation_of_their_version(version: OcppVersion) -> None:
    """No peer meets NotSupported for what a version defines."""
    translation = version_of(version)
    for service, handler in (
        (translation.central_system, translation.serve_central_system(RecordingCentralSystem())),
        (translation.charge_point, translation.serve_charge_point(RecordingChargePoint())),
    ):
        own = vars(type(handler))
        assert [name for name, operation in service.operations.items() if operation.method not in own] == []
