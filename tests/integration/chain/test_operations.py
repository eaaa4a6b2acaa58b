"""Every operation of the charge point service, through real SOAP, at a charge point with a PLC behind it."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ocpp_sdk.charge_point import Equipment, VendorRegistry
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.storage.messages import Direction
from ocpp_sdk.versions import version_of
from ocpp_sdk.versions.domain import (
    ChargingProfile,
    ChargingProfileFilter,
    ChargingSchedule,
    ChargingSchedulePeriod,
    CompositeScheduleRequest,
    DataTransfer,
    DiagnosticsRequest,
    FirmwareUpdate,
    IdTagInfo,
    LocalListEntry,
    LocalListUpdate,
    RemoteStart,
    Reservation,
    Trigger,
)
from ocpp_sdk.versions.enumerations import (
    AuthorizationStatus,
    AvailabilityType,
    MessageTrigger,
    ResetType,
    UpdateType,
)
from ocpp_sdk.versions.roles import ChargePointCommands
from tests.integration.chain.chain import Chain, chain, each_version
from tests.integration.chain.waiting import until
from tests.servers.ftp import FtpFolder, ftp_server

pytestmark = pytest.mark.anyio
FIRMWARE = b"a new firmware" * 1000


class Installer:
    """Notes what it was given to install."""

    def __init__(self) -> None:
        self.installed: list[str] = []

    async def install(self, firmware: Path) -> None:
        found = await asyncio.to_thread(firmware.read_bytes)
        self.installed.append(hashlib.sha256(found).hexdigest())


@dataclass
class Subject:
    """A chain, the commands of its charge point, and what is around it."""

    one: Chain
    commands: ChargePointCommands
    ftp: FtpFolder
    installer: Installer

    async def requests(self, operation: str, least: int) -> None:
        """Wait until the central system has got so many requests of an operation."""

        async def look() -> bool:
            return len(await self.one.central.requests(operation)) >= least

        await until(look, self.one.told)


async def configuration(subject: Subject) -> None:
    """Set a key, read it back where the version can, and be told of keys that there are not."""
    commands = subject.commands
    assert await commands.change_configuration("MeterValueSampleInterval", "120") == "Accepted"
    assert await commands.change_configuration("MeterValueSampleInterval", "-1") == "Rejected"
    assert await commands.change_configuration("NoSuchKey", "1") in {"NotSupported", "Rejected"}
    if subject.one.version is not OcppVersion.V12:
        found = await commands.get_configuration(("MeterValueSampleInterval", "NoSuchKey"))
        assert [(one.key, one.value, one.readonly) for one in found.keys] == [
            ("MeterValueSampleInterval", "120", False)
        ]
        assert found.unknown == ("NoSuchKey",)
        assert len((await commands.get_configuration()).keys) > 5


async def availability(subject: Subject) -> None:
    """Out of operation and back, seen at the PLC."""
    assert await subject.commands.change_availability(2, AvailabilityType.INOPERATIVE) == "Accepted"
    await subject.one.plc.held(CONTROL_CON2_CHARGING_ALLOW=False)
    assert await subject.commands.change_availability(2, AvailabilityType.OPERATIVE) == "Accepted"
    assert await subject.commands.change_availability(7, AvailabilityType.OPERATIVE) == "Rejected"


async def cache(subject: Subject) -> None:
    """A tag that was forgotten is asked about again."""
    for count in (1, 2):
        subject.one.box.plug()
        await subject.one.begin("CACHED")
        await subject.one.leave()
        assert len(await subject.one.central.requests("Authorize")) == count
        assert await subject.commands.clear_cache() == "Accepted"


async def remote(subject: Subject) -> None:
    """Start, stop and unlock, as the PLC decides."""
    one = subject.one
    one.box.plug()
    await one.settled()
    assert await subject.commands.remote_start_transaction(RemoteStart(id_tag="FAR", connector_id=1)) == "Accepted"
    await until(lambda: one.box.charging, one.told)
    assert await subject.commands.remote_stop_transaction(one.box.transaction_id) == "Accepted"
    await one.leave()
    assert await subject.commands.unlock_connector(1) == "Unlocked"


async def diagnostics(subject: Subject) -> None:
    """The archive that is named is the file that arrives."""
    name = await subject.commands.get_diagnostics(DiagnosticsRequest(location=subject.ftp.url()))
    assert name

    async def uploaded() -> bool:
        record = await subject.one.central.store.charge_point("CP1")
        return record is not None and record.diagnostics_status == "Uploaded"

    await until(uploaded, subject.one.told)
    assert (subject.ftp.folder / name).stat().st_size > 100


async def firmware(subject: Subject) -> None:
    """The file is fetched, and the installer gets it whole."""
    (subject.ftp.folder / "new.bin").write_bytes(FIRMWARE)
    update = FirmwareUpdate(location=subject.ftp.url("new.bin"), retrieve_date=datetime.now(UTC))
    await subject.commands.update_firmware(update)

    async def installed() -> bool:
        record = await subject.one.central.store.charge_point("CP1")
        return record is not None and record.firmware_status == "Installed"

    await until(installed, subject.one.told)
    assert subject.installer.installed == [hashlib.sha256(FIRMWARE).hexdigest()]


async def data_transfer(subject: Subject) -> None:
    """The vendor's handler answers what is its own, and nothing else."""
    transfer = subject.commands.data_transfer
    answer = await transfer(DataTransfer(vendor_id="com.example", message_id="Echo", data="äöü <&>"))
    assert (answer.status, answer.data) == ("Accepted", "äöü <&>")
    assert (await transfer(DataTransfer(vendor_id="com.example", message_id="Other"))).status == "UnknownMessageId"
    assert (await transfer(DataTransfer(vendor_id="org.other"))).status == "UnknownVendorId"


