"""What a central system answers and keeps, over real HTTP, in every version."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from ocpp_sdk.call import Call
from ocpp_sdk.central_system import AllowList, CentralSystem, CentralSystemSettings, StoredTags
from ocpp_sdk.client import SoapClient
from ocpp_sdk.codec.json import from_json
from ocpp_sdk.errors import ConfigurationError, FaultError, InternalError, SecurityError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.server.run import serve
from ocpp_sdk.storage import BootData as StoredBoot
from ocpp_sdk.storage import IdTagRecord, WireMessage
from ocpp_sdk.versions import version_of
from ocpp_sdk.versions.domain import (
    BootData,
    DataTransfer,
    IdTagInfo,
    MeterReading,
    MeterValues,
    SampledValue,
    StartTransaction,
    StatusReport,
    StopTransaction,
)
from ocpp_sdk.versions.enumerations import (
    AuthorizationStatus,
    ConnectorStatus,
    DataTransferStatus,
    DiagnosticsStatus,
    FirmwareStatus,
    RegistrationStatus,
    StopReason,
)
from tests.unit.central_system.running import NOON, running

pytestmark = pytest.mark.anyio

every_version = pytest.mark.parametrize("version", list(OcppVersion))
BOOT = BootData(vendor="Vendor", model="Model", firmware_version="1.0")
START = StartTransaction(connector_id=1, id_tag="Tag1", timestamp=NOON, meter_start_wh=100)
TIME = "2026-05-04T12:00:00Z"
LEAST_REQUESTS: Mapping[str, Mapping[str, object]] = {
    "Authorize": {"idTag": "A"},
    "BootNotification": {"chargePointVendor": "V", "chargePointModel": "M"},
    "DataTransfer": {"vendorId": "V"},
    "DiagnosticsStatusNotification": {"status": "Uploaded"},
    "FirmwareStatusNotification": {"status": "Installed"},
    "Heartbeat": {},
    "MeterValues": {"connectorId": 1},
    "StartTransaction": {"connectorId": 1, "idTag": "A", "timestamp": TIME, "meterStart": 0},
    "StatusNotification": {"connectorId": 0, "status": "Available", "errorCode": "NoError"},
    "StopTransaction": {"transactionId": 4711, "timestamp": TIME, "meterStop": 0},
}


@every_version
async def test_every_operation_of_a_version_is_answered_and_stored(version: OcppVersion) -> None:
    """No operation meets a fault, and each leaves one message with request and reply."""
    service = version_of(version).central_system
    async with running() as here, here.client() as client:
        for operation in service.operations.values():
            values = LEAST_REQUESTS[operation.name]
            await client.call(operation, from_json(operation.request.type, values, path=operation.name))
        messages = await here.central_system.store.messages()
    assert [message.operation for message in messages] == list(service.operations)
    assert {(message.identity, message.version, message.fault) for message in messages} == {
        ("CP1", version.value, None)
    }
    for message in messages:
        stored = json.loads(message.request)
        assert stored == LEAST_REQUESTS[message.operation]
        assert isinstance(json.loads(message.reply or ""), dict)


@every_version
async def test_session_of_a_charge_point_is_kept_in_the_words_of_the_domain(version: OcppVersion) -> None:
    """Boot, status, start, values, stop: each is found in its table."""
    end = NOON + timedelta(hours=1)
    async with running() as here, here.charge_point(version) as central_system:
        booted = await central_system.boot_notification(BOOT)
        assert (booted.status, booted.current_time, booted.interval_s) == (RegistrationStatus.ACCEPTED, NOON, 300)
        assert await central_system.heartbeat() == NOON
        assert await central_system.authorize("Tag1") == IdTagInfo(status=AuthorizationStatus.ACCEPTED)
        await central_system.status_notification(
            StatusReport(connector_id=1, status=ConnectorStatus.AVAILABLE, timestamp=NOON)
        )
        await central_system.firmware_status_notification(FirmwareStatus.INSTALLED)
        await central_system.diagnostics_status_notification(DiagnosticsStatus.UPLOADED)
        started = await central_system.start_transaction(START)
        reading = MeterReading(timestamp=NOON, values=(SampledValue(value="150"),))
        await central_system.meter_values(
            MeterValues(connector_id=1, transaction_id=started.transaction_id, readings=(reading,))
        )
        info = await central_system.stop_transaction(
            StopTransaction(
                transaction_id=started.transaction_id,
                timestamp=end,
                meter_stop_wh=900,
                id_tag="tag1",
                reason=StopReason.EV_DISCONNECTED,
                readings=(MeterReading(timestamp=end, values=(SampledValue(value="900"),)),),
            )
        )
        assert info == IdTagInfo(status=AuthorizationStatus.ACCEPTED)

        store = here.central_system.store
        (charge_point,) = await store.charge_points()
        (transaction,) = await store.transactions()
        (status,) = await store.connector_statuses()
        samples = await store.samples()
    assert charge_point.boot == StoredBoot(vendor="Vendor", model="Model", firmware_version="1.0")
    assert (charge_point.registration, charge_point.version) == ("Accepted", version.value)
    assert (charge_point.firmware_status, charge_point.diagnostics_status) == ("Installed", "Uploaded")
    assert (charge_point.observed_host, charge_point.last_seen) == ("127.0.0.1", NOON)
    assert (transaction.start.id_tag, transaction.start.meter_start_wh) == ("Tag1", 100)
    assert transaction.stop is not None
    assert (transaction.stop.meter_stop_wh, transaction.stop.stopped_at) == (900, end)
    assert transaction.stop.reason == ("EVDisconnected" if version is OcppVersion.V16 else None)
    assert (status.connector_id, status.status, status.changed_at) == (1, "Available", NOON)
    # 1.2 has no values in a stop, and its values name no transaction.
    assert [sample.value for sample in samples] == (["150"] if version is OcppVersion.V12 else ["150", "900"])
    assert {sample.connector_id for sample in samples} == {1}
    if version is not OcppVersion.V12:
        assert {sample.transaction_id for sample in samples} == {1}


async def test_start_sent_again_gets_the_same_transaction() -> None:
    """A charge point that missed the answer repeats the request; the tag may come in other case."""
    async with running() as here, here.charge_point(OcppVersion.V15) as central_system:
        first = await central_system.start_transaction(START)
        again = await central_system.start_transaction(replace(START, id_tag="TAG1"))
        other = await central_system.start_transaction(replace(START, connector_id=2))
        assert first.transaction_id == again.transaction_id != other.transaction_id
        assert len(await here.central_system.store.transactions()) == 2
        assert len(await here.central_system.store.messages()) == 3


async def test_stop_of_an_unknown_transaction_is_answered_and_kept() -> None:
    """The charge point is not made to repeat it for ever."""
    stop = StopTransaction(transaction_id=99, timestamp=NOON, meter_stop_wh=5, id_tag="Tag1")
    async with running() as here, here.charge_point(OcppVersion.V16) as central_system:
        info = await central_system.stop_transaction(stop)
        (kept,) = await here.central_system.store.refused_stops()
    assert info == IdTagInfo(status=AuthorizationStatus.ACCEPTED)
    assert (kept.why, kept.stop.meter_stop_wh) == ("transaction 99 is not known", 5)


async def test_stop_without_a_tag_is_answered_without_information_about_one() -> None:
    """A charge point that stops by itself sends no tag."""
    async with running() as here, here.charge_point(OcppVersion.V15) as central_system:
        started = await central_system.start_transaction(START)
        stop = StopTransaction(transaction_id=started.transaction_id, timestamp=NOON, meter_stop_wh=200)
        assert await central_system.stop_transaction(stop) is None


@pytest.mark.parametrize(
    ("record", "status"),
    [
        (IdTagRecord(id_tag="TAG1", status="Blocked"), AuthorizationStatus.BLOCKED),
        (IdTagRecord(id_tag="TAG1", expires_at=NOON), AuthorizationStatus.EXPIRED),
        (IdTagRecord(id_tag="TAG1", expires_at=NOON + timedelta(days=1)), AuthorizationStatus.ACCEPTED),
        (IdTagRecord(id_tag="other", status="Blocked"), AuthorizationStatus.ACCEPTED),
    ],
)
async def test_stored_tag_decides_about_authorization(record: IdTagRecord, status: AuthorizationStatus) -> None:
    """Case does not matter, and a transaction starts all the same, since it has begun already."""
    async with running() as here, here.charge_point(OcppVersion.V15) as central_system:
        await here.central_system.store.put_id_tag(record)
        assert (await central_system.authorize("Tag1")).status is status
        started = await central_system.start_transaction(START)
        assert (started.transaction_id, started.id_tag_info.status) == (1, status)


async def test_policy_of_the_operator_decides_about_unknown_tags() -> None:
    """A central system may accept stored tags only."""
    settings = CentralSystemSettings(authorization=StoredTags(AuthorizationStatus.INVALID))
    async with running(settings) as here, here.charge_point(OcppVersion.V12) as central_system:
        assert (await central_system.authorize("Tag1")).status is AuthorizationStatus.INVALID


@every_version
async def test_charge_point_that_is_not_on_the_list_is_rejected(version: OcppVersion) -> None:
    """Its boot is answered Rejected with the time to wait, anything else with SecurityError, and both are stored."""
    settings = CentralSystemSettings(registration=AllowList(["cp1"]), retry_interval_s=17, clock=lambda: NOON)
    async with running(settings) as here:
        async with here.charge_point(version, "CP1") as listed:
            assert (await listed.boot_notification(BOOT)).status is RegistrationStatus.ACCEPTED
            await listed.heartbeat()
        async with here.charge_point(version, "CP2") as stranger:
            rejected = await stranger.boot_notification(BOOT)
            assert (rejected.status, rejected.interval_s) == (RegistrationStatus.REJECTED, 17)
            with pytest.raises(SecurityError, match="not registered"):
                await stranger.start_transaction(START)
        store = here.central_system.store
        assert await store.transactions() == []
        assert [message.fault for message in await store.messages("CP2")] == [
            None,
            "fault Sender/SecurityError: this charge point is not registered here",
        ]
        known = await store.charge_point("CP2")
    assert known is not None
    assert known.registration == "Rejected"


async def test_heartbeat_interval_is_the_operators() -> None:
    """What is set reaches the charge point."""
    settings = CentralSystemSettings(heartbeat_interval_s=42)
    async with running(settings) as here, here.charge_point(OcppVersion.V16) as central_system:
        assert (await central_system.boot_notification(BOOT)).interval_s == 42
    with pytest.raises(ConfigurationError, match="heartbeat_interval_s"):
        CentralSystemSettings(heartbeat_interval_s=0)


async def test_data_transfer_of_any_vendor_is_unknown() -> None:
    """Nothing is implemented, and the answer says so."""
    async with running() as here, here.charge_point(OcppVersion.V16) as central_system:
        result = await central_system.data_transfer(DataTransfer(vendor_id="com.example", data="x"))
    assert result.status is DataTransferStatus.UNKNOWN_VENDOR_ID


async def test_oddities_of_a_charge_point_are_counted() -> None:
    """Fields in the wrong order are read, and each such message counts."""
    service = version_of(OcppVersion.V15).central_system
    body = (
        f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:c="{service.namespace}"><s:Header>'
        "<c:chargeBoxIdentity>CP1</c:chargeBoxIdentity></s:Header><s:Body><c:bootNotificationRequest>"
        "<c:chargePointModel>M</c:chargePointModel><c:chargePointVendor>V</c:chargePointVendor>"
        "</c:bootNotificationRequest></s:Body></s:Envelope>"
    )
    async with running() as here:
        async with httpx.AsyncClient() as client:
            for _ in range(2):
                headers = {"content-type": "application/soap+xml"}
                assert (await client.post(here.url, content=body, headers=headers)).status_code == 200
        known = await here.central_system.store.charge_point("CP1")
        messages = await here.central_system.store.messages()
    assert known is not None
    assert known.deviations["field-order"] == 2
    assert "field-order" in messages[0].deviations
    assert messages[0].message_id is None


async def test_storage_that_fails_is_answered_with_a_fault_that_shows_nothing_of_it(tmp_path: Path) -> None:
    """What is not durable is not acknowledged, and a peer learns no path of this machine."""
    async with (
        running(url=f"sqlite:///{tmp_path / 'closed.db'}") as here,
        here.charge_point(OcppVersion.V15) as central_system,
    ):
        await here.central_system.store.close()
        with pytest.raises(InternalError) as caught:
            await central_system.heartbeat()
    assert str(tmp_path) not in str(caught.value)


async def test_error_in_a_policy_is_answered_with_a_fault_and_stored() -> None:
    """The message is not lost because the operator's own code failed."""

    class Broken(StoredTags):
        async def authorize(self, call: Call, id_tag: str, *_: object) -> IdTagInfo:
            raise LookupError("the operator's database is away")

    settings = CentralSystemSettings(authorization=Broken())
    async with running(settings) as here, here.charge_point(OcppVersion.V15) as central_system:
        with pytest.raises(InternalError):
            await central_system.authorize("A")
        (message,) = await here.central_system.store.messages()
    assert (message.operation, message.reply, message.fault) == ("Authorize", None, "fault Receiver/InternalError")


