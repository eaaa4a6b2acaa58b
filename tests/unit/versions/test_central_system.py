"""What a charge point says arrives at the central system in the same words, as far as the version has them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ocpp_sdk.errors import NotSupportedError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.domain import (
    BootAnswer,
    BootData,
    DataTransfer,
    DataTransferResult,
    MeterReading,
    MeterValues,
    SampledValue,
    StartTransaction,
    StatusReport,
    StopTransaction,
)
from ocpp_sdk.versions.enumerations import (
    ConnectorStatus,
    DataTransferStatus,
    DiagnosticsStatus,
    ErrorCode,
    FirmwareStatus,
    RegistrationStatus,
    StopReason,
)
from tests.unit.versions.recording import INFO, NOW, RecordingCentralSystem, gateway_to

pytestmark = pytest.mark.anyio
V12, V15, V16 = OcppVersion
each_version = pytest.mark.parametrize("version", list(OcppVersion))

ENERGY = SampledValue(value="1500", context="Sample.Periodic", measurand="Energy.Active.Import.Register", unit="Wh")
CURRENT = SampledValue(value="16.1", measurand="Current.Import", unit="A", location="Outlet", format="Raw")
PHASE = SampledValue(value="230", measurand="Voltage", unit="V", phase="L1-N")
CHARGE = SampledValue(value="80", measurand="SoC", unit="Percent", location="EV")
READING = MeterReading(timestamp=NOW, values=(ENERGY, CURRENT, PHASE, CHARGE))


@each_version
async def test_boot_with_every_field_arrives_whole(version: OcppVersion) -> None:
    """All versions have the same nine fields."""
    boot = BootData(
        vendor="V",
        model="M",
        charge_point_serial_number="1",
        charge_box_serial_number="2",
        firmware_version="3",
        iccid="4",
        imsi="5",
        meter_type="6",
        meter_serial_number="7",
    )
    central_system = RecordingCentralSystem()
    async with gateway_to(central_system, version) as gateway:
        answer = await gateway.boot_notification(boot)
    assert central_system.heard == [boot]
    assert answer == BootAnswer(status=RegistrationStatus.ACCEPTED, current_time=NOW, interval_s=120)


@pytest.mark.parametrize(("version", "told"), [(V12, "Rejected"), (V15, "Rejected"), (V16, "Pending")])
async def test_pending_registration_before_1_6_is_told_as_rejected(version: OcppVersion, told: str) -> None:
    """1.2 and 1.5 have no word for it."""
    central_system = RecordingCentralSystem()
    central_system.registration = RegistrationStatus.PENDING
    async with gateway_to(central_system, version) as gateway:
        answer = await gateway.boot_notification(BootData(vendor="V", model="M"))
    assert answer.status == told


@each_version
async def test_heartbeat_and_authorize_return_time_and_all_that_is_known(version: OcppVersion) -> None:
    """Time, status, expiry and group come back."""
    central_system = RecordingCentralSystem()
    async with gateway_to(central_system, version) as gateway:
        assert await gateway.heartbeat() == NOW
        assert await gateway.authorize("TAG") == INFO
    assert central_system.heard == ["heartbeat", "TAG"]


@each_version
async def test_start_arrives_with_its_reservation_from_1_5_on(version: OcppVersion) -> None:
    """1.2 has no reservations."""
    start = StartTransaction(connector_id=2, id_tag="TAG", timestamp=NOW, meter_start_wh=100, reservation_id=5)
    central_system = RecordingCentralSystem()
    async with gateway_to(central_system, version) as gateway:
        result = await gateway.start_transaction(start)
    assert (result.transaction_id, result.id_tag_info) == (17, INFO)
    assert central_system.heard == [start if version is not V12 else replace(start, reservation_id=None)]


@pytest.mark.parametrize(
    ("version", "reason", "values"),
    [(V12, None, None), (V15, None, (ENERGY, CURRENT)), (V16, StopReason.REMOTE, (ENERGY, CURRENT, PHASE, CHARGE))],
)
async def test_stop_arrives_with_what_the_version_can_say(
    version: OcppVersion, reason: StopReason | None, values: tuple[SampledValue, ...] | None
) -> None:
    """Only 1.6 tells the reason, and 1.2 no readings."""
    stop = StopTransaction(
        transaction_id=17,
        timestamp=NOW,
        meter_stop_wh=200,
        id_tag="TAG",
        reason=StopReason.REMOTE,
        readings=(READING,),
    )
    readings = () if values is None else (MeterReading(timestamp=NOW, values=values),)
    central_system = RecordingCentralSystem()
    async with gateway_to(central_system, version) as gateway:
        assert await gateway.stop_transaction(stop) == INFO
        central_system.stop_info = None
        assert await gateway.stop_transaction(stop) is None
    assert central_system.heard == [replace(stop, reason=reason, readings=readings)] * 2


async def test_stop_of_1_6_without_reason_arrives_as_local() -> None:
    """That is the default of 1.6."""
    central_system = RecordingCentralSystem()
    async with gateway_to(central_system, V16) as gateway:
        await gateway.stop_transaction(StopTransaction(transaction_id=1, timestamp=NOW, meter_stop_wh=1))
    (heard,) = central_system.heard
    assert isinstance(heard, StopTransaction)
    assert (heard.reason, heard.id_tag) == (StopReason.LOCAL, None)


@pytest.mark.parametrize(
    ("version", "number", "values"),
    [
        (V12, None, (SampledValue(value="1500"),)),
        (V15, 17, (ENERGY, CURRENT)),
        (V16, 17, (ENERGY, CURRENT, PHASE, CHARGE)),
    ],
)
async def test_readings_arrive_without_what_the_version_cannot_say(
    version: OcppVersion, number: int | None, values: tuple[SampledValue, ...]
) -> None:
    """A value without its phase or place would be another value, so it is left out; units come back as in 1.6."""
    central_system = RecordingCentralSystem()
    async with gateway_to(central_system, version) as gateway:
        await gateway.meter_values(MeterValues(connector_id=1, transaction_id=17, readings=(READING,)))
    expected = MeterReading(timestamp=NOW, values=values)
    assert central_system.heard == [MeterValues(connector_id=1, transaction_id=number, readings=(expected,))]


@each_version
async def test_readings_of_which_nothing_can_be_said_are_not_sent(version: OcppVersion) -> None:
    """No version gets a request that is empty."""
    nothing = MeterReading(timestamp=NOW, values=(SampledValue(value="1", measurand="Moonlight"),))
    central_system = RecordingCentralSystem()
    async with gateway_to(central_system, version) as gateway:
        await gateway.meter_values(MeterValues(connector_id=1, readings=(nothing,)))
    assert central_system.heard == []


@pytest.mark.parametrize(("value", "unit", "told"), [("1.5", "kWh", "1500"), ("7.6", "Wh", "8"), ("7", None, "7")])
async def test_energy_in_1_2_is_told_in_whole_wh(value: str, unit: str | None, told: str) -> None:
    """1.2 has neither units nor fractions."""
    reading = MeterReading(timestamp=NOW, values=(SampledValue(value=value, unit=unit), SampledValue(value="no")))
    central_system = RecordingCentralSystem()
    async with gateway_to(central_system, V12) as gateway:
        await gateway.meter_values(MeterValues(connector_id=1, readings=(reading,)))
    (heard,) = central_system.heard
    assert isinstance(heard, MeterValues)
    assert [value.value for reading in heard.readings for value in reading.values] == [told]


@pytest.mark.parametrize(
    ("version", "status", "error"),
    [
        (V12, ConnectorStatus.OCCUPIED, ErrorCode.POWER_SWITCH_FAILURE),
        (V15, ConnectorStatus.OCCUPIED, ErrorCode.OTHER_ERROR),
        (V16, ConnectorStatus.SUSPENDED_EVSE, ErrorCode.OVER_VOLTAGE),
    ],
)
async def test_status_arrives_in_the_words_of_the_version(
    version: OcppVersion, status: ConnectorStatus, error: ErrorCode
) -> None:
    """1.2 and 1.5 know one state of a connector in use, and fewer errors; 1.2 has no more than the two."""
    report = StatusReport(
        connector_id=1,
        status=ConnectorStatus.SUSPENDED_EVSE,
        error_code=ErrorCode.OVER_VOLTAGE,
        info="i",
        timestamp=NOW,
        vendor_id="v",
        vendor_error_code="7",
    )
    central_system = RecordingCentralSystem()
    async with gateway_to(central_system, version) as gateway:
        await gateway.status_notification(report)
    expected = replace(report, status=status, error_code=error)
    if version is V12:
        expected = StatusReport(connector_id=1, status=status, error_code=error)
    assert central_system.heard == [expected]


@each_version
async def test_every_status_and_error_has_a_word_in_every_version(version: OcppVersion) -> None:
    """Nothing of the domain is a thing that cannot be sent."""
    central_system = RecordingCentralSystem()
    async with gateway_to(central_system, version) as gateway:
        for status in ConnectorStatus:
            await gateway.status_notification(StatusReport(connector_id=1, status=status))
        for error in ErrorCode:
            await gateway.status_notification(
                StatusReport(connector_id=1, status=ConnectorStatus.FAULTED, error_code=error)
            )
    assert len(central_system.heard) == len(ConnectorStatus) + len(ErrorCode)


@each_version
async def test_progress_is_sent_only_where_the_version_has_a_word(version: OcppVersion) -> None:
    """1.2 and 1.5 tell the outcome of updates and uploads, 1.6 also what lies between."""
    central_system = RecordingCentralSystem()
    async with gateway_to(central_system, version) as gateway:
        for firmware in FirmwareStatus:
            await gateway.firmware_status_notification(firmware)
        for diagnostics in DiagnosticsStatus:
            await gateway.diagnostics_status_notification(diagnostics)
    between = {"Downloading", "Idle", "Installing", "Uploading"}
    told = [*FirmwareStatus, *DiagnosticsStatus]
    assert central_system.heard == [status for status in told if version is V16 or status not in between]


@each_version
async def test_data_transfer_is_refused_before_sending_in_1_2_only(version: OcppVersion) -> None:
    """1.2 has no such operation."""
    transfer = DataTransfer(vendor_id="org.example", message_id="m", data="d")
    central_system = RecordingCentralSystem()
    async with gateway_to(central_system, version) as gateway:
        if version is V12:
            with pytest.raises(NotSupportedError, match=r"OCPP 1\.2 has no DataTransfer"):
                await gateway.data_transfer(transfer)
            return
        result = await gateway.data_transfer(transfer)
    assert result == DataTransferResult(status=DataTransferStatus.UNKNOWN_MESSAGE_ID, data="why")
    assert central_system.heard == [transfer]


async def test_start_with_a_fraction_of_a_second_arrives_exactly() -> None:
    """The idempotency of a start goes by its time, so none of it may be lost."""
    central_system = RecordingCentralSystem()
    async with gateway_to(central_system, V15) as gateway:
        await gateway.start_transaction(
            StartTransaction(connector_id=1, id_tag="T", timestamp=NOW + timedelta(milliseconds=250), meter_start_wh=0)
        )
    (heard,) = central_system.heard
    assert isinstance(heard, StartTransaction)
    assert heard.timestamp - NOW == timedelta(milliseconds=250)