async def local_list(subject: Subject) -> None:
    """Full, differential and outdated; who is on the list charges without a question to the central system."""
    commands, info = subject.commands, IdTagInfo(status=AuthorizationStatus.ACCEPTED)
    assert await commands.get_local_list_version() == 0
    full = LocalListUpdate(
        update_type=UpdateType.FULL, list_version=5, entries=(LocalListEntry(id_tag="LISTED", info=info),)
    )
    assert (await commands.send_local_list(full)).status == "Accepted"
    assert await commands.get_local_list_version() == 5
    old = LocalListUpdate(update_type=UpdateType.DIFFERENTIAL, list_version=5)
    assert (await commands.send_local_list(old)).status == "VersionMismatch"
    more = LocalListUpdate(
        update_type=UpdateType.DIFFERENTIAL,
        list_version=6,
        entries=(
            LocalListEntry(id_tag="LISTED"),
            LocalListEntry(id_tag="LATER", info=info),
        ),
    )
    assert (await commands.send_local_list(more)).status == "Accepted"
    if subject.one.version is OcppVersion.V16:
        assert await commands.change_configuration("LocalPreAuthorize", "true") == "Accepted"
    asked = len(await subject.one.central.requests("Authorize"))
    await subject.one.begin("LATER")
    await subject.one.leave()
    assert len(await subject.one.central.requests("Authorize")) == asked


async def reservations(subject: Subject) -> None:
    """Kept, shown at the PLC, and given back."""
    expiry = datetime.now(UTC) + timedelta(hours=1)
    kept = Reservation(reservation_id=5, connector_id=2, id_tag="KEPT", expiry_date=expiry)
    assert await subject.commands.reserve_now(kept) == "Accepted"
    await subject.one.plc.held(RESERV_CON2_CMD=True, RESERV_CON2_IDTAG="KEPT")
    assert await subject.commands.cancel_reservation(5) == "Accepted"
    assert await subject.commands.cancel_reservation(5) == "Rejected"
    await subject.one.plc.held(RESERV_CON2_CMD=False)


async def triggers(subject: Subject) -> None:
    """Each message that can be asked for comes once more."""
    for message in MessageTrigger:
        before = len(await subject.one.central.requests(message.value))
        assert await subject.commands.trigger_message(Trigger(message=message, connector_id=None)) == "Accepted"
        await subject.requests(message.value, before + 1)
    nowhere = Trigger(message=MessageTrigger.STATUS_NOTIFICATION, connector_id=7)
    assert await subject.commands.trigger_message(nowhere) == "Rejected"


async def profiles(subject: Subject) -> None:
    """A limit is part of the composite schedule until it is cleared."""
    commands = subject.commands
    schedule = ChargingSchedule(
        rate_unit="A", periods=(ChargingSchedulePeriod(start_period_s=0, limit=Decimal("16.0")),), duration_s=3600
    )
    profile = ChargingProfile(
        profile_id=1, stack_level=0, purpose="TxDefaultProfile", kind="Relative", schedule=schedule
    )
    assert await commands.set_charging_profile(1, profile) == "Accepted"
    composite = await commands.get_composite_schedule(CompositeScheduleRequest(connector_id=1, duration_s=600))
    assert composite.status == "Accepted"
    assert composite.schedule is not None
    assert [period.limit for period in composite.schedule.periods][:1] == [Decimal("16.0")]
    assert await commands.clear_charging_profile(ChargingProfileFilter(profile_id=1)) == "Accepted"
    assert await commands.clear_charging_profile(ChargingProfileFilter(profile_id=1)) == "Unknown"
    assert await commands.set_charging_profile(7, profile) == "Rejected"


async def reset(subject: Subject) -> None:
    """It boots again."""
    assert await subject.commands.reset(ResetType.SOFT) == "Accepted"
    await subject.one.charge_point.rebooted()
    await subject.requests("BootNotification", 2)


IN_ALL: tuple[Callable[[Subject], Awaitable[None]], ...] = (
    configuration, availability, cache, remote, diagnostics, firmware, reset,
)  # fmt: skip
SINCE_1_5 = (data_transfer, local_list, reservations)
SINCE_1_6 = (triggers, profiles)


@each_version
async def test_every_operation_is_answered_truthfully(version: OcppVersion, tmp_path: Path) -> None:
    """What is answered is what happens, and no operation of the version is left out or answered by a fault."""
    vendors, installer = VendorRegistry(), Installer()

    @vendors.on("com.example", "Echo")
    async def echo(transfer: DataTransfer) -> str | None:
        return transfer.data

    served = tmp_path / "served"
    served.mkdir()
    equipment = Equipment(vendors=vendors, installer=installer)
    with ftp_server(served) as ftp:
        async with chain(version, tmp_path, equipment=equipment) as one:
            subject = Subject(one, await one.central.commands(), ftp, installer)
            chosen = [*IN_ALL[:-1]]
            if version is not OcppVersion.V12:
                chosen += SINCE_1_5
            if version is OcppVersion.V16:
                chosen += SINCE_1_6
            for check in (*chosen, reset):
                await check(subject)
            messages = await one.central.store.messages("CP1", limit=10_000)
            sent = [message for message in messages if message.direction is Direction.TO_CHARGE_POINT]
            operations = {operation.name for operation in version_of(version).charge_point.operations.values()}
            assert {message.operation for message in sent} == operations
            assert [(message.operation, message.fault) for message in sent if message.fault] == []
            assert all(json.loads(message.reply or "null") is not None for message in sent)
            await one.central.check()