async def test_observer_hears_of_each_request_after_it_was_stored() -> None:
    """An observer may look the message up."""
    heard: list[WireMessage] = []
    settings = CentralSystemSettings(on_message=heard.append)
    async with running(settings) as here, here.charge_point(OcppVersion.V15) as central_system:
        await central_system.heartbeat()
        (stored,) = await here.central_system.store.messages()
    assert [replace(message, number=1) for message in heard] == [stored]


async def test_observer_that_fails_does_not_fail_the_request() -> None:
    """The message is stored and acknowledged."""

    def broken(message: WireMessage) -> None:
        raise LookupError(message.operation)

    settings = CentralSystemSettings(on_message=broken, clock=lambda: NOON)
    async with running(settings) as here, here.charge_point(OcppVersion.V15) as central_system:
        assert await central_system.heartbeat() == NOON
        assert len(await here.central_system.store.messages()) == 1


async def test_message_that_cannot_be_read_is_not_recorded() -> None:
    """It is answered with a fault and stored nowhere."""
    operation = version_of(OcppVersion.V15).charge_point.operations["ClearCache"]
    async with running() as here, here.client() as client:
        with pytest.raises(FaultError):
            await client.call(operation, operation.request.type())
        assert await here.central_system.store.messages() == []


async def test_storage_given_by_its_url_is_open_while_the_application_runs(tmp_path: Path) -> None:
    """It is opened with the server and closed with it, and what was stored is there at the next start."""
    url = f"sqlite:///{tmp_path / 'ocpp.db'}"
    for count in (1, 2):
        central_system = CentralSystem(url)
        with pytest.raises(ConfigurationError, match="open only while"):
            _ = central_system.store
        async with serve(central_system.app) as address:
            path = f"{address.url}/Ocpp/CentralSystemService"
            async with SoapClient(path, charge_box_identity="CP1") as client:
                await version_of(OcppVersion.V15).call_central_system(client).heartbeat()
            assert len(await central_system.store.messages()) == count


async def test_storage_that_cannot_be_opened_stops_the_start(tmp_path: Path) -> None:
    """The reason reaches whoever starts the server."""
    central_system = CentralSystem(f"sqlite:///{tmp_path / 'no' / 'ocpp.db'}")
    with pytest.raises(ConfigurationError, match="there is no folder"):
        async with serve(central_system.app):
            pass
